"""The clients: `Client` asks whole answers on a journal, `Continuer` how begun ones go on.

Both make a call until there is an answer, a reason that stands, or no patience left, and many at
once, within a limit that follows what the endpoint takes.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

import orjson

from piiforge.chat import batch, journal, records
from piiforge.chat.endpoint import NOT_FOUND, Endpoint, check, shown_url, stop, stop_probe
from piiforge.chat.records import Job, Probe, Reply, Request, Settings
from piiforge.errors import AskedWrongly
from piiforge.rng import child

LOG = logging.getLogger(__name__)
FIRST = 8
CUT = 0.75
SUCCESSES_A_STEP = 25
AGAIN = frozenset(
    {"rate_limited", "server_error", "timeout", "connection", "unreachable", "empty", "bad_body"}
)
TRANSIENT = frozenset({"rate_limited", "timeout", "connection"})
THROTTLED_WEIGHT = 0.25  # a 429 says "later", not "no": four of them use up one try
LONGEST_BACKOFF_S = 30.0
PROBE_TRIES = 3

# The question of a probe asks for prose; its schema allows one made-up word alone. Only a decoder
# that is bound by the schema, or a model that was shown it, can give that word. Servers that ignore
# the field give prose with status 200, and that would otherwise only be seen after the money is
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
ASKED_AT_MOST = 3  # one odd answer is not a rule: only three together say that the schema fails
STATUS_REJECTED = frozenset({400, 422})

T = TypeVar("T")
OnOutcome = Callable[[records.Outcome], None]


def connect(settings: Settings, path: Path) -> "Client":
    """Open a client on the journal at this path; nothing is sent yet.

    Raises:
        AskedWrongly: no key, no usable settings, an unknown price under a budget, or a journal
            that another process has or another version wrote.
        MissingExtra: the list of prices is needed and not installed.
    """
    check(settings)
    price = journal.price_of(settings)
    opened = journal.Journal(path)
    return Client(settings, opened, journal.Ledger(opened, price, settings.budget_usd))


class Caller:
    """Makes calls to one endpoint, within the limit of what is at once in flight.

    From one thread at a time, and not inside a running event loop: it runs its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limit = Limit(settings.most_at_once)
        self._runner = asyncio.Runner()
        self._opened: Endpoint | None = None

    @property
    def _endpoint(self) -> Endpoint:
        """The endpoint, opened when it is first needed."""
        if self._opened is None:
            self._opened = Endpoint(self._settings)
        return self._opened

    def close(self) -> None:
        """Close the connections. Twice is as good as once."""
        endpoint, self._opened = self._opened, None
        try:
            if endpoint is not None:
                self._run(endpoint.close())
        finally:
            self._runner.close()

    async def _send(self, job: Job) -> Reply:
        """Send once."""
        return await self._endpoint.send(job)

    async def _call(self, job: Job, tries: int | None = None) -> Reply:
        """Call until there is an answer, a reason that stands, or no patience left.

        Raises:
            AskedWrongly: the endpoint will answer nobody (no such model, key refused, quota).
        """
        reply = await self._reply(job, tries)
        problem = stop(reply, self._settings)
        if problem is not None:
            raise problem
        return reply

    async def _reply(self, job: Job, tries: int | None = None) -> Reply:
        """Do what `_call` does, but return the last reply even where no call can succeed."""
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

    def _all(self, jobs: Sequence[Job], on_reply: Callable[[int, Reply], None]) -> None:
        """Call for every job, and give its number and reply to `on_reply` as each ends."""

        async def work(numbered: tuple[int, Job]) -> None:
            at, job = numbered
            on_reply(at, await self._call(job))

        most = min(self._settings.most_at_once, len(jobs))
        self._run(run_all(enumerate(jobs), most, work))

    def _run(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` to its end.

        Raises:
            AskedWrongly: an event loop is running in this thread.
        """
        running = True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            running = False  # and nothing more here: what is raised below has no context
        if not running:
            return self._runner.run(work)
        work.close()
        problem = "A chat client can't be used inside a running event loop."
        raise AskedWrongly(problem, "Use it from a thread of its own.")


class Client(Caller):
    """Asks one model at one endpoint. A context manager: leaving it closes the journal.

    Not for use inside a running event loop: it runs its own.
    """

    def __init__(self, settings: Settings, opened: journal.Journal, ledger: journal.Ledger) -> None:
        super().__init__(settings)
        self._journal = opened
        self._ledger = ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the journal. Twice is as good as once."""
        try:
            super().close()
        finally:
            self._journal.close()

    @property
    def spent(self) -> records.Spent:
        """What the journal's whole life came to, as of now."""
        return self._ledger.spent

    def probe(self) -> Probe:
        """Find out whether the endpoint is there and a JSON schema holds; asked once a journal.

        Raises:
            AskedWrongly: it is not there, answers HTML, refuses the key or lacks the model.
            MissingExtra: the `openai` package is not installed.
        """
        known = self._known_probe()
        if known is None:
            known = self._run(self._probed())
            place, model = shown_url(self._settings), self._settings.model
            self._journal.keep_probe(place, model, known, schema_asked=self._settings.structured)
        return known

    def estimate(self, requests: Sequence[Request]) -> records.Cost:
        """Return what asking would cost, before anything is sent.

        Input tokens are estimated as one for a Han character and one for 3.5 of all others; half of
        max_tokens is expected as output, all of it at the most. Retries are not foreseen. Without
        an earlier probe it is taken that the endpoint keeps to a JSON schema.
        """
        guess = Probe(structured=self._settings.structured, note="")
        jobs = self._jobs(requests, self._known_probe() or guess)
        payloads = [job.payload for job in jobs if self._journal.answer(job.key) is None]
        tokens_in = sum(map(journal.estimated, payloads))
        tokens_out = sum(map(journal.most_output, payloads))
        expected = round(tokens_out * journal.EXPECTED_SHARE)
        price = self._ledger.price
        return records.Cost(
            len(requests), len(requests) - len(payloads), tokens_in, tokens_out, expected,
            price.of(tokens_in, tokens_out) if price else None,
            price.of(tokens_in, expected) if price else None,
        )  # fmt: skip

    def ask(self, requests: Sequence[Request], on_outcome: OnOutcome) -> None:
        """Ask them all; call `on_outcome` for each as it ends, in any order, and return.

        What the journal has is not asked again, and equal requests are asked once. An outcome is
        told only when it is in the journal. Ctrl-C or an error of `on_outcome` stops all calls.

        Raises:
            AskedWrongly: the endpoint will answer nobody (not there, key refused, quota used up).
            MissingExtra: the `openai` package is not installed.
        """
        if not requests:
            return
        jobs = self._jobs(requests, self.probe())
        pending = self._journal.pending()
        to_ask = []
        for job in jobs:
            reply = Reply("pending") if job.key in pending else self._journal.answer(job.key)
            if reply is None:
                to_ask.append(job)
            else:
                self._tell(job, reply, on_outcome, cached=True)
        LOG.debug("%d requests, %d payloads, %d to send", len(requests), len(jobs), len(to_ask))
        if to_ask:
            self._all(
                to_ask, lambda at, reply: self._tell(to_ask[at], reply, on_outcome, cached=False)
            )

    def submit(self, requests: Sequence[Request]) -> str:
        """Hand in a batch of all that is neither answered nor waiting; return its id, "" for none.

        Raises:
            AskedWrongly: it does not fit the budget or one batch, or the endpoint takes none.
        """
        jobs = self._jobs(requests, self.probe())
        pending = self._journal.pending()
        to_send = [
            job for job in jobs if job.key not in pending and self._journal.answer(job.key) is None
        ]
        return self._run(self._batches().submit(to_send)) if to_send else ""

    def collect(self) -> records.Collected:
        """Fetch what the submitted batches have finished; `ask` then gives it out for nothing.

        Raises:
            AskedWrongly: the endpoint does not give it.
        """
        return self._run(self._batches().collect())

    async def _send(self, job: Job) -> Reply:
        """Send once within the budget, or say "over_budget".

        A call is in the ledger before it goes out, and when it ended.
        """
        held = await self._ledger.hold(job.key, job.payload)
        if held is None:
            return Reply("over_budget")
        reply = None
        try:
            reply = journal.counted(await super()._send(job), job.payload)
        finally:
            self._ledger.settle(held, reply)
        return reply

    def _tell(self, job: Job, reply: Reply, on_outcome: OnOutcome, *, cached: bool) -> None:
        for request in job.requests:
            if cached and reply.final:
                self._ledger.served()
            answer = None
            if not reply.reason:
                tokens = (reply.input_tokens or 0, reply.output_tokens or 0)
                answer = records.Answer(reply.text, *tokens, cached, reply.finish)
            on_outcome(records.Outcome(request, answer, reply.reason))
            cached = True  # the others of the same payload had no call of their own

    def _jobs(self, requests: Sequence[Request], dialect: Probe) -> list[Job]:
        """Return one job a key, with every request that it answers."""
        jobs: dict[str, Job] = {}
        for request in requests:
            payload = records.payload_of(request, self._settings.model, dialect)
            try:
                key = records.key_of(payload)
            except TypeError as error:
                problem = f"The request {request.name!r} can't be written as JSON."
                raise AskedWrongly(problem, "Is a text of it no valid Unicode?") from error
            jobs.setdefault(key, Job(key, payload)).requests.append(request)
        return list(jobs.values())

    def _batches(self) -> batch.Batches:
        return batch.Batches(self._endpoint, self._journal, self._ledger, self._settings)

    def _known_probe(self) -> Probe | None:
        place, model = shown_url(self._settings), self._settings.model
        return self._journal.probe(place, model, schema_asked=self._settings.structured)

    async def _probed(self) -> Probe:
        """Ask until the endpoint's way of being asked is known: one call where all is well.

        Raises:
            AskedWrongly: it is not there, answers HTML, refuses the key or lacks the model.
        """
        settings = self._settings
        tries = min(PROBE_TRIES, settings.tries)
        found = Probe(structured=settings.structured, note="")
        note = "" if settings.structured else "The schema is told in words, as the settings say."
        turn = 0
        while True:
            reply = await self._call(self._sample(found, turn), tries)
            if reply.status in STATUS_REJECTED:
                milder = _milder(found, reply)
                if milder is None:
                    raise stop_probe(reply, settings)
                if found.structured and not milder.structured:
                    note = "The endpoint rejects response_format; the schema is told in words."
                found = milder
                continue
            if (
                reply.reason == "server_error" and found.structured
            ):  # some fail on the field instead
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

    def _sample(self, dialect: Probe, turn: int) -> Job:
        settings = self._settings
        question = records.Message("user", QUESTION)
        request = Request("probe", (question,), SCHEMA, max_tokens=MAX_TOKENS)
        payload = records.payload_of(request, settings.model, dialect)
        key = records.key_of({**payload, "probe": shown_url(settings), "turn": turn})
        return Job(key, payload)


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


class Continuer(Caller):
    """Asks one model at one endpoint to go on with begun answers. `calls` counts what was sent.

    Nothing of what is asked or answered is kept, on disk or in memory, so that it may be used where
    contents must not lie about, for as long as one likes. So no answer is remembered, and no budget
    can be kept: that is what `connect` is for.

    Raises:
        AskedWrongly: settings that can't work, or a budget.
        MissingExtra: the `openai` package is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        check(settings)
        if settings.budget_usd is not None:
            hint = "A budget is kept in a journal, and these questions are in none: leave it off."
            raise AskedWrongly("No budget can be kept here.", hint)
        super().__init__(settings)
        self.calls = 0
        self._opened = Endpoint(settings)

    def ask(self, asked: Sequence[records.Continuation]) -> list[records.Continued]:
        """Ask them all, several at once; return what became of each, in their order.

        Raises:
            AskedWrongly: the endpoint will answer nobody (not there, key refused, quota used up).
        """
        replies: dict[int, Reply] = {}
        if asked:
            model = self._settings.model
            self._all([records.begun_job(each, model) for each in asked], replies.__setitem__)
        return [_continued(each, replies[at]) for at, each in enumerate(asked)]

    def probe(self, asked: records.Continuation) -> records.Continued:
        """Ask once, to find out whether this way of asking is offered at all.

        Where it is not, the reason is "rejected" or "server_error" and nothing is raised.

        Raises:
            AskedWrongly: the endpoint can't be used now, whatever the way.
        """
        job = records.begun_job(asked, self._settings.model)
        reply = self._run(self._reply(job, min(PROBE_TRIES, self._settings.tries)))
        if reply.reason in TRANSIENT or reply.html:
            raise stop_probe(reply, self._settings)
        no_such_path = reply.status == NOT_FOUND and "model" not in reply.about
        problem = None if no_such_path else stop(reply, self._settings)
        if problem is not None:
            raise problem
        return _continued(asked, reply)

    async def _send(self, job: Job) -> Reply:
        self.calls += 1
        return await super()._send(job)


def _continued(asked: records.Continuation, reply: Reply) -> records.Continued:
    return records.Continued(asked, reply.reason, reply.text, reply.tokens, reply.input_tokens)


class Limit:
    """A gate for calls. `at` is the bound as it stands, at least 1 and at most `most`.

    The rule is additive increase, multiplicative decrease (Chiu & Jain, 1989): times 0.75 on a 429,
    plus 1 after 25 successes. Calls that were already in flight when the limit was cut tell nothing
    new about it, so a burst of 429s cuts it once. Retry-After closes the gate for all of them.
    """

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
