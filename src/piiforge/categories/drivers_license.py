"""US driver licence number of California, New York or Texas.

Each state's motor vehicle office (DMV, in Texas the DPS) issues its own: California one letter and
seven digits, New York nine digits (printed in threes), Texas eight digits. There is no published
check digit, so a number counts only where a key or sentence names it as a licence's, and where a
state is named the shape must be that state's. Texan numbers of seven digits are of an older kind.

Sources:
    https://www.dmv.ca.gov/portal/driver-licenses-identification-cards/
    https://dmv.ny.gov/driver-license/sample-photo-documents
    https://www.dps.texas.gov/section/driver-license
    https://www.aamva.org/identity/anti-fraud

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("sample", "A1234567", state="CA"))
False
>>> is_valid(_value("wrong_state_shape", "00000001", state="NY"))   # New York has nine digits
False
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from piiforge.categories import digits, families
from piiforge.categories.digits import famed, fill, fillers
from piiforge.rng import pick
from piiforge.types import Category, Lookalike, Part, Value

STATES = ("CA", "NY", "TX")

_SHAPES = {"CA": "@#######", "NY": "#########", "TX": "########"}
_IN_THREES_SHARE = 0.35
_LOWER_SHARE = 0.1

_ISSUED = {
    "CA": re.compile(r"[A-Z][0-9]{7}"),
    "NY": re.compile(r"[0-9]{9}"),
    "TX": re.compile(r"[0-9]{8}"),
    "": re.compile(r"[A-Z][0-9]{7}|[0-9]{8,9}"),
}

# Of a length that none of the three has, so that they are wrong where no state is named, too.
_TOO_SHORT = {"CA": ("@######", "@#####"), "NY": ("#######", "### ###"), "TX": ("#######",)}
_TOO_LONG = {
    "CA": ("@########", "@#########"),
    "NY": ("##########", "### ### ####"),
    "TX": ("##########", "###########"),
}
_TWO_LETTERS = ("@@######", "@@#######", "@@#####")
_PLATES = {"CA": ("#@@@###",), "NY": ("@@@-####", "@@@####"), "TX": ("@@@-####", "@@@####")}
_PARTS = ("@#######", "########", "@-#######", "#########")

SAMPLES = {
    "CA": tuple(f"{letter}{filler}" for letter in "ABDXY" for filler in fillers(7)),
    "NY": fillers(9),
    "TX": fillers(8),
}
FAMED = {
    "CA": ("A1234567", "A0000000", "D1234567", "A1111111", "X0000000", "Y1234567"),
    "NY": ("123456789", "000000000", "987654321", "111111111", "999999999"),
    "TX": ("12345678", "00000000", "87654321", "11111111", "99999999"),
}
_OTHERS = {
    "CA": tuple(f"{letter}{filler}" for letter in "ABDXY" for filler in digits.typed_fillers(7)),
    "NY": digits.typed_fillers(9),
    "TX": digits.typed_fillers(8),
}
_TEMPLATES = {
    "CA": ("X0000000", "AXXXXXXX"),
    "NY": ("XXX XXX XXX",),
    "TX": ("XXXXXXXX", "########"),
}

# Vehicle identification numbers: https://www.ecfr.gov/current/title-49/subtitle-B/chapter-V/part-565
_VIN_SIGNS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O, Q
_VIN_VALUES = dict(zip(_VIN_SIGNS, map(int, "012345678912345678123457923456789"), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_YEARS = "123456789ABCDEFGHJKLMNPRST"  # 2001 to 2026
_VIN_MAKERS = (
    *("1FA", "1FT", "1G1", "1GC", "1HG", "1N4", "2HG", "2T1", "3FA", "3VW", "4T1", "5NP"),
    *("5YJ", "JHM", "JN1", "JTD", "KMH", "KNA", "SAL", "WAU", "WBA", "WDD", "YV1"),
)


def draw(rng: Random) -> Value:
    """Draw a number of one of the three states, each as likely, with its state."""
    state = pick(STATES, rng)
    return _value("valid", _draw_number(state, rng), state)


def is_valid(value: Value) -> bool:
    """Say whether the number fits its state (any of the three if none is named) and is no sample.

    A state that is none of the three makes it invalid: its rule is not known here.
    """
    text = digits.number_of(value).upper()
    shape = _ISSUED.get(value.state)
    return (
        shape is not None and shape.fullmatch(text) is not None and not digits.is_placeholder(text)
    )


def _value(kind: str, text: str, state: str = "") -> Value:
    return Value("drivers_license", kind, (Part(text),), state=state)


def _draw_number(state: str, rng: Random) -> str:
    if state == "NY" and rng.random() < _IN_THREES_SHARE:
        return digits.group_digits(fill(_SHAPES["NY"], rng), (3, 3, 3), " ")
    text = fill(_SHAPES[state], rng)
    return text.lower() if rng.random() < _LOWER_SHARE else text


def _draw_of_any_state(rng: Random) -> str:
    return _draw_number(pick(STATES, rng), rng)


def draw_vin(rng: Random) -> str:
    """Draw a vehicle identification number with a maker's code and a right check digit."""
    model = "".join([pick(_VIN_SIGNS, rng) for _ in range(5)])
    plant = pick(_VIN_SIGNS, rng)
    maker, year = pick(_VIN_MAKERS, rng), pick(_VIN_YEARS, rng)
    text = f"{maker}{model}_{year}{plant}{digits.random_digits(6, rng)}"
    # The ninth sign, which has no weight, is the check digit.
    weighted = zip(text, _VIN_WEIGHTS, strict=True)
    total = sum([_VIN_VALUES.get(sign, 0) * weight for sign, weight in weighted])
    return text.replace("_", "0123456789X"[total % 11])


