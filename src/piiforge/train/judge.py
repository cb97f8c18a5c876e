"""Checkpoints judged by the verdict: the one token that decides, true or false.

The mean loss of an answer hides an undecided classifier: most of its tokens are the same in every
row. So each checkpoint is asked for the log odds of true against false (`worker_judge`), and the
one with the most right verdicts is kept.
"""

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import prompt
from piiforge.errors import GateFailed
from piiforge.train.data import Run
from piiforge.train.environment import Child, Ended, Environment, Progress, Record, ask, run
from piiforge.types import Verdict

# The checkpoints of a run: which are whole, and which step each was saved at.
#
# A trainer that is killed while it saves leaves half a folder. What is written last is
# `trainer_state.json`, so a folder is whole when that can be read and the rest is there.


_PARTS = ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "scheduler.pt")


def whole(folder: Path) -> dict[int, Path]:
    """Return the whole checkpoints of a run by their step, in order."""
    found = {_step(path): path for path in folder.glob("checkpoint-*") if _is_whole(path)}
    return dict(sorted(found.items()))


def sweep(folder: Path) -> int:
    """Remove the checkpoints that are not whole; return how many."""
    broken = [path for path in folder.glob("checkpoint-*") if not _is_whole(path)]
    for path in broken:
        shutil.rmtree(path)
    return len(broken)


def _is_whole(path: Path) -> bool:
    try:
        state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    parts = all((path / name).is_file() for name in _PARTS)
    return parts and isinstance(state, dict) and state.get("global_step") == _step(path)


def _step(path: Path) -> int:
    step = path.name.partition("-")[2]
    return int(step) if step.isdigit() else -1


# What LLaMA-Factory writes down while it trains: the loss of each step, and the pace.
#
# Its own time left is wrong after a resume: it divides the time since the restart by all steps.
# So the pace is measured here, from the steps that were seen.


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


def point_of(record: Mapping[str, object]) -> Point | None:
    """Read one record of the log, None if it is none of a step.

    >>> point_of({"current_steps": 3, "total_steps": 9, "loss": 0.5})
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
            seen = point_of(json.loads(line))
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


ROWS_AT_A_TIME = {"cpu": 8, "gpu": 64}


@dataclass(frozen=True, slots=True)
class Judged:
    """A checkpoint over the rows of validation.

    `accuracy` is the share of right verdicts at odds of one; `auc` is None where all rows are of
    one label; `loss` is the mean log loss of the verdict in nats (chance: 0.693).
    """

    step: int
    rows: int
    accuracy: float
    auc: float | None
    loss: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What is judged with: a model folder, the first `rows` of a file, the machine's type."""

    model: Path
    file: Path
    rows: int
    system: str
    gpu: bool
    bf16: bool


def margins(
    environment: Environment,
    bench: Bench,
    adapter: Path | None,
    *,
    log: Path,
    progress: Progress,
    what: str = "judge",
) -> list[float]:
    """Return the log odds of true against false, row by row; `adapter` None: the model alone."""
    request = {
        "model": str(bench.model),
        "file": str(bench.file),
        "rows": bench.rows,
        "system": bench.system,
        "gpu": bench.gpu,
        "bf16": bench.bf16,
        "batch": ROWS_AT_A_TIME["gpu" if bench.gpu else "cpu"],
        "adapter": str(adapter or ""),
        "true": prompt.answer(Verdict(True, 0.5, ".")),
        "false": prompt.answer(Verdict(False, 0.5, ".")),
    }
    replies = ask(
        environment,
        "judge",
        request,
        log=log,
        progress=lambda done, total: progress(what, done, total),
    )
    return cast("list[float]", replies[-1]["margins"])


def of(step: int, found: Sequence[float], verdicts: Sequence[bool]) -> Judged:
    """Judge the margins of one checkpoint.

    >>> of(10, [2.0, -1.0, 0.5], [True, False, False]).accuracy
    0.6667
    """
    margin, gold = np.asarray(found, dtype=float), np.asarray(verdicts, dtype=bool)
    right = float(np.mean((margin > 0) == gold))
    loss = float(np.mean(np.logaddexp(0.0, np.where(gold, -margin, margin))))
    return Judged(step, len(gold), round(right, 4), auc(margin, gold), round(loss, 4))


def auc(margin: np.ndarray, gold: np.ndarray) -> float | None:
    """Return the share of (true, false) pairs in which the true row has the higher margin.

    A tie counts one half: the Mann-Whitney statistic. None where there is no such pair.
    """
    from scipy.stats import rankdata

    positive, negative = int(gold.sum()), int((~gold).sum())
    if not positive or not negative:
        return None
    ranks = float(rankdata(margin)[gold].sum())
    return round((ranks - positive * (positive + 1) / 2) / (positive * negative), 4)


def best(judged: Sequence[Judged]) -> Judged:
    """Return the one with the most right verdicts; of equals the lower loss, then the earlier."""
    return min(judged, key=lambda one: (-one.accuracy, one.loss, one.step))


def agreement(ours: Sequence[float], theirs: Sequence[float]) -> Mapping[str, float]:
    """Compare two lists of margins of the same rows: verdicts that agree, largest gap of p."""
    left, right = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    gap = np.abs(1 / (1 + np.exp(-left)) - 1 / (1 + np.exp(-right)))
    return {
        "agree": round(float(np.mean((left > 0) == (right > 0))), 4),
        "largest_p_gap": round(float(gap.max(initial=0.0)), 4),
    }


# The training itself: LLaMA-Factory as a child process, its log read while it writes it.
#
# Told on the way: step, loss, time left. It is stopped where the loss is not a number, and where
# it dies it is said at which step and how to go on.


MEASURED_STEPS = 3  # a step is told as measured after so many
_NAMES_SHOWN = 4000  # bytes of the log's end that are searched for an error's name


@dataclass(slots=True)
class Watch:
    """What is known of a training under way. `told_cost` is once: what the whole will take."""

    progress: Progress
    say: Callable[[str], None]
    batch: str
    clock: Callable[[], float] = time.monotonic
    pace: Pace = field(default_factory=Pace)
    told_cost: bool = False

    def see(self, record: Record) -> None:
        """Take one record of the log.

        Raises:
            GateFailed: the loss is not a number.
        """
        point = point_of(record)
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

    def _said(self, point: Point) -> str:
        seconds = self.pace.seconds
        if seconds is None:
            return f"loss {point.loss:.4f}"
        left = span(seconds * (point.steps - point.step))
        return f"loss {point.loss:.4f}, {left} left"

    def _tell_cost(self, point: Point) -> None:
        seconds = self.pace.seconds
        if self.told_cost or seconds is None or self.pace.steps < MEASURED_STEPS:
            return
        self.told_cost = True
        left = point.steps - point.step
        self.say(
            f"A step of {self.batch} takes {span(seconds)}, measured; the "
            f"{left} left will take {span(seconds * left)}."
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
        where.checkpoints / LOG,
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
    points = read(where.checkpoints)
    return f" at step {points[-1].step} of {points[-1].steps}" if points else " before any step"


def _resume(where: Run) -> str:
    sweep(where.checkpoints)
    saved = whole(where.checkpoints)
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
