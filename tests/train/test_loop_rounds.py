"""The loop with the real LLaMA-Factory and a model that learns nothing: its steps, not its success.

Opt-in, as all that needs PIIFORGE_LF_ENV. That a real model learns is shown by `runs/tiny.sh`.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from piiforge import files, loop, train
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.recipe import load

QUIET = train.Teller(lambda _what, _done, _total: None, lambda _sentence: None)
SMALL = (
    "categories=[email]", "rows.per_category=60", "rows.validation=0.4", "rows.test=20",
    "gates.families=5", "gates.probe=1.0", "gates.skeletons=0.1", "gates.top_skeletons=1.0",
)  # fmt: skip
PAIRS = ("epochs=1", "batch=8", "checkpoints=1", "cutoff=2000", "profile=cpu")


def rows_of(folder: Path, split: str) -> set[str]:
    lines = (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["input"] for line in lines}


@pytest.mark.slow
def test_two_rounds_resumed_after_each_is_taken_away(real, tiny_model, recipes, tmp_path):
    asked = loop.Loop(
        load(recipes / "tiny.yaml", SMALL), str(tiny_model), pairs=PAIRS, mined_rows=16
    )
    out = tmp_path / "loop"
    done = loop.loop(asked, out, real, QUIET)
    assert done.rounds == 2, done.note
    systems = [score["system"] for score in done.record()["test"]["scores"]]
    assert systems == ["zero-shot", "round 1", "round 2"]
    first, second = out / "data", out / "round-2" / "data"
    assert rows_of(second, "val") == rows_of(first, "val")
    assert not rows_of(second, "train") & (rows_of(first, "test") | rows_of(first, "val"))
    assert len(rows_of(second, "train") - rows_of(first, "train")) >= 16
    assert (out / "report.html").is_file()
    assert (out / "rounds.html").is_file()

    with pytest.raises(FolderExists):
        loop.loop(asked, out, real, QUIET)
    with pytest.raises(AskedWrongly, match="begun with another mined_rows"):
        loop.loop(replace(asked, mined_rows=20), out, real, QUIET, resume=True)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("model.safetensors")}
    (out / "test" / "round-2.jsonl").unlink()
    again = loop.loop(asked, out, real, QUIET, resume=True)
    assert again.record() == done.record()
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing trained anew


@pytest.mark.slow
def test_a_model_that_is_not_there_is_refused_by_name(real, recipes, tmp_path):
    asked = loop.Loop(load(recipes / "tiny.yaml", SMALL), str(tmp_path / "nowhere"))
    with pytest.raises(AskedWrongly, match="nowhere"):
        loop.loop(asked, tmp_path / "loop", real, QUIET)


def test_force_removes_nothing_but_a_loop(fake, recipes, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("dear", encoding="utf-8")
    asked = loop.Loop(load(recipes / "tiny.yaml", SMALL), str(tmp_path / "nowhere"))
    with pytest.raises(AskedWrongly, match="not a loop"):
        loop.loop(asked, out, fake, QUIET, force=True)
    assert (out / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_a_loop_is_taken_up_only_as_it_was_begun(fake, recipes, tmp_path):
    asked = loop.Loop(load(recipes / "tiny.yaml", SMALL), str(tmp_path / "nowhere"))
    out = tmp_path / "loop"
    with pytest.raises(AskedWrongly, match="There is no model"):
        loop.loop(asked, out, fake, QUIET)
    assert not out.exists()
    out.mkdir()
    begun = {"model": asked.model, "recipe": asked.recipe.model_dump(mode="json")}
    files.write_json(out / "asked.json", begun)
    with pytest.raises(FolderExists):
        loop.loop(asked, out, fake, QUIET)
    other = replace(asked, model=str(tmp_path / "elsewhere"))
    with pytest.raises(AskedWrongly, match="begun with another model"):
        loop.loop(other, out, fake, QUIET, resume=True)
    with pytest.raises(AskedWrongly, match=r"There is no model at .*elsewhere"):
        loop.loop(other, out, fake, QUIET, force=True)
    with pytest.raises(AskedWrongly, match="one round or more"):
        loop.loop(replace(asked, rounds=0), tmp_path / "none", fake, QUIET)
    assert not (tmp_path / "none").exists()
