"""The tally: decisions counted against a bound, and how far two reviewers agree.

The share of wrong labels is of the rows that were looked at, and those lean towards disagreements,
so it is as a rule higher than the whole set's. The rows that nobody disputed are counted apart.
A row on which reviewers disagree is unsure until one thinks again; how often that is, beside what
chance would give, Cohen's kappa says.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Protocol

from piiforge import files
from piiforge.review.journal import Decision, Journal

_Z = 1.959963984540054  # the normal distribution's 97.5 % point: a two-sided 95 % interval


class Judged(Protocol):
    """What is counted: a label of a category, whether somebody disputes it, what was decided."""

    @property
    def category(self) -> str:
        """What was asked about."""

    @property
    def label(self) -> bool | None:
        """What is claimed."""

    @property
    def why(self) -> str:
        """Who disagrees with the label, and how."""

    @property
    def decision(self) -> Decision:
        """What counts of what was said."""


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
    label: bool | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Tally:
    """All decisions of a review against the bound, a share 0 to 1.

    `disputed` counts the rows with a `why`, `undisputed` the others; `cells` go by category.
    `agreements` are of each two reviewers, `lost` the decisions on rows that are not there.
    """

    bound: float
    all: Counts
    disputed: Counts
    undisputed: Counts
    cells: tuple[Cell, ...]
    agreements: tuple["Agreement", ...] = ()
    lost: int = 0
    wrong_are: str = "labels are wrong"

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
            f"{self.all.wrong} of {self.all.decided} decided {self.wrong_are}: {share:.3f} "
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
            **({"agreement": [one.record() for one in self.agreements]} if self.agreements else {}),
            **({"lost": self.lost} if self.lost else {}),
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree on the rows of which both said something.

    `kappa` is Cohen's: 1 where they always agree, 0 as chance would have it; None where chance
    alone would always agree, so that nothing can be told. `differ` are the ids of the other rows.
    """

    first: str
    second: str
    rows: int
    agreed: int
    kappa: float | None
    differ: tuple[str, ...]

    @property
    def said(self) -> str:
        """It as one sentence."""
        kappa = "no kappa: one word alone was said" if self.kappa is None else f"{self.kappa:.2f}"
        told = kappa if self.kappa is None else f"Cohen's kappa {kappa}"
        return f"{self.first} and {self.second} agree on {self.agreed} of {self.rows} rows, {told}."

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


def agreements(journal: Journal, ids: Iterable[str]) -> tuple[Agreement, ...]:
    """Return how far each two reviewers agree on the rows called `ids`."""
    found: list[Agreement] = []
    pairs_of = list(combinations(sorted(journal.reviewers), 2))
    known = [(row_id, journal.said(row_id)) for row_id in ids] if pairs_of else []
    for first, second in pairs_of:
        both = [
            (row_id, said[first].decision, said[second].decision)
            for row_id, said in known
            if first in said and second in said and said[first].decision and said[second].decision
        ]
        if both:
            pairs = [(one, other) for _, one, other in both]
            differ = tuple(row_id for row_id, one, other in both if one != other)
            agreed = len(both) - len(differ)
            found.append(Agreement(first, second, len(both), agreed, kappa(pairs), differ))
    return tuple(found)


def kappa(pairs: Sequence[tuple[object, object]]) -> float | None:
    """Return Cohen's kappa of two raters' words on the same rows; None without a base.

    Source: Cohen, A Coefficient of Agreement for Nominal Scales (1960).

    >>> said = {"yy": 20, "yn": 5, "ny": 10, "nn": 15}
    >>> round(kappa([(one, other) for one, other in said for _ in range(said[one + other])]), 4)
    0.4
    """
    total = len(pairs)
    if not total:
        return None
    seen = sum(one == other for one, other in pairs) / total
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[word] * second[word] for word in first) / (total * total)
    return None if chance == 1 else (seen - chance) / (1 - chance)


def tally(
    rows: Iterable[Judged],
    bound: float,
    *,
    agreements: tuple[Agreement, ...] = (),
    lost: int = 0,
    wrong_are: str = "labels are wrong",
) -> Tally:
    """Count the decisions of `rows` against `bound`, the highest share of wrong labels allowed."""
    known = list(rows)
    cells = sorted({(row.category, row.label) for row in known}, key=str)
    return Tally(
        bound,
        _count(known),
        _count(row for row in known if row.why),
        _count(row for row in known if not row.why),
        tuple(Cell(*of, _count(row for row in known if (row.category, row.label) == of))
              for of in cells),
        agreements,
        lost,
        wrong_are,
    )  # fmt: skip


def keep(path: Path, found: Tally) -> Path:
    """Write what a count of the review file at `path` came to beside it; return where.

    `piiforge build` takes no written lines from a folder whose last count failed.
    """
    place = path.with_name(files.TALLY)
    with files.draft(place) as part:
        files.write_json(part, found.record())
    return place


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


def _count(rows: Iterable[Judged]) -> Counts:
    found = Counter(row.decision for row in rows)
    order = (Decision.RIGHT, Decision.WRONG, Decision.UNSURE, Decision.OPEN)
    return Counts(*(found[decision] for decision in order))
