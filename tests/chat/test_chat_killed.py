"""kill -9 at any moment: nothing told is lost, nothing doubled, and only calls in flight repeat."""

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from asking import ask_once, questions

from fault_server import FaultServer

ASKER = Path(__file__).with_name("asker.py")
AT_ONCE = 8


def start(server, folder, count):
    told = folder / f"told-{len(list(folder.glob('told-*')))}.jsonl"
    words = [sys.executable, ASKER, server.url, folder / "calls.sqlite", str(count), told]
    return subprocess.Popen(words)


def kill_after(process, server, calls, seconds):
    """Kill when the server has had `calls` more calls, and some time has gone by after that."""
    goal = sum(server.calls.values()) + calls
    while sum(server.calls.values()) < goal and process.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    process.kill()
    process.wait()


def lost_calls(folder):
    """Return how many calls the journal knows to have been in flight when it was cut off."""
    with closing(sqlite3.connect(folder / "calls.sqlite")) as journal:
        sql = "SELECT count(*) FROM sends WHERE state IN ('lost', 'sent')"
        return journal.execute(sql).fetchone()[0]


def told_before(folder):
    lines = [line for path in folder.glob("told-*") for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines if line.endswith("]")]


def kill_and_resume(folder, kills, count, seed):
    """Kill `kills` times, then finish; return the server, what was told before, and the end."""
    rng = Random(seed)
    with FaultServer(seed=seed, latency_s=0.01) as server:
        for _ in range(kills):
            process = start(server, folder, count)
            kill_after(process, server, rng.randrange(count // kills), rng.random() * 0.05)
        before = told_before(folder)
        outcomes, _ = ask_once(server, folder, questions(count), most_at_once=AT_ONCE)
    return server, before, outcomes


def check_laws(folder, server, before, outcomes, count, kills):
    """Check that nothing was lost or doubled, and that only calls in flight were paid twice."""
    end = {outcome.request.name: outcome for outcome in outcomes}
    assert len(outcomes) == len(end) == count
    assert all(outcome.answer for outcome in outcomes)
    for name, reason, text in before:
        assert (reason, text) == ("", end[name].answer.text)
        assert end[name].answer.cached
    paid_twice = sum(server.paid.values()) - len(server.paid)
    assert paid_twice <= lost_calls(folder) <= kills * AT_ONCE


def test_answers_survive_kill_9(tmp_path):
    server, before, outcomes = kill_and_resume(tmp_path, 4, 120, 1)
    assert before
    check_laws(tmp_path, server, before, outcomes, 120, 4)


@pytest.mark.slow
def test_answers_survive_kill_9_at_fifty_moments(tmp_path):
    server, before, outcomes = kill_and_resume(tmp_path, 50, 1500, 2)
    assert len(before) > 500
    check_laws(tmp_path, server, before, outcomes, 1500, 50)
    assert max(Counter(server.calls).values()) <= 50
