"""Bank account: a US bank's routing number and an account number at it, together.

The routing number has nine digits: a Federal Reserve prefix (00 to 12 and 80, or 21 to 32 and 61 to
72 for thrifts and electronic entries), the institution, and a check digit with the weights 3-7-1.
It names a bank and is public. The account number has 4 to 17 digits in the bank's own pattern, with
no check digit. Only the two together let somebody move money, so a pair is one value here, in two
parts with the roles `routing` and `account`.

Sources:
    https://www.aba.com/about-us/routing-number
    https://achdevguide.nacha.org/ach-file-details
    https://docs.stripe.com/ach-deprecated#testing-ach

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_pair("valid", "110000000", "000123456789"))   # Stripe's pair for testing
False
>>> is_valid(_pair("valid", "990000000", "55550000"))   # the checksum is right, the prefix isn't
False
"""

import re
from collections.abc import Mapping
from random import Random

from piiforge.categories import digits, families
from piiforge.categories.digits import Draw, famed, fillers, random_digits, shaped
from piiforge.rng import pick
from piiforge.types import Category, Lookalike, Part, Value

_PREFIXES = tuple(f"{prefix:02d}" for prefix in (*range(13), *range(21, 33), *range(61, 73), 80))
_NO_PREFIXES = tuple(pair for pair in (f"{at:02d}" for at in range(100)) if pair not in _PREFIXES)
_ROUTING = re.compile(rf"(?:{'|'.join(_PREFIXES)})[0-9]{{7}}")
_ACCOUNT = re.compile(r"[0-9]{4,17}")

# Digits of an account number: drawn accounts in hundred. Most banks use 8 to 12.
_LENGTH_SHARES: Mapping[int, int] = {
    4: 2, 5: 2, 6: 4, 7: 6, 8: 12, 9: 14, 10: 22,
    11: 8, 12: 16, 13: 4, 14: 4, 15: 2, 16: 2, 17: 2,
}  # fmt: skip
_LENGTHS = tuple(length for length, share in _LENGTH_SHARES.items() for _ in range(share))

SAMPLE_ROUTINGS = (
    "110000000",  # Stripe's, for testing
    "222222226",  # Dwolla's, for its sandbox
    "123456780",  # the run of digits with the last one made to pass
    *fillers(9),
)
SAMPLE_ACCOUNTS = (
    # Stripe's, for testing
    *("000123456789", "000111111113", "000111111116", "000222222227", "000333333335"),
    *("000444444440", "000666666661"),
    # What people type to get on
    *("123456789", "1234567890", "0123456789", "12345678", "987654321", "1111111111"),
    *("0000000000", "000000000", "00000000", "999999999"),
)
# What stands on forms: the runs, noughts and ones, and the numbers of the payment firms
FAMED_ROUTINGS = (
    *("110000000", "123456789", "000000000", "111111111", "987654321", "222222226", "123456780"),
)
FAMED_ACCOUNTS = (
    *("000123456789", "123456789", "1234567890", "12345678", "000000000", "0000000000"),
    *("1111111111", "987654321", "0123456789"),
)
_OTHER_ROUTINGS = (*SAMPLE_ROUTINGS[:3], *digits.typed_fillers(9))
_MEXICAN_BANKS = ("40002", "40012", "40072", "40014", "40021", "90646")
_INDIAN_ACCOUNTS = ("###########", "##############", "################")
_MASKS = ("****", "xxxx", "XXXX", "••••", "******", "xxxxxx")


def draw(rng: Random) -> Value:
    """Draw a pair: every legal prefix as likely, the account in the shares of its lengths."""
    return _pair("valid", _draw_routing(rng), _draw_account(rng))


def is_valid(value: Value) -> bool:
    """Say whether both numbers are there, complete, well formed and no published samples."""
    texts = {part.role: digits.bare(part.text) for part in value.parts}
    routing, account = texts.get("routing", ""), texts.get("account", "")
    return (
        _ROUTING.fullmatch(routing) is not None
        and digits.aba_ok(routing)
        and routing not in SAMPLE_ROUTINGS
        and _ACCOUNT.fullmatch(account) is not None
        and not _is_sample_account(account)
    )


def _is_sample_account(number: str) -> bool:
    # Leading zeros only fill the field up: 000123456789 is as little an account as 123456789.
    significant = number.lstrip("0")
    return (
        not significant
        or number in SAMPLE_ACCOUNTS
        or digits.is_filler(significant)
        or digits.is_filler(number)
    )


