"""Telephone number, of any country.

The ITU gives each country its code (E.164) and each country plans the rest: in North America area,
exchange and line (NXX-NXX-XXXX), where no part begins with 0 or 1, the exchange is no N11, and
555-0100 to 555-0199 are set aside for fiction. Half of what is drawn is North American, the rest
comes from fourteen other countries (`data/phone_plans.tsv`), written as people there write it.
There is no check digit, but a + or the usual groups tell a number; bare digits need a cue.

Whether digits can be dialled is told by the plans and, where they can't say, by libphonenumber,
asked through `phonenumbers`; what it lets through although nobody can have it (exchanges such as
911, numbers set aside for fiction) is refused here.

Sources:
    https://www.itu.int/rec/T-REC-E.164
    https://www.nanpa.com/numbering/area-codes
    https://www.nanpa.com/numbering/555-line-numbers
    https://github.com/google/libphonenumber

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("fictional_555", "+1 415-555-0132"))
False
>>> is_valid(_value("bad_exchange", "(212) 011-0000"))   # no exchange begins with 0
False

>>> "911" in EXCHANGES, "555" in EXCHANGES, len(EXCHANGES)
(False, False, 791)

>>> is_dialable("14155550132", international=True)   # set aside for fiction
False
>>> is_dialable("2120110000", international=False)   # no exchange begins with 0
False
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from random import Random

from piiforge import files
from piiforge.categories import digits, families
from piiforge.categories.digits import Draw, one_of, random_digits, shaped
from piiforge.rng import pick
from piiforge.types import Category, Part, Value


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of one kind in one country.

    `code` is the country's, `length` counts the digits of the national number, which begins with
    one of `prefixes`. In `forms` each # stands for one of those digits; `weight` is the plan's
    share among all that are not North American.
    """

    region: str
    code: str
    length: int
    weight: int
    toll_free: bool
    prefixes: Sequence[str]
    forms: Sequence[str]


_ROWS = files.shipped_tsv("piiforge.categories", "data/phone_plans.tsv")
PLANS = tuple(
    Plan(region, code, int(length), int(weight), free == "free", leads.split(), forms.split("|"))
    for region, code, length, weight, free, leads, forms in _ROWS
)
_ABROAD = tuple(plan for plan in PLANS for _ in range(plan.weight))

_TABLES = digits.tables("phone")
AREAS, TOLL_FREE_AREAS = _TABLES["areas"], _TABLES["toll_free_areas"]
PLAIN_AREAS, BAD_AREAS = _TABLES["plain_areas"], _TABLES["bad_areas"]
# 555 is left out whole: of it, only 0100 to 0199 is fiction by rule, but nobody has the rest.
EXCHANGES = tuple(str(code) for code in range(200, 1000) if code % 100 != 11 and code != 555)
BAD_EXCHANGES = (
    *(f"{code:03d}" for code in range(0, 200, 3)),
    *("211", "311", "411", "511", "611", "711", "811", "911") * 4,
)
_AREAS, _EXCHANGES = frozenset(AREAS + TOLL_FREE_AREAS), frozenset(EXCHANGES)

FICTIONAL = _TABLES["fictional"]
FICTIONAL_LINE = "55501"  # exchange 555, line 0100 to 0199
_FILLER_TAILS = frozenset(digits.fillers(7))
_SAMPLES = frozenset({"13800138000", "8613800138000"})

_FORMS = _TABLES["forms"]
# Broken numbers are written with their country: without, they might be another country's
_BROKEN_FORMS = tuple(form for form in _FORMS if form.startswith("+"))
_CUT_PLANS = tuple(
    plan for plan in _ABROAD if plan.region in {"MX", "ES", "FR", "CN", "GB"} and not plan.toll_free
)

# Where a number without + may be dialled, by its first digit and its length.
_TRUNK_REGIONS = ("FR", "GB", "DE", "JP", "AU", "IT", "CN", "AR", "IN")
_ELEVEN_REGIONS = {"1": ("US", "CN", "BR")}
_TEN_REGIONS = {
    "1": (),
    "3": ("US", "MX", "CO", "IT"),
    **dict.fromkeys("245", ("US", "MX")),
    **dict.fromkeys("6789", ("US", "MX", "IN")),
}

