"""Asking: every request ends in one outcome, for its reason, and none is paid for twice."""

import asyncio
import signal
from collections import Counter

import pytest
from asking import PRICED, SCHEMA, after_probe, ask, ask_once, connect, question, questions, reasons

from fault_server import FaultServer
from piiforge import chat
from piiforge.errors import AskedWrongly

ENDS = [
    ("ok", "", 1),
    ("length", "truncated", 1),
    ("refusal", "refused", 1),
    ("filter", "refused", 1),
    ("400", "rejected", 1),
    ("no_content", "empty", 3),
    ("empty", "bad_body", 3),
    ("cut_json", "bad_body", 3),
    ("html", "bad_body", 3),
    ("500", "server_error", 3),
    ("503", "server_error", 3),
    ("reset", "connection", 3),
    ("429", "rate_limited", 12),
]


@pytest.mark.parametrize(("kind", "reason", "calls"), ENDS)
def test_every_fault_ends_in_its_reason_after_its_share_of_calls(tmp_path, kind, reason, calls):
    with FaultServer(script=after_probe(*[kind] * calls)) as server:
        outcomes, spent = ask_once(server, tmp_path, [question(1)], tries=3)
    assert reasons(outcomes) == [reason]
    assert spent.calls == sum(server.calls.values()) == 1 + calls


@pytest.mark.parametrize("kind", [kind for kind, _, calls in ENDS if calls > 1])
def test_a_passing_fault_is_mended_by_a_retry(tmp_path, kind):
    with FaultServer(script=after_probe(kind)) as server:
        outcomes, spent = ask_once(server, tmp_path, [question(1)])
    assert reasons(outcomes) == [""]
    assert (spent.calls, spent.retries) == (3, 1)


def test_a_server_that_hangs_is_left_at_the_timeout(tmp_path):
    with FaultServer(script=after_probe("hang", "hang")) as server:
        outcomes, _ = ask_once(server, tmp_path, [question(1)], timeout_s=0.5, tries=2)
    assert reasons(outcomes) == ["timeout"]


def test_each_answer_reaches_the_request_that_asked(tmp_path):
    with FaultServer(seed=3, faults=0.3, kinds=("429", "500", "reset"), answer=said_back) as server:
        outcomes, _ = ask_once(server, tmp_path, questions(60))
    assert len(outcomes) == 60
    for outcome in outcomes:
        assert outcome.answer.text == outcome.request.messages[0].content


def said_back(payload):
    return payload["messages"][-1]["content"]


def test_what_was_answered_is_not_asked_again(tmp_path):
    with FaultServer(script=after_probe("ok", "length", "refusal")) as server:
        first, _ = ask_once(server, tmp_path, questions(3), most_at_once=1)
        again, spent = ask_once(server, tmp_path, questions(3))
    assert sum(server.calls.values()) == spent.calls == 4
    assert reasons(again) == reasons(first) == ["", "truncated", "refused"]
    assert again[0].answer.text == first[0].answer.text
    assert (first[0].answer.cached, again[0].answer.cached, spent.cached) == (False, True, 3)


def test_what_failed_for_a_passing_reason_is_asked_again(tmp_path):
    with FaultServer(script=after_probe("500", "no_content")) as server:
        first, _ = ask_once(server, tmp_path, questions(2), tries=1)
        again, _ = ask_once(server, tmp_path, questions(2), tries=1)
    assert sorted(reasons(first)) == ["empty", "server_error"]
    assert reasons(again) == ["", ""]


@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=pytest.mark.slow)])
def test_at_a_fifth_of_faults_all_is_accounted_for_at_1_5_calls_an_answer(tmp_path, count):
    with FaultServer(seed=1, faults=0.2) as server:
        outcomes, spent = ask_once(server, tmp_path, questions(count), timeout_s=1.0)
    told = Counter(reasons(outcomes))
    assert len({outcome.request.name for outcome in outcomes}) == len(outcomes) == count
    assert set(told) <= {"", "refused"}
    assert spent.calls == sum(server.calls.values()) <= 1.5 * told[""]


