"""The Batch API: hand in, leave, and collect within a day, at half the price.

A batch is written into the journal before it is handed in, under a token that goes with it. If the
process dies before the endpoint's id is known, the batch is found again by that token, so that
nothing is handed in twice.

Source: https://platform.openai.com/docs/guides/batch
"""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import uuid4

import orjson

from piiforge.chat.endpoint import Endpoint, completion, failure, shown_url
from piiforge.chat.journal import Journal, Ledger
from piiforge.chat.records import Collected, Job, Reply, Settings
from piiforge.errors import AskedWrongly

LOG = logging.getLogger(__name__)
PATH: Final = "/v1/chat/completions"
TOKEN = "piiforge"  # the name of our token among a batch's metadata
MOST_LINES = 50_000
MOST_BYTES = 200 * 1024 * 1024
OPEN = frozenset({"creating", "validating", "in_progress", "finalizing", "cancelling"})
OK = 200

T = TypeVar("T")


class Batches:
    """The batches of one journal."""

    def __init__(
        self, endpoint: Endpoint, journal: Journal, ledger: Ledger, settings: Settings
    ) -> None:
        # Reading and uploading may be repeated without harm, so the package may retry these;
        # creating a batch may not, so that is sent once and found again by its token.
        self._again = endpoint.api.with_options(max_retries=settings.tries)
        self._once = endpoint.api.with_options(max_retries=0)
        self._errors = endpoint.errors
        self._journal = journal
        self._ledger = ledger
        self._settings = settings

    async def submit(self, jobs: Sequence[Job]) -> str:
        """Hand in `jobs` and return the batch's id.

        Raises:
            AskedWrongly: too many for one batch, over the budget, or refused by the endpoint.
        """
        content = lines_of(jobs)
        if len(jobs) > MOST_LINES or len(content) > MOST_BYTES:
            problem = f"{len(jobs)} requests are too many for one batch (50,000, 200 MiB)."
            raise AskedWrongly(problem, "Submit them in parts.")
        most = sum(self._ledger.most_usd(job.payload, batch=True) or 0.0 for job in jobs)
        if not self._ledger.fits(most):
            problem = f"The batch can cost ${most:.4f}, which is more than the budget leaves."
            raise AskedWrongly(problem, "Raise --budget-usd, or submit less.")
        sent = self._again.files.create(file=("batch.jsonl", content), purpose="batch")
        uploaded = (await self._answered(sent, "takes no file for a batch")).id
        token = uuid4().hex
        with self._journal.whole():
            self._journal.keep_batch(token, "", "creating")
            for job in jobs:
                usd = self._ledger.most_usd(job.payload, batch=True)
                self._ledger.write_down(job.key, usd, batch=token)
        try:
            made = await self._once.batches.create(
                input_file_id=uploaded, endpoint=PATH, completion_window="24h",
                metadata={TOKEN: token},
            )  # fmt: skip
        except self._errors.APIStatusError as error:
            status = error.status_code
            if status < 500:  # it said no, so nothing was begun
                self._release(token)
        except self._errors.APIConnectionError:
            status = 0
        else:
            self._journal.keep_batch(token, made.id, made.status)
            LOG.debug("batch of %d handed in", len(jobs))
            return made.id
        raise self._refused("takes no batch", status)

    async def collect(self) -> Collected:
        """Fetch what is finished; what an ended batch did not answer is free to be asked again."""
        answered = failed = 0
        for token, batch_id, status in self._journal.batches():
            if status not in OPEN:
                continue
            known = batch_id or await self.find(token)
            if known:
                good, bad = await self._collect(token, known)
                answered, failed = answered + good, failed + bad
        self._ledger.reread()
        told = tuple((batch_id, status) for _, batch_id, status in self._journal.batches())
        return Collected(answered, failed, len(self._journal.pending()), told)

    async def find(self, token: str) -> str:
        """Return the id of a batch that was never confirmed; "" and set free if it never began."""

        async def listed() -> tuple[str, str] | None:
            async for made in self._again.batches.list(limit=100):
                if (made.metadata or {}).get(TOKEN) == token:
                    return made.id, made.status
            return None

        found = await self._answered(listed(), "does not list its batches")
        if found is None:
            self._release(token)
            return ""
        self._journal.keep_batch(token, *found)
        return found[0]

    async def _collect(self, token: str, batch_id: str) -> tuple[int, int]:
        async def fetched() -> tuple[str, list[bytes]]:
            made = await self._again.batches.retrieve(batch_id)
            names = [name for name in (made.output_file_id, made.error_file_id) if name]
            if made.status in OPEN:
                names = []
            return made.status, [(await self._again.files.content(name)).content for name in names]

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
            for key, reply in (pair for content in contents for pair in replies_of(content)):
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
        except self._errors.APIError as error:
            status = getattr(error, "status_code", 0)
        raise self._refused(what, status)

    def _release(self, token: str) -> None:
        self._journal.forget_batch(token)
        self._ledger.reread()

    def _refused(self, what: str, status: int) -> AskedWrongly:
        cause = f"status {status}" if status else "no answer"
        problem = f"{shown_url(self._settings)} {what} ({cause})."
        return AskedWrongly(problem, "Does it offer the Batch API? If so, try again later.")


def lines_of(jobs: Sequence[Job]) -> bytes:
    """Return the file of a batch: one call a line, named by its key."""
    return b"".join(
        orjson.dumps(
            {"custom_id": job.key, "method": "POST", "url": PATH, "body": job.payload},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for job in jobs
    )


def replies_of(content: bytes) -> list[tuple[str, Reply]]:
    """Read an output or error file: each line's key and what became of it."""
    found = []
    for line in content.splitlines():
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # its key stays without an answer, and is asked again
        if isinstance(told, dict) and isinstance(told.get("custom_id"), str):
            found.append((told["custom_id"], _reply(told.get("response"))))
    return found


def _reply(response: object) -> Reply:
    if not isinstance(response, Mapping):
        return Reply("rejected")
    status = response.get("status_code")
    body = orjson.dumps(response.get("body"))
    if status == OK:
        return completion(body)
    return failure(status if isinstance(status, int) else 0, {}, body)
