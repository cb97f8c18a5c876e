"""Disguises: the ways in which people and software write a value, each with its inverse.

A `Disguise` (see `piiforge.types`) rewrites one part of a value; `write` puts several over each
other and `read_back` takes them off. To add one, write a record in the `ALL` at the foot of its
module; a new group gets its place in `GROUPS` and, if others may be worn over it, in `_AFTER`.

Order matters: a value is split first, then respelled, then set in other characters, then encoded.
`may_follow` holds that order, and leaves out what no one would write (base64 of base64, Arabic
digits in an English sentence) and pairs of which the first may leave nothing for the second. After
a split the rest apply to each half. A part that a disguise does not fit stays as it is.

>>> from piiforge.types import Part
>>> get("sep_dropped").apply(Part("666-12-3456"), Random(1))[0].text
'666123456'
>>> worn = (get("sep_changed"), get("percent_twice"))
>>> parts = write((Part("666-12-3456"),), worn, Random(1))
>>> read_back(parts, worn), restores(worn)
(('666123456',), 'key')
"""

from collections.abc import Sequence
from itertools import combinations
from random import Random

from piiforge.disguises import characters, email, phone, separators, spelled
from piiforge.errors import UnknownName
from piiforge.rng import words
from piiforge.types import Disguise, Part

__all__ = [
    "ALL",
    "CATEGORY_OF",
    "GROUPS",
    "get",
    "may_follow",
    "read_back",
    "restores",
    "takes",
    "write",
]

GROUPS = words(
    "plain separators encoded spelled mixed digits invisible split mask email_at_dot "
    "email_at_dot_other phone_writing phone_extras phone_vanity"
)
ALL: tuple[Disguise, ...] = tuple(
    sorted(
        (*separators.ALL, *characters.ALL, *spelled.ALL, *email.ALL, *phone.ALL),
        key=lambda disguise: GROUPS.index(disguise.group),
    )
)
_BY_NAME = {disguise.name: disguise for disguise in ALL}
CATEGORY_OF: dict[str, str] = {
    **{disguise.name: "email" for disguise in email.ALL},
    **{disguise.name: "phone" for disguise in phone.ALL},
    "mask_first6_last4": "credit_card",
}

# The groups that may be worn over one of a group
_AFTER = {
    group: frozenset(words(others))
    for group, others in {
        "split": "separators spelled mixed digits invisible encoded",
        "phone_writing": "phone_extras phone_vanity separators spelled mixed digits invisible "
        "encoded",
        "separators": "digits invisible encoded",
        **dict.fromkeys(words("digits phone_extras phone_vanity"), "invisible encoded"),
        **dict.fromkeys(
            words("invisible spelled mixed mask email_at_dot email_at_dot_other"), "encoded"
        ),
    }.items()
}
_ALSO = ("json_escape", "percent")
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


def get(name: str) -> Disguise:
    """Return the disguise called `name`.

    Raises:
        UnknownName: there is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownName("disguise", name, _BY_NAME) from None


def may_follow(first: Disguise, second: Disguise) -> bool:
    """Say whether `second` may be worn over `first`. An undisguised value stands alone."""
    pair = (first.name, second.name)
    return pair == _ALSO or (second.group in _AFTER.get(first.group, ()) and pair not in _NEVER)


def takes(parts: Sequence[Part], disguises: Sequence[Disguise]) -> bool:
    """Say whether `disguises` may be worn in this order by a value with these parts.

    Every one must fit every part as drawn, and every pair must go together: then `write` and
    `read_back` are sure to work.
    """
    if not all(may_follow(first, second) for first, second in combinations(disguises, 2)):
        return False
    return all(disguise.fits(part) for disguise in disguises for part in parts)


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
