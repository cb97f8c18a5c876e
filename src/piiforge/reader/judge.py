"""Finds, and reads the policy on what was found.

A value may be written over adjacent fields, `k1=123&k2=45-6789`, or a mailbox beside its domain:
neighbours whose keys say so are read as one.

>>> judge(find("ssn=000-12-3456", "ssn"))   # area 000 is never issued
False
>>> [finding.reason for finding in find("my card 4111 1111 1111 1111", "credit_card")]
['placeholder']
>>> [field.key for field in fields_of('{"ssn1": "000", "ssn2": "123456"} a=1&b=2')]
['ssn1', 'ssn2', 'a', 'b']
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from piiforge import plugins
from piiforge.errors import UnknownName
from piiforge.reader.cues import CONFIRMING, OWN, Finding, Place, cue_of, may_name
from piiforge.reader.decode import Reading, addresses_read, numbers_read, peel
from piiforge.reader.finders import FINDERS, candidates, every_candidate, in_place
from piiforge.reader.halves import parts
from piiforge.text import fold
from piiforge.types import Cue, Switches

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
    **{name: plugins.form_of(name).signs for name in OWN},
}
_LONGEST_HALF = {"credit_card": 17, "phone": 12}
_NEARBY = 4000
_MOST_APART = 40
"""How far apart, in characters, the fields of one value may stand."""
_PART_WORD = 10
"""How long, in characters, the word for a part may be ("1", "first", "_suffix")."""
_CUE_ORDER = (Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER, Cue.MISLEADING, Cue.VETO, Cue.NONE)


def find(content: str, category: str) -> list[Finding]:
    """Return every candidate for a value of `category` in a content, best first.

    Raises:
        UnknownName: there is no such category.
    """
    if category not in FINDERS:
        raise UnknownName("category", category, FINDERS)
    settled = peel(content)[-1]
    found: dict[str, Finding] = {}
    more = addresses_read if category == "email" else numbers_read
    for reading in (settled, *more(settled)):
        _keep_best(found, candidates(reading, category))
    settled_it = category != "member_id" and any(map(sensitive, found.values()))
    if not settled_it and category != "bank_account":  # half a member id may be one itself
        wholes = list(_split(settled, category))
        for key in [key for key, one in found.items() if any(_part_of(one, two) for two in wholes)]:
            del found[key]
        _keep_best(found, wholes)
    return sorted(found.values(), key=_rank)


def judge(
    findings: Iterable[Finding], *, partial_mask: bool = True, role_mailbox: bool = True
) -> bool:
    """Whether the findings hold a sensitive value of the category they were asked for."""
    switches = Switches(partial_mask, role_mailbox)
    return any(sensitive(switched(finding, switches)) for finding in findings)


def sensitive(finding: Finding) -> bool:
    """Whether one finding is a sensitive value: valid, and named by its cue or its form."""
    if not finding.valid:
        return False
    if "base64" in finding.reading:
        return finding.cue is Cue.CONFIRM
    if finding.category == "email":
        return True
    if finding.cue is Cue.NEUTRAL:
        return finding.telling
    return finding.cue is Cue.CONFIRM


def _split(settled: Reading, category: str) -> Iterator[Finding]:
    """Yield what two or three adjacent fields make together, where their keys say so."""
    known: dict[str, Cue] = {}
    for group in _groups(settled.text, category):
        for field in group:
            if field.key not in known:
                place = Place(field.key, "", "", "")
                known[field.key] = cue_of(place, category, settled.text[:_NEARBY])
        cue = _common_cue([known[field.key] for field in group])
        halves = [field.value for field in group]
        if category == "email":
            named = _halves_named(group) or _alike(group[0].key, group[1].key)
            value = _address(halves) if named else ""
        else:
            value = "".join(halves) if cue is Cue.CONFIRM else ""
        if value:
            span = group[0].start, group[-1].end
            keys = " ".join(field.key for field in group) + "="
            yield from _whole(settled, category, keys, value, cue, span)
    yield from _in_parts(settled, category)


def _in_parts(settled: Reading, category: str) -> Iterator[Finding]:
    """Yield what fields make together whose keys name one thing and its parts."""
    if not (
        may_name(CONFIRMING[category], fold(settled.text), times=2)  # each part's key does
        or (category == "email" and "@" in settled.text)
    ):
        return
    for group in parts(settled.text):
        stem = group[0].stem
        cue = cue_of(Place(stem, "", "", ""), category, settled.text[:_NEARBY])
        pieces = [part.value for part in group]
        value = "".join(pieces)
        if category == "email":
            value = _address(pieces) if cue is Cue.CONFIRM or "@" in value else ""
        elif cue is not Cue.CONFIRM:
            continue
        if value:
            span = group[0].start, group[-1].end
            yield from _whole(settled, category, stem + "=", value, cue, span)


def _whole(
    settled: Reading, category: str, keys: str, value: str, cue: Cue, span: tuple[int, int]
) -> Iterator[Finding]:
    """Yield what is found in a value put together, if it takes all of it."""
    reading = settled.by("split", keys + value)
    for finding in every_candidate(reading, category):
        all_of_it = finding.snippet_end == len(reading.text)
        if all_of_it and finding.snippet_start - len(keys) <= 1:  # a + or a bracket before
            start, end = span
            whole = replace(finding, cue=cue, snippet_start=start, snippet_end=end)
            yield in_place(whole, settled.text)


def _part_of(half: Finding, whole: Finding) -> bool:
    """Whether a finding is only a half of a value written over two fields."""
    inside = whole.snippet_start <= half.snippet_start and half.snippet_end <= whole.snippet_end
    checked = half.valid and half.category in {"credit_card", "email"}
    return (
        inside and half.key != whole.key and half.key in whole.key and not checked and whole.valid
    )


def _keep_best(found: dict[str, Finding], more: Iterable[Finding]) -> None:
    for finding in more:
        known = found.get(finding.key)
        if known is None or _rank(finding) < _rank(known):
            found[finding.key] = finding


def _rank(finding: Finding) -> tuple[bool, bool, int, bool, int, int]:
    return (
        not sensitive(finding),
        not finding.valid,
        _CUE_ORDER.index(finding.cue),
        not finding.telling,
        -len(finding.key),
        finding.snippet_start,
    )


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
            yield Field(key[1][::-1], match[1].rstrip(), *match.span(1))


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


def _groups(text: str, category: str) -> Iterator[list[Field]]:
    """Yield two or three fields that stand together and have the form of one value."""
    folded = fold(text)
    if category == "email":
        if "@" in text or _HOSTS.search(folded):
            for group in pairwise(fields_of(text)):
                if _stand_together(*group) and _address([field.value for field in group]):
                    yield list(group)
        return
    totals = _TOTALS.get(category, range(0))
    if not totals or not may_name(CONFIRMING[category], folded, times=2):
        return
    most = _LONGEST_HALF.get(category, max(totals.start, 8))
    codes = category == "member_id" or (category in OWN and plugins.form_of(category).letters)
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
    shorter, longer = sorted((len(one), len(other)))
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    return 2 * (head + tail) >= shorter and longer - head - tail <= _PART_WORD


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _common_cue(cues: list[Cue]) -> Cue:
    """Return what the keys of a group say together: any that names another thing spoils it."""
    for spoiling in (Cue.VETO, Cue.MISLEADING):
        if spoiling in cues:
            return spoiling
    return Cue.CONFIRM if Cue.CONFIRM in cues else Cue.NEUTRAL


def _mostly_digits(half: str) -> bool:
    digits = sum(map(str.isdigit, half))
    masked = any(character in "*•#xX●" for character in half)
    return 0 < digits <= 12 and len(half) - digits <= 5 and not masked


def _address(halves: list[str]) -> str:
    """Put an address together: its halves, or a mailbox and a domain."""
    whole = "".join(halves)
    if whole.count("@") == 1:
        return whole if "@" not in halves[0][1:-1] or halves[-1].startswith(".") else ""
    return "@".join(halves) if len(halves) == 2 and "." in halves[1] and "@" not in whole else ""


def _halves_named(group: list[Field]) -> bool:
    return bool(_USERS.search(group[0].key) and _HOSTS.search(group[-1].key))


def settled(content: str) -> str:
    """Return a content with all that hides it undone, as findings are sought in it."""
    return peel(content)[-1].text


def text_of(content: str, found: Finding) -> str:
    """Return the text of `content` in which the offsets of a finding are."""
    base = peel(content)[-1]
    if found.reading not in {base.how, base.by("split", "").how}:
        for reading in (*numbers_read(base), *addresses_read(base)):
            if reading.how == found.reading:
                return reading.text
    return base.text


def names(category: str, text: str, *, times: int = 1) -> bool:
    """Whether a text may hold words for a category in so many places: a quick, loose look."""
    return may_name(CONFIRMING[category], fold(text), times=times)


def switched(found: Finding, switches: Switches) -> Finding:
    """Return a finding as the policy's switches have it: what is off is no value."""
    off = {"partial_mask": switches.partial_mask, "role": switches.role_mailbox}
    return found if off.get(found.reason, True) else replace(found, valid=False)
