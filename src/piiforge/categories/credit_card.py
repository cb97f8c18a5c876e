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
"""

from random import Random

from piiforge.categories.card_networks import (
    NO_PREFIXES,
    OPENINGS,
    SIXTEENS,
    WRONG_OPENINGS,
    Opening,
    fits_network,
)
from piiforge.categories.digits import (
    change_digit,
    gtin_digit,
    luhn_digit,
    luhn_ok,
    number_of,
    pick,
    random_digits,
)
from piiforge.categories.sample_cards import SAMPLE_CARDS
from piiforge.types import Category, Lookalike, Part, Value

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
