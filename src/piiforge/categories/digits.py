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

>>> fill(Random(7), "C-##") == fill(Random(7), "C-##")
True
>>> [len(fill(Random(seed), "@@ #####@")) for seed in (1, 2)]
[9, 9]

>>> vin_digit("1" * 17)   # straight ones pass, which makes them a favourite test value
'1'
>>> len(draw_vin(Random(7))), len(draw_npi(Random(7)))
(17, 10)
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
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


# Values from shapes: "#" stands for a digit, "@" for a letter, anything else for itself.
#
# A run of five digits or more never comes out as an obvious filler (00000000, 12345678), because
# such a value is a placeholder and no value at all. Every way of filling a shape is else as
# likely.


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORTEST_FILLER = 5
_LETTERS_THEN_DIGITS = re.compile(r"([A-Z]*)([0-9]+)")
_TAILS = ("####", "####", "...####", "…####", "x####", "-####", "# ####", "##-####", "#####")


def fill(rng: Random, shape: str) -> str:
    """Draw a value of the given shape, its letters upper case."""
    return "".join([_fill_run(rng, sign, run) for sign, run in _runs(shape)])


def fill_tail(rng: Random) -> str:
    """Draw the last four to six digits of a number, as people write them down for short."""
    return fill(rng, pick(rng, _TAILS))


def is_placeholder(text: str) -> bool:
    """Say whether `text` is letters and a filler, or X's, N's, A's and noughts only.

    >>> is_placeholder("A12345678"), is_placeholder("XXX00000"), is_placeholder("555555555")
    (True, True, True)
    """
    found = _LETTERS_THEN_DIGITS.fullmatch(text)
    if found is None:
        return not text.strip("XNA0")
    return is_filler(found[2]) or not text.strip("X0")


@cache
def _runs(shape: str) -> tuple[tuple[str, str], ...]:
    return tuple((sign, "".join(run)) for sign, run in groupby(shape))


def _fill_run(rng: Random, sign: str, run: str) -> str:
    if sign == "@":
        return "".join([_LETTERS[int(rng.random() * 26)] for _ in run])
    if sign != "#":
        return run
    while True:
        digits = random_digits(rng, len(run))
        if len(run) < _SHORTEST_FILLER or not is_filler(digits):
            return digits


# Well-formed things that are no personal data, and that several categories are mistaken for.
#
# An NPI is the number of a health-care provider (a business number, looked up in public); a VIN
# is that of a vehicle. Both carry their check digit. Addresses of machines are private or set
# aside for documents, times lie in 2019 to 2026.
#
# Sources:
#     https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand/Downloads/NPIcheckdigit.pdf
#     https://www.ecfr.gov/current/title-49/subtitle-B/chapter-V/part-565
#     https://www.rfc-editor.org/rfc/rfc5737


_NPI_PREFIX = "80840"  # of the card numbers of US health care: it counts in the check digit

_VIN_SIGNS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O, Q
_VIN_VALUES = {
    sign: int(value)
    for sign, value in zip(_VIN_SIGNS, "012345678912345678123457923456789", strict=True)
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_YEARS = "123456789ABCDEFGHJKLMNPRST"  # 2001 to 2026
_VIN_MAKERS = (
    *("1FA", "1FT", "1G1", "1GC", "1HG", "1N4", "2HG", "2T1", "3FA", "3VW", "4T1", "5NP"),
    *("5YJ", "JHM", "JN1", "JTD", "KMH", "KNA", "SAL", "WAU", "WBA", "WDD", "YV1"),
)

_FIRST_SECOND = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_SECONDS = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) - _FIRST_SECOND
_DATES = (
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y%m%d%H%M%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y%m%d%H%M",
    "%Y年%m月%d日",
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113", "192.168.1", "192.168.100")
_PRICES = (
    "${0:,.2f}",
    "{0:.2f}",
    "USD {0:,.2f}",
    "€{0:.2f}",
    "{0:.2f} MXN",
    "£{0:,.2f}",
    "¥{0:.0f}",
)


def draw_npi(rng: Random) -> str:
    """Draw a National Provider Identifier: ten digits from 1 or 2, the last a check digit."""
    body = ("1" if rng.random() < 0.6 else "2") + random_digits(rng, 8)
    return body + luhn_digit(_NPI_PREFIX + body)


def draw_vin(rng: Random) -> str:
    """Draw a vehicle identification number with a maker's code and a right check digit."""
    model = "".join([_VIN_SIGNS[int(rng.random() * 33)] for _ in range(5)])
    plant = _VIN_SIGNS[int(rng.random() * 33)]
    text = f"{pick(rng, _VIN_MAKERS)}{model}_{pick(rng, _VIN_YEARS)}{plant}{random_digits(rng, 6)}"
    return text.replace("_", vin_digit(text))


def vin_digit(text: str) -> str:
    """Return the check digit, 0 to 9 or X, of the 17 characters `text`, whatever its ninth is."""
    pairs = zip(text, _VIN_WEIGHTS, strict=True)
    return "0123456789X"[sum(_VIN_VALUES.get(sign, 0) * weight for sign, weight in pairs) % 11]


def draw_timestamp(rng: Random) -> str:
    """Draw a Unix time, in seconds or in milliseconds."""
    moment = _FIRST_SECOND + rng.random() * _SECONDS
    return str(int(moment if rng.random() < 0.5 else moment * 1000))


def draw_date(rng: Random) -> str:
    """Draw a date, most often with its time, in one of the common orders."""
    moment = datetime.fromtimestamp(_FIRST_SECOND + int(rng.random() * _SECONDS), tz=UTC)
    return moment.strftime(pick(rng, _DATES))


def draw_ip(rng: Random) -> str:
    """Draw an IPv4 address that is private or set aside for documents."""
    if rng.random() < 0.5:
        return f"{pick(rng, _NETWORKS)}.{1 + int(rng.random() * 254)}"
    bits = rng.getrandbits(24)
    return f"10.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"


def draw_price(rng: Random) -> str:
    """Draw an amount of money, from small change to six figures."""
    return pick(rng, _PRICES).format(10 ** (0.5 + 5 * rng.random()))


def draw_coordinate(rng: Random) -> str:
    """Draw a latitude and longitude, or one of them, with six or seven decimals."""
    latitude, longitude = 120 * rng.random() - 60, 360 * rng.random() - 180
    form = pick(rng, ("{0:.6f},{1:.6f}", "{1:.7f}", "{0:.7f}", "{0:.6f}, {1:.6f}"))
    return form.format(latitude, longitude)
