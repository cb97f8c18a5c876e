"""What LLaMA-Factory writes down while it trains: the loss of each step, and the pace.

Its own time left is wrong after a resume: it divides the time since the restart by all steps. So
the pace is measured here, from the steps that were seen.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOG = "trainer_log.jsonl"


@dataclass(frozen=True, slots=True)
class Point:
    """One step. `loss` is None in records of other things, such as the end of training."""

    step: int
    steps: int
    loss: float | None
    vram_gb: float | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the loss is not a number, or infinite."""
        return self.loss is not None and not math.isfinite(self.loss)


class Pace:
    """Seconds a step, over the steps since the first that was seen: that one includes loading."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] | None = None

    def see(self, step: int, clock: float) -> None:
        """Note that `step` ended at `clock`, in seconds."""
        self._first = self._first or (step, clock)
        self._last = (step, clock)

    @property
    def steps(self) -> int:
        """How many steps the measure rests on."""
        return self._last[0] - self._first[0] if self._first and self._last else 0

    @property
    def seconds(self) -> float | None:
        """Seconds a step, None before two steps were seen."""
        if not self._first or not self._last or not self.steps:
            return None
        return (self._last[1] - self._first[1]) / self.steps


def point(record: Mapping[str, object]) -> Point | None:
    """Read one record of the log, None if it is none of a step.

    >>> point({"current_steps": 3, "total_steps": 9, "loss": 0.5})
    Point(step=3, steps=9, loss=0.5, vram_gb=None)
    """
    step, steps = record.get("current_steps"), record.get("total_steps")
    if not isinstance(step, int) or not isinstance(steps, int):
        return None
    return Point(step, steps, _number(record.get("loss")), _number(record.get("vram_reserved")))


def read(folder: Path) -> tuple[Point, ...]:
    """Read the log of a run, in order of steps. A step done twice counts as it was last."""
    path = folder / LOG
    found: dict[int, Point] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            seen = point(json.loads(line))
        except ValueError:  # the last line of a run that was killed
            continue
        if seen is not None and seen.loss is not None:
            found[seen.step] = seen
    return tuple(found[step] for step in sorted(found))


def span(seconds: float) -> str:
    """Say how long something takes, in the unit that fits.

    >>> span(42), span(600), span(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) else None
