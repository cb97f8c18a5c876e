"""Telephone numbers with something behind them, or with letters for digits.

Source: https://www.itu.int/rec/T-REC-E.161 (the letters on the keys)

>>> read_extension("(415) 555-0100, ext. 204")
'(415) 555-0100'
>>> read_vanity("1-000-000-CALL")
'1-000-000-2255'

>>> CODES["33"], HOME_FORMS["33", 10][0]
('0', '%s%s %s%s %s%s %s%s %s%s')
>>> VANITY_WORDS["2255"]
'CALL'

>>> parts_of("+44 (0)1632 960123"), parts_of("1-415-555-0100")
(('44', '1632 960123'), ('1', '415-555-0100'))
>>> is_phone("(415) 555-0100"), is_phone("000-000-CALL")
(True, False)

>>> write_national("+44 1632 960123", Random(1)), read_national("01632 960123")
('01632 960123', '1632960123')
>>> read_international("0044 1632 960123")
'441632960123'
"""

import re
from collections.abc import Mapping
from random import Random

from piiforge.disguises.surface import from_text, groups, if_text, on_text, pick
from piiforge.types import Disguise

# Tables for telephone numbers: country codes, forms at home, extensions, the letters on the keys.


def _list(words: str) -> tuple[str, ...]:
    """Return the words of a line."""
    return tuple(words.split())


# Country codes with the trunk prefix that a national number begins with, "" where there is none.
CODES: Mapping[str, str] = {
    **dict.fromkeys(_list("1 34 39 45 47 48 51 52 55 56 57 65 351 420 852"), ""),
    **dict.fromkeys(_list("31 32 33 41 43 44 46 49 54 61 64 81 82 86 90 91"), "0"),
    **dict.fromkeys(_list("212 353 358 886"), "0"),
}

# By country code and count of digits, trunk prefix included: forms to fill digit by digit.
HOME_FORMS: Mapping[tuple[str, int], tuple[str, ...]] = {
    place: tuple(form.replace("#", "%s") for form in forms)
    for place, forms in {
        ("1", 10): ("(###) ###-####",) * 3 + ("###-###-####", "###.###.####", "### ### ####"),
        ("33", 10): ("## ## ## ## ##", "##.##.##.##.##", "##-##-##-##-##"),
        ("34", 9): ("### ### ###", "### ## ## ##"),
        ("39", 10): ("### ### ####", "### #######"),
        ("44", 11): ("##### ######", "##### ### ###"),
        ("49", 11): ("#### #######", "####/#######"),
        ("49", 12): ("##### #######", "#####/#######"),
        ("52", 10): ("## #### ####",),
        ("54", 11): ("### ####-####", "(###) ####-####"),
        ("55", 11): ("(##) #####-####", "## #####-####"),
        ("57", 10): ("### #######",),
        ("61", 10): ("#### ### ###",),
        ("81", 11): ("###-####-####",),
        ("86", 11): ("### #### ####", "###-####-####"),
        ("91", 10): ("##### #####", "#####-#####"),
        ("91", 11): ("###### #####",),
    }.items()
}

# What stands between a number and its extension, by country code; the English ones elsewhere.
EXTENSIONS = (" x", "x", " x", " ext. ", " ext ", ", ext. ", " ext.", " extension ", " #", " Ext: ")
EXTENSIONS_OF: Mapping[str, tuple[str, ...]] = {
    "33": (" poste ", ", poste ", " ext. "),
    "86": (" 分机 ", "分机", " 转 ", "转", " ext. "),
    **dict.fromkeys(("34", "52", "54", "57"), (" ext. ", " int. ", ", int. ", " Ext. ", " anexo ")),
}

KEYS: Mapping[str, str] = {
    "2": "ABC",
    "3": "DEF",
    "4": "GHI",
    "5": "JKL",
    "6": "MNO",
    "7": "PQRS",
    "8": "TUV",
    "9": "WXYZ",
}
VOWELS: Mapping[str, str] = {"2": "A", "3": "E", "4": "I", "6": "O", "8": "U"}
KEY_OF: Mapping[int, str] = {
    ord(cased): key for key, letters in KEYS.items() for cased in letters + letters.lower()
}

