"""What a set promises as a whole, what was measured, and whether the two agree.

Bounds are the recipe's, measures are the manifest's. What was not measured is shown as such, never
as passed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from piiforge.dataset.lookup import find, mapping, number
from piiforge.types import Example

LABEL_BOUNDS = (0.40, 0.60)  # as checks.balance holds them
PROBES: Mapping[str, str] = {
    "keys": "names of the keys alone",
    "values": "the value as written, alone",
    "length": "length of the line alone",
    "words": "a bag of the line's words",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise. `at_most` says on which side of `bound` it is kept."""

    name: str
    meaning: str
    measured: float | None
    bound: float | None
    at_most: bool
    is_share: bool = False

    @property
    def holds(self) -> bool | None:
        """Say whether the promise is kept; None where measure or bound is missing."""
        if self.measured is None or self.bound is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the leak certificate: how many keys there are, how many stand in two splits."""

    name: str
    keys: int | None
    leaks: int | None


def gates(rows: Sequence[Example], facts: Mapping[str, object]) -> list[Gate]:
    """Return every promise about the whole set but those of the certificate."""
    return [*_probes(facts), *_diversity(facts), _rarest(rows, facts)]


def axes(facts: Mapping[str, object]) -> list[Axis]:
    """Return the axes of the certificate in their order."""
    certified = mapping(facts, "certificate", "axes")
    return [
        Axis(name, whole(certified, name, "keys"), whole(certified, name, "in_two_splits"))
        for name in certified
    ]


def leaks(facts: Mapping[str, object]) -> int | None:
    """Return how many keys stand in two splits, over all axes; None where one was not counted."""
    counts = [axis.leaks for axis in axes(facts)]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def is_clean(facts: Mapping[str, object]) -> bool | None:
    """Say whether nothing stands in two splits; None where there is no certificate."""
    clean = find(facts, "certificate", "clean")
    return clean if isinstance(clean, bool) else None


def whole(facts: Mapping[str, object], *path: str) -> int | None:
    """Return the count at `path`, None where there is none."""
    found = number(facts, *path)
    return None if found is None else int(found)


def _probes(facts: Mapping[str, object]) -> list[Gate]:
    bound = number(facts, "recipe", "gates", "probe")
    probes = mapping(facts, "gates", "probes")
    return [
        Gate(
            f"probe: {name}",
            f"A classifier that sees {PROBES.get(name, name)}; balanced accuracy on the test rows.",
            number(probes, name, "pooled"),
            bound,
            at_most=True,
        )
        for name in (probes or PROBES)
    ]


def _diversity(facts: Mapping[str, object]) -> list[Gate]:
    return [
        Gate(
            "distinct skeletons",
            "Lines without their values: how many are distinct, a pair of twins counted once.",
            number(facts, "gates", "distinct_skeletons"),
            number(facts, "recipe", "gates", "skeletons"),
            at_most=False,
            is_share=True,
        ),
        Gate(
            "ten commonest skeletons",
            "Share of the rows that the ten commonest skeletons have together.",
            number(facts, "gates", "top_ten_skeletons"),
            number(facts, "recipe", "gates", "top_skeletons"),
            at_most=True,
            is_share=True,
        ),
        Gate(
            "families",
            "Line structures and phrase frames; none stands in two splits.",
            number(facts, "gates", "families"),
            number(facts, "recipe", "gates", "families"),
            at_most=False,
        ),
    ]


def _rarest(rows: Sequence[Example], facts: Mapping[str, object]) -> Gate:
    counts = Counter(name for row in rows for name in row.disguises)
    return Gate(
        "rarest disguise",
        "Rows that hold the rarest of the disguises.",
        min(counts.values(), default=None),
        number(facts, "recipe", "gates", "per_disguise"),
        at_most=False,
    )
