"""US passport number, of a book or a card.

The Department of State issues them. A book has nine digits or, in the series printed since 2021,
one letter and eight digits; a card has C and eight digits. There is no check digit, nine digits
could as well be half a dozen other things, and so a number counts only where a key or a sentence
names it as a passport's. Passports of other countries are not asked for.

Sources:
    https://travel.state.gov/content/travel/en/passports/passport-help/next-generation-passport.html
    https://travel.state.gov/content/travel/en/passports/need-passport/card.html

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("sample", "A12345678"))   # a run of digits: a placeholder
False
>>> is_valid(_value("two_letters", "AB0000001"))   # no US series has two letters
False
"""

import re
from random import Random

from piiforge.categories.digits import fill, fill_tail, fillers, is_placeholder, number_of, pick
from piiforge.types import Category, Lookalike, Part, Value

_ISSUED = re.compile(r"[0-9]{9}|[A-Z][0-9]{8}")

# A is the letter of the first new series; any other may follow, so all of them are drawn.
_BOOKS = ("#########",) * 5 + ("A########",) * 2 + ("@########",) * 3
_CARD = "C########"
_CARD_SHARE = 0.1
_LOWER_SHARE = 0.12

_TOO_SHORT = ("########", "#######", "@#######", "A#######", "C#######", "@######")
_TOO_LONG = ("##########", "@#########", "A#########", "C#########")
_TWO_LETTERS = ("@@#######", "@@########", "@@######")
_LETTER_INSIDE = ("#@#######", "####@####", "########@", "##@######", "@###@####")

SAMPLES = (*fillers(9), *(f"{letter}{digits}" for letter in "ACEPUX" for digits in fillers(8)))
_TEMPLATES = ("XXXXXXXXX", "AXXXXXXXX", "CXXXXXXXX", "A########", "NNNNNNNNN", "XXX XXX XXX")


def draw(rng: Random) -> Value:
    """Draw the number of a book or, one time in ten, of a card; some in lower case."""
    if rng.random() < _CARD_SHARE:
        return _value("card", _in_some_case(rng, fill(rng, _CARD)))
    return _value("valid", _in_some_case(rng, fill(rng, pick(rng, _BOOKS))))


def is_valid(value: Value) -> bool:
    """Say whether the number fits a book or a card and is no placeholder."""
    text = number_of(value).upper()
    return _ISSUED.fullmatch(text) is not None and not is_placeholder(text)


def _value(kind: str, text: str) -> Value:
    return Value("passport", kind, (Part(text),))


def _in_some_case(rng: Random, text: str) -> str:
    return text.lower() if rng.random() < _LOWER_SHARE else text


def _shaped(kind: str, shapes: tuple[str, ...]) -> Lookalike:
    """Make the lookalike that has one of the impossible `shapes`."""

    def draw_shaped(rng: Random) -> Value:
        return _value(kind, _in_some_case(rng, fill(rng, pick(rng, shapes))))

    return Lookalike(kind, draw_shaped)


def _named(kind: str, *nouns: str) -> Lookalike:
    """Make the lookalike that no rule can tell from a passport number: only the noun can."""

    def draw_named(rng: Random) -> Value:
        return _value(kind, draw(rng).parts[0].text)

    return Lookalike(kind, draw_named, nouns=nouns)


def _draw_sample(rng: Random) -> Value:
    return _value("sample", pick(rng, SAMPLES))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_last_digits(rng: Random) -> Value:
    return _value("last_digits", fill_tail(rng))


CATEGORY = Category(
    id="passport",
    description="US passport number",
    title="passport number",
    draw=draw,
    lookalikes=(
        _shaped("too_short", _TOO_SHORT),
        _shaped("too_long", _TOO_LONG),
        _shaped("two_letters", _TWO_LETTERS),
        _shaped("letter_inside", _LETTER_INSIDE),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("last_digits", _draw_last_digits, group="incomplete"),
        _named("locator", "locator"),
        _named("sku", "sku", "part"),
        _named("order", "order", "reference", "batch"),
        _named("tracking", "tracking"),
        _named("case", "case", "ticket"),
        _named("booking", "booking"),
    ),
    is_valid=is_valid,
    sources=(
        "https://travel.state.gov/content/travel/en/passports/passport-help/"
        "next-generation-passport.html",
        "https://travel.state.gov/content/travel/en/passports/need-passport/card.html",
    ),
    vetoable=("order", "sku", "tracking", "case", "reference", "booking", "batch", "part"),
)