def _pair(kind: str, routing: str, account: str) -> Value:
    """Return the pair, or the half of it that is not empty."""
    written = (Part(routing, "routing"), Part(account, "account"))
    return Value("bank_account", kind, tuple(part for part in written if part.text))


def _draw_routing(rng: Random) -> str:
    while True:
        routing = _draw_checked(_PREFIXES, rng)
        if routing not in SAMPLE_ROUTINGS:
            return routing


def _draw_checked(prefixes: tuple[str, ...], rng: Random) -> str:
    eight = pick(prefixes, rng) + random_digits(6, rng)
    return eight + digits.aba_digit(eight)


def _draw_account(rng: Random) -> str:
    while True:
        account = random_digits(pick(_LENGTHS, rng), rng)
        if not _is_sample_account(account):
            return account


def _draw_bad_checksum(rng: Random) -> str:
    # The prefix stays as it is; the weights are prime to 10, so any one changed digit shows.
    return digits.change_digit(_draw_routing(rng), 2 + int(rng.random() * 7), rng)


def _draw_routing_cut(rng: Random) -> str:
    return _draw_routing(rng)[: 7 + int(rng.random() * 2)]


def _draw_routing_long(rng: Random) -> str:
    return digits.add_digit(_draw_routing(rng), rng)


def _draw_account_masked(rng: Random) -> Value:
    masked = pick(_MASKS, rng) + digits.draw_last_four(rng)
    return _pair("account_masked", _draw_routing(rng), masked)


def _like(
    kind: str, routing: Draw, account: Draw, *nouns: str, group: str = "impossible"
) -> Lookalike:
    """Make the lookalike of two numbers drawn apart, first the routing number."""

    def draw_pair(rng: Random) -> Value:
        return _pair(kind, routing(rng), account(rng))

    return Lookalike(kind, draw_pair, nouns, group=group)


_draw_imei = families.checked(digits.luhn_digit, "35############", "86############")

CATEGORY = Category(
    id="bank_account",
    description="US bank routing number and account number together",
    title="bank account pair",
    draw=draw,
    lookalikes=(
        _like("bad_checksum", _draw_bad_checksum, _draw_account),
        _like("bad_prefix", lambda rng: _draw_checked(_NO_PREFIXES, rng), _draw_account),
        _like("routing_alone", _draw_routing, lambda _: "", group="incomplete"),
        _like("account_alone", lambda _: "", _draw_account, group="incomplete"),
        Lookalike("account_masked", _draw_account_masked, plain=True, group="masked"),
        _like(
            "sample",
            famed(FAMED_ROUTINGS, _OTHER_ROUTINGS),
            famed(FAMED_ACCOUNTS, SAMPLE_ACCOUNTS),
            group="placeholder",
        ),
        _like("sku_pair", _draw_routing, _draw_account, "sku_pair"),
        _like("order_pair", _draw_routing, _draw_account, "order_pair"),
        _like("claim_pair", _draw_routing, _draw_account, "claim_pair"),
        _like("ein_pair", _draw_routing, shaped("########", "##########"), "ein_pair"),
        _like("device_pair", _draw_routing, _draw_imei, "device_pair"),
        _like("chart_pair", _draw_routing, _draw_account, "chart_pair"),
        _like("visitor_pair", _draw_routing, _draw_account, "visitor_pair"),
        _like("meter_pair", _draw_routing, _draw_account, "meter_pair"),
        _like("sort_code", shaped("##-##-##", "######"), shaped("########"), "sort_code_pair"),
        _like("bsb", shaped("###-###", "######"), shaped("######", "#########"), "bsb_pair"),
        _like(
            "canadian_transit",
            families.draw_canadian_transit,
            shaped("#######", "############"),
            "canadian_transit_pair",
        ),
        _like("iban", families.draw_bic, families.draw_iban, "iban_pair"),
        _like("clabe", shaped(*_MEXICAN_BANKS), families.draw_clabe, "clabe_pair"),
        _like("ifsc", families.draw_ifsc, shaped(*_INDIAN_ACCOUNTS), "ifsc_pair"),
        _like("bankleitzahl", shaped("########"), shaped("##########", "########"), "blz_pair"),
        _like("agencia", shaped("####", "####-#"), shaped("#####-#", "######-#"), "agencia_pair"),
        _like("routing_cut", _draw_routing_cut, _draw_account),
        _like("routing_long", _draw_routing_long, _draw_account),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.aba.com/about-us/routing-number",
        "https://achdevguide.nacha.org/ach-file-details",
        "https://docs.stripe.com/ach-deprecated#testing-ach",
    ),
    vetoable=("sku_pair", "order_pair"),
)
