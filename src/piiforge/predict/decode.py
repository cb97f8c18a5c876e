r"""A small decoding front for every baseline, so that no comparison flatters a trained model.

Percent signs, HTML entities, JSON's \uXXXX, NFKC and zero-width characters, at most twice each
(double encoding). It is what an engineer puts before a detector in an afternoon: no base64, no
spelled-out numbers, nothing that looks at categories. Linear in the length of the text.

>>> decode("q=jo%2540example.com&amp;tel=５５５‑0100")
'q=jo@example.com&tel=555-0100'
>>> decode("rate 100% and a\\u0040b")
'rate 100% and a@b'
"""

import html
import re
import unicodedata
from urllib.parse import unquote

ROUNDS = 2
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_LONG_REFERENCE = re.compile("&#([0-9]{8,});?")  # Python refuses to read a number of 4,301 digits
_ESCAPE = re.compile(r"\\{1,4}u([0-9a-fA-F]{4})")  # bounded: a run of backslashes stays linear


def decode(text: str) -> str:
    """Return `text` with its encodings undone. What is no valid UTF-8 becomes U+FFFD."""
    for _ in range(ROUNDS):
        before = text
        text = html.unescape(_LONG_REFERENCE.sub(_short, unquote(text, errors="replace")))
        text = _ESCAPE.sub(_character, text)
        if text == before:
            break
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _DASHES.sub("-", _digits(text))


def _short(reference: re.Match[str]) -> str:
    """Return a character reference without its leading zeros; one past Unicode is no character."""
    number = reference[1].lstrip("0")
    return f"&#{number};" if len(number) < len("1114112") + 1 else "\ufffd"


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _digits(text: str) -> str:
    """Write the decimal digits of every script as 0 to 9, which NFKC leaves alone."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
