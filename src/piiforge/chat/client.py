"""The client: probe, estimate, ask, submit and collect, all on one journal."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from piiforge.chat.batch import Batches
from piiforge.chat.calls import Caller, Job, Loop, Paid, probe, run_all
from piiforge.chat.endpoint import NOT_FOUND, Endpoint, check, shown_url, stop, stop_probe
from piiforge.chat.journal import EXPECTED_SHARE, Journal, Ledger, estimated, most_output, price_of
from piiforge.chat.records import (
    Answer,
    Collected,
    Continuation,
    Continued,
    Cost,
    Outcome,
    Probe,
    Request,
    Settings,
    Spent,
    body_of,
    path_of,
)
from piiforge.chat.replies import Reply, key_of, payload_of
from piiforge.errors import AskedWrongly

LOG = logging.getLogger(__name__)
OnOutcome = Callable[[Outcome], None]


def connect(settings: Settings, journal: Path) -> "Client":
    """Open a client on the journal at this path; nothing is sent yet.

    Raises:
        AskedWrongly: no key, no usable settings, an unknown price under a budget, or a journal
            that another process has or another version wrote.
        MissingExtra: the list of prices is needed and not installed.
    """
    check(settings)
    price = price_of(settings)
    opened = Journal(journal)
    return Client(settings, opened, Ledger(opened, price, settings.budget_usd))


class Client:
    """Asks one model at one endpoint. A context manager: leaving it closes the journal.

    Not for use inside a running event loop: it runs its own.
    """

    def __init__(self, settings: Settings, journal: Journal, ledger: Ledger) -> None:
        self._settings = settings
        self._journal = journal
        self._ledger = ledger
        self._loop = Loop()
        self._endpoint: Endpoint | None = None
        self._caller: Caller | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the journal. Twice is as good as once."""
        try:
            if self._endpoint is not None:
                self._loop.run(self._endpoint.close())
        finally:
            self._endpoint = self._caller = None
            self._loop.close()
            self._journal.close()

    @property
    def spent(self) -> Spent:
        """What the journal's whole life came to, as of now."""
        return self._ledger.spent

    def probe(self) -> Probe:
        """Find out whether the endpoint is there and a JSON schema holds; asked once a journal.

        Raises:
            AskedWrongly: it is not there, answers HTML, refuses the key or lacks the model.
            MissingExtra: the `openai` package is not installed.
        """
        known = self._known_probe()
        if known is not None:
            return known
        found = self._loop.run(probe(self._calls(), self._settings))
        place, model = shown_url(self._settings), self._settings.model
        self._journal.keep_probe(place, model, found, schema_asked=self._settings.structured)
        return found

    def estimate(self, requests: Sequence[Request]) -> Cost:
        """Return what asking would cost, before anything is sent.

        Input tokens are estimated as one for a Han character and one for 3.5 of all others; half of
        max_tokens is expected as output, all of it at the most. Retries are not foreseen. Without
        an earlier probe it is taken that the endpoint keeps to a JSON schema.
        """
        guess = Probe(structured=self._settings.structured, note="")
        dialect = self._known_probe() or guess
        jobs = self._jobs(requests, dialect)
        open_jobs = [job for job in jobs if not self._is_known(job.key)]
        known = len(requests) - len(open_jobs)
        tokens_in = sum(estimated(job.payload) for job in open_jobs)
        tokens_out = sum(most_output(job.payload) for job in open_jobs)
        expected = round(tokens_out * EXPECTED_SHARE)
        price = self._ledger.price
        return Cost(
            len(requests), known, tokens_in, tokens_out, expected,
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
            self._loop.run(self._ask(to_ask, on_outcome))

    def submit(self, requests: Sequence[Request]) -> str:
        """Hand in a batch of all that is neither answered nor waiting; return its id, "" for none.

        Raises:
            AskedWrongly: it does not fit the budget or one batch, or the endpoint takes none.
        """
        jobs = self._jobs(requests, self.probe())
        pending = self._journal.pending()
        to_send = [job for job in jobs if job.key not in pending and not self._is_known(job.key)]
        return self._loop.run(self._batches().submit(to_send)) if to_send else ""

    def collect(self) -> Collected:
        """Fetch what the submitted batches have finished; `ask` then gives it out for nothing.

        Raises:
            AskedWrongly: the endpoint does not give it.
        """
        return self._loop.run(self._batches().collect())

    async def _ask(self, jobs: Sequence[Job], on_outcome: OnOutcome) -> None:
        caller = self._calls()

        async def work(job: Job) -> None:
            self._tell(job, await caller.call(job), on_outcome, cached=False)

        await run_all(jobs, min(self._settings.most_at_once, len(jobs)), work)

    def _tell(self, job: Job, reply: Reply, on_outcome: OnOutcome, *, cached: bool) -> None:
        for request in job.requests:
            if cached and reply.final:
                self._ledger.served()
            on_outcome(_outcome(request, reply, cached=cached))
            cached = True  # the others of the same payload had no call of their own

    def _jobs(self, requests: Sequence[Request], dialect: Probe) -> list[Job]:
        """Return one job a key, with every request that it answers."""
        jobs: dict[str, Job] = {}
        for request in requests:
            payload = payload_of(request, self._settings.model, dialect)
            try:
                key = key_of(payload)
            except TypeError as error:
                problem = f"The request {request.name!r} can't be written as JSON."
                raise AskedWrongly(problem, "Is a text of it no valid Unicode?") from error
            jobs.setdefault(key, Job(key, payload)).requests.append(request)
        return list(jobs.values())

    def _is_known(self, key: str) -> bool:
        return self._journal.answer(key) is not None

    def _known_probe(self) -> Probe | None:
        place, model = shown_url(self._settings), self._settings.model
        return self._journal.probe(place, model, schema_asked=self._settings.structured)

    def _calls(self) -> Caller:
        if self._caller is None:
            self._caller = Caller(Paid(self._speaker(), self._ledger).send, self._settings)
        return self._caller

    def _batches(self) -> Batches:
        return Batches(self._speaker(), self._journal, self._ledger, self._settings)

    def _speaker(self) -> Endpoint:
        if self._endpoint is None:
            self._endpoint = Endpoint(self._settings)
        return self._endpoint


def _outcome(request: Request, reply: Reply, *, cached: bool) -> Outcome:
    if reply.reason:
        return Outcome(request, None, reply.reason)
    tokens = (reply.input_tokens or 0, reply.output_tokens or 0)
    return Outcome(request, Answer(reply.text, *tokens, cached, reply.finish))


# The client that asks for continuations: the same patience and limit as `Client`, and no journal.
#
# Nothing of what is asked or answered is kept, on disk or in memory, so that it may be used where
# contents must not lie about, for as long as one likes. So no answer is remembered, and no budget
# can be kept: that is what `connect` is for.


PROBE_TRIES = 3
TRANSIENT = frozenset({"rate_limited", "timeout", "connection"})


class Continuer:
    """Asks one model at one endpoint to go on with begun answers. `calls` counts what was sent.

    From one thread at a time, and not inside a running event loop: it runs its own.

    Raises:
        AskedWrongly: settings that can't work, or a budget.
        MissingExtra: the `openai` package is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        check(settings)
        if settings.budget_usd is not None:
            hint = "A budget is kept in a journal, and these questions are in none: leave it off."
            raise AskedWrongly("No budget can be kept here.", hint)
        self.calls = 0
        self._settings = settings
        self._endpoint: Endpoint | None = Endpoint(settings)
        self._caller = Caller(self._send, settings)
        self._loop = Loop()

    def ask(self, asked: Sequence[Continuation]) -> list[Continued]:
        """Ask them all, several at once; return what became of each, in their order.

        Raises:
            AskedWrongly: the endpoint will answer nobody (not there, key refused, quota used up).
        """
        return self._loop.run(self._ask(asked)) if asked else []

    def probe(self, asked: Continuation) -> Continued:
        """Ask once, to find out whether this way of asking is offered at all.

        Where it is not, the reason is "rejected" or "server_error" and nothing is raised.

        Raises:
            AskedWrongly: the endpoint can't be used now, whatever the way.
        """
        return self._loop.run(self._probe(asked))

    def close(self) -> None:
        """Close the connections. Twice is as good as once."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            self._loop.run(endpoint.close())
            self._loop.close()

    async def _ask(self, asked: Sequence[Continuation]) -> list[Continued]:
        jobs = [self._job(each) for each in asked]
        replies: dict[int, Reply] = {}

        async def work(numbered: tuple[int, Job]) -> None:
            at, job = numbered
            replies[at] = await self._caller.call(job)

        await run_all(enumerate(jobs), min(self._settings.most_at_once, len(jobs)), work)
        return [_outcome_continuer(each, replies[at]) for at, each in enumerate(asked)]

    async def _probe(self, asked: Continuation) -> Continued:
        tries = min(PROBE_TRIES, self._settings.tries)
        reply = await self._caller.reply(self._job(asked), tries=tries)
        no_such_path = reply.status == NOT_FOUND and "model" not in reply.about
        if reply.reason in TRANSIENT or reply.html:
            raise stop_probe(reply, self._settings)
        problem = None if no_such_path else stop(reply, self._settings)
        if problem is not None:
            raise problem
        return _outcome_continuer(asked, reply)

    async def _send(self, job: Job) -> Reply:
        assert self._endpoint is not None, "it is closed"
        self.calls += 1
        return await self._endpoint.go_on(job.path, job.payload)

    def _job(self, asked: Continuation) -> Job:
        body = body_of(asked, self._settings.model)
        return Job(key_of(body), body, path=path_of(asked))


def _outcome_continuer(asked: Continuation, reply: Reply) -> Continued:
    return Continued(asked, reply.reason, reply.text, reply.tokens, reply.input_tokens)
