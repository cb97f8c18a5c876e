"""Slices: which cases stand together. A case may stand in several slices of one axis."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from piiforge.errors import UnknownName
from piiforge.evaluate.matching import Ints
from piiforge.evaluate.records import OVERALL
from piiforge.types import Case

AXES = ("category", "language", "disguise", "event", "hard", "source")
KEYS: Mapping[str, str] = MappingProxyType({"disguise": "disguises"})
MOST = 80  # slices of one axis; the smaller ones are put together
OTHERS = "(others)"
JOINED = "+"


@dataclass(frozen=True, slots=True)
class Membership:
    """Which rows stand in which slice: pairs of `row` and `slice`; slice 0 is all rows."""

    names: tuple[tuple[str, str], ...]
    row: Ints
    slice: Ints

    def rows(self) -> list[Ints]:
        """Return the rows of each slice, in order."""
        order = np.argsort(self.slice, kind="stable")
        ends = np.cumsum(np.bincount(self.slice, minlength=len(self.names)))
        return list(np.split(self.row[order], ends[:-1]))


def values(case: Case, axis: str) -> tuple[str, ...]:
    """Return where a case stands on an axis; nowhere if it says nothing of it.

    >>> values(Case("1", "ssn", "", slices={"disguises": "percent+words_en"}), "disguise")
    ('percent', 'words_en')
    """
    if axis == "category":
        return (case.category,)
    found = case.slices.get(KEYS.get(axis, axis), "")
    if not found:
        return ()
    return tuple(dict.fromkeys(found.split(JOINED))) if axis == "disguise" else (found,)


def cut(cases: Sequence[Case], by: Iterable[str] = ()) -> Membership:
    """Return the slices of every axis of AXES that the cases know, and of those in `by`.

    An axis with more than MOST values keeps its largest; the rest are one slice, OTHERS.

    Raises:
        UnknownName: no case says anything of an axis in `by`.
    """
    asked = tuple(by)
    names: list[tuple[str, str]] = [(OVERALL, "")]
    rows: list[int] = list(range(len(cases)))
    places: list[int] = [0] * len(cases)
    for axis in dict.fromkeys((*AXES, *asked)):
        standing = [values(case, axis) for case in cases]
        counts = Counter(name for found in standing for name in found)
        if not counts and axis in asked:
            known = {key for case in cases for key in case.slices} | set(AXES)
            raise UnknownName("slice", axis, known)
        place = _places(counts, len(names))
        names += [(axis, name) for name in dict.fromkeys(_shown(counts))]
        for row, found in enumerate(standing):
            spots = [place[name] for name in found]
            rows += [row] * len(set(spots))
            places += dict.fromkeys(spots)
    return Membership(tuple(names), np.array(rows, np.int64), np.array(places, np.int64))


def _shown(counts: Counter[str]) -> list[str]:
    if len(counts) <= MOST:
        return sorted(counts)
    largest = sorted(counts, key=lambda name: (-counts[name], name))[: MOST - 1]
    return [*sorted(largest), OTHERS]


def _places(counts: Counter[str], first: int) -> dict[str, int]:
    """Return the slice of each value: its own, or the last where it has none."""
    shown = {name: first + at for at, name in enumerate(_shown(counts))}
    return {name: shown.get(name, first + len(shown) - 1) for name in counts}
