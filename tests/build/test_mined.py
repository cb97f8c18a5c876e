"""A build with a mined file: more training rows, and a test set that stays what it was."""

from pathlib import Path

import pytest

from piiforge import build, files
from piiforge.build.order import additions_to
from piiforge.errors import AskedWrongly, BadRecipe

MINED = """\
version: 1
rows: 12
cells:
  - {category: ssn, label: true, language: en, event: xhr, rows: 8, misses: 3, of: 5, low: 0.2}
  - {category: phone, label: false, variant: named, rows: 4}
"""


@pytest.fixture
def mined(tiny, tmp_path):
    file = tmp_path / "mined.yaml"
    file.write_text(MINED, encoding="utf-8")
    return tiny.recipe.model_copy(update={"mined": str(file)})


def test_mined_rows_join_training_and_change_no_other_split(tiny, mined, tmp_path):
    folder = tmp_path / "out"
    built = build.build(mined, folder, workers=1)
    assert len(built.rows) == len(tiny.built.rows) + 2 * 12
    for split in ("val", "test"):
        name = f"{split}.jsonl"
        assert files.sha256(folder / name) == files.sha256(tiny.folder / name)
    old = {row.id: row for row in tiny.built.rows}
    new = [row for row in built.rows if row.id not in old]
    assert {row.split for row in new} == {"train"}
    assert sum(row.verdict.is_sensitive for row in new) == 12
    assert build.verify(folder)["leaks"] == 0
    assert files.read_json(folder / files.MANIFEST)["inputs"] == {
        mined.mined: files.sha256(tmp_path / "mined.yaml")
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 2\ncells: []", "version"),
        ("cells:\n  - {category: snn, rows: 3}\nversion: 1", "ssn"),
        ("cells:\n  - {category: ssn, rows: 3, lable: true}\nversion: 1", "Did you mean 'label'"),
        ("- a", "not a mapping"),
    ],
)
def test_a_mined_file_that_is_off_is_named(mined, text, says):
    Path(mined.mined).write_text(text, encoding="utf-8")
    with pytest.raises(BadRecipe, match=says):
        additions_to(build.plan_of(mined), mined)


def test_a_mined_file_that_is_not_there_is_asked_wrongly(tiny, tmp_path):
    gone = tiny.recipe.model_copy(update={"mined": str(tmp_path / "none.yaml")})
    with pytest.raises(AskedWrongly, match="piiforge mine"):
        additions_to(build.plan_of(gone), gone)


def test_a_second_round_is_new_rows_and_a_replay_beside_the_first(tiny, mined, tmp_path):
    built = build.build_again(mined, tiny.folder, tmp_path / "again", replay=2.0, workers=1)
    old = {row.id for row in tiny.built.rows}
    train = [row for row in built.rows if row.split == "train"]
    new = [row for row in train if row.id not in old]
    assert len(new) == 24
    assert 48 <= len(train) - len(new) <= 49
    assert {row.id for row in built.rows if row.split == "val"} == {
        row.id for row in tiny.built.rows if row.split == "val"
    }
    assert not [row for row in built.rows if row.split == "test"]
    assert build.verify(tmp_path / "again")["leaks"] == 0


def test_nothing_new_of_a_second_round_stands_in_the_first(tiny, mined, tmp_path):
    built = build.build_again(mined, tiny.folder, tmp_path / "again", replay=0.0, workers=1)
    first = tiny.built.rows
    new = [row for row in built.rows if row.split == "train"]
    values = {value for row in first for value in row.unique_values}
    kept_apart = {row.family for row in first if row.split != "train"}
    assert new
    assert not values & {value for row in new for value in row.unique_values}
    assert not kept_apart & {row.family for row in new}


def test_a_second_round_without_a_mined_file_is_asked_wrongly(tiny, tmp_path):
    with pytest.raises(AskedWrongly, match="nothing to add"):
        build.build_again(tiny.recipe, tiny.folder, tmp_path / "again")
