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
from functools import lru_cache

import phonenumbers

from piiforge.reader.validators import filler

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
