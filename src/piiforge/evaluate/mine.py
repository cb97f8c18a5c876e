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

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from piiforge.evaluate import cells, interval
from piiforge.evaluate.matching import gold, match
from piiforge.evaluate.measuring import right
from piiforge.types import Case, Prediction

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
    taken = cells.take(
        cells.table(picked, AXES, known),
        wrong[kept],
        interval.groups_of(picked),
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


def _cell(one: cells.Taken, rows: int) -> Cell:
    return Cell(
        category=one.fixed["category"],
        label=one.fixed["label"] == cells.POSITIVE,
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
