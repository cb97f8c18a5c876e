"""Leak-proof splits: nothing that could be learned by heart stands in two of train, val and test.

Families are dealt to the splits before composing (`compose.pools`); here it is kept and proved for
every axis: family, skeleton, drawn value, twin, and the seed or written line that a row was made
from (frame). Documented placeholders are finite, so they may stand in several splits; the
certificate lists how many do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from piiforge.types import FINITE, Example

AXES: Mapping[str, Callable[[Example], Sequence[str]]] = MappingProxyType(
    {
        "family": lambda row: (row.family,),
        "skeleton": lambda row: (row.skeleton,),
        "value": lambda row: row.unique_values,
        "twin": lambda row: (row.twin_id,) if row.twin_id else (),
        "frame": lambda row: (row.frame,) if row.frame else (),
    }
)


@dataclass(slots=True)
class Fence:
    """Remembers which split holds what. Feed rows in one fixed order."""

    held: dict[str, dict[str, str]] = field(default_factory=lambda: {axis: {} for axis in AXES})

    def leak(self, rows: Sequence[Example]) -> str:
        """Say on which axis `rows` (one row or two twins) touch another split, "" if on none."""
        for row in rows:
            for axis, keys in AXES.items():
                if any(self.held[axis].get(key, row.split) != row.split for key in keys(row)):
                    return f"its {axis} stands in another split"
        for row in rows:
            for axis, keys in AXES.items():
                self.held[axis].update(dict.fromkeys(keys(row), row.split))
        return ""


def certify(rows: Iterable[Example]) -> dict[str, object]:
    """Return the leak certificate: for each axis how many keys there are and how many leak."""
    places: dict[str, dict[str, set[str]]] = {axis: {} for axis in AXES}
    finite: dict[str, set[str]] = {}
    for row in rows:
        for axis, keys in AXES.items():
            for key in keys(row):
                places[axis].setdefault(key, set()).add(row.split)
        if row.variant in FINITE and row.values:
            key = f"{row.values[0].category}:{row.values[0].kind}"
            finite.setdefault(key, set()).add(row.split)
    leaks = {axis: sum(len(s) > 1 for s in held.values()) for axis, held in places.items()}
    return {
        "clean": not any(leaks.values()),
        "axes": {
            axis: {"keys": len(held), "in_two_splits": leaks[axis]} for axis, held in places.items()
        },
        "exempt": sorted(key for key, splits in finite.items() if len(splits) > 1),
    }
