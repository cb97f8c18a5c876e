r"""Undoes what hides a text, layer by layer, as far as it goes.

Each layer is tried only where a cheap test says that it may apply. Transport layers (percent,
backslash, entities, characters, base64) are peeled in place, so keys stay before their values;
spoken numbers give one reading more for each language that fits.

>>> [(r.how, r.text) for r in decode("ssn=%30%30%30-12-3456")]
[('plain', 'ssn=%30%30%30-12-3456'), ('percent', 'ssn=000-12-3456')]

>>> unpercent("q=%2534%31"), unslash(r"\u0034\x31"), unentity("&#52;1")
('q=%341', '41', '41')

>>> spoken_addresses("reach me: jane dot roe (at) example dot com")
'reach me: jane.roe@example.com'
>>> spoken_addresses("look at example.com")
'look at example.com'
"""

import binascii
import re
import unicodedata
from base64 import b64decode
from html import unescape
from itertools import islice

from piiforge.reader.folding import fold
from piiforge.reader.records import Reading, joined_how
from piiforge.reader.spoken import spoken_numbers

# Escapes of URLs, JSON, scripts and markup, and odd ways to write characters.
#
# Each function undoes one kind, once, and returns the text unchanged where none is found. The
# patterns are bounded or possessive, so every pass is linear in the text.


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


# E-mail addresses in at/dot forms of four languages, put back together in place.
#
# A bare "at" counts with a spelled dot behind it, or where the words before ask for an address:
# "look at example.com" is no address.


_DOT = (
    r"(?:\s{0,2}[\[({<]\s?(?:dot|punto|point|ponto|点|\.)\s?[\])}>]\s{0,2}"
    r"|[ +_](?:dot|punto|point|ponto|点)[ +_]|点)"
)
_MARK = (
    r"(?:[ +](?:underscore|gui[oó]n bajo|tiret bas|dash|hyphen|gui[oó]n|tiret|plus|m[aá]s)[ +]"
    r"|\s?[\[({](?:underscore|dash|plus|gui[oó]n|tiret|下划线)[\])}]\s?|下划线)"
)
_QUICK = (
    *(f"{left}{word}" for word in ("at", "dot", "point", "punto", "@") for left in " +_([{<"),
    *("arroba", "arobase", "艾特", "小老鼠", "@ ", "点", "(.)", "[.]"),
)
_AT = re.compile(
    r"(?i)(?P<strong>\s{0,2}[\[({<]\s?(?:at|arroba|arobase|艾特|@)\s?[\])}>]\s{0,2}"
    r"|[ +_](?:arroba|arobase|艾特)[ +_]|\s?(?:艾特|小老鼠)\s?)|[ +_](?:at|@)[ +_]| ?@ ?"
)
_LOCAL = re.compile(rf"(?i)(?:[a-z0-9_\-]{{1,40}}(?:{_DOT}|{_MARK}|[.+]))*[a-z0-9_\-]{{1,40}}$")
_DOMAIN = re.compile(
    rf"(?i)[a-z0-9][a-z0-9\-]{{0,40}}(?:(?:{_DOT}|{_MARK}| ?\. |\.)[a-z0-9\-]{{1,40}}){{1,4}}"
)
_SPELLED = re.compile(rf"(?i){_DOT}|{_MARK}")
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9][ \-][A-Za-z0-9_.+\-]"
    r"(?:[ \-][A-Za-z0-9_.+@\-](?![A-Za-z0-9])){1,90}+"
)
_LOST_DOT = re.compile(r"\.[ ]{1,3}\Z")
_ASKED = re.compile(r"(?i)e-?mail|correo|courriel|邮箱|邮件|write|escr[ií]b|[ée]cri")
_LEFT, _RIGHT, _MOST = 90, 120, 100


def spoken_addresses(text: str) -> str:
    """Return `text` with each at/dot form written as an address; at most a hundred are tried."""
    folded = fold(text)
    if not any(map(folded.__contains__, _QUICK)):
        return text
    text = _SPACED.sub(_joined_letters, text)
    pieces: list[str] = []
    done = 0
    for at in islice(_AT.finditer(text), _MOST):
        found = _around(text, at, done)
        if found is not None:
            start, end, address = found
            pieces += (text[done:start], address)
            done = end
    return "".join(pieces) + text[done:]


