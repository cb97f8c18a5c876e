"""A pipe that may never end: its rows come in batches by number or by time, until it is stopped.

The rows are read in a thread, since nothing can be told of a pipe while one waits for it. A batch
is given when it is full, when no row came for QUIET_S or when its first waits for OLDEST_S. Two
batches that time alone parted count as one where equal contents are counted, so
that a pipe that is read to its end comes to the same counts however fast it was.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from piiforge import logs

QUIET_S, OLDEST_S = 0.5, 1.0


class Pipe:
    """Reads a source in a thread; `batches` gives what came, in the order in which it came."""

    def __init__(
        self, source: logs.Source, manner: logs.Manner, start: logs.Mark, most: int
    ) -> None:
        """Begin to read behind `start`; of `most` rows in all one batch is made."""
        self._source, self._manner, self._most = source, manner, most
        self._filled = start.items % most  # of a batch that a stop fell into
        self._start = logs.Mark(start.items - self._filled, start.row, start.end)
        self._turn = threading.Condition()
        self._rows: list[logs.Item] = []
        self._first_s = self._last_s = 0.0
        self._ended = self.stopped = False
        self._error: BaseException | None = None
        self._reader = threading.Thread(target=self._read, name="piiforge-pipe", daemon=True)

    def stop(self) -> None:
        """Let what was read be the end."""
        with self._turn:
            self.stopped = True
            self._turn.notify_all()

    def batches(self) -> Iterator[tuple[list[logs.Item], int]]:
        """Yield (rows, how many of them stood already in the full batch that they are a part of).

        Now and then nothing comes: an empty list.
        """
        self._reader.start()
        seen: set[str] = set()
        passed, self._filled = self._filled, 0
        while True:
            room = passed or self._most - self._filled
            rows = self._wait(room)
            if rows is None:
                return
            contents = {row.content for row in rows if isinstance(row, logs.Row)}
            again = len(contents & seen)
            seen |= contents
            self._filled += len(rows)
            if passed:
                passed -= len(rows)
            else:
                yield rows, again
            if self._filled == self._most:
                self._filled = 0
                seen.clear()

    def _wait(self, room: int) -> list[logs.Item] | None:
        """Return at most `room` rows once they are due, [] after a quiet while, None at the end."""
        with self._turn:
            began = time.monotonic()
            while len(self._rows) < room and not self._ended and not self.stopped:
                due = min(self._first_s + OLDEST_S, self._last_s + QUIET_S)
                due = due if self._rows else began + QUIET_S
                left = due - time.monotonic()
                if left <= 0:
                    break
                self._turn.wait(left)
            if self._error is not None:
                raise self._error
            if not self._rows and (self._ended or self.stopped):
                return None
            rows, self._rows = self._rows[:room], self._rows[room:]
            self._first_s = time.monotonic()
            self._turn.notify_all()
            return rows

    def _read(self) -> None:
        try:
            with logs.Log(self._source, self._manner) as log:
                for row in log.items(self._start):
                    if not self._put(row):
                        return
        except BaseException as error:  # it is the other thread's to raise
            self._error = error
        with self._turn:
            self._ended = True
            self._turn.notify_all()

    def _put(self, row: logs.Item) -> bool:
        """Hand a row over, when there is room for it; say whether more are wanted."""
        with self._turn:
            while len(self._rows) >= self._most and not self.stopped:
                self._turn.wait()
            self._last_s = time.monotonic()
            if not self._rows:
                self._first_s = self._last_s
            self._rows.append(row)
            if len(self._rows) in {1, self._most}:
                self._turn.notify_all()
            return not self.stopped


@contextmanager
def ended_by_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM call `stop`; a second one does what it would have done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    before = {each: handler for each, handler in before.items() if handler is not None}

    def back() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    def heard(_number: int, _frame: FrameType | None) -> None:
        back()
        stop()

    for each in before:
        signal.signal(each, heard)
    try:
        yield
    finally:
        back()


def flows(paths: Sequence[str]) -> bool:
    """Say whether any of the sources that are named is a pipe."""
    return any(logs.is_pipe(source) for source in logs.find(paths))
