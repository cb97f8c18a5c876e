"""Intervals by resampling groups: rows of one family or twin pair are not independent.

A resample draws as many groups as there are, with replacement; a row counts as often as its group
was drawn. Every count of every slice in every resample is one matrix product: how often each group
was drawn, times what each group adds to each count. Counts are whole numbers below 2**24, so that
products in single precision are exact and the same on every machine.

Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, 13.3 (percentile interval);
Davison & Hinkley, Bootstrap Methods and their Application, 1997, 3.8 (resampling of clusters).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from piiforge.evaluate.matching import Floats, Ints
from piiforge.evaluate.records import Figure
from piiforge.rng import digest
from piiforge.types import Case

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