_WORDS = _list(
    "ACRE AUTO BABY BAIL BANK BARN BATH BEDS BIKE BOAT BOOK BUGS CABS CAFE CAKE CALL CAMP "
    "CARE CARS CASH CATS CELL CITY CLUB CODE COOK CORP DATA DEAL DEBT DESK DOGS DOOR EASY FAST "
    "FISH FIVE FLEX FOOD FUND GAME GIFT GOLD GOLF HAIR HEAL HEAT HELP HERO HOME HOPE HUGS JETS "
    "JOBS JUNK KIDS KITE LAND LAWN LAWS LEAK LEND LIFE LIMO LINE LOAN LOCK MAID MAIL MEAL MEDS "
    "MIND MOLD MOVE NAIL NEWS OPEN PACK PAIN PARK PAWS PETS PIPE PLAN PLAY PLUS POOL QUIT "
    "RENT RIDE ROOF ROOM SAFE SALE SAVE SELL SHIP SHOE SHOP SKIN SOLD SPAS STAY SWIM TAXI TEAM "
    "TECH TEXT TIRE TOWS TREE VETS VOTE WASH WELL WINE WOOD WORK YARD YOGA ZONE "
    "BAGGAGE BANKING BROKERS BUILDER CARPETS CLEANER COOKING COUNSEL DENTIST DOCTORS DRIVERS "
    "FITNESS FLOWERS FUNERAL GARDENS HEALTHY HEARING HEATING HOLIDAY IMPLANT LAWYERS LENDING "
    "MASSAGE MEDICAL PAINTER PHYSICS PLUMBER REALTOR RENTALS REPAIRS ROOFING SAVINGS "
    "SHELTER STORAGE SUPPORT TICKETS TRAVELS TUTORED VEHICLE WINDOWS"
)
VANITY_WORDS: Mapping[str, str] = {
    "".join([KEY_OF[ord(letter)] for letter in word]): word for word in _WORDS
}


# What a telephone number says of itself: its digits, its country code and what follows.


NORTH_AMERICA = "1"
BARE_AMERICAN = re.compile(r"\(?[2-9][0-9]{2}[) .\-]*[2-9][0-9]{2}[ .\-]*[0-9]{4}")
DIAL_OUT = re.compile(r"\A0(?:0|11)")

_PHONE = re.compile(r"[(+0-9][0-9 +()./\-]{5,}[0-9]")
_DIGITS = range(7, 16)
_ONE_IN_FRONT = re.compile(r"1[ .\-]+(?=\(?[2-9])")
_CODE_IN_BRACKETS = re.compile(r"\((\+[0-9]+)\)")
_NOT_DIGIT = re.compile("[^0-9]+")


def digits_of(text: str) -> str:
    """Return the digits of `text`."""
    return _NOT_DIGIT.sub("", text)


def code_of(digits: str) -> str:
    """Return the known country code that `digits` begin with, else ""."""
    for size in (1, 2, 3):
        if digits[:size] in CODES:
            return digits[:size]
    return ""


def parts_of(text: str, *, keep_trunk: bool = False) -> tuple[str, str]:
    """Return the country code ("" if unknown) and what follows it, as written.

    A trunk prefix in brackets is left out unless it is to be kept.
    """
    one = _ONE_IN_FRONT.match(text)
    if one:
        return NORTH_AMERICA, text[one.end() :]
    plain = _CODE_IN_BRACKETS.sub(r"\1", text)
    plus, body = plain[:1], plain[1:]
    code = code_of(body) if plus == "+" else ""
    rest = body[len(code) :].lstrip(" -./")
    if not keep_trunk and rest.startswith("(0)"):
        rest = rest[3:].lstrip()
    return code, rest


def is_phone(text: str) -> bool:
    """Say whether `text` may be a telephone number: 7 to 15 digits without the dialling prefix."""
    if _PHONE.fullmatch(text) is None:
        return False
    return len(DIAL_OUT.sub("", digits_of(text))) in _DIGITS


