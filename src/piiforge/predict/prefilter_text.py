r"""The prefilter's reading of a content: encodings undone, benign fields cut out, letters folded.

Undone until nothing changes: percent signs, HTML entities, string escapes (`\u0034`, `\x34`,
`\u{34}`, `%u0034`). What base64 or hexadecimal text hides is written behind the content. Then
compatibility forms, accents, case and the digits of all scripts are folded, and characters that
don't show are dropped. A content that still changes after `ROUNDS` rounds is opaque: of that
nothing is certain. All of it is linear in the length of the content.

>>> read("q=%2530%2531&amp;key=MDAwLTEyLTM0NTY").text
'q=01&key=mdaw ltey ltm0nty\n000-12-3456'
>>> read("ssnField=٠٠٠‑12‑３４５６").text
'ssn field=000‐12‐3456'
"""

import re
import unicodedata
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from html.entities import html5
from urllib.parse import unquote

from piiforge.predict.prefilter_noise import without_noise

ROUNDS = 6  # of undoing; software rarely leaves more than three encodings over one another
NESTED = 2  # base64 within base64

_ENCODED = re.compile(r"[%&\\]")
_ESCAPE = re.compile(
    r"(?:\\{1,16}|%)u([0-9A-Fa-f]{4})|\\{1,16}u\{0{0,16}([0-9A-Fa-f]{1,6})\}"
    r"|\\{1,16}x([0-9A-Fa-f]{2})"
)
_WHITE = re.compile(r"\\{1,16}[nrt]")
_BACKSLASHES = re.compile(r"\\{2,}")
_ENTITY = re.compile(r"&#(?:[xX]0*([0-9A-Fa-f]{1,6})(?![0-9A-Fa-f])|0*([0-9]{1,7})(?![0-9]));?")
_NAMED = re.compile("&([A-Za-z][A-Za-z0-9]{1,31};)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{6,}={0,2}(?![A-Za-z0-9+/_-])")
_STEPS = re.compile("[/_-]")
_MIXED = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z0-9]*[a-z0-9])")
_WORTH = re.compile(r"[0-9]{2}|[^\x00-\x7f]|@|[ .][A-Za-z]")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[2-7][0-9A-Fa-f]){7,}(?![0-9A-Za-z])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a content says. `text` is folded; `opaque` where it could not be read to the bottom."""

    text: str
    opaque: bool = False


def read(content: str) -> Reading:
    """Read `content`; see the module."""
    plain, opaque = _undone(content)
    layers = [plain]
    for _ in range(NESTED):
        hidden, unclear = _hidden(layers[-1])
        opaque = opaque or unclear
        if not hidden:
            break
        layers.append(hidden)
    return Reading(_folded("\n".join(map(without_noise, layers))), opaque)


def _undone(text: str) -> tuple[str, bool]:
    """Return `text` without its encodings, and whether there were more rounds to go."""
    for _ in range(ROUNDS):
        if _ENCODED.search(text) is None:
            return text, False
        before = text
        text = _unescaped(_without_entities(unquote(text, errors="replace")))
        if text == before:
            return text, False
    return text, True


def _without_entities(text: str) -> str:
    """Return `text` without entities; a number too large for any character is left as it is."""
    if "&" not in text:
        return text
    text = _ENTITY.sub(lambda found: _character(found[1], found[2]), text)
    return _NAMED.sub(lambda found: html5.get(found[1], found[0]), text)


def _unescaped(text: str) -> str:
    if "\\" not in text and "%u" not in text:
        return text
    text = _ESCAPE.sub(lambda found: _character(found[1] or found[2] or found[3]), text)
    text = _BACKSLASHES.sub(r"\\", _WHITE.sub(" ", text))
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _character(hexadecimal: str, decimal: str = "") -> str:
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= 0x10FFFF else "\ufffd"


def _hidden(text: str) -> tuple[str, bool]:
    """Return what the base64 and hexadecimal tokens of `text` hide, a line each."""
    tokens = [token[0] for token in _BASE64.finditer(text) if _MIXED.match(token[0])]
    found = [hidden for token in tokens for hidden in _of_token(token)]
    found += [_of_hex(token[0]) for token in _HEX.finditer(text)]
    layers = [_undone(each) for each in found if _WORTH.search(each)]
    return "\n".join(each for each, _ in layers), any(opaque for _, opaque in layers)


def _of_token(token: str) -> list[str]:
    """Return what a token hides as a whole, else what the steps of a path hide."""
    whole = _of_base64(token)
    return [whole] if whole else [_of_base64(step) for step in _STEPS.split(token) if len(step) > 5]


def _of_base64(token: str) -> str:
    """Return the text in a token of base64 of either set, or "" if there is none."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return ""
    try:
        return _printable(b64decode(body + "=" * (-len(body) % 4)))
    except Error:
        return ""


def _of_hex(token: str) -> str:
    return _printable(bytes.fromhex(token)) if len(token) % 2 == 0 else ""


def _printable(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL.search(text) else text


def _folded(text: str) -> str:
    """Return `text` in lower case, words of a camelCase name apart, without accents."""
    text = _HUMP.sub(" ", text)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    return "".join([_plain(char) for char in text if not unicodedata.combining(char)])


def _plain(char: str) -> str:
    """Return the ASCII digit for a digit of any script, other characters as they are."""
    return str(unicodedata.decimal(char)) if char > "\x7f" and char.isdecimal() else char
