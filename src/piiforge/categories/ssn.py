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
from random import Random

from piiforge.categories.digits import add_digit, drop_digit, fillers, group_digits, number_of, pick
from piiforge.types import Category, Lookalike, Part, Value

_ISSUED = re.compile(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}")

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
    *fillers(9),  # 123-45-6789 and 987-65-4321 among them
)
_SAMPLES = frozenset(SAMPLES)

_TEMPLATES = ("XXX-XX-XXXX", "xxx-xx-xxxx", "NNN-NN-NNNN", "AAA-GG-SSSS", "XXX-XX-0000")

_DASHED_SHARE = 0.88


def draw(rng: Random) -> Value:
    """Draw a well-formed number, uniform over all that could be issued; mostly dashed."""
    return _write("valid", _draw_digits(rng), rng)


def is_valid(value: Value) -> bool:
    """Say whether the number could have been issued and is no published sample."""
    digits = number_of(value)
    return _ISSUED.fullmatch(digits) is not None and digits not in _SAMPLES


def _draw_digits(rng: Random) -> str:
    while True:
        digits = pick(rng, _AREAS) + _draw_rest(rng)
        if digits not in _SAMPLES:
            return digits


def _draw_rest(rng: Random) -> str:
    return f"{1 + int(rng.random() * 99):02d}{1 + int(rng.random() * 9999):04d}"


def _value(kind: str, text: str, *, telling: bool = False) -> Value:
    return Value("ssn", kind, (Part(text),), telling=telling)


def _write(kind: str, digits: str, rng: Random) -> Value:
    # Impossible numbers are written in the same mix, so that the form alone tells nothing.
    if rng.random() < _DASHED_SHARE:
        return _value(kind, _dashed(digits), telling=True)
    return _value(kind, digits)


def _dashed(digits: str) -> str:
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _draw_area_000(rng: Random) -> Value:
    return _write("area_000", "000" + _draw_rest(rng), rng)


def _draw_area_666(rng: Random) -> Value:
    return _write("area_666", "666" + _draw_rest(rng), rng)


def _draw_area_9xx(rng: Random) -> Value:
    # Groups 01 to 49 only: a higher one could make it a taxpayer number, which is another category.
    area, group, serial = rng.random() * 100, rng.random() * 49, rng.random() * 9999
    digits = f"9{int(area):02d}{1 + int(group):02d}{1 + int(serial):04d}"
    return _write("area_9xx", digits, rng)


def _draw_group_00(rng: Random) -> Value:
    return _write("group_00", f"{pick(rng, _AREAS)}00{1 + int(rng.random() * 9999):04d}", rng)


def _draw_serial_0000(rng: Random) -> Value:
    return _write("serial_0000", f"{pick(rng, _AREAS)}{1 + int(rng.random() * 99):02d}0000", rng)


def _draw_sample(rng: Random) -> Value:
    return _write("sample", pick(rng, SAMPLES), rng)


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_last_four(rng: Random) -> Value:
    return _value("last_four", f"{int(rng.random() * 10000):04d}")


def _draw_one_digit_short(rng: Random) -> Value:
    return _value("one_digit_short", drop_digit(rng, draw(rng).parts[0].text))


def _draw_one_digit_long(rng: Random) -> Value:
    return _value("one_digit_long", add_digit(rng, draw(rng).parts[0].text))


def _draw_sku(rng: Random) -> Value:
    return _value("sku", _dashed(_draw_digits(rng)), telling=True)


def _draw_part(rng: Random) -> Value:
    digits = _draw_digits(rng)
    if rng.random() < 0.5:
        return _value("part", _dashed(digits), telling=True)
    return _value("part", group_digits(digits, (3, 2, 4), "."))


def _draw_case(rng: Random) -> Value:
    return _value("case", group_digits(_draw_digits(rng), (3, 3, 3), "-"))


def _draw_order(rng: Random) -> Value:
    return _value("order", _draw_digits(rng))


def _draw_ein(rng: Random) -> Value:
    digits = f"{pick(rng, _EIN_PREFIXES)}{int(rng.random() * 10)}{_draw_rest(rng)}"
    return _value("ein", f"{digits[:2]}-{digits[2:]}")


def _draw_zip(rng: Random) -> Value:
    digits = pick(rng, _ZIP_AREAS) + _draw_rest(rng)
    return _value("zip", f"{digits[:5]}-{digits[5:]}")


CATEGORY = Category(
    id="ssn",
    description="US Social Security number, AAA-GG-SSSS",
    title="SSN",
    draw=draw,
    lookalikes=(
        Lookalike("area_000", _draw_area_000),
        Lookalike("area_666", _draw_area_666),
        Lookalike("area_9xx", _draw_area_9xx),
        Lookalike("group_00", _draw_group_00),
        Lookalike("serial_0000", _draw_serial_0000),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("last_four", _draw_last_four, group="incomplete"),
        Lookalike("one_digit_short", _draw_one_digit_short),
        Lookalike("one_digit_long", _draw_one_digit_long),
        Lookalike("sku", _draw_sku, nouns=("sku",)),
        Lookalike("part", _draw_part, nouns=("part", "model", "serial")),
        Lookalike("case", _draw_case, nouns=("case", "ticket")),
        Lookalike("order", _draw_order, nouns=("order", "invoice", "reference", "tracking")),
        Lookalike("ein", _draw_ein, nouns=("ein",)),
        Lookalike("zip", _draw_zip, nouns=("zip",)),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.ssa.gov/employer/randomization.html",
        "https://www.ssa.gov/history/ssn/misused.html",
    ),
    vetoable=("sku", "part", "order", "case", "reference", "serial", "batch", "tracking"),
)
