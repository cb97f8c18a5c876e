"""What stands before and behind a number, for the rule baseline. English words only.

A key is read as words (`memberId`, `member_id` and `member-id` are "member id"). Of a category's
own words and the words that name something else, the one nearest before the value wins.
"""

import re

BEFORE = 48
BEHIND = 24
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINTS = re.compile(r"[_\-./+]+|%20")
_END = r"(?![a-z])"

_OTHER_THINGS = re.compile(
    r"(?<![a-z])(?:order|sku|invoice|tracking|shipment|parcel|part|item|product|promo|coupon"
    r"|voucher|ticket|gtin|ean|upc|isbn|barcode|serial|timestamp|time|date|version|session"
    r"|trace|request|price|amount|total|cart|model|build|reference|case|lat|lng|lon"
    rf"|template|campaign|batch)s?(?:\s?(?:id|no|nr|num|number|code))?{_END}"
)
WORDS = {
    "ssn": rf"(?<![a-z])(?:ssn|socsec|social\s?sec(?:urity)?|ss\s?(?:n|no|num|number)){_END}",
    "itin": rf"(?<![a-z])(?:itin|(?:individual\s)?tax(?:payer)?\s?id\w*|tin){_END}",
    "credit_card": r"(?<![a-z])(?:credit|debit|card|cc|pan|visa|master\s?card|amex|payment)",
    "routing": rf"(?<![a-z])(?:routing|aba|rtn|transit|ach){_END}",
    "account": rf"(?<![a-z])(?:account|acct|acc|a/?c|checking|savings|dda|iban){_END}",
    "phone": r"(?<![a-z])(?:(?:tele|cell|home|work|mobile)?\s?phone|tel|mobile|cell|fax|call"
    r"|whats\s?app|sms|text\sme|reach\sme|dial|contact\sno)",
    "passport": r"(?<![a-z])passport",
    "drivers_license": r"(?<![a-z])(?:driv(?:er|ing)\W{0,2}s?\s?licen[cs]e|licen[cs]e"
    rf"|dl|dln|dmv){_END}",
    "member_id": r"(?<![a-z])(?:(?:member|subscriber|beneficiary|enrollee|insurance|plan|policy)"
    rf"\s?(?:id|no|nr|num|number|#)|mbi|medicare|medicaid){_END}",
}
_PATTERNS = {name: re.compile(words) for name, words in WORDS.items()}
_ISSUERS = re.compile(
    r"health|medic|insur|hmo|ppo|benefi|coverage|(?:blue\s?(?:cross|shield))|aetna|cigna|humana"
    r"|kaiser|mbi|subscriber|\bplan\b"
)


def named(kind: str, text: str, start: int, end: int) -> bool | None:
    """Say what the words near text[start:end] call it: `kind` True, another thing False, or None.

    `kind` is a key of WORDS. Words of the kind behind the value count where none stand before.
    """
    before = words(text[max(0, start - BEFORE) : start])
    own, other = _last(_PATTERNS[kind], before), _last(_OTHER_THINGS, before)
    if own >= 0 or other >= 0:
        return own >= other
    return True if _PATTERNS[kind].search(words(text[end : end + BEHIND])) else None


def issued(text: str, start: int, end: int) -> bool:
    """Say whether a health plan, insurer or public programme is spoken of near text[start:end]."""
    near = text[max(0, start - 4 * BEFORE) : end + 4 * BEHIND]
    return _ISSUERS.search(words(near)) is not None


def words(text: str) -> str:
    """Return the text in lower case, keys taken apart.

    >>> words("driverLicense_no=")
    'driver license no='
    """
    return _JOINTS.sub(" ", _CAMEL.sub(" ", text)).lower()


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, -1 for none."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)
