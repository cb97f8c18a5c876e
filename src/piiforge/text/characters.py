r"""Characters made plain: as written, in lower case letter for letter, or flattened altogether.

>>> plain_characters("\uff14\u0661\u200b5\u20116")
'415-6'
>>> fold("Número de CÉDULA")
'numero de cedula'
>>> flatten("ssnField=٠٠٠‑12‑３４５６")
'ssn field=000‐12‐3456'
"""

import re
import unicodedata
from functools import lru_cache

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
_ACCENTED = re.compile("[\u0080-\u024f]")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


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
    """Return `text` in lower case and without accents; its length is unchanged, so offsets stay."""
    if text.isascii():
        return text.lower()
    # the one letter that gets longer in lower case is replaced before
    return _ACCENTED.sub(_unaccented, text.replace("\u0130", "i").lower())


def _unaccented(match: re.Match[str]) -> str:
    return _FOLD.get(match[0], match[0])


def flatten(text: str) -> str:
    """Return `text` in lower case, words of a camelCase name apart, as plain as can be.

    Compatibility forms, accents and the digits of all scripts are folded, and characters that don't
    show are dropped; dashes and spaces stay of their kind. Offsets change.
    """
    text = _HUMP.sub(" ", text)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    shown = "".join([char for char in text if not unicodedata.combining(char)])
    return shown.translate(_DIGITS)
