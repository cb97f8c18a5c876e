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

from piiforge.categories.digits import (
    aba_digit,
    aba_ok,
    bare,
    change_digit,
    fillers,
    is_filler,
    pick,
    random_digits,
)
from piiforge.types import Category, Lookalike, Part, Value

_PREFIXES = tuple(f"{prefix:02d}" for prefix in (*range(13), *range(21, 33), *range(61, 73), 80))
_PREFIX_SET = frozenset(_PREFIXES)
_NO_PREFIXES = tuple(f"{prefix:02d}" for prefix in range(100) if f"{prefix:02d}" not in _PREFIX_SET)

_ROUTING = re.compile(r"[0-9]{9}")
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
    "000123456789",
    "000111111113",
    "000111111116",
    "000222222227",
    "000333333335",
    "000444444440",
    "000666666661",
    # What people type to get on
    "123456789",
    "1234567890",
    "0123456789",
    "12345678",
    "987654321",
    "1111111111",
    "0000000000",
    "00000000",
    "999999999",
)
_SAMPLE_ROUTINGS = frozenset(SAMPLE_ROUTINGS)
_SAMPLE_ACCOUNTS = frozenset(SAMPLE_ACCOUNTS)

_MASKS = ("****", "xxxx", "XXXX", "••••", "******", "xxxxxx")


def draw(rng: Random) -> Value:
    """Draw a pair: every legal prefix as likely, the account in the shares of its lengths."""
    return _pair("valid", _draw_routing(rng), _draw_account(rng))


def is_valid(value: Value) -> bool:
    """Say whether both numbers are there, complete, well formed and no published samples."""
    texts = {part.role: bare(part.text) for part in value.parts}
    return _is_routing(texts.get("routing", "")) and _is_account(texts.get("account", ""))


def _is_routing(text: str) -> bool:
    return (
        _ROUTING.fullmatch(text) is not None
        and text[:2] in _PREFIX_SET
        and aba_ok(text)
        and text not in _SAMPLE_ROUTINGS
    )


def _is_account(text: str) -> bool:
    return _ACCOUNT.fullmatch(text) is not None and not _is_sample_account(text)


def _is_sample_account(digits: str) -> bool:
    # Leading zeros only fill the field up: 000123456789 is as little an account as 123456789.
    significant = digits.lstrip("0")
    return (
        not significant or digits in _SAMPLE_ACCOUNTS or is_filler(significant) or is_filler(digits)
    )


def _draw_routing(rng: Random) -> str:
    while True:
        eight = pick(rng, _PREFIXES) + random_digits(rng, 6)
        routing = eight + aba_digit(eight)
        if routing not in _SAMPLE_ROUTINGS:
            return routing


def _draw_account(rng: Random) -> str:
    while True:
        account = random_digits(rng, pick(rng, _LENGTHS))
        if not _is_sample_account(account):
            return account


def _pair(kind: str, routing: str, account: str) -> Value:
    return Value("bank_account", kind, (Part(routing, "routing"), Part(account, "account")))


def _draw_bad_checksum(rng: Random) -> Value:
    # The prefix stays as it is; the weights are prime to 10, so any one changed digit shows.
    routing = change_digit(rng, _draw_routing(rng), 2 + int(rng.random() * 7))
    return _pair("bad_checksum", routing, _draw_account(rng))


def _draw_bad_prefix(rng: Random) -> Value:
    eight = pick(rng, _NO_PREFIXES) + random_digits(rng, 6)
    return _pair("bad_prefix", eight + aba_digit(eight), _draw_account(rng))


def _draw_routing_alone(rng: Random) -> Value:
    return Value("bank_account", "routing_alone", (Part(_draw_routing(rng), "routing"),))


def _draw_account_alone(rng: Random) -> Value:
    return Value("bank_account", "account_alone", (Part(_draw_account(rng), "account"),))


def _draw_account_masked(rng: Random) -> Value:
    masked = f"{pick(rng, _MASKS)}{int(rng.random() * 10000):04d}"
    return _pair("account_masked", _draw_routing(rng), masked)


def _draw_sample(rng: Random) -> Value:
    return _pair("sample", pick(rng, SAMPLE_ROUTINGS), pick(rng, SAMPLE_ACCOUNTS))


def _draw_sku_pair(rng: Random) -> Value:
    return _pair("sku_pair", _draw_routing(rng), _draw_account(rng))


def _draw_order_pair(rng: Random) -> Value:
    return _pair("order_pair", _draw_routing(rng), _draw_account(rng))


CATEGORY = Category(
    id="bank_account",
    description="US bank routing number and account number together",
    title="bank account pair",
    draw=draw,
    lookalikes=(
        Lookalike("bad_checksum", _draw_bad_checksum),
        Lookalike("bad_prefix", _draw_bad_prefix),
        Lookalike("routing_alone", _draw_routing_alone, group="incomplete"),
        Lookalike("account_alone", _draw_account_alone, group="incomplete"),
        Lookalike("account_masked", _draw_account_masked, plain=True, group="masked"),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("sku_pair", _draw_sku_pair, nouns=("sku_pair",)),
        Lookalike("order_pair", _draw_order_pair, nouns=("order_pair",)),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.aba.com/about-us/routing-number",
        "https://achdevguide.nacha.org/ach-file-details",
        "https://docs.stripe.com/ach-deprecated#testing-ach",
    ),
    vetoable=("sku_pair", "order_pair"),
)
