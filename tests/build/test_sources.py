"""A build of rules, seeds and written lines: whole, leak-proof, and told by source."""

from collections import Counter

import pytest

from frames_made import key_lines
from piiforge import build, files, seeds
from piiforge.compose import frames
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.recipe import load, make


@pytest.fixture(scope="module")
def recipe(recipes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    frames.save(folder / "lines.jsonl", key_lines())
    tree = load(recipes / "tiny.yaml").model_dump()
    return make({**tree, "seeds": ("presidio",), "written": (str(folder),)})


@pytest.fixture(scope="module")
def mixed(recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "mixed"
    return build.build(recipe, folder, workers=1), folder


def test_a_mixed_build_has_the_asked_rows_from_three_sources(mixed):
    built, _ = mixed
    assert len(built.rows) == 1080
    sources = Counter(row.source for row in built.rows)
    assert set(sources) == {"rules", "seeds", "written"}
    assert sources["written"] > 15
    assert sources["seeds"] > 20


def test_a_mixed_build_is_verified_and_names_its_inputs_by_hash(mixed, recipe):
    _, folder = mixed
    assert build.verify(folder)["leaks"] == 0
    manifest = files.read_json(folder / files.MANIFEST)
    assert manifest["inputs"]["presidio"] == files.sha256(seeds.shipped())
    assert set(manifest["inputs"]) == {"presidio", *recipe.written}
    assert manifest["certificate"]["axes"]["frame"]["keys"] > 35


def test_the_report_says_what_each_source_came_to(mixed):
    built, folder = mixed
    page = (folder / "report.html").read_text(encoding="utf-8")
    for source, count in Counter(row.source for row in built.rows).items():
        assert f'<th scope="row">{source}<small>' in page
        assert f"<td>{count:,}</td>" in page


def test_no_frame_of_another_source_is_kept_unconfirmed(mixed):
    built, _ = mixed
    framed = {row.id for row in built.rows if row.frame}
    assert framed
    assert not framed & set(built.review)


def test_a_mixed_build_is_the_same_with_two_workers(mixed, recipe, tmp_path):
    build.build(recipe, tmp_path / "again", workers=2)
    one, two = (files.read_json(f / files.MANIFEST) for f in (mixed[1], tmp_path / "again"))
    assert one["outputs"] == two["outputs"]


def test_changed_lines_are_not_taken_for_the_same_recipe(mixed, recipe, tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    frames.save(folder / "lines.jsonl", key_lines()[:40])
    assert build.is_built(mixed[1], recipe)
    assert not build.is_built(mixed[1], recipe.model_copy(update={"written": (str(folder),)}))


@pytest.mark.parametrize("key", ["seeds", "written"])
def test_a_source_that_is_not_there_is_asked_wrongly(recipe, tmp_path, key):
    missing = recipe.model_copy(update={key: (str(tmp_path / "none"),)})
    with pytest.raises(AskedWrongly, match="none"):
        build.build(missing, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_line_is_named_by_file_and_number(recipe, tmp_path):
    (tmp_path / "lines.jsonl").write_text('{"id": "written-1"}\n', encoding="utf-8")
    broken = recipe.model_copy(update={"written": (str(tmp_path),)})
    with pytest.raises(BadRecord, match=r"lines\.jsonl:1"):
        build.build(broken, tmp_path / "out")
