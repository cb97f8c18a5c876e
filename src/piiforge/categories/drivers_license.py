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
from collections.abc import Mapping
from random import Random

from piiforge.categories.digits import (
    draw_vin,
    fill,
    fill_tail,
    fillers,
    is_placeholder,
    number_of,
    pick,
)
from piiforge.types import Category, Lookalike, Part, Value

STATES = ("CA", "NY", "TX")

_SHAPES = {"CA": "@#######", "NY": "#########", "TX": "########"}
_IN_THREES = "### ### ###"
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
    "CA": tuple(f"{letter}{digits}" for letter in "ABDXY" for digits in fillers(7)),
    "NY": fillers(9),
    "TX": fillers(8),
}
_TEMPLATES = {
    "CA": ("X0000000", "AXXXXXXX"),
    "NY": ("XXX XXX XXX",),
    "TX": ("XXXXXXXX", "########"),
}


def draw(rng: Random) -> Value:
    """Draw a number of one of the three states, each as likely, with its state."""
    state = pick(rng, STATES)
    return _value("valid", _draw_number(rng, state), state=state)


def is_valid(value: Value) -> bool:
    """Say whether the number fits its state (any of the three if none is named) and is no sample.

    A state that is none of the three makes it invalid: its rule is not known here.
    """
    text = number_of(value).upper()
    shape = _ISSUED.get(value.state)
    return shape is not None and shape.fullmatch(text) is not None and not is_placeholder(text)


def _draw_number(rng: Random, state: str) -> str:
    if state == "NY" and rng.random() < _IN_THREES_SHARE:
        digits = fill(rng, _SHAPES["NY"])
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    text = fill(rng, _SHAPES[state])
    return text.lower() if rng.random() < _LOWER_SHARE else text


def _value(kind: str, text: str, *, state: str = "") -> Value:
    return Value("drivers_license", kind, (Part(text),), state=state)


def _shaped(kind: str, shapes: Mapping[str, tuple[str, ...]]) -> Lookalike:
    """Make the lookalike that has, for each state, one of the wrong `shapes`."""

    def draw_shaped(rng: Random) -> Value:
        state = pick(rng, STATES)
        return _value(kind, fill(rng, pick(rng, shapes[state])), state=state)

    return Lookalike(kind, draw_shaped)


def _named(kind: str, *nouns: str) -> Lookalike:
    """Make the lookalike that no rule can tell from a licence number: only the noun can."""

    def draw_named(rng: Random) -> Value:
        return _value(kind, _draw_number(rng, pick(rng, STATES)))

    return Lookalike(kind, draw_named, nouns=nouns)


def _draw_wrong_state_shape(rng: Random) -> Value:
    at = int(rng.random() * 3)
    other = STATES[(at + 1 + int(rng.random() * 2)) % 3]
    return _value("wrong_state_shape", _draw_number(rng, other), state=STATES[at])


def _draw_sample(rng: Random) -> Value:
    state = pick(rng, STATES)
    return _value("sample", pick(rng, SAMPLES[state]), state=state)


def _draw_template(rng: Random) -> Value:
    state = pick(rng, STATES)
    return _value("template", pick(rng, _TEMPLATES[state]), state=state)


def _draw_two_letters(rng: Random) -> Value:
    return _value("two_letters", fill(rng, pick(rng, _TWO_LETTERS)), state=pick(rng, STATES))


def _draw_last_digits(rng: Random) -> Value:
    return _value("last_digits", fill_tail(rng), state=pick(rng, STATES))


def _draw_plate(rng: Random) -> Value:
    state = pick(rng, STATES)
    return _value("plate", fill(rng, pick(rng, _PLATES[state])), state=state)


def _draw_vin(rng: Random) -> Value:
    return _value("vin", draw_vin(rng))


def _draw_part(rng: Random) -> Value:
    return _value("part", fill(rng, pick(rng, _PARTS)))


CATEGORY = Category(
    id="drivers_license",
    description="US driver licence number of CA, NY or TX",
    title="driver licence number",
    draw=draw,
    lookalikes=(
        Lookalike("wrong_state_shape", _draw_wrong_state_shape),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        _shaped("too_short", _TOO_SHORT),
        _shaped("too_long", _TOO_LONG),
        Lookalike("two_letters", _draw_two_letters),
        Lookalike("last_digits", _draw_last_digits, group="incomplete"),
        Lookalike("plate", _draw_plate, nouns=("plate",)),
        Lookalike("vin", _draw_vin, nouns=("vin",), plain=True),
        _named("sku", "sku"),
        Lookalike("part", _draw_part, nouns=("part", "model", "serial")),
        _named("order", "order", "reference", "batch"),
        _named("case", "case", "ticket"),
        _named("locator", "locator"),
        _named("claim", "claim"),
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
