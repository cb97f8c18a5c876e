"""ITIN: the US Individual Taxpayer Identification Number.

Nine digits that the Internal Revenue Service gives to taxpayers who can't have a Social Security
number, written 9XX-GG-XXXX. The first digit is 9 and the middle two are 50 to 65, 70 to 88, 90 to
92 or 94 to 99; 93 marks the number of a child in adoption (ATIN). There is no check digit. The form
with dashes names itself; nine plain digits need a cue.

Sources:
    https://www.irs.gov/pub/irs-pdf/p1915.pdf
    https://www.irs.gov/tin/itin/individual-taxpayer-identification-number-itin

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("valid", "900-49-0000"))   # group 49 is not used
False
>>> is_valid(_value("valid", "987-65-4321"))   # a run of digits, though its group is in use
False
"""

import re
from functools import partial
from random import Random

from piiforge.categories import digits, families
from piiforge.categories.digits import famed
from piiforge.rng import pick
from piiforge.types import Category, Part, Value

_ISSUED = re.compile(r"9[0-9]{2}(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[0-9]{4}")
_DASHED = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")

_GROUPS = tuple(
    f"{group:02d}"
    for low, high in ((50, 65), (70, 88), (90, 92), (94, 99))
    for group in range(low, high + 1)
)
_NEIGHBOURS = ("49", "66", "69", "89")  # one beside a range
_OUTSIDE = tuple(f"{group:02d}" for group in (*range(50), 66, 67, 68, 69, 89))

SAMPLES = (
    *(f"98765432{digit}" for digit in range(10) if digit != 1),  # set aside for advertisements
    *(filler for filler in digits.fillers(9) if filler[0] == "9"),  # 987-65-4321 and 999-99-9999
    *("912345678", "900000000", "999000000"),
)
_SAMPLES = frozenset(SAMPLES)
# Employers' prefixes of 90 and above
_EINS = tuple(f"{prefix}-#######" for prefix in (90, 91, 92, 93, 94, 95, 98, 99))
FAMED = ("987654321", "999999999", "987654320", "912345678", "900000000")
_TEMPLATES = ("9XX-XX-XXXX", "9xx-xx-xxxx", "9NN-NN-NNNN", "9XX-GG-XXXX", "9XX-7X-XXXX")


def draw(rng: Random) -> Value:
    """Draw a well-formed number, uniform over all that could be issued."""
    return _value("valid", _dashed(_draw_number(rng)))


def is_valid(value: Value) -> bool:
    """Say whether the number could have been issued and is no published sample."""
    number = digits.number_of(value)
    return _ISSUED.fullmatch(number) is not None and number not in _SAMPLES


def _value(kind: str, text: str) -> Value:
    return Value("itin", kind, (Part(text),), telling=_DASHED.fullmatch(text) is not None)


def _draw_number(rng: Random) -> str:
    while True:
        number = _with_group(pick(_GROUPS, rng), rng)
        if number not in _SAMPLES:
            return number


def _with_group(group: str, rng: Random) -> str:
    return f"9{int(rng.random() * 100):02d}{group}{int(rng.random() * 10000):04d}"


def _dashed(number: str, *sizes: int) -> str:
    return digits.group_digits(number, sizes or (3, 2, 4))


def _draw_group_out(rng: Random) -> str:
    # Half of them one beside a range: there the rule is learnt or not.
    groups = _NEIGHBOURS if rng.random() < 0.5 else _OUTSIDE
    return _dashed(_with_group(pick(groups, rng), rng))


def _draw_wrong_length(rng: Random) -> str:
    text = _dashed(_draw_number(rng))
    change = digits.drop_digit if rng.random() < 0.5 else digits.add_digit
    return change(text, rng)


_draw_sample = famed(FAMED, SAMPLES[1:9])
_draw_sin, _draw_siren, _draw_tfn, _draw_nif, _draw_cusip = (
    families.checked(check, "9#######")
    for check in (
        *(digits.luhn_digit, digits.luhn_digit, families.tfn_digit),
        *(families.nif_digit, families.cusip_digit),
    )
)
_draw_orgnr = families.checked(families.orgnr_digit, "9#######")
_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="itin",
    description="US Individual Taxpayer Identification Number, 9XX-GG-XXXX",
    title="ITIN",
    draw=draw,
    lookalikes=(
        _like("group_out", _draw_group_out),
        _like("atin", lambda rng: _dashed(_with_group("93", rng))),
        _like("sample", lambda rng: _dashed(_draw_sample(rng)), group="placeholder"),
        _like("template", digits.one_of(_TEMPLATES), plain=True, group="placeholder"),
        _like("last_four", digits.draw_last_four, group="incomplete"),
        _like("wrong_length", _draw_wrong_length),
        _like("sku", lambda rng: _dashed(_draw_number(rng)), "sku", "part"),
        _like("case", lambda rng: _dashed(_draw_number(rng), 3, 3, 3), "case", "ticket"),
        _like("order", _draw_number, "order", "invoice", "tracking"),
        _like("reference", lambda rng: _dashed(_draw_number(rng), 5, 4), "reference", "batch"),
        _like("canadian_sin", families.in_threes(_draw_sin), "canadian_sin"),
        _like("tfn", families.in_threes(_draw_tfn), "tfn"),
        _like("siren", families.in_threes(_draw_siren), "siren"),
        _like("orgnr", families.in_threes(_draw_orgnr), "orgnr"),
        _like("portuguese_nif", families.in_threes(_draw_nif), "portuguese_nif"),
        _like("cusip", _draw_cusip, "cusip"),
        _like("duns", families.grouped(_draw_number, 2, 3, 4, by="-"), "duns"),
        _like("alien_number", families.grouped(_draw_number, 3, 3, 3, by="-"), "a_number"),
        _like("ein", digits.shaped(*_EINS), "ein"),
        _like("zip", digits.shaped("90###-####", "92###-####", "94###-####", "98###-####"), "zip"),
        _like("ptin", digits.shaped("P0#######"), "ptin"),
        _like("serial", _draw_number, "serial", "device"),
        _like("student", _draw_number, "student", "employee"),
        _like("customer", _draw_number, "customer"),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.irs.gov/pub/irs-pdf/p1915.pdf",
        "https://www.irs.gov/tin/itin/individual-taxpayer-identification-number-itin",
    ),
    vetoable=("sku", "part", "order", "case", "reference", "serial", "batch", "tracking"),
)
