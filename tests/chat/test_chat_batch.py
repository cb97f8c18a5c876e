"""Batches: handed in once, collected at half the price, and found again after a crash."""

import json

import pytest
from asking import PRICED, ask, connect, question, questions, reasons

from fault_server import FaultServer, key_of
from piiforge.chat.journal import Journal
from piiforge.errors import AskedWrongly


def test_a_batch_is_left_and_collected_into_the_journal(tmp_path):
    with FaultServer() as server:
        with connect(server, tmp_path) as client:
            name = client.submit(questions(5))
            first = client.collect()
            assert reasons(ask(client, questions(5))) == ["pending"] * 5
        with connect(server, tmp_path) as client:
            second = client.collect()
            outcomes = ask(client, questions(5))
    assert (first.answered, first.pending, first.batches) == (0, 5, ((name, "in_progress"),))
    assert (second.answered, second.pending, second.batches) == (5, 0, ((name, "completed"),))
    assert all(outcome.answer.cached for outcome in outcomes)
    assert max(server.calls.values()) == 1


def test_the_lines_of_a_batch_are_named_by_their_payload(tmp_path):
    with FaultServer() as server, connect(server, tmp_path) as client:
        client.submit([*questions(3), question(0)])
    lines = [json.loads(line) for line in server.store.files["file-0"].splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert line["custom_id"] == key_of(line["body"])
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")


def test_what_waits_or_is_answered_is_not_handed_in_again(tmp_path):
    with FaultServer(polls=0) as server, connect(server, tmp_path) as client:
        ask(client, questions(2))
        client.submit(questions(4))
        assert client.submit(questions(4)) == ""
        client.collect()
        assert client.submit(questions(4)) == ""
        client.submit(questions(5))
    sizes = [len(content.splitlines()) for content in server.store.files.values()]
    assert sizes == [2, 2, 1]


def test_what_a_batch_did_not_answer_is_asked_again(tmp_path):
    with (
        FaultServer(polls=0, script=["ok", "500", "length", "ok"]) as server,
        connect(server, tmp_path) as client,
    ):
        client.submit(questions(3))
        collected = client.collect()
        assert (collected.answered, collected.failed, collected.pending) == (1, 2, 0)
        outcomes = ask(client, questions(3))
    assert sorted(reasons(outcomes)) == ["", "", "truncated"]
    assert sorted(server.calls.values()) == [1, 1, 1, 2]


def test_a_batch_costs_half_and_its_bound_is_held_until_it_is_collected(tmp_path):
    with FaultServer(polls=0) as server, connect(server, tmp_path, **PRICED) as client:
        client.probe()
        before = client.spent.usd
        client.submit(questions(3, max_tokens=100))
        held = client.spent.held_usd
        client.collect()
        spent = client.spent
    whole = (server.charged["prompt_tokens"] + 2 * server.charged["completion_tokens"]) / 1e6
    assert held == pytest.approx(3 * 0.5 * (1e-6 * 42 + 2e-6 * 100))
    assert spent.usd - before == pytest.approx((whole - before) / 2)
    assert spent.held_usd == 0


def test_a_batch_over_the_budget_is_not_handed_in(tmp_path):
    money = {"budget_usd": 0.005, **PRICED}
    with FaultServer() as server, connect(server, tmp_path, **money) as client:
        with pytest.raises(AskedWrongly, match="more than the budget leaves"):
            client.submit(questions(100, max_tokens=1000))
        assert (server.store.files, client.spent.held_usd) == ({}, 0)


@pytest.mark.parametrize("began", [True, False])
def test_a_batch_that_a_crash_left_unconfirmed_is_found_by_its_token_or_set_free(tmp_path, began):
    with FaultServer(polls=0) as server:
        with connect(server, tmp_path) as client:
            client.submit(questions(3))
        journal = Journal(tmp_path / "calls.sqlite")
        journal.keep_batch(journal.batches()[0][0], "", "creating")
        journal.close()
        if not began:
            server.store.batches.clear()
        with connect(server, tmp_path) as client:
            assert client.submit(questions(3)) == ""
            collected = client.collect()
    assert (collected.answered, collected.pending) == ((3, 0) if began else (0, 0))


def test_a_batch_that_expired_sets_its_requests_free(tmp_path):
    with FaultServer() as server, connect(server, tmp_path) as client:
        name = client.submit(questions(3))
        server.store.batches[name]["status"] = "expired"
        collected = client.collect()
        assert (collected.answered, collected.failed, collected.pending) == (0, 3, 0)
        assert reasons(ask(client, questions(3))) == [""] * 3


def test_an_endpoint_without_batches_is_named(tmp_path):
    with FaultServer(script=["ok"]) as server, connect(server, tmp_path, tries=1) as client:
        client.probe()
        server.store.offered = False
        with pytest.raises(AskedWrongly, match="takes no file for a batch"):
            client.submit(questions(1))
        assert client.collect().pending == 0
