"""Lower case without accents, character for character, so that offsets stay.

>>> fold("Número de CÉDULA")
'numero de cedula'
"""

import re
import unicodedata
from functools import lru_cache

_FOLD = {
    chr(code): folded
    for code in range(0x80, 0x250)
    if len(folded := unicodedata.normalize("NFD", chr(code))[0].lower()) == 1
    and folded != chr(code)
}
_ACCENTED = re.compile("[\u0080-\u024f]")


@lru_cache(maxsize=64)  # a line is folded by one step after another
def fold(text: str) -> str:
    """Return `text` in lower case and without accents; its length is unchanged."""
    if text.isascii():
        return text.lower()
    # the one letter that gets longer in lower case is replaced before
    return _ACCENTED.sub(_unaccented, text.replace("\u0130", "i").lower())


def _unaccented(match: re.Match[str]) -> str:
    return _FOLD.get(match[0], match[0])


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set: how this room writes its lists."""
    return frozenset(words.split())
