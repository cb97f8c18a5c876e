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

from piiforge.errors import UnknownName
from piiforge.reader.cues import CONFIRMING, Finding, Place, cue_of, may_name
from piiforge.reader.decode import Reading, addresses_read, numbers_read, peel
from piiforge.reader.finders import FINDERS, candidates, every_candidate, in_place
from piiforge.text import fold
from piiforge.types import Cue, Switches

_FIELD = re.compile(
    r"""(?<![\w.\-\[\]])([A-Za-z_\u3400-\u9fff][\w.\-\[\]]{0,47}+)["']?\s?[=:>]\s?["']?([^\s"'&,;=<>{}|]{1,64}+)"""
)
_DIGITS = re.compile(r"""[=:>]["'\s]{0,2}([A-Za-z]?[+(]?[0-9][0-9\-.()/ ]{0,22}+)(?![\w:*•])""")
_CODES = re.compile(
    r"""[=:>]["'\s]{0,2}((?=[A-Za-z\-]{0,8}[0-9])[A-Za-z0-9][A-Za-z0-9\-. ]{0,14}+)(?![\w:*•])"""
)
_KEY_REVERSED = re.compile(r"""["'\s]{0,2}+([\w.\-\[\]+ ]{1,48})""")
_NAMED = re.compile(
    r"""(?i)(?:name|field|key|label|id|question)["']?\s?[=:]\s?["']?([\w.\-\[\] ]{1,48}+)"""
    r"""["']?[\s,]{1,12}(?:type="?\w+"? )?["']?(?:value|val|content|answer|response)"""
    r"""["']?\s?[=:]\s?["']?([^"'&,;=<>{}|]{1,64})"""
)
_OTHER_FORMS = (
    re.compile(
        r"""(?i)\b(?:name|question|id|key)=["']([\w.\-\[\] ]{1,48})["'][^<>]{0,40}>"""
        r"([^<>{}&]{1,64})<"
    ),
    re.compile(r"/([A-Za-z][\w.\-]{2,47})/([A-Za-z]?[0-9][0-9\-. ]{0,18})(?=[/?#&\s\"']|$)"),
    re.compile(r"""\[\s?"([\w.\- ]{2,48})",\s?"([^"]{1,64})"\s?\]"""),
)
"""Elements with a name, path segments in pairs, pairs as arrays."""
_ANSWERED = re.compile(
    r"""["'](?:text|value|answer|email|number)["']: ?["']([^"']{1,64})["'], ?["']field["']: ?"""
    r"""\{[^{}]{0,120}["']ref["']: ?["']([\w.\- ]{1,60})"""
)
"""An answer that stands before the name of its question."""
_VALUE_WORDS = ("val", "content", "answer", "response")
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
_MOST_APART = 64
"""How far apart, in characters, the fields of one value may stand."""
_LONGEST_KEY = 48
_PAIR = 2
_MOST_FIELDS = 4
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
                place = Place(_without_part(field.key), "", "", "")
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


_PART = re.compile(
    r"(?i)[\s_.\-\[]*(?:(?:part|piece|half|segment|block|group|seg|p)?[\s_.\-\[]*[0-9]|[_.\-\[][a-d]|(?<=[a-z])[A-D]"
    r"|(?:part|half|the)?[\s_.\-]*(?:one|two|three|first|second|third|last|head|tail|left|right|prefix"
    r"|suffix|start|end|begin|front|back|izquierda|derecha|izq|inicio|final|primera|segunda"
    r"|gauche|droite|debut|suite|premier|seconde?|前|后|上|下))[\])]?$"
)


