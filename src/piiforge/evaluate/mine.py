"""Mining: in which cells of the coverage matrix a system is surely worse than elsewhere.

A cell fixes category and label, and up to three of AXES. It is weak where the lower bound of its
share of mistakes lies above the share among all other cases: the one-sided 95 % bound of Wilson's
score interval, after a few groups that fail as often as the rest were added (`PRIOR`). What
is counted in the bound is groups, not rows: ten rows of one family that fail together are one piece
of evidence. Cells are taken one at a time, surest first; the rows of a cell that was taken count
for no other, so that a cell that only repeats another falls away.

Thousands of cells are looked at, so some are taken by luck: a mined cell is a way to spend new
rows, not a finding. Nothing but names that the caller lists in `known` leaves this module: no
content, no id.

Sources: Wilson, Probable inference, the law of succession, and statistical inference, 1927; Brown,
Cai & DasGupta, Interval estimation for a binomial proportion, 2001.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

import numpy as np

from piiforge.evaluate.metrics import groups_of
from piiforge.evaluate.records import Bools, Floats, Ints, match, values
from piiforge.types import Case, MinedCell, Prediction

AXES = ("variant", "disguise", "cue", "language", "event")
DEEPEST = 3  # axes beside category and label
ROWS = 400
LEAST_ROWS = 8  # new rows of a cell that is taken at all
LEAST_MISSES = 2
ONE_SIDED = 1.6449  # standard normal, 95 %
PRIOR = 8.0  # groups
_Fixed = tuple[tuple[str, str | bool], ...]  # (axis, name): category and label, then some of AXES


@dataclass(frozen=True, slots=True)
class Weak(MinedCell):
    """A cell as it was when it was taken: `misses` of `of` cases that no earlier cell holds.

    `rest` is the share of mistakes among all cases outside of it, those of earlier cells too.
    """

    rest: float = 0.0

    @property
    def fixed(self) -> dict[str, str]:
        """The axes that it fixes, beside category and label, with their names."""
        names = {axis: str(getattr(self, axis)) for axis in AXES}
        return {axis: name for axis, name in names.items() if name}

    def quota(self) -> dict[str, object]:
        """Return what the next build reads of it."""
        return {
            "category": self.category,
            "label": self.label,
            **self.fixed,
            "rows": self.rows,
            "misses": self.misses,
            "of": self.of,
            "share": round(self.share, 3),
            "low": round(self.low, 3),
        }


@dataclass(frozen=True, slots=True)
class Mined:
    """The weak cells, surest first, over `cases` of which `mistakes` were judged wrongly."""

    cases: int
    mistakes: int
    rows: int
    cells: tuple[Weak, ...]

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        told = ("category", "label", "rows", "misses", "of", "share", "low", "rest", "fixed")
        cells = [{name: getattr(cell, name) for name in told} for cell in self.cells]
        return asdict(self) | {"cells": cells}

    def quotas(self) -> dict[str, object]:
        """Return what the next build reads: cells and counts, nothing of any row."""
        return {"version": 1, "rows": self.rows, "cells": [cell.quota() for cell in self.cells]}


def find(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    known: Mapping[str, Collection[str]],
    rows: int = ROWS,
    system: str = "predictions",
) -> Mined:
    """Return the weak cells, with `rows` new rows apportioned to them.

    A cell gets rows by its mistakes beyond those that the rest would have made in its place.

    `known` lists the names that may be told, by axis and under "category"; a case whose category
    is not listed is left out, and a name that is not listed fixes no cell. `rows` is what the cells
    sum to; 0 where no cell is surely worse than the rest.

    Raises:
        AskedWrongly: a case lacks its label, or cases and predictions don't match one to one.
    """
    right = match(cases, predictions, system=system).right
    kept = [at for at, case in enumerate(cases) if case.category in known["category"]]
    if not kept:
        return Mined(0, 0, 0, ())
    wrong, picked = ~right[kept], [cases[at] for at in kept]
    taken = list(_take(picked, wrong, known, most=max(1, rows // LEAST_ROWS)))
    shares = apportion([one.misses - one.rest * one.of for one in taken], rows)
    found = [replace(one, rows=got) for one, got in zip(taken, shares, strict=True) if got]
    return Mined(len(kept), int(wrong.sum()), sum(cell.rows for cell in found), tuple(found))


def apportion(weights: Sequence[float], rows: int) -> list[int]:
    """Share out `rows` whole rows by weight, by largest remainder.

    >>> apportion([2.0, 1.0], 10)
    [7, 3]
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [rows * weight / total for weight in weights]
    found = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda at: (found[at] - exact[at], at))
    for at in order[: rows - sum(found)]:
        found[at] += 1
    return found


