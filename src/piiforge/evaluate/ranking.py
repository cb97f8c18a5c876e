"""Measures of p_sensitive: how well it orders, how true it is, and the curves behind both.

Rows are gathered into steps of equal p, highest first, so that ties are never broken by order:
`Steps` counts rows by step, and every measure takes counts by step.

Sources:
    Fawcett, An introduction to ROC analysis, 2006 (ROC and its area with ties).
    Davis & Goadrich, The relationship between precision-recall and ROC curves, 2006.
    Guo et al., On calibration of modern neural networks, 2017 (expected calibration error).
"""

from dataclasses import dataclass

import numpy as np

from piiforge.evaluate.matching import Bools, Floats, Ints
from piiforge.evaluate.records import Ranking

BINS = 15


@dataclass(frozen=True, slots=True)
class Steps:
    """The distinct values of p, falling. `order` are the rows by p; at `starts` a step begins."""

    p: Floats
    order: Ints
    starts: Ints

    def count(self, rows: Bools, weights: Floats | None = None) -> Floats:
        """Return how many of `rows` stand on each step, weighted where weights are given."""
        counted = rows.astype(np.float64) if weights is None else rows * weights
        return self.sums(counted[self.order])

    def sums(self, in_order: Floats) -> Floats:
        """Return the sum over each step of what stands in the order of `order`."""
        return np.add.reduceat(in_order, self.starts) if len(in_order) else np.zeros(0)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability diagram: the mean p and the share that is sensitive."""

    low: float
    high: float
    rows: int
    mean_p: float
    sensitive: float


def steps(p: Floats) -> Steps:
    """Gather rows of equal p."""
    order = np.argsort(-p, kind="stable").astype(np.int64)
    sorted_p = p[order]
    starts = np.flatnonzero(np.diff(sorted_p, prepend=np.inf)).astype(np.int64)
    return Steps(sorted_p[starts], order, starts)


def roc_auc(positives: Floats, negatives: Floats) -> float | None:
    """Return the area under the ROC curve from counts by step; None without both labels.

    >>> roc_auc(np.array([2.0, 0.0]), np.array([0.0, 2.0]))
    1.0
    """
    above, below = positives.sum(), negatives.sum()
    if not above or not below:
        return None
    ahead = np.cumsum(positives) - positives / 2
    return float((negatives * ahead).sum() / (above * below))


def average_precision(positives: Floats, negatives: Floats) -> float | None:
    """Return the mean of the precisions at each step, weighted by the recall it adds.

    No interpolation. None without a positive.
    """
    total = positives.sum()
    if not total:
        return None
    hits, alarms = np.cumsum(positives), np.cumsum(negatives)
    reached = np.maximum(hits + alarms, 1e-300)  # a step may weigh nothing in a resample
    return float((positives / total * hits / reached).sum())


def recall_at(precision: float, positives: Floats, negatives: Floats) -> float | None:
    """Return the largest recall at any threshold of at least `precision`; 0 where none has it."""
    total = positives.sum()
    if not total:
        return None
    hits, alarms = np.cumsum(positives), np.cumsum(negatives)
    good = hits >= precision * (hits + alarms) - 1e-9
    return float(hits[good].max() / total) if good.any() else 0.0


def bins(gold: Bools, p: Floats, count: int = BINS) -> tuple[Bin, ...]:
    """Return the bins of equal width that hold rows: low included, high only at 1."""
    place = np.minimum((p * count).astype(np.int64), count - 1)
    rows = np.bincount(place, minlength=count)
    sums = np.bincount(place, p, count)
    hits = np.bincount(place, gold, count)
    return tuple(
        Bin(at / count, (at + 1) / count, int(rows[at]), float(sums[at] / rows[at]),
            float(hits[at] / rows[at]))
        for at in range(count)
        if rows[at]
    )  # fmt: skip


def calibration_error(gold: Bools, p: Floats) -> float:
    """Return the mean distance of p from the share that is sensitive, by bin, weighted by rows."""
    return sum(one.rows * abs(one.mean_p - one.sensitive) for one in bins(gold, p)) / len(p)


def measure(gold: Bools, p: Floats) -> Ranking:
    """Return every measure of p over some rows, at least one."""
    found = steps(p)
    counts = found.count(gold), found.count(~gold)
    return Ranking(
        roc_auc(*counts),
        average_precision(*counts),
        recall_at(0.95, *counts),
        recall_at(0.99, *counts),
        float(np.mean((p - gold) ** 2)),
        calibration_error(gold, p),
    )


def roc_curve(gold: Bools, p: Floats) -> list[tuple[float, float]]:
    """Return (false alarms over negatives, recall) at every threshold, from (0, 0) to (1, 1)."""
    found = steps(p)
    hits, alarms = np.cumsum(found.count(gold)), np.cumsum(found.count(~gold))
    if not len(hits) or not hits[-1] or not alarms[-1]:
        return []
    points = zip(alarms / alarms[-1], hits / hits[-1], strict=True)
    return [(0.0, 0.0), *((float(x), float(y)) for x, y in points)]


def precision_curve(gold: Bools, p: Floats) -> list[tuple[float, float]]:
    """Return (recall, precision) at every threshold, highest first."""
    found = steps(p)
    hits, alarms = np.cumsum(found.count(gold)), np.cumsum(found.count(~gold))
    if not len(hits) or not hits[-1]:
        return []
    points = zip(hits / hits[-1], hits / (hits + alarms), strict=True)
    return [(float(x), float(y)) for x, y in points]
