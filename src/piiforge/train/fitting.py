"""The training itself: LLaMA-Factory as a child process, its log read while it writes it.

Told on the way: step, loss, time left. It is stopped where the loss is not a number, and where it
dies it is said at which step and how to go on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from piiforge.errors import GateFailed
from piiforge.train import checkpoints, curve
from piiforge.train.environment import Environment
from piiforge.train.places import Run
from piiforge.train.running import Child, Ended, Record, run
from piiforge.train.workers import Progress

MEASURED_STEPS = 3  # a step is told as measured after so many
_NAMES_SHOWN = 4000  # bytes of the log's end that are searched for an error's name


@dataclass(slots=True)
class Watch:
    """What is known of a training under way. `told_cost` is once: what the whole will take."""

    progress: Progress
    say: Callable[[str], None]
    batch: str
    clock: Callable[[], float] = time.monotonic
    pace: curve.Pace = field(default_factory=curve.Pace)
    told_cost: bool = False

    def see(self, record: Record) -> None:
        """Take one record of the log.

        Raises:
            GateFailed: the loss is not a number.
        """
        point = curve.point(record)
        if point is None or point.loss is None:
            return
        if point.is_lost:
            raise GateFailed(
                f"The loss is not a number at step {point.step} of {point.steps}; stopped there.",
                "Start again with a lower lr, in another --out.",
            )
        self.pace.see(point.step, self.clock())
        self.progress(self._said(point), point.step, point.steps)
        self._tell_cost(point)

    def _said(self, point: curve.Point) -> str:
        seconds = self.pace.seconds
        if seconds is None:
            return f"loss {point.loss:.4f}"
        left = curve.span(seconds * (point.steps - point.step))
        return f"loss {point.loss:.4f}, {left} left"

    def _tell_cost(self, point: curve.Point) -> None:
        seconds = self.pace.seconds
        if self.told_cost or seconds is None or self.pace.steps < MEASURED_STEPS:
            return
        self.told_cost = True
        left = point.steps - point.step
        self.say(
            f"A step of {self.batch} takes {curve.span(seconds)}, measured; the "
            f"{left} left will take {curve.span(seconds * left)}."
        )


def train(environment: Environment, where: Run, watch: Watch, *, lock: int) -> Ended:
    """Train to the end, from the last checkpoint where there is one: LLaMA-Factory looks for it.

    Raises:
        GateFailed: the loss is not a number, or the trainer died; says at which step.
        KeyboardInterrupt: stopped; says at which step.
    """
    child = Child(
        [str(environment.command), "train", str(where.training)],
        environment.variables(where.cache),
        where.log,
        where.checkpoints / curve.LOG,
        lock,
    )
    try:
        ended = run(child, watch.see)
    except KeyboardInterrupt:
        watch.say(f"Stopped{_at(where)}. {_resume(where)}")
        raise
    if ended.status:
        raise GateFailed(f"{_death(ended, where.log)}{_at(where)}.", _resume(where))
    return ended


def _at(where: Run) -> str:
    """Say the last step that the log has: the trainer may have done more than was seen yet."""
    points = curve.read(where.checkpoints)
    return f" at step {points[-1].step} of {points[-1].steps}" if points else " before any step"


def _resume(where: Run) -> str:
    checkpoints.sweep(where.checkpoints)
    saved = checkpoints.whole(where.checkpoints)
    place = f"step {max(saved)}" if saved else "the beginning: no checkpoint was saved yet"
    return f"`piiforge train --resume --out {where.folder}` goes on from {place}."


def _death(ended: Ended, log: Path) -> str:
    if ended.status < 0:
        memory = " (9 is what a lack of memory does)" if ended.status == -9 else ""
        return f"Training was killed by signal {-ended.status}{memory}"
    return f"LLaMA-Factory ended with status {ended.status}{_error_name(log)}; see {log}; it stood"


def _error_name(log: Path) -> str:
    """Return the class of the last error in a log, never its text: that may hold a row."""
    lines = log.read_bytes()[-_NAMES_SHOWN:].decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        name = line.partition(":")[0].rpartition(".")[2]
        if name.isidentifier() and name.endswith(("Error", "Interrupt", "Exception")):
            return f" ({name})"
    return ""