def _take(
    cases: Sequence[Case], wrong: Bools, known: Mapping[str, Collection[str]], *, most: int
) -> Iterator[Weak]:
    """Yield at most `most` weak cells, surest first, each with LEAST_MISSES at least.

    The surest is the one whose lower bound lies farthest above the share of mistakes among all
    rows outside of it. Of cells with the same rows it is the one that fixes fewest axes. A group
    weighs 1 in each cell, whatever is left of it.
    """
    cells, row, cell = _cells(cases, known)
    every, missed = np.bincount(cell), np.bincount(cell, wrong[row], len(cells))
    rest = (wrong.sum() - missed) / np.maximum(len(wrong) - every, 1)
    enough = missed[cell] >= LEAST_MISSES
    row, cell = row[enough], cell[enough]
    group = groups_of(cases)
    _, of, sizes = np.unique(
        cell * (int(group.max()) + 1) + group[row], return_inverse=True, return_counts=True
    )
    weight = 1 / sizes[of.reshape(-1)]
    while most and len(row):
        bad = wrong[row]
        groups = np.bincount(cell, weight, len(cells)).astype(np.float64)
        misses = np.bincount(cell, bad, len(cells))
        share = np.bincount(cell, weight * bad, len(cells)) / np.maximum(groups, 1e-9)
        share = np.clip(share, 0.0, 1.0)
        low = lower_bound(share, groups, rest)
        sure = np.where((misses >= LEAST_MISSES) & (low > rest), low - rest, -1.0)
        at = int(np.argmax(np.round(sure, 9)))
        if sure[at] <= 0:
            return
        here = cell == at
        counts = {"rows": 0, "misses": int(misses[at]), "of": int(here.sum())}
        shares = {"share": float(share[at]), "low": float(low[at]), "rest": float(rest[at])}
        yield Weak(**cells[at], **counts, **shares)  # type: ignore[arg-type]  # by their names
        left = ~np.isin(row, row[here])
        row, cell, weight = row[left], cell[left], weight[left]
        most -= 1


def lower_bound(share: Floats, of: Floats, rest: Floats) -> Floats:
    """Return the one-sided 95 % lower bound of Wilson for `share` of `of` independent groups.

    PRIOR groups that fail as often as the `rest` are counted with them, so that two failures of two
    are no proof among thousands of cells. Counts are no whole numbers then, which SciPy's bound
    takes alone.
    """
    z, count = ONE_SIDED, of + PRIOR
    shrunken = (share * of + rest * PRIOR) / count
    centre = shrunken + z * z / (2 * count)
    spread = z * np.sqrt(shrunken * (1 - shrunken) / count + z * z / (4 * count * count))
    return np.asarray((centre - spread) / (1 + z * z / count))


def _cells(
    cases: Sequence[Case], known: Mapping[str, Collection[str]]
) -> tuple[list[dict[str, str | bool]], Ints, Ints]:
    """Return every cell that holds a row, fewest axes first, and which row stands in which cell.

    A cell fixes category, label and up to DEEPEST of AXES, by names that `known` lists.
    """
    numbers: dict[_Fixed, int] = {}
    members = [
        (row, numbers.setdefault(key, len(numbers)))
        for row, case in enumerate(cases)
        for key in _keys(case, known)
    ]
    keys = sorted(numbers, key=lambda key: (len(key), key))
    place = np.argsort([numbers[key] for key in keys])
    row, number = np.array(members, dtype=np.int64).T
    return [dict(key) for key in keys], row, place[number]


def _keys(case: Case, known: Mapping[str, Collection[str]]) -> Iterator[_Fixed]:
    told = [
        ("", *(name for name in values(case, axis) if name in known.get(axis, ()))) for axis in AXES
    ]
    for names in product(*told):
        some = [(axis, name) for axis, name in zip(AXES, names, strict=True) if name]
        if len(some) <= DEEPEST:
            yield (("category", case.category), ("label", bool(case.label)), *some)
