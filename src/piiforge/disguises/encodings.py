r"""Encodings that software leaves behind: percent, JSON, HTML and string escapes, base64.

All of them give the text back exactly. A careful writer escapes what it must, an over-eager one
every character, and a mailbox hidden from harvesters is written in a mix of both.

Sources:
    https://www.rfc-editor.org/rfc/rfc3986#section-2.1   (percent)
    https://www.rfc-editor.org/rfc/rfc8259#section-7     (JSON)
    https://html.spec.whatwg.org/multipage/named-characters.html
    https://tc39.es/ecma262/#prod-EscapeSequence         (\x34, \u{34})
    https://www.rfc-editor.org/rfc/rfc4648               (base64)

>>> write_percent("jane@example.com", Random(4)), read_percent("jane%40example.com")
('jane%40example.com', 'jane@example.com')
>>> read_html("&#x36;66&#45;12&nbsp;&#51;456")
'666-12 3456'
"""

import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import lru_cache
from random import Random
from urllib.parse import quote, unquote, unquote_plus

from piiforge.disguises.separators import is_written
from piiforge.disguises.surface import from_text, on_text, pick
from piiforge.types import Disguise

_ASCII = tuple(map(chr, range(128)))
_DIGITS = frozenset("0123456789")
_SIGNS = frozenset(char for char in _ASCII if not char.isalnum())
_UNRESERVED = frozenset("-._~")

# RFC 3986 asks for upper case; many encoders write lower.
_PERCENT_UPPER = {char: f"%{ord(char):02X}" for char in _ASCII}
_PERCENT_LOWER = {char: f"%{ord(char):02x}" for char in _ASCII}
_AMPERSAND = frozenset("&")
_BACKSLASH = frozenset("\\")
_JSON_MUST = frozenset('"\\') | frozenset(map(chr, range(32)))
_BACKSLASHED = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_NAMED = {
    "@": "&commat;",
    ".": "&period;",
    "_": "&lowbar;",
    "+": "&plus;",
    "(": "&lpar;",
    ")": "&rpar;",
    "/": "&sol;",
    "*": "&ast;",
    "#": "&num;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    " ": "&nbsp;",
    "·": "&middot;",
    "–": "&ndash;",
    "\u00ad": "&shy;",
    "\u200c": "&zwnj;",
    "\u200d": "&zwj;",
}


def write_percent(text: str, rng: Random) -> str:
    """Percent-encode what a form must, all signs, or every character of `text`."""
    table = _PERCENT_UPPER if rng.random() < 0.7 else _PERCENT_LOWER
    style = rng.random()
    if style < 0.45:
        careful = _percent(text, table, _SIGNS - _UNRESERVED)
        if careful != text:
            return careful.replace("%20", "+") if style < 0.15 else careful
    if style < 0.8:
        signs = _percent(text, table, _SIGNS)
        if signs != text:
            return signs
    return "".join([table.get(char) or quote(char) for char in text])


def read_percent(text: str) -> str:
    """Undo one percent encoding; a plus is a space."""
    return unquote_plus(text)


def write_percent_twice(text: str, rng: Random) -> str:
    """Percent-encode `text` and then its percent signs, as a proxy does with a query it took."""
    return write_percent(text, rng).replace("+", "%20").replace("%", "%25")


def read_percent_twice(text: str) -> str:
    """Undo two percent encodings."""
    return unquote(unquote(text))


def write_json(text: str, rng: Random) -> str:
    r"""Write some or all characters of `text` as \uXXXX, and a slash sometimes as \/."""
    escape = _json_upper if rng.random() < 0.3 else _json_lower
    if "/" in text and rng.random() < 0.5:
        plain = _escape(text, [False] * len(text), escape, _JSON_MUST)
        return plain.replace("/", "\\/")
    return _escape(text, _choose(text, rng), escape, _JSON_MUST)


def read_json(text: str) -> str:
    """Read `text` as the inside of a JSON string."""
    return str(json.loads(f'"{text}"'))


def write_html(text: str, rng: Random) -> str:
    """Write some or all characters of `text` as entities: decimal, hexadecimal, named, or mixed."""
    style = rng.random()
    chosen = _choose(text, rng)
    if style < 0.75:
        escape = _decimal if style < 0.3 else _hexadecimal if style < 0.5 else _named
        return _escape(text, chosen, escape, _AMPERSAND)
    bits = rng.getrandbits(len(text))
    mixed = [
        (_decimal if bits >> at & 1 else _hexadecimal)(char) if take or char == "&" else char
        for at, (char, take) in enumerate(zip(text, chosen, strict=True))
    ]
    return "".join(mixed)


