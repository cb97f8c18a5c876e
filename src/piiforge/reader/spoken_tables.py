"""The number words of English, Spanish and French, and the digits of Chinese.

A word is a value with the largest value that may be added right after it: "twenty" leaves room
for 9, "seiscientos" for 99, a unit for nothing. Accents are folded away before the look-up.
"""

from dataclasses import dataclass


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
