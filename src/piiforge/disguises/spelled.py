"""Numbers read aloud and written down, whole or in part, in four languages.

A spelled number goes digit by digit ("four one five"), with repeats ("double five"), or in pairs
and hundreds ("forty-one, four hundred"). Letters of a value stay letters, said one by one ("A as in
alpha"). What is read back has the letters, the digits and a plus, without separators. Reading is
exact because writing keeps one rule: where two numbers side by side could be heard as one ("twenty,
five"), a comma parts them.

In a mixed number some digits are words and some are digits: "four15-five5five-0100". People write
so to get past filters, and speech recognisers write so by themselves. Either whole groups are words
or single digits are. Letters of a value are kept apart from the words.

The words of English, Spanish and French are in `data/tongues.yaml`.

Source: GB/T 15835-2011 (Chinese numerals; 〇 and 零; formal 壹 to 玖)

>>> ES.pairs[42 - 10], FR.pairs[72 - 10], EN.pairs[23 - 10]
('cuarenta y dos', 'soixante-douze', 'twenty-three')

>>> digit_reader(EN)("415"), digit_reader(EN, "oh", repeated=True)("4500")
(['four', 'one', 'five'], ['four', 'five', 'double oh'])
>>> pair_reader(EN, "oh", hundreds=True)("2305"), pair_reader(EN, hundreds=True)("400")
([('23', 'twenty-three'), ('0', 'oh'), ('5', 'five')], [('400', 'four hundred')])

>>> listener(EN)("Four fifteen, double five FIVE - oh one hundred")
'4155550100'
>>> listener(EN)("six hundred - twelve - thirty-four fifty-six")
'600123456'
>>> listener(FR)("zéro six, soixante-douze, quatre-vingt-dix")
'067290'
>>> hear_chinese("四一五-五五五杠〇幺〇〇")
'4155550100'
>>> mixed_listener(EN)("four15-fivefive5.0ONE00")
'4155550100'
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import cast

from piiforge import files
from piiforge.disguises.separators import DIGIT, groups, has_number, of_text
from piiforge.rng import pick
from piiforge.types import Disguise

Reading = tuple[str, str]  # digits and the words for them
ReadDigits = Callable[[str], list[str]]
ReadPairs = Callable[[str], list[Reading]]
Write = Callable[[str, Random], str]
Words = Mapping[str, str]  # the word for each digit


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says digits, signs and letters; see the head of `data/tongues.yaml`."""

    language: str
    digits: tuple[str, ...]
    pairs: tuple[str, ...]
    plus: str
    dashes: tuple[str, ...]
    clause: str
    names: tuple[str, ...]
    repeats: Mapping[str, int]
    other: Mapping[str, str]

    def words_of_pairs(self) -> dict[str, str]:
        """Return the words of "10" to "99"."""
        return dict(zip(map(str, range(10, 100)), self.pairs, strict=True))

    def loose(self) -> "Tongue":
        """Return the tongue as careless people write it: no hyphens in numbers."""
        return replace(self, pairs=tuple(words.replace("-", " ") for words in self.pairs))


def _tongues() -> tuple[Tongue, ...]:
    found = files.shipped_yaml("piiforge.disguises", "data/tongues.yaml")
    said = cast("dict[str, dict[str, object]]", found)
    return tuple(files.parsed(words, Tongue, Path("tongues.yaml")) for words in said.values())


EN, ES, FR, FR_BELGIAN = _tongues()

_TEN = "0123456789"
ZH_PLAIN = ("零一二三四五六七八九", "〇一二三四五六七八九")
ZH_PHONE = ("零幺二三四五六七八九", "〇幺二三四五六七八九")
ZH_FORMAL = ("零壹贰叁肆伍陆柒捌玖", "零壹貳參肆伍陸柒捌玖")  # simplified and traditional
ZH_DASH = "杠"
ZH_PLUS = "加"
_FROM_CHINESE = str.maketrans("".join(ZH_PLAIN + ZH_PHONE + ZH_FORMAL) + ZH_PLUS, _TEN * 6 + "+")

