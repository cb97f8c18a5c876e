"""Payment card number (PAN): what stands on a credit or debit card.

Thirteen to nineteen digits: an issuer's prefix, the account, a Luhn check digit. The network fixes
the prefix and the lengths that go with it (`card_networks`). Most are written in fours, American
Express as 4-6-5, and as often without any separator. The check digit makes the number tell itself
by any name, but one random number in ten passes Luhn, so numbers that are named as something else
(tracking, order, IMEI) are no cards.

Sources:
    https://www.iso.org/standard/70484.html
    https://en.wikipedia.org/wiki/Payment_card_number
    https://docs.stripe.com/testing

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("valid", "4242 4242 4242 4241"))   # wrong check digit
False
>>> is_valid(_value("valid", "4111 1111 1111 1111"))   # published for testing
False

>>> fits_network("4" + "0" * 15), fits_network("4" + "0" * 14)   # Visa has 13, 16 or 19 digits
(True, False)
>>> sum(share for known in RANGES for share in known.lengths.values())
1000

>>> "4242424242424242" in SAMPLE_CARDS
True
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from piiforge.categories.digits import (
    change_digit,
    gtin_digit,
    luhn_digit,
    luhn_ok,
    number_of,
    pick,
    random_digits,
)
from piiforge.types import Category, Lookalike, Part, Value

# Payment card networks: the prefixes and lengths of their numbers, and how often each is drawn.
#
# ISO/IEC 7812 gives the prefix (issuer identification number) to a network, and the network fixes
# the lengths. Only networks that issue worldwide are here.
#
# Sources:
#     https://www.iso.org/standard/70484.html
#     https://en.wikipedia.org/wiki/Payment_card_number


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


# Payment card numbers that gateways publish for testing: documented placeholders, nobody's cards.
#
# The list is finite and written out, for a number counts as a placeholder only because somebody
# published it. All of them pass Luhn and have an issuer's prefix, so a detector without the list
# reports them.
#
# Sources:
#     https://docs.stripe.com/testing
#     https://docs.adyen.com/development-resources/testing/test-card-numbers/
#     https://developer.paypal.com/tools/sandbox/card-testing/
#     https://developer.paypal.com/api/nvp-soap/payflow/integration-guide/test-transactions/


_STRIPE = """
    4242424242424242 4000056655665556 4000000000000002 4000000000000069 4000000000000077
    4000000000000119 4000000000000127 4000000000003220 4000000000006975 4000000000009979
    4000000000009987 4000000000009995 4000000320000021 4000000760000002 4000001240000000
    4000002500003155 4000004840008001
    2223003122003222 5105105105105100 5200828282828210 5555555555554444
    371449635398431 378282246310005
    6011000990139424 6011111111111117 6011981111111113 6555900000604105
    36227206271667 3566002020360505
    6200000000000005 6200000000000047 6205500000000000004
"""

_ADYEN = """
    4000620000000007 4111111111111111 4111111145551142 4151500000000008 4166676667666746
    4400000000000008 4444333322221111 4646464646464644 4917610000000000 4977949494949497
    4988438843884305
    2222400010000008 2222400030000004 2222400070000005 5100290029002909 5136333333333335
    5424000000000015 5500000000000004 5555341244441115 5555444433331111 5577000055770004
    5585558555855583
    370000000000002 36006666333344 6011601160116611 6445644564456445 3569990010095841
"""

_PAYPAL = """
    4005519200000004 4012000033330026 4012000077777777 4012888888881881 4217651111111119
    4222222222222 4500600000000061 4999991111111113 4999992222222229
    2221000000000009 2223000048400011 5199999999999991 5299999999999990
    376680816376961 378734493671000
    30569309025904 36259600000004 38520000023237 3530111333300000
