"""How a text falls into groups, and other separators between them, none at all, or a jumble.

A run is an unbroken stretch of letters and digits, with the plus sign before it if there is one.
Groups are what a person would say or write between two pauses: the runs of a text that has
separators, else its one run cut to the usual sizes. The leading plus of a telephone number is no
separator and stays. What is read back has the letters, the digits and the plus, without separators.

A value may also stand in two adjacent fields, an address cut at its @, a number after one of its
groups: forms do it (three boxes for an SSN, user and domain of a mailbox), and so do loggers that
cut long values.

>>> groups("(415) 555-0100")
['415', '555', '0100']
>>> groups("+14155550100")
['+1', '415', '555', '0100']
>>> groups("4242424242424242")
['4242', '4242', '4242', '4242']

>>> write_changed("666-12-3456", Random(2))
'666 - 12 - 3456'
>>> write_mixed("666-12-3456", Random(2))
'66/6.12345-6'
>>> drop("+1 (415) 555-0100")
'+14155550100'

>>> [part.text for part in cut(Part("jane@example.com"), Random(4))]
['jane', 'example.com']
>>> [part.text for part in cut(Part("666-12-3456"), Random(1))]
['666', '12-3456']
"""

import re
from collections.abc import Callable, Iterable
from itertools import cycle, repeat
from random import Random

from piiforge.rng import pick, words
from piiforge.types import Disguise, Part

DIGIT = re.compile("[0-9]")

_SEPARATOR = re.compile(r"[^A-Za-z0-9+]+")
_RUN = re.compile(r"[+＋]?[^\W_]+")
_HEAD = re.compile(r"[+＋](?:[17]|.{1,2})|[A-Za-z]+(?=[0-9])")  # country code, letter prefix
_BREAKABLE = re.compile(r"[^\W_]{4}|[^\W_][\W_]+[^\W_]")

# Usual sizes by length: telephone numbers (7, 10, 11), Amex and Diners cards (15, 14), fours.
_SIZES = {
    sum(sizes): sizes
    for sizes in (
        tuple(map(int, word))
        for word in words("22 23 33 34 44 333 334 344 444 4333 464 465 4444 4445 44442 44443")
    )
}

# The usual ones twice or more.
_SEPARATORS = (".", " ", "-", ".", " ", "-", "/", "_", "·", "–", " - ")
_MIXES: tuple[tuple[str, ...], ...] = (
    *((" ", "-"), (".", "-"), ("-", " ", "."), ("/", "-"), (".", " "), ("-", ".", " ", "/")),
    *(("_", "-"), ("_", "."), ("·", " "), (" ", "–", "-"), ("-", "/", ".")),
)
_UNEVEN = ((3, 1, 4, 2), (1, 4, 2, 3), (2, 3, 1, 4), (4, 1, 2, 5), (1, 2, 4, 3), (2, 1, 5, 3))
_UNEVEN_SHORT = ((1, 2, 1, 1), (2, 1, 1, 1), (1, 1, 2, 1))
_SHORT = 6

_DOMAIN = re.compile(r"[^\s@]+\.(?:xn--[A-Za-z0-9-]+|[^\W\d_]{2,})")
_BETWEEN_GROUPS = re.compile(r"(?<=[A-Za-z0-9)])[^A-Za-z0-9()]+(?=[(A-Za-z0-9])")
# Eight letters and digits, so that one half has enough left for another disguise.
_LONG = re.compile(r"(?:[^\W_][\W_]*){8}")
_TO_LAST_DIGIT = re.compile(".*[0-9]", re.DOTALL)


def runs(text: str) -> list[str]:
    """Return the stretches of letters and digits in `text`, in order."""
    return _RUN.findall(text)