_WITHOUT_ACCENTS = str.maketrans("áéíóúèêëçâîôû", "aeioueeecaiou")
_REPEATED = re.compile("|".join([f"{digit}{{2,3}}" for digit in _TEN]) + "|.")
_ROUND = re.compile("([1-9])000|([1-9]{1,2})00")
_INNER_HYPHEN = re.compile("(?<=[a-z])-(?=[a-z])")
_TOKEN = re.compile(r"[a-z]+|[0-9]+|\+")
_MIXED_TOKEN = re.compile(r"[^\W\d_]+|[0-9+]")
_NOT_HEARD = re.compile("[^A-Za-z0-9+]")
_LETTERS = re.compile("[A-Za-z]+")
_WORD_OF_FIVE = re.compile("[A-Za-z]{5}")

_WHOLE = 5  # a single run up to this long is read in one breath
_PAUSES = (", ", ", ", ", ", " - ", " - ", " ", " ", "; ", "... ", " / ")
_JOINS = (" ",) * 8 + ("-", "-", ", ")
_ZH_PAUSES = ("", "", "-", " ", " ", "，", "、")

_GAPS = ("-", "-", " ", " ", ".", "", ", ", " - ")
_GLUES = ("", "", "", " ", "-")
# What parts two neighbours, each a digit, a word or a letter; letters never touch words.
_BETWEEN: Mapping[str, Mapping[str, str]] = {
    glue: {
        **dict.fromkeys(("d", "w", "l", "dd", "dl", "ld"), ""),
        **dict.fromkeys(("ww", "wd", "dw"), glue),
        **dict.fromkeys(("lw", "wl"), glue or "-"),
        "ll": "-" if glue == "-" else "",
    }
    for glue in _GLUES
}


def digit_reader(
    tongue: Tongue, zero: str = "", *, named: bool = False, repeated: bool = False
) -> ReadDigits:
    """Return a reader that says one digit after the other, or one letter, if need be by its name.

    A repeating one says "double five" and "triple oh" for runs of a digit.
    """
    said = _singles(tongue, zero, named=named)
    for word, count in tongue.repeats.items():
        said |= {digit * count: f"{word} {said[digit]}" for digit in _TEN}

    def read(group: str) -> list[str]:
        return [said[run] for run in (_REPEATED.findall(group) if repeated else group)]

    return read


def _singles(tongue: Tongue, zero: str, *, named: bool = False) -> dict[str, str]:
    """Return what is said for every digit, letter and the plus."""
    said = dict(zip(_TEN, tongue.digits, strict=True)) | {"+": tongue.plus}
    said["0"] = zero or said["0"]
    for letter, name in zip(ascii_uppercase, tongue.names, strict=True):
        words = f"{letter} {tongue.clause} {name}" if named else letter
        said |= {letter: words, letter.lower(): words}
    return said


def pair_reader(tongue: Tongue, zero: str = "", *, hundreds: bool = False) -> ReadPairs:
    """Return a reader that says two digits at a time, an odd one first.

    With `hundreds` it says "four hundred", "twelve hundred" and "two thousand" where a whole
    group reads so. A group with letters is said one by one.
    """
    said = {char: (char, words) for char, words in _singles(tongue, zero).items()}
    numbers = tongue.words_of_pairs()
    pairs = {f"0{digit}": [said["0"], said[digit]] for digit in _TEN}
    pairs |= {digits: [(digits, words)] for digits, words in numbers.items()}

    def read(group: str) -> list[Reading]:
        if not group.isdigit():
            return [said[char] for char in group]
        if hundreds and (found := _ROUND.fullmatch(group)):
            head, word = found[1] or found[2], "thousand" if found[1] else "hundred"
            return [(group, f"{numbers.get(head) or said[head][1]} {word}")]
        odd = len(group) % 2
        readings = [said[group[0]]] if odd else []
        for at in range(odd, len(group), 2):
            readings += pairs[group[at : at + 2]]
        return readings

    return read


