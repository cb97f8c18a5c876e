"""The client: it asks one model for whole answers, on a journal and within a budget.

How the endpoint wants to be asked is found out first, by a probe that is sent once a journal. A
client may also hand in a batch, be left, and collect within a day, at half the price. A batch is
written into the journal before it is handed in, under a token that goes with it. If the process
dies before the endpoint's id is known, the batch is found again by that token, so that nothing is
handed in twice.

Source: https://platform.openai.com/docs/guides/batch
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self, TypeVar
from uuid import uuid4

import orjson

from piiforge.chat import endpoint, journal, records
from piiforge.chat.endpoint import shown_url
from piiforge.chat.records import Job, Probe, Reply, Request, Settings
from piiforge.errors import AskedWrongly

LOG = logging.getLogger(__name__)
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

BATCHED: Final = "/v1/chat/completions"
TOKEN = "piiforge"  # the name of our token among a batch's metadata
MOST_LINES = 50_000
MOST_BYTES = 200 * 1024 * 1024
OPEN = frozenset({"creating", "validating", "in_progress", "finalizing", "cancelling"})
OK = 200

T = TypeVar("T")
OnOutcome = Callable[[records.Outcome], None]


def connect(settings: Settings, path: Path) -> "Client":
    """Open a client on the journal at this path; nothing is sent yet.

    Raises:
        AskedWrongly: no key, no usable settings, an unknown price under a budget, or a journal
            that another process has or another version wrote.
        MissingExtra: the list of prices is needed and not installed.
    """
    endpoint.check(settings)
    price = journal.price_of(settings)
    opened = journal.Journal(path)
    return Client(settings, opened, journal.Ledger(opened, price, settings.budget_usd))


class Client(endpoint.Caller):
    """Asks one model at one endpoint. A context manager: leaving it closes the journal.

    Not for use inside a running event loop: it runs its own.
    """

    def __init__(self, settings: Settings, opened: journal.Journal, ledger: journal.Ledger) -> None:
        super().__init__(settings)
        self._journal = opened
        self._ledger = ledger
        self._place = (shown_url(settings), settings.model, settings.structured)

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
        known = self._journal.probe(self._place)
        if known is None:
            known = self._run(self._probed())
            self._journal.keep_probe(self._place, known)
        return known

    def estimate(self, requests: Sequence[Request]) -> records.Cost:
        """Return what asking would cost, before anything is sent.

        Input tokens are estimated as one for a Han character and one for 3.5 of all others; half of
        max_tokens is expected as output, all of it at the most. Retries are not foreseen. Without
        an earlier probe it is taken that the endpoint keeps to a JSON schema.
        """
        guess = Probe(structured=self._settings.structured, note="")
        jobs = self._jobs(requests, self._journal.probe(self._place) or guess)
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
        return self._run(self._submitted(to_send)) if to_send else ""

    async def _submitted(self, jobs: Sequence[Job]) -> str:
        content = b"".join(
            orjson.dumps(
                {"custom_id": job.key, "method": "POST", "url": BATCHED, "body": job.payload},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for job in jobs
        )
        if len(jobs) > MOST_LINES or len(content) > MOST_BYTES:
            problem = f"{len(jobs)} requests are too many for one batch (50,000, 200 MiB)."
            raise AskedWrongly(problem, "Submit them in parts.")
        most = sum(self._ledger.most_usd(job.payload, batch=True) or 0.0 for job in jobs)
        if not self._ledger.fits(most):
            problem = f"The batch can cost ${most:.4f}, which is more than the budget leaves."
            raise AskedWrongly(problem, "Raise --budget-usd, or submit less.")
        sent = self._endpoint.again.files.create(file=("batch.jsonl", content), purpose="batch")
        uploaded = (await self._answered(sent, "takes no file for a batch")).id
        token = uuid4().hex
        with self._journal.whole():
            self._journal.keep_batch(token, "", "creating")
            for job in jobs:
                usd = self._ledger.most_usd(job.payload, batch=True)
                self._ledger.write_down(job.key, usd, batch=token)
        try:
            made = await self._endpoint.api.batches.create(
                input_file_id=uploaded, endpoint=BATCHED, completion_window="24h",
                metadata={TOKEN: token},
            )  # fmt: skip
        except self._endpoint.errors.APIStatusError as error:
            status = error.status_code
            if status < 500:  # it said no, so nothing was begun
                self._release(token)
        except self._endpoint.errors.APIConnectionError:
            status = 0
        else:
            self._journal.keep_batch(token, made.id, made.status)
            LOG.debug("batch of %d handed in", len(jobs))
            return made.id
        raise self._refused("takes no batch", status)

    def collect(self) -> records.Collected:
        """Fetch what the submitted batches have finished; `ask` then gives it out for nothing.

        What an ended batch did not answer is free to be asked again.

        Raises:
            AskedWrongly: the endpoint does not give it.
        """
        return self._run(self._collected())

    async def _collected(self) -> records.Collected:
        answered = failed = 0
        for token, batch_id, status in self._journal.batches():
            if status not in OPEN:
                continue
            known = batch_id or await self._found(token)
            if known:
                good, bad = await self._fetch(token, known)
                answered, failed = answered + good, failed + bad
        self._ledger.reread()
        told = tuple((batch_id, status) for _, batch_id, status in self._journal.batches())
        return records.Collected(answered, failed, len(self._journal.pending()), told)

    async def _found(self, token: str) -> str:
        """Return the id of a batch that was never confirmed; "" and set free if it never began."""

        async def listed() -> tuple[str, str] | None:
            async for made in self._endpoint.again.batches.list(limit=100):
                if (made.metadata or {}).get(TOKEN) == token:
                    return made.id, made.status
            return None

        found = await self._answered(listed(), "does not list its batches")
        if found is None:
            self._release(token)
            return ""
        self._journal.keep_batch(token, *found)
        return found[0]

    async def _fetch(self, token: str, batch_id: str) -> tuple[int, int]:
        async def fetched() -> tuple[str, list[bytes]]:
            made = await self._endpoint.again.batches.retrieve(batch_id)
            names = [name for name in (made.output_file_id, made.error_file_id) if name]
            if made.status in OPEN:
                names = []
            contents = [await self._endpoint.again.files.content(name) for name in names]
            return made.status, [each.content for each in contents]

        status, contents = await self._answered(fetched(), "does not give the batch")
        if status not in OPEN:
            return self._keep(token, batch_id, status, contents)
        self._journal.keep_batch(token, batch_id, status)
        return 0, 0

    def _keep(
        self, token: str, batch_id: str, status: str, contents: Sequence[bytes]
    ) -> tuple[int, int]:
        waiting = self._journal.waiting(token)
        good = bad = 0
        with self._journal.whole():  # a batch is collected whole or not at all
            for key, reply in (pair for content in contents for pair in _replies(content)):
                number = waiting.pop(key, None)
                if number is None:
                    continue
                self._ledger.settle_batched(number, key, reply)
                good, bad = good + (reply.reason == ""), bad + (reply.reason != "")
            for key, number in waiting.items():
                self._ledger.settle_batched(number, key, Reply("rejected"))
            self._journal.keep_batch(token, batch_id, status)
        return good, bad + len(waiting)

    async def _answered(self, work: Awaitable[T], what: str) -> T:
        """Wait for what may be asked again; a refusal is told as "the endpoint `what`"."""
        try:
            return await work
        except self._endpoint.errors.APIError as error:
            status = getattr(error, "status_code", 0)
        raise self._refused(what, status)

    def _release(self, token: str) -> None:
        self._journal.forget_batch(token)
        self._ledger.reread()

    def _refused(self, what: str, status: int) -> AskedWrongly:
        cause = f"status {status}" if status else "no answer"
        problem = f"{shown_url(self._settings)} {what} ({cause})."
        return AskedWrongly(problem, "Does it offer the Batch API? If so, try again later.")

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
            rejected = reply.status in STATUS_REJECTED
            if rejected or (reply.reason == "server_error" and found.structured):
                milder = _milder(found, reply.about if rejected else frozenset())
                if milder is None:
                    raise endpoint.stop_probe(reply, settings)
                if found.structured and not milder.structured:
                    does = "rejects" if rejected else "fails on"  # some do instead
                    note = f"The endpoint {does} response_format; the schema is told in words."
                found = milder
                continue
            if reply.reason not in {"", "truncated", "refused", "empty"}:
                raise endpoint.stop_probe(reply, settings)
            turn += 1
            if not found.structured:
                break
            if endpoint.object_of(reply.text) == {"seen": WORD}:
                note = "The JSON schema holds."
                break
            if turn >= ASKED_AT_MOST:
                note = "The endpoint ignores the JSON schema; it is told in words."
                found = replace(found, structured=False)
                break
        more = "" if found.temperature else " The endpoint sets the temperature itself."
        return replace(found, note=f"{note}{more}".strip())

    def _sample(self, dialect: Probe, turn: int) -> Job:
        settings = self._settings
        question = records.Message("user", QUESTION)
        request = Request("probe", (question,), SCHEMA, max_tokens=MAX_TOKENS)
        payload = records.payload_of(request, settings.model, dialect)
        key = records.key_of({**payload, "probe": shown_url(settings), "turn": turn})
        return Job(key, payload)


def _milder(dialect: Probe, about: frozenset[str]) -> Probe | None:
    """Return the next way to ask after a 400, by the fields that it names."""
    if "max_completion_tokens" in about and dialect.token_field == "max_tokens":
        return replace(dialect, token_field="max_completion_tokens")
    if "temperature" in about and dialect.temperature:
        return replace(dialect, temperature=False)
    return replace(dialect, structured=False) if dialect.structured else None


def _replies(content: bytes) -> Iterator[tuple[str, Reply]]:
    """Yield the key of each line of an output or error file, and what became of it."""
    for line in content.splitlines():
        told = endpoint.object_of(line)  # of a broken line, the key is asked again
        key, response = told.get("custom_id"), told.get("response")
        if isinstance(key, str):
            yield key, _reply(response) if isinstance(response, dict) else Reply("rejected")


def _reply(response: dict[str, object]) -> Reply:
    status, body = response.get("status_code"), orjson.dumps(response.get("body"))
    if status == OK:
        return endpoint.completion(body)
    return endpoint.failure(status if isinstance(status, int) else 0, {}, body)