def _without_part(key: str) -> str:
    """Return a key without the word that says which part it names.

    >>> _without_part("cardNumberPart1"), _without_part("ssnleft"), _without_part("itin_b")
    ('cardNumber', 'ssn', 'itin')
    """
    return _PART.sub("", key) or key


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
    found = list(_further_fields(text))
    if any(word in text for word in _VALUE_WORDS):
        named = [Field(match[1], match[2], *match.span(2)) for match in _NAMED.finditer(text)]
        if len(named) > 1:
            return [one for one in named if codes or not digits or _mostly_digits(one.value)]
    if digits:
        found = [one for one in found if codes or _mostly_digits(one.value)]
        found += _digit_fields(text, _CODES if codes else _DIGITS)
    else:
        found += (Field(match[1], match[2], *match.span(2)) for match in _FIELD.finditer(text))
    return sorted({one.start: one for one in found[::-1]}.values(), key=lambda one: one.start)


def _further_fields(text: str) -> Iterator[Field]:
    """Yield the fields of tables, markup, paths and answers: what is no `key=value`."""
    for form in _OTHER_FORMS:
        for match in form.finditer(text):
            yield Field(match[1], match[2], *match.span(2))
    for match in _ANSWERED.finditer(text) if '"ref"' in text else ():
        yield Field(match[2], match[1], *match.span(1))
    if "," in text and "\n" in text:
        yield from _cells(text)


_CELL = re.compile(r'"([^"\n]*)"|([^",\n]+)|(?<=,)(?=,)')
_MOST_TABLE = 4000


def _cells(text: str) -> Iterator[Field]:
    """Yield the cells of a small comma-separated table under the names of their columns.

    Of a table of two columns, names and values, each row is a field.
    """
    start = 0
    rows: list[list[re.Match[str]]] = []
    for line in text[:_MOST_TABLE].split("\n"):
        rows.append(list(_CELL.finditer(text, start, start + len(line))))
        start += len(line) + 1
    head = rows[0]
    for row in rows[1:]:
        if len(row) != len(head):
            continue
        names = [row[0]] * 2 if len(row) == _PAIR else head
        for name, cell in zip(names, row, strict=True):
            group = 1 if cell[1] is not None else 2
            if cell[group] and cell is not name:
                yield Field(name[1] or name[2] or "", cell[group], *cell.span(group))


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
        near = last is not None and match.start() - last.end() <= _MOST_APART + _LONGEST_KEY
        if near and last is not None and not given:
            yield last
        if near:
            yield match
        last, given = match, near


def _groups(text: str, category: str) -> Iterator[list[Field]]:
    """Yield two or three fields that stand together and have the form of one value."""
    folded = fold(text)
    if category == "email":
        if "@" in text or _HOSTS.search(folded) or may_name(("email",), folded, times=2):
            for group in pairwise(fields_of(text)):
                if _stand_together(*group) and _address([field.value for field in group]):
                    yield list(group)
        return
    if not may_name(CONFIRMING[category], folded, times=2):
        return
    totals = _TOTALS[category]
    most = _LONGEST_HALF.get(category, max(totals.start, 8))
    codes = category == "member_id"
    signs = str.isalnum if codes else str.isdigit
    fields = fields_of(text, digits=True, codes=codes)
    counts = [sum(map(signs, field.value)) for field in fields]
    for at in range(len(fields)):
        total, last = counts[at], at + 1
        while (
            last < min(at + _MOST_FIELDS, len(fields))
            and max(counts[last - 1], counts[last]) < most
        ):
            before, after = fields[last - 1], fields[last]
            if not _stand_together(before, after) or not _alike(before.key, after.key):
                break
            total += counts[last]
            last += 1
            if total in totals:
                yield fields[at:last]


def _stand_together(before: Field, after: Field) -> bool:
    return after.start - before.end - len(after.key) <= _MOST_APART


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


def names(category: str, text: str) -> bool:
    """Whether a text may hold a word for a category: a quick, loose look."""
    return may_name(CONFIRMING[category], fold(text))


def switched(found: Finding, switches: Switches) -> Finding:
    """Return a finding as the policy's switches have it: what is off is no value."""
    off = {"partial_mask": switches.partial_mask, "role": switches.role_mailbox}
    return found if off.get(found.reason, True) else replace(found, valid=False)
