"""Cells of the coverage matrix: which rows stand in each, and the weak ones one after another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from piiforge.evaluate import slices
from piiforge.evaluate.matching import Bools, Floats, Ints
from piiforge.types import Case

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
    told = {axis: [name for name in slices.values(case, axis) if name in known.get(axis, ())]
            for axis in axes}  # fmt: skip
    for depth in range(DEEPEST + 1):
        for some in combinations(axes, depth):
            for names in product(*(told[axis] for axis in some)):
                yield base + tuple(zip(some, names, strict=True))
