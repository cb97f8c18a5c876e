"""How much a scan missed: from the rows it called clean and a person judged, counted up to all.

A judged row of a stratum of N rows of which n were judged stands for N / n (Horvitz and Thompson's
estimate with the inclusion probabilities of the draw). Each stratum's share has Wilson's interval,
narrowed by what was judged of it altogether, and the sum has the interval that these give by the
method of variance estimates recovery. Recall is what was found beside what was found and missed.

Sources:
    Horvitz & Thompson (1952), A Generalization of Sampling Without Replacement
    Zou & Donner (2008), Construction of confidence limits about effect measures
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import sqrt

from piiforge.review.items import Item
from piiforge.review.journal import DECIDED, Decision
from piiforge.review.tally import Interval, wilson


@dataclass(frozen=True, slots=True)
class Stratum:
    """Rows of one kind: `rows` called clean, `judged` of them decided, `missed` of these."""

    name: str
    rows: int
    judged: int
    missed: int


@dataclass(frozen=True, slots=True)
class MissedRows:
    """What a scan missed, by estimate; None where a stratum has no judged row.

    `found` are the rows with a finding, as many as are right where `precision` is known (a share
    of the decided findings), else all. `missed` and `recall` have 95 % intervals; those of `recall`
    take the worse end of `precision` and `missed` at once, so they are wide rather than narrow.
    """

    strata: tuple[Stratum, ...]
    found: float
    precision: float | None
    missed: float | None = None
    missed_interval: Interval | None = None
    recall: float | None = None
    interval: Interval | None = None

    @property
    def said(self) -> str:
        """It as sentences."""
        judged = sum(one.judged for one in self.strata)
        if self.missed is None or self.missed_interval is None:
            lack = ", ".join(one.name for one in self.strata if not one.judged)
            return f"{judged} rows are judged, none of: {lack}. Recall can't be told yet."
        told = (
            f"{sum(one.missed for one in self.strata)} of {judged} judged rows were missed: about "
            f"{self.missed:,.0f} of {sum(one.rows for one in self.strata):,} clean ones "
            f"(95 % interval {self.missed_interval.low:,.0f} to {self.missed_interval.high:,.0f})."
        )
        if self.recall is None or self.interval is None:
            return f"{told} Nothing was found, so there is no recall to tell."
        taken = "all findings taken as right" if self.precision is None else "right findings alone"
        return (
            f"{told} Recall by row {self.recall:.3f} "
            f"({self.interval.low:.3f} to {self.interval.high:.3f}), {taken}."
        )

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


def estimate(items: Iterable[Item], found: int, decided: tuple[int, int] = (0, 0)) -> MissedRows:
    """Estimate what was missed, from judged `items`, each of a stratum of `of` rows.

    `found` are the rows with a finding; `decided` says how many findings were called right, and
    how many a false alarm. An unsure or open row counts as not judged.

    >>> drawn = [Item(f"{n}", "", False, stratum="digits", of=100, decision=Decision.RIGHT)
    ...          for n in range(9)]
    >>> drawn.append(Item("9", "", False, stratum="digits", of=100, decision=Decision.WRONG))
    >>> told = estimate(drawn, found=90)
    >>> told.missed, told.recall
    (10.0, 0.9)
    """
    known = list(items)
    sizes = {one.stratum: one.of for one in known}
    strata = tuple(
        Stratum(
            name,
            rows,
            sum(one.stratum == name and one.decision in DECIDED for one in known),
            sum(one.stratum == name and one.decision is Decision.WRONG for one in known),
        )
        for name, rows in sizes.items()
    )
    right, total = decided[0], sum(decided)
    precision = right / total if total else None
    held = found * (1.0 if precision is None else precision)
    if not all(one.judged for one in strata):
        return MissedRows(strata, held, precision)
    missed = sum(one.rows * one.missed / one.judged for one in strata)
    ends = [_ends(one) for one in strata]
    low = max(0.0, missed - sqrt(sum(below**2 for below, _ in ends)))
    high = min(float(sum(sizes.values())), missed + sqrt(sum(above**2 for _, above in ends)))
    sure = wilson(right, total) if total else Interval(1.0, 1.0)
    recall = held / (held + missed) if held + missed else None
    interval = None
    if recall is not None:
        interval = Interval(
            _share(found * sure.low, high), max(recall, _share(found * sure.high, low))
        )
    return MissedRows(strata, held, precision, missed, Interval(low, high), recall, interval)


def _share(held: float, missed: float) -> float:
    return held / (held + missed) if held + missed else 0.0


def _ends(one: Stratum) -> tuple[float, float]:
    """Return how far the estimate of a stratum may be too high and too low, in rows."""
    share, interval = one.missed / one.judged, wilson(one.missed, one.judged)
    left = sqrt(max(0.0, 1 - one.judged / one.rows))  # nothing is left open where all were judged
    return (one.rows * (share - interval.low) * left, one.rows * (interval.high - share) * left)
