"""One call until it ends, and many at once: retries, backoff, the gate, and the ledger if any."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import orjson

from piiforge.chat.endpoint import Endpoint, shown_url, stop, stop_probe
from piiforge.chat.journal import Ledger, counted
from piiforge.chat.records import CHAT_COMPLETIONS, Message, Probe, Request, Settings
from piiforge.chat.replies import Reply, key_of, payload_of
from piiforge.errors import AskedWrongly
from piiforge.rng import child

# How many calls may be in flight: fewer after a 429, more after a run of successes.
#
# The rule is additive increase, multiplicative decrease (Chiu & Jain, 1989): times 0.75 on a 429,
# plus 1 after 25 successes. Calls that were already in flight when the limit was cut tell nothing
# new about it, so a burst of 429s cuts it once. Retry-After closes the gate for all of them.


FIRST = 8
CUT = 0.75
SUCCESSES_A_STEP = 25


class Limit:
    """A gate for calls. `at` is the bound as it stands, at least 1 and at most `most`."""

    def __init__(self, most: int) -> None:
        self.at = float(min(FIRST, most))
        self._most = most
        self._running = 0
        self._successes = 0
        self._tickets = 0
        self._cut_at = 0
        self._opens_at = 0.0
        self._changed = asyncio.Event()

    async def enter(self) -> int:
        """Wait for a place; return the call's ticket, a number that rises from call to call."""
        while True:
            closed_s = self._opens_at - time.monotonic()
            if closed_s > 0:
                await asyncio.sleep(closed_s)
            elif self._running < int(self.at):
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        self._running += 1
        self._tickets += 1
        return self._tickets

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        self._changed.set()

    def succeeded(self) -> None:
        """Count a call that the endpoint took."""
        self._successes += 1
        if self._successes >= SUCCESSES_A_STEP:
            self._successes = 0
            self.at = min(float(self._most), self.at + 1)
            self._changed.set()

    def throttled(self, ticket: int, wait_s: float | None) -> None:
        """Cut the limit for a 429, and let no call start for `wait_s` seconds."""
        self._successes = 0
        if ticket > self._cut_at:
            self.at = max(1.0, self.at * CUT)
            self._cut_at = self._tickets
        if wait_s is not None:
            self._opens_at = max(self._opens_at, time.monotonic() + wait_s)


# An event loop of one's own, for a client that is used without `await`.


T = TypeVar("T")


class Loop:
    """Runs one piece of work after another. Not for use inside a running event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` to its end.

        Raises:
            AskedWrongly: an event loop is running in this thread.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            running = False
        else:
            running = True
        if not running:
            return self._runner.run(work)
        work.close()
        problem = "A chat client can't be used inside a running event loop."
        raise AskedWrongly(problem, "Use it from a thread of its own.")

    def close(self) -> None:
        """End it. Twice is as good as once."""
        self._runner.close()


LOG = logging.getLogger(__name__)
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


# The probe: is the endpoint there, and does a JSON schema in response_format hold?
#
# The question asks for prose; the schema allows one made-up word alone. Only a decoder that is
# bound by the schema, or a model that was shown it, can give that word. Servers that ignore the
# field give prose with status 200, and that would otherwise only be seen after the money is
# spent.


WORD = "marrowgate"
QUESTION = "Describe the sea in one short sentence of plain prose. Do not write JSON."
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"seen": {"type": "string", "enum": [WORD]}},
    "required": ["seen"],
    "additionalProperties": False,
}
MAX_TOKENS = 256
TRIES = 3
ASKED_AT_MOST = 3  # one odd answer is not a rule: only three together say that the schema fails
STATUS_REJECTED = frozenset({400, 422})
START = Probe(structured=True, note="")


async def probe(caller: Caller, settings: Settings) -> Probe:
    """Ask until the endpoint's way of being asked is known: one call where all is well.

    Raises:
        AskedWrongly: it is not there, answers HTML, refuses the key or lacks the model.
    """
    found = replace(START, structured=settings.structured)
    note = "" if settings.structured else "The schema is told in words, as the settings say."
    turn = 0
    while True:
        reply = await caller.call(_job(settings, found, turn), tries=min(TRIES, settings.tries))
        if reply.status in STATUS_REJECTED:
            milder = _milder(found, reply)
            if milder is None:
                raise stop_probe(reply, settings)
            if found.structured and not milder.structured:
                note = "The endpoint rejects response_format; the schema is told in words."
            found = milder
            continue
        if reply.reason == "server_error" and found.structured:  # some fail on the field instead
            found = replace(found, structured=False)
            note = "The endpoint fails on response_format; the schema is told in words."
            continue
        if reply.reason not in {"", "truncated", "refused", "empty"}:
            raise stop_probe(reply, settings)
        turn += 1
        if not found.structured:
            return replace(found, note=_with_temperature(note, found))
        if _holds(reply):
            return replace(found, note=_with_temperature("The JSON schema holds.", found))
        if turn >= ASKED_AT_MOST:
            note = "The endpoint ignores the JSON schema; it is told in words."
            return replace(found, structured=False, note=_with_temperature(note, found))


def _job(settings: Settings, dialect: Probe, turn: int) -> Job:
    request = Request("probe", (Message("user", QUESTION),), SCHEMA, max_tokens=MAX_TOKENS)
    payload = payload_of(request, settings.model, dialect)
    return Job(key_of({**payload, "probe": shown_url(settings), "turn": turn}), payload)


def _milder(dialect: Probe, reply: Reply) -> Probe | None:
    """Return the next way to ask after a 400, by the field that it names."""
    if "max_completion_tokens" in reply.about and dialect.token_field == "max_tokens":
        return replace(dialect, token_field="max_completion_tokens")
    if "temperature" in reply.about and dialect.temperature:
        return replace(dialect, temperature=False)
    return replace(dialect, structured=False) if dialect.structured else None


def _holds(reply: Reply) -> bool:
    try:
        return bool(orjson.loads(reply.text) == {"seen": WORD})
    except orjson.JSONDecodeError:
        return False


def _with_temperature(note: str, dialect: Probe) -> str:
    more = "" if dialect.temperature else " The endpoint sets the temperature itself."
    return f"{note}{more}".strip()
