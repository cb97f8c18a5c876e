"""Bank pairs: a routing number and an account number in one content.

A pair is read from keys or words that name its halves, from a line of an ACH (NACHA) file and
from the magnetic line of a cheque. One half alone is nothing, nor is a masked account number.

Sources: NACHA Operating Rules, entry detail record (type 6); ANSI X9.100-160 (MICR line).
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from piiforge.reader.cues import name_of
from piiforge.reader.fields import place_of
from piiforge.reader.folding import fold
from piiforge.reader.lexicon import may_name
from piiforge.reader.numbers import Number, numbers
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
_MOST_HALVES = 12
_APART = 400


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
    for routing, routing_name in routings:
        for account_number, account_name in accounts:
            cue = _cue(text, routing, routing_name, account_number, account_name)
            if cue is not None:
                start = min(routing.start, account_number.start)
                end = max(routing.end, account_number.end)
                yield _pair(reading, routing.digits, account_number.digits, start, end, cue)


def _halves(text: str) -> tuple[list[tuple[Number, str]], list[tuple[Number, str]]]:
    """Return the numbers that may be routing numbers, and those that may be accounts."""
    shapes = ((4, 4, 1), (3, 3, 3))
    nines = list(islice(numbers(text, range(9, 10), shapes), _MOST_HALVES))
    routings = [(number, named) for number, named in _named(text, nines) if named != "account"]
    if not routings:
        return [], []
    low = min(number.start for number, _ in routings) - _APART
    high = max(number.end for number, _ in routings) + _APART
    near = (number for number in numbers(text, range(4, 18)) if low <= number.start <= high)
    halves = _named(text, islice(near, _MOST_HALVES))
    return routings, [(number, named) for number, named in halves if named != "routing"]


def _named(text: str, found: Iterable[Number]) -> list[tuple[Number, str]]:
    return [(number, name_of(place_of(text, number.start, number.end))) for number in found]


def _cue(
    text: str, routing: Number, routing_name: str, account: Number, account_name: str
) -> Cue | None:
    """Return the cue of two numbers taken as a pair, or None where nothing suggests one."""
    apart = max(routing.start, account.start) - min(routing.end, account.end)
    if apart < 0 or apart > _APART:
        return None
    if routing_name == "routing" and account_name == "account":
        return Cue.CONFIRM
    if "veto" in {routing_name, account_name}:
        return Cue.VETO if "routing" in {routing_name, account_name} else None
    one_named = routing_name == "routing" or account_name == "account"
    other_free = (routing_name if account_name == "account" else account_name) in {"", "routing"}
    near = text[max(0, min(routing.start, account.start) - 80) : max(routing.end, account.end) + 40]
    if one_named and other_free and apart < 60:
        return Cue.CONFIRM
    if not routing_name and not account_name and apart < 12 and _BANKISH.search(near):
        return Cue.CONFIRM
    return None


def _pair(reading: Reading, routing: str, account: str, start: int, end: int, cue: Cue) -> Finding:
    reason = routing_reason(routing)
    if reason == "valid":
        reason = account_reason(account)
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
