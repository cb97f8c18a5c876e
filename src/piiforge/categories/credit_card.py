"""Payment card number (PAN): what stands on a credit or debit card.

Thirteen to nineteen digits: an issuer's prefix, the account, a Luhn check digit. The network fixes
the prefix and the lengths that go with it (`data/card_networks.tsv`). Most are written in fours,
American Express as 4-6-5, and as often without any separator. The check digit makes the number tell
itself by any name, but one random number in ten passes Luhn, so numbers that are named as something
else (tracking, order, IMEI) are no cards.

Sources:
    https://www.iso.org/standard/70484.html
    https://en.wikipedia.org/wiki/Payment_card_number
    https://docs.stripe.com/testing
    https://docs.adyen.com/development-resources/testing/test-card-numbers/
    https://developer.paypal.com/tools/sandbox/card-testing/

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("valid", "4242 4242 4242 4241"))   # wrong check digit
False
>>> is_valid(_value("valid", "4111 1111 1111 1111"))   # published for testing
False

>>> fits_network("4" + "0" * 15), fits_network("4" + "0" * 14)   # Visa has 13, 16 or 19 digits
(True, False)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from piiforge import files
from piiforge.categories import digits, families
from piiforge.categories.digits import Draw, famed, luhn_digit, one_of
from piiforge.rng import pick
from piiforge.types import Category, Part, Value


@dataclass(frozen=True, slots=True)
class Network:
    """Some prefixes of a payment card network.

    `shares` are the lengths that its numbers may have, each with its share of the drawn cards in
    thousandths; `never` are some that they never have.
    """

    prefixes: range
    shares: Mapping[int, int]
    never: tuple[int, ...]


def _network(_name: str, first: str, last: str, *columns: str) -> Network:
    lengths, shares, never = (tuple(map(int, column.split())) for column in columns)
    prefixes = range(int(first), int(last) + 1)
    return Network(prefixes, dict(zip(lengths, shares, strict=True)), never)


_ROWS = files.shipped_tsv("piiforge.categories", "data/card_networks.tsv")
NETWORKS = tuple(_network(*row) for row in _ROWS)
Opening = tuple[range, int]  # equally likely prefixes, and the length of the number to draw
OPENINGS: tuple[Opening, ...] = tuple(
    (network.prefixes, length)
    for network in NETWORKS
    for length, share in network.shares.items()
    for _ in range(share)
)
WRONG_OPENINGS: tuple[Opening, ...] = tuple(
    (network.prefixes, length) for network in NETWORKS for length in network.never
)
NINETEENS = tuple(opening for opening in OPENINGS if opening[1] == 19)
SIXTEENS = tuple(opening for opening in OPENINGS if opening[1] == 16)
_LENGTHS = {
    str(prefix): tuple(network.shares) for network in NETWORKS for prefix in network.prefixes
}
_PREFIX_SIZES = tuple(sorted({len(prefix) for prefix in _LENGTHS}))

# Neither a network of `NETWORKS` nor a local one (Uzcard 86, Troy 97, Humo 98, UnionPay's 81).
NO_PREFIXES = tuple(
    f"{prefix:02d}" for prefix in (*range(20), *range(70, 81), *range(82, 86), *range(87, 97), 99)
)

_TABLES = digits.tables("credit_card")
SAMPLE_CARDS = (
    *_TABLES["samples_of_stripe"],
    *_TABLES["samples_of_adyen"],
    *_TABLES["samples_of_paypal"],
)
_SAMPLES = frozenset(SAMPLE_CARDS)
FAMED = (
    *("4111111111111111", "4242424242424242", "5555555555554444", "378282246310005"),
    *("4111111111111111", "4242424242424242", "6011111111111117", "5105105105105100"),
    *("4012888888881881", "4222222222222", "371449635398431", "3530111333300000"),
)
_ZEROS = "0" * 8  # what most of the gateways' other test numbers have in the middle

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

# Heads of a trade item number that is also of a Visa (13 digits) or Diners (14 digits) number, with
# the digits still to draw.
_GTIN_HEADS = (*((f"4{n}", 9) for n in range(10)), ("36", 10), ("38", 10), ("39", 10), ("300", 9))
_WITH_EXCESS = ("0", "1", "2", "3", "45", "6", "7", "8", "9")
_TYPE_ALLOCATIONS = ("35", "86", "01")  # of the bodies that approve phones: the head of an IMEI
_ICCID_HEADS = ("8901", "8944", "8934", "8949", "8933", "8986")  # telecom, then the country
_DINERS_HEADS = ("36", "38", "39")  # of a SIRET, a CNPJ or a barcode that is also a Diners number
_VISA_AIRLINES = ("421", "479")  # whose tickets have the 13 digits of a Visa number
_LOYALTY_HEADS = ("6338", "9826", "6006")  # of shops' cards: 16 digits that pass Luhn
_ISBN_SIZES = (3, 1, 4, 4, 1)
_EPOCH_US = (1_600_000_000_000_000, 1_800_000_000_000_000)  # September 2020 to January 2027


def draw(rng: Random) -> Value:
    """Draw a number of any network and length, as often as it is met; half of them in groups."""
    return _value("valid", _half_in_groups(_draw_number)(rng))


def is_valid(value: Value) -> bool:
    """Say whether prefix, length and check digit fit and the number isn't one for testing."""
    number = digits.number_of(value)
    return (
        number.isascii()
        and number.isdigit()
        and fits_network(number)
        and digits.luhn_ok(number)
        and not _is_sample(number)
    )


