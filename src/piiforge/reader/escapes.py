r"""Escapes of URLs, JSON, scripts and markup, and odd ways to write characters.

Each function undoes one kind, once, and returns the text unchanged where none is found. The
patterns are bounded or possessive, so every pass is linear in the text.

>>> unpercent("q=%2534%31"), unslash(r"\u0034\x31"), unentity("&#52;1")
('q=%341', '41', '41')
"""

import re
import unicodedata
from html import unescape

_SLASH = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|[ux]\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([\"'\\/bfnrt]))"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_PERCENT_U = re.compile(r"%u([0-9a-fA-F]{4})")
_PERCENTS = re.compile(r"(?:%[0-9a-fA-F]{2})++")
_CONTROLS = {"n": "\n", "r": "\n", "t": " ", "b": "", "f": " "}
_INVISIBLE = (
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10),
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0,
)  # fmt: skip
_DASHES = (*range(0x2010, 0x2016), 0x2043, 0x2212, 0x2E3A, 0x2E3B, 0xFE58, 0xFE63, 0xFF0D)
_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_ODD: dict[int, str | None] = {
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_INVISIBLE, None),
    **{
        code: str(unicodedata.decimal(chr(code)))
        for code in range(0x80, 0x1FBFA)
        if chr(code).isdecimal()
    },
}
# one range stands for all beyond the basic plane: singly, each would be compared with every letter
_ODD_RUN = re.compile(
    f"[{re.escape(''.join(chr(code) for code in _ODD if code < 0x10000))}\U00010000-\U0001fbff]+"
)


def unpercent(text: str) -> str:
    """Undo one layer of %XX and %uXXXX. A `+` stays: number and address readers know it."""
    if "%u" in text:
        text = _PERCENT_U.sub(lambda match: chr(int(match[1], 16)), text)
    return _PERCENTS.sub(_unpercent_run, text)


def _unpercent_run(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode(errors="replace")


def unslash(text: str) -> str:
    """Undo one layer of backslash escapes of JSON and scripts, surrogate pairs joined."""
    done = _SLASH.sub(_unslash_one, text)
    if done == text or done.isascii():
        return done
    return done.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unslash_one(match: re.Match[str]) -> str:
    plain, braced, byte, letter = match.groups()
    if letter is not None:
        return _CONTROLS.get(letter, letter)
    code = int(plain or braced or byte, 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def unentity(text: str) -> str:
    """Undo one layer of HTML entities that end in a semicolon (`&copy=1` is a parameter)."""
    return _ENTITY.sub(lambda match: unescape(match[0]), text)


def plain_characters(text: str) -> str:
    """Return `text` with compatibility forms, digits of other scripts, invisibles made plain.

    >>> plain_characters("\uff14\u0661\u200b5\u20116")
    '415-6'
    """
    if text.isascii():
        return text
    text = _ODD_RUN.sub(_plain_run, text)
    if unicodedata.is_normalized("NFKC", text):
        return text
    return _ODD_RUN.sub(_plain_run, unicodedata.normalize("NFKC", text))


def _plain_run(match: re.Match[str]) -> str:
    return match[0].translate(_ODD)
