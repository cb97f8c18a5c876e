"""Noise of amounts and states: prices, counts, shares, versions, goods. See `noise`."""

from random import Random

from piiforge.lines.tables import pick, words

_CURRENCIES = words("USD USD USD EUR EUR MXN CAD GBP CNY TWD HKD ARS COP CHF JPY")
_STATUSES = words(
    "200 200 200 201 202 204 302 304 400 401 403 404 409 422 429 500 502 503 ok OK success error "
    "pending completed failed active submitted queued approved draft timeout 0 1"
)
_BOOLS = words("true true false false True False 1 0 yes no Y N on off")
_QUANTITIES = words("1 1 1 1 1 2 2 2 3 3 4 5 6 8 10 12 20 24 50 100")
_GOODS = (
    *(
        f"{kind} {thing}"
        for kind in (
            "Oak",
            "Trail",
            "Classic",
            "Mini",
            "Pro",
            "Everyday",
            "Nordic",
            "Kids",
            "Ultra",
        )
        for thing in (
            "Desk Lamp",
            "Backpack",
            "Running Shoe",
            "Kettle",
            "Router",
            "Throw",
            "Headset",
        )
    ),
    "Mochila urbana",
    "Cafetera italiana",
    "Zapatillas de montaña",
    "Funda de silicona",
    "Lampe de chevet",
    "Sac à dos",
    "Bouilloire inox",
    "Coque souple",
    "保温杯",
    "双肩包",
    "蓝牙耳机",
    "手机壳",
    "台灯",
    "運動鞋",
)


def price(rng: Random) -> str:
    """Return an amount below 2,000 with two decimals, small ones more often."""
    draw = rng.random()
    return f"{3 + draw * draw * draw * 1900:.2f}"


def currency(rng: Random) -> str:
    """Return an ISO 4217 code."""
    return pick(_CURRENCIES, rng)


def coordinate_pair(rng: Random) -> str:
    """Return latitude and longitude with four decimals, a comma between."""
    return f"{rng.random() * 130 - 50:.4f},{rng.random() * 360 - 180:.4f}"


def version(rng: Random) -> str:
    """Return a version: semantic, prefixed or by date."""
    bits = rng.getrandbits(24)
    number = f"{bits % 15}.{(bits >> 5) % 31}.{(bits >> 12) % 20}"
    kind = bits >> 21
    if kind == 0:
        return f"v{number}"
    return f"202{3 + bits % 4}.{1 + (bits >> 8) % 12}.{(bits >> 12) % 9}" if kind == 1 else number


def status(rng: Random) -> str:
    """Return an HTTP status or a word for one."""
    return pick(_STATUSES, rng)


def duration_ms(rng: Random) -> str:
    """Return a duration in milliseconds, short ones more often."""
    draw = rng.random()
    return str(int(4 + draw * draw * draw * 60_000))


def page_depth(rng: Random) -> str:
    """Return how many pages a visit has seen."""
    draw = rng.random()
    return str(1 + int(draw * draw * 18))


def quantity(rng: Random) -> str:
    """Return how many of an item."""
    return pick(_QUANTITIES, rng)


def bool_text(rng: Random) -> str:
    """Return a truth value as some system writes it."""
    return pick(_BOOLS, rng)


def percent_text(rng: Random) -> str:
    """Return a share as a percentage or a fraction."""
    draw = rng.random()
    return f"{int(draw * 200) % 101}%" if draw < 0.6 else f"{(draw - 0.6) * 2.5:.2f}"


def product_name(rng: Random) -> str:
    """Return the name of a product, in one of four languages."""
    return pick(_GOODS, rng)
