"""The gate: fewer calls after a 429, more after successes, none while Retry-After holds."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from asking import after_probe, ask_once, questions, settings
from hypothesis import given
from hypothesis import strategies as st

from fault_server import FaultServer
from piiforge.chat.endpoint import Limit, Patience, wait_asked
from piiforge.chat.records import Reply

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def tickets(limit, count):
    """Let `count` calls through, each leaving at once; return the last one's ticket."""

    async def pass_through():
        for _ in range(count):
            last = await limit.enter()
            limit.leave()
        return last

    return asyncio.run(pass_through())


@pytest.mark.parametrize(("most", "first"), [(32, 8), (8, 8), (3, 3), (1, 1)])
def test_it_starts_at_eight_or_the_most(most, first):
    assert Limit(most).at == first


def test_a_429_cuts_it_by_a_quarter_and_25_successes_add_one():
    limit = Limit(32)
    limit.throttled(tickets(limit, 1), None)
    assert limit.at == 6
    for _ in range(25):
        limit.succeeded()
    assert limit.at == 7


def test_a_burst_of_429s_cuts_it_once():
    limit = Limit(32)
    last = tickets(limit, 8)
    for ticket in range(1, last + 1):
        limit.throttled(ticket, None)
    assert limit.at == 6
    limit.throttled(tickets(limit, 1), None)
    assert limit.at == 4.5


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 40))
def test_it_stays_between_one_and_the_most(took, most):
    limit = Limit(most)
    for number, good in enumerate(took, 1):
        if good:
            limit.succeeded()
        else:
            limit._tickets = number
            limit.throttled(number, None)
        assert 1 <= limit.at <= most


def test_retry_after_closes_the_gate_for_every_call():
    limit = Limit(8)
    limit.throttled(tickets(limit, 1), 0.3)
    begun = time.monotonic()
    tickets(limit, 3)
    assert time.monotonic() - begun >= 0.3


def test_retry_after_is_obeyed_by_the_call_that_met_it(tmp_path):
    with FaultServer(script=after_probe("429_wait"), wait="0.6") as server:
        begun = time.monotonic()
        outcomes, _ = ask_once(server, tmp_path, questions(2), most_at_once=1)
        seconds = time.monotonic() - begun
    assert all(outcome.answer for outcome in outcomes)
    assert seconds >= 0.6


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "86400"}, 60.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, 9.0),
        ({"retry-after": format_datetime(NOW - timedelta(days=9), usegmt=True)}, 0.0),
        ({"retry-after": format_datetime(NOW + timedelta(days=9), usegmt=True)}, 60.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:07 -0000"}, 7.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_at_most_a_minute(headers, seconds):
    assert wait_asked(headers, NOW) == seconds


def waits(replies, **more):
    """Return the waits that one request is granted."""
    patience = Patience(settings("http://x", **more), "key", more.get("tries", 6))
    found = []
    for reply in replies:
        wait = patience.wait_s(reply)
        if wait is None:
            break
        found.append(wait)
    return found


@pytest.mark.parametrize(
    ("reason", "granted"),
    [("server_error", 5), ("timeout", 5), ("rate_limited", 23), ("refused", 0), ("rejected", 0)],
)
def test_a_429_uses_up_a_quarter_of_a_try(reason, granted):
    assert len(waits([Reply(reason)] * 99)) == granted


def test_backoff_doubles_with_a_jitter_of_half_and_is_the_same_for_the_same_seed():
    found = waits([Reply("server_error")] * 5, backoff_s=1.0)
    for number, wait in enumerate(found):
        assert 0.5 * 2**number <= wait <= 2**number
    assert found == waits([Reply("server_error")] * 5, backoff_s=1.0)
    assert found != waits([Reply("server_error")] * 5, backoff_s=1.0, seed=1)


def test_what_retry_after_asks_is_waited_and_patience_bounds_it():
    asked = [Reply("rate_limited", wait_s=40.0)] * 99
    assert waits(asked, patience_s=100.0) == [40.0, 40.0]


def test_a_used_up_quota_is_not_waited_for():
    assert waits([Reply("rate_limited", code="insufficient_quota")]) == []
