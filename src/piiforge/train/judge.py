"""Checkpoints judged by the verdict: the one token that decides, true or false.

The mean loss of an answer hides an undecided classifier: most of its tokens are the same in every
row. So each checkpoint is asked for the log odds of true against false (`worker_judge`), and the
one with the most right verdicts is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import prompt
from piiforge.train.environment import Environment
from piiforge.train.workers import Progress, ask
from piiforge.types import Verdict

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
