"""Telephone numbers: which digits can be dialled, and which forms tell that they are meant to be.

North American numbers are checked by rules of our own, because libphonenumber accepts fictional
lines and exchanges that can't be; all other countries are asked of libphonenumber, but for the
numbers that regulators keep for drama.

Sources: NANPA (numbering resources, 555 line numbers), ITU-T E.164, Ofcom, ARCEP, BNetzA,
ACMA (numbers for drama).

>>> nanp_reason("2025550123"), nanp_reason("2119234567"), nanp_reason("3721234567")
('fictional', 'area', 'area')
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import phonenumbers

from piiforge.reader.cues import finding, may_name
from piiforge.reader.folding import fold
from piiforge.reader.numbers import Number, filler, masks, numbers, told_apart
from piiforge.reader.records import Finding, Reading
from piiforge.types import Cue, key_of

_AT_HOME = {
    "ES": r"[6-9]\d{8}",
    "FR": r"0[1-9]\d{8}",
    "CN": r"1[3-9]\d{9}|0\d{9,11}|[48]00\d{7}",
    "MX": r"(?:0?1)?\d{10}",
    "GB": r"0\d{9,10}",
    "DE": r"0[1-9]\d{7,10}",
    "IT": r"[03]\d{8,10}|800\d{6}",
    "IN": r"0?[1-9]\d{9}",
    "BR": r"0?\d{10,11}",
    "JP": r"0\d{9,10}",
    "AU": r"0[2-478]\d{8}|1[38]00\d{6}",
    "CO": r"[36]\d{9}",
    "AR": r"0?\d{10,12}",
    "CH": r"0\d{9}",
    "BE": r"0\d{8,9}",
    "SE": r"0\d{8,9}",
    "NL": r"0\d{9}",
}
"""How numbers are written without their country: a quick look before libphonenumber's."""
_SHAPES = {region: re.compile(shape) for region, shape in _AT_HOME.items()}
_FEWEST_AT_HOME = 9
_FICTIONAL = {
    "44": """
        1134960 1144960 1154960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1614960
        2079460 1914980 2896496 2920180 1632960 7700900 8081570 9098790 3069990
    """,
    "33": "19900 26191 35301 46571 53649 63998",
    "49": "3023125 6990009 4066969 2214710 8999998 1713920 17604069",
    "61": "49157 25550 35550 75550 85550 27010 37010 77010 87010 180016040 18009757",
}
_WORLD_DRAMA = tuple(code + head for code, heads in _FICTIONAL.items() for head in heads.split())
_DRAMA = tuple("0" + head for heads in _FICTIONAL.values() for head in heads.split())
_SAMPLES = frozenset({"13800138000", "8613800138000"})
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


