"""One finder a category: every candidate in a decoded text, judged by its form and its cue.

>>> text = "my card 4111 1111 1111 1111, and 4000 00** **** 0002"
>>> [(found.key, found.reason) for found in candidates(Reading(text, "plain"), "credit_card")]
[('4111111111111111', 'placeholder'), ('4000000002', 'partial_mask')]
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from piiforge.reader import cues, numbers
from piiforge.reader.cues import Finding, finding
from piiforge.reader.decode import Reading
from piiforge.reader.mailboxes import mailboxes
from piiforge.reader.numbers import Number, masks, stands_free, told_apart
from piiforge.reader.phones import phones
from piiforge.text import NUMBER_WORDS, fold
from piiforge.types import Cue, key_of

_NINE = range(9, 10)
_TAX_SHAPE = (3, 2, 4)
_CARD_SHAPES = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1))
_LETTERED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][ \-.]?[0-9]{1,8}(?:[ \-.][0-9]{1,7}){0,7}")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9.\-])(?=[A-Za-z\-.]{0,6}[0-9])[A-Za-z0-9]++(?:[\-.][A-Za-z0-9]++)*+"
)
_MBI_SPACED = re.compile(
    r"[1-9][A-Za-z][A-Za-z0-9][0-9][ \-.]?[A-Za-z][A-Za-z0-9][0-9][ \-.]?[A-Za-z]{2}[0-9]{2}"
)
_STATES = re.compile(
    r"(?:^|[^A-Za-z])(?<![a-z][a-z]-)(?:(?P<CA>CA|[Cc]aliforni[ae])"
    r"|(?P<NY>NY|ny|[Nn](?:ew|ueva) ?York)"
    r"|(?P<TX>TX|tx|[Tt]e[xj]as))(?:[^A-Za-z]|$)"
    r"|(?P<ca>加州|加利福尼亚)|(?P<ny>纽约)|(?P<tx>德州|得州|德克萨斯|得克萨斯)"
)
_AROUND = 160
_MBI_LENGTH = 11
_GOES_ON = re.compile(r"[ ·.\-/_–]{1,2}[0-9]")
_PAYERS = re.compile(
    r"(medicare(?![ _\-]{0,2}(?:advantage|supp|part))|(?<![a-z])mbi(?![a-z])|红蓝卡)|medicare"
    r"|medicaid|medi-cal|aetna"
    r"|cigna|humana|kaiser|anthem|bcbs|blue ?cross|united ?health|molina|centene"
    r"|wellcare|ambetter|mutuelle|insur|asegurad|assur|seguro|poliza|subscriber|保险|health ?plan"
)
"""Issuers and plans; the group holds what gives a Medicare Beneficiary Identifier."""
_NO_ID = re.compile(
    r"(?:19|20)[0-9]{2}([\-.])[01][0-9]\1[0-3][0-9](?:[Tt]|$)|[0-9]++\.[0-9]{1,2}$|(?:[0-9]{1,3}\.){3}"
    r"|(?:[0-9]++\.)++[0-9]\.[0-9]$|[^x]*xxx|[0-9a-f]*[a-f][0-9]+[a-f][0-9a-f]{4,}$"
    rf"|(?i:[^.]*?(?:{'|'.join(sorted(word for word in NUMBER_WORDS if len(word) > 2))}))"
)
"""Dates, amounts, versions, fillers, hashes, and what is partly spelled out: so read, no id."""


def candidates(reading: Reading, category: str) -> Iterator[Finding]:
    """Yield the candidates for a value of `category`, where it is worth to look for them.

    Categories without a telling form need a word that names them, so without one there is
    nothing to find: most lines are done with after this look.
    """
    if category in {"passport", "drivers_license", "member_id"}:
        folded = fold(reading.text)
        if not cues.may_name(cues.CONFIRMING[category], folded) or (
            category == "member_id" and not cues.has_issuer(folded)
        ):
            return _medicare(reading) if category == "member_id" else iter(())
    return every_candidate(reading, category)


def every_candidate(reading: Reading, category: str) -> Iterator[Finding]:
    """Yield the candidates for a value of `category`, and then those that are masked."""
    yield from FINDERS[category](reading)
    lengths = _MASKED.get(category, range(0))
    for mask in masks(reading.text) if lengths else ():
        if mask.length in lengths:
            shown = category == "credit_card" and len(mask.head) >= 6 and len(mask.tail) >= 4
            whole = shown and numbers.issued_length(mask.head, mask.length)
            reason = "partial_mask" if whole else "masked"
            yield finding(category, reading, mask.span, key_of(mask.text), reason)


def _tax_numbers(
    category: str, reason_of: Callable[[str], str], reading: Reading
) -> Iterator[Finding]:
    for number in numbers.numbers(reading.text, _NINE, (_TAX_SHAPE,)):
        telling = number.shape == _TAX_SHAPE and number.between.strip() == "-"
        reason = "amount" if number.before in {"$", "€", "£"} else reason_of(number.digits)
        yield finding(category, reading, number.span, number.digits, reason, telling=telling)


def _cards(reading: Reading) -> Iterator[Finding]:
    for number in numbers.numbers(reading.text, range(13, 20), _CARD_SHAPES):
        before = reading.text[max(0, number.start - 2) : number.start]
        if not (before.endswith(".") and before[0].isdigit()):  # a decimal number, a dotted row
            reason = numbers.card_reason(number.digits)
            yield finding("credit_card", reading, number.span, number.digits, reason, telling=True)


def _passports(reading: Reading) -> Iterator[Finding]:
    plain = (
        (number.digits, number.span)
        for number in numbers.numbers(reading.text, _NINE)
        if not cues.glued(reading.text, number.start)
    )
    for key, span in (*plain, *_lettered(reading.text, 8)):
        yield finding("passport", reading, span, key, numbers.passport_reason(key))


def _lettered(text: str, digits: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield a letter with exactly `digits` digits behind it, separators left out, and its span."""
    for match in _LETTERED.finditer(text):
        key = key_of(match[0])
        if len(key) == digits + 1 and stands_free(text, *match.span()):
            yield key, match.span()