def test_equal_payloads_are_one_call(tmp_path):
    twins = [chat.Request(f"asked by {n}", (chat.Message("user", "same"),)) for n in range(5)]
    with FaultServer() as server:
        outcomes, spent = ask_once(server, tmp_path, twins)
    assert sum(server.calls.values()) == 2
    assert [outcome.request.name for outcome in outcomes] == [twin.name for twin in twins]
    assert Counter(outcome.answer.cached for outcome in outcomes) == {False: 1, True: 4}
    assert spent.cached == 4


@pytest.mark.parametrize(
    "changed", [{"temperature": 0.7}, {"max_tokens": 9}, {"seed": 4}, {"schema": SCHEMA}], ids=str
)
def test_whatever_changes_the_payload_is_asked_anew(tmp_path, changed):
    with FaultServer() as server:
        ask_once(server, tmp_path, [question(1), question(1, **changed)])
    assert sum(server.calls.values()) == 3


def test_nothing_asked_sends_nothing(tmp_path):
    with FaultServer() as server:
        assert ask_once(server, tmp_path, [])[0] == []
    assert not server.calls


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("quota", "quota is used up"),
        ("401", "wants a key"),
        ("404_model", "no model named 'tiny'"),
        ("404_path", "no chat completions"),
    ],
)
def test_what_no_retry_mends_stops_the_run_and_keeps_what_was_answered(tmp_path, kind, says):
    with FaultServer(script=after_probe("ok", kind)) as server:
        outcomes = []
        with (
            connect(server, tmp_path, most_at_once=1) as client,
            pytest.raises(AskedWrongly, match=says),
        ):
            client.ask(questions(5), outcomes.append)
        assert reasons(outcomes) == [""]
        assert sum(server.calls.values()) == 3
        again, _ = ask_once(server, tmp_path, questions(5))
    assert reasons(again) == [""] * 5
    assert sum(server.calls.values()) == 7


def test_a_server_that_dies_stops_the_run(tmp_path):
    with FaultServer() as server, connect(server, tmp_path) as client:
        client.probe()
        server.__exit__()
        with pytest.raises(AskedWrongly, match="Nothing answers"):
            ask(client, questions(3))
        server.__enter__()


def test_ctrl_c_stops_the_calls_and_keeps_what_was_told(tmp_path):
    told = []

    def interrupt_at_five(outcome):
        told.append(outcome.request.name)
        if len(told) == 5:
            signal.raise_signal(signal.SIGINT)

    with FaultServer(latency_s=0.02) as server:
        with connect(server, tmp_path) as client, pytest.raises(KeyboardInterrupt):
            client.ask(questions(200), interrupt_at_five)
        outcomes, _ = ask_once(server, tmp_path, questions(200))
    kept = {outcome.request.name for outcome in outcomes if outcome.answer.cached}
    assert set(told) <= kept
    assert len(outcomes) == 200
    assert sum(server.paid.values()) - 201 <= 8


def test_an_error_of_the_listener_stops_the_run(tmp_path):
    def fails(_):
        raise ZeroDivisionError

    with FaultServer() as server, connect(server, tmp_path) as client:
        with pytest.raises(ZeroDivisionError):
            client.ask(questions(50), fails)
        assert sum(server.calls.values()) < 20


def test_no_more_calls_are_in_flight_than_asked(tmp_path):
    with FaultServer(latency_s=0.01) as server:
        ask_once(server, tmp_path, questions(40), most_at_once=3)
    assert server.most_at_once == 3


def test_a_client_refuses_to_run_inside_a_running_loop(tmp_path):
    async def inside(client):
        client.probe()

    with (
        FaultServer() as server,
        connect(server, tmp_path) as client,
        pytest.raises(AskedWrongly, match="running event loop"),
    ):
        asyncio.run(inside(client))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tries": 0},
        {"most_at_once": 0},
        {"timeout_s": 0},
        {"budget_usd": -1.0, **PRICED},
        {"backoff_s": -1},
    ],
    ids=str,
)
def test_settings_that_nothing_can_come_of_are_refused(tmp_path, wrong):
    with FaultServer() as server, pytest.raises(AskedWrongly):
        connect(server, tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_a_text_that_is_no_unicode_is_refused_by_the_name_of_its_request(tmp_path):
    broken = chat.Request("r-broken", (chat.Message("user", "half \ud800"),))
    with (
        FaultServer() as server,
        connect(server, tmp_path) as client,
        pytest.raises(AskedWrongly, match="'r-broken' can't be written as JSON"),
    ):
        ask(client, [question(1), broken])
