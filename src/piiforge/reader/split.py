"""Values written over adjacent fields: `k1=123&k2=45-6789`, a mailbox beside its domain.

>>> [field.key for field in fields_of('{"ssn1": "000", "ssn2": "123456"} a=1&b=2')]
['ssn1', 'ssn2', 'a', 'b']
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from piiforge.reader.cues import CONFIRMING, Place, cue_of, may_name_twice
from piiforge.reader.folding import fold
from piiforge.types import Cue

_FIELD = re.compile(
    r"""(?<![\w.\-\[\]])([A-Za-z_\u3400-\u9fff][\w.\-\[\]]{0,47}+)["']?\s?[=:>]\s?["']?([^\s"'&,;=<>{}|]{1,64}+)"""
)
_DIGITS = re.compile(r"""[=:>]["' ]{0,2}([A-Za-z]?[+(]?[0-9][0-9\-.()/ ]{0,22}+)(?![\w:*•])""")
_CODES = re.compile(
    r"""[=:>]["' ]{0,2}((?=[A-Za-z\-]{0,8}[0-9])[A-Za-z0-9][A-Za-z0-9\-. ]{0,14}+)(?![\w:*•])"""
)
_KEY_REVERSED = re.compile(r"""["' ]{0,2}+([\w.\-\[\]+ ]{1,48})""")
_NAMED = re.compile(
    r"""(?i)(?:name|field|key|label|id)["']?\s?[=:]\s?["']?([\w.\-\[\] ]{1,48}+)"""
    r"""["']?[\s,]{1,3}(?:type="?\w+"? )?["']?(?:value|content|answer|response)"""
    r"""["']?\s?[=:]\s?["']?([^\s"'&,;=<>{}|]{1,64})"""
)
_VALUE_WORDS = ("value", "content", "answer", "response")
_HOSTS = re.compile(r"(?i)domain|host|dominio|domaine|provider|server|域名|proveedor|site")
_USERS = re.compile(
    r"(?i)user(?!_?id)|local(?!e)|mailbox|account|name|usuario|buz[oó]n|utilisateur|compte|用户|邮箱|login|alias"
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
_LONGEST_HALF = {"credit_card": 17, "phone": 12}
_NEARBY = 4000
_MOST_APART = 40
"""How far apart, in characters, the fields of one value may stand."""
_PART_WORD = 10
"""How long, in characters, the word for a part may be ("1", "first", "_suffix")."""


@dataclass(frozen=True, slots=True)
class Field:
    """A key and its short value; offsets are those of the value, half-open."""

    key: str
    value: str
    start: int
    end: int


def fields_of(text: str, *, digits: bool = False, codes: bool = False) -> list[Field]:
    """Return the fields of a text in order: form, JSON, markup and name/value objects.

    `digits`: only those whose short value is made of digits and their separators; with `codes`,
    of digits and letters.
    """
    if any(word in text for word in _VALUE_WORDS):
        named = [Field(match[1], match[2], *match.span(2)) for match in _NAMED.finditer(text)]
        if len(named) > 1:
            return [one for one in named if codes or not digits or _mostly_digits(one.value)]
    if digits:
        return list(_digit_fields(text, _CODES if codes else _DIGITS))
    return [Field(match[1], match[2], *match.span(2)) for match in _FIELD.finditer(text)]


def _digit_fields(text: str, values: re.Pattern[str]) -> Iterator[Field]:
    """Yield the fields with short numbers, found by their values: these are few."""
    for match in _near_another(values.finditer(text)):
        key = _KEY_REVERSED.match(text[max(0, match.start() - 50) : match.start()][::-1])
        if key is not None and not key[1].isdigit():
            yield Field(key[1][::-1], match[1], *match.span(1))


def _near_another(matches: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Yield the matches that have a neighbour near enough to be the other half."""
    last: re.Match[str] | None = None
    given = False
    for match in matches:
        near = last is not None and match.start() - last.end() <= _MOST_APART
        if near and last is not None and not given:
            yield last
        if near:
            yield match
        last, given = match, near


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
        if (
            category == "email"
            and not _halves_named(group)
            and not _alike(group[0].key, group[1].key)
        ):
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
    if not may_name_twice(CONFIRMING[category], folded):
        return
    totals = _TOTALS[category]
    most = _LONGEST_HALF.get(category, max(totals.start, 8))
    codes = category == "member_id"
    signs = str.isalnum if codes else str.isdigit
    fields = fields_of(text, digits=True, codes=codes)
    counts = [sum(map(signs, field.value)) for field in fields]
    for at in range(len(fields)):
        total, last = counts[at], at + 1
        while last < min(at + 3, len(fields)) and max(counts[last - 1], counts[last]) < most:
            before, after = fields[last - 1], fields[last]
            if not _stand_together(before, after) or not _alike(before.key, after.key):
                break
            total += counts[last]
            last += 1
            if total in totals:
                yield fields[at:last]


def _stand_together(before: Field, after: Field) -> bool:
    return after.start - before.end <= _MOST_APART


def _alike(one: str, other: str) -> bool:
    """Whether two keys differ only in which part they name.

    >>> _alike("medicaid1", "medicaid2"), _alike("salary", "subscriber")
    (True, False)
    """
    shorter = min(len(one), len(other))
    head = _common(one, other, shorter)
    tail = _common(one[::-1], other[::-1], shorter - head)
    return 2 * (head + tail) >= shorter and max(len(one), len(other)) - head - tail <= _PART_WORD


def _common(one: str, other: str, most: int) -> int:
    """Return how many characters two texts begin with in common, at most `most`."""
    for place in range(most):
        if one[place] != other[place]:
            return place
    return most


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