_STRANGERS = frozenset(("timestamp", "date", "ip", "price", "coordinate"))
_NORTH_AMERICAN_SHARE = 0.5
_TOLL_FREE_SHARE = 0.06

# Times lie in 2019 to 2026; addresses of machines are private or set aside for documents (RFC 5737)
_FIRST_SECOND = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_SECONDS = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) - _FIRST_SECOND
_DATES = (
    *("%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d%H%M%S", "%d.%m.%Y %H:%M"),
    *("%m/%d/%Y", "%d-%m-%Y", "%Y%m%d%H%M", "%Y年%m月%d日"),
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113", "192.168.1", "192.168.100")
_PRICES = (
    *("${0:,.2f}", "{0:.2f}", "USD {0:,.2f}", "€{0:.2f}", "{0:.2f} MXN", "£{0:,.2f}", "¥{0:.0f}"),
)
_COORDINATES = ("{0:.6f},{1:.6f}", "{1:.7f}", "{0:.7f}", "{0:.6f}, {1:.6f}")


def draw(rng: Random) -> Value:
    """Draw a dialable number, written as people write it in its country."""
    if rng.random() < _NORTH_AMERICAN_SHARE:
        toll_free = rng.random() < _TOLL_FREE_SHARE
        areas = TOLL_FREE_AREAS if toll_free else AREAS
        text = _write(pick(_FORMS, rng), _draw_american(areas, rng))
    else:
        plan = pick(_ABROAD, rng)
        toll_free = plan.toll_free
        text = _write(pick(plan.forms, rng), _draw_national(plan, rng))
    return _value("toll_free" if toll_free else "valid", text)


def is_valid(value: Value) -> bool:
    """Say whether the number can be dialled, judged without regard to its separators.

    A number with + is read as it says. One without is read as North American if it can be, else as
    a national number of the countries that `draw` knows; in any reading it must not be fictional.
    """
    number = digits.number_of(value)
    if not (number.isdecimal() and number.isascii() and 9 <= len(number) <= 15):
        return False
    if number[-7:] in _FILLER_TAILS or number in _SAMPLES:
        return False
    return is_dialable(number, international=any("+" in part.text for part in value.parts))


def is_dialable(number: str, *, international: bool) -> bool:
    """Say whether `number`, with the country code in front or not, reaches anybody.

    A national number is read as North American if it can be, else as one of the countries that
    its first digit and its length allow; in no reading may it be fictional.
    """
    if _is_planned(number, international=international):
        return True
    readings = _readings(number, international=international)
    if any(_is_fictional(full) for full, _ in readings):
        return False
    return any(valid for _, valid in readings)


def _is_planned(number: str, *, international: bool) -> bool:
    """Say whether the tables are enough to know that the number is dialable.

    They are for what `draw` draws. The library says the same (a test holds them to it), but takes
    fifty times as long.
    """
    if FICTIONAL_LINE in number:
        return False
    ten = number[-10:]
    with_code = len(number) == 11 and number[0] == "1"
    american = with_code or (len(number) == 10 and not international)
    if american and ten[:3] in _AREAS and ten[3:6] in _EXCHANGES:
        return True
    return number.startswith(_planned_heads(international).get(len(number), ()))


@cache
def _planned_heads(international: bool) -> dict[int, tuple[str, ...]]:
    """Return what planned numbers outside North America begin with, by their count of digits."""
    found: dict[int, list[str]] = {}
    for plan in PLANS:
        for lead in (plan.code,) if international else _leads_at_home(plan):
            length = len(lead) + plan.length
            for prefix in plan.prefixes:
                head = (lead + prefix).ljust(length, "0")
                regions = {region for _, region in _attempts(head, international=international)}
                if international or plan.region in regions:
                    found.setdefault(length, []).append(lead + prefix)
    return {length: tuple(heads) for length, heads in found.items()}


def _leads_at_home(plan: Plan) -> tuple[str, ...]:
    """Return what may precede a national number: nothing, or the trunk prefix if it is written."""
    trunk = any(form.lstrip("(").startswith("0") for form in plan.forms)
    return ("", "0") if trunk else ("",)


def _readings(number: str, *, international: bool) -> list[tuple[str, bool]]:
    """Return what the number may be: each with its country code, and whether it is dialable."""
    import phonenumbers

    found = []
    for text, region in _attempts(number, international=international):
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        full = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
        # The library lets exchanges such as 911 and 411 through: N11 are service codes.
        service = full[0] == "1" and full[5:7] == "11"
        found.append((full, phonenumbers.is_valid_number(parsed) and not service))
    return found


def _attempts(number: str, *, international: bool) -> list[tuple[str, str | None]]:
    """Return how the number may be read: what to parse, and where if it has no country code."""
    if international:
        return [(f"+{number}", None)]
    if number.startswith("00"):
        return [(f"+{number[2:]}", None)]
    if number.startswith("011"):
        overseas: list[tuple[str, str | None]] = [(f"+{number[3:]}", None)]
        return overseas + [(number, region) for region in _TRUNK_REGIONS]
    if number[0] == "0":
        return [(number, region) for region in _TRUNK_REGIONS]
    if len(number) == 9:
        return [(number, "ES")] if number[0] in "6789" else []
    if len(number) == 10:
        return [(number, region) for region in _TEN_REGIONS[number[0]]]
    regions = _ELEVEN_REGIONS.get(number[0], ("BR",)) if len(number) == 11 else ()
    return [*((number, region) for region in regions), (f"+{number}", None)]


def _is_fictional(number: str) -> bool:
    north_american = len(number) == 11 and number[0] == "1"
    return number.startswith(FICTIONAL) or (north_american and number[4:9] == FICTIONAL_LINE)


def _value(kind: str, text: str) -> Value:
    return Value(
        "phone", kind, (Part(text),), telling=kind not in _STRANGERS and not text.isdigit()
    )


def _write(form: str, number: str) -> str:
    return _blanks(form) % tuple(number)


@cache
def _blanks(form: str) -> str:
    return form.replace("#", "%s")


def _draw_american(areas: tuple[str, ...], rng: Random) -> str:
    while True:
        number = pick(areas, rng) + pick(EXCHANGES, rng) + random_digits(4, rng)
        if number[-7:] not in _FILLER_TAILS:
            return number


def _draw_national(plan: Plan, rng: Random) -> str:
    prefix = pick(plan.prefixes, rng)
    while True:
        number = prefix + random_digits(plan.length - len(prefix), rng)
        if number[-7:] not in _FILLER_TAILS and FICTIONAL_LINE not in number:
            return number


def _draw_fictional_555(rng: Random) -> str:
    line = f"{int(rng.random() * 100):02d}"
    number = f"{pick(AREAS, rng)}{FICTIONAL_LINE}{line}"
    return _write(pick(_FORMS, rng), number)


def _draw_fictional_abroad(rng: Random) -> str:
    prefix = pick(FICTIONAL, rng)
    code = prefix[:2]
    form = pick(_TABLES[f"fictional_forms_{code}"], rng)
    length = form.removeprefix(f"+{code}").count("#")
    return _write(form, (prefix[2:] + random_digits(6, rng))[:length])


def _draw_bad_area(rng: Random) -> str:
    number = pick(BAD_AREAS, rng) + _draw_american(AREAS, rng)[3:]
    return _write(pick(_BROKEN_FORMS, rng), number)


def _draw_bad_exchange(rng: Random) -> str:
    number = pick(PLAIN_AREAS, rng) + pick(BAD_EXCHANGES, rng) + random_digits(4, rng)
    return _write(pick(_BROKEN_FORMS, rng), number)


def _draw_too_short(rng: Random) -> str:
    if rng.random() < 0.6:
        text = _write(pick(_BROKEN_FORMS, rng), _draw_american(PLAIN_AREAS, rng))
    else:
        plan = pick(_CUT_PLANS, rng)
        text = f"+{plan.code} {_draw_national(plan, rng)}"
    return text[: -1 - int(rng.random() * 2)].rstrip(" -.")


def draw_timestamp(rng: Random) -> str:
    """Draw a Unix time, in seconds or in milliseconds."""
    moment = _FIRST_SECOND + rng.random() * _SECONDS
    return str(int(moment if rng.random() < 0.5 else moment * 1000))


def _draw_date(rng: Random) -> str:
    """Draw a date, most often with its time, in one of the common orders."""
    moment = datetime.fromtimestamp(_FIRST_SECOND + int(rng.random() * _SECONDS), tz=UTC)
    return moment.strftime(pick(_DATES, rng))


def draw_ip(rng: Random) -> str:
    """Draw an IPv4 address that is private or set aside for documents."""
    if rng.random() < 0.5:
        return f"{pick(_NETWORKS, rng)}.{1 + int(rng.random() * 254)}"
    bits = rng.getrandbits(24)
    return f"10.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"


def _draw_price(rng: Random) -> str:
    """Draw an amount of money, from small change to six figures."""
    return pick(_PRICES, rng).format(10 ** (0.5 + 5 * rng.random()))


def _draw_coordinate(rng: Random) -> str:
    """Draw a latitude and longitude, or one of them, with six or seven decimals."""
    latitude, longitude = 120 * rng.random() - 60, 360 * rng.random() - 180
    return pick(_COORDINATES, rng).format(latitude, longitude)


def _draw_cpf(rng: Random) -> str:
    number = families.draw_cpf(rng)
    if rng.random() < 0.5:
        return number
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def _draw_ga_client(rng: Random) -> str:
    """Draw the two numbers of an analytics cookie: a random one and the time of the first visit."""
    return f"{1 + int(rng.random() * 9)}{random_digits(8, rng)}.{_draw_second(rng)}"


def _draw_second(rng: Random) -> str:
    return str(int(_FIRST_SECOND + rng.random() * _SECONDS))


_draw_local = partial(_draw_american, AREAS)


def _local_or(*shapes: str) -> Draw:
    """Return what draws a North American number half of the time, else one of the shapes."""
    draw_shaped = shaped(*shapes)
    return lambda rng: (_draw_local if rng.random() < 0.5 else draw_shaped)(rng)


_draw_upc = families.checked(digits.gtin_digit, "0##########", "6##########", "8##########")
_draw_isbn = families.checked(families.isbn_digit, "0########", "1########")
_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="phone",
    description="telephone number, any country",
    title="phone number",
    draw=draw,
    lookalikes=(
        _like("fictional_555", _draw_fictional_555, group="placeholder"),
        _like("fictional_abroad", _draw_fictional_abroad, group="placeholder"),
        _like("bad_area", _draw_bad_area),
        _like("bad_exchange", _draw_bad_exchange),
        _like("too_short", _draw_too_short),
        _like("last_digits", digits.draw_tail, group="incomplete"),
        _like("filler", digits.famed(_TABLES["famed"], _TABLES["samples"]), group="placeholder"),
        _like("template", one_of(_TABLES["templates"]), plain=True, group="placeholder"),
        _like("order", _draw_local, "order", "invoice", "reference", "customer"),
        _like("tracking", _local_or("##########", "###########", "############"), "tracking"),
        _like("ticket", _local_or("#######", "########", "#########"), "ticket", "case"),
        _like("short_code", shaped("#####", "######"), "short_code"),
        _like("npi", digits.draw_npi, "npi"),
        _like("timestamp", draw_timestamp, "timestamp", plain=True),
        _like("date", _draw_date, "date", plain=True),
        _like("ip", draw_ip, "ip", plain=True),
        _like("price", _draw_price, "price", plain=True),
        _like("coordinate", _draw_coordinate, "coordinate", plain=True),
        _like("ads_account", shaped("###-###-####"), "ads_account"),
        _like("meeting", shaped("### ### ####", "### #### ####", "###########"), "meeting"),
        _like("nhs", families.grouped(families.draw_nhs, 3, 3, 4), "nhs"),
        _like("cpf", _draw_cpf, "cpf"),
        _like("pesel", families.draw_pesel, "pesel"),
        _like("cuit", families.grouped(families.draw_cuit, 2, 8, 1, by="-"), "cuit"),
        _like("aadhaar", families.grouped(families.draw_aadhaar, 4, 4, 4), "aadhaar"),
        _like("abn", families.grouped(families.draw_abn, 2, 3, 3, 3), "abn"),
        _like("ndc", shaped("#####-####-##", "#####-###-##"), "ndc"),
        _like("upc", _draw_upc, "gtin"),
        _like("isbn", _draw_isbn, "isbn"),
        _like("meter", shaped("##########", "###########"), "meter"),
        _like("ga_client", _draw_ga_client, "ga_client", plain=True),
        _like("e_ticket", families.draw_ticket, "e_ticket"),
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
