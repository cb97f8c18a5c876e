"""Numbers spelled out in words, read back as digits.

A run of number words becomes its digits, in place, so that the words around stay as cues. A run
needs four digits; "four one five" reads 415, "four fifteen" 415, "soixante-douze" 72,
"double two" 22, "四一五" 415, "4one5" 415.

>>> said = "tel: two oh two five five five oh one oh oh"
>>> [reading.text for reading in spoken_numbers(Reading(said, "plain"))]
['tel: 2025550100']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from piiforge.reader.folding import fold
from piiforge.reader.records import Reading, joined_how

# The number words of English, Spanish and French, and the digits of Chinese.
#
# A word is a value with the largest value that may be added right after it: "twenty" leaves room
# for 9, "seiscientos" for 99, a unit for nothing. Accents are folded away before the look-up.


@dataclass(frozen=True, slots=True)
class Word:
    """What one word does in a spoken number.

    `kind`: number, times (double), hundred, link (and, y), mark (dash), letter (alpha). Numbers
    from `least` to `room` may be added right after it.
    """

    kind: str
    value: int = 0
    room: int = 0
    least: int = 1
    text: str = ""


def _numbers(words: str, first: int) -> dict[str, Word]:
    """Consecutive numbers that take nothing after them; alternatives are joined by '/'."""
    return {
        name: Word("number", value)
        for value, names in enumerate(words.split(), first)
        for name in names.split("/")
    }


def _tens(words: str, first: int = 20) -> dict[str, Word]:
    return {
        name: Word("number", value, 9)
        for value, names in zip(range(first, 100, 10), words.split(), strict=False)
        for name in names.split("/")
    }


def _marks(**words: str) -> dict[str, Word]:
    return {
        name: Word("mark", text=_MARKS[mark])
        for mark, names in words.items()
        for name in names.split()
    }


_MARKS = {"dash": "-", "dot": ".", "plus": "+", "slash": "/", "gap": " "}
_TIMES = {"double": Word("times", 2), "triple": Word("times", 3)}
_NATO = (
    "alpha/alfa bravo charlie delta echo foxtrot golf hotel india juliet/juliett kilo lima mike "
    "november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
)
_LETTERS = {
    name: Word("letter", text=chr(65 + place))
    for place, names in enumerate(_NATO.split())
    for name in names.split("/")
}
_EN = {
    **_LETTERS,
    **_TIMES,
    **_numbers("zero/oh/o/nought one two three four five six seven eight nine", 0),
    **_numbers(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10
    ),
    **_tens("twenty thirty forty/fourty fifty sixty seventy eighty ninety"),
    **_marks(dash="dash hyphen minus", dot="dot point", plus="plus", slash="slash", gap="space"),
    "hundred": Word("hundred"),  # no room: "eight hundred five five" is 800 55
}
_ES = {
    **_numbers("cero uno/un/una dos tres cuatro cinco seis siete ocho nueve", 0),
    **_numbers("diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve", 10),
    **_numbers(
        "veintiuno/veintiun veintidos veintitres veinticuatro veinticinco veintiseis "
        "veintisiete veintiocho veintinueve",
        21,
    ),
    **_tens("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
    **{
        name: Word("number", hundreds * 100, 99)
        for hundreds, names in enumerate(
            [
                "cien/ciento",
                "doscientos",
                "trescientos",
                "cuatrocientos",
                "quinientos",
                "seiscientos",
                "setecientos",
                "ochocientos",
                "novecientos",
            ],
            1,
        )
        for name in names.split("/")
    },
    **_marks(dash="guion menos", dot="punto", plus="mas", slash="barra diagonal", gap="espacio"),
    "y": Word("link"),
    "doble": Word("times", 2),
    "triple": Word("times", 3),
}
_FR = {
    **_TIMES,
    **_numbers("zero un/une deux trois quatre cinq six sept huit neuf", 0),
    **_numbers("onze douze treize quatorze quinze seize", 11),
    **_tens("vingt trente quarante cinquante"),
    "vingts": Word("number", 20, 9),
    **_tens("septante octante/huitante nonante", 70),
    "dix": Word("number", 10, 9, 7),  # dix-sept
    "soixante": Word("number", 60, 19),
    "cent": Word("hundred", room=99),
    "cents": Word("hundred", room=99),
    "et": Word("link"),
    **_marks(dash="tiret moins", dot="point", plus="plus", slash="barre oblique", gap="espace"),
}
LANGUAGES: dict[str, dict[str, Word]] = {"en": _EN, "es": _ES, "fr": _FR}
QUICK = frozenset(
    name
    for words in LANGUAGES.values()
    for name, word in words.items()
    if word.kind == "number" and name not in {"o", "oh", "un", "una", "une", "once", "point"}
)
_HAN = "〇零洞 一壹幺 二贰两貳 三叁參 四肆 五伍 六陆陸 七柒拐 八捌 九玖勾"
HAN_DIGITS = {
    character: str(digit) for digit, all_forms in enumerate(_HAN.split()) for character in all_forms
}
HAN_MARKS = {"杠": "-", "横": "-", "点": ".", "加": "+"}


_WORDS = re.compile(r"[a-z]++")
_TOKEN = re.compile(r"[a-z]++|[0-9]++")
_GAP = re.compile(r"[ \t\xa0,.+_\-/;()·]{0,4}")
_AS_IN = re.compile(r"\b([A-Za-z]),? (?:as in|for|like|de|comme|como en|como) [A-Za-zÀ-ÿ]{2,12}\b")
_HAN_spoken = "".join(HAN_DIGITS)
_HAN_RUN = re.compile(
    rf"[{_HAN_spoken}0-9](?:[ 、,+.\-]{{0,2}}+[{''.join(HAN_MARKS)}]?+[ 、]?+[{_HAN_spoken}0-9])*+"
)
_HAN_DIGIT = re.compile(f"[{_HAN_spoken}]")
_HAN_CLEAN = str.maketrans({**HAN_DIGITS, **HAN_MARKS, "、": "", ",": "", " ": ""})
_OHS = frozenset({"o", "oh"})
_DIGIT_NAMES = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
_JOINED_ONE = re.compile(_DIGIT_NAMES)
_JOINED = re.compile(rf"(?:{_DIGIT_NAMES})++")
_SHORTEST_JOINED = 4
_COUNTING_ON = frozenset(" \t\n+-_")
_FEWEST = 4
_FEWEST_WORDS = 2
_MIXED = re.compile(r"[0-9][ \-.]?[A-Za-z]{2,7}[ \-.]?[0-9]|[0-9][A-Za-z]{2,7}|[A-Za-z]{2,7}[0-9]")
_MARGIN = 60


def spoken_numbers(reading: Reading) -> list[Reading]:
    """Return one reading for each language in which `reading` spells numbers out."""
    found = []
    text = reading.text
    if not text.isascii() and _HAN_DIGIT.search(text):
        text = _HAN_RUN.sub(_read_han, text)
        if text != reading.text:
            found.append(Reading(text, joined_how(reading.how, "words_zh")))
    words = _WORDS.findall(fold(text))
    if QUICK.isdisjoint(words):
        return found
    words = [word for word in words if word in QUICK]
    if len(words) < _FEWEST_WORDS and not (words and _MIXED.search(text)):
        return found
    text = _AS_IN.sub(r"\1", text)
    folded = fold(text)
    for language, table in LANGUAGES.items():
        if 2 * sum(word in table for word in words) > len(words):
            span = _span(folded, words)
            done = _read_words(text, folded, span, table, vigesimal=language == "fr")
            if done != text:
                found.append(Reading(done, joined_how(reading.how, f"words_{language}")))
    return found


def _read_han(match: re.Match[str]) -> str:
    """Return a run of Chinese digits in ASCII; a run that is too short stays as it is."""
    run = match[0]
    if run.isascii():
        return run
    read = run.translate(_HAN_CLEAN)
    return read if sum(map(str.isdigit, read)) >= _FEWEST else run


@dataclass(slots=True)
class _Run:
    """The number being read: what is written already, and the last number still open.

    `vigesimal`: four before twenty is eighty, as in French.
    """

    vigesimal: bool
    start: int = -1
    end: int = -1
    words: int = 0
    out: list[str] = field(default_factory=list)
    open: int = -1
    room: int = 0
    least: int = 1
    times: int = 1

    def open_at(self, match: re.Match[str], lead: re.Match[str] | None, text: str) -> None:
        """Begin at a token, or at the "oh" right before it, which alone begins nothing."""
        self.start = match.start()
        if lead is not None and _GAP.fullmatch(text[lead.end() : match.start()]):
            self.start = lead.start()
            self.out.append("0")

    def close(self) -> None:
        """Write the open number down."""
        if self.open >= 0:
            self.out.append(str(self.open) * self.times)
            self.times = 1
        self.open, self.room, self.least = -1, 0, 1

    def add(self, word: Word) -> None:
        """Take one word in."""
        if word.kind == "number":
            self.words += 1
            self._add_number(word)
        elif word.kind == "hundred":
            self._add_hundred(word)
        elif word.kind == "times":
            self.close()
            self.times = word.value
        elif word.kind != "link":
            self.close()
            self.out.append(word.text)

    def _add_number(self, word: Word) -> None:
        if self.least <= word.value <= self.room and self.times == 1:
            self.open += word.value
        elif self.open == 4 and word.value == 20 and self.vigesimal:
            self.open, self.room, self.least = 80, 19, 1
            return
        else:
            if self.open >= 0:
                self.close()
            self.open = word.value
        self.room, self.least = word.room, word.least

    def _add_hundred(self, word: Word) -> None:
        if 0 < self.open < 10:
            self.open *= 100
        else:
            self.close()
            self.open = 100
        self.room, self.least = word.room, 1

    def text(self) -> str:
        """Return the digits, or nothing where the run is too short to be a number."""
        self.close()
        joined = "".join(self.out).rstrip("-. +/")
        enough = self.words and sum(map(str.isdigit, joined)) >= _FEWEST
        return joined if enough else ""


def _span(folded: str, words: list[str]) -> tuple[int, int]:
    """Return where number words stand, with a margin; no word is cut in two."""
    low = max(0, folded.find(words[0]) - _MARGIN)
    high = folded.rfind(words[-1]) + len(words[-1]) + _MARGIN
    after = folded.find(" ", high)
    return folded.rfind(" ", 0, low) + 1, after if after >= 0 else len(folded)


def _read_words(
    text: str, folded: str, span: tuple[int, int], table: dict[str, Word], *, vigesimal: bool
) -> str:
    """Return `text` with each run of number words written in digits."""
    pieces: list[str] = []
    done = 0
    for run in _runs(text, folded, span, table, vigesimal=vigesimal):
        if digits := run.text():
            pieces += (text[done : run.start], digits)
            done = run.end
    return "".join(pieces) + text[done:]


def _runs(
    text: str, folded: str, span: tuple[int, int], table: dict[str, Word], *, vigesimal: bool
) -> Iterator[_Run]:
    """Yield the runs of number words, digits and marks that stand together."""
    run = _Run(vigesimal)
    lead: re.Match[str] | None = None
    for match in _TOKEN.finditer(folded, *span):
        said = _said(text, match, table)
        gap = text[run.end : match.start()]
        if run.start >= 0 and (not said or not _GAP.fullmatch(gap)):
            yield run
            run = _Run(vigesimal)
        if run.start < 0:
            if said and _may_open(said[0], match[0]):
                run.open_at(match, lead, text)
            lead = match if match[0] in _OHS else None
            if run.start < 0:
                continue
        elif said[0].kind == "digits" and "-" in gap:
            run.close()
            run.out.append(gap.strip())
        elif not _COUNTING_ON.issuperset(gap):
            run.close()  # "ninety, three" is 90 3
        for word in said:
            run.add(word)
        run.end = match.end()
    if run.start >= 0:
        yield run


def _said(text: str, match: re.Match[str], table: dict[str, Word]) -> tuple[Word, ...]:
    """Return what a token says: a word, joined words, digits, or a single capital as a letter."""
    token = match[0]
    if token[0].isdigit():
        return (Word("digits", text=token),)
    if len(token) == 1 and text[match.start()].isupper() and token != "o":
        return (Word("letter", text=token.upper()),)
    word = table.get(token)
    if word is not None:
        return (word,)
    return _joined(token) if table is LANGUAGES["en"] and len(token) > _SHORTEST_JOINED else ()


@lru_cache(maxsize=4096)
def _joined(token: str) -> tuple[Word, ...]:
    """Return the English digits of a token that is nothing else: "onenine"."""
    if not _JOINED.fullmatch(token):
        return ()
    return tuple(LANGUAGES["en"][name] for name in _JOINED_ONE.findall(token))


def _may_open(word: Word, token: str) -> bool:
    """Whether a run may begin here: "o", "oh", links and separators only stand inside."""
    if word.text == "+" or word.kind in {"times", "digits", "letter"}:
        return True
    return word.kind == "number" and token not in _OHS
