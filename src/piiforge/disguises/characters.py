r"""Masks: some characters of a number shown, the rest starred out.

`undo` gives the characters still shown and "*" for each hidden one. After `mask_first6_last4` that
is as long as the number; `mask_last4` may write fewer stars than it hides, so its result is to be
laid against the *end* of the number.

Source: PCI DSS 4.0, requirement 3.4.1 (at most the BIN and the last four digits are shown).

>>> write_last4("666-12-3456", Random(1))
'•••••3456'
>>> read_shown("•••-••-3456")
'*****3456'

>>> write_fullwidth("666-12-3456", Random(1)), read_fullwidth("６６６－１２－３４５６")
('６６６-１２-３４５６', '666-12-3456')
>>> write_arabic("666-12-3456", Random(1))
'٦٦٦-١٢-٣٤٥٦'

>>> ascii(write_zero_width("666-12", Random(1)))
"'66\\u200b6\\u200b-12'"
>>> ascii(write_no_break("666-12-3456", Random(1)))
"'666\\u201112\\u20113456'"
"""

import re
from random import Random

from piiforge.disguises.surface import (
    DIGIT,
    from_text,
    groups,
    has_number,
    if_text,
    is_breakable,
    on_text,
    pick,
)
from piiforge.types import Disguise

# Digits (and letters) of other scripts: full width, Arabic-Indic, extended Arabic-Indic.
#
# Sources:
#     https://www.unicode.org/charts/PDF/UFF00.pdf   (full width: U+FF01 to U+FF5E, space U+3000)
#     https://www.unicode.org/charts/PDF/U0600.pdf   (U+0660 to U+0669, U+06F0 to U+06F9)


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
DIGITS = (FULLWIDTH, ARABIC_INDIC)


# Characters that don't show: zero-width ones between digits, no-break ones between groups.
#
# Zero-width characters come from rich-text editors, chat clients and copies out of PDF files; a
# page that keeps a number on one line writes no-break spaces, no-break hyphens and figure dashes.


ZERO_WIDTHS = "\u200b\u200c\u200d\u2060\u00ad"  # ZWSP, ZWNJ, ZWJ, word joiner, soft hyphen

_ZERO_WIDTH = re.compile(f"[{ZERO_WIDTHS}]")
_DIGIT_OF_ANY_SCRIPT = re.compile(r"\d")
_NOTHING = dict.fromkeys(map(ord, ZERO_WIDTHS))
_NO_BREAK_SPACES = "\u00a0\u202f"  # no-break space, narrow no-break space
_NO_BREAK_DASHES = "\u2011\u2012"  # non-breaking hyphen, figure dash
_NO_BREAK_STYLES = tuple(
    {32: space, 45: dash} for space in _NO_BREAK_SPACES for dash in _NO_BREAK_DASHES
)
_NO_BREAK_JOINS = _NO_BREAK_SPACES + _NO_BREAK_DASHES
_TO_PLAIN = dict.fromkeys(map(ord, _NO_BREAK_SPACES), " ") | dict.fromkeys(
    map(ord, _NO_BREAK_DASHES), "-"
)
_EVERYWHERE, _AT_GROUPS = 0.3, 0.55


def write_zero_width(text: str, rng: Random) -> str:
    """Put a zero-width character between all characters, at the groups or in a few places."""
    char = pick(rng, ZERO_WIDTHS)
    style = rng.random()
    if style < _EVERYWHERE:
        return char.join(text)
    if style < _AT_GROUPS:
        woven = _at_groups(text, char)
        if woven != text:
            return woven
    return _in_places(text, char, rng)


def read_zero_width(text: str) -> str:
    """Drop the zero-width characters."""
    return text.translate(_NOTHING)


def write_no_break(text: str, rng: Random) -> str:
    """Write no-break characters for spaces and hyphens, or join the groups with one."""
    if " " in text or "-" in text:
        return text.translate(pick(rng, _NO_BREAK_STYLES))
    return pick(rng, _NO_BREAK_JOINS).join(groups(text))


def read_no_break(text: str) -> str:
    """Write plain spaces and hyphens for the no-break ones."""
    return text.translate(_TO_PLAIN)


def _at_groups(text: str, char: str) -> str:
    for separator in "-@. ":
        if separator in text:
            return text.replace(separator, separator + char)
    return char.join(groups(text)) if text.isalnum() else text