def _licences(reading: Reading) -> Iterator[Finding]:
    """Judge a licence by its shape, then by its cue, and last by the state named nearby."""
    plain = (
        (number.digits, number.span)
        for number in numbers.numbers(reading.text, range(8, 10))
        if not told_apart(number)
    )
    for key, span in (*plain, *_lettered(reading.text, 7)):
        reason = numbers.licence_reason(key, "")
        yield in_place(finding("drivers_license", reading, span, key, reason), reading.text)


def in_place(found: Finding, text: str) -> Finding:
    """Return a finding judged by what is named nearby: a licence's state, an id's issuer."""
    if not (found.valid and found.cue is Cue.CONFIRM):
        return found
    start, end = found.snippet_start, found.snippet_end
    if found.category == "drivers_license":
        reason = numbers.licence_reason(found.key, _state(text, start, end))
        return replace(found, valid=reason == "valid", reason=reason)
    if (
        found.category == "member_id"
        and not numbers.is_mbi(found.key)
        and _by_medicare(text, start, end)
    ):
        return replace(found, valid=False, reason="format")
    return found


def _whole(text: str, number: Number) -> bool:
    """Whether no further digits stand beside a number, whatever the separators."""
    before, after = text[max(0, number.start - 3) : number.start], text[number.end : number.end + 3]
    return not (_GOES_ON.match(before[::-1]) or _GOES_ON.match(after))


def _by_medicare(text: str, start: int, end: int) -> bool:
    """Whether the issuer named nearest is Medicare itself, before the value or else behind it."""
    names = _PAYERS.findall(fold(text[max(0, start - _AROUND) : start]))
    if not names:
        names = _PAYERS.findall(fold(text[end : end + _AROUND]))[:1]
    return bool(names and names[-1])


def _state(text: str, start: int, end: int) -> str:
    """Return the state named nearest to a licence, before it or else behind it."""
    before = [match.lastgroup for match in _STATES.finditer(text[max(0, start - _AROUND) : start])]
    if before:
        return str(before[-1]).upper()
    behind = _STATES.search(text[end : end + _AROUND])
    return str(behind.lastgroup).upper() if behind else ""


