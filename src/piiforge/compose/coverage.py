"""Pairwise coverage: how much of what can stand together does stand together.

Most mistakes of a model come from two things that it never saw in one row: a language and a
disguise, a cue and an event. The axes are those of `AXES`; the pairs that can exist are read off
the rules by which `plan` makes cells, and not off the rows: which disguises, cues and kinds a
category has, which language a disguise is bound to, what can be said in a chat, which value needs a
key beside it. A language or event that the recipe gives no share can't exist. Not asked is how many
rows there are: in a small set pairs lack that would need more of them.

A row's carrier is not written down. It is told by the event and the family: a conversation in a
chat, fields where the family names a scenario behind its format, else a sentence. A whole line of a
seed or of a language model counts as a sentence; what the rules don't know is not counted at all.

Source:
    Kuhn, Wallace & Gallo 2004, Software fault interactions and implications for software testing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as pairs_of
from typing import NamedTuple

from piiforge.compose.plan import Cell, Order, needs_fields
from piiforge.compose.spec import (
    CHAT,
    FIELDS,
    TEXT,
    TURNS,
    combinations,
    needs_no_cue,
    negative_kinds,
    positive_groups,
)
from piiforge.types import COMBINED, Category, Cue, Example


class Place(NamedTuple):
    """Where a row stands: its value on each axis."""

    category: str
    label: str
    variant: str
    language: str
    event: str
    cue: str
    carrier: str


AXES = Place._fields
_LABELS = ("negative", "positive")
_Pairs = Mapping[str, set[tuple[str, str]]]  # by two axes ("cue, event"), the value on each


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many pairs of values can exist and how many of them occur, by two axes ("cue, event")."""

    possible: dict[str, int]
    there: dict[str, int]

    @property
    def share(self) -> float:
        """The share of the pairs that occur, over all axes, 0 to 1; 1 where none can exist."""
        total = sum(self.possible.values())
        return sum(self.there.values()) / total if total else 1.0


def coverage(rows: Iterable[Example], order: Order, categories: Sequence[Category]) -> Coverage:
    """Return which pairs of values occur in `rows`, of those that `order` makes possible."""
    return coverage_at({place_of(row) for row in rows}, order, categories)


def coverage_at(found: set[Place], order: Order, categories: Sequence[Category]) -> Coverage:
    """Return the same of rows that stand at the places `found`."""
    can, there = _pairs(places(order, categories)), _pairs(found)
    return Coverage(
        {axes: len(pairs) for axes, pairs in can.items()},
        {axes: len(pairs & there[axes]) for axes, pairs in can.items()},
    )


def place_of(row: Example) -> Place:
    """Return where a finished row stands."""
    carrier = TURNS if row.event == CHAT else FIELDS if "/" in row.family else TEXT
    label = _LABELS[row.verdict.is_sensitive]
    return Place(row.category, label, row.variant, row.language, row.event, row.cue.value, carrier)


def places(order: Order, categories: Sequence[Category]) -> set[Place]:
    """Return every place at which the plan could put a row."""
    languages, events = _asked(order.languages), _asked(order.events)
    alike = {  # many cells differ in nothing that a place tells
        (
            *(category.id, _LABELS[label], cell.variant, cue),
            tuple([one for one in languages if cell.speaks(one)]),
            tuple([(one, _carriers(cell, one)) for one in events if cell.happens(one)]),
        )
        for category in categories
        for cell, label, cue in _cells(order, category)
    }
    return {
        Place(category, label, variant, language, event, cue, carrier)
        for category, label, variant, cue, spoken, happening in alike
        for language in spoken
        for event, carriers in happening
        for carrier in carriers
    }


def _cells(order: Order, category: Category) -> Iterator[tuple[Cell, bool, str]]:
    """Yield what a row may be about, with label and cue; language and event not yet decided."""
    asked = order.groups.get(category.id) or order.groups["default"]
    groups = positive_groups(category, tuple(asked), partial_mask=order.partial_mask)
    for group, names in groups.items():
        for name in names:
            cell = Cell(group, "valid", name)
            yield cell, True, Cue.CONFIRM.value
            worn = combinations(category.id, "valid") if name == COMBINED else [(name,)]
            if order.uncued and any(needs_no_cue(category, each) for each in worn):
                yield cell, True, Cue.NEUTRAL.value
    for kinds in negative_kinds(category, partial_mask=order.partial_mask).values():
        for kind in kinds:
            for name in kind.disguises:
                yield Cell(kind.variant, kind.name, name), False, kind.cue.value


def _carriers(cell: Cell, event: str) -> tuple[str, ...]:
    if event == CHAT:
        return (TURNS,)
    if needs_fields(cell.variant, cell.kind, (cell.worn,)):
        return (FIELDS,)
    return (TEXT,) if cell.kind in {"talk", "benign_talk"} else (FIELDS, TEXT)


def _asked(shares: Mapping[str, float]) -> list[str]:
    return [name for name, share in shares.items() if share > 0]


def _pairs(found: Iterable[Place]) -> _Pairs:
    columns = [*zip(*found, strict=True)] or [()] * len(AXES)
    return {
        f"{first}, {second}": set(zip(these, those, strict=True))
        for (first, these), (second, those) in pairs_of(zip(AXES, columns, strict=True), 2)
    }
