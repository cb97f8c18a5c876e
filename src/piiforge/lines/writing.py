"""What the formats share: choices, noise fields, orders, query strings and JSON documents.

Noise fields stand beside the scene's own and are never about a person in the sense of a category:
ids of sessions, events and rows, times, versions, sizes. Their names say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from json import JSONEncoder
from random import Random
from typing import TypeVar
from urllib.parse import quote

import orjson

from piiforge.lines import noise
from piiforge.lines.encoders import ENCODERS, encode
from piiforge.lines.sentinels import SLOTS
from piiforge.types import Draft, Scene

BOTH: tuple[str, ...] = ("fields", "text")
JSON = ("json",)
FORM = ("form",)
PERCENT = ("percent",)

Pair = tuple[str, str]
NoiseTable = tuple[tuple[str, Callable[[Random], object]], ...]
T = TypeVar("T")

form = ENCODERS["form"]
percent = ENCODERS["percent"]

_spaced = JSONEncoder(ensure_ascii=False).encode
_ascii = JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def number(draw: Callable[[Random], str]) -> Callable[[Random], object]:
    """Make a noise function give whole numbers as such, so that JSON leaves off the quotes."""

    def as_number(rng: Random) -> object:
        text = draw(rng)
        return int(text) if text.isdecimal() and text[0] != "0" else text

    return as_number


def camel(table: NoiseTable) -> NoiseTable:
    """Return a snake_case noise table with its names in camelCase."""
    return tuple((_camel(name), draw) for name, draw in table)


def _camel(name: str) -> str:
    first, *rest = name.lstrip("_").split("_")
    return first + "".join(map(str.capitalize, rest))


# Who and when, as the systems themselves count: every name says that it is the system's own
TRACE: NoiseTable = (
    ("event_id", noise.event_id),
    ("ts", number(noise.epoch_ms)),
    ("session_id", noise.session_id),
    ("client_id", noise.client_id),
    ("internal_user_id", number(noise.counter_id)),
    ("_fbp", noise.fbp),
    ("request_id", noise.request_id),
    ("created_at", noise.iso_time),
    ("visitor_seq", number(noise.counter_id)),
    ("build", noise.build_hash),
    ("trace_id", noise.hex32),
    ("account_row_id", number(noise.counter_id)),
    ("app_version", noise.version),
    ("anonymous_id", noise.uuid4),
    ("customer_counter", number(noise.counter_id)),
    ("sent_at", number(noise.epoch_s)),
)
DEVICE: NoiseTable = (
    ("screen", noise.screen),
    ("user_agent", noise.user_agent),
    ("consent", noise.consent_string),
    ("ip", noise.ipv4),
    ("latency_ms", number(noise.duration_ms)),
    ("page_depth", number(noise.page_depth)),
    ("geo", noise.coordinate_pair),
    ("browser_locale", noise.locale),
    ("sdk_version", noise.version),
)
SHOP: NoiseTable = (
    ("order_id", noise.order_id),
    ("sku", noise.sku),
    ("price", noise.price),
    ("currency", noise.currency),
    ("cart_updated_at", noise.iso_time),
    ("gclid", noise.gclid),
    ("variant_sku", noise.sku),
)
ALL_NOISE: NoiseTable = TRACE + SHOP + DEVICE
CAMEL_NOISE: NoiseTable = camel(ALL_NOISE)


def some(table: NoiseTable, rng: Random, most: int = 4) -> dict[str, object]:
    """Draw none to `most` neighbours of a noise table, beginning anywhere in it."""
    bits = rng.getrandbits(24)
    size = len(table)
    start = (bits >> 8) % size
    stride = 1 if bits & 128 else 3
    found: dict[str, object] = {}
    for at in range((bits & 127) % (most + 1)):
        name, draw = table[(start + at * stride) % size]
        found[name] = draw(rng)
    return found


def noise_fields(rng: Random, most: int = 4) -> dict[str, object]:
    """Draw noise fields of any kind, all in snake_case or all in camelCase."""
    return some(CAMEL_NOISE if rng.random() < 0.4 else ALL_NOISE, rng, most)


def turned(members: Mapping[str, T], rng: Random) -> dict[str, T]:
    """Begin a mapping at any of its members and maybe go backwards: 2n orders, one draw."""
    items = list(members.items())
    bits = rng.getrandbits(12)
    at = (bits >> 1) % (len(items) or 1)
    items = items[at:] + items[:at]
    return dict(reversed(items) if bits & 1 else items)


def among(
    fields: Mapping[str, object], others: Mapping[str, object], rng: Random
) -> dict[str, object]:
    """Put `fields`, which stay together and in order, at any place among the turned `others`.

    A value may be split over two fields, so nothing may come between them. Where both have a name,
    the field counts.
    """
    rest = [member for member in turned(others, rng).items() if member[0] not in fields]
    at = int(rng.random() * (len(rest) + 1))
    return dict([*rest[:at], *fields.items(), *rest[at:]])


def woven(pairs: Sequence[Pair], others: Mapping[str, object], rng: Random) -> list[Pair]:
    """Put `pairs`, which stay together, at any place among `others`."""
    rest = [(name, str(value)) for name, value in others.items()]
    at = int(rng.random() * (len(rest) + 1))
    return [*rest[:at], *pairs, *rest[at:]]


def query(pairs: Iterable[Pair], writer: Callable[[str], str] = form) -> str:
    """Write pairs as a query string. Names may hold brackets, which stay as they are."""
    return "&".join([f"{_query_name(name, writer)}={writer(text)}" for name, text in pairs])


@lru_cache(maxsize=8192)
def _query_name(name: str, writer: Callable[[str], str]) -> str:
    return writer(name).replace("%5B", "[").replace("%5D", "]")


def wrapped(pairs: Iterable[Pair], container: str) -> list[Pair]:
    """Write each name as `container[name]`."""
    return [(f"{container}[{name}]", text) for name, text in pairs]


def encoded(pairs: Iterable[Pair], keys: tuple[str, ...], texts: tuple[str, ...]) -> list[Pair]:
    """Write names and texts through their chains."""
    return [(encode(name, keys), encode(text, texts)) for name, text in pairs]


@lru_cache(maxsize=4096)
def url(host: str, path: str) -> str:
    """Return the https address of a page, its path percent-encoded."""
    return f"https://{host}{quote(path, safe='/%')}"


def page_url(scene: Scene) -> str:
    """Return the address of the scene's page."""
    return url(scene.setting["host"], scene.setting["path"])


