"""Money: told before, counted as it goes, never over the budget, remembered over restarts."""

import pytest
from asking import PRICED, SCHEMA, after_probe, ask_once, connect, question, questions, reasons
from hypothesis import given
from hypothesis import strategies as st

from fault_server import FaultServer
from piiforge import chat
from piiforge.chat.journal import Price, estimated, estimated_text, most_input, price_of
from piiforge.chat.records import payload_of
from piiforge.errors import AskedWrongly

FREE = {"input_usd_per_million": 0.0, "output_usd_per_million": 0.0}


def charged_usd(server):
    """Return what the server would charge, by its own count."""
    told = server.charged
    return (told["prompt_tokens"] * 1.0 + told["completion_tokens"] * 2.0) / 1e6


def test_an_unknown_price_under_a_budget_is_refused_before_anything_is_sent(tmp_path):
    with FaultServer() as server:
        with pytest.raises(AskedWrongly, match="price of 'tiny' is unknown"):
            connect(server, tmp_path, budget_usd=1.0)
        assert not server.calls


def test_without_a_budget_an_unknown_price_is_none_and_tokens_are_counted(tmp_path):
    with FaultServer() as server:
        _, spent = ask_once(server, tmp_path, questions(3))
    assert spent.usd is None
    assert spent.output_tokens == server.charged["completion_tokens"]


def test_what_was_unpriced_is_priced_when_the_price_is_known(tmp_path):
    with FaultServer() as server:
        ask_once(server, tmp_path, questions(3))
        with connect(server, tmp_path, **PRICED) as client:
            assert client.spent.usd == pytest.approx(charged_usd(server))


def test_one_price_alone_is_refused(tmp_path):
    with FaultServer() as server, pytest.raises(AskedWrongly, match="Only one of the two prices"):
        connect(server, tmp_path, input_usd_per_million=1.0)


def test_openais_prices_are_listed_and_a_host_nobody_lists_has_none():
    listed = price_of(chat.Settings("gpt-4o-mini"))
    assert listed is not None
    assert 0 < listed.input_usd < listed.output_usd < 100
    assert price_of(chat.Settings("gpt-4o-mini", "http://127.0.0.1:9/v1")) is None


def test_prices_by_hand_win():
    settings = chat.Settings("gpt-4o-mini", input_usd_per_million=3, output_usd_per_million=4)
    assert price_of(settings) == Price(3, 4)


def test_what_is_spent_is_what_the_server_counted_retries_included(tmp_path):
    with FaultServer(script=after_probe("no_content", "500", "refusal", "length")) as server:
        _, spent = ask_once(server, tmp_path, questions(5), **PRICED)
    assert spent.usd == pytest.approx(charged_usd(server))
    assert spent.input_tokens == server.charged["prompt_tokens"]
    assert (spent.calls, spent.retries, spent.held_usd) == (8, 2, 0.0)


def test_a_server_that_counts_no_tokens_is_counted_for(tmp_path):
    with FaultServer(usage=False) as server:
        outcomes, _ = ask_once(server, tmp_path, [question(1)], **PRICED)
    text = outcomes[0].answer.text
    assert outcomes[0].answer.output_tokens == estimated_text(text) > 0


@pytest.mark.parametrize("budget", [0.001, 0.0012, 0.0015])
def test_the_budget_is_never_passed_and_every_request_is_accounted_for(tmp_path, budget):
    kinds = ("429", "500", "reset", "no_content", "cut_json", "prose")
    with FaultServer(seed=5, faults=0.3, kinds=kinds, script=["ok"]) as server:
        outcomes, spent = ask_once(
            server, tmp_path, questions(99, max_tokens=40), budget_usd=budget, **PRICED
        )
    assert charged_usd(server) <= spent.usd + spent.unsure_usd <= budget
    assert len(outcomes) == 99
    assert 0 < reasons(outcomes).count("over_budget") < 99


def test_the_budget_counts_earlier_runs_on_the_same_journal(tmp_path):
    money = {"budget_usd": 0.002, **PRICED}
    with FaultServer() as server:
        first, _ = ask_once(server, tmp_path, questions(200, max_tokens=40), **money)
        before = sum(server.calls.values())
        again, _ = ask_once(server, tmp_path, questions(200, max_tokens=40), **money)
    assert sum(server.calls.values()) == before
    assert sorted(reasons(again)) == sorted(reasons(first))
    assert 0.0018 < charged_usd(server) <= 0.002


def test_calls_whose_answer_never_came_count_at_their_upper_bound(tmp_path):
    with FaultServer(script=after_probe("reset")) as server:
        _, spent = ask_once(server, tmp_path, [question(1, max_tokens=100)], **PRICED)
    most = 1e-6 * (len("question 1") + 32) + 2e-6 * 100
    assert spent.unsure_usd == pytest.approx(most)


def test_a_budget_of_nothing_still_allows_what_is_free(tmp_path):
    with FaultServer() as server:
        outcomes, _ = ask_once(server, tmp_path, questions(2), budget_usd=0.0, **FREE)
    assert reasons(outcomes) == ["", ""]


def test_a_budget_too_small_for_the_probe_says_so(tmp_path):
    with FaultServer() as server, pytest.raises(AskedWrongly, match="budget does not cover"):
        ask_once(server, tmp_path, questions(1), budget_usd=1e-7, **PRICED)
    assert not server.calls


def test_an_estimate_sends_nothing_and_what_is_known_costs_nothing(tmp_path):
    asked = questions(10, max_tokens=100)
    with FaultServer() as server:
        with connect(server, tmp_path, **PRICED) as client:
            cost = client.estimate([*asked, asked[0]])
        assert not server.calls
        ask_once(server, tmp_path, asked[:4], **PRICED)
        with connect(server, tmp_path, **PRICED) as client:
            left = client.estimate(asked)
    assert (cost.requests, cost.cached) == (11, 1)
    assert (cost.input_tokens, cost.output_tokens) == (10 * 3, 1000)
    assert cost.expected_output_tokens == 500
    assert (cost.usd, cost.expected_usd) == pytest.approx((0.00203, 0.00103))
    assert (left.cached, left.output_tokens) == (4, 600)


@given(st.text(max_size=80).filter(lambda text: text.isprintable()))
def test_no_estimate_passes_the_bound(text):
    request = chat.Request("r", (chat.Message("user", text),), SCHEMA)
    payload = payload_of(request, "m", chat.Probe(structured=True, note=""))
    assert estimated(payload) <= most_input(payload)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("a" * 8, 3), ("中文ab", 3)])
def test_the_estimate_is_as_stated(text, tokens):
    assert estimated_text(text) == tokens
