"""Telephone numbers: which digits can be dialled, and which forms tell that they are meant to be.

North American numbers are checked by rules of our own, because libphonenumber accepts fictional
lines and exchanges that can't be; which area codes are in service, and all other countries, are
asked of libphonenumber.

Sources: NANPA (numbering resources, 555 line numbers), ITU-T E.164, Ofcom (numbers for drama).

>>> nanp_reason("2025550123"), nanp_reason("2119234567"), nanp_reason("3721234567")
('fictional', 'area', 'area')
"""

from functools import lru_cache

import phonenumbers

from piiforge.reader.validators import filler

_REGIONS = ("ES", "FR", "CN", "MX", "GB", "DE", "IT", "IN", "BR", "JP", "AU", "CO", "AR", "CA")
_DRAMA = ("0207946", "07700900")
_WORLD_DRAMA = ("44207946", "447700900")
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
    return "valid" if _in_service(area) else "area"


@lru_cache(maxsize=1024)
def _in_service(area: str) -> bool:
    """Whether libphonenumber knows the area code; asked with a line of each kind."""
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(area + "2345678"))
    return bool(phonenumbers.is_valid_number(number))


@lru_cache(maxsize=8192)
def world_reason(digits: str) -> str:
    """Judge the digits of a number in E.164, its plus left off."""
    if digits[0] == "1":
        return nanp_reason(digits[1:]) if len(digits) == 11 else "shape"
    if filler(digits) or filler(digits[-8:]):
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
    if filler(digits) or filler(digits[-8:]):
        return "placeholder"
    if digits.startswith(_DRAMA):
        return "fictional"
    for region in _REGIONS:
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