def read_html(text: str) -> str:
    """Read entities; `&nbsp;` by name is a plain space, by number what it says."""
    return html.unescape(text.replace("&nbsp;", " "))


def write_unicode(text: str, rng: Random) -> str:
    r"""Write some or all characters of `text` as \x34, \u{34} or \u0034, one form throughout."""
    escape = pick(rng, _BACKSLASH_STYLES)
    chosen = _choose(text, rng)
    return _escape(text, chosen, escape, _BACKSLASH)


def read_unicode(text: str) -> str:
    """Read string escapes of all three forms, surrogate pairs joined."""
    plain = _BACKSLASHED.sub(lambda found: chr(int(found[1] or found[2] or found[3], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def write_base64(text: str, rng: Random) -> str:
    """Write the UTF-8 of `text` in base64: the standard or URL-safe set, padded or not."""
    encoded = b64encode(text.encode(), b"-_" if rng.random() < 0.4 else None).decode()
    return encoded.rstrip("=") if rng.random() < 0.35 else encoded


def read_base64(text: str) -> str:
    """Read base64 of either set, with or without its padding."""
    padded = text + "=" * (-len(text) % 4)
    return b64decode(padded, b"-_" if "-" in text or "_" in text else None).decode()


def _percent(text: str, table: dict[str, str], which: frozenset[str]) -> str:
    if text.isascii():
        return "".join([table[char] if char in which else char for char in text])
    return "".join(
        [table[char] if char in which else char if char.isascii() else quote(char) for char in text]
    )


def _choose(text: str, rng: Random) -> list[bool]:
    """Say of each character whether to escape it: all, the digits, the signs or a random half."""
    style = rng.random()
    if style < 0.35:
        return [True] * len(text)
    if style < 0.75:
        which = _DIGITS if style < 0.55 else _SIGNS
        chosen = [char in which for char in text]
        return chosen if True in chosen else [True] * len(text)
    bits = rng.getrandbits(len(text)) | 1 << int(rng.random() * len(text))
    return [bool(bits >> at & 1) for at in range(len(text))]


def _escape(
    text: str, chosen: list[bool], escape: Callable[[str], str], always: frozenset[str]
) -> str:
    """Escape the chosen characters and those that may never stand plain."""
    pairs = zip(text, chosen, strict=True)
    return "".join([escape(char) if take or char in always else char for char, take in pairs])


@lru_cache(maxsize=1024)
def _json_lower(char: str) -> str:
    code = ord(char)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


@lru_cache(maxsize=1024)
def _json_upper(char: str) -> str:
    return _json_lower(char).upper().replace("\\U", "\\u")


@lru_cache(maxsize=1024)
def _braced(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


@lru_cache(maxsize=1024)
def _byte(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else _json_lower(char)


_BACKSLASH_STYLES = (_byte, _byte, _braced, _braced, _json_lower)


@lru_cache(maxsize=1024)
def _decimal(char: str) -> str:
    return f"&#{ord(char)};"


@lru_cache(maxsize=1024)
def _hexadecimal(char: str) -> str:
    return f"&#x{ord(char):x};"


def _named(char: str) -> str:
    return _NAMED.get(char) or f"&#{ord(char)};"


def _encoding(
    name: str,
    write: Callable[[str, Random], str],
    read: Callable[[str], str],
    *,
    needs_cue: bool = False,
) -> Disguise:
    return Disguise(
        name,
        "encoded",
        on_text(write),
        from_text(read),
        is_written,
        restores="text",
        needs_cue=needs_cue,
    )


PERCENT = _encoding("percent", write_percent, read_percent)
PERCENT_TWICE = _encoding("percent_twice", write_percent_twice, read_percent_twice)
JSON_ESCAPE = _encoding("json_escape", write_json, read_json)
HTML_ESCAPE = _encoding("html_escape", write_html, read_html)
UNICODE_ESCAPE = _encoding("unicode_escape", write_unicode, read_unicode)
BASE64 = _encoding("base64", write_base64, read_base64, needs_cue=True)
ALL = (PERCENT, PERCENT_TWICE, JSON_ESCAPE, HTML_ESCAPE, UNICODE_ESCAPE, BASE64)