def _in_places(text: str, char: str, rng: Random) -> str:
    """Insert `char` in one to three places, the ends excepted."""
    inner = len(text) - 1
    places = {1 + int(rng.random() * inner) for _ in range(1 + int(rng.random() * 3))}
    for at in sorted(places, reverse=True):
        text = text[:at] + char + text[at:]
    return text


def _has_inside(text: str) -> bool:
    return len(text) > 1 and _ZERO_WIDTH.search(text) is None


def _has_groups(text: str) -> bool:
    return "@" not in text and _DIGIT_OF_ANY_SCRIPT.search(text) is not None and is_breakable(text)


ZERO_WIDTH = Disguise(
    "zero_width",
    "invisible",
    on_text(write_zero_width),
    from_text(read_zero_width),
    if_text(_has_inside),
    restores="text",
)
NO_BREAK = Disguise(
    "no_break", "invisible", on_text(write_no_break), from_text(read_no_break), if_text(_has_groups)
)
INVISIBLE = (ZERO_WIDTH, NO_BREAK)


_CHARS = "**xX•#"
_CHARS_BESIDE_LETTERS = "***•#"  # an x could be the number's own
_SIGN = re.compile("[*•#]")
_FROM_SIGNS = str.maketrans("•#", "**")
_FROM_LETTERS = str.maketrans("xX", "**")
_NOT_SHOWN = re.compile("[^A-Za-z0-9*•#]")
_CARD = re.compile(r"[0-9][0-9 \-]+[0-9]")
_CARD_DIGITS = range(13, 20)
_LEAST = 6
_SHORT = ("****", "****", "...", "***", "**", "x", "xxxx-", "••••", "•••• ", "**** ", "XXXX")


def write_first6_last4(text: str, rng: Random) -> str:
    """Hide all digits of a card number but the first six and the last four."""
    char = pick(rng, _CHARS)
    digits = "".join(filter(str.isdigit, text))
    style = rng.random()
    if style < 0.35 and digits != text:
        return _hide(text, 6, len(digits) - 4, char)
    masked = digits[:6] + char * (len(digits) - 10) + digits[-4:]
    if style < 0.65:
        return masked
    return pick(rng, " -").join([masked[at : at + 4] for at in range(0, len(masked), 4)])


def write_last4(text: str, rng: Random) -> str:
    """Hide all characters of a number but the last four, sometimes three or two."""
    shown = pick(rng, (4, 4, 4, 4, 3, 2))
    body = "".join(filter(str.isalnum, text))
    lettered = not body.isdigit()
    style = rng.random()
    if style < 0.25 and not lettered:
        return pick(rng, _SHORT) + body[-shown:]
    char = pick(rng, _CHARS_BESIDE_LETTERS if lettered else _CHARS)
    if style < 0.75:
        return _hide(text, 0, len(body) - shown, char)
    return char * (len(body) - shown) + body[-shown:]


def read_shown(text: str) -> str:
    """Return the characters still shown, with "*" for every hidden one that is written."""
    kept = _NOT_SHOWN.sub("", text)
    return kept.translate(_FROM_SIGNS if _SIGN.search(kept) else _FROM_LETTERS)


def _hide(text: str, start: int, end: int, char: str) -> str:
    """Replace the letters and digits number `start` to `end` of `text`, its form kept."""
    written = []
    seen = 0
    for one in text:
        if one.isalnum():
            written.append(char if start <= seen < end else one)
            seen += 1
        else:
            written.append(one)
    return "".join(written)


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and sum(map(str.isdigit, text)) in _CARD_DIGITS


def _can_hide(text: str) -> bool:
    if not text.isascii() or _SIGN.search(text):
        return False
    return has_number(text) and sum(map(str.isalnum, text)) >= _LEAST


MASK_FIRST6_LAST4 = Disguise(
    "mask_first6_last4",
    "mask",
    on_text(write_first6_last4),
    from_text(read_shown),
    if_text(_is_card),
    restores="visible",
    masks=True,
)
MASK_LAST4 = Disguise(
    "mask_last4",
    "mask",
    on_text(write_last4),
    from_text(read_shown),
    if_text(_can_hide),
    restores="visible",
    masks=True,
)
MASKS = (MASK_FIRST6_LAST4, MASK_LAST4)
