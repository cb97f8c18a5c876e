"""Other separators between the groups of a number, none at all, or a jumble of them.

The leading plus of a telephone number is no separator and stays. What is read back has the
letters, the digits and the plus, without separators.

>>> write_changed("666-12-3456", Random(2))
'666 - 12 - 3456'
>>> write_dropped("+1 (415) 555-0100", Random(2))
'+14155550100'
>>> write_mixed("666-12-3456", Random(2))
'66/6.12345-6'
"""

from random import Random

from piiforge.disguises.surface import (
    SEPARATOR,
    from_text,
    groups,
    has_number,
    if_text,
    is_breakable,
    on_text,
    pick,
    runs,
)
from piiforge.types import Disguise

# The usual ones twice or more.
SEPARATORS = (".", " ", "-", ".", " ", "-", "/", "_", "·", "–", " - ")

_MIXES: tuple[tuple[str, ...], ...] = (
    *((" ", "-"), (".", "-"), ("-", " ", "."), ("/", "-"), (".", " "), ("-", ".", " ", "/")),
    *(("_", "-"), ("_", "."), ("·", " "), (" ", "–", "-"), ("-", "/", ".")),
)
_UNEVEN = ((3, 1, 4, 2), (1, 4, 2, 3), (2, 3, 1, 4), (4, 1, 2, 5), (1, 2, 4, 3), (2, 1, 5, 3))
_UNEVEN_SHORT = ((1, 2, 1, 1), (2, 1, 1, 1), (1, 1, 2, 1))
_SHORT = 6


def write_changed(text: str, rng: Random) -> str:
    """Write the groups of `text` with one separator that does not occur in it."""
    start = int(rng.random() * len(SEPARATORS))
    turned = SEPARATORS[start:] + SEPARATORS[:start]
    return next((one for one in turned if one not in text), turned[0]).join(groups(text))


def write_dropped(text: str, _rng: Random) -> str:
    """Write `text` without its separators."""
    return drop(text)


def write_mixed(text: str, rng: Random) -> str:
    """Write `text` in groups of uneven size with at least two different separators."""
    body = drop(text)
    sizes = pick(rng, _UNEVEN if len(body) >= _SHORT else _UNEVEN_SHORT)
    mix = pick(rng, _MIXES)
    mixed = _interleave(body, sizes, mix)
    return mixed if mixed != text else _interleave(body, sizes, mix[::-1])


def drop(text: str) -> str:
    """Return the letters, digits and plus signs of `text`."""
    return SEPARATOR.sub("", text)


def _interleave(body: str, sizes: tuple[int, ...], mix: tuple[str, ...]) -> str:
    pieces = []
    at = turn = 0
    while at < len(body):
        if turn:
            pieces.append(mix[turn % len(mix)])
        size = sizes[turn % len(sizes)]
        pieces.append(body[at : at + size])
        at += size
        turn += 1
    return "".join(pieces)


def _has_separators(text: str) -> bool:
    return has_number(text) and len(runs(text)) > 1 and text.isascii()


def _can_change(text: str) -> bool:
    return text.isascii() and has_number(text) and is_breakable(text)


def _can_mix(text: str) -> bool:
    return text.isascii() and has_number(text) and len(drop(text)) > _SHORT - 3


_READ = from_text(drop)

SEP_CHANGED = Disguise(
    "sep_changed",
    "separators",
    on_text(write_changed),
    _READ,
    if_text(_can_change),
    drops_form=True,  # the policy knows an SSN by its dashes or spaces, not by dots or slashes
)
SEP_DROPPED = Disguise(
    "sep_dropped",
    "separators",
    on_text(write_dropped),
    _READ,
    if_text(_has_separators),
    drops_form=True,
)
SEP_MIXED = Disguise(
    "sep_mixed", "separators", on_text(write_mixed), _READ, if_text(_can_mix), drops_form=True
)
ALL = (SEP_CHANGED, SEP_DROPPED, SEP_MIXED)