def fits_network(number: str) -> bool:
    """Say whether some network has numbers that begin like `number` and are as long."""
    return any(len(number) in _LENGTHS.get(number[:size], ()) for size in _PREFIX_SIZES)


def _is_sample(number: str) -> bool:
    return number in _SAMPLES or _ZEROS in number


def _value(kind: str, text: str) -> Value:
    return Value("credit_card", kind, (Part(text),))


def _draw_number(rng: Random, openings: tuple[Opening, ...] = OPENINGS) -> str:
    while True:
        prefixes, length = pick(openings, rng)
        number = _complete(str(pick(prefixes, rng)), length, rng)
        if not _is_sample(number):
            return number


def _complete(prefix: str, length: int, rng: Random) -> str:
    body = prefix + digits.random_digits(length - 1 - len(prefix), rng)
    return body + luhn_digit(body)


def _half_in_groups(draw_number: Draw) -> Draw:
    """Return what draws a number and writes it in groups, or not.

    What imitates a card is written in the same mix, so that the form alone tells nothing.
    """

    def draw_text(rng: Random) -> str:
        number, spin = draw_number(rng), rng.random()
        if spin < 0.5:
            return number
        return digits.group_digits(number, _GROUPS[len(number)], " " if spin < 0.9 else "-")

    return draw_text


def _draw_luhn_fail(rng: Random) -> str:
    number = _draw_number(rng)
    at = 6 + int(rng.random() * (len(number) - 7))
    pair = number[at : at + 2]
    # Luhn sees every change of one digit, but no swap of equal digits or of 0 and 9.
    if rng.random() < 0.5 and pair[0] != pair[1] and pair not in ("09", "90"):
        return f"{number[:at]}{pair[::-1]}{number[at + 2 :]}"
    return digits.change_digit(number, len(number) - 1, rng)


def _draw_bad_prefix(rng: Random) -> str:
    prefix = pick(NO_PREFIXES, rng)
    # Airlines' cards (UATP) begin with 1 too, but have 15 digits.
    return _complete(prefix, 16 if prefix[0] == "1" else pick(OPENINGS, rng)[1], rng)


def _draw_gtin(rng: Random) -> str:
    """Draw a GTIN-13 that is also a Visa number, or a GTIN-14 that is also a Diners number.

    GTIN counts every second digit d three times, Luhn as 2d, or 2d - 9 from 5 on. Both give the
    same check digit when what GTIN counts more (d, or d - 1 from 5 on, modulo 10) adds up to a
    multiple of 10; the last of these digits is chosen to that end.
    """
    while True:
        prefix, count = pick(_GTIN_HEADS, rng)
        head = prefix + digits.random_digits(count, rng)
        missing = -sum([int(digit) - (digit >= "5") for digit in head[-2::-2]]) % 10
        if missing != 9:  # no digit has that excess
            body = head + pick(_WITH_EXCESS[missing], rng)
            return body + digits.gtin_digit(body)


