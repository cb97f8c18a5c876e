"""What the categories share: digits drawn fast, check digits, fillers, values from shapes, tables.

The check digits are those of payment cards (Luhn: ISO/IEC 7812-1, annex B), US routing numbers
(ABA: weights 3, 7, 1) and trade items (GTIN: weights 3, 1 from the right). A body goes in
without its check digit, and the check digit comes out as text. Digits are ASCII throughout.

In a shape "#" stands for a digit, "@" for a letter, anything else for itself. A run of five digits
or more never comes out as an obvious filler (00000000, 12345678), because such a value is a
placeholder and no value at all. Every way of filling a shape is else as likely.

Sources:
    https://www.iso.org/standard/70484.html
    https://www.aba.com/about-us/routing-number
    https://ref.gs1.org/standards/genspecs/

>>> body = random_digits(15, Random(7))
>>> luhn_ok(body + luhn_digit(body))
True
>>> luhn_ok("4242424242424241")   # Stripe's test card with a wrong last digit
False
>>> aba_ok("110000000"), aba_ok("110000001")   # Stripe's test routing number, and one beside it
(True, False)

>>> fill("C-##", Random(7)) == fill("C-##", Random(7))
True
>>> [len(fill("@@ #####@", Random(seed))) for seed in (1, 2)]
[9, 9]
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, groupby
from random import Random
from string import ascii_uppercase
from typing import cast

from piiforge import files
from piiforge.rng import pick
from piiforge.types import Lookalike, Value

Draw = Callable[[Random], str]

_DIGITS = b"0123456789"
_ONCE, _TRIPLED, _SEVENFOLD = (
    bytes.maketrans(_DIGITS, bytes(weight * digit for digit in range(10))) for weight in (1, 3, 7)
)
_DOUBLED = bytes.maketrans(_DIGITS, bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))

# Not separators: they stand for characters that are hidden, so they must not be dropped.
_MASKS = "*•●#…"

_LONGEST = 19  # of a payment card
_SHORTEST_FILLER = 5
_FAMED_SHARE = 0.9
_TENS = tuple(10**count for count in range(_LONGEST + 1))
_UP = "0123456789" * 3
_DOWN = _UP[::-1]
_LETTERS_THEN_DIGITS = re.compile(r"([A-Z]*)([0-9]+)")
_TAILS = ("####", "####", "...####", "…####", "x####", "-####", "# ####", "##-####", "#####")
_NPI_PREFIX = "80840"  # of the card numbers of US health care: it counts in the check digit


def random_digits(count: int, rng: Random) -> str:
    """Draw `count` digits (at most 19), each combination as likely to within 1e-9."""
    return str(rng.getrandbits(96) % _TENS[count]).zfill(count)


def luhn_digit(body: str) -> str:
    """Return the digit that makes `body` pass Luhn when it is written behind it."""
    return _check_digit(body, _DOUBLED, _ONCE)


def luhn_ok(digits: str) -> bool:
    """Say whether the last of `digits` is the Luhn check digit of the others."""
    return luhn_digit(digits[:-1]) == digits[-1]


def aba_digit(eight: str) -> str:
    """Return the ninth digit of the routing number that begins with `eight`."""
    return _check_digit(eight, _SEVENFOLD, _TRIPLED, _ONCE)


def aba_ok(nine: str) -> bool:
    """Say whether nine digits carry the checksum of a routing number, whatever their prefix."""
    return aba_digit(nine[:-1]) == nine[-1]


def gtin_digit(body: str) -> str:
    """Return the check digit of the trade item (GTIN-8, -12, -13, -14) that begins with `body`."""
    return _check_digit(body, _TRIPLED, _ONCE)


def _check_digit(body: str, *weights: bytes) -> str:
    """Return what makes the weighted sum a multiple of 10; `weights` go round from the right."""
    raw = body.encode()[::-1]
    step = len(weights)
    return str(-sum(sum(raw[at::step].translate(table)) for at, table in enumerate(weights)) % 10)


def draw_npi(rng: Random) -> str:
    """Draw a National Provider Identifier: ten digits from 1 or 2, the last a check digit.

    It is the number of a health-care provider, a business number that anybody may look up.
    Source: https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand/Downloads/NPIcheckdigit.pdf
    """
    body = ("1" if rng.random() < 0.6 else "2") + random_digits(8, rng)
    return body + luhn_digit(_NPI_PREFIX + body)


def draw_last_four(rng: Random) -> str:
    """Draw what is left of a number where only its last four digits are kept."""
    return f"{int(rng.random() * 10000):04d}"


def change_digit(digits: str, at: int, rng: Random) -> str:
    """Return `digits` with another digit, drawn, in the place `at`."""
    other = (int(digits[at]) + 1 + int(rng.random() * 9)) % 10
    return f"{digits[:at]}{other}{digits[at + 1 :]}"


def drop_digit(text: str, rng: Random) -> str:
    """Return `text` without one of its digits, its separators left in place."""
    at = int(rng.random() * len(text))
    if not text[at].isdigit():
        at += 1
    return text[:at] + text[at + 1 :]


def add_digit(text: str, rng: Random) -> str:
    """Return `text` with one digit more, before it or behind it."""
    digit = int(rng.random() * 10)
    return f"{digit}{text}" if rng.random() < 0.5 else f"{text}{digit}"


def group_digits(digits: str, sizes: Sequence[int], separator: str = "-") -> str:
    """Return `digits` in groups of the given sizes.

    >>> group_digits("378282246310005", (4, 6, 5), " ")   # a test card of PayPal
    '3782 822463 10005'
    """
    ends = accumulate(sizes)
    return separator.join([digits[end - size : end] for size, end in zip(sizes, ends, strict=True)])


def bare(text: str) -> str:
    """Return `text` without its separators: letters, digits and mask characters stay.

    >>> bare("000-00 0000"), bare("****1234")
    ('000000000', '****1234')
    """
    return "".join([char for char in text if char.isalnum() or char in _MASKS])


def number_of(value: Value) -> str:
    """Return what is written in all the parts of `value`, one behind the other, as `bare` does."""
    return bare("".join([part.text for part in value.parts]))


def fillers(count: int) -> tuple[str, ...]:
    """List the obvious fillers of `count` digits: all the same, or each the next one up or down.

    >>> fillers(4)[0], fillers(4)[11], fillers(4)[-1]
    ('0000', '1234', '9876')
    """
    same = [str(digit) * count for digit in range(10)]
    up = [_UP[start : start + count] for start in range(10)]
    down = [_DOWN[start : start + count] for start in range(9, -1, -1)]
    return (*same, *up, *down)


def typed_fillers(count: int) -> tuple[str, ...]:
    """List the fillers that people type: those of `fillers` that don't go round from 9 to 0.

    >>> typed_fillers(9)[-4:]
    ('012345678', '123456789', '876543210', '987654321')
    """
    runs = (filler for filler in fillers(count)[10:] if filler in _UP[:10] or filler in _DOWN[:10])
    return (*fillers(count)[:10], *runs)


_FILLERS = frozenset(filler for count in range(3, _LONGEST + 1) for filler in fillers(count))


def is_filler(digits: str) -> bool:
    """Say whether nobody would take `digits` (3 to 19 of them) for a number somebody was given."""
    return digits in _FILLERS


def is_placeholder(text: str) -> bool:
    """Say whether `text` is letters and a filler, or X's, N's, A's and noughts only.

    >>> is_placeholder("A12345678"), is_placeholder("XXX00000"), is_placeholder("555555555")
    (True, True, True)
    """
    found = _LETTERS_THEN_DIGITS.fullmatch(text)
    return not text.strip("XNA0") or (found is not None and is_filler(found[2]))


def fill(shape: str, rng: Random) -> str:
    """Draw a value of the given shape, its letters upper case."""
    return "".join([_fill_run(sign, run, rng) for sign, run in _runs(shape)])


@cache
def _runs(shape: str) -> tuple[tuple[str, str], ...]:
    return tuple((sign, "".join(run)) for sign, run in groupby(shape))


def _fill_run(sign: str, run: str, rng: Random) -> str:
    if sign == "@":
        return "".join([ascii_uppercase[int(rng.random() * 26)] for _ in run])
    if sign != "#":
        return run
    while True:
        digits = random_digits(len(run), rng)
        if len(run) < _SHORTEST_FILLER or not is_filler(digits):
            return digits


def shaped(*shapes: str, lower_share: float = 0) -> Draw:
    """Return what draws a value of one of `shapes`, each as likely; a share in lower case."""

    def draw(rng: Random) -> str:
        text = fill(pick(shapes, rng), rng)
        return text.lower() if lower_share and rng.random() < lower_share else text

    return draw


def one_of(table: Sequence[str]) -> Draw:
    """Return what draws an item of `table` as it stands, each as likely."""
    return lambda rng: pick(table, rng)


def famed(famous: Sequence[str], others: Sequence[str]) -> Draw:
    """Return what draws nine times in ten one of the famous placeholders, else one of the others.

    Templates (XXX-XX-XXXX) are a kind of their own, so about half of all placeholders are famous.
    """
    return lambda rng: pick(famous if rng.random() < _FAMED_SHARE else others, rng)


draw_tail = shaped(*_TAILS)  # the last four to six digits of a number, as written down for short


def lookalike(
    value: Callable[[str, str], Value],
    kind: str,
    draw_text: Draw,
    *nouns: str,
    plain: bool = False,
    group: str = "impossible",
) -> Lookalike:
    """Make the lookalike whose text `draw_text` draws; `value` makes a category's value of both."""
    return Lookalike(kind, lambda rng: value(kind, draw_text(rng)), nouns, plain, group)


def tables(name: str) -> dict[str, tuple[str, ...]]:
    """Return the tables of data/`name`.yaml: a text is its words, a list its items, in order."""
    found = files.shipped_yaml("piiforge.categories", f"data/{name}.yaml")
    return {
        key: tuple(items.split() if isinstance(items, str) else items)
        for key, items in cast("dict[str, str | list[str]]", found).items()
    }
