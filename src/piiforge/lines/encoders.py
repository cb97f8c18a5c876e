r"""How a line's own writer escapes what it is given: one function a notation.

Every encoder works character by character, so `encode(a + b) == encode(a) + encode(b)`, and leaves
ASCII letters and digits as they are. That is what lets `sentinels.fill` put a value in its place
after the line has been written. Texts must hold no lone surrogate.

Notations: JSON strings (RFC 8259), application/x-www-form-urlencoded (WHATWG URL), percent-encoding
(RFC 3986), HTML and XML 1.0 character data, CSV cells in quotes (RFC 4180), names in
multipart/form-data (WHATWG HTML), HTTP field values (RFC 9110), logfmt, string literals of Python
and JavaScript, cells of a Markdown table.

>>> encode('50 % off "today"', ("form",))
'50+%25+off+%22today%22'
>>> encode('say "hi"', ("json", "json"))
'say \\\\\\"hi\\\\\\"'
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from json.encoder import encode_basestring, encode_basestring_ascii
from urllib.parse import quote

Encoder = Callable[[str], str]

_QUOTED = tuple(quote(bytes([byte]), safe="") for byte in range(256))
_NOT_NAME = re.compile(r"[^\w-]")
_NOT_IDENTIFIER = re.compile(r"\W")


def _replacing(*pairs: tuple[str, str]) -> Encoder:
    """Make an encoder of replacements, the escape sign's own first. Faster than str.translate."""

    def encoder(text: str) -> str:
        for mark, written in pairs:
            text = text.replace(mark, written)
        return text

    return encoder


def _raw(text: str) -> str:
    return text


def _json(text: str) -> str:
    return encode_basestring(text)[1:-1]


def _json_ascii(text: str) -> str:
    return encode_basestring_ascii(text)[1:-1]


def _form(text: str) -> str:
    return _percent(text).replace("%20", "+")


def _percent(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    return "".join([_QUOTED[byte] for byte in text.encode()])


def _html(text: str) -> str:
    return escape(text, quote=True)


def _name(text: str) -> str:
    return _NOT_NAME.sub("_", text)


def _identifier(text: str) -> str:
    return _NOT_IDENTIFIER.sub("_", text)


_BREAKS = (("\n", "\\n"), ("\r", "\\r"))

ENCODERS: Mapping[str, Encoder] = {
    "raw": _raw,
    # The body of a JSON string, other scripts as they are or as \uXXXX
    "json": _json,
    "json_ascii": _json_ascii,
    "form": _form,
    "percent": _percent,
    "html": _html,
    "xml": _replacing(
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&apos;"),
        # A parser would turn these three into a space or a plain newline
        ("\t", "&#9;"),
        ("\n", "&#10;"),
        ("\r", "&#13;"),
    ),
    "csv": _replacing(('"', '""')),
    # One way: a line break becomes a space
    "header": _replacing(("\r", " "), ("\n", " "), ("\0", " ")),
    # The body of a quoted logfmt value
    "logfmt": _replacing(("\\", "\\\\"), ('"', '\\"'), *_BREAKS, ("\t", "\\t")),
    # The body of a single-quoted Python or JavaScript string
    "literal": _replacing(("\\", "\\\\"), ("'", "\\'"), *_BREAKS, ("\0", "\\x00")),
    # One way: the name in a Content-Disposition
    "multipart": _replacing(('"', "%22"), ("\r", "%0D"), ("\n", "%0A")),
    # One way: a cell of a table
    "markdown": _replacing(("\\", "\\\\"), ("|", "\\|"), ("\n", "<br>"), ("\r", "")),
    # One way: an element, a header field, a logfmt key
    "name": _name,
    # One way: a name in a program or a query
    "identifier": _identifier,
}


def encode(text: str, chain: tuple[str, ...]) -> str:
    """Write `text` through the named encoders, innermost first. Raises KeyError for others."""
    if text.isalnum() and text.isascii():
        return text
    for name in chain:
        text = ENCODERS[name](text)
    return text