"""

SAMPLE_CARDS: tuple[str, ...] = tuple(f"{_STRIPE}{_ADYEN}{_PAYPAL}".split())


_GROUPS = {
    12: (4, 4, 4),
    13: (4, 3, 3, 3),
    14: (4, 6, 4),
    15: (4, 6, 5),
    16: (4, 4, 4, 4),
    17: (4, 4, 4, 5),
    18: (4, 4, 4, 4, 2),
    19: (4, 4, 4, 4, 3),
}
_CUTS = {
    length: tuple((sum(sizes[:n]), sum(sizes[: n + 1])) for n in range(len(sizes)))
    for length, sizes in _GROUPS.items()
}

_FILLERS = (
    "0000 0000 0000 0000",
    "0000000000000000",
    "1111 1111 1111 1111",
    "9999 9999 9999 9999",
    "1234 5678 9012 3456",
    "1234567890123456",
    "1234-5678-9012-3456",
    "1234 1234 1234 1234",
    "0000 1111 2222 3333",
)
_TEMPLATES = (
    "xxxx xxxx xxxx xxxx",
    "XXXX XXXX XXXX XXXX",
    "XXXX-XXXX-XXXX-XXXX",
    "xxxxxxxxxxxxxxxx",
    "NNNN NNNN NNNN NNNN",
    "4XXX XXXX XXXX XXXX",
    "5xxx-xxxx-xxxx-xxxx",
)

# Heads of a trade item number that is also of a Visa (13 digits) or Diners (14 digits) number, with
# the digits still to draw.
_GTIN_HEADS = (*((f"4{n}", 9) for n in range(10)), ("36", 10), ("38", 10), ("39", 10), ("300", 9))
_WITH_EXCESS = ("0", "1", "2", "3", "45", "6", "7", "8", "9")
_TYPE_ALLOCATIONS = ("35", "86", "01")  # of the bodies that approve phones: the head of an IMEI
_ICCID_HEADS = ("8901", "8944", "8934", "8949", "8933", "8986")  # telecom, then the country
_EPOCH_US = (1_600_000_000_000_000, 1_800_000_000_000_000)  # September 2020 to January 2027

_SAMPLES = frozenset(SAMPLE_CARDS)
_ZEROS = "0" * 8  # what most of the gateways' other test numbers have in the middle


def draw(rng: Random) -> Value:
    """Draw a number of any network and length, as often as it is met; half of them in groups."""
    return _write("valid", _draw_digits(rng), rng)


def is_valid(value: Value) -> bool:
    """Say whether prefix, length and check digit fit and the number isn't one for testing."""
    digits = number_of(value)
    return (
        digits.isascii()
        and digits.isdigit()
        and fits_network(digits)
        and luhn_ok(digits)
        and not _is_sample(digits)
    )


def _is_sample(digits: str) -> bool:
    return digits in _SAMPLES or _ZEROS in digits


def _draw_digits(rng: Random, openings: tuple[Opening, ...] = OPENINGS) -> str:
    while True:
        opening = pick(rng, openings)
        prefix = str(opening.first + int(rng.random() * opening.count))
        digits = _complete(rng, prefix, opening.length)
        if not _is_sample(digits):
            return digits


def _complete(rng: Random, prefix: str, length: int) -> str:
    body = prefix + random_digits(rng, length - 1 - len(prefix))
    return body + luhn_digit(body)


def _value(kind: str, text: str) -> Value:
    return Value("credit_card", kind, (Part(text),))


def _write(kind: str, digits: str, rng: Random) -> Value:
    # What imitates a card is written in the same mix, so that the form alone tells nothing.
    spin = rng.random()
    if spin < 0.5:
        return _value(kind, digits)
    separator = " " if spin < 0.9 else "-"
    return _value(kind, separator.join([digits[start:end] for start, end in _CUTS[len(digits)]]))


def _draw_luhn_fail(rng: Random) -> Value:
    digits = _draw_digits(rng)
    at = 6 + int(rng.random() * (len(digits) - 7))
    pair = digits[at : at + 2]
    # Luhn sees every change of one digit, but no swap of equal digits or of 0 and 9.
    if rng.random() < 0.5 and pair[0] != pair[1] and pair not in ("09", "90"):
        digits = f"{digits[:at]}{pair[::-1]}{digits[at + 2 :]}"
    else:
        digits = change_digit(rng, digits, len(digits) - 1)
    return _write("luhn_fail", digits, rng)


def _draw_bad_prefix(rng: Random) -> Value:
    prefix = pick(rng, NO_PREFIXES)
    # Airlines' cards (UATP) begin with 1 too, but have 15 digits.
    length = 16 if prefix[0] == "1" else pick(rng, OPENINGS).length
    return _write("bad_prefix", _complete(rng, prefix, length), rng)


