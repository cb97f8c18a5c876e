r"""Other characters for the same text: of other scripts, invisible ones, escapes, and masks.

Digits of other scripts come from other keyboards. Zero-width characters come from rich-text
editors, chat clients and copies out of PDF files; a page that keeps a number on one line writes
no-break spaces, no-break hyphens and figure dashes.

Software leaves encodings behind: percent, JSON, HTML and string escapes, base64. All of them give
the text back exactly. A careful writer escapes what it must, an over-eager one every character, and
a mailbox hidden from harvesters is written in a mix of both.

A mask shows some characters of a number and stars out the rest. What is read back has the
characters still shown and "*" for each hidden one. After `mask_first6_last4` that is as long as the
number; `mask_last4` may write fewer stars than it hides, so its result is to be laid against the
*end* of the number.

Sources:
    https://www.unicode.org/charts/PDF/UFF00.pdf   (full width: U+FF01 to U+FF5E, space U+3000)
    https://www.unicode.org/charts/PDF/U0600.pdf   (U+0660 to U+0669, U+06F0 to U+06F9)
    https://www.rfc-editor.org/rfc/rfc3986#section-2.1   (percent)
    https://www.rfc-editor.org/rfc/rfc8259#section-7     (JSON)
    https://html.spec.whatwg.org/multipage/named-characters.html
    https://tc39.es/ecma262/#prod-EscapeSequence         (\x34, \u{34})
    https://www.rfc-editor.org/rfc/rfc4648               (base64)
    PCI DSS 4.0, requirement 3.4.1 (at most the BIN and the last four digits are shown)

>>> write_fullwidth("666-12-3456", Random(1))
'６６６-１２-３４５６'
>>> write_arabic("666-12-3456", Random(1))
'٦٦٦-١٢-٣٤٥٦'
>>> ascii(write_zero_width("666-12", Random(1)))
"'66\\u200b6\\u200b-12'"
>>> ascii(write_no_break("666-12-3456", Random(1)))
"'666\\u201112\\u20113456'"

>>> write_percent("jane@example.com", Random(4))
'jane%40example.com'
>>> read_html("&#x36;66&#45;12&nbsp;&#51;456")
'666-12 3456'

>>> write_last4("666-12-3456", Random(1))
'•••••3456'
>>> read_shown("•••-••-3456")
'*****3456'
"""

import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import count
from operator import methodcaller
from random import Random
from urllib.parse import quote, unquote, unquote_plus

from piiforge.disguises.separators import DIGIT, groups, has_number, is_breakable, of_text
from piiforge.rng import pick, words
from piiforge.types import Disguise

_WIDE = {code: chr(code + 0xFEE0) for code in range(ord("!"), ord("~") + 1)} | {32: "\u3000"}
_NARROW = {ord(wide): chr(code) for code, wide in _WIDE.items()}
_WIDE_DIGITS = {code: wide for code, wide in _WIDE.items() if chr(code).isdigit()}
_WIDE_ALNUM = {code: wide for code, wide in _WIDE.items() if chr(code).isalnum()}
_WIDE_STYLES = (_WIDE_DIGITS, _WIDE_ALNUM, _WIDE_ALNUM, _WIDE)
_WIDE_CHAR = re.compile("[\u3000\uff01-\uff5e]")
_ALNUM = re.compile("[A-Za-z0-9]")

_TEN = "0123456789"
_ARABIC = tuple("".join(map(chr, range(zero, zero + 10))) for zero in (0x0660, 0x06F0))
_ARABIC_STYLES = tuple(str.maketrans(_TEN, ten) for ten in _ARABIC)
_FROM_ARABIC = str.maketrans("".join(_ARABIC), _TEN * 2)

_ZERO_WIDTHS = "\u200b\u200c\u200d\u2060\u00ad"  # ZWSP, ZWNJ, ZWJ, word joiner, soft hyphen
_ZERO_WIDTH = re.compile(f"[{_ZERO_WIDTHS}]")
_DIGIT_OF_ANY_SCRIPT = re.compile(r"\d")
_NO_BREAKS = "\u00a0\u202f\u2011\u2012"  # no-break spaces, wide and narrow; hyphen, figure dash
_NO_BREAK_STYLES = tuple(
    str.maketrans(" -", space + dash) for space in _NO_BREAKS[:2] for dash in _NO_BREAKS[2:]
)
_TO_PLAIN = str.maketrans(_NO_BREAKS, "  --")
_EVERYWHERE, _AT_GROUPS = 0.3, 0.55

