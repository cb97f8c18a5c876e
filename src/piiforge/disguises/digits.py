"""Digits (and letters) of other scripts: full width, Arabic-Indic, extended Arabic-Indic.

Sources:
    https://www.unicode.org/charts/PDF/UFF00.pdf   (full width: U+FF01 to U+FF5E, space U+3000)
    https://www.unicode.org/charts/PDF/U0600.pdf   (U+0660 to U+0669, U+06F0 to U+06F9)

>>> write_fullwidth("666-12-3456", Random(1)), read_fullwidth("６６６－１２－３４５６")
('６６６-１２-３４５６', '666-12-3456')
>>> write_arabic("666-12-3456", Random(1))
'٦٦٦-١٢-٣٤٥٦'
"""

import re
from random import Random

from piiforge.disguises.surface import DIGIT, from_text, has_number, if_text, on_text, pick
from piiforge.types import Disguise

_SHIFT = 0xFF01 - ord("!")
_WIDE = {code: chr(code + _SHIFT) for code in range(ord("!"), ord("~") + 1)} | {32: "\u3000"}
_NARROW = {ord(wide): chr(code) for code, wide in _WIDE.items()}
_WIDE_DIGITS = {code: wide for code, wide in _WIDE.items() if chr(code).isdigit()}
_WIDE_ALNUM = {code: wide for code, wide in _WIDE.items() if chr(code).isalnum()}
_WIDE_STYLES = (_WIDE_DIGITS, _WIDE_ALNUM, _WIDE_ALNUM, _WIDE)
_WIDE_CHAR = re.compile("[\u3000\uff01-\uff5e]")
_ALNUM = re.compile("[A-Za-z0-9]")

_ARABIC_STYLES = tuple(
    {ord("0") + value: chr(zero + value) for value in range(10)} for zero in (0x0660, 0x06F0)
)
_FROM_ARABIC = {ord(digit): chr(code) for style in _ARABIC_STYLES for code, digit in style.items()}


def write_fullwidth(text: str, rng: Random) -> str:
    """Write the digits of `text`, often its letters and sometimes its separators in full width."""
    style = pick(rng, _WIDE_STYLES) if DIGIT.search(text) else _WIDE_ALNUM
    return text.translate(style)


def read_fullwidth(text: str) -> str:
    """Write full-width characters as the ASCII ones they stand for."""
    return text.translate(_NARROW)


def write_arabic(text: str, rng: Random) -> str:
    """Write the digits of `text` in one of the two Arabic-Indic sets."""
    return text.translate(pick(rng, _ARABIC_STYLES))


def read_arabic(text: str) -> str:
    """Write Arabic-Indic digits of either set as ASCII ones."""
    return text.translate(_FROM_ARABIC)


def _can_widen(text: str) -> bool:
    return _ALNUM.search(text) is not None and _WIDE_CHAR.search(text) is None


FULLWIDTH = Disguise(
    "fullwidth",
    "digits",
    on_text(write_fullwidth),
    from_text(read_fullwidth),
    if_text(_can_widen),
    restores="text",
)
ARABIC_INDIC = Disguise(
    "arabic_indic",
    "digits",
    on_text(write_arabic),
    from_text(read_arabic),
    if_text(has_number),
    restores="text",
)
ALL = (FULLWIDTH, ARABIC_INDIC)