def _draw_timestamp(rng: Random) -> str:
    body = str(pick(range(*_EPOCH_US), rng))[:-1]
    return body + luhn_digit(body)


def _also_a_card(draw_number: Draw) -> Draw:
    """Return what draws numbers of another family until one has all that a card has."""

    def draw_text(rng: Random) -> str:
        while True:
            number = draw_number(rng)
            if fits_network(number) and digits.luhn_ok(number) and not _is_sample(number):
                return number

    return draw_text


def _draw_siret(rng: Random) -> str:
    """Draw the number of a place of a French firm: the firm's own, then five digits; both Luhn."""
    body = _draw_siren(rng) + digits.fill("000#", rng)
    return body + luhn_digit(body)


def _or(first: Draw, second: Draw) -> Draw:
    return lambda rng: (first if rng.random() < 0.5 else second)(rng)


_draw_library = families.checked(
    luhn_digit, *(f"{head}###########" for head in _DINERS_HEADS), "2############"
)
_draw_siren = families.checked(luhn_digit, *(f"{head}######" for head in _DINERS_HEADS))
_draw_cnpj = families.checked(
    families.cnpj_digits, *(f"{head}######0001" for head in _DINERS_HEADS)
)
_draw_ticket = digits.shaped(*(f"{airline}##########" for airline in _VISA_AIRLINES))
_draw_isbn = families.checked(digits.gtin_digit, "978#########", "978#########", "979########1")
_draw_sixteen = partial(_draw_number, openings=SIXTEENS)
_draw_wrong_length = partial(_draw_number, openings=WRONG_OPENINGS)
_draw_loyalty = families.checked(luhn_digit, *(f"{head}###########" for head in _LOYALTY_HEADS))
_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="credit_card",
    description="payment card number, 13 to 19 digits",
    title="card number",
    draw=draw,
    lookalikes=(
        _like("luhn_fail", _half_in_groups(_draw_luhn_fail)),
        _like("bad_prefix", _half_in_groups(_draw_bad_prefix)),
        _like("wrong_length", _half_in_groups(_draw_wrong_length)),
        _like("test_pan", _half_in_groups(famed(FAMED, SAMPLE_CARDS)), group="placeholder"),
        _like("filler", one_of(_TABLES["fillers"]), group="placeholder"),
        _like("template", one_of(_TABLES["templates"]), plain=True, group="placeholder"),
        _like("last_four", digits.draw_last_four, group="incomplete"),
        _like("tracking", _half_in_groups(_draw_number), "tracking"),
        _like("order", _draw_number, "order", "invoice", "reference"),
        _like("sku", _half_in_groups(_draw_sixteen), "sku", "part"),
        _like("serial", _half_in_groups(_draw_number), "serial", "meter"),
        _like("coupon", _half_in_groups(_draw_sixteen), "coupon"),
        _like("transfer", _draw_number, "transfer"),
        _like("gtin", _draw_gtin, "gtin"),
        _like("imei", lambda rng: _complete(pick(_TYPE_ALLOCATIONS, rng), 15, rng), "imei"),
        _like("iccid", lambda rng: _complete(pick(_ICCID_HEADS, rng), 19, rng), "iccid"),
        _like("timestamp", _draw_timestamp, "timestamp", plain=True),
        _like("e_ticket", _or(_also_a_card(_draw_ticket), families.draw_ticket), "e_ticket"),
        _like("library", _draw_library, "library"),
        _like("siret", families.grouped(_draw_siret, 3, 3, 3, 5), "siret"),
        _like("cnpj", _or(_also_a_card(_draw_cnpj), families.draw_cnpj), "cnpj"),
        _like("isbn", families.grouped(_draw_isbn, *_ISBN_SIZES, by="-"), "isbn"),
        _like("clabe", families.draw_clabe, "clabe"),
        _like("message", families.draw_snowflake, "message_id"),
        _like("trace", partial(_draw_number, openings=NINETEENS), "trace"),
        _like("ad", digits.shaped("2384#############", "1202##############"), "ad_id"),
        _like("chinese_id", families.draw_chinese_id, "chinese_id"),
        _like("imsi", families.draw_imsi, "imsi"),
        _like("sscc", families.draw_sscc, "sscc"),
        _like("loyalty", _half_in_groups(_draw_loyalty), "loyalty"),
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