def _draw_wrong_state_shape(rng: Random) -> Value:
    at = int(rng.random() * 3)
    other = STATES[(at + 1 + int(rng.random() * 2)) % 3]
    return _value("wrong_state_shape", _draw_number(other, rng), STATES[at])


def _draw_two_letters(rng: Random) -> Value:
    return _value("two_letters", fill(pick(_TWO_LETTERS, rng), rng), pick(STATES, rng))


def _draw_sample(rng: Random) -> Value:
    state = pick(STATES, rng)
    return _value("sample", famed(FAMED[state], _OTHERS[state])(rng), state)


def _draw_last_digits(rng: Random) -> Value:
    return _value("last_digits", digits.draw_tail(rng), pick(STATES, rng))


def _of_a_state(
    kind: str,
    table: Mapping[str, Sequence[str]],
    *nouns: str,
    write: Callable[[str, Random], str] = fill,
    plain: bool = False,
    group: str = "impossible",
) -> Lookalike:
    """Make the lookalike that says its state and has one of the shapes of that state."""

    def draw_value(rng: Random) -> Value:
        state = pick(STATES, rng)
        return _value(kind, write(pick(table[state], rng), rng), state)

    return Lookalike(kind, draw_value, nouns, plain, group)


_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="drivers_license",
    description="US driver licence number of CA, NY or TX",
    title="driver licence number",
    draw=draw,
    lookalikes=(
        Lookalike("wrong_state_shape", _draw_wrong_state_shape),
        Lookalike("sample", _draw_sample, group="placeholder"),
        _of_a_state(
            "template", _TEMPLATES, write=lambda text, _: text, plain=True, group="placeholder"
        ),
        _of_a_state("too_short", _TOO_SHORT),
        _of_a_state("too_long", _TOO_LONG),
        Lookalike("two_letters", _draw_two_letters),
        Lookalike("last_digits", _draw_last_digits, group="incomplete"),
        _of_a_state("plate", _PLATES, "plate"),
        _like("vin", draw_vin, "vin", plain=True),
        _like("sku", _draw_of_any_state, "sku"),
        _like("part", digits.shaped(*_PARTS), "part", "model", "serial"),
        _like("order", _draw_of_any_state, "order", "reference", "batch"),
        _like("case", _draw_of_any_state, "case", "ticket"),
        _like("locator", _draw_of_any_state, "locator"),
        _like("claim", _draw_of_any_state, "claim"),
        _like("pennsylvania", digits.shaped("########", "## ### ###"), "pennsylvania_license"),
        _like("georgia", digits.shaped("#########", "########"), "georgia_license"),
        _like("florida", digits.shaped("@############", "@###-###-##-###-#"), "florida_license"),
        _like("illinois", digits.shaped("@###########", "@###-####-####"), "illinois_license"),
        _like("ontario", digits.shaped("@####-#####-#####"), "ontario_license"),
        _like("british", digits.shaped("@@@@@######@@9@@", "@@@@9######@99@@"), "uk_license"),
        _like("french", digits.shaped("############", "##@@#####"), "french_license"),
        _like("spanish", families.draw_dni, "spanish_license"),
        _like("bar", digits.shaped("240#####", "#########", "######"), "bar"),
        _like("real_estate", digits.shaped("01######", "02######"), "real_estate"),
        _like("nursing", digits.shaped("########", "#######", "@#######"), "nursing"),
        _like("dea", families.draw_dea, "dea"),
        _like("producer", digits.shaped("########", "#########"), "npn"),
        _like("employee", _draw_of_any_state, "employee", "student"),
        _like("uk_passport", digits.shaped("#########"), "uk_passport"),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.dmv.ca.gov/portal/driver-licenses-identification-cards/",
        "https://dmv.ny.gov/driver-license/sample-photo-documents",
        "https://www.dps.texas.gov/section/driver-license",
        "https://www.aamva.org/identity/anti-fraud",
    ),
    vetoable=("sku", "part", "order", "claim", "case", "reference", "batch", "serial", "loyalty"),
)
