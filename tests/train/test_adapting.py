"""Adapting a model: its folds, its resume, and that it takes no more than the lines bear."""

from dataclasses import replace

import pytest

from piiforge import adapting, train
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.types import Case

QUIET = train.Teller(lambda _text, _done, _total: None, lambda _sentence: None)
WORDS = {"ssn": "US SSN"}
LEARNT = ("lr=1e-2", "epochs=4", "cutoff=2000", "profile=cpu")


def lines(count: int) -> list[Case]:
    labels = [at % 2 == 0 for at in range(count)]
    return [
        Case(str(at), "ssn", f"field={'ssn' if label else 'sku'}{at}", label=label)
        for at, label in enumerate(labels)
    ]


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([*lines(20), replace(lines(1)[0], id="again", label=False)], "one line with two labels"),
        ([*lines(20), replace(lines(1)[0], id="none", content="x", label=None)], "no label"),
        ([*lines(1), *[replace(one, label=False) for one in lines(20)[1::2]]], "only one label"),
    ],
)
def test_lines_that_bear_no_round_are_refused_before_anything_runs(cases, said, tmp_path, fake):
    with pytest.raises(AskedWrongly, match=said):
        adapting.adapt("no model", cases, WORDS, tmp_path, fake, QUIET)
    assert not any(tmp_path.glob("fold-*"))


def test_a_folder_of_others_is_never_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(FolderExists):
        adapting.prepare(tmp_path, force=False)
    with pytest.raises(AskedWrongly):
        adapting.prepare(tmp_path, force=True)
    assert (tmp_path / "mine.txt").is_file()


def test_a_run_that_was_stopped_at_once_may_be_replaced(tmp_path):
    (tmp_path / "context.npz").write_bytes(b"")
    adapting.prepare(tmp_path, force=True)
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_a_gain_is_taken_and_a_stop_costs_nothing(real, tiny_model, tmp_path):
    out = tmp_path / "adapted"
    adapting.prepare(out, force=False)
    # What two layers learn surely is which label is the commoner
    cases = [replace(one, label=at % 8 != 0) for at, one in enumerate(lines(40))]
    asked = (str(tiny_model), cases, WORDS, out, real)

    def stop(sentence):
        if sentence.startswith("Fold 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapting.adapt(*asked, train.Teller(QUIET.progress, stop), pairs=LEARNT)
    first = (out / "fold-1" / "run" / "margins.jsonl").stat().st_mtime_ns
    with pytest.raises(AskedWrongly, match="other lines or another model"):
        adapting.adapt(asked[0], cases[1:], *asked[2:], QUIET, pairs=LEARNT, resume=True)
    done = adapting.adapt(*asked, QUIET, pairs=LEARNT, resume=True)
    assert (out / "fold-1" / "run" / "margins.jsonl").stat().st_mtime_ns == first
    assert done.low > 0
    assert done.losses[1] < done.losses[0]
    assert done.right[1] > 0.8
    assert train.Run(out / "fold-1" / "run").model.is_dir()


@pytest.mark.slow
def test_labels_by_chance_leave_the_model_as_it_is(real, tiny_model, tmp_path):
    cases = [replace(one, label=at % 3 == 0) for at, one in enumerate(lines(24))]
    pairs = ("epochs=1", "cutoff=2000", "profile=cpu")
    done = adapting.adapt(str(tiny_model), cases, WORDS, tmp_path, real, QUIET, pairs=pairs)
    if done.model is None:
        assert "stays as it is" in done.text()
        assert not train.Run(tmp_path / "fold-1" / "run").model.exists()
    else:
        assert done.gain > 0
