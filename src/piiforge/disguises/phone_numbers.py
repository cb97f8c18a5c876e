"""What a telephone number says of itself: its digits, its country code and what follows.

>>> parts_of("+44 (0)1632 960123"), parts_of("1-415-555-0100")
(('44', '1632 960123'), ('1', '415-555-0100'))
>>> is_phone("(415) 555-0100"), is_phone("000-000-CALL")
(True, False)
"""

import re

from piiforge.disguises.phone_tables import CODES

NORTH_AMERICA = "1"
BARE_AMERICAN = re.compile(r"\(?[2-9][0-9]{2}[) .\-]*[2-9][0-9]{2}[ .\-]*[0-9]{4}")
DIAL_OUT = re.compile(r"\A0(?:0|11)")

_PHONE = re.compile(r"[(+0-9][0-9 +()./\-]{5,}[0-9]")
_DIGITS = range(7, 16)
_ONE_IN_FRONT = re.compile(r"1[ .\-]+(?=\(?[2-9])")
_CODE_IN_BRACKETS = re.compile(r"\((\+[0-9]+)\)")
_NOT_DIGIT = re.compile("[^0-9]+")


def digits_of(text: str) -> str:
    """Return the digits of `text`."""
    return _NOT_DIGIT.sub("", text)


def code_of(digits: str) -> str:
    """Return the known country code that `digits` begin with, else ""."""
    for size in (1, 2, 3):
        if digits[:size] in CODES:
            return digits[:size]
    return ""


def parts_of(text: str, *, keep_trunk: bool = False) -> tuple[str, str]:
    """Return the country code ("" if unknown) and what follows it, as written.

    A trunk prefix in brackets is left out unless it is to be kept.
    """
    one = _ONE_IN_FRONT.match(text)
    if one:
        return NORTH_AMERICA, text[one.end() :]
    plain = _CODE_IN_BRACKETS.sub(r"\1", text)
    plus, body = plain[:1], plain[1:]
    code = code_of(body) if plus == "+" else ""
    rest = body[len(code) :].lstrip(" -./")
    if not keep_trunk and rest.startswith("(0)"):
        rest = rest[3:].lstrip()
    return code, rest


def is_phone(text: str) -> bool:
    """Say whether `text` may be a telephone number: 7 to 15 digits without the dialling prefix."""
    if _PHONE.fullmatch(text) is None:
        return False
    return len(DIAL_OUT.sub("", digits_of(text))) in _DIGITS
