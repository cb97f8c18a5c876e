"""`piiforge score` and `piiforge mine`: what they print, where, and how they end."""

import json
import os
from pathlib import Path

import pytest

from piiforge.files import read, write
from piiforge.recipe import load_mined

GOLDEN = Path(__file__).parents[1] / "golden" / "score.txt"


@pytest.fixture
def files(tmp_path):
    """Write sixty cases of somebody else, and two systems' answers: all right, and half right."""
    cases = [{"id": f"row-{at}", "category": ("ssn", "phone")[at % 2], "content": f"line {at}",
              "label": at % 4 < 2, "language": ("en", "es")[at % 5 == 0]}
             for at in range(60)]  # fmt: skip
    write(tmp_path / "cases.jsonl", cases)
    write(tmp_path / "good.jsonl",
                ({"id": one["id"], "is_sensitive": one["label"]} for one in cases))  # fmt: skip
    write(tmp_path / "poor.jsonl",
                ({"id": one["id"], "is_sensitive": one["category"] == "ssn"}
                 for one in cases))  # fmt: skip
    return tmp_path


def test_somebody_elses_predictions_are_scored_and_compared(run, files):
    said = run("score", files / "cases.jsonl", files / "poor.jsonl", files / "good.jsonl")
    assert said.code == 0
    assert "60 cases, 30 sensitive" in said.out
    assert "Paired differences" in said.out
    assert "+0.500" in said.out
    assert "No answer has p_sensitive" in said.err


def test_json_holds_every_measure_with_its_interval(run, files):
    said = run("score", files / "cases.jsonl", files / "poor.jsonl", "--name", "poor one", "--json")
    score = json.loads(said.out)["scores"][0]
    assert score["system"] == "poor one"
    assert score["overall"]["precision"]["value"] == 0.5
    assert score["overall"]["precision"]["low"] < 0.5 < score["overall"]["precision"]["high"]
    assert score["roc_auc"]["value"] is None
    assert {part["axis"] for part in score["slices"]} == {"category", "language"}


def test_a_slice_is_shown_where_it_is_asked_for(run, files):
    said = run("score", files / "cases.jsonl", files / "good.jsonl", "--by", "language")
    assert "by language" in said.out
    assert "es" in said.out
    wrong = run("score", files / "cases.jsonl", files / "good.jsonl", "--by", "langauge")
    assert wrong.code == 2
    assert "Did you mean 'language'?" in wrong.err


def test_a_page_is_written_and_not_overwritten(run, files):
    words = ["score", files / "cases.jsonl", files / "good.jsonl", "--report", files / "s.html"]
    assert run(*words).code == 0
    assert (files / "s.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run(*words).code == 2
    assert run(*words, "--force").code == 0


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([{"id": "row-0", "label": 1}], "is_sensitive is missing, but there is 'label'"),
        ([{"id": "row-0", "is_sensitive": 0}], "is_sensitive is 0, not true, false or null"),
        ([{"id": "row-0", "is_sensitive": True}], "no prediction for 'row-1' (and 58 more)"),
    ],
)
def test_predictions_that_do_not_fit_are_asked_wrongly(run, files, lines, says):
    write(files / "bad.jsonl", lines)
    said = run("score", files / "cases.jsonl", files / "bad.jsonl")
    assert said.code == 2
    assert says in said.err
    assert said.out == ""


def test_a_calibration_file_needs_validation(run, files):
    said = run("score", files / "cases.jsonl", files / "good.jsonl", "--calibration",
               files / "c.json")  # fmt: skip
    assert said.code == 2
    assert "--calibrate-from" in said.err


def test_mining_writes_quotas_and_says_what_is_next(run, files):
    out = files / "mined.yaml"
    said = run("mine", files / "cases.jsonl", files / "poor.jsonl", "--out", out, "--rows", 40)
    assert said.code == 0
    assert "Next: piiforge build RECIPE mined=" in said.out.replace("\n", " ")
    cells = load_mined(out).cells
    assert sum(cell.rows for cell in cells) == (40 if cells else 0)
    assert run("mine", files / "cases.jsonl", files / "poor.jsonl", "--out", out).code == 2


def test_mining_the_test_split_is_warned_of(run, files):
    lines = [record | {"split": "test"} for record in read(files / "cases.jsonl")]
    write(files / "split.jsonl", lines)
    said = run("mine", files / "split.jsonl", files / "good.jsonl", "--out", files / "m.yaml",
               "--split", "test")  # fmt: skip
    assert said.code == 0
    assert "Mining the test set" in said.err
    assert "no rows are asked for" in said.out.replace("\n", " ")


def test_what_is_shown_of_two_and_of_ten_systems_is_the_recorded_text(run, files, monkeypatch):
    cases = list(read(files / "cases.jsonl"))
    for at in range(10):
        write(files / f"system-{at}.jsonl",
              ({"id": one["id"], "is_sensitive": one["label"] == (row % 11 >= at),
                "p_sensitive": (row * 7 + at) % 13 / 12, "latency_ms": 0.1 * 2**at + row / 100}
               for row, one in enumerate(cases)))  # fmt: skip
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    shown = []
    for count in (2, 10):
        said = [files / f"system-{at}.jsonl" for at in range(count)]
        done = run("score", files / "cases.jsonl", *said, "--draws", 100)
        assert done.code == 0
        shown += [line.rstrip() for line in done.out.splitlines()]
    assert max(map(len, shown)) <= 80
    text = "\n".join(shown) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail("the record was missing; it is written now")
    assert GOLDEN.read_text(encoding="utf-8") == text


def test_the_record_counts_what_one_system_alone_gets_right_and_what_a_line_costs(run, files):
    slow = [one | {"latency_ms": 8.0} for one in read(files / "good.jsonl")]
    write(files / "slow.jsonl", slow)
    said = run("score", files / "cases.jsonl", files / "poor.jsonl", files / "slow.jsonl", "--json")
    told = json.loads(said.out)
    (one,) = told["disagreements"]
    assert (one["base"], one["system"]) == ("poor", "slow")
    assert (one["base_alone"], one["system_alone"]) == (0, 30)
    assert one["p"] == pytest.approx(2 / 2**30)
    assert told["scores"][0]["latency"] is None
    assert told["scores"][1]["latency"]["p95_ms"] == 8.0
