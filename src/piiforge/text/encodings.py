r"""Encodings undone and characters made plain.

Percent signs, backslash escapes, HTML entities, base64 and hexadecimal text. A layer is undone
exactly, once and by its own grammar, as the program would that reads it: then what is found stands
where that program would see it. Or it is undone `loose`, where all that matters is that nothing
stays hidden: with more backslashes than any grammar has, without semicolons, and again until
nothing changes. Every pattern is bounded or possessive, so each pass is linear in the text.

>>> unpercent("q=%2534%31"), unslash(r"\u0034\x31"), unentity("&#52;1")
('q=%341', '41', '41')
>>> unslash(r"\\u0034%u0031"), unslash(r"\\u0034%u0031", loose=True)
('\\u0034%u0031', '41')
>>> undone("q=%2530%2531&amp;n=&#x34"), hidden("key=MDAwLTEyLTM0NTY")
(('q=01&n=4', False), ('000-12-3456', False))

Characters are made plain as written, in lower case letter for letter, or flattened altogether.

>>> plain_characters("\uff14\u0661\u200b5\u20116")
'415-6'
>>> fold("Número de CÉDULA")
'numero de cedula'
>>> flatten("ssnField=٠٠٠‑12‑３４５６")
'ssn field=000‐12‐3456'
"""

import re
import unicodedata
from binascii import a2b_base64
from collections.abc import Sequence
from functools import lru_cache
from html import unescape
from html.entities import html5
from urllib.parse import unquote

ROUNDS = 6  # of undoing; software rarely leaves more than three encodings over one another

_PERCENT_U = re.compile(r"%u([0-9a-fA-F]{4})")
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|[ux]\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([\"'\\/bfnrt]))"
)
# These begin with a sign as it is: the expression then skips to where one stands
_LOOSE_ESCAPE = re.compile(
    r"\\\\{0,15}(?:u([0-9A-Fa-f]{4})|u\{0{0,16}([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2}))"
    r"|%u([0-9A-Fa-f]{4})"
)
_COLOUR = re.compile(r"(?:\x1b|\\(?:e|033|x1[bB]|u001[bB])|\^\[|#033)\[[0-9;:?]{0,32}[A-Za-z]")
_CONTROLS = {"n": "\n", "r": "\n", "t": " ", "b": "", "f": " "}
_LOOSE_CONTROL = re.compile(r"\\\\{0,15}[nrt]")
_BACKSLASHES = re.compile(r"\\\\+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_LOOSE_NUMBER = re.compile(
    r"&#(?:[xX]0*([0-9A-Fa-f]{1,6})(?![0-9A-Fa-f])|0*([0-9]{1,7})(?![0-9]));?"
)
_LOOSE_NAME = re.compile("&([A-Za-z][A-Za-z0-9]{1,31};)")
_ENCODED = re.compile(r"[%&\\]")
# Both begin with a sign as it is: the expression then skips to where one stands.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-][A-Za-z0-9+/_-]{5,}+={0,2}(?![A-Za-z0-9+/_-])")
_LOWER_OR_DIGIT = re.compile("[a-z0-9]")
_STEPS = re.compile("[/_-]")
_HEX = re.compile(r"[2-7](?<![0-9A-Za-z][2-7])[0-9A-Fa-f](?:[2-7][0-9A-Fa-f]){6,}(?![0-9A-Za-z])")
_KEPT, _LONGEST_KEPT = 16_384, 100  # tokens whose hidden texts are remembered
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_WORTH = re.compile(r"[0-9]{2}|[^\x00-\x7f]|@|[ .][A-Za-z]")
_INVISIBLE = (
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10),
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0,
)  # fmt: skip
_DASHES = (*range(0x2010, 0x2016), 0x2043, 0x2212, 0x2E3A, 0x2E3B, 0xFE58, 0xFE63, 0xFF0D)
_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_DIGITS = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x80, 0x1FBFA)
    if chr(code).isdecimal()
}
_ODD: dict[int, str | None] = {
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_INVISIBLE, None),
    **_DIGITS,
}
# one range stands for all beyond the basic plane: singly, each would be compared with every letter
_ODD_RUN = re.compile(
    f"[{re.escape(''.join(chr(code) for code in _ODD if code < 0x10000))}\U00010000-\U0001fbff]+"
)
_UNSEEN = re.compile(f"[{''.join(map(chr, _INVISIBLE))}\u180b-\u180f\U000e0000-\U000e0fff]")
_FOLD = {
    chr(code): folded
    for code in range(0x80, 0x250)
    if len(folded := unicodedata.normalize("NFD", chr(code))[0].lower()) == 1
    and folded != chr(code)
}
_TRADITIONAL = (
    "號号碼码會会險险護护駕驾駛驶證证執执電电話话機机聯联郵邮帳帐戶户賬账銀银線线個个納纳稅税識识別别報报醫医療疗參参單单訂订發发產产編编條条優优貨货運运遞递價价額额總总車车庫库"
    "員员積积點点時时間间類类傳传撥拨續续協协補补維维萬万達达開开頭头結结後后國国與与給给請请問问說说測测試试據据選选項项學学業业轉转儲储擇择繫系號号號号"
)
"""Traditional characters of keys and questions, each with the simplified one behind it."""
_FOLD.update(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True))
_ACCENTED = re.compile(f"[\u0080-\u024f{_TRADITIONAL[::2]}]")
_HUMP = re.compile("[A-Z](?<=[a-z][A-Z])")


