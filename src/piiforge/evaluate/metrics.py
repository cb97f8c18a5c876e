"""Measures: ratios of counts, how well p_sensitive orders, how true it is, and intervals of all.

Every measure is taken of the cases as they are and of resamples of their groups: rows of one family
or twin pair are not independent. A resample draws as many groups as there are, with replacement; a
row counts as often as its group was drawn. The first "resample" has every group once: that is the
cases as they are, so that a value and its interval come from one calculation.

Rows of equal p are one step, so that ties are never broken by order. Of scikit-learn's measures
`ranked` has its own: a thousand resamples share one sorting here. `tests/evaluate` compares them.

Sources:
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993, 13.3 (percentile interval).
    Davison & Hinkley, Bootstrap Methods and their Application, 1997, 3.8 (resampling of clusters).
    Fawcett, An introduction to ROC analysis, 2006 (ROC and its area with ties).
    Davis & Goadrich, The relationship between precision-recall and ROC curves, 2006.
    Guo et al., On calibration of modern neural networks, 2017 (expected calibration error).
    McNemar, Note on the sampling error of the difference between correlated proportions, 1947;
    exact by the binomial law: Agresti, Categorical Data Analysis, 2013, 11.1.

>>> p, gold = np.array([0.9, 0.5, 0.5]), np.array([True, True, False])
>>> found = steps(p)
>>> found.up_to(gold), found.up_to(~gold)
(array([1., 2.]), array([0., 1.]))
>>> roc_auc(found.up_to(gold), found.up_to(~gold))
0.75
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.evaluate.records import Bools, Figure, Floats, Ints, Ranking
from piiforge.rng import digest
from piiforge.types import Case

OUTCOMES = 4  # hit, miss, false alarm, pass: the order of the last axis of a table of counts
TAILS = (2.5, 97.5)
BINS = 15
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
    """Return how often each group stands in the cases as they are (once) and in each resample.

    The shape is (1 + draws, groups).
    """
    rng = np.random.default_rng(digest(seed, "bootstrap", groups))
    found = np.ones((1 + draws, groups), dtype=np.uint8)
    for at in range(1, 1 + draws):
        drawn = np.bincount(rng.integers(0, groups, groups), minlength=groups)
        found[at] = np.minimum(drawn, 255)
    return found


def totals(drawn: Draws, group: Ints, cell: Ints, cells: int) -> Floats:
    """Return how many members stand in each cell of each resample, as (resamples, cells).

    `group` and `cell` have one entry a member; a row is as many members as cells it counts for. It
    is one matrix product: how often each group was drawn, times what it adds to each cell. Counts
    are whole numbers below 2**24, so that products in single precision are exact and the same on
    every machine.
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
        found += drawn[:, start : start + size].astype(np.float32) @ table.astype(np.float32)
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


def figure(found: Floats, groups: int) -> Figure:
    """Return a measure with the interval of its resamples; NaN among them is left out.

    `found` has the measure of the cases as they are first, then of each resample.
    """
    if np.isnan(found[0]):
        return Figure(None)
    known = found[1:][~np.isnan(found[1:])]
    if groups < 2 or not len(known):
        return Figure(float(found[0]))
    low, high = np.percentile(known, TAILS)
    return Figure(float(found[0]), float(low), float(high))


def sign_test(some: int, others: int) -> float:
    """Return how likely fair coins, one a case, part them at least so unevenly, either way.

    >>> sign_test(0, 0), sign_test(3, 3), sign_test(0, 5)
    (1.0, 1.0, 0.0625)
    """
    from scipy.special import bdtr  # takes a tenth of a second to import; predicting needs it not

    return min(1.0, 2 * float(bdtr(min(some, others), some + others, 0.5)))


@dataclass(frozen=True, slots=True)
class Steps:
    """The distinct values of p, falling. `order` are the rows by p; `ends` the last of each step.

    Curves and thresholds take counts of rows up to each step, as `up_to` gives them.
    """

    order: Ints
    ends: Ints

    def up_to(self, rows: Bools | Floats) -> Floats:
        """Return the sum of `rows`, one number a row, over all rows up to each step."""
        return np.cumsum(rows[self.order], dtype=np.float64)[self.ends]


def steps(p: Floats) -> Steps:
    """Gather rows of equal p."""
    order = np.argsort(-p, kind="stable").astype(np.int64)
    return Steps(order, np.flatnonzero(np.diff(p[order], append=-np.inf)).astype(np.int64))


