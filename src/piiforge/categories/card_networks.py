"""Payment card networks: the prefixes and lengths of their numbers, and how often each is drawn.

ISO/IEC 7812 gives the prefix (issuer identification number) to a network, and the network fixes the
lengths. Only networks that issue worldwide are here.

Sources:
    https://www.iso.org/standard/70484.html
    https://en.wikipedia.org/wiki/Payment_card_number

>>> fits_network("4" + "0" * 15), fits_network("4" + "0" * 14)   # Visa has 13, 16 or 19 digits
(True, False)
>>> sum(share for known in RANGES for share in known.lengths.values())
1000
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """The prefixes `first` to `last` of one network.

    `lengths` are those its numbers may have, each with its share of the drawn cards in thousandths
    (0: allowed, but so rare that none is drawn).
    """

    network: str
    first: int
    last: int
    lengths: Mapping[int, int]


RANGES = (
    Range("visa", 4, 4, {13: 15, 16: 400, 19: 25}),
    Range("mastercard", 51, 55, {16: 170}),
    Range("mastercard", 2221, 2720, {16: 80}),
    Range("amex", 34, 34, {15: 45}),
    Range("amex", 37, 37, {15: 55}),
    Range("discover", 6011, 6011, {16: 22, 17: 2, 18: 2, 19: 4}),
    Range("discover", 622126, 622925, {16: 10, 17: 1, 18: 1, 19: 3}),
    Range("discover", 644, 649, {16: 10, 17: 1, 18: 1, 19: 3}),
    Range("discover", 65, 65, {16: 15, 17: 1, 18: 1, 19: 3}),
    Range("diners", 36, 36, {14: 20}),
    Range("diners", 38, 39, {14: 12}),
    Range("diners", 300, 305, {14: 8}),
    Range("jcb", 3528, 3589, {16: 40, 17: 0, 18: 0, 19: 0}),
    Range("unionpay", 62, 62, {16: 28, 17: 2, 18: 2, 19: 18}),
)

# Left out are lengths that some list allows: Diners above 14, Visa of 18.
_WRONG_LENGTHS = {
    "visa": (12, 14, 15, 17),
    "mastercard": (14, 15, 17, 18),
    "amex": (13, 14, 16, 17),
    "discover": (13, 14, 15),
    "diners": (12, 13),
    "jcb": (13, 14),
    "unionpay": (13, 14, 15),
}

# Neither a network of `RANGES` nor a local one (Uzcard 86, Troy 97, Humo 98, UnionPay's 81).
NO_PREFIXES = tuple(
    f"{prefix:02d}" for prefix in (*range(20), *range(70, 81), *range(82, 86), *range(87, 97), 99)
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Equally likely prefixes of one network and the length of the number to draw behind them."""

    first: int
    count: int
    length: int


def _openings() -> Iterator[Opening]:
    for known in RANGES:
        for length, share in known.lengths.items():
            yield from [Opening(known.first, known.last - known.first + 1, length)] * share


def _wrong_openings() -> Iterator[Opening]:
    for known in RANGES:
        for length in _WRONG_LENGTHS[known.network]:
            yield Opening(known.first, known.last - known.first + 1, length)


OPENINGS = tuple(_openings())
WRONG_OPENINGS = tuple(_wrong_openings())
SIXTEENS = tuple(opening for opening in OPENINGS if opening.length == 16)
_LENGTHS = {
    str(prefix): tuple(known.lengths)
    for known in RANGES
    for prefix in range(known.first, known.last + 1)
}
_PREFIX_SIZES = tuple(sorted({len(prefix) for prefix in _LENGTHS}))


def fits_network(digits: str) -> bool:
    """Say whether some network has numbers that begin like `digits` and are as long."""
    return any(len(digits) in _LENGTHS.get(digits[:size], ()) for size in _PREFIX_SIZES)
