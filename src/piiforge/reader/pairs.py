"""Bank pairs: a routing number and an account number in one content.

A pair is read from keys or words that name its halves, from a line of an ACH (NACHA) file and
from the magnetic line of a cheque. One half alone is nothing, nor is a masked account number.

Sources: NACHA Operating Rules, entry detail record (type 6); ANSI X9.100-160 (MICR line).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from piiforge.reader.cues import name_of, speaks
from piiforge.reader.fields import place_of
from piiforge.reader.folding import fold
from piiforge.reader.lexicon import may_name
from piiforge.reader.numbers import masks, numbers, told_apart
from piiforge.reader.records import Finding, Reading
from piiforge.reader.validators import account_reason, routing_reason
from piiforge.types import Cue

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
