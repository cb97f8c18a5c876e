"""One value over two adjacent fields: an address at its @, a number after one of its groups.

Forms do it (three boxes for an SSN, user and domain of a mailbox), and so do loggers that cut long
values. An e-mail address may leave the @ with either half or with none; halves of which the second
is a domain are joined with one.

>>> [part.text for part in SPLIT_FIELDS.apply(Part("jane@example.com"), Random(4))]
['jane', 'example.com']
>>> [part.text for part in SPLIT_FIELDS.apply(Part("666-12-3456"), Random(1))]
['666', '12-3456']
"""

import re
from random import Random

from piiforge.disguises.surface import DIGIT, pick
from piiforge.types import Disguise, Part

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
    "split_fields",
    "split",
    cut,
    join,
    _can_split,
    drops_form=True,
    needs_cue=True,
)
ALL = (SPLIT_FIELDS,)