_DIGITS = frozenset(_TEN)
_ASCII = frozenset(map(chr, range(128)))
_SIGNS = frozenset(char for char in _ASCII if not char.isalnum())
_UNRESERVED = frozenset("-._~")
_JSON_MUST = frozenset('"\\') | frozenset(map(chr, range(32)))
_BACKSLASHED = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_NAMES = words(
    "&commat; &period; &lowbar; &plus; &lpar; &rpar; &sol; &ast; &num; &amp; &lt; &gt; &quot; "
    "&middot; &ndash; &shy; &zwnj; &zwj;"
)
_NAMED = {html.unescape(name): name for name in _NAMES} | {" ": "&nbsp;"}

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


def write_fullwidth(text: str, rng: Random) -> str:
    """Write the digits of `text`, often its letters and sometimes its separators in full width."""
    style = pick(_WIDE_STYLES, rng) if DIGIT.search(text) else _WIDE_ALNUM
    return text.translate(style)


def write_arabic(text: str, rng: Random) -> str:
    """Write the digits of `text` in one of the two Arabic-Indic sets."""
    return text.translate(pick(_ARABIC_STYLES, rng))


def _can_widen(text: str) -> bool:
    return _ALNUM.search(text) is not None and _WIDE_CHAR.search(text) is None


def write_zero_width(text: str, rng: Random) -> str:
    """Put a zero-width character between all characters, at the groups or in a few places."""
    char = pick(_ZERO_WIDTHS, rng)
    style = rng.random()
    if style < _EVERYWHERE:
        return char.join(text)
    if style < _AT_GROUPS:
        woven = _at_groups(text, char)
        if woven != text:
            return woven
    return _in_places(text, char, rng)


def write_no_break(text: str, rng: Random) -> str:
    """Write no-break characters for spaces and hyphens, or join the groups with one."""
    if " " in text or "-" in text:
        return text.translate(pick(_NO_BREAK_STYLES, rng))
    return pick(_NO_BREAKS, rng).join(groups(text))


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


def write_percent(text: str, rng: Random) -> str:
    """Percent-encode what a form must, all signs, or every character of `text`."""
    # RFC 3986 asks for upper case; many encoders write lower.
    form = "%{:02X}" if rng.random() < 0.7 else "%{:02x}"
    style = rng.random()
    careful, signs = (_percent(text, form, which) for which in (_SIGNS - _UNRESERVED, _SIGNS))
    if style < 0.45 and careful != text:
        return careful.replace("%20", "+") if style < 0.15 else careful
    return signs if style < 0.8 and signs != text else _percent(text, form, _ASCII)


def _percent(text: str, form: str, which: frozenset[str]) -> str:
    return "".join(
        [
            form.format(ord(char)) if char in which else char if char.isascii() else quote(char)
            for char in text
        ]
    )


def write_percent_twice(text: str, rng: Random) -> str:
    """Percent-encode `text` and then its percent signs, as a proxy does with a query it took."""
    return write_percent(text, rng).replace("+", "%20").replace("%", "%25")


def write_json(text: str, rng: Random) -> str:
    r"""Write some or all characters of `text` as \uXXXX, and a slash sometimes as \/."""
    escape = _json_upper if rng.random() < 0.3 else _json_lower
    if "/" in text and rng.random() < 0.5:
        plain = _escape(text, [False] * len(text), escape, _JSON_MUST)
        return plain.replace("/", "\\/")
    return _escape(text, _choose(text, rng), escape, _JSON_MUST)


def write_html(text: str, rng: Random) -> str:
    """Write some or all characters of `text` as entities: decimal, hexadecimal, named, or mixed."""
    style = rng.random()
    chosen = _choose(text, rng)
    if style < 0.75:
        escape = _decimal if style < 0.3 else _hexadecimal if style < 0.5 else _named
        return _escape(text, chosen, escape, frozenset("&"))
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
    escape = pick(_BACKSLASH_STYLES, rng)
    return _escape(text, _choose(text, rng), escape, frozenset("\\"))


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


def _by_code(form: str) -> Callable[[str], str]:
    """Return what writes a character by its code point, in this form."""
    return lru_cache(maxsize=1024)(lambda char: form.format(ord(char)))


