"""Telephone numbers written otherwise: as at home, as from abroad, with an extension, in letters.

`national` drops the country code and puts the trunk prefix in its place, where the country has
one; what is read back is the end of the number. `international` writes 00 or 011 for the plus,
puts the trunk prefix in brackets behind the code ("+33 (0)6"), or gives a North American or
Chinese number the code that it lacks; what is read back is the whole number. Both leave a form
that still looks like a telephone number, never bare digits.

`extension` writes something behind the number, `vanity` letters for its last digits. The forms, the
words and what the trunk prefixes are is in `data/phone.yaml`.

Sources:
    https://www.itu.int/rec/T-REC-E.123   (national and international notation)
    https://www.itu.int/rec/T-REC-E.161   (the letters on the keys)

>>> write_national("+44 1632 960123", Random(1)), read_national("01632 960123")
('01632 960123', '1632960123')
>>> read_international("0044 1632 960123")
'441632960123'
>>> read_extension("(415) 555-0100, ext. 204")
'(415) 555-0100'
>>> read_vanity("1-000-000-CALL")
'1-000-000-2255'

>>> parts_of("+44 (0)1632 960123"), parts_of("1-415-555-0100")
(('44', '1632 960123'), ('1', '415-555-0100'))
>>> is_phone("(415) 555-0100"), is_phone("000-000-CALL")
(True, False)
"""

import re
from random import Random
from typing import cast

from piiforge import files
from piiforge.disguises.separators import groups, of_text
from piiforge.rng import pick, words
from piiforge.types import Part

_TABLES = cast(
    "dict[str, dict[str, list[str]]]", files.shipped_yaml("piiforge.disguises", "data/phone.yaml")
)
# Country codes with the trunk prefix that a national number begins with, "" where there is none.
_TRUNKS = {code: trunk for trunk, codes in _TABLES["trunks"].items() for code in codes}
_KEYS = dict(zip("23456789", words("ABC DEF GHI JKL MNO PQRS TUV WXYZ"), strict=True))
_VOWELS = {key: one for key, letters in _KEYS.items() for one in letters if one in "AEIOU"}
_KEY_OF = str.maketrans(
    {cased: key for key, letters in _KEYS.items() for cased in letters + letters.lower()}
)
_VANITY_WORDS = {
    word.translate(_KEY_OF): word for each in _TABLES["vanity_words"].values() for word in each
}

_NORTH_AMERICA, _CHINA, _INDIA, _ARGENTINA = "1", "86", "91", "54"
_LEAST_NATIONAL = 7
_COUNTS = range(7, 16)
_PHONE = re.compile(r"[(+0-9][0-9 +()./\-]{5,}[0-9]")
_BARE_AMERICAN = re.compile(r"\(?[2-9][0-9]{2}[) .\-]*[2-9][0-9]{2}[ .\-]*[0-9]{4}")
_BARE_CHINESE = re.compile(r"1[3-9][0-9]([ \-])[0-9]{4}\1[0-9]{4}")
_DIAL_OUT = re.compile(r"\A0(?:0|11)")
_ONE_IN_FRONT = re.compile(r"1[ .\-]+(?=\(?[2-9])")
_CODE_IN_BRACKETS = re.compile(r"\((\+[0-9]+)\)")
_NOT_DIGIT = re.compile("[^0-9]+")
_EXTENSION = re.compile(
    r"[ ,;]*(?:extension|ext|ex|x|#|poste|anexo|interno|int|分机号?|转)[.: ]*[0-9]{1,5}",
    re.IGNORECASE,
)


def digits_of(text: str) -> str:
    """Return the digits of `text`."""
    return _NOT_DIGIT.sub("", text)


def code_of(digits: str) -> str:
    """Return the known country code that `digits` begin with, else ""."""
    for size in (1, 2, 3):
        if digits[:size] in _TRUNKS:
            return digits[:size]
    return ""


def parts_of(text: str, *, keep_trunk: bool = False) -> tuple[str, str]:
    """Return the country code ("" if unknown) and what follows it, as written.

    A trunk prefix in brackets is left out unless it is to be kept.
    """
    one = _ONE_IN_FRONT.match(text)
    if one:
        return _NORTH_AMERICA, text[one.end() :]
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
    return len(_DIAL_OUT.sub("", digits_of(text))) in _COUNTS


def write_national(text: str, rng: Random) -> str:
    """Write a number as at home: without its country code, with the trunk prefix if there is one.

    A North American number is put in one of its usual forms; another keeps its groups.
    """
    code, rest = parts_of(text)
    digits = digits_of(rest)
    is_chinese_mobile = code == _CHINA and digits[0] == "1" and len(digits) == 11
    if _TRUNKS[code] and not is_chinese_mobile:
        trunk = _TRUNKS[code] if code != _INDIA or rng.random() < 0.5 else ""
        rest = f"({trunk}{rest[1:]}" if rest[0] == "(" else trunk + rest
        digits = trunk + digits
    forms = _TABLES["home_forms"].get(f"{code} {len(digits)}")
    if forms and (code == _NORTH_AMERICA or rest.isdigit()):
        return pick(forms, rng).replace("#", "%s") % tuple(digits)
    return " ".join(groups(rest)) if rest.isdigit() else rest


