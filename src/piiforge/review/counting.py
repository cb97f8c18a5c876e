"""What the decisions come to: counts, the share of wrong labels, and whether that passes.

The share is of the rows that were looked at, and those lean towards disagreements, so it is as a
rule higher than the whole set's. The rows that nobody disputed are counted apart as well.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import sqrt

from piiforge.review.samples import Decision, Sample

_Z = 1.959963984540054  # the normal distribution's 97.5 % point: a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval of a share: both ends 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what was said of them. An `unsure` row was seen but is not decided."""

    right: int = 0
    wrong: int = 0
    unsure: int = 0
    open: int = 0

    @property
    def decided(self) -> int:
        """Rows whose label was called right or wrong."""
        return self.right + self.wrong

    @property
    def rows(self) -> int:
        """All of them."""
        return self.decided + self.unsure + self.open

    @property
    def share(self) -> float | None:
        """The share of wrong labels among the decided, 0 to 1; None where nothing is decided."""
        return self.wrong / self.decided if self.decided else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of that share; None where nothing is decided."""
        return wilson(self.wrong, self.decided) if self.decided else None

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        interval = asdict(self.interval) if self.interval else None
        return {**asdict(self), "share_wrong": self.share, "interval": interval}


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of one category's positives or negatives."""

    category: str
    label: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Tally:
    """All decisions of a review against the bound, a share 0 to 1.

    `disputed` counts the rows with a `why`, `undisputed` the others; `cells` go by category.
    """

    bound: float
    all: Counts
    disputed: Counts
    undisputed: Counts
    cells: tuple[Cell, ...]

    @property
    def passed(self) -> bool:
        """Whether something is decided and the share of wrong labels is not over the bound."""
        return self.all.share is not None and self.all.share <= self.bound

    @property
    def said(self) -> str:
        """The outcome as one sentence."""
        share, interval = self.all.share, self.all.interval
        if share is None or interval is None:
            return f"nothing is decided: {self.all.open} open, {self.all.unsure} unsure."
        against = "within" if self.passed else "over"
        return (
            f"{self.all.wrong} of {self.all.decided} decided labels are wrong: {share:.3f} "
            f"(95 % interval {interval.low:.3f} to {interval.high:.3f}), "
            f"{against} the bound of {self.bound:g}; "
            f"{self.all.open} still open, {self.all.unsure} unsure."
        )

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {
            "passed": self.passed,
            "bound": self.bound,
            **self.all.record(),
            "disputed": self.disputed.record(),
            "undisputed": self.undisputed.record(),
            "cells": [
                {"category": cell.category, "label": cell.label, **asdict(cell.counts)}
                for cell in self.cells
            ],
        }


def tally(rows: Iterable[Sample], bound: float) -> Tally:
    """Count the decisions of `rows` against `bound`, the highest share of wrong labels allowed."""
    known = list(rows)
    cells = sorted({(row.category, row.label) for row in known})
    return Tally(
        bound,
        all=_count(known),
        disputed=_count(row for row in known if row.why),
        undisputed=_count(row for row in known if not row.why),
        cells=tuple(
            Cell(*cell, _count(row for row in known if (row.category, row.label) == cell))
            for cell in cells
        ),
    )


def wilson(hits: int, total: int) -> Interval:
    """Return the 95 % Wilson score interval of `hits` in `total`, which is at least 1.

    Source: Wilson, Probable Inference (1927); method 3 of Newcombe (1998), Two-sided confidence
    intervals for the single proportion.

    >>> interval = wilson(0, 20)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0, 0.1611)
    """
    share, square = hits / total, _Z * _Z
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    half /= 1 + square / total
    # at the ends the two terms are equal, but for the last bit
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == total else centre + half
    return Interval(low, high)


def _count(rows: Iterable[Sample]) -> Counts:
    found = Counter(row.decision for row in rows)
    return Counts(
        right=found[Decision.RIGHT],
        wrong=found[Decision.WRONG],
        unsure=found[Decision.UNSURE],
        open=found[Decision.OPEN],
    )
