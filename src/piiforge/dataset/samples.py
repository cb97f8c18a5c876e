"""Rows to look at: picked by rule, so that the same set always shows the same ones.

Within a category they are spread over the variants, then over events, languages and splits. Which
variants come first turns from category to category, so that the page as a whole shows them all.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from piiforge.types import Cue, Dropped, Example, Span

EASY = frozenset({"other", "absent", "benign"})  # negatives that resemble nothing
_HELD = 8  # candidates kept of each category, label, variant and split
_PAIR_LENGTH = 700  # characters; longer twins are shown only where there are no shorter ones
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_ISLAND = 8  # an equal stretch of so few characters between two differences is shown as one


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows shown of one category."""

    category: str
    positives: tuple[Example, ...]
    negatives: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """A positive and the negative that differs from it in one thing, with what differs."""

    positive: Example
    negative: Example
    in_positive: tuple[Span, ...]
    in_negative: tuple[Span, ...]


def choose(rows: Iterable[Example], categories: Iterable[str], each: int = 4) -> list[Choice]:
    """Return for each category up to `each` positives and hard negatives, evenly over variants."""
    cells: dict[tuple[str, bool], dict[str, list[Example]]] = {}
    held: Counter[tuple[str, bool, str, str]] = Counter()
    for row in rows:
        label = row.verdict.is_sensitive
        place = (row.category, label, row.variant, row.split)
        if held[place] < _HELD and (label or row.variant not in EASY):
            held[place] += 1
            cells.setdefault(place[:2], {}).setdefault(row.variant, []).append(row)
    return [
        Choice(
            category,
            _spread(cells.get((category, True), {}), each, turn),
            _spread(cells.get((category, False), {}), each, turn),
        )
        for turn, category in enumerate(categories)
    ]


def twins(rows: Iterable[Example], pairs: int = 10) -> list[Twins]:
    """Return up to `pairs` pairs, going round the categories, the reasons as various as can be."""
    waiting: dict[str, Example] = {}
    found: dict[str, list[tuple[Example, Example]]] = {}
    for row in rows:
        if not row.twin_id:
            continue
        other = waiting.pop(row.twin_id, None)
        if other is None:
            waiting[row.twin_id] = row
        elif other.verdict.is_sensitive != row.verdict.is_sensitive:
            first, second = (row, other) if row.verdict.is_sensitive else (other, row)
            found.setdefault(row.category, []).append((first, second))
    return [_compared(*pair) for pair in _round_robin(found, pairs)]


def examples(dropped: Iterable[Dropped], each: int = 3) -> dict[str, list[Dropped]]:
    """Return up to `each` dropped rows a reason, of different categories where there are any."""
    held: dict[str, list[Dropped]] = {}
    for one in dropped:
        held.setdefault(one.reason, []).append(one)
    return {reason: _various(ones)[:each] for reason, ones in held.items()}


def differing(first: str, second: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the stretches of two texts that differ, by words.

    >>> differing("sku=666-12", "ssn=666-12")
    ((Span(start=0, end=3),), (Span(start=0, end=3),))
    """
    places = [
        [(found.start(), found.end()) for found in _WORD.finditer(t)] for t in (first, second)
    ]
    old = [first[start:end] for start, end in places[0]]
    new = [second[start:end] for start, end in places[1]]
    blocks: list[list[int]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if blocks and len("".join(old[blocks[-1][1] : a])) <= _ISLAND:
            blocks[-1][1], blocks[-1][3] = b, d
        else:
            blocks.append([a, b, c, d])
    left = tuple(Span(places[0][a][0], places[0][b - 1][1]) for a, b, _, _ in blocks if a < b)
    right = tuple(Span(places[1][c][0], places[1][d - 1][1]) for _, _, c, d in blocks if c < d)
    return left, right


def has_subject(row: Example) -> bool:
    """Say whether the first value is what the row is about, not one that stands beside."""
    return bool(row.values) and row.cue is not Cue.NONE and row.variant not in {"absent", "benign"}


def _spread(cells: Mapping[str, Sequence[Example]], each: int, turn: int) -> tuple[Example, ...]:
    """Take one row a variant, going round from the `turn`th step on, until there are `each`."""
    names = sorted(cells)
    picked: list[Example] = []
    used: Counter[str] = Counter()
    for step in range(each * 2):
        if len(picked) == each or not names:
            break
        name = names[(turn * each + step) % len(names)]
        free = [row for row in cells[name] if row not in picked]
        if free:
            best = min(free, key=lambda row: (sum(used[place] for place in _places(row)), row.id))
            used.update(_places(best))
            picked.append(best)
    return tuple(picked)


def _places(row: Example) -> tuple[str, str, str]:
    return row.event, row.language, row.split


def _round_robin(
    found: Mapping[str, list[tuple[Example, Example]]], wanted: int
) -> list[tuple[Example, Example]]:
    picked: list[tuple[Example, Example]] = []
    used: Counter[str] = Counter()
    left = {category: list(pairs) for category, pairs in sorted(found.items())}
    while len(picked) < wanted and any(left.values()):
        for pairs in left.values():
            if not pairs or len(picked) == wanted:
                continue
            best = min(
                pairs,
                key=lambda pair: (
                    len(pair[0].content) > _PAIR_LENGTH,
                    used[pair[1].variant] + used[pair[1].language],
                    pair[1].id,
                ),
            )
            pairs.remove(best)
            used.update((best[1].variant, best[1].language))
            picked.append(best)
    return picked


def _compared(positive: Example, negative: Example) -> Twins:
    return Twins(positive, negative, *differing(positive.content, negative.content))


def _various(ones: Sequence[Dropped]) -> list[Dropped]:
    """Bring the first of each category to the front, the order otherwise kept."""
    firsts: dict[str, int] = {}
    for at, one in enumerate(ones):
        firsts.setdefault(one.example.category, at)
    chosen = set(firsts.values())
    rest = [one for at, one in enumerate(ones) if at not in chosen]
    return [*(ones[at] for at in firsts.values()), *rest]
