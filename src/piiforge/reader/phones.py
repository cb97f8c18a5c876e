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
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import cast

import phonenumbers

from piiforge import files
from piiforge.reader.cues import Finding, finding, may_name
from piiforge.reader.decode import Reading
from piiforge.reader.numbers import Number, filler, numbers, stands_free, told_apart
from piiforge.text import fold
from piiforge.types import Cue, key_of

_PLANS = cast(
    "Mapping[str, Mapping[str, str]]", files.shipped_yaml("piiforge.reader", "data/phones.yaml")
)
_AT_HOME = {region: re.compile(shape) for region, shape in _PLANS["at_home"].items()}
_FEWEST_AT_HOME = 9
_WORLD_DRAMA = tuple(
    code + head for code, heads in _PLANS["kept_for_drama"].items() for head in heads
)
_DRAMA = tuple("0" + head for heads in _PLANS["kept_for_drama"].values() for head in heads)
_SAMPLES = frozenset({"13800138000", "8613800138000"})
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_SHAPES = ((3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (2, 3, 3, 4))
_LENGTHS = range(8, 18)
_TAIL = re.compile(r"[ \-./()]{0,3}[0-9][0-9 \-./()]{0,20}\+")  # reversed: inside a +… number
_FORM_PLUS = re.compile(r"[A-Za-z,:.]\+[A-Za-z]")
_VANITY_HINT = re.compile(r"[2-9][0-9]{2}\)?[ \-.](?:[A-Z]{2}|[0-9]{3}[\-.][A-Z]{4})")
_VANITY = re.compile(
    r"(?:\+?1[ \-.]?)?\(?([2-9][0-9]{2})\)?[ \-.]"
    r"((?:[A-Z]{7,9}|[A-Z]{2,5}[\-.][A-Z]{2,6}|[0-9]{3}[\-.][A-Z]{4}|[A-Z]{3}[\-.][0-9]{4}))"
)


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
    unreal = _unreal(digits, _WORLD_DRAMA)
    return unreal or ("valid" if _is_valid("+" + digits) else "shape")


@lru_cache(maxsize=8192)
def national_reason(digits: str) -> str:
    """Judge a number written without its country by the countries it may come from."""
    unreal = _unreal(digits, _DRAMA)
    if unreal or len(digits) < _FEWEST_AT_HOME:
        return unreal or "shape"
    homes = (region for region, shape in _AT_HOME.items() if shape.fullmatch(digits))
    return "valid" if any(_is_valid(digits, region) for region in homes) else "shape"


def _unreal(digits: str, drama: tuple[str, ...]) -> str:
    if digits in _SAMPLES or filler(digits) or filler(digits[-8:]):
        return "placeholder"
    return "fictional" if digits.startswith(drama) else ""


def _is_valid(digits: str, region: str | None = None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False


def on_keypad(letters: str) -> str:
    """Return the digits that letters stand for on a telephone.

    >>> on_keypad("1-800-Flowers")
    '1-800-3569377'
    """
    return letters.upper().translate(_KEYPAD)


def phones(reading: Reading) -> Iterator[Finding]:
    """Yield every candidate, the ones with extensions without them."""
    text = reading.text
    for number in numbers(text, _LENGTHS, _SHAPES):
        if not told_apart(number) and not _TAIL.match(
            text[max(0, number.start - 24) : number.start][::-1]
        ):
            yield from _judged(reading, number)
    for match in _VANITY.finditer(text) if _VANITY_HINT.search(text) else ():
        if stands_free(text, *match.span()):
            yield _vanity(reading, match)


def _judged(reading: Reading, number: Number) -> Iterator[Finding]:
    text, digits = reading.text, number.digits
    plus = number.before == "+" and not text[number.start - 2 : number.start - 1].isalnum()
    if plus or (digits.startswith(("00", "011")) and len(digits) > 10):
        if "(0)" in text[number.start : number.end]:  # +44 (0)20: the zero is not dialled
            digits = key_of(text[number.start : number.end].replace("(0)", ""))
        bare = digits if plus else digits[3 if digits.startswith("011") else 2 :]
        reason = world_reason(bare) if 8 <= len(bare) <= 15 else "shape"
        if reason != "shape" or (plus and not _spaces_are_plus(text, number.start)):
            yield finding("phone", reading, number.span, bare, reason, telling=plus)
            return
    local = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(local) == 10:
        reason = "placeholder" if filler(digits[-8:]) else nanp_reason(local)
        at_home = number.shape in _SHAPES or (len(number.shape) == 1 and local is digits)
        if reason in {"valid", "placeholder", "fictional"} or (at_home and local[0] != "0"):
            yield finding(
                "phone", reading, number.span, digits, reason, telling=_telling(text, number)
            )
            return
    if len(digits) <= 13 and may_name(("phone",), fold(text)):
        yield from _national(reading, number)


def _spaces_are_plus(text: str, start: int) -> bool:
    """Whether the text around is form-encoded, so that a + may be a space."""
    return _FORM_PLUS.search(text, max(0, start - 60), start + 60) is not None


def _national(reading: Reading, number: Number) -> Iterator[Finding]:
    """A number of another country, written as at home: only a cue makes it one."""
    found = finding("phone", reading, number.span, number.digits, "valid")
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


def _vanity(reading: Reading, match: re.Match[str]) -> Finding:
    digits = key_of(on_keypad(match[0]))
    local = digits.removeprefix("1")[:10]
    telling = local[0] == "8" or match[0].startswith(("1", "+"))
    return finding("phone", reading, match.span(), digits, nanp_reason(local), telling=telling)
