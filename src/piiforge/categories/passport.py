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
from functools import partial
from random import Random

from piiforge.categories import digits, families
from piiforge.categories.digits import famed, fillers, one_of
from piiforge.rng import pick
from piiforge.types import Category, Part, Value

_ISSUED = re.compile(r"[0-9]{9}|[A-Z][0-9]{8}")

# A is the letter of the first new series; any other may follow, so all of them are drawn.
_BOOKS = ("#########",) * 5 + ("A########",) * 2 + ("@########",) * 3
_CARD = "C########"
_CARD_SHARE = 0.1
_LOWER_SHARE = 0.12

_GERMAN = ("C##@##@#@", "F#@##@###", "G##@#@##@", "C########")
_TOO_SHORT = ("########", "#######", "@#######", "A#######", "C#######", "@######")
_TOO_LONG = ("##########", "@#########", "A#########", "C#########")
_TWO_LETTERS = ("@@#######", "@@########", "@@######")
_LETTER_INSIDE = ("#@#######", "####@####", "########@", "##@######", "@###@####")

SAMPLES = (*fillers(9), *(f"{letter}{filler}" for letter in "ACEPUX" for filler in fillers(8)))
FAMED = (
    *("123456789", "A12345678", "987654321", "000000000", "111111111", "A00000000"),
    *("A11111111", "999999999", "C12345678"),
)
_OTHERS = (
    *digits.typed_fillers(9),
    *(f"{letter}{filler}" for letter in "ACEPUX" for filler in digits.typed_fillers(8)),
)
_TEMPLATES = ("XXXXXXXXX", "AXXXXXXXX", "CXXXXXXXX", "A########", "NNNNNNNNN", "XXX XXX XXX")


def draw(rng: Random) -> Value:
    """Draw the number of a book or, one time in ten, of a card; some in lower case."""
    is_card = rng.random() < _CARD_SHARE
    text = digits.fill(_CARD if is_card else pick(_BOOKS, rng), rng)
    text = text.lower() if rng.random() < _LOWER_SHARE else text
    return _value("card" if is_card else "valid", text)


def is_valid(value: Value) -> bool:
    """Say whether the number fits a book or a card and is no placeholder."""
    text = digits.number_of(value).upper()
    return _ISSUED.fullmatch(text) is not None and not digits.is_placeholder(text)


def _value(kind: str, text: str) -> Value:
    return Value("passport", kind, (Part(text),))


def _draw_text(rng: Random) -> str:
    return draw(rng).parts[0].text


_shaped = partial(digits.shaped, lower_share=_LOWER_SHARE)
_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="passport",
    description="US passport number",
    title="passport number",
    draw=draw,
    lookalikes=(
        _like("too_short", _shaped(*_TOO_SHORT)),
        _like("too_long", _shaped(*_TOO_LONG)),
        _like("two_letters", _shaped(*_TWO_LETTERS)),
        _like("letter_inside", _shaped(*_LETTER_INSIDE)),
        _like("sample", famed(FAMED, _OTHERS), group="placeholder"),
        _like("template", one_of(_TEMPLATES), plain=True, group="placeholder"),
        _like("last_digits", digits.draw_tail, group="incomplete"),
        _like("locator", _draw_text, "locator"),
        _like("sku", _draw_text, "sku", "part"),
        _like("order", _draw_text, "order", "reference", "batch"),
        _like("tracking", _draw_text, "tracking"),
        _like("case", _draw_text, "case", "ticket"),
        _like("booking", _draw_text, "booking"),
        _like("uk_passport", _shaped("#########"), "uk_passport"),
        _like(
            "chinese_passport", _shaped("E########", "G########", "E@#######"), "chinese_passport"
        ),
        _like("mexican_passport", _shaped("G########", "N########"), "mexican_passport"),
        _like("turkish_passport", _shaped("U########", "S########"), "turkish_passport"),
        _like("indian_passport", _shaped("@#######"), "indian_passport"),
        _like("french_passport", _shaped("##@@#####"), "french_passport"),
        _like("spanish_passport", _shaped("@@@######"), "spanish_passport"),
        _like("italian_passport", _shaped("Y@#######"), "italian_passport"),
        _like("canadian_passport", _shaped("@@######", "@######@@"), "canadian_passport"),
        _like("german_passport", _shaped(*_GERMAN), "german_passport"),
        _like("known_traveler", digits.shaped("#########"), "ktn"),
        _like("alien_number", digits.shaped("A########", "#########", "A#########"), "a_number"),
        _like("visa_foil", digits.shaped("########", "@#######"), "visa_foil"),
        _like("uscis_receipt", families.draw_receipt, "uscis_receipt"),
        _like("loyalty", digits.shaped("#########", "@@#######"), "loyalty"),
        _like("serial", _draw_text, "serial", "device"),
        _like("canadian_sin", families.draw_sin, "canadian_sin"),
    ),
    is_valid=is_valid,
    sources=(
        "https://travel.state.gov/content/travel/en/passports/passport-help/"
        "next-generation-passport.html",
        "https://travel.state.gov/content/travel/en/passports/need-passport/card.html",
    ),
    vetoable=("order", "sku", "tracking", "case", "reference", "booking", "batch", "part"),
)
