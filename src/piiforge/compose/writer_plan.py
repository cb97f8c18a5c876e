"""What is asked for: the cells of the coverage matrix, their targets, and the calls of a round.

A cell is category x cue x language x event. Every round asks for what is still missing, cell by
cell, the thinnest first, and nothing else decides: the same answers so far give the same calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from piiforge.compose.quotas import apportion, evenly, spread
from piiforge.compose.written import nouns_of
from piiforge.rng import digest
from piiforge.types import Cue

POSITIVE, CONFUSER = "positive", "confuser"
SIDES: Mapping[str, tuple[Cue, ...]] = {
    POSITIVE: (Cue.CONFIRM, Cue.NEUTRAL),
    CONFUSER: (Cue.VETO, Cue.NONE),
}
_NOUNS_A_CELL = 3  # how many nouns a call is to use for one cell


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the coverage matrix."""

    category: str
    cue: Cue
    language: str
    event: str

    @property
    def name(self) -> str:
        """How reports name it: "ssn/confirm/en/xhr"."""
        return f"{self.category}/{self.cue}/{self.language}/{self.event}"


@dataclass(frozen=True, slots=True)
class Order:
    """So many lines of one cell; `noun` under a veto, else ""."""

    cell: Cell
    noun: str
    count: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the model: the lines of one side of one category that it is to write."""

    name: str
    category: str
    side: str
    orders: tuple[Order, ...]

    @property
    def lines(self) -> int:
        """How many lines it asks for."""
        return sum(order.count for order in self.orders)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many lines a category, and their shares by cue, language and event (each sums to 1)."""

    categories: tuple[str, ...]
    lines: int
    cues: Mapping[Cue, float]
    languages: Mapping[str, float]
    events: Mapping[str, float]


def targets(wanted: Wanted) -> dict[Cell, int]:
    """Return how many lines each cell is to have; cells without any are left out.

    In each category the sums by cue, by language and by event are met exactly.
    """
    found: dict[Cell, int] = {}
    cues = apportion(wanted.lines, {cue.value: share for cue, share in wanted.cues.items()})
    languages = apportion(wanted.lines, wanted.languages)
    events = apportion(wanted.lines, wanted.events)
    for category in wanted.categories:
        spoken = spread(cues, languages, _any, name=f"{category} by language")
        rows = {f"{cue} {language}": count for (cue, language), count in spoken.items()}
        table = spread(rows, events, _any, name=f"{category} by event")
        for (row, event), count in table.items():
            cue, language = row.split(" ")
            if count:
                found[Cell(category, Cue(cue), language, event)] = count
    return {cell: found[cell] for cell in sorted(found, key=_place)}


def calls_of(
    number: int, wanted: Mapping[Cell, int], have: Mapping[Cell, int], most: int
) -> list[Call]:
    """Return the calls of round `number`: all that is missing, at most `most` lines a call.

    Categories and sides take turns, so that a budget that ends early leaves an even set.
    """
    missing = {cell: count - have.get(cell, 0) for cell, count in wanted.items()}
    lanes: list[list[Call]] = []
    for category in dict.fromkeys(cell.category for cell in wanted):
        for side, cues in SIDES.items():
            cells = [
                cell
                for cell, count in missing.items()
                if count > 0 and cell.category == category and cell.cue in cues
            ]
            cells.sort(key=lambda cell: (have.get(cell, 0) / wanted[cell], cell.language))
            orders = [order for cell in cells for order in _orders(cell, missing[cell], number)]
            lanes.append(_packed(orders, f"round-{number}/{category}/{side}", most))
    turns = zip_longest(*lanes)
    return [call for turn in turns for call in turn if call is not None]


def _orders(cell: Cell, count: int, number: int) -> list[Order]:
    if cell.cue is not Cue.VETO:
        return [Order(cell, "", count)]
    nouns = nouns_of(cell.category)
    start = digest(cell.name, number) % len(nouns)
    turned = (*nouns[start:], *nouns[:start])[: min(count, _NOUNS_A_CELL)]
    return [Order(cell, noun, share) for noun, share in evenly(count, turned).items() if share]


def _packed(orders: Sequence[Order], name: str, most: int) -> list[Call]:
    """Cut orders, in their sequence, into calls of at most `most` lines of nearly one size."""
    total = sum(order.count for order in orders)
    sizes = evenly(total, [str(at) for at in range(-(-total // most))])
    waiting = list(orders)
    return [_call(f"{name}/{at}", _taken(waiting, size)) for at, size in enumerate(sizes.values())]


def _taken(waiting: list[Order], size: int) -> tuple[Order, ...]:
    """Take orders of `size` lines in all from the front, cutting the last in two if need be."""
    taken: list[Order] = []
    left = size
    while left:
        order = waiting.pop(0)
        fits = min(left, order.count)
        taken.append(Order(order.cell, order.noun, fits))
        if order.count > fits:
            waiting.insert(0, Order(order.cell, order.noun, order.count - fits))
        left -= fits
    return tuple(taken)


def _call(name: str, orders: tuple[Order, ...]) -> Call:
    return Call(name, orders[0].cell.category, name.split("/")[2], orders)


def _place(cell: Cell) -> tuple[str, str, str, str]:
    return cell.category, cell.cue.value, cell.language, cell.event


def _any(_row: str, _column: str) -> bool:
    return True