def _speaker(tongue: Tongue, by_digit: Sequence[ReadDigits], by_pair: Sequence[ReadPairs]) -> Write:
    """Return the writer of a tongue, which reads by pair half the time if it may read either way.

    "Y" is a letter and the Spanish "and": so no pairs beside letters then.
    """

    def write(text: str, rng: Random) -> str:
        found = groups(text, _WHOLE)
        pause = pick(_PAUSES, rng)
        if "-" in text and rng.random() < 0.2:
            pause = f" {pick(tongue.dashes, rng)} "
        if not by_digit or (by_pair and rng.random() < 0.5 and not _LETTERS.search(text)):
            read_pairs = pick(by_pair, rng)
            return _cased(_say_pairs([read_pairs(group) for group in found], pause), rng)
        read, join = pick(by_digit, rng), pick(_JOINS, rng)
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
        return text if text.isascii() else text.translate(_WITHOUT_ACCENTS)
    if style < 0.82:
        return text[0].upper() + text[1:]
    return text.title() if style < 0.92 else text.upper()


def _chinese(digits: Sequence[str]) -> Write:
    """Return a writer of Chinese numerals, `digits` being sets of ten."""
    tables = tuple(str.maketrans(_TEN + "+", ten + ZH_PLUS) for ten in digits)

    def write(text: str, rng: Random) -> str:
        pause = pick(_ZH_PAUSES, rng)
        if "-" in text and rng.random() < 0.25:
            pause = ZH_DASH
        return pause.join(groups(text, _WHOLE)).translate(pick(tables, rng))

    return write


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


def _sayings(tongues: tuple[Tongue, ...]) -> dict[str, str]:
    said = digit_sayings(tongues[0])
    for tongue in tongues:
        said |= {_flat(words): digits for digits, words in tongue.words_of_pairs().items()}
        said |= tongue.other
    return said | {_flat(tongues[0].plus): "+"}


def _flat(text: str) -> str:
    """Return `text` in lower case, without accents and with spaces for hyphens inside words."""
    return _INNER_HYPHEN.sub(" ", text.lower().translate(_WITHOUT_ACCENTS))


def digit_sayings(tongue: Tongue) -> dict[str, str]:
    """Return the digit for each of its words, without accents."""
    said = {_flat(word): str(digit) for digit, word in enumerate(tongue.digits)}
    return said | {word: digit for word, digit in tongue.other.items() if len(digit) == 1}


def hear_chinese(text: str) -> str:
    """Return the digits, letters and plus of a text with Chinese numerals of any of the sets."""
    return _NOT_HEARD.sub("", text.translate(_FROM_CHINESE))


def _writer(tongue: Tongue, zeros: Sequence[str]) -> Write:
    """Return a writer of mixed numbers; `zeros` are further words for 0.

    Words are in lower case, mostly, in upper case or capitalised. Letters of the value that would
    be heard as digits (SIX, TWOONE) are written one by one.
    """
    own = _only_words(digit_sayings(tongue))
    tables: list[Words] = []
    for zero in (tongue.digits[0], *zeros):
        lower = dict(zip(_TEN, (zero, *tongue.digits[1:]), strict=True))
        upper = {digit: word.upper() for digit, word in lower.items()}
        title = {digit: word.title() for digit, word in lower.items()}
        tables += [lower] * 4 + [upper, title]

    def write(text: str, rng: Random) -> str:
        found = groups(text)
        gap, glue = pick(_GAPS, rng), pick(_GLUES, rng)
        letters = _LETTERS.findall(text)
        if letters:
            gap = gap or "-"
            glue = "-" if any(own.fullmatch(run.lower()) for run in letters) else glue
        return _blend(found, _choose(found, rng), pick(tables, rng), (gap, glue))

    return write


def _choose(found: list[str], rng: Random) -> int:
    """Return a bit for each digit, the lowest for the first: set where it becomes a word.

    One bit at least is set and one is not, if there are two.
    """
    total = len(DIGIT.findall("".join(found)))
    every = (1 << total) - 1
    bits = rng.getrandbits(total) if rng.random() < 0.5 else _choose_groups(found, rng)
    if bits in (0, every):
        bits ^= 1 << int(rng.random() * total)
    return bits if total > 1 else 1


def _choose_groups(found: list[str], rng: Random) -> int:
    """Return the bits of a choice of whole groups."""
    bits = at = 0
    for group in found:
        count = len(DIGIT.findall(group))
        if rng.random() < 0.5:
            bits |= ((1 << count) - 1) << at
        at += count
    return bits


