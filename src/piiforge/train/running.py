"""A child process, watched: its records read as it writes them, stopped cleanly, never left behind.

The child gets a process group of its own, so that Ctrl-C reaches it only through `stop`: SIGINT,
then SIGTERM, then SIGKILL to the whole group. Where piiforge itself is killed outright, the child
still holds the lock on the run's folder, so that no second one can write there.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from piiforge.errors import AskedWrongly

Record = Mapping[str, object]

PAUSE_S = 0.2
GRACE_S = ((signal.SIGINT, 20.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `log` gets what it prints; `records` is the JSONL file that it appends to."""

    command: Sequence[str]
    variables: Mapping[str, str]
    log: Path
    records: Path
    lock: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: exit status (negative: killed by that signal), wall time, peak memory.

    `peak_gb` is the most memory that one process of it held, in 10^9 bytes.
    """

    status: int
    seconds: float
    peak_gb: float


class Tail:
    """The end of a JSONL file that another is writing. Starts behind what is there already."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.is_file() else 0

    def new(self) -> Iterator[Record]:
        """Yield the records added since; a line that is not finished yet waits."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as lines:
            lines.seek(self._at)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._at += len(line)
                # The library's own reader: a loss may be NaN, which is not JSON to others
                with contextlib.suppress(ValueError):
                    yield json.loads(line)


def run(child: Child, told: Callable[[Record], None]) -> Ended:
    """Run a child to its end and pass each of its records to `told`.

    Whatever ends the wait (Ctrl-C, SIGTERM, an error of `told`) first stops the child.
    """
    tail, begun = Tail(child.records), time.monotonic()
    with child.log.open("ab") as out:
        process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(child.variables),
            start_new_session=True,
            pass_fds=() if child.lock is None else (child.lock,),
        )
    try:
        with _terminated_as_interrupted():
            peak = _watch(process, tail, told)
    finally:
        stop(process)
    return Ended(process.returncode, time.monotonic() - begun, peak)


def stop(
    process: subprocess.Popen[bytes], grace: Sequence[tuple[signal.Signals, float]] = GRACE_S
) -> None:
    """End a child and its whole group, politely first. Does nothing where it has ended."""
    for sign, seconds in grace:
        if process.returncode is not None:
            break
        _signal(process.pid, sign)
        # A second Ctrl-C means: no more patience
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(seconds)
    _signal(process.pid, signal.SIGKILL)  # what it may have left in its group


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the lock of a run's folder; yield the open file, which a child may inherit.

    Raises:
        AskedWrongly: another process holds it.
    """
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AskedWrongly(
                f"Another process is still at work in {folder}.", "Wait for it, or end it."
            ) from error
        yield file.fileno()


def _watch(process: subprocess.Popen[bytes], tail: Tail, told: Callable[[Record], None]) -> float:
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
        for record in tail.new():
            told(record)
        if pid:
            unit = 1 if sys.platform == "darwin" else 1024
            return usage.ru_maxrss * unit / 1e9
        time.sleep(PAUSE_S)


def _signal(group: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the wait as Ctrl-C does, so that no child goes on alone."""

    def interrupt(_sign: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signs = (signal.SIGTERM, signal.SIGHUP)
    try:
        before = [(sign, signal.signal(sign, interrupt)) for sign in signs]
    except ValueError:  # not the main thread: signals go elsewhere
        before = []
    try:
        yield
    finally:
        for sign, old in before:
            signal.signal(sign, old)
