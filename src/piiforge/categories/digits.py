"""Digits for the categories: drawing them fast, check digits, grouping, obvious fillers.

The check digits are those of payment cards (Luhn: ISO/IEC 7812-1, annex B), US routing numbers
(ABA: weights 3, 7, 1) and trade items (GTIN: weights 3, 1 from the right). A body goes in
without its check digit, and the check digit comes out as text. Digits are ASCII throughout.

Sources:
    https://www.iso.org/standard/70484.html
    https://www.aba.com/about-us/routing-number
    https://ref.gs1.org/standards/genspecs/

>>> body = random_digits(Random(7), 15)
>>> luhn_ok(body + luhn_digit(body))
True
>>> luhn_ok("4242424242424241")   # Stripe's test card with a wrong last digit
False
>>> aba_ok("110000000"), aba_ok("110000001")   # Stripe's test routing number, and one beside it
(True, False)
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from piiforge.types import Value

T = TypeVar("T")

_DIGITS = b"0123456789"
_ONCE = bytes.maketrans(_DIGITS, bytes(range(10)))
_DOUBLED = bytes.maketrans(_DIGITS, bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_TRIPLED = bytes.maketrans(_DIGITS, bytes(3 * digit for digit in range(10)))
_SEVENFOLD = bytes.maketrans(_DIGITS, bytes(7 * digit for digit in range(10)))

# Not separators: they stand for characters that are hidden, so they must not be dropped.
_MASKS = "*•●#…"

_LONGEST = 19  # of a payment card
_TENS = tuple(10**count for count in range(_LONGEST + 1))
_UP = "0123456789" * 3
_DOWN = _UP[::-1]


def pick(rng: Random, options: Sequence[T]) -> T:
    """Draw one of `options`, each as likely. A third of the cost of `Random.choice`."""
    return options[int(rng.random() * len(options))]


def random_digits(rng: Random, count: int) -> str:
    """Draw `count` digits (at most 19), each combination as likely to within 1e-9."""
    return str(rng.getrandbits(96) % _TENS[count]).zfill(count)


def luhn_digit(body: str) -> str:
    """Return the digit that makes `body` pass Luhn when it is written behind it."""
    raw = body.encode()
    total = sum(raw[::-2].translate(_DOUBLED)) + sum(raw[-2::-2].translate(_ONCE))
    return str(-total % 10)


def luhn_ok(digits: str) -> bool:
    """Say whether the last of `digits` is the Luhn check digit of the others."""
    return luhn_digit(digits[:-1]) == digits[-1]


def aba_digit(eight: str) -> str:
    """Return the ninth digit of the routing number that begins with `eight`."""
    raw = eight.encode()
    total = (
        sum(raw[::3].translate(_TRIPLED))
        + sum(raw[1::3].translate(_SEVENFOLD))
        + sum(raw[2::3].translate(_ONCE))
    )
    return str(-total % 10)


def aba_ok(nine: str) -> bool:
    """Say whether nine digits carry the checksum of a routing number, whatever their prefix."""
    return aba_digit(nine[:-1]) == nine[-1]


def gtin_digit(body: str) -> str:
    """Return the check digit of the trade item (GTIN-8, -12, -13, -14) that begins with `body`."""
    raw = body.encode()
    total = sum(raw[::-2].translate(_TRIPLED)) + sum(raw[-2::-2].translate(_ONCE))
    return str(-total % 10)


def change_digit(rng: Random, digits: str, at: int) -> str:
    """Return `digits` with another digit, drawn, in the place `at`."""
    other = (int(digits[at]) + 1 + int(rng.random() * 9)) % 10
    return f"{digits[:at]}{other}{digits[at + 1 :]}"


def group_digits(digits: str, sizes: Sequence[int], separator: str) -> str:
    """Return `digits` in groups of the given sizes.

    >>> group_digits("378282246310005", (4, 6, 5), " ")   # a test card of PayPal
    '3782 822463 10005'
    """
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return separator.join([digits[end - size : end] for size, end in zip(sizes, ends, strict=True)])


def drop_digit(rng: Random, text: str) -> str:
    """Return `text` without one of its digits, its separators left in place."""
    at = int(rng.random() * len(text))
    if not text[at].isdigit():
        at += 1
    return text[:at] + text[at + 1 :]


def add_digit(rng: Random, text: str) -> str:
    """Return `text` with one digit more, before it or behind it."""
    digit = int(rng.random() * 10)
    return f"{digit}{text}" if rng.random() < 0.5 else f"{text}{digit}"


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


_FILLERS = frozenset(filler for count in range(3, _LONGEST + 1) for filler in fillers(count))


def is_filler(digits: str) -> bool:
    """Say whether nobody would take `digits` (3 to 19 of them) for a number somebody was given."""
    return digits in _FILLERS
