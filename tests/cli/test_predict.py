"""Laws of `piiforge predict`: what it says, what it leaves, and that a kill loses no answer."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from fault_server import FaultServer
from piiforge import files, prompt
from piiforge.types import Verdict

YES = prompt.answer(Verdict(True, 0.9, "SSN under its key."))
_MAIN = "from piiforge.cli import main; main()"
COUNT = 40


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "cases.jsonl"
    files.write(
        path,
        (
            {"id": f"c{n}", "category": "ssn", "content": f"line {n}", "label": n % 2}
            for n in range(COUNT)
        ),
    )
    return path


def test_the_summary_is_one_object_and_the_talk_is_elsewhere(run, source, tmp_path):
    out = tmp_path / "said.jsonl"
    said = run("predict", source, "--with", "rules", "--out", out, "--json", "--latency", 4)
    told = json.loads(said.out)
    assert said.code == 0
    assert (told["rows"], told["unparsed"], told["timed"]) == (COUNT, 0, 4)
    assert f"piiforge score {source} {out}" in said.err
    assert {tuple(record) for record in files.read(out)} == {
        (
            *("id", "is_sensitive", "p_sensitive", "confidence_score"),
            *("explanation", "raw", "latency_ms", "decided_by", "unsure", "evidence"),
        )
    }


def test_without_json_one_sentence_says_what_was_done(run, source, tmp_path):
    said = run("predict", source, "--with", "rules", "--out", tmp_path / "said.jsonl", "--decode")
    assert said.code == 0
    assert f"{COUNT} rows by rules: 0 sensitive, 0 without a verdict" in said.out
    assert "ms a row alone" in said.out


@pytest.mark.parametrize(
    ("words", "said_of"),
    [
        (("--with", "rule"), "Did you mean 'rules'?"),
        (("--with", "local:nowhere"), "is not a model folder"),
        (("--with", "chat:http://127.0.0.1:9/v1"), "names no model"),
        (("--with", "rules", "--verdict-only"), "local:PATH"),
        (("--with", "rules", "--split", "test"), "no rows of the split"),
        (("--with", "chat:http://127.0.0.1:9/v1#m", "--shots", "2"), "--shots-from"),
        (("--with", "rules", "--calibration", "none.json"), "can't be read"),
    ],
)
def test_what_is_asked_wrongly_ends_with_a_sentence_and_leaves_nothing(
    run, source, tmp_path, words, said_of
):
    said = run("predict", source, *words, "--out", tmp_path / "out" / "said.jsonl")
    assert said.code == 2
    assert said_of in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.glob("out/*"))


def test_a_run_that_is_killed_goes_on_and_ends_with_the_same_file(source, tmp_path):
    out, part = tmp_path / "said.jsonl", tmp_path / "said.jsonl.part"
    with FaultServer(answer=lambda _payload: YES, latency_s=0.05) as server:
        words = ["predict", source, "--with", f"chat:{server.url}#tiny", "--out", out,
                 "--most-at-once", "1", "--latency", "0"]  # fmt: skip
        command = [sys.executable, "-c", _MAIN, *map(str, words)]
        process = subprocess.Popen(
            command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        waited = time.monotonic() + 30
        while time.monotonic() < waited and _lines(part) < 10:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kept = _lines(part) - 1
        assert not out.exists()
        done = subprocess.run(
            [*command, "--resume", "--json"], capture_output=True, check=True, text=True
        )
        told = json.loads(done.stdout)
    assert 0 < kept < COUNT
    assert (told["rows"], told["kept"]) == (COUNT, kept)
    assert [record["id"] for record in files.read(out)] == [f"c{n}" for n in range(COUNT)]
    assert max(server.paid.values()) <= 2  # the call in flight at the kill


def _lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_ctrl_c_says_how_to_go_on(source, tmp_path):
    out, part = tmp_path / "said.jsonl", tmp_path / "said.jsonl.part"
    with FaultServer(answer=lambda _payload: YES, latency_s=0.05) as server:
        words = ["predict", source, "--with", f"chat:{server.url}#tiny", "--out", out,
                 "--most-at-once", "1", "--latency", "0"]  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        waited = time.monotonic() + 30
        while time.monotonic() < waited and _lines(part) < 5:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said
    assert not out.exists()
