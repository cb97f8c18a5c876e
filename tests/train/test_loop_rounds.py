"""The loop with the real LLaMA-Factory and a model that learns nothing: its steps, not its success.

Opt-in, as all that needs PIIFORGE_LF_ENV. That a real model learns is shown by `runs/tiny.sh`.
"""

import json
from pathlib import Path

import pytest

from piiforge import pipeline, train
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
    asked = pipeline.Loop(
        load(recipes / "tiny.yaml", SMALL), str(tiny_model), pairs=PAIRS, mined_rows=16
    )
    out = tmp_path / "loop"
    done = pipeline.loop(asked, out, real, QUIET)
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
        pipeline.loop(asked, out, real, QUIET)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("model.safetensors")}
    (out / "test" / "round-2.jsonl").unlink()
    again = pipeline.loop(asked, out, real, QUIET, resume=True)
    assert again.record() == done.record()
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing trained anew


@pytest.mark.slow
def test_a_model_that_is_not_there_is_refused_by_name(real, recipes, tmp_path):
    asked = pipeline.Loop(load(recipes / "tiny.yaml", SMALL), str(tmp_path / "nowhere"))
    with pytest.raises(AskedWrongly, match="nowhere"):
        pipeline.loop(asked, tmp_path / "loop", real, QUIET)
