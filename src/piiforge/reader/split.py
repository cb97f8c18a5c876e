"""Values written over adjacent fields: `k1=123&k2=45-6789`, a mailbox beside its domain.

>>> [field.key for field in fields_of('{"ssn1": "000", "ssn2": "123456"} a=1&b=2')]
['ssn1', 'ssn2', 'a', 'b']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from piiforge.reader.cues import CONFIRMING, cue_of
from piiforge.reader.fields import Place
from piiforge.reader.folding import fold
from piiforge.reader.lexicon import may_name
from piiforge.types import Cue

_FIELD = re.compile(
    r"""(?<![\w.\-\[\]])([A-Za-z_\u3400-\u9fff][\w.\-\[\]]{0,47}+)["']?\s?[=:>]\s?["']?([^\s"'&,;=<>{}|]{1,64}+)"""
)
_DIGITS = re.compile(r"""[=:>]["' ]{0,2}([A-Za-z]?[+(]?[0-9][0-9\-.()/ ]{0,14}+)(?![\w:*•])""")
_KEY_REVERSED = re.compile(r"""["' ]{0,2}+([\w.\-\[\]]{1,48})""")
_NAMED = re.compile(
    r"""(?i)(?:name|field|key|label|id)["']?\s?[=:]\s?["']?([\w.\-\[\] ]{1,48}+)"""
    r"""["']?[\s,]{1,3}(?:type="?\w+"? )?["']?value["']?\s?[=:]\s?["']?([^\s"'&,;=<>{}|]{1,64})"""
)
_HOSTS = re.compile(r"(?i)domain|host|dominio|domaine|provider|server|域名|proveedor|site")
_USERS = re.compile(
    r"(?i)user|local|mailbox|account|name|usuario|buz[oó]n|utilisateur|compte|用户|邮箱|login|alias"
)
_TOTALS = {
    "ssn": range(9, 10),
    "itin": range(9, 10),
    "credit_card": range(13, 20),
    "phone": range(8, 16),
    "passport": range(8, 10),
    "drivers_license": range(7, 10),
    "member_id": range(6, 21),
}
_NEARBY = 4000
_MOST_APART = 40
"""How far apart, in characters, the fields of one value may stand."""


@dataclass(frozen=True, slots=True)
class Field:
    """A key and its short value; offsets are those of the value, half-open."""

    key: str
    value: str
    start: int
    end: int


def fields_of(text: str, *, digits: bool = False) -> list[Field]:
    """Return the fields of a text in order: form, JSON, markup and name/value objects.

    `digits`: only those whose short value is made of digits and their separators.
    """
    if "value" in text:
        named = [Field(match[1], match[2], *match.span(2)) for match in _NAMED.finditer(text)]
        if len(named) > 1:
            return [field for field in named if _mostly_digits(field.value) or not digits]
    if digits:
        return list(_digit_fields(text))
    return [Field(match[1], match[2], *match.span(2)) for match in _FIELD.finditer(text)]


def _digit_fields(text: str) -> Iterator[Field]:
    """Yield the fields with short numbers, found by their values: these are few."""
    for match in _DIGITS.finditer(text):
        key = _KEY_REVERSED.match(text[max(0, match.start() - 50) : match.start()][::-1])
        if key is not None and not key[1].isdigit():
            yield Field(key[1][::-1], match[1], *match.span(1))


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or three adjacent fields taken as one value, and the cue of their keys."""

    text: str
    keys: tuple[str, ...]
    cue: Cue
    start: int
    end: int


def joined(text: str, category: str) -> Iterator[Joined]:
    """Yield neighbours whose keys may name halves of one value of `category`."""
    known: dict[str, Cue] = {}
    for group in _groups(text, category):
        for field in group:
            if field.key not in known:
                place = Place(field.key, "", "", "")
                known[field.key] = cue_of(place, category, text[:_NEARBY])
        cue = _common_cue([known[field.key] for field in group])
        if category == "email" and cue is Cue.NEUTRAL and not _halves_named(group):
            continue
        if cue is Cue.CONFIRM or category == "email":
            value = (_address if category == "email" else "".join)([one.value for one in group])
            keys = tuple(field.key for field in group)
            yield Joined(value, keys, cue, group[0].start, group[-1].end)


def _groups(text: str, category: str) -> Iterator[list[Field]]:
    """Yield two or three fields that stand together and have the form of one value."""
    folded = fold(text)
    if category == "email":
        if "@" in text or _HOSTS.search(folded):
            for group in pairwise(fields_of(text)):
                if _stand_together(*group) and _address([field.value for field in group]):
                    yield list(group)
        return
    if not may_name(CONFIRMING[category], folded):
        return
    totals = _TOTALS[category]
    most = max(totals.start, 8)
    fields = fields_of(text, digits=True)
    counts = [sum(map(str.isdigit, field.value)) for field in fields]
    for at in range(len(fields)):
        total, last = counts[at], at + 1
        while last < min(at + 3, len(fields)) and max(counts[last - 1], counts[last]) < most:
            if not _stand_together(fields[last - 1], fields[last]):
                break
            total += counts[last]
            last += 1
            if total in totals:
                yield fields[at:last]


def _stand_together(before: Field, after: Field) -> bool:
    return after.start - before.end <= _MOST_APART


def _common_cue(cues: list[Cue]) -> Cue:
    """Return what the keys of a group say together: any that names another thing spoils it."""
    for spoiling in (Cue.VETO, Cue.MISLEADING):
        if spoiling in cues:
            return spoiling
    return Cue.CONFIRM if Cue.CONFIRM in cues else Cue.NEUTRAL


def _mostly_digits(half: str) -> bool:
    digits = sum(map(str.isdigit, half))
    return 0 < digits <= 12 and len(half) - digits <= 5 and not any(map(_is_mask, half))


def _is_mask(character: str) -> bool:
    return character in "*•#xX●"


def _address(halves: list[str]) -> str:
    """Put an address together: its halves, or a mailbox and a domain."""
    whole = "".join(halves)
    if whole.count("@") == 1:
        return whole if "@" not in halves[0][1:-1] or halves[-1].startswith(".") else ""
    return "@".join(halves) if len(halves) == 2 and "." in halves[1] and "@" not in whole else ""


def _halves_named(group: list[Field]) -> bool:
    return bool(_USERS.search(group[0].key) and _HOSTS.search(group[-1].key))