def nested(fields: Mapping[str, object], names: Sequence[str], rng: Random) -> dict[str, object]:
    """Put fields none, one or two levels deep under neighbouring `names`."""
    bits = rng.getrandbits(10)
    outer = names[(bits >> 3) % len(names)]
    inner = names[((bits >> 3) + 1) % len(names)]
    if bits & 7 < 2:
        return dict(fields)
    return {outer: fields} if bits & 7 < 6 else {outer: {inner: fields}}


def compact(value: object, scene: Scene, rng: Random) -> str:
    """Write JSON without white space, other scripts as they are."""
    return _bared(orjson.dumps(value).decode(), scene, rng)


def json_draft(value: object, scene: Scene, rng: Random, head: str = "") -> Draft:
    """Write JSON in one of four layouts behind `head`: compact, spaced, indented, ASCII only."""
    roll = rng.random()
    if roll < 0.14:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        return Draft(head + _bared(text, scene, rng), JSON, JSON)
    return json_line(value, scene, rng, head)


def json_line(value: object, scene: Scene, rng: Random, head: str = "") -> Draft:
    """Write JSON in a layout of one line behind `head`: compact, spaced or ASCII only."""
    roll = rng.random()
    if roll < 0.10:
        chain = ("json_ascii",)
        return Draft(head + _bared(_ascii(value), scene, rng), chain, chain)
    text = _spaced(value) if roll < 0.28 else orjson.dumps(value).decode()
    return Draft(head + _bared(text, scene, rng), JSON, JSON)


def _bared(text: str, scene: Scene, rng: Random) -> str:
    """Leave off the quotes of a number, in half of the documents where that is possible."""
    if scene.numeric and rng.random() < 0.5:
        for slot in SLOTS[:2]:
            text = text.replace(f'"{slot}"', slot)
    return text
