"""Tables of number words and letter names in English, Spanish, French and Chinese. No logic.

`pairs` spells "10" to "99". Belgian French has its own table (septante, nonante).

Sources:
    https://dle.rae.es/diccionario-panhispánico-dudas   (cardinales)
    https://www.academie-francaise.fr/questions-de-langue   (nombres: traits d'union, 1990)
    GB/T 15835-2011 (Chinese numerals; 〇 and 零; formal 壹 to 玖)
    ICAO Annex 10 II 5.2.1.3 (alfa, bravo); the letter names of Spanish and French telephony

>>> ES.pairs["42"], FR.pairs["72"], EN.pairs["23"]
('cuarenta y dos', 'soixante-douze', 'twenty-three')
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace


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