def read_national(text: str) -> str:
    """Return the digits without the trunk prefix."""
    return digits_of(text).lstrip("0")


def write_international(text: str, rng: Random) -> str:
    """Write 00 or 011 for the plus, or the country code before a number that has none."""
    if "+" not in text:
        code = _CHINA if _BARE_CHINESE.fullmatch(text) else _NORTH_AMERICA
        space = "" if text.isdigit() else " " if text[0] == "(" else pick("  -", rng)
        return f"+{code}{space}{text}"
    code, rest = parts_of(text, keep_trunk=True)
    takes_trunk = _TRUNKS.get(code) and code not in (_CHINA, _INDIA, _ARGENTINA)
    if takes_trunk and rest[0] in "123456789" and rng.random() < 0.3:
        return f"+{code} (0){rest}"
    prefix = pick(("00", "00", "00", "011 ", "011-"), rng)
    after = text[len(code) + 1 : len(code) + 2]  # what stands between the country code and the rest
    gap = " " if rest.isdigit() or text[0] == "(" else after if after in " -./" else ""
    return f"{prefix}{code}{gap}{rest}"


def read_international(text: str) -> str:
    """Return the digits as they were: without 00 or 011, an added code or an added trunk prefix."""
    digits = digits_of(text)
    if "+" not in text:
        return _DIAL_OUT.sub("", digits)
    if digits[0] == _NORTH_AMERICA:
        return digits[1:]
    code = code_of(digits)
    if code == _CHINA and digits[2] != "0":
        return digits[2:]
    return code + digits[len(code) + 1 :]


def _has_code(text: str) -> bool:
    if not is_phone(text):
        return False
    code, rest = parts_of(text)
    digits = digits_of(rest)
    # Argentine mobile numbers have 9 before the area: at home it goes, and 15 comes further on.
    is_argentine_mobile = code == _ARGENTINA and digits[:1] == "9"
    return bool(code) and not is_argentine_mobile and len(digits.lstrip("0")) >= _LEAST_NATIONAL


def _can_go_abroad(text: str) -> bool:
    if not is_phone(text):
        return False
    if "+" in text:
        return bool(parts_of(text)[0])
    return bool(_BARE_AMERICAN.fullmatch(text) or _BARE_CHINESE.fullmatch(text))


def write_extension(text: str, rng: Random) -> str:
    """Write an extension of one to five digits behind a number, as its country words it."""
    code = parts_of(text)[0] if "+" in text else ""
    extensions = _TABLES["extensions"]
    number = str(int(10 ** (1 + rng.random() * 3.7)))
    return f"{text}{pick(extensions.get(code, extensions['']), rng)}{number}"


def read_extension(text: str) -> str:
    """Return the number before the extension."""
    found = [match.start() for match in _EXTENSION.finditer(text) if match.end() == len(text)]
    return text[: found[-1]] if found else text


def write_vanity(text: str, rng: Random) -> str:
    """Write the last seven or four digits of a number with the letters of their keys."""
    digits = digits_of(text)
    word = _VANITY_WORDS.get(digits[-7:])
    if word is None and _on_keys(digits[-7:]) and rng.random() < 0.3:
        word = _spell(digits[-7:], rng)
    if word is None:
        word = _VANITY_WORDS.get(digits[-4:]) or _spell(digits[-4:], rng)
    if text.lstrip("+").isdigit():
        text = "-".join(groups(text))
    return _without_last(text, len(word)) + (word if rng.random() < 0.9 else word.lower())


def _has_word(part: Part) -> bool:
    """Say whether the last digits are those of a word."""
    digits = digits_of(part.text)
    return digits[-7:] in _VANITY_WORDS or digits[-4:] in _VANITY_WORDS


def read_vanity(text: str) -> str:
    """Return the digits on whose keys the letters stand."""
    return text.translate(_KEY_OF)


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
        word += _VOWELS.get(digit, "") if wants_vowel else ""
        if not (wants_vowel and digit in _VOWELS):
            word += pick(_KEYS[digit], rng)
    return word


def _can_be_vanity(text: str) -> bool:
    """Say whether a North American number ends in four digits that have letters."""
    if not is_phone(text) or not _on_keys(digits_of(text)[-4:]):
        return False
    code, rest = parts_of(text)
    number = rest if code == _NORTH_AMERICA else text
    return _BARE_AMERICAN.fullmatch(number) is not None


_WRITING, _EXTRAS = "phone_writing", "phone_extras"
ALL = (
    of_text("national", _WRITING, write_national, read_national, _has_code, restores="tail"),
    of_text("international", _WRITING, write_international, read_international, _can_go_abroad),
    of_text("extension", _EXTRAS, write_extension, read_extension, is_phone, restores="head"),
    of_text("vanity", "phone_vanity", write_vanity, read_vanity, _can_be_vanity, suits=_has_word),
)
