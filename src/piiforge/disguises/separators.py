"""Other separators between the groups of a number, none at all, or a jumble of them.

The leading plus of a telephone number is no separator and stays. What is read back has the
letters, the digits and the plus, without separators.

>>> write_changed("666-12-3456", Random(2))
'666 - 12 - 3456'
>>> write_dropped("+1 (415) 555-0100", Random(2))
'+14155550100'
>>> write_mixed("666-12-3456", Random(2))
'66/6.12345-6'

>>> CANONICAL.apply(Part("666-12-3456"), Random(1))[0].text
'666-12-3456'

>>> [part.text for part in SPLIT_FIELDS.apply(Part("jane@example.com"), Random(4))]
['jane', 'example.com']
>>> [part.text for part in SPLIT_FIELDS.apply(Part("666-12-3456"), Random(1))]
['666', '12-3456']
"""

import re
from random import Random

from piiforge.disguises.surface import (
    DIGIT,
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
from piiforge.types import Disguise, Part

# The value as drawn. It stands in every table of disguises, so that no table has a special case.


def keep(part: Part, _rng: Random) -> tuple[Part, ...]:
    """Return the part as it is."""
    return (part,)


def text_of(parts: tuple[Part, ...]) -> str:
    """Return the text of the only part."""
    return parts[0].text


def is_written(part: Part) -> bool:
    """Say whether there is anything to write."""
    return bool(part.text)


CANONICAL = Disguise("canonical", "plain", keep, text_of, is_written, restores="text")


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
SEPARATED = (SEP_CHANGED, SEP_DROPPED, SEP_MIXED)


# One value over two adjacent fields: an address at its @, a number after one of its groups.
#
# Forms do it (three boxes for an SSN, user and domain of a mailbox), and so do loggers that cut
# long values. An e-mail address may leave the @ with either half or with none; halves of which
# the second is a domain are joined with one.


_DOMAIN = re.compile(r"[^\s@]+\.(?:xn--[A-Za-z0-9-]+|[^\W\d_]{2,})")
_BETWEEN_GROUPS = re.compile(r"(?<=[A-Za-z0-9)])[^A-Za-z0-9()]+(?=[(A-Za-z0-9])")
# Eight letters and digits, so that one half has enough left for another disguise.
_LONG = re.compile(r"(?:[^\W_][\W_]*){8}")
_TO_LAST_DIGIT = re.compile(".*[0-9]", re.DOTALL)


def cut(part: Part, rng: Random) -> tuple[Part, ...]:
    """Return the two halves of a part, with the roles first and second."""
    halves = _cut_address(part.text, rng) if "@" in part.text else _cut_number(part.text, rng)
    return Part(halves[0], "first"), Part(halves[1], "second")


def join(parts: tuple[Part, ...]) -> str:
    """Return the halves as one text, with an @ between them where they are an address."""
    first, second = parts[0].text, parts[1].text
    if "@" in first or "@" in second or _DOMAIN.fullmatch(second) is None:
        return first + second
    return f"{first}@{second}"


def _cut_address(text: str, rng: Random) -> tuple[str, str]:
    user, _, domain = text.partition("@")
    style = rng.random()
    if style < 0.6:
        return user, domain
    return (user + "@", domain) if style < 0.7 else (user, "@" + domain)


def _cut_number(text: str, rng: Random) -> tuple[str, str]:
    """Cut `text` where a group ends, the separator left out; with one group, near the middle."""
    low, high = _range_of_cuts(text)
    places = [found.span() for found in _BETWEEN_GROUPS.finditer(text)]
    places = [place for place in places if low <= place[0] and place[1] <= high]
    if not places:
        middle = len(text) // 2 + pick(rng, (-1, 0, 0, 1))
        middle = min(max(middle, low), high)
        places = [(middle, middle)]
    start, end = pick(rng, places)
    return text[:start], text[end:]


def _range_of_cuts(text: str) -> tuple[int, int]:
    """Return the first and last place where both halves get a digit and two characters."""
    first, last = DIGIT.search(text), _TO_LAST_DIGIT.match(text)
    if first is None or last is None:
        return 1, 0
    return max(2, first.end()), min(len(text) - 2, last.end() - 1)


def _can_split(part: Part) -> bool:
    text = part.text
    if part.role != "value":
        return False
    if "@" in text:
        user, _, domain = text.partition("@")
        return bool(user) and _DOMAIN.fullmatch(domain) is not None
    if _LONG.search(text) is None or _DOMAIN.fullmatch(text):
        return False
    low, high = _range_of_cuts(text)
    return low <= high


SPLIT_FIELDS = Disguise(
    "split_fields", "split", cut, join, _can_split, drops_form=True, needs_cue=True
)
SPLIT = (SPLIT_FIELDS,)
