"""SSN: the US Social Security number.

Nine digits that the Social Security Administration gives to one person for life, written
AAA-GG-SSSS: area, group, serial. There is no check digit, and since 2011 the area tells no place. A
number is well formed when its area is 001 to 665 or 667 to 899, its group 01 to 99 and its serial
0001 to 9999. The form with dashes names itself; nine plain digits need a cue.

Sources:
    https://www.ssa.gov/employer/randomization.html
    https://www.ssa.gov/history/ssn/misused.html
    https://www.irs.gov/businesses/small-businesses-self-employed/how-eins-are-assigned-and-valid-ein-prefixes

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("valid", "666-12-3456"))   # area 666 is never issued
False
>>> is_valid(_value("valid", "078-05-1120"))   # came printed on a sample card in new wallets
False
"""

import re
from functools import partial
from random import Random

from piiforge.categories import digits, families
from piiforge.categories.digits import Draw, famed, group_digits, one_of
from piiforge.rng import pick
from piiforge.types import Category, Part, Value

_ISSUED = re.compile(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}")
_DASHED = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
_DASHED_SHARE = 0.88
_SIZES = (3, 2, 4)

_AREAS = tuple(f"{area:03d}" for area in range(1, 900) if area != 666)
_ZIP_AREAS = _AREAS[9:]  # no ZIP code begins with 000 to 004, few with 005 to 009

# The prefixes of employer numbers below 90, so that the nine digits could also be an SSN; 66 would
# make area 666 of some.
_EIN_PREFIXES = tuple(
    f"{prefix:02d}"
    for low, high in ((1, 6), (10, 16), (20, 27), (30, 48), (50, 65), (67, 68), (71, 77), (80, 88))
    for prefix in range(low, high + 1)
)

SAMPLES = (
    "078051120",  # in wallets sold at Woolworth, 1938; voided by the SSA
    "219099999",  # in a pamphlet of the Social Security Board, 1940; never given to anybody
    *(f"98765432{digit}" for digit in range(10) if digit != 1),  # set aside for advertisements
    "111223333",  # typed where a form asks for some number
    *digits.fillers(9),  # 123-45-6789 and 987-65-4321 among them
)
_SAMPLES = frozenset(SAMPLES)
FAMED = (
    *("078051120", "219099999", "123456789", "987654321", "111223333"),
    *(f"{digit}" * 9 for digit in (0, 1, 5, 9)),
)
_OTHERS = (*SAMPLES[2:11], *digits.typed_fillers(9))
_TEMPLATES = ("XXX-XX-XXXX", "xxx-xx-xxxx", "NNN-NN-NNNN", "AAA-GG-SSSS", "XXX-XX-0000")


def draw(rng: Random) -> Value:
    """Draw a well-formed number, uniform over all that could be issued; mostly dashed."""
    return _value("valid", _draw_text(rng))


def is_valid(value: Value) -> bool:
    """Say whether the number could have been issued and is no published sample."""
    number = digits.number_of(value)
    return _ISSUED.fullmatch(number) is not None and number not in _SAMPLES


def _value(kind: str, text: str) -> Value:
    return Value("ssn", kind, (Part(text),), telling=_DASHED.fullmatch(text) is not None)


def _draw_number(rng: Random) -> str:
    while True:
        number = pick(_AREAS, rng) + _draw_rest(rng)
        if number not in _SAMPLES:
            return number


def _draw_rest(rng: Random) -> str:
    return f"{_draw_group(rng)}{_draw_serial(rng)}"


def _draw_group(rng: Random) -> str:
    return f"{1 + int(rng.random() * 99):02d}"


def _draw_serial(rng: Random) -> str:
    return f"{1 + int(rng.random() * 9999):04d}"


def _mostly_dashed(draw_number: Draw) -> Draw:
    """Return what draws a number and writes it with dashes or without.

    Impossible numbers are written in the same mix, so that the form alone tells nothing.
    """

    def draw_text(rng: Random) -> str:
        number = draw_number(rng)
        return group_digits(number, _SIZES) if rng.random() < _DASHED_SHARE else number

    return draw_text


