"""Lower case without accents, character for character, so that offsets stay.

>>> fold("Número de CÉDULA")
'numero de cedula'
"""

import unicodedata

_FOLD = {
    code: folded
    for code in range(0x41, 0x250)
    if len(folded := unicodedata.normalize("NFD", chr(code))[0].lower()) == 1
    and folded != chr(code)
}


def fold(text: str) -> str:
    """Return `text` in lower case and without accents; its length is unchanged."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set: how this room writes its lists."""
    return frozenset(words.split())
