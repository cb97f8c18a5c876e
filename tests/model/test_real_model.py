"""A real client, a real llama.cpp server, a real small model: opt-in with `-m model`.

    python scripts/model_server.py --env .model-env --port 8080 &
    PIIFORGE_MODEL_URL=http://127.0.0.1:8080/v1 python -m pytest -m model

What a model of 135 million parameters writes is poor, and that is the point: the schema holds,
every line is accounted for, and what is poor is rejected with its reason.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from piiforge import chat, files, review

pytestmark = pytest.mark.model

MODEL = "smollm2-135m-instruct"
WORDS = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "sizes": {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": 99},
            "minItems": 2,
            "maxItems": 3,
        },
    },
    "required": ["colour", "sizes"],
    "additionalProperties": False,
}
SMALL = ("categories=[ssn]", "writing.lines=8", "writing.lines_per_call=4", "writing.rounds=1")
PATIENT = ("--most-at-once", "1", "--timeout-s", "600")  # one slot, and cores that others use too


@pytest.fixture(scope="module")
def url():
    found = os.environ.get("PIIFORGE_MODEL_URL", "")
    if not found:
        pytest.skip("PIIFORGE_MODEL_URL names no server; scripts/model_server.py starts one.")
    return found


@pytest.fixture
def client(url, tmp_path):
    settings = chat.Settings(model=MODEL, base_url=url, timeout_s=600, most_at_once=1)
    with chat.connect(settings, tmp_path / "calls.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def written(url, recipes, tmp_path_factory):
    """Write a small recipe with the real model, once; return its folder and its account."""
    out = tmp_path_factory.mktemp("written") / "out"
    done = subprocess.run(
        [Path(sys.executable).with_name("piiforge"), "write", recipes / "tiny.yaml", *SMALL,
         "--model", MODEL, "--base-url", url, *PATIENT, "--out", out, "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return out, json.loads(done.stdout)


def request(number, schema=None, max_tokens=64):
    question = chat.Message("user", f"Write one plain sentence about the number {number}.")
    return chat.Request(f"test/{number}", (question,), schema, max_tokens=max_tokens, seed=1)


def ask(client, requests):
    outcomes = []
    client.ask(requests, outcomes.append)
    return {outcome.request.name: outcome for outcome in outcomes}


def test_the_probe_finds_that_the_schema_holds(client):
    found = client.probe()
    assert found.structured
    assert found.note == "The JSON schema holds."


def test_answers_keep_to_the_schema_whatever_is_asked(client):
    client.probe()
    found = ask(client, [request(number, WORDS) for number in range(6)])
    assert len(found) == 6
    for outcome in found.values():
        said = json.loads(outcome.answer.text)
        assert set(said) == {"colour", "sizes"}
        assert said["colour"] in {"red", "blue"}
        assert 2 <= len(said["sizes"]) <= 3
        assert all(isinstance(size, int) and 1 <= size <= 99 for size in said["sizes"])


def test_plain_text_comes_with_the_servers_own_token_counts(client):
    client.probe()
    answer = ask(client, [request(1)])["test/1"].answer
    assert answer.text.strip()
    assert answer.input_tokens > 10
    assert 0 < answer.output_tokens <= 64


def test_an_answer_cut_off_is_no_answer(client):
    client.probe()
    outcome = ask(client, [request(1, WORDS, max_tokens=4)])["test/1"]
    assert (outcome.answer, outcome.reason) == (None, "truncated")


def test_the_same_question_is_asked_once(client):
    client.probe()
    first = ask(client, [request(2)])["test/2"].answer
    calls = client.spent.calls
    again = ask(client, [request(2)])["test/2"].answer
    assert (again.text, again.cached) == (first.text, True)
    assert client.spent.calls == calls


def test_a_write_accounts_for_every_line(written):
    _, account = written
    assert account["asked"] > 0
    assert account["pending"] == 0
    assert account["asked"] == account["accepted"] + sum(account["rejected"].values())
    assert account["spent"]["output_tokens"] > 0


def test_poor_lines_are_rejected_with_their_reason(written):
    out, account = written
    rejected = list(files.read(out / "rejected.jsonl"))
    assert rejected
    assert all(line["reason"] for line in rejected)
    assert Counter(line["reason"] for line in rejected) == account["rejected"]


def test_what_was_accepted_or_doubted_stands_in_the_review(written):
    out, account = written
    accepted = {line["id"] for line in files.read(out / "lines.jsonl")}
    assert len(accepted) == account["accepted"]
    rows = review.load(out / review.FILE)
    assert accepted <= {row.id for row in rows}
    assert not any(row.decision for row in rows)


def test_the_same_write_again_asks_nothing(written, url, run, recipes):
    out, account = written
    said = run("write", recipes / "tiny.yaml", *SMALL, "--model", MODEL, "--base-url", url,
               *PATIENT, "--out", out, "--resume", "--json")  # fmt: skip
    again = json.loads(said.out)
    assert again["spent"]["calls"] == account["spent"]["calls"]
    assert (again["accepted"], again["rejected"]) == (account["accepted"], account["rejected"])
