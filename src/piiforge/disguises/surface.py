"""What the disguises share: how a text falls into groups, and how functions of text become parts.

A run is an unbroken stretch of letters and digits, with the plus sign before it if there is one.
Groups are what a person would say or write between two pauses: the runs of a text that has
separators, else its one run cut to the usual sizes.

>>> groups("(415) 555-0100")
['415', '555', '0100']
>>> groups("+14155550100")
['+1', '415', '555', '0100']
>>> groups("4242424242424242")
['4242', '4242', '4242', '4242']

>>> from piiforge.disguises import get
>>> worn = (get("sep_changed"), get("percent_twice"))
>>> parts = write((Part("666-12-3456"),), worn, Random(1))
>>> read_back(parts, worn), restores(worn)
(('666123456',), 'key')
"""

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from random import Random
from typing import TypeVar

from piiforge.types import Disguise, Part

Item = TypeVar("Item")

DIGIT = re.compile("[0-9]")
SEPARATOR = re.compile(r"[^A-Za-z0-9+]+")

_RUN = re.compile(r"[+＋]?[^\W_]+")
_LEADING_LETTERS = re.compile(r"[A-Za-z]+(?=[0-9])")
_BREAKABLE = re.compile(r"[^\W_]{4}|[^\W_][\W_]+[^\W_]")
_WORD_OF_FIVE = re.compile("[A-Za-z]{5}")

# Usual sizes by length: telephone numbers (7, 10, 11), Amex and Diners cards (15, 14), fours.
_SIZES: dict[int, tuple[int, ...]] = {
    4: (2, 2),
    5: (2, 3),
    6: (3, 3),
    7: (3, 4),
    8: (4, 4),
    9: (3, 3, 3),
    10: (3, 3, 4),
    11: (3, 4, 4),
    12: (4, 4, 4),
    13: (4, 3, 3, 3),
    14: (4, 6, 4),
    15: (4, 6, 5),
    16: (4, 4, 4, 4),
    17: (4, 4, 4, 5),
    18: (4, 4, 4, 4, 2),
    19: (4, 4, 4, 4, 3),
}


def pick(rng: Random, items: Sequence[Item]) -> Item:
    """Return one of `items`, each as likely; repeat an item to weigh it."""
    return items[int(rng.random() * len(items))]


def runs(text: str) -> list[str]:
    """Return the stretches of letters and digits in `text`, in order."""
    return _RUN.findall(text)


def groups(text: str, whole: int = 3) -> list[str]:
    """Return the groups of `text`; a single run of up to `whole` characters is not cut."""
    found = runs(text)
    if len(found) != 1 or len(found[0]) <= whole:
        return found
    return _cut(found[0])


def has_number(text: str) -> bool:
    """Say whether `text` has an ASCII digit and is no e-mail address."""
    return "@" not in text and DIGIT.search(text) is not None


def is_breakable(text: str) -> bool:
    """Say whether `text` falls, or can be cut, into two groups or more."""
    return _BREAKABLE.search(text) is not None


def is_spellable(text: str) -> bool:
    """Say whether `text` is a number that may be read aloud: ASCII, with no word in it."""
    return text.isascii() and has_number(text) and _WORD_OF_FIVE.search(text) is None


def on_text(write: Callable[[str, Random], str]) -> Callable[[Part, Random], tuple[Part, ...]]:
    """Turn a function that rewrites a text into the `apply` of a disguise; the role stays."""

    def apply(part: Part, rng: Random) -> tuple[Part, ...]:
        return (Part(write(part.text, rng), part.role),)

    return apply


def from_text(read: Callable[[str], str]) -> Callable[[tuple[Part, ...]], str]:
    """Turn a function that reads a text back into the `undo` of a one-part disguise."""

    def undo(parts: tuple[Part, ...]) -> str:
        return read(parts[0].text)

    return undo


def if_text(test: Callable[[str], bool]) -> Callable[[Part], bool]:
    """Turn a test of a text into the `fits` of a disguise."""

    def fits(part: Part) -> bool:
        return test(part.text)

    return fits