def _blend(found: list[str], chosen: int, words: Words, parting: tuple[str, str]) -> str:
    """Write the groups; `parting` is what stands between groups and between characters."""
    gap, glue = parting
    between = _BETWEEN[glue]
    written: list[str] = []
    before = ""
    for group in found:
        if written and gap:
            written.append(gap)
            before = ""
        for char in group:
            if char in words:
                kind = "w" if chosen & 1 else "d"
                chosen >>= 1
            elif char == "+":
                kind = "d"
            else:
                kind = "l"
            written.append(between[before + kind])
            written.append(words[char] if kind == "w" else char)
            before = kind
    return "".join(written)


def mixed_listener(tongue: Tongue) -> Callable[[str], str]:
    """Return a function that hears digits and digit words, run together or not, in one text."""
    said = digit_sayings(tongue)
    word, only_words = re.compile("|".join(said)), _only_words(said)

    def hear_token(token: str) -> str:
        flat = token.lower().translate(_WITHOUT_ACCENTS)
        if only_words.fullmatch(flat):
            return "".join([said[each] for each in word.findall(flat)])
        return token

    return lambda text: "".join(map(hear_token, _MIXED_TOKEN.findall(text)))


def _only_words(said: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(said)})+")


def write_chinese(text: str, rng: Random) -> str:
    """Write some digits of `text` as Chinese numerals."""
    found = groups(text)
    words = pick(_ZH_TABLES, rng)
    return _blend(found, _choose(found, rng), words, (pick(_GAPS, rng), ""))


_ZH_TABLES = tuple(dict(zip(_TEN, ten, strict=True)) for ten in ZH_PLAIN + ZH_PHONE)


def is_spellable(text: str) -> bool:
    """Say whether `text` is a number that may be read aloud: ASCII, with no word in it."""
    return text.isascii() and has_number(text) and _WORD_OF_FIVE.search(text) is None


def _spelled(name: str, language: str, write: Write, read: Callable[[str], str]) -> Disguise:
    group = "mixed" if name.startswith("words_mixed") else "spelled"
    return of_text(name, group, write, read, is_spellable, language=language, drops_form=True)


def _mixed(tongue: Tongue, *zeros: str) -> Disguise:
    """Return the disguise of mixed numbers; `zeros` are further words for 0."""
    name = f"words_mixed_{tongue.language}"
    return _spelled(name, tongue.language, _writer(tongue, zeros), mixed_listener(tongue))


_hear_english = listener(EN)
_EN_DIGITS = (digit_reader(EN), digit_reader(EN, named=True))
_EN_REPEATS = (
    digit_reader(EN, "oh", repeated=True),
    digit_reader(EN, "oh", named=True, repeated=True),
    digit_reader(EN, "zero", repeated=True),
)
_EN_PAIRS = tuple(
    pair_reader(tongue, zero, hundreds=True)
    for tongue in (EN, EN.loose())
    for zero in ("oh", "oh", "zero")
)
_ES_DIGITS = (digit_reader(ES), digit_reader(ES), digit_reader(ES, named=True))
_FR_DIGITS = (digit_reader(FR), digit_reader(FR), digit_reader(FR, named=True))
_FR_PAIRS = tuple(map(pair_reader, (FR, FR, FR, FR.loose(), FR_BELGIAN)))

ALL = (
    _spelled("words_en", "en", _speaker(EN, _EN_DIGITS, ()), _hear_english),
    _spelled("words_en_oh", "en", _speaker(EN, _EN_REPEATS, ()), _hear_english),
    _spelled("words_en_grouped", "en", _speaker(EN, (), _EN_PAIRS), _hear_english),
    _spelled("words_es", "es", _speaker(ES, _ES_DIGITS, (pair_reader(ES),)), listener(ES)),
    _spelled("words_fr", "fr", _speaker(FR, _FR_DIGITS, _FR_PAIRS), listener(FR, FR_BELGIAN)),
    _spelled("words_zh", "zh", _chinese(ZH_PLAIN), hear_chinese),
    _spelled("words_zh_phone", "zh", _chinese(ZH_PHONE), hear_chinese),
    _spelled("words_zh_formal", "zh", _chinese(ZH_FORMAL), hear_chinese),
    _mixed(EN, "oh"),
    _mixed(ES),
    _mixed(FR, "zero"),
    _spelled("words_mixed_zh", "zh", write_chinese, hear_chinese),
)