def unpercent(text: str) -> str:
    """Undo one layer of %XX and %uXXXX. A `+` stays: number and address readers know it."""
    if "%u" in text:
        text = _PERCENT_U.sub(lambda match: chr(int(match[1], 16)), text)
    return unquote(text, errors="replace")


def unslash(text: str, *, loose: bool = False) -> str:
    """Undo one layer of backslash escapes of JSON and scripts, surrogate pairs joined.

    `loose`: any number of backslashes goes, %uXXXX too, quotes stay escaped, and what can't be a
    character becomes U+FFFD.
    """
    if "\\" not in text and not (loose and "%u" in text):
        return text
    if loose:
        done = _LOOSE_ESCAPE.sub(lambda found: _character(found[found.lastindex or 0]), text)
        done = _BACKSLASHES.sub(r"\\", _LOOSE_CONTROL.sub(" ", done))
    else:
        done = _ESCAPE.sub(_unslash_one, text)
        if done == text:
            return text
    if done.isascii():
        return done
    return done.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unslash_one(match: re.Match[str]) -> str:
    plain, braced, byte, letter = match.groups()
    if letter is not None:
        return _CONTROLS.get(letter, letter)
    code = int(plain or braced or byte, 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def unentity(text: str, *, loose: bool = False) -> str:
    """Undo one layer of HTML entities that end in a semicolon (`&copy=1` is a parameter).

    `loose`: a number needs no semicolon and may begin with zeros; one that is too large for any
    character becomes U+FFFD, or stays where it has over seven digits.
    """
    if not loose:
        return _ENTITY.sub(lambda match: unescape(match[0]), text)
    if "&" not in text:
        return text
    text = _LOOSE_NUMBER.sub(lambda found: _character(found[1], found[2]), text)
    return _LOOSE_NAME.sub(lambda found: html5.get(found[1], found[0]), text)


def _character(hexadecimal: str, decimal: str = "") -> str:
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= 0x10FFFF else "\ufffd"


def uncoloured(text: str) -> str:
    r"""Return `text` without what colours it on a terminal: the sequences of ECMA-48 (ANSI).

    As the terminal gets them, and as loggers write them out: `\e[31m`, `\033[31m`, `^[[31m`.

    >>> uncoloured("\x1b[1;31mssn\x1b[0m=^[[32m000-12-3456")
    'ssn=000-12-3456'
    """
    return _COLOUR.sub("", text) if "[" in text else text


def undone(text: str) -> tuple[str, bool]:
    """Return `text` without its encodings, and whether it still changed after `ROUNDS` rounds."""
    for _ in range(ROUNDS):
        if _ENCODED.search(text) is None:
            return text, False
        before = text
        text = unslash(unentity(unquote(text, errors="replace"), loose=True), loose=True)
        if text == before:
            return text, False
    return text, True


def unbase64(token: str) -> str:
    """Return the text in a token of base64 of either alphabet, padded or not; "" if none is."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return ""
    try:
        return a2b_base64(body + "=" * (-len(body) % 4)).decode()
    except ValueError:  # no base64, or bytes that are no text
        return ""


def hidden(text: str) -> tuple[str, bool]:
    """Return what the base64 and hexadecimal tokens of `text` hide, a line each, as `undone`."""
    found: list[str] = []
    for token in _BASE64.findall(text):
        found += _of_known(token) if len(token) <= _LONGEST_KEPT else _of_token(token)
    found += [bytes.fromhex(token).decode() for token in _HEX.findall(text) if len(token) % 2 == 0]
    layers = [undone(each) for each in found if _WORTH.search(each) and not _CONTROL.search(each)]
    return "\n".join(each for each, _ in layers), any(opaque for _, opaque in layers)


def _of_token(token: str) -> Sequence[str]:
    """Return what a token of mixed letters hides as a whole, else what the steps of a path do."""
    if token == token.lower() or not _LOWER_OR_DIGIT.search(token):
        return ()
    whole = unbase64(token)
    if whole and not _CONTROL.search(whole):
        return (whole,)
    steps = _STEPS.split(token)
    if len(steps) == 1:
        return ()
    return tuple(filter(None, (unbase64(step) for step in steps if len(step) > 5)))


_of_known = lru_cache(maxsize=_KEPT)(_of_token)  # logs repeat their paths and products


def plain_characters(text: str) -> str:
    """Return `text` with compatibility forms, digits of other scripts, invisibles made plain."""
    if text.isascii():
        return text
    text = _ODD_RUN.sub(_plain_run, text)
    if unicodedata.is_normalized("NFKC", text):
        return text
    return _ODD_RUN.sub(_plain_run, unicodedata.normalize("NFKC", text))


def _plain_run(match: re.Match[str]) -> str:
    return match[0].translate(_ODD)


@lru_cache(maxsize=64)  # a line is folded by one step after another
def fold(text: str) -> str:
    """Return `text` in lower case, accents off, Chinese simplified; offsets stay as they are."""
    if text.isascii():
        return text.lower()
    # the one letter that gets longer in lower case is replaced before
    text = text.replace("\u0130", "i").lower()
    return _ACCENTED.sub(lambda letter: _FOLD.get(letter[0], letter[0]), text)


def flatten(text: str) -> str:
    """Return `text` in lower case, words of a camelCase name apart, as plain as can be.

    Compatibility forms, accents and the digits of all scripts are folded, and characters that don't
    show are dropped; dashes and spaces stay of their kind. Offsets change.
    """
    text = _HUMP.sub(lambda capital: f" {capital[0]}", text)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    shown = "".join([char for char in text if not unicodedata.combining(char)])
    return shown.translate(_DIGITS)