# Telephone numbers written otherwise: as at home or as from abroad.
#
# `national` drops the country code and puts the trunk prefix in its place, where the country has
# one; what is read back is the end of the number. `international` writes 00 or 011 for the plus,
# puts the trunk prefix in brackets behind the code ("+33 (0)6"), or gives a North American or
# Chinese number the code that it lacks; what is read back is the whole number. Both leave a form
# that still looks like a telephone number, never bare digits.
#
# Sources:
#     https://www.itu.int/rec/T-REC-E.123       (national and international notation)
#     https://www.itu.int/pub/T-SP-E.164C       (country codes; trunk prefixes in T-SP-E.164D)


_CHINA, _INDIA, _ARGENTINA = "86", "91", "54"
_LEAST_NATIONAL = 7
_BARE_CHINESE = re.compile(r"1[3-9][0-9]([ \-])[0-9]{4}\1[0-9]{4}")


def write_national(text: str, rng: Random) -> str:
    """Write a number as at home: without its country code, with the trunk prefix if there is one.

    A North American number is put in one of its usual forms; another keeps its groups.
    """
    code, rest = parts_of(text)
    digits = digits_of(rest)
    if CODES[code] and not _is_chinese_mobile(code, digits):
        trunk = CODES[code] if code != _INDIA or rng.random() < 0.5 else ""
        rest, digits = _beforedigits_of(rest, trunk), trunk + digits
    forms = HOME_FORMS.get((code, len(digits)))
    if forms and (code == NORTH_AMERICA or rest.isdigit()):
        return pick(rng, forms) % tuple(digits)
    return " ".join(groups(rest)) if rest.isdigit() else rest


def read_national(text: str) -> str:
    """Return the digits without the trunk prefix."""
    return digits_of(text).lstrip("0")


def write_international(text: str, rng: Random) -> str:
    """Write 00 or 011 for the plus, or the country code before a number that has none."""
    if "+" not in text:
        code = _CHINA if _BARE_CHINESE.fullmatch(text) else NORTH_AMERICA
        space = "" if text.isdigit() else " " if text[0] == "(" else pick(rng, "  -")
        return f"+{code}{space}{text}"
    code, rest = parts_of(text, keep_trunk=True)
    if _takes_trunk_in_brackets(code, rest) and rng.random() < 0.3:
        return f"+{code} (0){rest}"
    prefix = pick(rng, ("00", "00", "00", "011 ", "011-"))
    gap = " " if rest.isdigit() or text[0] == "(" else _gap_after(text, code)
    return f"{prefix}{code}{gap}{rest}"


def read_international(text: str) -> str:
    """Return the digits as they were: without 00 or 011, an added code or an added trunk prefix."""
    digits = digits_of(text)
    if "+" not in text:
        return DIAL_OUT.sub("", digits)
    if digits[0] == NORTH_AMERICA:
        return digits[1:]
    code = code_of(digits)
    if code == _CHINA and digits[2] != "0":
        return digits[2:]
    return code + digits[len(code) + 1 :]


def _gap_after(text: str, code: str) -> str:
    """Return what stands between the country code and the rest."""
    at = len(code) + 1
    return text[at] if text[at : at + 1] in {" ", "-", ".", "/"} else ""


def _beforedigits_of(rest: str, trunk: str) -> str:
    """Put the trunk prefix before the first digit, inside an opening bracket."""
    return f"({trunk}{rest[1:]}" if rest[0] == "(" else trunk + rest


def _is_chinese_mobile(code: str, digits: str) -> bool:
    return code == _CHINA and digits[0] == "1" and len(digits) == 11


def _is_argentine_mobile(code: str, digits: str) -> bool:
    """Say whether 9 precedes the area: at home it is dropped and 15 written further on."""
    return code == _ARGENTINA and digits[:1] == "9"


def _takes_trunk_in_brackets(code: str, rest: str) -> bool:
    return (
        bool(code)
        and bool(CODES[code])
        and code not in (_CHINA, _INDIA, _ARGENTINA)
        and rest[0] in "123456789"
    )


