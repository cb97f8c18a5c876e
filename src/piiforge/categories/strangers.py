"""Well-formed things that are no personal data, and that several categories are mistaken for.

An NPI is the number of a health-care provider (a business number, looked up in public); a VIN is
that of a vehicle. Both carry their check digit. Addresses of machines are private or set aside for
documents, times lie in 2019 to 2026.

Sources:
    https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand/Downloads/NPIcheckdigit.pdf
    https://www.ecfr.gov/current/title-49/subtitle-B/chapter-V/part-565
    https://www.rfc-editor.org/rfc/rfc5737

>>> vin_digit("1" * 17)   # straight ones pass, which makes them a favourite test value
'1'
>>> len(draw_vin(Random(7))), len(draw_npi(Random(7)))
(17, 10)
"""

from datetime import UTC, datetime
from random import Random

from piiforge.categories.digits import luhn_digit, pick, random_digits

_NPI_PREFIX = "80840"  # of the card numbers of US health care: it counts in the check digit

_VIN_SIGNS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O, Q
_VIN_VALUES = {
    sign: int(value)
    for sign, value in zip(_VIN_SIGNS, "012345678912345678123457923456789", strict=True)
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_YEARS = "123456789ABCDEFGHJKLMNPRST"  # 2001 to 2026
_VIN_MAKERS = (
    *("1FA", "1FT", "1G1", "1GC", "1HG", "1N4", "2HG", "2T1", "3FA", "3VW", "4T1", "5NP"),
    *("5YJ", "JHM", "JN1", "JTD", "KMH", "KNA", "SAL", "WAU", "WBA", "WDD", "YV1"),
)

_FIRST_SECOND = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_SECONDS = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) - _FIRST_SECOND
_DATES = (
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y%m%d%H%M%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y%m%d%H%M",
    "%Y年%m月%d日",
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113", "192.168.1", "192.168.100")
_PRICES = (
    "${0:,.2f}",
    "{0:.2f}",
    "USD {0:,.2f}",
    "€{0:.2f}",
    "{0:.2f} MXN",
    "£{0:,.2f}",
    "¥{0:.0f}",
)


def draw_npi(rng: Random) -> str:
    """Draw a National Provider Identifier: ten digits from 1 or 2, the last a check digit."""
    body = ("1" if rng.random() < 0.6 else "2") + random_digits(rng, 8)
    return body + luhn_digit(_NPI_PREFIX + body)


def draw_vin(rng: Random) -> str:
    """Draw a vehicle identification number with a maker's code and a right check digit."""
    model = "".join([_VIN_SIGNS[int(rng.random() * 33)] for _ in range(5)])
    plant = _VIN_SIGNS[int(rng.random() * 33)]
    text = f"{pick(rng, _VIN_MAKERS)}{model}_{pick(rng, _VIN_YEARS)}{plant}{random_digits(rng, 6)}"
    return text.replace("_", vin_digit(text))


def vin_digit(text: str) -> str:
    """Return the check digit, 0 to 9 or X, of the 17 characters `text`, whatever its ninth is."""
    pairs = zip(text, _VIN_WEIGHTS, strict=True)
    return "0123456789X"[sum(_VIN_VALUES.get(sign, 0) * weight for sign, weight in pairs) % 11]


def draw_timestamp(rng: Random) -> str:
    """Draw a Unix time, in seconds or in milliseconds."""
    moment = _FIRST_SECOND + rng.random() * _SECONDS
    return str(int(moment if rng.random() < 0.5 else moment * 1000))


def draw_date(rng: Random) -> str:
    """Draw a date, most often with its time, in one of the common orders."""
    moment = datetime.fromtimestamp(_FIRST_SECOND + int(rng.random() * _SECONDS), tz=UTC)
    return moment.strftime(pick(rng, _DATES))


def draw_ip(rng: Random) -> str:
    """Draw an IPv4 address that is private or set aside for documents."""
    if rng.random() < 0.5:
        return f"{pick(rng, _NETWORKS)}.{1 + int(rng.random() * 254)}"
    bits = rng.getrandbits(24)
    return f"10.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"


def draw_price(rng: Random) -> str:
    """Draw an amount of money, from small change to six figures."""
    return pick(rng, _PRICES).format(10 ** (0.5 + 5 * rng.random()))


def draw_coordinate(rng: Random) -> str:
    """Draw a latitude and longitude, or one of them, with six or seven decimals."""
    latitude, longitude = 120 * rng.random() - 60, 360 * rng.random() - 180
    form = pick(rng, ("{0:.6f},{1:.6f}", "{1:.7f}", "{0:.7f}", "{0:.6f}, {1:.6f}"))
    return form.format(latitude, longitude)
