"""Telephone number, of any country.

The ITU gives each country its code (E.164) and each country plans the rest: in North America area,
exchange and line (NXX-NXX-XXXX), where no part begins with 0 or 1, the exchange is no N11, and
555-0100 to 555-0199 are set aside for fiction. Half of what is drawn is North American, the rest
comes from fourteen other countries, written as people there write it. There is no check digit, but
a + or the usual groups tell a number; bare digits need a cue.

Sources:
    https://www.itu.int/rec/T-REC-E.164
    https://www.nanpa.com/numbering/area-codes
    https://github.com/google/libphonenumber

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("fictional_555", "+1 415-555-0132"))
False
>>> is_valid(_value("bad_exchange", "(212) 011-0000"))   # no exchange begins with 0
False
"""

from collections.abc import Callable
from functools import cache
from random import Random

from piiforge.categories.dialling import is_dialable
from piiforge.categories.digits import fillers, number_of, pick, random_digits
from piiforge.categories.phone_plans import (
    AREAS,
    BAD_AREAS,
    BAD_EXCHANGES,
    EXCHANGES,
    FICTIONAL,
    FICTIONAL_LINE,
    NANP_FORMS,
    PLAIN_AREAS,
    PLANS,
    TOLL_FREE_AREAS,
    Plan,
)
from piiforge.categories.shapes import fill, fill_tail
from piiforge.categories.strangers import (
    draw_coordinate,
    draw_date,
    draw_ip,
    draw_npi,
    draw_price,
    draw_timestamp,
)
from piiforge.types import Category, Lookalike, Part, Value

_NORTH_AMERICAN_SHARE = 0.5
_TOLL_FREE_SHARE = 0.06
_ABROAD = tuple(plan for plan in PLANS for _ in range(plan.weight))

_FILLER_TAILS = frozenset(fillers(7))

# Broken numbers aren't written as 1 and ten digits: that may be a mobile number in China.
_BROKEN_FORMS = tuple(form for form in NANP_FORMS if not form.startswith("1"))
_CUT_FORMS = tuple(form for form in _BROKEN_FORMS if "#" * 10 not in form or "+" in form)
_CUT_PLANS = tuple(
    plan for plan in _ABROAD if plan.region in {"MX", "ES", "FR", "CN", "GB"} and not plan.toll_free
)
_FICTIONAL_FORMS = {
    "33": ("+33 # ## ## ## ##", "0# ## ## ## ##", "0#.##.##.##.##", "0#########"),
    "44": ("+44 #### ######", "0#### ######", "0#### ### ###", "+44##########"),
    "49": ("+49 ### #######", "0### #######", "0###/#######"),
    "61": ("+61 ### ### ###", "0### ### ###", "+61#########"),
}
SAMPLES = (
    *("000-000-0000", "123-456-7890", "(123) 456-7890", "999-999-9999", "(555) 555-5555"),
    *("555-555-5555", "111-111-1111", "0000000000", "1234567890", "9999999999", "+1 000 000 0000"),
    *("+1 (234) 567-8901", "222-222-2222", "+52 55 0000 0000", "55 1234 5678", "+34 600 000 000"),
    *("612 345 678", "600 000 000", "06 00 00 00 00", "06 12 34 56 78", "+33 6 12 34 56 78"),
    *("138 0013 8000", "13800138000", "138 0000 0000", "13812345678", "12345678901"),
)
_SAMPLES = frozenset({"13800138000", "8613800138000"})
_TEMPLATES = (
    *("XXX-XXX-XXXX", "(XXX) XXX-XXXX", "+1 XXX XXX XXXX", "(___) ___-____", "###-###-####"),
    *("NXX-NXX-XXXX", "+52 XX XXXX XXXX", "0X XX XX XX XX", "1XX XXXX XXXX", "xxx-xxx-xxxx"),
)


def draw(rng: Random) -> Value:
    """Draw a dialable number, written as people write it in its country."""
    if rng.random() < _NORTH_AMERICAN_SHARE:
        toll_free = rng.random() < _TOLL_FREE_SHARE
        areas = TOLL_FREE_AREAS if toll_free else AREAS
        return _write(_kind(toll_free), pick(rng, NANP_FORMS), _north_american(rng, areas))
    plan = pick(rng, _ABROAD)
    return _write(_kind(plan.toll_free), pick(rng, plan.forms), _national(rng, plan))


def is_valid(value: Value) -> bool:
    """Say whether the number can be dialled, judged without regard to its separators.

    A number with + is read as it says. One without is read as North American if it can be, else as
    a national number of the countries that `draw` knows; in any reading it must not be fictional.
    """
    text = "".join([part.text for part in value.parts])
    digits = number_of(value)
    if not (digits.isdecimal() and digits.isascii() and 9 <= len(digits) <= 15):
        return False
    if digits[-7:] in _FILLER_TAILS or digits in _SAMPLES:
        return False
    return is_dialable(digits, international="+" in text)


def _kind(toll_free: bool) -> str:
    return "toll_free" if toll_free else "valid"


