"""Spelled-out numbers back to digits: the inverse of `words` and `mixed`.

>>> from piiforge.disguises.number_words import EN
>>> listener(EN)("Four fifteen, double five FIVE - oh one hundred")
'4155550100'
>>> hear_chinese("四一五-五五五杠〇幺〇〇")
'4155550100'
>>> mixed_listener(EN)("four15-fivefive5.0ONE00")
'4155550100'
"""

import re
from collections.abc import Callable

from piiforge.disguises.number_words import (
    WITHOUT_ACCENTS,
    ZH_FORMAL,
    ZH_PHONE,
    ZH_PLAIN,
    ZH_PLUS,
    Tongue,
)

_INNER_HYPHEN = re.compile("(?<=[a-z])-(?=[a-z])")
_TOKEN = re.compile(r"[a-z]+|[0-9]+|\+")
_MIXED_TOKEN = re.compile(r"[^\W\d_]+|[0-9+]")
_NOT_HEARD = re.compile("[^A-Za-z0-9+]")
_FROM_CHINESE = {
    ord(char): str(digit)
    for ten in ZH_PLAIN + ZH_PHONE + ZH_FORMAL
    for digit, char in enumerate(ten)
} | {ord(ZH_PLUS): "+"}


def listener(*tongues: Tongue) -> Callable[[str], str]:
    """Return a function that hears the digits, letters and plus in text spoken in `tongues`.

    They are one language; its numbers may be written with hyphens, spaces or no accents.
    """
    said = _sayings(tongues)
    silent = {_flat(word) for word in tongues[0].dashes}
    compounds = sorted((words for words in said if " " in words), key=len, reverse=True)
    compound = re.compile(rf"\b(?:{'|'.join(compounds)})\b")
    clause = re.compile(rf"\b([a-z]) {tongues[0].clause} [a-z]+")
    repeats = tongues[0].repeats

    def hear(text: str) -> str:
        plain = clause.sub(r"\1", _flat(text))
        plain = compound.sub(lambda found: said[found[0]], plain)
        heard = []
        times = 1
        for token in _TOKEN.findall(plain):
            if token in repeats:
                times = repeats[token]
            elif token not in silent:
                heard.append(said.get(token, token) * times)
                times = 1
        return "".join(heard)

    return hear


def mixed_listener(tongue: Tongue) -> Callable[[str], str]:
    """Return a function that hears digits and digit words, run together or not, in one text."""
    said = digit_sayings(tongue)
    word = re.compile("|".join(said))
    only_words = re.compile(f"(?:{'|'.join(said)})+")

    def hear(text: str) -> str:
        heard = []
        for token in _MIXED_TOKEN.findall(text):
            flat = token.lower().translate(WITHOUT_ACCENTS)
            is_number = only_words.fullmatch(flat)
            heard.append(
                "".join([said[each] for each in word.findall(flat)]) if is_number else token
            )
        return "".join(heard)

    return hear


def digit_sayings(tongue: Tongue) -> dict[str, str]:
    """Return the digit for each of its words, without accents."""
    said = {_flat(word): str(digit) for digit, word in enumerate(tongue.digits)}
    return said | {word: digit for word, digit in tongue.other.items() if len(digit) == 1}


def hear_chinese(text: str) -> str:
    """Return the digits, letters and plus of a text with Chinese numerals of any of the sets."""
    return _NOT_HEARD.sub("", text.translate(_FROM_CHINESE))


def _sayings(tongues: tuple[Tongue, ...]) -> dict[str, str]:
    said = digit_sayings(tongues[0])
    for tongue in tongues:
        said |= {_flat(words): digits for digits, words in tongue.pairs.items()}
        said |= tongue.other
    return said | {_flat(tongues[0].plus): "+"}


def _flat(text: str) -> str:
    """Return `text` in lower case, without accents and with spaces for hyphens inside words."""
    return _INNER_HYPHEN.sub(" ", text.lower().translate(WITHOUT_ACCENTS))