def _medicare(reading: Reading) -> Iterator[Finding]:
    """Medicare's own identifiers are told by their form."""
    for match in _MBI_SPACED.finditer(reading.text):
        key = key_of(match[0])
        if numbers.is_mbi(key) and _alone(reading.text, *match.span()):
            reason = numbers.member_reason(key)
            yield finding("member_id", reading, match.span(), key, reason, telling=True)


def _members(reading: Reading) -> Iterator[Finding]:
    text = reading.text
    yield from _medicare(reading)
    for match in _TOKEN.finditer(text):
        if match.end() - match.start() >= 6 and not _NO_ID.match(match[0]):
            yield from _member(reading, match)
    for number in numbers.numbers(text, range(6, 21)):
        grouped = len(number.shape) > 1 and not number.between.strip()
        if grouped and not told_apart(number) and _whole(text, number):
            reason = numbers.member_reason(number.digits)
            yield finding("member_id", reading, number.span, number.digits, reason)


def _member(reading: Reading, match: re.Match[str]) -> Iterator[Finding]:
    key = key_of(match[0])
    reason = numbers.member_reason(key)
    if reason != "shape" and _alone(reading.text, *match.span()):
        judged = in_place(finding("member_id", reading, match.span(), key, reason), reading.text)
        if judged.reason != "format" or len(key) >= _MBI_LENGTH:  # else the rest may be elsewhere
            yield judged


def _alone(text: str, start: int, end: int) -> bool:
    """Whether the token stands free: not inside a longer one, an address or a key."""
    of_a_time = text[start - 1 : start] == ":" and text[start - 2 : start - 1].isdigit()
    return stands_free(text, start, end) and text[end : end + 1] not in {"@", "="} and not of_a_time


_ENTRY = re.compile(r"6(?:2[1-9]|3[1-9]|4[1-9]|5[1-6])([0-9]{9})([0-9A-Za-z \-]{17})[0-9]{10}")
_MICR = re.compile(
    r"(?:⑆|[Tt|:]:?|<:?|A) ?([0-9]{9}) ?(?:⑆|[Tt|:]|>|A:?|:?>?) ?"
    r"(?:[0-9]{3,6} ?[⑈CcUu<\"]?:? )?([0-9][0-9 \-⑉]{2,18}[0-9]) ?(?:⑈|[CcUu<\"⑆]|/)"
)
_NINE_DIGITS = re.compile(r"[0-9]{9}|(?:[0-9]{3,4}[ -]){2}[0-9]")
_BANKISH = re.compile(
    r"(?i)\bach\b|routing|direct.?deposit|nacha|micr|bank|banco|banque|chequ?e|wire|银行|支票|dep[oó]sito"
    r"|virement|payroll|n[oó]mina|账户|账号"
)
_BORDER = re.compile(r"[&{}<>|\n\"=]")
_NINE_SHAPES = ((4, 4, 1), (3, 3, 3))
_MOST_HALVES = 12
_APART, _BESIDE, _SIDE_BY_SIDE = 400, 60, 12
"""How far the halves may stand apart: both named, one named, and none named (characters)."""


def _bank_pairs(reading: Reading) -> Iterator[Finding]:
    """Yield the pairs of a routing and an account number in one content.

    They are read from keys or words that name the halves, from a line of an ACH (NACHA) file and
    from the magnetic line of a cheque. One half alone is nothing, nor is a masked account number.

    Sources: NACHA Operating Rules, entry detail record (type 6); ANSI X9.100-160 (MICR line).
    """
    text = reading.text
    if not _NINE_DIGITS.search(text):
        return
    for match in (*_ENTRY.finditer(text), *_MICR.finditer(text)):
        account = "".join(filter(str.isdigit, match[2]))
        yield _pair(reading, match[1], account, (match.start(1), match.end(2)), Cue.CONFIRM)
    if not _BANKISH.search(text) and not cues.may_name(("routing",), fold(text)):
        return
    routings, accounts = _halves(text)
    for routing in routings:
        yield from _paired(reading, routing, accounts)


@dataclass(frozen=True, slots=True)
class _Half:
    """A number that may be half of a pair.

    `name` is what the words around call it, "" where they say nothing; `bare`: it has no key of
    its own, so the sentence it stands in may speak for it. `digits` is "" where it is masked.
    """

    digits: str
    start: int
    end: int
    name: str
    bare: bool


