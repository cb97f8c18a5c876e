"""One finder a category: every candidate in a decoded text, judged by its form and its cue."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from piiforge.reader.cues import finding, glued, has_issuer, may_name, name_of, place_of, speaks
from piiforge.reader.folding import fold
from piiforge.reader.mailboxes import mailboxes
from piiforge.reader.numbers import (
    Mask,
    Number,
    account_reason,
    card_reason,
    is_mbi,
    issued_length,
    itin_reason,
    licence_reason,
    masks,
    member_reason,
    numbers,
    passport_reason,
    routing_reason,
    ssn_reason,
    told_apart,
)
from piiforge.reader.phones import phones
from piiforge.reader.records import Finding, Reading
from piiforge.reader.spoken import QUICK
from piiforge.types import Cue, key_of

# Bank pairs: a routing number and an account number in one content.
#
# A pair is read from keys or words that name its halves, from a line of an ACH (NACHA) file and
# from the magnetic line of a cheque. One half alone is nothing, nor is a masked account number.
#
# Sources: NACHA Operating Rules, entry detail record (type 6); ANSI X9.100-160 (MICR line).


_ENTRY = re.compile(r"6(?:2[1-9]|3[1-9]|4[1-9]|5[1-6])([0-9]{9})([0-9A-Za-z \-]{17})[0-9]{10}")
_MICR = re.compile(
    r"(?:⑆|[Tt|:]:?|<:?|A) ?([0-9]{9}) ?(?:⑆|[Tt|:]|>|A:?|:?>?) ?"
    r"(?:[0-9]{3,6} ?[⑈CcUu<\"]?:? )?([0-9][0-9 \-⑉]{2,18}[0-9]) ?(?:⑈|[CcUu<\"⑆]|/)"
)
_NINE = re.compile(r"[0-9]{9}|(?:[0-9]{3,4}[ -]){2}[0-9]")
_BANKISH = re.compile(
    r"(?i)\bach\b|routing|direct.?deposit|nacha|micr|bank|banco|banque|chequ?e|wire|银行|支票|dep[oó]sito"
    r"|virement|payroll|n[oó]mina|账户|账号"
)
_BORDER = re.compile(r"[&{}<>|\n\"=]")
_NINE_SHAPES = ((4, 4, 1), (3, 3, 3))
_MOST_HALVES = 12
_APART, _BESIDE, _SIDE_BY_SIDE = 400, 60, 12
"""How far the halves may stand apart: both named, one named, and none named (characters)."""


def bank_pairs(reading: Reading) -> Iterator[Finding]:
    """Yield the pairs of a text: from its record shapes first, then from what its words name."""
    text = reading.text
    if not _NINE.search(text):
        return
    for match in (*_ENTRY.finditer(text), *_MICR.finditer(text)):
        account = "".join(filter(str.isdigit, match[2]))
        yield _pair(reading, match[1], account, match.start(1), match.end(2), Cue.CONFIRM)
    if not _BANKISH.search(text) and not may_name(("routing",), fold(text)):
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
    nines = list(islice(numbers(text, range(9, 10), _NINE_SHAPES), _MOST_HALVES))
    halves = (_half(text, one.start, one.end, one.digits) for one in nines)
    routings = [half for half in halves if half.name == "routing" or (half.bare and not half.name)]
    if not routings:
        return [], []
    low = min(half.start for half in routings) - _APART
    high = max(half.end for half in routings) + _APART
    near = (
        (one.start, one.end, one.digits)
        for one in numbers(text, range(4, 18))
        if low <= one.start <= high and not told_apart(one)
    )
    hidden = ((one.start, one.end, "") for one in masks(text) if low <= one.start <= high)
    found = [_half(text, *place) for place in islice((*near, *hidden), _MOST_HALVES)]
    return routings, [half for half in found if half.name != "routing"]


def _half(text: str, start: int, end: int, digits: str) -> _Half:
    place = place_of(text, start, end)
    return _Half(digits, start, end, name_of(place), bare=not place.key or speaks(place.key))


def _paired(reading: Reading, routing: _Half, accounts: list[_Half]) -> Iterator[Finding]:
    """Yield the routing number with the account that its words give it: the nearest named one.

    A number without a name counts only beside it in the same sentence, where none is named.
    """
    near = sorted(
        (half for half in accounts if 0 <= _apart(routing, half) <= _APART),
        key=lambda half: (_apart(routing, half), half.start - half.end),
    )
    for mates, cue in (
        ([half for half in near if half.name == "account"], _named_cue),
        ([half for half in near if not half.name and half.bare], _free_cue),
        ([half for half in near if half.name == "veto"], _vetoed_cue),
    ):
        if mates and (seen := cue(reading.text, routing, mates[0])) is not None:
            start, end = min(routing.start, mates[0].start), max(routing.end, mates[0].end)
            yield _pair(reading, routing.digits, mates[0].digits, start, end, seen)
            return


def _apart(routing: _Half, account: _Half) -> int:
    return max(routing.start, account.start) - min(routing.end, account.end)


def _named_cue(text: str, routing: _Half, account: _Half) -> Cue | None:
    """A named account confirms a named routing number, or a bare one in the same sentence."""
    together = routing.name == "routing" or _same_sentence(text, routing, account)
    return Cue.CONFIRM if together else None


def _free_cue(text: str, routing: _Half, account: _Half) -> Cue | None:
    if not _same_sentence(text, routing, account):
        return None
    near = text[max(0, min(routing.start, account.start) - 80) : max(routing.end, account.end) + 40]
    side_by_side = _apart(routing, account) < _SIDE_BY_SIDE and _BANKISH.search(near)
    return Cue.CONFIRM if routing.name or side_by_side else None


def _vetoed_cue(_text: str, routing: _Half, _account: _Half) -> Cue | None:
    return Cue.VETO if routing.name else None


def _same_sentence(text: str, routing: _Half, account: _Half) -> bool:
    """Whether no border of a field stands between two numbers that are near each other."""
    if _apart(routing, account) >= _BESIDE:
        return False
    between = text[min(routing.end, account.end) : max(routing.start, account.start)]
    return not _BORDER.search(between)


def _pair(reading: Reading, routing: str, account: str, start: int, end: int, cue: Cue) -> Finding:
    reason = routing_reason(routing)
    if reason == "valid":
        reason = account_reason(account) if account else "masked"
    key = f"{routing}|{account}"
    return Finding(
        "bank_account",
        key,
        reason == "valid",
        reason,
        cue,
        cue is Cue.CONFIRM,
        reading.how,
        start,
        end,
    )


Finder = Callable[[Reading], Iterator[Finding]]

_NINE_finders = range(9, 10)
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
    rf"|(?i:[^.]*?(?:{'|'.join(sorted(word for word in QUICK if len(word) > 2))}))"
)
"""Dates, amounts, versions, fillers, hashes, and what is partly spelled out: so read, no id."""


def _tax_numbers(category: str, reason_of: Callable[[str], str]) -> Finder:
    def find(reading: Reading) -> Iterator[Finding]:
        for number in numbers(reading.text, _NINE_finders, (_TAX_SHAPE,)):
            telling = number.shape == _TAX_SHAPE and number.between.strip() == "-"
            reason = reason_of(number.digits)
            if number.before in {"$", "€", "£"}:
                reason = "amount"
            yield _number(category, reading, number, reason, telling=telling)
        for mask in masks(reading.text):
            if mask.length == 9:
                yield _masked(category, reading, mask)

    return find


def _number(
    category: str, reading: Reading, number: Number, reason: str, *, telling: bool
) -> Finding:
    return finding(
        category, reading, number.start, number.end, number.digits, reason, telling=telling
    )


def _masked(category: str, reading: Reading, mask: Mask, reason: str = "masked") -> Finding:
    key = key_of(mask.text)
    return finding(category, reading, mask.start, mask.end, key, reason, telling=False)


def _cards(reading: Reading) -> Iterator[Finding]:
    for number in numbers(reading.text, range(13, 20), _CARD_SHAPES):
        if not _decimal(reading.text, number):
            reason = card_reason(number.digits)
            yield _number("credit_card", reading, number, reason, telling=True)
    for mask in masks(reading.text):
        if 12 <= mask.length <= 19:
            shown = len(mask.head) >= 6 and len(mask.tail) >= 4
            whole = shown and issued_length(mask.head, mask.length)
            yield _masked("credit_card", reading, mask, "partial_mask" if whole else "masked")


def _decimal(text: str, number: Number) -> bool:
    """Whether the digits are the fraction of a decimal number, or one in a dotted row."""
    return number.before == "." and text[number.start - 2 : number.start - 1].isdigit()


def _emails(reading: Reading) -> Iterator[Finding]:
    for box in mailboxes(reading.text):
        yield finding("email", reading, box.start, box.end, box.address, box.reason, telling=True)


def _lettered(text: str, digits: int) -> Iterator[tuple[str, int, int]]:
    """Yield a letter with exactly `digits` digits behind it, separators left out."""
    for match in _LETTERED.finditer(text):
        start, end = match.span()
        key = key_of(match[0])
        before, after = text[start - 1 : start], text[end : end + 1]
        if (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum()):
            continue
        if len(key) == digits + 1:
            yield key, start, end


def _passports(reading: Reading) -> Iterator[Finding]:
    for number in numbers(reading.text, _NINE_finders):
        if glued(reading.text, number.start):
            continue
        reason = passport_reason(number.digits)
        yield _number("passport", reading, number, reason, telling=False)
    for key, start, end in _lettered(reading.text, 8):
        reason = passport_reason(key)
        yield finding("passport", reading, start, end, key, reason, telling=False)
    for mask in masks(reading.text):
        if mask.length in {8, 9}:
            yield _masked("passport", reading, mask)


def _licences(reading: Reading) -> Iterator[Finding]:
    text = reading.text
    for number in numbers(text, range(8, 10)):
        if told_apart(number):
            continue
        yield _licence(reading, number.digits, number.start, number.end)
    for key, start, end in _lettered(text, 7):
        yield _licence(reading, key, start, end)
    for mask in masks(text):
        if mask.length in {8, 9}:
            yield _masked("drivers_license", reading, mask)


def _licence(reading: Reading, key: str, start: int, end: int) -> Finding:
    """Judge one licence: by its shape, then by its cue, and last by the state named nearby."""
    reason = licence_reason(key, "")
    found = finding("drivers_license", reading, start, end, key, reason, telling=False)
    return in_place(found, reading.text)


def in_place(found: Finding, text: str) -> Finding:
    """Return a finding judged by what is named nearby: a licence's state, an id's issuer."""
    if not (found.valid and found.cue is Cue.CONFIRM):
        return found
    start, end = found.snippet_start, found.snippet_end
    if found.category == "drivers_license":
        reason = licence_reason(found.key, _state(text, start, end))
        return replace(found, valid=reason == "valid", reason=reason)
    if found.category == "member_id" and not is_mbi(found.key) and _by_medicare(text, start, end):
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
        if is_mbi(key) and _alone(reading.text, *match.span()):
            reason = member_reason(key)
            yield finding("member_id", reading, *match.span(), key, reason, telling=True)


def _members(reading: Reading) -> Iterator[Finding]:
    text = reading.text
    yield from _medicare(reading)
    for match in _TOKEN.finditer(text):
        if match.end() - match.start() >= 6 and not _NO_ID.match(match[0]):
            yield from _member(reading, match)
    for number in numbers(text, range(6, 21)):
        if number.between.strip() or told_apart(number) or not _whole(text, number):
            continue
        if len(number.shape) > 1:
            reason = member_reason(number.digits)
            yield _number("member_id", reading, number, reason, telling=False)
    for mask in masks(text):
        if 6 <= mask.length <= 14:
            yield _masked("member_id", reading, mask)


def _member(reading: Reading, match: re.Match[str]) -> Iterator[Finding]:
    key = key_of(match[0])
    reason = member_reason(key)
    if reason != "shape" and _alone(reading.text, *match.span()):
        found = finding("member_id", reading, *match.span(), key, reason, telling=False)
        judged = in_place(found, reading.text)
        if judged.reason != "format" or len(key) >= _MBI_LENGTH:  # else the rest may be elsewhere
            yield judged


def _alone(text: str, start: int, end: int) -> bool:
    """Whether the token stands free: not inside a longer one, an address or a key."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum()):
        return False
    of_a_time = before == ":" and text[start - 2 : start - 1].isdigit()
    return after not in {"@", "="} and not of_a_time


def finder_for(text: str, category: str) -> Finder | None:
    """Return the finder that is worth running on a text, or None.

    Categories without a telling form need a word that names them, so without one there is
    nothing to find: most lines are done with after this look.
    """
    if category == "passport" or category == "drivers_license":
        return FINDERS[category] if may_name((category,), fold(text)) else None
    if category == "member_id":
        folded = fold(text)
        named = may_name(("member_id", "member"), folded) and has_issuer(folded)
        return _members if named else _medicare
    return FINDERS[category]


FINDERS: dict[str, Finder] = {
    "ssn": _tax_numbers("ssn", ssn_reason),
    "itin": _tax_numbers("itin", itin_reason),
    "credit_card": _cards,
    "bank_account": bank_pairs,
    "phone": phones,
    "email": _emails,
    "passport": _passports,
    "drivers_license": _licences,
    "member_id": _members,
}
