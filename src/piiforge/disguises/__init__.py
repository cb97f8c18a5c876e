"""Disguises: the ways in which people and software write a value, each with its inverse.

A `Disguise` (see `piiforge.types`) rewrites one part of a value; `write` puts several over each
other and `read_back` takes them off. To add one: write a record at the foot of its module, name it
in the module's `ALL` and, if only one category can wear it, in `CATEGORY_OF`.

>>> from random import Random
>>> from piiforge.types import Part
>>> get("sep_dropped").apply(Part("666-12-3456"), Random(1))[0].text
'666123456'
"""

from piiforge.disguises import characters, email, encodings, phone, separators, spelled
from piiforge.disguises.surface import may_follow, read_back, restores, takes, write
from piiforge.errors import UnknownName
from piiforge.types import Disguise

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


ALL: tuple[Disguise, ...] = (
    separators.CANONICAL,
    *separators.SEPARATED,
    *encodings.ALL,
    *spelled.WORDS,
    *spelled.MIXED,
    *characters.DIGITS,
    *characters.INVISIBLE,
    *separators.SPLIT,
    *characters.MASKS,
    *email.ALL,
    *phone.WRITINGS,
    *phone.EXTRAS,
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(disguise.group for disguise in ALL))
CATEGORY_OF: dict[str, str] = {
    **{disguise.name: "email" for disguise in email.ALL},
    **{disguise.name: "phone" for disguise in phone.WRITINGS + phone.EXTRAS},
    characters.MASK_FIRST6_LAST4.name: "credit_card",
}
_BY_NAME = {disguise.name: disguise for disguise in ALL}


def get(name: str) -> Disguise:
    """Return the disguise called `name`.

    Raises:
        UnknownName: there is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownName("disguise", name, _BY_NAME) from None
