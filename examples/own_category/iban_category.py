"""IBAN, the international bank account number (ISO 13616): country, two check digits, account."""

from random import Random

from stdnum import iban

from piiforge.plugins import OwnCategory
from piiforge.types import Category, Lookalike, Part, Value

DIGITS = {"DE": 18, "FR": 23, "AT": 16, "CH": 17, "PL": 24, "PT": 21}  # behind the check digits


def _number(kind: str, off: int, rng: Random) -> Value:
    country = rng.choice(sorted(DIGITS))
    account = "".join(rng.choices("0123456789", k=DIGITS[country]))
    check = (int(iban.calc_check_digits(f"{country}00{account}")) + off - 2) % 97 + 2
    text = f"{country}{check:02d}{account}"
    return Value("iban", kind, (Part(iban.format(text) if rng.random() < 0.6 else text),))


def _is_valid(value: Value) -> bool:
    return iban.is_valid(value.key.upper())


CATEGORY = Category(
    id="iban",
    description="International Bank Account Number (IBAN)",
    title="IBAN",
    draw=lambda rng: _number("valid", 0, rng),
    lookalikes=(
        Lookalike("check_digits", lambda rng: _number("check_digits", rng.randint(1, 96), rng)),
        Lookalike("order", lambda rng: _number("order", 0, rng), nouns=("order", "reference")),
    ),
    is_valid=_is_valid,
    sources=("https://www.iso.org/standard/81090.html",),
    checked=True,
)
IBAN = OwnCategory(
    CATEGORY,
    words={"en": ["IBAN", "international bank account number"], "zh": ["IBAN号码", "国际银行账号"]},
    pattern=r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,8}(?![A-Za-z0-9])",
    reason=lambda text: "valid" if iban.is_valid(text) else "check_digits",
)
