"""Numbers of which some digits are words and some are digits: "four15-five5five-0100".

People write so to get past filters, and speech recognisers write so by themselves. Either whole
groups are words or single digits are. Letters of a value are kept apart from the words.

>>> from piiforge.types import Part
>>> WORDS_MIXED_EN.undo((Part("four15-5five5-zero1zerozero"),))
'4155550100'
>>> WORDS_MIXED_ZH.undo((Part("4一5-五55-0一〇0"),))
'4155550100'

>>> ES.pairs["42"], FR.pairs["72"], EN.pairs["23"]
('cuarenta y dos', 'soixante-douze', 'twenty-three')

>>> listener(EN)("Four fifteen, double five FIVE - oh one hundred")
'4155550100'
>>> hear_chinese("四一五-五五五杠〇幺〇〇")
'4155550100'
>>> mixed_listener(EN)("four15-fivefive5.0ONE00")
'4155550100'

>>> digit_reader(EN)("415"), repeat_reader(EN, "oh")("4500")
(['four', 'one', 'five'], ['four', 'five', 'double oh'])
>>> pair_reader(EN, "oh", hundreds=True)("2305"), pair_reader(EN, hundreds=True)("400")
([('23', 'twenty-three'), ('0', 'oh'), ('5', 'five')], [('400', 'four hundred')])

>>> from piiforge.types import Part
>>> WORDS_EN.undo((Part("six six six, one-two, three four five six"),))
'666123456'
>>> WORDS_EN_GROUPED.undo((Part("six hundred - twelve - thirty-four fifty-six"),))
'600123456'
>>> WORDS_FR.undo((Part("zéro six, soixante-douze, quatre-vingt-dix"),))
'067290'
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from piiforge.disguises.surface import (
    DIGIT,
    from_text,
    groups,
    if_text,
    is_spellable,
    on_text,
    pick,
)
from piiforge.types import Disguise

# Tables of number words and letter names in English, Spanish, French and Chinese. No logic.
#
# `pairs` spells "10" to "99". Belgian French has its own table (septante, nonante).
#
# Sources:
#     https://dle.rae.es/diccionario-panhispánico-dudas   (cardinales)
#     https://www.academie-francaise.fr/questions-de-langue   (nombres: traits d'union, 1990)
#     GB/T 15835-2011 (Chinese numerals; 〇 and 零; formal 壹 to 玖)
#     ICAO Annex 10 II 5.2.1.3 (alfa, bravo); the letter names of Spanish and French telephony


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says digits, signs and letters.

    `clause` joins a letter and its name ("A as in alpha"); `names` has a name for each of a to z.
    `repeats` are the words for "twice" and the like before a digit; `other` maps further words
    that are heard to their digits.
    """

    language: str
    digits: tuple[str, ...]
    pairs: Mapping[str, str]
    plus: str
    dashes: tuple[str, ...]
    clause: str
    names: tuple[str, ...]
    repeats: Mapping[str, int]
    other: Mapping[str, str]


def _list(words: str) -> tuple[str, ...]:
    """Return the words of a line."""
    return tuple(words.split())


