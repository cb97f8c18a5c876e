r"""Characters that don't show: zero-width ones between digits, no-break ones between groups.

Zero-width characters come from rich-text editors, chat clients and copies out of PDF files; a page
that keeps a number on one line writes no-break spaces, no-break hyphens and figure dashes.

>>> ascii(write_zero_width("666-12", Random(1)))
"'66\\u200b6\\u200b-12'"
>>> ascii(write_no_break("666-12-3456", Random(1)))
"'666\\u201112\\u20113456'"
"""

import re
from random import Random

from piiforge.disguises.surface import from_text, groups, if_text, is_breakable, on_text, pick
from piiforge.types import Disguise

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
    "no_break",
    "invisible",
    on_text(write_no_break),
    from_text(read_no_break),
    if_text(_has_groups),
)
ALL = (ZERO_WIDTH, NO_BREAK)
