"""Measures of p_sensitive: how well it orders, how true it is, and the curves behind both.

Rows are gathered into steps of equal p, highest first, so that ties are never broken by order:
`Steps` counts rows by step, and every measure takes counts by step.

Sources:
    Fawcett, An introduction to ROC analysis, 2006 (ROC and its area with ties).
    Davis & Goadrich, The relationship between precision-recall and ROC curves, 2006.
    Guo et al., On calibration of modern neural networks, 2017 (expected calibration error).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.evaluate.records import Bools, Figure, Floats, Ints, Ranking
from piiforge.rng import digest
from piiforge.types import Case

# Intervals by resampling groups: rows of one family or twin pair are not independent.
#
# A resample draws as many groups as there are, with replacement; a row counts as often as its
# group was drawn. Every count of every slice in every resample is one matrix product: how often
# each group was drawn, times what each group adds to each count. Counts are whole numbers below
# 2**24, so that products in single precision are exact and the same on every machine.
#
# Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, 13.3 (percentile interval);
# Davison & Hinkley, Bootstrap Methods and their Application, 1997, 3.8 (resampling of clusters).


OUTCOMES = 4  # hit, miss, false alarm, pass: the order of the last axis of a table of counts
TAILS = (2.5, 97.5)
Draws = NDArray[np.uint8]
_BLOCK_CELLS = 4_000_000  # of the table of one block of groups


def groups_of(cases: Sequence[Case]) -> Ints:
    """Return the number of the group of each case.

    Cases that tell no group are grouped by their text: one line that is asked about twice is not
    two pieces of evidence. A case without either is a group of its own.
    """
    numbers: dict[tuple[str, str], int] = {}
    keys = (
        ("group", case.group) if case.group else ("", case.content) if case.content
        else ("id", case.id)
        for case in cases
    )  # fmt: skip
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def resample(groups: int, draws: int, seed: int) -> Draws:
    """Return how often each group stands in each resample, as (draws, groups)."""
    rng = np.random.default_rng(digest(seed, "bootstrap", groups))
    found = np.empty((draws, groups), dtype=np.uint8)
    for at in range(draws):
        drawn = np.bincount(rng.integers(0, groups, groups), minlength=groups)
        found[at] = np.minimum(drawn, 255)
    return found


def totals(drawn: Draws, group: Ints, cell: Ints, cells: int) -> Floats:
    """Return how many members stand in each cell of each resample, as (draws, cells).

    `group` and `cell` have one entry a member; a row is as many members as cells it counts for.
    """
    found = np.zeros((len(drawn), cells))
    order = np.argsort(group, kind="stable")
    group, cell = group[order], cell[order]
    size = max(1, _BLOCK_CELLS // max(cells, 1))
    for start in range(0, drawn.shape[1], size):
        low, high = np.searchsorted(group, (start, start + size))
        width = min(size, drawn.shape[1] - start)
        place = (group[low:high] - start) * cells + cell[low:high]
        table = np.bincount(place, minlength=width * cells).reshape(width, cells)
        block = drawn[:, start : start + size].astype(np.float32)
        found += block @ table.astype(np.float32)
    return found


def ratios(counts: Floats) -> dict[str, Floats]:
    """Return precision, recall, F1 and accuracy of counts whose last axis is OUTCOMES.

    NaN where the base is empty; F1 has none where no case is sensitive.
    """
    hits, misses, alarms, passes = np.moveaxis(counts, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "precision": hits / (hits + alarms),
            "recall": hits / (hits + misses),
            "f1": np.where(hits + misses, 2 * hits / (2 * hits + misses + alarms), np.nan),
            "accuracy": (hits + passes) / (hits + misses + alarms + passes),
        }


def figure(value: float | None, draws: Floats, *, groups: int) -> Figure:
    """Return a measure with the interval of its resamples; NaN among them is left out."""
    if value is None or np.isnan(value):
        return Figure(None)
    known = draws[~np.isnan(draws)]
    if groups < 2 or not len(known):
        return Figure(float(value))
    low, high = np.percentile(known, TAILS)
    return Figure(float(value), float(low), float(high))


def redraw(drawn: Draws, group: Ints, of: Callable[[Floats], tuple[float, ...]]) -> Floats:
    """Return what `of` gives for the row weights of each resample, as (draws, measures)."""
    return np.array([of(weights[group].astype(np.float64)) for weights in drawn], dtype=np.float64)


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
