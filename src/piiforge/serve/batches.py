"""Questions from many requests, put together into batches for one model, and what is counted.

The queue is bounded twice: by how many questions wait, and by how long they would have to at the
speed measured so far. What can't be answered in time is refused at once, so that what is accepted
stays quick. Everything here belongs to one event loop; only the model runs on a thread of its own.

What is counted is for Prometheus. Labels are routes, statuses, categories: never a content.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import prometheus_client as prometheus

from piiforge import scrub
from piiforge.predict import Detection, Detector, Seen
from piiforge.serve.wire import Refused, Settings

Pair = tuple[str, str]
WARM_UP = "page=/home&lang=en"
_MEMORY = 0.2  # weight of the newest batch in the measured speed
_LONGEST_RETRY_S = 60
_BRISK_S = 0.01  # a batch that takes no longer may be of any size
_SURE = 0.8  # share of a request's time that the wait may take up by what was measured
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PAIRS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_NO_TURN = (503, "No turn before the time was up.", 1)
_NOT_READY = (503, "Not ready: the model is being loaded or put away.", 1)
_ANSWERS = {True: "sensitive", False: "clean", None: "unread"}
_Done = TypeVar("_Done")


@dataclass(slots=True, eq=False)
class _Job:
    """Questions that go to the model together: as a rule one content, several categories."""

    pairs: Sequence[Pair]
    explain: bool
    answer: asyncio.Future[list[Detection]]
    arrived: float
    started: bool = False


class Worker:
    """One thread that does what it is given, in turn.

    A daemon, unlike an executor's: an engine that hangs can't hold up the end of the process.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, call: Callable[[], _Done]) -> "asyncio.Future[_Done]":
        """Have `call` run after what was submitted before it."""
        done: Future[_Done] = Future()

        def run() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(call())
            except BaseException as error:  # whoever waits gets it: that is this thread's border
                done.set_exception(error)

        self._calls.put(run)
        return asyncio.wrap_future(done)

    def stop(self) -> None:
        """End the thread once all is done that was submitted."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


class Batcher:
    """The queue before one detector, which it loads, asks and closes."""

    def __init__(self, load: Callable[[], Detector], settings: Settings, counts: "Counts") -> None:
        self._load = load
        self._settings = settings
        self._counts = counts
        self._worker = Worker("piiforge-model")
        self._scrubbing = Worker("piiforge-scrub")
        self._queue: deque[_Job] = deque()
        self._changed = asyncio.Event()
        self._running: Sequence[_Job] = ()
        self._seconds_a_pair = 0.0
        self._closing = False
        self.detector: Detector | None = None  # once it has answered its first question

    @property
    def model(self) -> Detector:
        """The detector. Raises Refused until it has answered its first question."""
        if self.detector is None:
            raise Refused(*_NOT_READY)
        return self.detector

    @property
    def _most_pairs(self) -> int:
        """How many go together: a fast model takes more, lest handing over be all the work."""
        brisk = int(_BRISK_S / self._seconds_a_pair) if self._seconds_a_pair else 0
        return max(self._settings.most_pairs, brisk)

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return sum(len(job.pairs) for job in self._queue)

    async def run(self) -> None:
        """Load the model, ask it once, then answer until closed.

        Raises:
            PiiforgeError: it can't be loaded.
        """
        detector = await self._worker.submit(self._load)
        warm_up = [(category, WARM_UP) for category in detector.categories[:1]]
        await self._worker.submit(lambda: detector.verdicts(warm_up))
        self.detector = detector
        while batch := await self._next():
            await self._answer(detector, batch)

    async def ask(
        self,
        groups: Sequence[Sequence[Pair]],
        *,
        deadline: float,
        explain: Sequence[bool] = (),
        further: bool = False,
    ) -> list[list[Detection]]:
        """Return the detections of each group of (category, content) pairs.

        Pairs of one group go to the model together. `explain` says of each group whether reasons
        are wanted (of none without any). `deadline` is a time of the event loop.
        `further` questions belong to a request that has been accepted: they are never refused and
        stand before the others. What has not begun at the deadline leaves the queue.

        Raises:
            Refused: nothing is answered now, too much waits (then none was accepted), not all was
                answered by the deadline, or the model raised an error.
        """
        if self.detector is None or (self._closing and not further):
            raise Refused(*_NOT_READY)
        if not further:
            self._refuse_too_many(sum(map(len, groups)))
        arrived = 0.0 if further else time.monotonic()  # what is further is long due
        future = asyncio.get_running_loop().create_future
        asked = zip(groups, explain or [False] * len(groups), strict=True)
        jobs = [_Job(pairs, why, future(), arrived) for pairs, why in asked]
        if further:
            self._queue.extendleft(reversed(jobs))
        else:
            self._queue.extend(jobs)
        self._counts.waiting.set(self.waiting)
        self._changed.set()
        try:
            async with asyncio.timeout_at(deadline):
                return [await job.answer for job in jobs]
        except TimeoutError as error:
            if any(job.started for job in jobs):
                raise Refused(504, "The model took too long.") from error
            raise Refused(*_NO_TURN) from error
        finally:
            self._forget(jobs)

    async def see(self, asked: Sequence[Pair], *, deadline: float) -> list[Seen]:
        """Say of (category, content) pairs that were not clean where and why.

        No model is asked. Raises Refused where there was no turn by the deadline.
        """
        detector = self.model
        try:
            async with asyncio.timeout_at(deadline):
                return await self._worker.submit(lambda: [detector.seen(*pair) for pair in asked])
        except TimeoutError as error:
            raise Refused(*_NO_TURN) from error

    async def scrub(
        self, contents: Sequence[str], modes: scrub.Modes, *, deadline: float
    ) -> list[scrub.Cleaned]:
        """Say what becomes of each content without its values.

        That is done on a thread of its own, one request after the other: it asks again and again,
        with what is left of a content. Only its first questions may be refused.

        Raises:
            Refused: as `ask` does.
        """
        asking = _Asking(self, asyncio.get_running_loop(), deadline)
        cleaner = scrub.Cleaner(asking, modes)
        try:
            async with asyncio.timeout_at(deadline):
                return await self._scrubbing.submit(lambda: cleaner.clean(contents))
        except TimeoutError as error:
            raise Refused(*_NO_TURN) from error

    async def close(self) -> None:
        """Take nothing new, answer what waits (for `grace_s` at the most), let go of the model."""
        self._closing = True
        self._changed.set()
        end = time.monotonic() + self._settings.grace_s
        while (self._queue or self._running) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        if self.detector is not None:
            closed = self._worker.submit(self.detector.close)
            await asyncio.wait([closed], timeout=max(1.0, end - time.monotonic()))
        self._worker.stop()
        self._scrubbing.stop()

    def _refuse_too_many(self, more: int) -> None:
        waiting = self.waiting + sum(len(job.pairs) for job in self._running)
        takes_s = (waiting + more) * self._seconds_a_pair
        is_full = self.waiting + more > self._settings.most_waiting
        # Nothing waits: let one in whatever was measured, or a slow start would refuse for ever
        if is_full or (waiting and takes_s > _SURE * self._settings.timeout_s):
            worked_off = 1 + int(waiting * self._seconds_a_pair)
            raise Refused(429, "Too much waits.", min(_LONGEST_RETRY_S, worked_off))

    def _forget(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            if not job.answer.cancel() and not job.answer.cancelled():
                job.answer.exception()  # seen, even if another group's was the one raised
            if not job.started:
                self._queue.remove(job)
        self._counts.waiting.set(self.waiting)

    async def _next(self) -> list[_Job]:
        """Return the next batch once it is full or its first has waited; [] at the end."""
        while not self._closing:
            self._changed.clear()
            waits_s = self._settings.most_wait_ms / 1000
            left_s = self._queue[0].arrived + waits_s - time.monotonic() if self._queue else None
            is_due = left_s is not None and left_s <= 0
            if is_due or self.waiting >= self._most_pairs:
                break
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                continue
        batch: list[_Job] = []
        pairs = 0
        while self._queue:
            job = self._queue[0]
            pairs += len(job.pairs)
            if batch and (pairs > self._most_pairs or job.explain != batch[0].explain):
                break
            job.started = True
            batch.append(self._queue.popleft())
        self._counts.waiting.set(self.waiting)
        return batch

    async def _answer(self, detector: Detector, batch: Sequence[_Job]) -> None:
        pairs = [pair for job in batch for pair in job.pairs]
        self._running = batch
        began = time.monotonic()
        explain = batch[0].explain
        asked = self._worker.submit(lambda: detector.verdicts(pairs, explain=explain))
        asked.add_done_callback(_see)
        await asyncio.wait([asked])
        took_s = time.monotonic() - began
        self._running = ()
        self._counts.batches.observe(len(pairs))
        if asked.exception() is None:
            newest = took_s / len(pairs)
            before = self._seconds_a_pair or newest
            self._seconds_a_pair = before + _MEMORY * (newest - before)
            left = iter(asked.result())
            for job in batch:
                mine = [next(left) for _ in job.pairs]
                self._counts.said(mine)
                if not job.answer.done():
                    job.answer.set_result(mine)
        elif len(batch) > 1:
            for job in batch:  # one of them is at fault: the others are to get their answer
                await self._answer(detector, [job])
        elif not batch[0].answer.done():
            # The model's own error is left out: it may hold a content
            batch[0].answer.set_exception(Refused(500, "The model raised an error."))


@dataclass(slots=True)
class _Asking(scrub.Judge):
    """Asks the queue from the thread that scrubs."""

    batcher: Batcher
    loop: asyncio.AbstractEventLoop
    deadline: float
    is_accepted: bool = False

    def judge(
        self, contents: Sequence[str], categories: Sequence[str] = ()
    ) -> list[dict[str, Detection]]:
        """See `scrub.Judge`."""
        names = categories or self.batcher.model.categories
        groups = [[(name, content) for name in names] for content in contents]
        asked = self.batcher.ask(groups, deadline=self.deadline, further=self.is_accepted)
        judged = asyncio.run_coroutine_threadsafe(asked, self.loop).result()
        self.is_accepted = True
        return [{each.category: each for each in found} for found in judged]


def _see(asked: asyncio.Future[list[Detection]]) -> None:
    """Look at an error, also where nobody waits any more: unseen, asyncio would log its message."""
    if not asked.cancelled():
        asked.exception()


class Counts:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        counter = partial(prometheus.Counter, registry=self._registry)
        histogram = partial(prometheus.Histogram, registry=self._registry)
        self._requests = counter("piiforge_requests", "Requests answered.", ("route", "status"))
        took = "From a request's first byte to its answer's last."
        self._seconds = histogram("piiforge_request_seconds", took, ("route",), buckets=_SECONDS)
        self.waiting = prometheus.Gauge(
            "piiforge_waiting_questions", "Questions in the queue.", registry=self._registry
        )
        together = "Questions asked of the model together."
        self.batches = histogram("piiforge_batch_questions", together, buckets=_PAIRS)
        said = "Verdicts by what they said and who decided."
        self._verdicts = counter("piiforge_verdicts", said, ("category", "answer", "decided_by"))

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is one of ours or "other"; else labels would grow."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def said(self, found: Sequence[Detection]) -> None:
        """Count verdicts."""
        for each in found:
            answer = _ANSWERS[each.is_sensitive]
            self._verdicts.labels(each.category, answer, each.decided_by).inc()

    def page(self) -> bytes:
        """Return all of it in Prometheus's text format 0.0.4."""
        return prometheus.generate_latest(self._registry)