_EN_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_TEENS = _list("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_EN_TENS = _list("twenty thirty forty fifty sixty seventy eighty ninety")
_EN_NAMES = _list(
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar "
    "papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
)

_ES_DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_ES_TEENS = _list(
    "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte "
    "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho "
    "veintinueve"
)
_ES_TENS = _list("treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_NAMES = _list(
    "antonio burgos carmen dolores enrique francia gerona historia inés josé kilo lorenzo madrid "
    "navarra oviedo parís querido ramón sábado tarragona ulises valencia washington xilófono "
    "yolanda zaragoza"
)

_FR_DIGITS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_FR_TEENS = _list("dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf")
_FR_TENS = _list("vingt trente quarante cinquante soixante")
_FR_NAMES = _list(
    "anatole berthe célestin désiré eugène françois gaston henri irma joseph kléber louis marcel "
    "nicolas oscar pierre quintal raoul suzanne thérèse ursule victor william xavier yvonne zoé"
)


def _english() -> dict[str, str]:
    """Return the words of "10" to "99"."""
    pairs = {str(10 + at): word for at, word in enumerate(_EN_TEENS)}
    for ten, word in enumerate(_EN_TENS, start=2):
        pairs[f"{ten}0"] = word
        pairs |= {f"{ten}{unit}": f"{word}-{_EN_DIGITS[unit]}" for unit in range(1, 10)}
    return pairs


def _spanish() -> dict[str, str]:
    """Return the words of "10" to "99"."""
    pairs = {str(10 + at): word for at, word in enumerate(_ES_TEENS)}
    for ten, word in enumerate(_ES_TENS, start=3):
        pairs[f"{ten}0"] = word
        pairs |= {f"{ten}{unit}": f"{word} y {_ES_DIGITS[unit]}" for unit in range(1, 10)}
    return pairs


def _french() -> dict[str, str]:
    """Return the words of "10" to "99": soixante-dix, quatre-vingts, quatre-vingt-dix."""
    pairs = {str(10 + at): word for at, word in enumerate(_FR_TEENS)}
    for ten, word in enumerate(_FR_TENS, start=2):
        pairs[f"{ten}0"] = word
        pairs[f"{ten}1"] = f"{word} et un"
        pairs |= {f"{ten}{unit}": f"{word}-{_FR_DIGITS[unit]}" for unit in range(2, 10)}
    for unit in range(10):
        pairs[f"7{unit}"] = f"soixante-{_FR_TEENS[unit]}"
        pairs[f"8{unit}"] = f"quatre-vingt-{_FR_DIGITS[unit]}"
        pairs[f"9{unit}"] = f"quatre-vingt-{_FR_TEENS[unit]}"
    return pairs | {"71": "soixante et onze", "80": "quatre-vingts"}


def _belgian() -> dict[str, str]:
    """Return the French words with septante and nonante."""
    pairs = _french()
    for ten, word in (("7", "septante"), ("9", "nonante")):
        pairs |= {f"{ten}{unit}": f"{word}-{_FR_DIGITS[unit]}" for unit in range(2, 10)}
        pairs |= {f"{ten}0": word, f"{ten}1": f"{word} et un"}
    return pairs


EN = Tongue(
    language="en",
    digits=_EN_DIGITS,
    pairs=_english(),
    plus="plus",
    dashes=("dash", "hyphen"),
    clause="as in",
    names=_EN_NAMES,
    repeats={"double": 2, "triple": 3},
    other={"oh": "0", "hundred": "00", "thousand": "000"},
)
ES = Tongue(
    language="es",
    digits=_ES_DIGITS,
    pairs=_spanish(),
    plus="más",
    dashes=("guion", "guión"),
    clause="de",
    names=_ES_NAMES,
    repeats={"doble": 2, "triple": 3},
    other={},
)
FR = Tongue(
    language="fr",
    digits=_FR_DIGITS,
    pairs=_french(),
    plus="plus",
    dashes=("tiret",),
    clause="comme",
    names=_FR_NAMES,
    repeats={"double": 2, "triple": 3},
    other={"quatre vingt": "80"},
)
FR_BELGIAN = replace(FR, pairs=_belgian())

WITHOUT_ACCENTS = str.maketrans("áéíóúèêëçâîôû", "aeioueeecaiou")

ZH_PLAIN = ("零一二三四五六七八九", "〇一二三四五六七八九")
ZH_PHONE = ("零幺二三四五六七八九", "〇幺二三四五六七八九")
ZH_FORMAL = ("零壹贰叁肆伍陆柒捌玖", "零壹貳參肆伍陸柒捌玖")  # simplified and traditional
ZH_DASH = "杠"
ZH_PLUS = "加"


# Spelled-out numbers back to digits: the inverse of `words` and `mixed`.


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


# How one group of a number is read aloud: by digit, with repeats, or by pair and hundred.


Reading = tuple[str, str]  # digits and the words for them
ReadDigits = Callable[[str], list[str]]
ReadPairs = Callable[[str], list[Reading]]

_REPEATED = re.compile("|".join([f"{digit}{{2,3}}" for digit in range(10)]) + "|.")


def _singles(tongue: Tongue, zero: str = "", letters: str = "{letter}") -> dict[str, str]:
    """Return what is said for every digit, letter and the plus; `letters` is a format."""
    said = {str(digit): word for digit, word in enumerate(tongue.digits)}
    said |= {"0": zero or tongue.digits[0], "+": tongue.plus}
    for name, letter in zip(tongue.names, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=True):
        words = letters.format(letter=letter, clause=tongue.clause, name=name)
        said[letter] = said[letter.lower()] = words
    return said


def digit_reader(tongue: Tongue, letters: str = "{letter}") -> ReadDigits:
    """Return a reader that says one digit after the other."""
    said = _singles(tongue, letters=letters)

    def read(group: str) -> list[str]:
        return [said[char] for char in group]

    return read


def repeat_reader(tongue: Tongue, zero: str, letters: str = "{letter}") -> ReadDigits:
    """Return a reader that says "double five" and "triple oh" for runs of a digit."""
    said = _singles(tongue, zero, letters)
    times = {count: word for word, count in tongue.repeats.items()}
    said |= {
        str(digit) * count: f"{word} {said[str(digit)]}"
        for digit in range(10)
        for count, word in times.items()
    }

    def read(group: str) -> list[str]:
        return [said[run] for run in _REPEATED.findall(group)]

    return read


def pair_reader(tongue: Tongue, zero: str = "", *, hundreds: bool = False) -> ReadPairs:
    """Return a reader that says two digits at a time, an odd one first.

    With `hundreds` it says "four hundred", "twelve hundred" and "two thousand" where a whole
    group reads so. A group with letters is said one by one.
    """
    said = {char: (char, words) for char, words in _singles(tongue, zero).items()}
    pairs = {f"{at:02d}": [said[char] for char in f"{at:02d}"] for at in range(100)}
    pairs |= {digits: [(digits, words)] for digits, words in tongue.pairs.items()}

    def read(group: str) -> list[Reading]:
        if not group.isdigit():
            return [said[char] for char in group]
        if hundreds and group[-2:] == "00" and (head := _head_of_round(group)):
            word = "thousand" if len(group) - len(head) == 3 else "hundred"
            words = tongue.pairs.get(head) or said[head][1]
            return [(group, f"{words} {word}")]
        odd = len(group) % 2
        readings = [said[group[0]]] if odd else []
        for at in range(odd, len(group), 2):
            readings += pairs[group[at : at + 2]]
        return readings

    return read


def _head_of_round(group: str) -> str:
    """Return what stands before the hundreds or thousands of a group that reads so, else ""."""
    if group[0] == "0" or len(group) not in (3, 4):
        return ""
    if len(group) == 4 and group.endswith("000"):
        return group[0]
    return group[:-2] if group.endswith("00") and group[-3] != "0" else ""


def loose(tongue: Tongue) -> Tongue:
    """Return the tongue as careless people write it: no hyphens in numbers."""
    return replace(tongue, pairs={two: say.replace("-", " ") for two, say in tongue.pairs.items()})


# Numbers read aloud and written down: digit by digit, in pairs, or in groups, in four languages.
#
# Letters of a value stay letters, said one by one ("A as in alpha"). What is read back has the
# letters, the digits and a plus, without separators. Reading is exact because writing keeps one
# rule: where two numbers side by side could be heard as one ("twenty, five"), a comma parts them.


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
_ES_DIGITS_words = (digit_reader(ES), digit_reader(ES), digit_reader(ES, _NAMED))
_ES_PAIRS = (pair_reader(ES),)
_FR_DIGITS_words = (digit_reader(FR), digit_reader(FR), digit_reader(FR, _NAMED))
_FR_PAIRS = tuple(map(pair_reader, (FR, FR, FR, loose(FR), FR_BELGIAN)))

WORDS_EN = _spelled("words_en", "en", _speaker(EN, _EN_PLAIN, ()), _hear_english)
WORDS_EN_OH = _spelled("words_en_oh", "en", _speaker(EN, _EN_OH, ()), _hear_english)
WORDS_EN_GROUPED = _spelled("words_en_grouped", "en", _speaker(EN, (), _EN_PAIRS), _hear_english)
WORDS_ES = _spelled("words_es", "es", _speaker(ES, _ES_DIGITS_words, _ES_PAIRS), _hear_spanish)
WORDS_FR = _spelled("words_fr", "fr", _speaker(FR, _FR_DIGITS_words, _FR_PAIRS), _hear_french)
WORDS_ZH = _spelled("words_zh", "zh", _chinese(ZH_PLAIN), hear_chinese)
WORDS_ZH_PHONE = _spelled("words_zh_phone", "zh", _chinese(ZH_PHONE), hear_chinese)
WORDS_ZH_FORMAL = _spelled("words_zh_formal", "zh", _chinese(ZH_FORMAL), hear_chinese)
WORDS = (
    WORDS_EN,
    WORDS_EN_OH,
    WORDS_EN_GROUPED,
    WORDS_ES,
    WORDS_FR,
    WORDS_ZH,
    WORDS_ZH_PHONE,
    WORDS_ZH_FORMAL,
)


_GAPS = ("-", "-", " ", " ", ".", "", ", ", " - ")
_GLUES = ("", "", "", " ", "-")
_LETTERS = re.compile("[A-Za-z]+")

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

Words = Mapping[str, str]  # the word for each digit


def _writer(tables: Sequence[Words], own: re.Pattern[str]) -> Callable[[str, Random], str]:
    """Return a writer. Letters of the value that `own` matches whole are written one by one."""

    def write(text: str, rng: Random) -> str:
        found = groups(text)
        gap, glue = pick(rng, _GAPS), pick(rng, _GLUES)
        letters = _LETTERS.findall(text)
        if letters:
            gap = gap or "-"
            glue = "-" if any(own.fullmatch(run.lower()) for run in letters) else glue
        return _blend(found, _choose(found, rng), pick(rng, tables), (gap, glue))

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


def _tables(tongue: Tongue, *more: tuple[str, ...]) -> tuple[Words, ...]:
    """Return the words of the digits: in lower case, mostly, in upper case and capitalised."""
    tables = []
    for digits in (tongue.digits, *more):
        lower = dict(zip("0123456789", digits, strict=True))
        upper = {digit: word.upper() for digit, word in lower.items()}
        title = {digit: word.title() for digit, word in lower.items()}
        tables += [lower] * 4 + [upper, title]
    return tuple(tables)


def _own(tongue: Tongue) -> re.Pattern[str]:
    """Return a pattern of the runs of letters that would be heard as digits (SIX, TWOONE)."""
    return re.compile(f"(?:{'|'.join(digit_sayings(tongue))})+")


def write_chinese(text: str, rng: Random) -> str:
    """Write some digits of `text` as Chinese numerals."""
    found = groups(text)
    words = pick(rng, _ZH_TABLES)
    return _blend(found, _choose(found, rng), words, (pick(rng, _GAPS), ""))


_ZH_TABLES: tuple[Words, ...] = tuple(
    dict(zip("0123456789", ten, strict=True)) for ten in ZH_PLAIN + ZH_PHONE
)


def _mixed(
    name: str, language: str, write: Callable[[str, Random], str], read: Callable[[str], str]
) -> Disguise:
    return Disguise(
        name,
        "mixed",
        on_text(write),
        from_text(read),
        if_text(is_spellable),
        language=language,
        drops_form=True,
    )


def _of_tongue(tongue: Tongue, *more: tuple[str, ...]) -> Disguise:
    write = _writer(_tables(tongue, *more), _own(tongue))
    language = tongue.language
    return _mixed(f"words_mixed_{language}", language, write, mixed_listener(tongue))


WORDS_MIXED_EN = _of_tongue(EN, ("oh", *EN.digits[1:]))
WORDS_MIXED_ES = _of_tongue(ES)
WORDS_MIXED_FR = _of_tongue(FR, ("zero", *FR.digits[1:]))
WORDS_MIXED_ZH = _mixed("words_mixed_zh", "zh", write_chinese, hear_chinese)
MIXED = (WORDS_MIXED_EN, WORDS_MIXED_ES, WORDS_MIXED_FR, WORDS_MIXED_ZH)