def _cut(run: str) -> list[str]:
    head = _head_of(run)
    body = run[head:]
    found = [run[:head]] if head else []
    at = 0
    for size in _SIZES.get(len(body)) or (4,) * (len(body) // 4 + 1):
        if at < len(body):
            found.append(body[at : at + size])
        at += size
    return found or [run]


def _head_of(run: str) -> int:
    """Return how many characters stand before the first cut: a country code or a letter prefix."""
    if run[0] in "+＋":
        return 2 if run[1] in "17" else 3
    letters = _LEADING_LETTERS.match(run)
    return letters.end() if letters else 0


# Several disguises in a row, and back.
#
# Order matters: a value is split first, then respelled, then set in other characters, then
# encoded. `may_follow` holds that order, and leaves out what no one would write (base64 of
# base64, Arabic digits in an English sentence) and pairs of which the first may leave nothing for
# the second. After a split the rest apply to each half. A part that a disguise does not fit stays
# as it is.


_AFTER: dict[str, frozenset[str]] = {
    "split": frozenset(("separators", "spelled", "mixed", "digits", "invisible", "encoded")),
    "phone_writing": frozenset(
        (
            "phone_extras",
            "phone_vanity",
            "separators",
            "spelled",
            "mixed",
            "digits",
            "invisible",
            "encoded",
        )
    ),
    "separators": frozenset(("digits", "invisible", "encoded")),
    "digits": frozenset(("invisible", "encoded")),
    "phone_extras": frozenset(("invisible", "encoded")),
    "phone_vanity": frozenset(("invisible", "encoded")),
    **dict.fromkeys(
        ("invisible", "spelled", "mixed", "mask", "email_at_dot", "email_at_dot_other"),
        frozenset(("encoded",)),
    ),
}
_ALSO = frozenset((("json_escape", "percent"),))
_NEVER = frozenset(
    (
        ("split_fields", "sep_dropped"),  # the cut may have taken the only separator
        ("sep_dropped", "no_break"),  # undoes what was done
        ("international", "vanity"),  # 00 is dialled from where there are no vanity numbers
        ("extension", "no_break"),  # would cut the extension's word off its digits
        ("vanity", "no_break"),
    )
)
_WEAKEST_FIRST = ("visible", "tail", "head", "key", "text")


def may_follow(first: Disguise, second: Disguise) -> bool:
    """Say whether `second` may be worn over `first`. An undisguised value stands alone."""
    pair = (first.name, second.name)
    if pair in _ALSO:
        return True
    return second.group in _AFTER.get(first.group, ()) and pair not in _NEVER


def takes(parts: Sequence[Part], disguises: Sequence[Disguise]) -> bool:
    """Say whether `disguises` may be worn in this order by a value with these parts.

    Every one must fit every part as drawn, and every pair must go together: then `write` and
    `read_back` are sure to work.
    """
    for first, second in combinations(disguises, 2):
        if not may_follow(first, second):
            return False
    return all(all(map(disguise.fits, parts)) for disguise in disguises)


def write(parts: tuple[Part, ...], disguises: Sequence[Disguise], rng: Random) -> tuple[Part, ...]:
    """Write `parts` in `disguises`, one over the other, each on every part that it fits.

    Raises:
        ValueError: a disguise fits none of the parts. It can't happen where `takes` said yes.
    """
    for disguise in disguises:
        written: list[Part] = []
        fitted = False
        for part in parts:
            fits = disguise.fits(part)
            written += disguise.apply(part, rng) if fits else (part,)
            fitted = fitted or fits
        if not fitted:
            raise ValueError(f"{disguise.name} fits none of the parts.")
        parts = tuple(written)
    return parts


def read_back(parts: tuple[Part, ...], disguises: Sequence[Disguise]) -> tuple[str, ...]:
    """Return the texts of a value's parts from what `write` made, as far as `restores` says."""
    for disguise in reversed(disguises):
        if disguise.group == "split":
            parts = (Part(disguise.undo(parts)),)
        else:
            parts = tuple(Part(disguise.undo((part,)), part.role) for part in parts)
    return tuple(part.text for part in parts)


def restores(disguises: Sequence[Disguise]) -> str:
    """Return what `read_back` gives back under all of `disguises`: what the weakest of them does.

    "tail" and "head" together are "tail": an extension is cut off again without a trace.
    """
    return min((one.restores for one in disguises), key=_WEAKEST_FIRST.index, default="text")
