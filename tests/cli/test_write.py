"""Laws of `piiforge write`: what it says, what it leaves, and that no kill loses or doubles."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from fault_server import FaultServer
from piiforge import files
from write_model import Model

TINY = Path(__file__).parents[2] / "recipes" / "tiny.yaml"
SMALL = ('categories=["ssn", "email"]', "writing.lines=12")
PRICES = ("--input-usd-per-million", "1", "--output-usd-per-million", "2")
_MAIN = "from piiforge.cli import main; main()"


@pytest.fixture
def server():
    with FaultServer(answer=Model(faults=0.1).answer) as served:
        yield served


def asked(server: FaultServer, out: Path, *more: str) -> list[str]:
    words = ["write", TINY, *SMALL, "--model", "tiny", "--base-url", server.url, "--out", out]
    return [str(word) for word in (*words, *more)]


def test_without_a_key_it_says_which_variable_and_that_rules_need_none(run, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = run("write", TINY, "--model", "tiny", "--out", tmp_path / "out")
    assert said.code == 2
    assert "OPENAI_API_KEY" in said.err
    assert "--base-url" in said.err
    assert "piiforge build" in said.err
    assert not (tmp_path / "out").exists()


def test_the_missing_key_is_told_before_any_extra_is_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    for package in ("openai", "genai_prices"):
        monkeypatch.setitem(sys.modules, package, None)
    said = run(
        "write", TINY, "--model", "tiny", "--key-variable", "MY_KEY", "--out", tmp_path / "o"
    )
    assert said.code == 2
    assert "MY_KEY" in said.err
    assert "pip install" not in said.err


def test_a_dry_run_sends_nothing_and_needs_no_key(run, tmp_path, server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = run(*asked(server, tmp_path / "out", "--dry-run", *PRICES))
    assert said.code == 0
    assert re.search(r"first round: \d+ calls", said.out)
    assert re.search(r"about \$\d", said.out)
    assert server.log == []
    assert not (tmp_path / "out").exists()


def test_the_closing_account_adds_up_and_says_what_to_do_next(run, tmp_path, server):
    said = run(*asked(server, tmp_path / "out", *PRICES))
    assert said.code == 0
    found = re.search(r"asked (\d+) = accepted (\d+) \+ rejected (\d+) \+ pending (\d+)", said.out)
    whole, *parts = map(int, found.groups())
    assert whole == sum(parts)
    assert re.search(r"calls \d+, retries \d+, cached \d+; tokens \d+ in, \d+ out; \$\d", said.out)
    last = said.err.strip().splitlines()[-1]
    assert "piiforge review" in last
    assert "written: [" in last


def test_json_is_one_object_with_the_same_account(run, tmp_path, server):
    said = run(*asked(server, tmp_path / "out", "--json"))
    facts = json.loads(said.out)
    assert facts["asked"] == facts["accepted"] + sum(facts["rejected"].values()) + facts["pending"]
    assert facts["out"] == str(tmp_path / "out")


def test_options_override_the_recipe(run, tmp_path, server):
    out = tmp_path / "out"
    run(*asked(server, out, "--temperature", "0.4", "--lines-per-call", "4", "--rounds", "1"))
    writing = files.read_json(out / "manifest.json")["settings"]["recipe"]["writing"]
    assert (writing["temperature"], writing["lines_per_call"], writing["rounds"]) == (0.4, 4, 1)


def test_a_budget_that_is_out_is_exit_1_and_says_resume(run, tmp_path, server):
    said = run(*asked(server, tmp_path / "out", "--budget-usd", "0.01", *PRICES))
    assert said.code == 1
    assert "--resume" in said.err


@pytest.mark.parametrize(
    ("mode", "said"), [("html", "HTML"), ("404_model", "tiny"), ("401", "key")]
)
def test_an_endpoint_that_is_off_is_one_sentence(run, tmp_path, mode, said):
    with FaultServer(mode=mode) as server:
        told = run(*asked(server, tmp_path / "out"))
    assert told.code == 2
    assert said in told.err
    assert told.err.count("piiforge:") == 1
    assert "Traceback" not in told.err


def test_where_nothing_answers_no_folder_is_left_to_go_on_with(run, tmp_path, server):
    with FaultServer() as gone:
        pass
    assert run(*asked(gone, tmp_path / "out")).code == 2
    assert not (tmp_path / "out").exists()
    assert run(*asked(server, tmp_path / "out")).code == 0


def test_a_batch_is_left_and_collected(run, tmp_path, server):
    first = run(*asked(server, tmp_path / "out", "--batch"))
    assert first.code == 1
    assert "batch is out" in first.err
    for _ in range(20):
        said = run(*asked(server, tmp_path / "out", "--batch", "--resume"))
        if said.code == 0:
            break
    assert (tmp_path / "out" / "lines.jsonl").exists()


def killed_at(server: FaultServer, out: Path, seconds: float) -> bool:
    """Start a write, kill it after so many seconds; return whether it was still at work."""
    words = asked(server, out, "--most-at-once", "3", "--lines-per-call", "2", "--resume")
    env = {**os.environ, "OPENAI_API_KEY": "none"}
    with subprocess.Popen(
        [sys.executable, "-c", _MAIN, *words],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        waited = time.monotonic() + 30
        while not server.log and process.poll() is None and time.monotonic() < waited:
            time.sleep(0.005)
        time.sleep(seconds)
        at_work = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    return at_work


def whole(run, out: Path, server: FaultServer) -> bytes:
    more = ("--most-at-once", "3", "--lines-per-call", "2", "--resume")
    assert run(*asked(server, out, *more)).code == 0
    return (out / "lines.jsonl").read_bytes()


def kill_and_go_on(run, tmp_path: Path, moments: list[float]) -> None:
    """Kill writes at the given moments; each ends as if nothing had happened, and pays once."""
    with FaultServer(answer=Model(faults=0.1).answer) as server:
        undisturbed = whole(run, tmp_path / "undisturbed", server)
    hit = 0
    for number, seconds in enumerate(moments):
        out = tmp_path / f"killed-{number}"
        with FaultServer(answer=Model(faults=0.1).answer, latency_s=0.03) as server:
            hit += killed_at(server, out, seconds)
            assert not (out / "manifest.json").exists() or (out / "lines.jsonl").exists()
            assert whole(run, out, server) == undisturbed
        twice = sum(count - 1 for count in server.paid.values())
        assert twice <= 3  # those in flight
    assert hit >= len(moments) // 2


def test_a_kill_loses_nothing_and_pays_nothing_twice(run, tmp_path):
    kill_and_go_on(run, tmp_path, [0.0, 0.1, 0.2, 0.35])


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_pay_nothing_twice(run, tmp_path):
    rng = Random(50)
    kill_and_go_on(run, tmp_path, [rng.random() * 0.6 for _ in range(50)])