def _around(text: str, at: re.Match[str], done: int) -> tuple[int, int, str] | None:
    """Return where the address around `at` stands and how it is written plainly."""
    if at.start() < done:
        return None
    floor = max(done, at.start() - _LEFT)
    left = text[floor : at.start()]
    local = _LOCAL.search(left)
    domain = _DOMAIN.match(text, at.end(), at.end() + _RIGHT)
    if local is None or domain is None:
        return None
    if _LOST_DOT.search(left, 0, local.start()):
        return None  # "jane .  . roe @": two dots, or one too many in front
    plain = at["strong"] is None
    if plain and at[0].strip(" +_") != "@" and not _SPELLED.search(domain[0]):
        before = left[: local.start()]
        if not _ASKED.search(before) and not _SPELLED.search(local[0]):
            return None
    address = f"{_respell(local[0])}@{_respell(domain[0])}"
    return floor + local.start(), domain.end(), address


def _joined_letters(match: re.Match[str]) -> str:
    return match[0].replace(" " if " " in match[0] else "-", "")


def _respell(part: str) -> str:
    return _SPELLED.sub(_mark_of, part).replace(" ", "")


def _mark_of(match: re.Match[str]) -> str:
    word = match[0].strip(" +_[](){}<>").lower()
    if word in {"dot", "punto", "point", "ponto", "点", "."}:
        return "."
    if word in {"underscore", "guion bajo", "guión bajo", "tiret bas", "下划线"}:
        return "_"
    return "+" if word in {"plus", "mas", "más"} else "-"


_MAX_LAYERS = 5
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-.%])([A-Za-z0-9+/_\-]{16,}+)={0,2}(?![\w.])")
_NAMED_BASE64 = re.compile(
    r"""(?i)((?:b64|base_?64|enc(?:oded)?)["']?\s?[:=]\s?["']?)([A-Za-z0-9+/_\-]{8,}+)={0,2}"""
)


def decode(content: str) -> list[Reading]:
    """Return the content as written, then with each layer undone, deepest and spoken last."""
    readings = peel(content)
    settled = readings[-1]
    readings += spoken_numbers(settled)
    address = spoken_addresses(settled.text)
    if address != settled.text:
        readings.append(Reading(address, joined_how(settled.how, "address")))
    return readings


def peel(content: str) -> list[Reading]:
    """Return the content and its transport layers undone; the last is the most decoded."""
    readings = [Reading(content, "plain")]
    for _ in range(_MAX_LAYERS):
        peeled = _peel_one(readings[-1])
        if peeled is None:
            break
        readings.append(peeled)
    return readings


def skeleton(content: str) -> str:
    """Return the content decoded as far as it goes, each digit as '#'; letters stay.

    >>> skeleton("ssn=%30%30%30-12-3456")
    'ssn=###-##-####'
    """
    readings = peel(content)
    settled = spoken_numbers(readings[-1]) or readings
    return "".join("#" if character.isdigit() else character for character in settled[-1].text)


def _peel_one(reading: Reading) -> Reading | None:
    """Undo one layer of each transport encoding; base64 only where nothing else is left."""
    text, how = reading.text, reading.how
    steps = (
        ("percent", "%" in text, unpercent),
        ("escape", "\\" in text, unslash),
        ("entity", "&" in text and ";" in text, unentity),
        ("characters", not text.isascii(), plain_characters),
    )
    for name, may_apply, undo in steps:
        done = undo(text) if may_apply else text
        if done != text:
            text, how = done, joined_how(how, name)
    if text == reading.text:
        text = _BASE64.sub(lambda match: _unbase64(match[1], match[0]), text)
        if "64" in text or "enc" in text or "ENC" in text:
            text = _NAMED_BASE64.sub(lambda match: match[1] + _unbase64(match[2], match[2]), text)
        how = joined_how(how, "base64")
    return Reading(text, how) if text != reading.text else None


def _unbase64(token: str, written: str) -> str:
    """Return what a token holds, or it as `written` where that is no readable text."""
    if (
        token.isdigit()
        or token.islower()
        or token.isupper()
        or len(token) % 4 == 1
        or token.count("-") > 2
    ):
        return written
    padded = token.replace("-", "+").replace("_", "/") + "=" * (-len(token) % 4)
    try:
        text = b64decode(padded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return written
    return text if text.isprintable() and _says_something(text) else written


def _says_something(text: str) -> bool:
    """Whether a decoded token may hold a value: random bytes rarely are plain and hold a digit."""
    return any(character.isdigit() or character == "@" for character in text)