def groups(text: str, whole: int = 3) -> list[str]:
    """Return the groups of `text`; a single run of up to `whole` characters is not cut."""
    found = runs(text)
    if len(found) != 1 or len(found[0]) <= whole:
        return found
    run = found[0]
    head = _HEAD.match(run)
    at = head.end() if head else 0
    sizes = _SIZES.get(len(run) - at) or repeat(4)
    return ([run[:at]] if head else []) + _pieces(run[at:], sizes)


def _pieces(text: str, sizes: Iterable[int]) -> list[str]:
    """Return `text` cut into pieces of these sizes, as far as it reaches."""
    found, at = [], 0
    for size in sizes:
        if at >= len(text):
            break
        found.append(text[at : at + size])
        at += size
    return found


def has_number(text: str) -> bool:
    """Say whether `text` has an ASCII digit and is no e-mail address."""
    return "@" not in text and DIGIT.search(text) is not None


def is_breakable(text: str) -> bool:
    """Say whether `text` falls, or can be cut, into two groups or more."""
    return _BREAKABLE.search(text) is not None


def of_text(
    name: str,
    group: str,
    write: Callable[[str, Random], str],
    read: Callable[[str], str],
    fits: Callable[[str], bool],
    **more: str | bool | Callable[[Part], bool],
) -> Disguise:
    """Make a disguise of functions of a text; the role stays. `more` are its other fields."""
    return Disguise(
        name,
        group,
        lambda part, rng: (Part(write(part.text, rng), part.role),),
        lambda parts: read(parts[0].text),
        lambda part: fits(part.text),
        **more,  # type: ignore[arg-type]  # by their names
    )


def write_changed(text: str, rng: Random) -> str:
    """Write the groups of `text` with one separator that does not occur in it."""
    start = int(rng.random() * len(_SEPARATORS))
    turned = _SEPARATORS[start:] + _SEPARATORS[:start]
    return next((one for one in turned if one not in text), turned[0]).join(groups(text))


def write_mixed(text: str, rng: Random) -> str:
    """Write `text` in groups of uneven size with at least two different separators."""
    body = drop(text)
    sizes = pick(_UNEVEN if len(body) >= _SHORT else _UNEVEN_SHORT, rng)
    mix = pick(_MIXES, rng)
    mixed = _interleave(body, sizes, mix)
    return mixed if mixed != text else _interleave(body, sizes, mix[::-1])


def drop(text: str) -> str:
    """Return the letters, digits and plus signs of `text`."""
    return _SEPARATOR.sub("", text)


def _interleave(body: str, sizes: tuple[int, ...], mix: tuple[str, ...]) -> str:
    first, *others = _pieces(body, cycle(sizes))
    return first + "".join(
        [f"{sign}{piece}" for sign, piece in zip(cycle(mix[1:] + mix[:1]), others)]
    )


def _has_separators(text: str) -> bool:
    return has_number(text) and len(runs(text)) > 1 and text.isascii()


def _can_change(text: str) -> bool:
    return text.isascii() and has_number(text) and is_breakable(text)


def _can_mix(text: str) -> bool:
    return text.isascii() and has_number(text) and len(drop(text)) > _SHORT - 3


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
        middle = len(text) // 2 + pick((-1, 0, 0, 1), rng)
        middle = min(max(middle, low), high)
        places = [(middle, middle)]
    start, end = pick(places, rng)
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


def _separated(
    name: str, write: Callable[[str, Random], str], fits: Callable[[str], bool]
) -> Disguise:
    return of_text(name, "separators", write, drop, fits, drops_form=True)


ALL = (
    of_text("canonical", "plain", lambda text, _rng: text, str, bool, restores="text"),
    # The policy knows an SSN by its dashes or spaces, not by dots or slashes.
    _separated("sep_changed", write_changed, _can_change),
    _separated("sep_dropped", lambda text, _rng: drop(text), _has_separators),
    _separated("sep_mixed", write_mixed, _can_mix),
    Disguise("split_fields", "split", cut, join, _can_split, drops_form=True, needs_cue=True),
)
