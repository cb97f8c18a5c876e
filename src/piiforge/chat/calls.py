"""One call until it ends, and many at once: retries, backoff, the gate, and the ledger if any."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from piiforge.chat.continuation import CHAT_COMPLETIONS
from piiforge.chat.endpoint import Endpoint
from piiforge.chat.ledger import Ledger, counted
from piiforge.chat.limit import Limit
from piiforge.chat.records import Request, Settings
from piiforge.chat.replies import Reply
from piiforge.chat.stops import stop
from piiforge.rng import child

LOG = logging.getLogger(__name__)
T = TypeVar("T")
AGAIN = frozenset(
    {"rate_limited", "server_error", "timeout", "connection", "unreachable", "empty", "bad_body"}
)
THROTTLED_WEIGHT = 0.25  # a 429 says "later", not "no": four of them use up one try
LONGEST_BACKOFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """A payload that is to be answered, under its key, and all who ask for it."""

    key: str
    payload: Mapping[str, object]
    requests: list[Request] = field(default_factory=list)
    path: str = CHAT_COMPLETIONS


Send = Callable[[Job], Awaitable[Reply]]


class Patience:
    """Says how long to wait before the next call of one request, or that it was the last."""

    def __init__(self, settings: Settings, key: str, tries: int) -> None:
        self._settings = settings
        self._rng = child(settings.seed, "backoff", key)
        self._left = float(tries)
        self._failed = 0
        self._waited_s = 0.0

    def wait_s(self, reply: Reply) -> float | None:
        """Return the seconds to wait after `reply`, None where the request has had its share.

        What Retry-After asks for is obeyed; otherwise the wait doubles, with a jitter of half.
        """
        if reply.reason not in AGAIN or reply.code == "insufficient_quota":
            return None
        self._left -= THROTTLED_WEIGHT if reply.reason == "rate_limited" else 1.0
        doubled = self._settings.backoff_s * 2.0**self._failed
        wait = min(LONGEST_BACKOFF_S, doubled) * self._rng.uniform(0.5, 1.0)
        if reply.wait_s is not None:
            wait = max(reply.wait_s, wait if reply.reason != "rate_limited" else 0.0)
        self._failed += 1
        self._waited_s += wait
        if self._left <= 0 or self._waited_s > self._settings.patience_s:
            return None
        return wait


class Caller:
    """Makes calls through `send`, within the limit of what is at once in flight."""

    def __init__(self, send: Send, settings: Settings) -> None:
        self._send = send
        self._settings = settings
        self._limit = Limit(settings.most_at_once)

    async def call(self, job: Job, tries: int | None = None) -> Reply:
        """Call until there is an answer, a reason that stands, or no patience left.

        Raises:
            AskedWrongly: the endpoint will answer nobody (no such model, key refused, quota).
        """
        reply = await self.reply(job, tries)
        problem = stop(reply, self._settings)
        if problem is not None:
            raise problem
        return reply

    async def reply(self, job: Job, tries: int | None = None) -> Reply:
        """Do what `call` does, but return the last reply even where no call can succeed."""
        patience = Patience(self._settings, job.key, tries or self._settings.tries)
        while True:
            reply = await self._once(job)
            wait_s = patience.wait_s(reply)
            LOG.debug(
                "call %s: status %d, %s, next in %s s",
                job.key[:12], reply.status, reply.reason or "answered", wait_s,
            )  # fmt: skip
            if wait_s is None:
                return reply
            await asyncio.sleep(wait_s)

    async def _once(self, job: Job) -> Reply:
        ticket = await self._limit.enter()
        try:
            reply = await self._send(job)
            if reply.reason == "rate_limited":
                self._limit.throttled(ticket, reply.wait_s)
            elif reply.final:
                self._limit.succeeded()
            return reply
        finally:
            self._limit.leave()


class Paid:
    """Sends within the budget: a call is in the ledger before it goes out, and when it ended."""

    def __init__(self, endpoint: Endpoint, ledger: Ledger) -> None:
        self._endpoint = endpoint
        self._ledger = ledger

    async def send(self, job: Job) -> Reply:
        """Send once, or say "over_budget"."""
        held = await self._ledger.hold(job.key, job.payload)
        if held is None:
            return Reply("over_budget")
        reply = None
        try:
            reply = counted(await self._endpoint.send(job.payload), job.payload)
        finally:
            self._ledger.settle(held, reply)
        return reply


async def run_all(jobs: Iterable[T], at_once: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Do `work` for every job, at most `at_once` of them together.

    The first error, or a cancellation, stops all of them; it is raised when the last has ended.
    """
    queue = iter(jobs)

    async def worker() -> None:
        for job in queue:
            await work(job)

    tasks = [asyncio.create_task(worker()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