def roc_auc(hits: Floats, alarms: Floats) -> float:
    """Return the area under the ROC curve from counts up to each step; NaN without both labels."""
    if not hits[-1] or not alarms[-1]:
        return np.nan
    ahead = (hits + np.concatenate(([0], hits[:-1]))) / 2
    return float((np.diff(alarms, prepend=0) * ahead).sum() / (hits[-1] * alarms[-1]))


def average_precision(hits: Floats, alarms: Floats) -> float:
    """Return the mean of the precisions at each step, weighted by the recall it adds.

    No interpolation. NaN without a positive.
    """
    if not hits[-1]:
        return np.nan
    reached = np.maximum(hits + alarms, 1e-300)  # a step may weigh nothing in a resample
    return float((np.diff(hits, prepend=0) / hits[-1] * hits / reached).sum())


def recall_at(precision: float, hits: Floats, alarms: Floats) -> float | None:
    """Return the largest recall at any threshold of at least `precision`; 0 where none has it.

    None without a positive.
    """
    if not hits[-1]:
        return None
    good = hits >= precision * (hits + alarms) - 1e-9
    return float(hits[good].max() / hits[-1]) if good.any() else 0.0


def ranked(gold: Bools, p: Floats, group: Ints, drawn: Draws) -> dict[str, Floats]:
    """Return ROC AUC and average precision of each resample; NaN where p is not known of all."""
    found = np.full((len(drawn), 2), np.nan)
    if not np.isnan(p).any():
        place = steps(p)
        positive, owner = gold[place.order].astype(np.float64), group[place.order]
        for at, times in enumerate(drawn):
            weights = times[owner].astype(np.float64)
            hits = np.cumsum(weights * positive)[place.ends]
            reached = np.cumsum(weights)[place.ends]
            found[at] = roc_auc(hits, reached - hits), average_precision(hits, reached - hits)
    return {"roc_auc": found[:, :1], "average_precision": found[:, 1:]}


def measure(gold: Bools, p: Floats) -> Ranking:
    """Return every measure of p over some rows, at least one."""
    place = steps(p)
    counts = place.up_to(gold), place.up_to(~gold)
    area, mean = roc_auc(*counts), average_precision(*counts)
    return Ranking(
        None if np.isnan(area) else area,
        None if np.isnan(mean) else mean,
        recall_at(0.95, *counts),
        recall_at(0.99, *counts),
        float(np.mean((p - gold) ** 2)),
        calibration_error(gold, p),
    )


def calibration_error(gold: Bools, p: Floats) -> float:
    """Return the mean distance of p from the share that is sensitive, by bin, weighted by rows."""
    return float(sum(rows * abs(mean - share) for rows, mean, share in bins(gold, p)) / len(p))


def reliability(gold: Bools, p: Floats, *, least: int = 1) -> list[tuple[float, float]]:
    """Return (mean p, share that is sensitive) of every bin of `least` rows or more."""
    return [(mean, share) for rows, mean, share in bins(gold, p) if rows >= least]


def bins(gold: Bools, p: Floats) -> list[tuple[int, float, float]]:
    """Return (rows, mean p, share that is sensitive) of the bins that hold rows.

    There are BINS of equal width: low included, high only at 1.
    """
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    held, rows = np.unique(place, return_counts=True)
    means, shares = np.bincount(place, p)[held] / rows, np.bincount(place, gold)[held] / rows
    return list(zip(rows.tolist(), means.tolist(), shares.tolist(), strict=True))


def roc_curve(gold: Bools, p: Floats) -> list[tuple[float, float]]:
    """Return (false alarms over negatives, recall) at every threshold, from (0, 0) to (1, 1)."""
    hits, alarms = steps(p).up_to(gold), steps(p).up_to(~gold)
    if not hits[-1] or not alarms[-1]:
        return []
    across, up = (alarms / alarms[-1]).tolist(), (hits / hits[-1]).tolist()
    return [(0.0, 0.0), *zip(across, up, strict=True)]


def precision_curve(gold: Bools, p: Floats) -> list[tuple[float, float]]:
    """Return (recall, precision) at every threshold, highest first."""
    hits, alarms = steps(p).up_to(gold), steps(p).up_to(~gold)
    if not hits[-1]:
        return []
    return list(zip((hits / hits[-1]).tolist(), (hits / (hits + alarms)).tolist(), strict=True))
