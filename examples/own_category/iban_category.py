"""IBAN, the international bank account number (ISO 13616): country, two check digits, account."""

from random import Random
from string import ascii_uppercase

from stdnum import iban, iso11649
from stdnum.iso7064 import mod_97_10

from piiforge.plugins import GAP, OwnCategory
from piiforge.types import Category, Lookalike, Part, Value

# Letters and digits behind the check digits, of some countries
SHAPES = {"AT": (0, 16), "CH": (0, 17), "DE": (0, 18), "FR": (0, 23), "GB": (4, 14), "NL": (4, 10)}
FORMS = (
    rf"{name[0]}{GAP}{name[1]}(?:{GAP}[A-Z0-9]){{{2 + sum(shape)}}}"
    for name, shape in SHAPES.items()
)


def _number(kind: str, off: int, rng: Random) -> Value:
    country, (letters, digits) = rng.choice(sorted(SHAPES.items()))
    account = "".join(rng.choices(ascii_uppercase, k=letters) + rng.choices("0123456789", k=digits))
    check = (int(iban.calc_check_digits(f"{country}00{account}")) + off - 2) % 97 + 2
    text = f"{country}{check:02d}{account}"
    return Value("iban", kind, (Part(iban.format(text) if rng.random() < 0.6 else text),))


def _creditor(rng: Random) -> Value:
    """Draw a creditor reference (ISO 11649): of the same make, printed on every invoice."""
    number = "".join(rng.choices("0123456789", k=rng.randint(10, 18)))
    text = f"RF{mod_97_10.calc_check_digits(number + 'RF')}{number}"
    return Value("iban", "creditor", (Part(iso11649.format(text)),))


CATEGORY = Category(
    id="iban",
    description="International Bank Account Number (IBAN)",
    title="IBAN",
    draw=lambda rng: _number("valid", 0, rng),
    lookalikes=(
        Lookalike("check_digits", lambda rng: _number("check_digits", rng.randint(1, 96), rng)),
        Lookalike("creditor", _creditor, nouns=("reference", "invoice")),
    ),
    is_valid=lambda value: iban.is_valid(value.key.upper()),
    sources=("https://www.iso.org/standard/81090.html",),
    checked=True,
)
IBAN = OwnCategory(
    CATEGORY,
    words={
        "en": ["IBAN", "international bank account number", "account IBAN"],
        "es": ["IBAN", "código IBAN"],
        "fr": ["numéro IBAN", "code IBAN"],
        "zh": ["IBAN号码", "国际银行账号"],
    },
    pattern=rf"(?i)(?<![A-Z0-9])(?:{'|'.join(FORMS)})(?![A-Z0-9])",
    reason=lambda text: "valid" if iban.is_valid(text) else "check_digits",
)
