"""Numbers read aloud and written down: digit by digit, in pairs, or in groups, in four languages.

Letters of a value stay letters, said one by one ("A as in alpha"). What is read back has the
letters, the digits and a plus, without separators. Reading is exact because writing keeps one
rule: where two numbers side by side could be heard as one ("twenty, five"), a comma parts them.

>>> from piiforge.types import Part
>>> WORDS_EN.undo((Part("six six six, one-two, three four five six"),))
'666123456'
>>> WORDS_EN_GROUPED.undo((Part("six hundred - twelve - thirty-four fifty-six"),))
'600123456'
>>> WORDS_FR.undo((Part("zéro six, soixante-douze, quatre-vingt-dix"),))
'067290'
"""

import re
from collections.abc import Callable, Sequence
from random import Random

from piiforge.disguises.listen import hear_chinese, listener
from piiforge.disguises.number_words import (
    EN,
    ES,
    FR,
    FR_BELGIAN,
    WITHOUT_ACCENTS,
    ZH_DASH,
    ZH_FORMAL,
    ZH_PHONE,
    ZH_PLAIN,
    ZH_PLUS,
    Tongue,
)
from piiforge.disguises.read_aloud import (
    ReadDigits,
    Reading,
    ReadPairs,
    digit_reader,
    loose,
    pair_reader,
    repeat_reader,
)
from piiforge.disguises.surface import from_text, groups, if_text, is_spellable, on_text, pick
from piiforge.types import Disguise

_WHOLE = 5  # a single run up to this long is read in one breath
_PAUSES = (", ", ", ", ", ", " - ", " - ", " ", " ", "; ", "... ", " / ")
_JOINS = (" ",) * 8 + ("-", "-", ", ")
_ZH_PAUSES = ("", "", "-", " ", " ", "，", "、")
_LETTER = re.compile("[A-Za-z]")


def _speaker(
    tongue: Tongue, by_digit: Sequence[ReadDigits], by_pair: Sequence[ReadPairs]
) -> Callable[[str, Random], str]:
    """Return the writer of a tongue, which reads by pair half the time if it may read either way.

    "Y" is a letter and the Spanish "and": so no pairs beside letters then.
    """

    def write(text: str, rng: Random) -> str:
        found = groups(text, _WHOLE)
        pause = pick(rng, _PAUSES)
        if "-" in text and rng.random() < 0.2:
            pause = f" {pick(rng, tongue.dashes)} "
        if not by_digit or (by_pair and rng.random() < 0.5 and not _LETTER.search(text)):
            read_pairs = pick(rng, by_pair)
            return _cased(_say_pairs([read_pairs(group) for group in found], pause), rng)
        read, join = pick(rng, by_digit), pick(rng, _JOINS)
        return _cased(pause.join([join.join(read(group)) for group in found]), rng)

    return write


def _say_pairs(spoken: list[list[Reading]], pause: str) -> str:
    written: list[str] = []
    before = ""
    for group in spoken:
        gap = pause
        for said, words in group:
            if written:
                thin = gap == " " and _run_together(before, said)
                written.append(", " if thin else gap)
            written.append(words)
            before, gap = said, " "
    return "".join(written)


def _run_together(before: str, after: str) -> bool:
    """Say whether two numbers could be heard as one: 20 5, soixante dix, quatre vingt."""
    if before[-1] == "0":
        return len(before) > 1
    return before[-1] == "4" and len(after) > 1 and after[0] == "2"


def _cased(text: str, rng: Random) -> str:
    style = rng.random()
    if style < 0.6:
        return text
    if style < 0.7:
        return text if text.isascii() else text.translate(WITHOUT_ACCENTS)
    if style < 0.82:
        return text[0].upper() + text[1:]
    return text.title() if style < 0.92 else text.upper()


def _chinese(digits: Sequence[str]) -> Callable[[str, Random], str]:
    """Return a writer of Chinese numerals, `digits` being sets of ten."""
    tables = tuple(str.maketrans("0123456789+", ten + ZH_PLUS) for ten in digits)

    def write(text: str, rng: Random) -> str:
        pause = pick(rng, _ZH_PAUSES)
        if "-" in text and rng.random() < 0.25:
            pause = ZH_DASH
        return pause.join(groups(text, _WHOLE)).translate(pick(rng, tables))

    return write


def _spelled(
    name: str, language: str, write: Callable[[str, Random], str], read: Callable[[str], str]
) -> Disguise:
    return Disguise(
        name,
        "spelled",
        on_text(write),
        from_text(read),
        if_text(is_spellable),
        language=language,
        drops_form=True,
    )


_NAMED = "{letter} {clause} {name}"
_hear_english, _hear_spanish, _hear_french = listener(EN), listener(ES), listener(FR, FR_BELGIAN)
_EN_PLAIN = (digit_reader(EN), digit_reader(EN, _NAMED))
_EN_OH = (repeat_reader(EN, "oh"), repeat_reader(EN, "oh", _NAMED), repeat_reader(EN, "zero"))
_EN_PAIRS = tuple(
    pair_reader(tongue, zero, hundreds=True)
    for tongue in (EN, loose(EN))
    for zero in ("oh", "oh", "zero")
)
_ES_DIGITS = (digit_reader(ES), digit_reader(ES), digit_reader(ES, _NAMED))
_ES_PAIRS = (pair_reader(ES),)
_FR_DIGITS = (digit_reader(FR), digit_reader(FR), digit_reader(FR, _NAMED))
_FR_PAIRS = tuple(map(pair_reader, (FR, FR, FR, loose(FR), FR_BELGIAN)))

WORDS_EN = _spelled("words_en", "en", _speaker(EN, _EN_PLAIN, ()), _hear_english)
WORDS_EN_OH = _spelled("words_en_oh", "en", _speaker(EN, _EN_OH, ()), _hear_english)
WORDS_EN_GROUPED = _spelled("words_en_grouped", "en", _speaker(EN, (), _EN_PAIRS), _hear_english)
WORDS_ES = _spelled("words_es", "es", _speaker(ES, _ES_DIGITS, _ES_PAIRS), _hear_spanish)
WORDS_FR = _spelled("words_fr", "fr", _speaker(FR, _FR_DIGITS, _FR_PAIRS), _hear_french)
WORDS_ZH = _spelled("words_zh", "zh", _chinese(ZH_PLAIN), hear_chinese)
WORDS_ZH_PHONE = _spelled("words_zh_phone", "zh", _chinese(ZH_PHONE), hear_chinese)
WORDS_ZH_FORMAL = _spelled("words_zh_formal", "zh", _chinese(ZH_FORMAL), hear_chinese)
ALL = (
    WORDS_EN,
    WORDS_EN_OH,
    WORDS_EN_GROUPED,
    WORDS_ES,
    WORDS_FR,
    WORDS_ZH,
    WORDS_ZH_PHONE,
    WORDS_ZH_FORMAL,
)