def _draw_wrong_length(rng: Random) -> Value:
    return _write("wrong_length", _draw_digits(rng, WRONG_OPENINGS), rng)


def _draw_test_pan(rng: Random) -> Value:
    return _write("test_pan", pick(rng, SAMPLE_CARDS), rng)


def _draw_filler(rng: Random) -> Value:
    return _value("filler", pick(rng, _FILLERS))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_last_four(rng: Random) -> Value:
    return _value("last_four", f"{int(rng.random() * 10000):04d}")


def _draw_tracking(rng: Random) -> Value:
    return _write("tracking", _draw_digits(rng), rng)


def _draw_order(rng: Random) -> Value:
    return _value("order", _draw_digits(rng))


def _draw_sku(rng: Random) -> Value:
    return _write("sku", _draw_digits(rng, SIXTEENS), rng)


def _draw_serial(rng: Random) -> Value:
    return _write("serial", _draw_digits(rng), rng)


def _draw_coupon(rng: Random) -> Value:
    return _write("coupon", _draw_digits(rng, SIXTEENS), rng)


def _draw_transfer(rng: Random) -> Value:
    return _value("transfer", _draw_digits(rng))


def _draw_gtin(rng: Random) -> Value:
    """Draw a GTIN-13 that is also a Visa number, or a GTIN-14 that is also a Diners number.

    GTIN counts every second digit d three times, Luhn as 2d, or 2d - 9 from 5 on. Both give the
    same check digit when what GTIN counts more (d, or d - 1 from 5 on, modulo 10) adds up to a
    multiple of 10; the last of these digits is chosen to that end.
    """
    while True:
        prefix, count = pick(rng, _GTIN_HEADS)
        head = prefix + random_digits(rng, count)
        missing = -sum([int(digit) - (digit >= "5") for digit in head[-2::-2]]) % 10
        if missing != 9:  # no digit has that excess
            body = head + pick(rng, _WITH_EXCESS[missing])
            return _value("gtin", body + gtin_digit(body))


def _draw_imei(rng: Random) -> Value:
    return _value("imei", _complete(rng, pick(rng, _TYPE_ALLOCATIONS), 15))


def _draw_iccid(rng: Random) -> Value:
    return _value("iccid", _complete(rng, pick(rng, _ICCID_HEADS), 19))


def _draw_timestamp(rng: Random) -> Value:
    low, high = _EPOCH_US
    body = str(low + int(rng.random() * (high - low)))[:-1]
    return _value("timestamp", body + luhn_digit(body))


CATEGORY = Category(
    id="credit_card",
    description="payment card number, 13 to 19 digits",
    title="card number",
    draw=draw,
    lookalikes=(
        Lookalike("luhn_fail", _draw_luhn_fail),
        Lookalike("bad_prefix", _draw_bad_prefix),
        Lookalike("wrong_length", _draw_wrong_length),
        Lookalike("test_pan", _draw_test_pan, group="placeholder"),
        Lookalike("filler", _draw_filler, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("last_four", _draw_last_four, group="incomplete"),
        Lookalike("tracking", _draw_tracking, nouns=("tracking",)),
        Lookalike("order", _draw_order, nouns=("order", "invoice", "reference")),
        Lookalike("sku", _draw_sku, nouns=("sku", "part")),
        Lookalike("serial", _draw_serial, nouns=("serial", "meter")),
        Lookalike("coupon", _draw_coupon, nouns=("coupon",)),
        Lookalike("transfer", _draw_transfer, nouns=("transfer",)),
        Lookalike("gtin", _draw_gtin, nouns=("gtin",)),
        Lookalike("imei", _draw_imei, nouns=("imei",)),
        Lookalike("iccid", _draw_iccid, nouns=("iccid",)),
        Lookalike("timestamp", _draw_timestamp, nouns=("timestamp",), plain=True),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.iso.org/standard/70484.html",
        "https://en.wikipedia.org/wiki/Payment_card_number",
        "https://docs.stripe.com/testing",
        "https://docs.adyen.com/development-resources/testing/test-card-numbers/",
        "https://developer.paypal.com/tools/sandbox/card-testing/",
    ),
    checked=True,
    vetoable=("tracking", "order", "reference", "coupon", "transfer", "serial", "meter"),
)