def _value(kind: str, text: str) -> Value:
    return Value("phone", kind, (Part(text),), telling=not text.isdigit())


def _write(kind: str, form: str, digits: str) -> Value:
    return _value(kind, _blanks(form) % tuple(digits))


@cache
def _blanks(form: str) -> str:
    return form.replace("#", "%s")


def _north_american(rng: Random, areas: tuple[str, ...]) -> str:
    while True:
        number = pick(rng, areas) + pick(rng, EXCHANGES) + random_digits(rng, 4)
        if number[-7:] not in _FILLER_TAILS:
            return number


def _national(rng: Random, plan: Plan) -> str:
    prefix = pick(rng, plan.prefixes)
    while True:
        number = prefix + random_digits(rng, plan.length - len(prefix))
        if number[-7:] not in _FILLER_TAILS and FICTIONAL_LINE not in number:
            return number


def _draw_fictional_555(rng: Random) -> Value:
    line = f"{int(rng.random() * 100):02d}"
    digits = f"{pick(rng, AREAS)}{FICTIONAL_LINE}{line}"
    return _write("fictional_555", pick(rng, NANP_FORMS), digits)


def _draw_fictional_abroad(rng: Random) -> Value:
    prefix = pick(rng, FICTIONAL)
    form = pick(rng, _FICTIONAL_FORMS[prefix[:2]])
    length = form.removeprefix(f"+{prefix[:2]}").count("#")
    return _write("fictional_abroad", form, (prefix[2:] + random_digits(rng, 6))[:length])


def _draw_bad_area(rng: Random) -> Value:
    digits = pick(rng, BAD_AREAS) + _north_american(rng, AREAS)[3:]
    return _write("bad_area", pick(rng, _BROKEN_FORMS), digits)


def _draw_bad_exchange(rng: Random) -> Value:
    digits = pick(rng, PLAIN_AREAS) + pick(rng, BAD_EXCHANGES) + random_digits(rng, 4)
    return _write("bad_exchange", pick(rng, _BROKEN_FORMS), digits)


def _draw_too_short(rng: Random) -> Value:
    if rng.random() < 0.6:
        text = _write("", pick(rng, _CUT_FORMS), _north_american(rng, PLAIN_AREAS)).parts[0].text
    else:
        plan = pick(rng, _CUT_PLANS)
        text = f"+{plan.code} {_national(rng, plan)}"
    return _value("too_short", text[: -1 - int(rng.random() * 2)].rstrip(" -."))


def _draw_last_digits(rng: Random) -> Value:
    return _value("last_digits", fill_tail(rng))


def _draw_filler(rng: Random) -> Value:
    return _value("filler", pick(rng, SAMPLES))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_order(rng: Random) -> Value:
    return _value("order", _north_american(rng, AREAS))


def _draw_tracking(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("tracking", _north_american(rng, AREAS))
    return _value("tracking", fill(rng, pick(rng, ("##########", "###########", "############"))))


def _draw_ticket(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("ticket", _north_american(rng, AREAS))
    return _value("ticket", fill(rng, pick(rng, ("#######", "########", "#########"))))


def _draw_short_code(rng: Random) -> Value:
    return _value("short_code", fill(rng, pick(rng, ("#####", "######"))))


def _foreign(kind: str, draw_text: Callable[[Random], str], *, plain: bool = True) -> Lookalike:
    """Make the lookalike that is another thing altogether, told by the noun of its name."""

    def draw_foreign(rng: Random) -> Value:
        return Value("phone", kind, (Part(draw_text(rng)),))

    return Lookalike(kind, draw_foreign, nouns=(kind,), plain=plain)


CATEGORY = Category(
    id="phone",
    description="telephone number, any country",
    title="phone number",
    draw=draw,
    lookalikes=(
        Lookalike("fictional_555", _draw_fictional_555, group="placeholder"),
        Lookalike("fictional_abroad", _draw_fictional_abroad, group="placeholder"),
        Lookalike("bad_area", _draw_bad_area),
        Lookalike("bad_exchange", _draw_bad_exchange),
        Lookalike("too_short", _draw_too_short),
        Lookalike("last_digits", _draw_last_digits, group="incomplete"),
        Lookalike("filler", _draw_filler, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("order", _draw_order, nouns=("order", "invoice", "reference", "customer")),
        Lookalike("tracking", _draw_tracking, nouns=("tracking",)),
        Lookalike("ticket", _draw_ticket, nouns=("ticket", "case")),
        Lookalike("short_code", _draw_short_code, nouns=("short_code",)),
        _foreign("npi", draw_npi, plain=False),
        _foreign("timestamp", draw_timestamp),
        _foreign("date", draw_date),
        _foreign("ip", draw_ip),
        _foreign("price", draw_price),
        _foreign("coordinate", draw_coordinate),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.itu.int/rec/T-REC-E.164",
        "https://www.nanpa.com/numbering/area-codes",
        "https://github.com/google/libphonenumber",
    ),
    vetoable=(
        *("order", "invoice", "tracking", "ticket", "case", "reference", "session", "batch"),
        *("serial", "customer", "npi"),
    ),
)
