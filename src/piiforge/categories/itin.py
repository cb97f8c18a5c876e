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
from random import Random

from piiforge.categories.digits import add_digit, drop_digit, fillers, number_of, pick
from piiforge.types import Category, Lookalike, Part, Value

_ISSUED = re.compile(r"9[0-9]{2}(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[0-9]{4}")

_GROUPS = tuple(
    f"{group:02d}"
    for low, high in ((50, 65), (70, 88), (90, 92), (94, 99))
    for group in range(low, high + 1)
)
_NEIGHBOURS = ("49", "66", "69", "89")  # one beside a range
_OUTSIDE = tuple(f"{group:02d}" for group in (*range(50), 66, 67, 68, 69, 89))

SAMPLES = (
    *(f"98765432{digit}" for digit in range(10) if digit != 1),  # set aside for advertisements
    *(filler for filler in fillers(9) if filler[0] == "9"),  # 987-65-4321 and 999-99-9999
    "912345678",
    "900000000",
    "999000000",
)
_SAMPLES = frozenset(SAMPLES)

_TEMPLATES = ("9XX-XX-XXXX", "9xx-xx-xxxx", "9NN-NN-NNNN", "9XX-GG-XXXX", "9XX-7X-XXXX")


def draw(rng: Random) -> Value:
    """Draw a well-formed number, uniform over all that could be issued."""
    return _write("valid", _draw_digits(rng))


def is_valid(value: Value) -> bool:
    """Say whether the number could have been issued and is no published sample."""
    digits = number_of(value)
    return _ISSUED.fullmatch(digits) is not None and digits not in _SAMPLES


def _draw_digits(rng: Random) -> str:
    while True:
        digits = _with_group(rng, pick(rng, _GROUPS))
        if digits not in _SAMPLES:
            return digits


def _with_group(rng: Random, group: str) -> str:
    return f"9{int(rng.random() * 100):02d}{group}{int(rng.random() * 10000):04d}"


def _value(kind: str, text: str, *, telling: bool = False) -> Value:
    return Value("itin", kind, (Part(text),), telling=telling)


def _write(kind: str, digits: str) -> Value:
    return _value(kind, f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", telling=True)


def _draw_group_out(rng: Random) -> Value:
    # Half of them one beside a range: there the rule is learnt or not.
    groups = _NEIGHBOURS if rng.random() < 0.5 else _OUTSIDE
    return _write("group_out", _with_group(rng, pick(rng, groups)))


def _draw_atin(rng: Random) -> Value:
    return _write("atin", _with_group(rng, "93"))


def _draw_sample(rng: Random) -> Value:
    return _write("sample", pick(rng, SAMPLES))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_last_four(rng: Random) -> Value:
    return _value("last_four", f"{int(rng.random() * 10000):04d}")


def _draw_wrong_length(rng: Random) -> Value:
    text = draw(rng).parts[0].text
    change = drop_digit if rng.random() < 0.5 else add_digit
    return _value("wrong_length", change(rng, text))


def _draw_sku(rng: Random) -> Value:
    return _write("sku", _draw_digits(rng))


def _draw_case(rng: Random) -> Value:
    digits = _draw_digits(rng)
    return _value("case", f"{digits[:3]}-{digits[3:6]}-{digits[6:]}")


def _draw_order(rng: Random) -> Value:
    return _value("order", _draw_digits(rng))


def _draw_reference(rng: Random) -> Value:
    digits = _draw_digits(rng)
    return _value("reference", f"{digits[:5]}-{digits[5:]}")


CATEGORY = Category(
    id="itin",
    description="US Individual Taxpayer Identification Number, 9XX-GG-XXXX",
    title="ITIN",
    draw=draw,
    lookalikes=(
        Lookalike("group_out", _draw_group_out),
        Lookalike("atin", _draw_atin),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("last_four", _draw_last_four, group="incomplete"),
        Lookalike("wrong_length", _draw_wrong_length),
        Lookalike("sku", _draw_sku, nouns=("sku", "part")),
        Lookalike("case", _draw_case, nouns=("case", "ticket")),
        Lookalike("order", _draw_order, nouns=("order", "invoice", "tracking")),
        Lookalike("reference", _draw_reference, nouns=("reference", "batch")),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.irs.gov/pub/irs-pdf/p1915.pdf",
        "https://www.irs.gov/tin/itin/individual-taxpayer-identification-number-itin",
    ),
    vetoable=("sku", "part", "order", "case", "reference", "serial", "batch", "tracking"),
)