def nanp_reason(digits: str) -> str:
    """Judge ten digits by the North American plan."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if filler(digits) or (filler(exchange + line) and filler(area)):
        return "placeholder"
    if exchange == "555" and line[:2] == "01":
        return "fictional"
    if area[0] in "01" or area[1] == "9" or area[1:] == "11" or area[:2] in {"37", "96"}:
        return "area"
    if area == "555":
        return "fictional"
    if exchange[0] in "01" or exchange[1:] == "11":
        return "exchange"
    return "valid"


@lru_cache(maxsize=8192)
def world_reason(digits: str) -> str:
    """Judge the digits of a number in E.164, its plus left off."""
    if digits[0] == "1":
        return nanp_reason(digits[1:]) if len(digits) == 11 else "shape"
    if digits in _SAMPLES or filler(digits) or filler(digits[-8:]):
        return "placeholder"
    if digits.startswith(_WORLD_DRAMA):
        return "fictional"
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "shape"
    return "valid" if phonenumbers.is_valid_number(number) else "shape"


@lru_cache(maxsize=8192)
def national_reason(digits: str) -> str:
    """Judge a number written without its country by the countries it may come from."""
    if digits in _SAMPLES or filler(digits) or filler(digits[-8:]):
        return "placeholder"
    if digits.startswith(_DRAMA):
        return "fictional"
    if len(digits) < _FEWEST_AT_HOME:
        return "shape"
    for region, shape in _SHAPES.items():
        if not shape.fullmatch(digits):
            continue
        try:
            number = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            return "shape"
        if phonenumbers.is_valid_number(number):
            return "valid"
    return "shape"


def on_keypad(letters: str) -> str:
    """Return the digits that letters stand for on a telephone.

    >>> on_keypad("1-800-Flowers")
    '1-800-3569377'
    """
    return letters.upper().translate(_KEYPAD)


# Finds telephone numbers: international, North American, vanity, and national ones under a cue.


_SHAPES_phone_finder = ((3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (2, 3, 3, 4))
_LENGTHS = range(8, 18)
_TAIL = re.compile(r"[ \-./()]{0,3}[0-9][0-9 \-./()]{0,20}\+")  # reversed: inside a +… number
_FORM_PLUS = re.compile(r"[A-Za-z,:.]\+[A-Za-z]")
_VANITY_HINT = re.compile(r"[2-9][0-9]{2}\)?[ \-.](?:[A-Z]{2}|[0-9]{3}[\-.][A-Z]{4})")
_VANITY = re.compile(
    r"(?:\+?1[ \-.]?)?\(?([2-9][0-9]{2})\)?[ \-.]"
    r"((?:[A-Z]{7,9}|[A-Z]{2,5}[\-.][A-Z]{2,6}|[0-9]{3}[\-.][A-Z]{4}|[A-Z]{3}[\-.][0-9]{4}))"
)


def phones(reading: Reading) -> Iterator[Finding]:
    """Yield every candidate, the ones with extensions without them."""
    text = reading.text
    asked = may_name(("phone",), fold(text))
    for number in numbers(text, _LENGTHS, _SHAPES_phone_finder):
        if not told_apart(number) and not _TAIL.match(
            text[max(0, number.start - 24) : number.start][::-1]
        ):
            yield from _judged(reading, number, asked=asked)
    for match in _VANITY.finditer(text) if _VANITY_HINT.search(text) else ():
        found = _vanity(reading, match)
        if found is not None:
            yield found
    for mask in masks(text):
        if 7 <= mask.length <= 15:
            key = key_of(mask.text)
            yield finding("phone", reading, mask.start, mask.end, key, "masked", telling=False)


def _judged(reading: Reading, number: Number, *, asked: bool) -> Iterator[Finding]:
    text, digits = reading.text, number.digits
    plus = number.before == "+" and not text[number.start - 2 : number.start - 1].isalnum()
    if plus or (digits.startswith(("00", "011")) and len(digits) > 10):
        if "(0)" in text[number.start : number.end]:  # +44 (0)20: the zero is not dialled
            digits = key_of(text[number.start : number.end].replace("(0)", ""))
        bare = digits if plus else digits[3 if digits.startswith("011") else 2 :]
        reason = world_reason(bare) if 8 <= len(bare) <= 15 else "shape"
        if reason != "shape" or (plus and not _spaces_are_plus(text, number.start)):
            yield _found(reading, number, bare, reason, telling=plus)
            return
    local = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(local) == 10:
        reason = "placeholder" if filler(digits[-8:]) else nanp_reason(local)
        at_home = number.shape in _SHAPES_phone_finder or (
            len(number.shape) == 1 and local is digits
        )
        if reason in {"valid", "placeholder", "fictional"} or (at_home and local[0] != "0"):
            yield _found(reading, number, digits, reason, telling=_telling(text, number))
            return
    if asked and len(digits) <= 13:
        yield from _national(reading, number)


def _spaces_are_plus(text: str, start: int) -> bool:
    """Whether the text around is form-encoded, so that a + may be a space."""
    return _FORM_PLUS.search(text, max(0, start - 60), start + 60) is not None


def _national(reading: Reading, number: Number) -> Iterator[Finding]:
    """A number of another country, written as at home: only a cue makes it one."""
    found = _found(reading, number, number.digits, "valid", telling=False)
    if found.cue is not Cue.CONFIRM:
        return
    reason = national_reason(number.digits)
    if reason == "shape" and len(number.digits) > 10:
        reason = world_reason(number.digits)
    key = number.digits.removeprefix("0")  # the zero is no part of it from abroad
    yield replace(found, key=key, valid=reason == "valid", reason=reason)


def _telling(text: str, number: Number) -> bool:
    """Whether brackets or dashes stand where a North American number has them."""
    if number.shape not in {(3, 3, 4), (1, 3, 3, 4)}:
        return False
    written = text[number.start : number.end]
    bracketed = ")" in written and text[number.start - 1 : number.start + 3].count("(") > 0
    return bracketed or number.between == "-"


def _found(reading: Reading, number: Number, key: str, reason: str, *, telling: bool) -> Finding:
    return finding("phone", reading, number.start, number.end, key, reason, telling=telling)


def _vanity(reading: Reading, match: re.Match[str]) -> Finding | None:
    text = reading.text
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if (before.isascii() and before.isalnum()) or (after.isalnum() and after.isascii()):
        return None
    digits = key_of(on_keypad(match[0]))
    area = digits[1:4] if digits[0] == "1" else digits[:3]
    local = (digits[1:] if digits[0] == "1" else digits)[:10]
    telling = area[0] == "8" or match[0].startswith(("1", "+"))
    return finding("phone", reading, *match.span(), digits, nanp_reason(local), telling=telling)
