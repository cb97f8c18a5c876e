"""Telephone numbers written otherwise: as at home or as from abroad.

`national` drops the country code and puts the trunk prefix in its place, where the country has
one; what is read back is the end of the number. `international` writes 00 or 011 for the plus,
puts the trunk prefix in brackets behind the code ("+33 (0)6"), or gives a North American or Chinese
number the code that it lacks; what is read back is the whole number. Both leave a form that still
looks like a telephone number, never bare digits.

Sources:
    https://www.itu.int/rec/T-REC-E.123       (national and international notation)
    https://www.itu.int/pub/T-SP-E.164C       (country codes; trunk prefixes in T-SP-E.164D)

>>> write_national("+44 1632 960123", Random(1)), read_national("01632 960123")
('01632 960123', '1632960123')
>>> read_international("0044 1632 960123")
'441632960123'
"""

import re
from random import Random

from piiforge.disguises.phone_numbers import (
    BARE_AMERICAN,
    DIAL_OUT,
    NORTH_AMERICA,
    code_of,
    digits_of,
    is_phone,
    parts_of,
)
from piiforge.disguises.phone_tables import CODES, HOME_FORMS
from piiforge.disguises.surface import from_text, groups, if_text, on_text, pick
from piiforge.types import Disguise

_CHINA, _INDIA, _ARGENTINA = "86", "91", "54"
_LEAST_NATIONAL = 7
_BARE_CHINESE = re.compile(r"1[3-9][0-9]([ \-])[0-9]{4}\1[0-9]{4}")


def write_national(text: str, rng: Random) -> str:
    """Write a number as at home: without its country code, with the trunk prefix if there is one.

    A North American number is put in one of its usual forms; another keeps its groups.
    """
    code, rest = parts_of(text)
    digits = digits_of(rest)
    if CODES[code] and not _is_chinese_mobile(code, digits):
        trunk = CODES[code] if code != _INDIA or rng.random() < 0.5 else ""
        rest, digits = _beforedigits_of(rest, trunk), trunk + digits
    forms = HOME_FORMS.get((code, len(digits)))
    if forms and (code == NORTH_AMERICA or rest.isdigit()):
        return pick(rng, forms) % tuple(digits)
    return " ".join(groups(rest)) if rest.isdigit() else rest


def read_national(text: str) -> str:
    """Return the digits without the trunk prefix."""
    return digits_of(text).lstrip("0")


def write_international(text: str, rng: Random) -> str:
    """Write 00 or 011 for the plus, or the country code before a number that has none."""
    if "+" not in text:
        code = _CHINA if _BARE_CHINESE.fullmatch(text) else NORTH_AMERICA
        space = "" if text.isdigit() else " " if text[0] == "(" else pick(rng, "  -")
        return f"+{code}{space}{text}"
    code, rest = parts_of(text, keep_trunk=True)
    if _takes_trunk_in_brackets(code, rest) and rng.random() < 0.3:
        return f"+{code} (0){rest}"
    prefix = pick(rng, ("00", "00", "00", "011 ", "011-"))
    gap = " " if rest.isdigit() or text[0] == "(" else _gap_after(text, code)
    return f"{prefix}{code}{gap}{rest}"


def read_international(text: str) -> str:
    """Return the digits as they were: without 00 or 011, an added code or an added trunk prefix."""
    digits = digits_of(text)
    if "+" not in text:
        return DIAL_OUT.sub("", digits)
    if digits[0] == NORTH_AMERICA:
        return digits[1:]
    code = code_of(digits)
    if code == _CHINA and digits[2] != "0":
        return digits[2:]
    return code + digits[len(code) + 1 :]


def _gap_after(text: str, code: str) -> str:
    """Return what stands between the country code and the rest."""
    at = len(code) + 1
    return text[at] if text[at : at + 1] in {" ", "-", ".", "/"} else ""


def _beforedigits_of(rest: str, trunk: str) -> str:
    """Put the trunk prefix before the first digit, inside an opening bracket."""
    return f"({trunk}{rest[1:]}" if rest[0] == "(" else trunk + rest


def _is_chinese_mobile(code: str, digits: str) -> bool:
    return code == _CHINA and digits[0] == "1" and len(digits) == 11


def _is_argentine_mobile(code: str, digits: str) -> bool:
    """Say whether 9 precedes the area: at home it is dropped and 15 written further on."""
    return code == _ARGENTINA and digits[:1] == "9"


def _takes_trunk_in_brackets(code: str, rest: str) -> bool:
    return (
        bool(code)
        and bool(CODES[code])
        and code not in (_CHINA, _INDIA, _ARGENTINA)
        and rest[0] in "123456789"
    )


def _has_code(text: str) -> bool:
    if not is_phone(text):
        return False
    code, rest = parts_of(text)
    digits = digits_of(rest)
    if not code or _is_argentine_mobile(code, digits):
        return False
    return len(digits.lstrip("0")) >= _LEAST_NATIONAL


def _can_go_abroad(text: str) -> bool:
    if not is_phone(text):
        return False
    if "+" in text:
        return bool(parts_of(text)[0])
    return bool(BARE_AMERICAN.fullmatch(text) or _BARE_CHINESE.fullmatch(text))


NATIONAL = Disguise(
    "national",
    "phone_writing",
    on_text(write_national),
    from_text(read_national),
    if_text(_has_code),
    restores="tail",
)
INTERNATIONAL = Disguise(
    "international",
    "phone_writing",
    on_text(write_international),
    from_text(read_international),
    if_text(_can_go_abroad),
)
ALL = (NATIONAL, INTERNATIONAL)