_decimal, _hexadecimal, _braced, _byte, _unit = map(
    _by_code, ("&#{};", "&#x{:x};", "\\u{{{:x}}}", "\\x{:02x}", "\\u{:04x}")
)


def _json_lower(char: str) -> str:
    code = ord(char)
    if code <= 0xFFFF:
        return _unit(char)
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _json_upper(char: str) -> str:
    return _json_lower(char).upper().replace("\\U", "\\u")


def _short(char: str) -> str:
    return _byte(char) if ord(char) <= 0xFF else _json_lower(char)


_BACKSLASH_STYLES = (_short, _short, _braced, _braced, _json_lower)


def _named(char: str) -> str:
    return _NAMED.get(char) or _decimal(char)


def write_first6_last4(text: str, rng: Random) -> str:
    """Hide all digits of a card number but the first six and the last four."""
    char = pick(_CHARS, rng)
    number = "".join(filter(str.isdigit, text))
    style = rng.random()
    if style < 0.35 and number != text:
        return _hide(text, 6, len(number) - 4, char)
    masked = number[:6] + char * (len(number) - 10) + number[-4:]
    if style < 0.65:
        return masked
    return pick(" -", rng).join([masked[at : at + 4] for at in range(0, len(masked), 4)])


def write_last4(text: str, rng: Random) -> str:
    """Hide all characters of a number but the last four, sometimes three or two."""
    shown = pick((4, 4, 4, 4, 3, 2), rng)
    body = "".join(filter(str.isalnum, text))
    lettered = not body.isdigit()
    style = rng.random()
    if style < 0.25 and not lettered:
        return pick(_SHORT, rng) + body[-shown:]
    char = pick(_CHARS_BESIDE_LETTERS if lettered else _CHARS, rng)
    if style < 0.75:
        return _hide(text, 0, len(body) - shown, char)
    return char * (len(body) - shown) + body[-shown:]


def read_shown(text: str) -> str:
    """Return the characters still shown, with "*" for every hidden one that is written."""
    kept = _NOT_SHOWN.sub("", text)
    return kept.translate(_FROM_SIGNS if _SIGN.search(kept) else _FROM_LETTERS)


def _hide(text: str, start: int, end: int, char: str) -> str:
    """Replace the letters and digits number `start` to `end` of `text`, its form kept."""
    place = count()
    return "".join([char if one.isalnum() and start <= next(place) < end else one for one in text])


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and sum(map(str.isdigit, text)) in _CARD_DIGITS


def _can_hide(text: str) -> bool:
    if not text.isascii() or _SIGN.search(text):
        return False
    return has_number(text) and sum(map(str.isalnum, text)) >= _LEAST


def _encoding(
    name: str, write: Callable[[str, Random], str], read: Callable[[str], str]
) -> Disguise:
    """Return the disguise that an encoding is; base64 counts only where a key names it."""
    cued = name == "base64"
    return of_text(name, "encoded", write, read, bool, restores="text", needs_cue=cued)


_narrow, _from_arabic, _plain = (
    methodcaller("translate", table) for table in (_NARROW, _FROM_ARABIC, _TO_PLAIN)
)
_seen = partial(_ZERO_WIDTH.sub, "")
_CHINESE: Mapping[str, str] = {"restores": "text", "language": "zh"}  # who has such keys
_MASK: Mapping[str, str | bool] = {"restores": "visible", "masks": True}

ALL = (
    _encoding("percent", write_percent, unquote_plus),
    _encoding("percent_twice", write_percent_twice, lambda text: unquote(unquote(text))),
    _encoding("json_escape", write_json, lambda text: str(json.loads(f'"{text}"'))),
    _encoding("html_escape", write_html, read_html),
    _encoding("unicode_escape", write_unicode, read_unicode),
    _encoding("base64", write_base64, read_base64),
    of_text("fullwidth", "digits", write_fullwidth, _narrow, _can_widen, **_CHINESE),
    of_text("arabic_indic", "digits", write_arabic, _from_arabic, has_number, restores="text"),
    of_text("zero_width", "invisible", write_zero_width, _seen, _has_inside, restores="text"),
    of_text("no_break", "invisible", write_no_break, _plain, _has_groups),
    of_text("mask_first6_last4", "mask", write_first6_last4, read_shown, _is_card, **_MASK),
    of_text("mask_last4", "mask", write_last4, read_shown, _can_hide, **_MASK),
)
