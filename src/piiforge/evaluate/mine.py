"""Mining: in which cells of the coverage matrix a system is surely worse than elsewhere.

A cell fixes category and label, and up to three of AXES. It is weak where the lower bound of its
share of mistakes lies above the share among all other cases: the one-sided 95 % bound of Wilson's
score interval, after a few groups that fail as often as the rest were added (`cells.PRIOR`). What
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
from dataclasses import asdict, dataclass, field
from itertools import combinations, product

import numpy as np

from piiforge.evaluate.metrics import groups_of
from piiforge.evaluate.records import Bools, Floats, Ints, gold, match
from piiforge.evaluate.scores import right, values
from piiforge.types import Case, Prediction

# Cells of the coverage matrix: which rows stand in each, and the weak ones one after another.


BASE = ("category", "label")
POSITIVE, NEGATIVE = "sensitive", "not sensitive"
DEEPEST = 3  # axes beside category and label
ONE_SIDED = 1.6449  # standard normal, 95 %
PRIOR = 8.0  # groups


@dataclass(frozen=True, slots=True)
class Table:
    """Every cell that holds a row, fewest axes first, and which `row` stands in which `cell`."""

    cells: tuple[Mapping[str, str], ...]
    row: Ints
    cell: Ints


@dataclass(frozen=True, slots=True)
class Taken:
    """A weak cell as it was when it was taken: counts of the rows that no earlier cell holds.

    `rest` is of all rows outside of the cell, those of earlier cells too.
    """

    fixed: Mapping[str, str]
    misses: int
    of: int
    share: float
    low: float
    rest: float


@dataclass(frozen=True, slots=True)
class _State:
    """The members that are left, with the weight by which each counts as a part of its group."""

    row: Ints
    cell: Ints
    weight: Floats

    def without(self, rows: Bools) -> "_State":
        left = ~rows[self.row]
        return _State(self.row[left], self.cell[left], self.weight[left])


def table(
    cases: Sequence[Case], axes: Sequence[str], known: Mapping[str, Collection[str]]
) -> Table:
    """Return the cells of `cases`: category and label, and up to DEEPEST of `axes`.

    Only names that `known` lists for an axis fix a cell.
    """
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    rows: list[int] = []
    found: list[int] = []
    for row, case in enumerate(cases):
        for key in _keys(case, axes, known):
            rows.append(row)
            found.append(numbers.setdefault(key, len(numbers)))
    keys = list(numbers)
    order = sorted(range(len(keys)), key=lambda at: (len(keys[at]), keys[at]))
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys))
    return Table(
        tuple(dict(keys[at]) for at in order),
        np.array(rows, dtype=np.int64),
        place[np.array(found, dtype=np.int64)],
    )


def take(found: Table, wrong: Bools, group: Ints, *, most: int, least: int) -> list[Taken]:
    """Return at most `most` weak cells, surest first, each with at least `least` mistakes.

    The surest is the one whose lower bound lies farthest above the share of mistakes among all
    rows outside of it. Of cells with the same rows it is the one that fixes fewest axes.
    """
    state = _candidates(found, wrong, group, least)
    rest = _rest(found, wrong)
    taken: list[Taken] = []
    while len(taken) < most and len(state.row):
        one, at = _surest(found, state, wrong, rest, least)
        if one is None:
            break
        taken.append(one)
        gone = np.zeros(len(wrong), dtype=np.bool_)
        gone[state.row[state.cell == at]] = True
        state = state.without(gone)
    return taken


def lower_bound(share: Floats, of: Floats, rest: Floats) -> Floats:
    """Return the one-sided 95 % lower bound of Wilson for `share` of `of` independent groups.

    PRIOR groups that fail as often as the `rest` are counted with them, so that two failures of two
    are no proof among thousands of cells.
    """
    z, count = ONE_SIDED, of + PRIOR
    shrunken = (share * of + rest * PRIOR) / count
    centre = shrunken + z * z / (2 * count)
    spread = z * np.sqrt(shrunken * (1 - shrunken) / count + z * z / (4 * count * count))
    return np.asarray((centre - spread) / (1 + z * z / count))


def _rest(found: Table, wrong: Bools) -> Floats:
    """Return the share of mistakes among all rows outside of each cell, 0 where there is none."""
    of = len(wrong) - np.bincount(found.cell, minlength=len(found.cells))
    misses = wrong.sum() - np.bincount(found.cell, wrong[found.row], len(found.cells))
    return np.asarray(misses / np.maximum(of, 1), dtype=np.float64)


def _surest(
    found: Table, state: _State, wrong: Bools, rest: Floats, least: int
) -> tuple[Taken | None, int]:
    wide = len(found.cells)
    bad = wrong[state.row]
    groups = np.bincount(state.cell, state.weight, wide).astype(np.float64)
    misses = np.bincount(state.cell, bad, wide)
    of = np.bincount(state.cell, minlength=wide)
    share = np.bincount(state.cell, state.weight * bad, wide) / np.maximum(groups, 1e-9)
    share = np.clip(share, 0.0, 1.0)
    low = lower_bound(share, groups, rest)
    sure = np.where((misses >= least) & (low > rest), low - rest, -1.0)
    at = int(np.argmax(np.round(sure, 9)))
    if sure[at] <= 0:
        return None, at
    numbers = float(share[at]), float(low[at]), float(rest[at])
    return Taken(found.cells[at], int(misses[at]), int(of[at]), *numbers), at


def _candidates(found: Table, wrong: Bools, group: Ints, least: int) -> _State:
    """Return the members of the cells with enough mistakes; a group weighs 1 in each cell."""
    enough = np.bincount(found.cell, wrong[found.row], len(found.cells)) >= least
    kept = enough[found.cell]
    row, cell = found.row[kept], found.cell[kept]
    together = cell * (int(group.max()) + 1) + group[row]
    _, of, sizes = np.unique(together, return_inverse=True, return_counts=True)
    return _State(row, cell, 1 / sizes[of.reshape(-1)])


def _keys(
    case: Case, axes: Sequence[str], known: Mapping[str, Collection[str]]
) -> Iterator[tuple[tuple[str, str], ...]]:
    base = (("category", case.category), ("label", POSITIVE if case.label else NEGATIVE))
    told = {axis: [name for name in values(case, axis) if name in known.get(axis, ())]
            for axis in axes}  # fmt: skip
    for depth in range(DEEPEST + 1):
        for some in combinations(axes, depth):
            for names in product(*(told[axis] for axis in some)):
                yield base + tuple(zip(some, names, strict=True))


AXES = ("variant", "disguise", "cue", "language", "event")
ROWS = 400
LEAST_ROWS = 8  # new rows of a cell that is taken at all
LEAST_MISSES = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One weak cell: `misses` of `of` cases were judged wrongly, surely more than a `low` share.

    `fixed` are the axes that it fixes, beside category and label. `share` is the mean over groups.
    `rest` is the share of mistakes among all other cases. `rows` is how many new rows it is to get.
    """

    category: str
    label: bool
    rows: int
    misses: int
    of: int
    share: float
    low: float
    rest: float
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mined:
    """The weak cells, surest first, over `cases` of which `mistakes` were judged wrongly."""

    cases: int
    mistakes: int
    rows: int
    cells: tuple[Cell, ...]

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)

    def quotas(self) -> dict[str, object]:
        """Return what the next build reads: cells and counts, nothing of any row."""
        return {"version": 1, "rows": self.rows, "cells": [_quota(cell) for cell in self.cells]}


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
    truth = gold(cases)
    wrong = ~right(truth, match(cases, predictions, system=system))
    kept = [at for at, case in enumerate(cases) if case.category in known["category"]]
    if not kept:
        return Mined(0, 0, 0, ())
    picked = [cases[at] for at in kept]
    taken = take(
        table(picked, AXES, known),
        wrong[kept],
        groups_of(picked),
        most=max(1, rows // LEAST_ROWS),
        least=LEAST_MISSES,
    )
    shares = apportion([one.misses - one.rest * one.of for one in taken], rows)
    found = tuple(_cell(one, got) for one, got in zip(taken, shares, strict=True) if got)
    return Mined(len(kept), int(wrong[kept].sum()), sum(cell.rows for cell in found), found)


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


def _cell(one: Taken, rows: int) -> Cell:
    return Cell(
        category=one.fixed["category"],
        label=one.fixed["label"] == POSITIVE,
        rows=rows,
        misses=one.misses,
        of=one.of,
        share=one.share,
        low=one.low,
        rest=one.rest,
        fixed={axis: one.fixed[axis] for axis in AXES if axis in one.fixed},
    )


def _quota(cell: Cell) -> dict[str, object]:
    return {
        "category": cell.category,
        "label": cell.label,
        **cell.fixed,
        "rows": cell.rows,
        "misses": cell.misses,
        "of": cell.of,
        "share": round(cell.share, 3),
        "low": round(cell.low, 3),
    }
