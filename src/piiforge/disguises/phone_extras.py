"""Telephone numbers with something behind them, or with letters for digits.

Source: https://www.itu.int/rec/T-REC-E.161 (the letters on the keys)

>>> read_extension("(415) 555-0100, ext. 204")
'(415) 555-0100'
>>> read_vanity("1-000-000-CALL")
'1-000-000-2255'
"""

import re
from random import Random

from piiforge.disguises.phone_numbers import (
    BARE_AMERICAN,
    NORTH_AMERICA,
    digits_of,
    is_phone,
    parts_of,
)
from piiforge.disguises.phone_tables import (
    EXTENSIONS,
    EXTENSIONS_OF,
    KEY_OF,
    KEYS,
    VANITY_WORDS,
    VOWELS,
)
from piiforge.disguises.surface import from_text, groups, if_text, on_text, pick
from piiforge.types import Disguise

_EXTENSION = re.compile(
    r"[ ,;]*(?:extension|ext|ex|x|#|poste|anexo|interno|int|分机号?|转)[.: ]*[0-9]{1,5}",
    re.IGNORECASE,
)


def write_extension(text: str, rng: Random) -> str:
    """Write an extension of one to five digits behind a number, as its country words it."""
    code = parts_of(text)[0] if "+" in text else ""
    number = str(int(10 ** (1 + rng.random() * 3.7)))
    return f"{text}{pick(rng, EXTENSIONS_OF.get(code, EXTENSIONS))}{number}"


def read_extension(text: str) -> str:
    """Return the number before the extension."""
    found = [match.start() for match in _EXTENSION.finditer(text) if match.end() == len(text)]
    return text[: found[-1]] if found else text


def write_vanity(text: str, rng: Random) -> str:
    """Write the last seven or four digits of a number with the letters of their keys."""
    digits = digits_of(text)
    word = VANITY_WORDS.get(digits[-7:])
    if word is None and _on_keys(digits[-7:]) and rng.random() < 0.3:
        word = _spell(digits[-7:], rng)
    if word is None:
        word = VANITY_WORDS.get(digits[-4:]) or _spell(digits[-4:], rng)
    if text.lstrip("+").isdigit():
        text = "-".join(groups(text))
    return _without_last(text, len(word)) + (word if rng.random() < 0.9 else word.lower())


def read_vanity(text: str) -> str:
    """Return the digits on whose keys the letters stand."""
    return text.translate(KEY_OF)


def _without_last(text: str, count: int) -> str:
    """Return what stands before the last `count` digits of `text`."""
    at = len(text)
    while count:
        at -= 1
        count -= text[at].isdigit()
    return text[:at]


def _on_keys(digits: str) -> bool:
    return "0" not in digits and "1" not in digits


def _spell(digits: str, rng: Random) -> str:
    """Return letters for `digits`, a vowel after each consonant where the key has one."""
    word = ""
    for digit in digits:
        wants_vowel = word and word[-1] not in "AEIOU"
        word += VOWELS.get(digit, "") if wants_vowel else ""
        if not (wants_vowel and digit in VOWELS):
            word += pick(rng, KEYS[digit])
    return word


def _can_be_vanity(text: str) -> bool:
    """Say whether a North American number ends in four digits that have letters."""
    if not is_phone(text) or not _on_keys(digits_of(text)[-4:]):
        return False
    code, rest = parts_of(text)
    number = rest if code == NORTH_AMERICA else text
    return BARE_AMERICAN.fullmatch(number) is not None


EXTENSION = Disguise(
    "extension",
    "phone_extras",
    on_text(write_extension),
    from_text(read_extension),
    if_text(is_phone),
    restores="head",
)
VANITY = Disguise(
    "vanity",
    "phone_vanity",
    on_text(write_vanity),
    from_text(read_vanity),
    if_text(_can_be_vanity),
)
ALL = (EXTENSION, VANITY)