def _halves(text: str) -> tuple[list[_Half], list[_Half]]:
    """Return the numbers that may be routing numbers, and those that may be accounts."""
    nines = islice(numbers.numbers(text, _NINE, _NINE_SHAPES), _MOST_HALVES)
    halves = [_half(text, one.span, one.digits) for one in nines]
    routings = [half for half in halves if half.name == "routing" or (half.bare and not half.name)]
    if not routings:
        return [], []
    low = min(half.start for half in routings) - _APART
    high = max(half.end for half in routings) + _APART
    near = (
        (one.span, one.digits)
        for one in numbers.numbers(text, range(4, 18))
        if low <= one.start <= high and not told_apart(one)
    )
    hidden = ((one.span, "") for one in masks(text) if low <= one.span[0] <= high)
    found = [_half(text, *one) for one in islice((*near, *hidden), _MOST_HALVES)]
    return routings, [half for half in found if half.name != "routing"]


def _half(text: str, span: tuple[int, int], digits: str) -> _Half:
    place = cues.place_of(text, *span)
    name, bare = cues.name_of(place), not place.key or cues.speaks(place.key)
    return _Half(digits, *span, name, bare=bare)


def _paired(reading: Reading, routing: _Half, accounts: list[_Half]) -> Iterator[Finding]:
    """Yield the routing number with the account that its words give it: the nearest named one.

    A number without a name counts only beside it in the same sentence, where none is named.
    """
    near = sorted(
        (half for half in accounts if 0 <= _apart(routing, half) <= _APART),
        key=lambda half: (_apart(routing, half), half.start - half.end),
    )
    for name in ("account", "", "veto"):
        mate = next((half for half in near if half.name == name and (name or half.bare)), None)
        cue = _pair_cue(reading.text, routing, mate) if mate else None
        if mate and cue is not None:
            start, end = min(routing.start, mate.start), max(routing.end, mate.end)
            yield _pair(reading, routing.digits, mate.digits, (start, end), cue)
            return


def _apart(routing: _Half, account: _Half) -> int:
    return max(routing.start, account.start) - min(routing.end, account.end)


def _pair_cue(text: str, routing: _Half, account: _Half) -> Cue | None:
    """A named account confirms a named routing number, or a bare one in the same sentence."""
    if account.name == "veto":
        return Cue.VETO if routing.name else None
    together = _same_sentence(text, routing, account)
    if account.name:
        return Cue.CONFIRM if routing.name or together else None
    near = text[max(0, min(routing.start, account.start) - 80) : max(routing.end, account.end) + 40]
    side_by_side = _apart(routing, account) < _SIDE_BY_SIDE and _BANKISH.search(near)
    return Cue.CONFIRM if together and (routing.name or side_by_side) else None


def _same_sentence(text: str, routing: _Half, account: _Half) -> bool:
    """Whether no border of a field stands between two numbers that are near each other."""
    if _apart(routing, account) >= _BESIDE:
        return False
    between = text[min(routing.end, account.end) : max(routing.start, account.start)]
    return not _BORDER.search(between)


def _pair(reading: Reading, routing: str, account: str, span: tuple[int, int], cue: Cue) -> Finding:
    reason = numbers.routing_reason(routing)
    if reason == "valid":
        reason = numbers.account_reason(account) if account else "masked"
    key, valid, telling = f"{routing}|{account}", reason == "valid", cue is Cue.CONFIRM
    return Finding("bank_account", key, valid, reason, cue, telling, reading.how, *span)


FINDERS: Mapping[str, Callable[[Reading], Iterator[Finding]]] = {
    "ssn": partial(_tax_numbers, "ssn", numbers.ssn_reason),
    "itin": partial(_tax_numbers, "itin", numbers.itin_reason),
    "credit_card": _cards,
    "bank_account": _bank_pairs,
    "phone": phones,
    "email": mailboxes,
    "passport": _passports,
    "drivers_license": _licences,
    "member_id": _members,
}
_MASKED = {
    "ssn": range(9, 10),
    "itin": range(9, 10),
    "credit_card": range(12, 20),
    "phone": range(7, 16),
    "passport": range(8, 10),
    "drivers_license": range(8, 10),
    "member_id": range(6, 15),
}
"""How many signs a value has that is written with some of them hidden."""