_draw_text = _mostly_dashed(_draw_number)


def _draw_area_9xx(rng: Random) -> str:
    # Groups 01 to 49 only: a higher one could make it a taxpayer number, which is another category.
    area, group, serial = rng.random() * 100, rng.random() * 49, rng.random() * 9999
    return f"9{int(area):02d}{1 + int(group):02d}{1 + int(serial):04d}"


def _draw_ein(rng: Random) -> str:
    number = f"{pick(_EIN_PREFIXES, rng)}{int(rng.random() * 10)}{_draw_rest(rng)}"
    return group_digits(number, (2, 7))


def _draw_part(rng: Random) -> str:
    return group_digits(_draw_number(rng), _SIZES, "-" if rng.random() < 0.5 else ".")


def _draw_zip(rng: Random) -> str:
    return group_digits(pick(_ZIP_AREAS, rng) + _draw_rest(rng), (5, 4))


_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="ssn",
    description="US Social Security number, AAA-GG-SSSS",
    title="SSN",
    draw=draw,
    lookalikes=(
        _like("area_000", _mostly_dashed(lambda rng: f"000{_draw_rest(rng)}")),
        _like("area_666", _mostly_dashed(lambda rng: f"666{_draw_rest(rng)}")),
        _like("area_9xx", _mostly_dashed(_draw_area_9xx)),
        _like("group_00", _mostly_dashed(lambda rng: f"{pick(_AREAS, rng)}00{_draw_serial(rng)}")),
        _like(
            "serial_0000", _mostly_dashed(lambda rng: f"{pick(_AREAS, rng)}{_draw_group(rng)}0000")
        ),
        _like("sample", _mostly_dashed(famed(FAMED, _OTHERS)), group="placeholder"),
        _like("template", one_of(_TEMPLATES), plain=True, group="placeholder"),
        _like("last_four", digits.draw_last_four, group="incomplete"),
        _like("one_digit_short", lambda rng: digits.drop_digit(_draw_text(rng), rng)),
        _like("one_digit_long", lambda rng: digits.add_digit(_draw_text(rng), rng)),
        _like("sku", lambda rng: group_digits(_draw_number(rng), _SIZES), "sku"),
        _like("part", _draw_part, "part", "model", "serial"),
        _like("case", lambda rng: group_digits(_draw_number(rng), (3, 3, 3)), "case", "ticket"),
        _like("order", _draw_number, "order", "invoice", "reference", "tracking"),
        _like("ein", _draw_ein, "ein"),
        _like("zip", _draw_zip, "zip"),
        _like("canadian_sin", families.in_threes(families.draw_sin), "canadian_sin"),
        _like("tfn", families.in_threes(families.draw_tfn), "tfn"),
        _like("siren", families.in_threes(families.draw_siren), "siren"),
        _like("bsn", families.draw_bsn, "bsn"),
        _like("portuguese_nif", families.in_threes(families.draw_nif), "portuguese_nif"),
        _like("orgnr", families.in_threes(families.draw_orgnr), "orgnr"),
        _like("ird", families.grouped(families.draw_ird, 3, 3, 3, by="-"), "ird"),
        _like("cusip", families.draw_cusip, "cusip"),
        _like("duns", families.grouped(_draw_number, 2, 3, 4, by="-"), "duns"),
        _like("alien_number", families.grouped(_draw_number, 3, 3, 3, by="-"), "a_number"),
        _like("student", _draw_number, "student", "employee"),
        _like("uk_passport", _draw_number, "uk_passport"),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.ssa.gov/employer/randomization.html",
        "https://www.ssa.gov/history/ssn/misused.html",
    ),
    vetoable=("sku", "part", "order", "case", "reference", "serial", "batch", "tracking"),
)