def _has_code(text: str) -> bool:
    if not is_phone(text):
        return False
    code, rest = parts_of(text)
    digits = digits_of(rest)
    if not code or _is_argentine_mobile(code, digits):
        return False
    return len(digits.lstrip("0")) >= _LEAST_NATIONAL


def _can_go_abroad(text: str) -> bool:
    if not is_phone(text):
        return False
    if "+" in text:
        return bool(parts_of(text)[0])
    return bool(BARE_AMERICAN.fullmatch(text) or _BARE_CHINESE.fullmatch(text))


NATIONAL = Disguise(
    "national",
    "phone_writing",
    on_text(write_national),
    from_text(read_national),
    if_text(_has_code),
    restores="tail",
)
INTERNATIONAL = Disguise(
    "international",
    "phone_writing",
    on_text(write_international),
    from_text(read_international),
    if_text(_can_go_abroad),
)
WRITINGS = (NATIONAL, INTERNATIONAL)


_EXTENSION = re.compile(
    r"[ ,;]*(?:extension|ext|ex|x|#|poste|anexo|interno|int|分机号?|转)[.: ]*[0-9]{1,5}",
    re.IGNORECASE,
)


def write_extension(text: str, rng: Random) -> str:
    """Write an extension of one to five digits behind a number, as its country words it."""
    code = parts_of(text)[0] if "+" in text else ""
    number = str(int(10 ** (1 + rng.random() * 3.7)))
    return f"{text}{pick(rng, EXTENSIONS_OF.get(code, EXTENSIONS))}{number}"


def read_extension(text: str) -> str:
    """Return the number before the extension."""
    found = [match.start() for match in _EXTENSION.finditer(text) if match.end() == len(text)]
    return text[: found[-1]] if found else text


def write_vanity(text: str, rng: Random) -> str:
    """Write the last seven or four digits of a number with the letters of their keys."""
    digits = digits_of(text)
    word = VANITY_WORDS.get(digits[-7:])
    if word is None and _on_keys(digits[-7:]) and rng.random() < 0.3:
        word = _spell(digits[-7:], rng)
    if word is None:
        word = VANITY_WORDS.get(digits[-4:]) or _spell(digits[-4:], rng)
    if text.lstrip("+").isdigit():
        text = "-".join(groups(text))
    return _without_last(text, len(word)) + (word if rng.random() < 0.9 else word.lower())


def read_vanity(text: str) -> str:
    """Return the digits on whose keys the letters stand."""
    return text.translate(KEY_OF)


def _without_last(text: str, count: int) -> str:
    """Return what stands before the last `count` digits of `text`."""
    at = len(text)
    while count:
        at -= 1
        count -= text[at].isdigit()
    return text[:at]


def _on_keys(digits: str) -> bool:
    return "0" not in digits and "1" not in digits


def _spell(digits: str, rng: Random) -> str:
    """Return letters for `digits`, a vowel after each consonant where the key has one."""
    word = ""
    for digit in digits:
        wants_vowel = word and word[-1] not in "AEIOU"
        word += VOWELS.get(digit, "") if wants_vowel else ""
        if not (wants_vowel and digit in VOWELS):
            word += pick(rng, KEYS[digit])
    return word


def _can_be_vanity(text: str) -> bool:
    """Say whether a North American number ends in four digits that have letters."""
    if not is_phone(text) or not _on_keys(digits_of(text)[-4:]):
        return False
    code, rest = parts_of(text)
    number = rest if code == NORTH_AMERICA else text
    return BARE_AMERICAN.fullmatch(number) is not None


EXTENSION = Disguise(
    "extension",
    "phone_extras",
    on_text(write_extension),
    from_text(read_extension),
    if_text(is_phone),
    restores="head",
)
VANITY = Disguise(
    "vanity", "phone_vanity", on_text(write_vanity), from_text(read_vanity), if_text(_can_be_vanity)
)
EXTRAS = (EXTENSION, VANITY)
