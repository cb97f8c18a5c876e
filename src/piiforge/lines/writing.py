r"""What the formats share: choices, noise fields, orders, query strings and JSON documents.

Noise fields stand beside the scene's own and are never about a person in the sense of a category:
ids of sessions, events and rows, times, versions, sizes. Their names say so.

>>> encode('50 % off "today"', ("form",))
'50+%25+off+%22today%22'
>>> encode('say "hi"', ("json", "json"))
'say \\\\\\"hi\\\\\\"'

>>> draft = Draft("QKX0QK=QVX0QV&again=QVX0QV", ("form",), ("form",))
>>> fill(draft, ["e-mail"], ["name@example.com"]).content
'e-mail=name%40example.com&again=name%40example.com'
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from json import JSONEncoder
from json.encoder import encode_basestring, encode_basestring_ascii
from random import Random
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import orjson

from piiforge.lines.noise import (
    build_hash,
    client_id,
    consent_string,
    coordinate_pair,
    counter_id,
    currency,
    duration_ms,
    epoch_ms,
    epoch_s,
    event_id,
    fbp,
    gclid,
    hex32,
    ipv4,
    iso_time,
    locale,
    order_id,
    page_depth,
    price,
    request_id,
    screen,
    session_id,
    sku,
    user_agent,
    uuid4,
    version,
)
from piiforge.types import Draft, Scene, Span

# How a line's own writer escapes what it is given: one function a notation.
#
# Every encoder works character by character, so `encode(a + b) == encode(a) + encode(b)`, and
# leaves ASCII letters and digits as they are. That is what lets `sentinels.fill` put a value in
# its place after the line has been written. Texts must hold no lone surrogate.
#
# Notations: JSON strings (RFC 8259), application/x-www-form-urlencoded (WHATWG URL), percent-
# encoding (RFC 3986), HTML and XML 1.0 character data, CSV cells in quotes (RFC 4180), names in
# multipart/form-data (WHATWG HTML), HTTP field values (RFC 9110), logfmt, string literals of
# Python and JavaScript, cells of a Markdown table.


Encoder = Callable[[str], str]

_QUOTED = tuple(quote(bytes([byte]), safe="") for byte in range(256))
_NOT_NAME = re.compile(r"[^\w-]")
_NOT_IDENTIFIER = re.compile(r"\W")


def _replacing(*pairs: tuple[str, str]) -> Encoder:
    """Make an encoder of replacements, the escape sign's own first. Faster than str.translate."""

    def encoder(text: str) -> str:
        for mark, written in pairs:
            text = text.replace(mark, written)
        return text

    return encoder


def _raw(text: str) -> str:
    return text


def _json(text: str) -> str:
    return encode_basestring(text)[1:-1]


def _json_ascii(text: str) -> str:
    return encode_basestring_ascii(text)[1:-1]


def _form(text: str) -> str:
    return _percent(text).replace("%20", "+")


def _percent(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    return "".join([_QUOTED[byte] for byte in text.encode()])


def _html(text: str) -> str:
    return escape(text, quote=True)


def _name(text: str) -> str:
    return _NOT_NAME.sub("_", text)


def _identifier(text: str) -> str:
    return _NOT_IDENTIFIER.sub("_", text)


_BREAKS = (("\n", "\\n"), ("\r", "\\r"))

ENCODERS: Mapping[str, Encoder] = {
    "raw": _raw,
    # The body of a JSON string, other scripts as they are or as \uXXXX
    "json": _json,
    "json_ascii": _json_ascii,
    "form": _form,
    "percent": _percent,
    "html": _html,
    "xml": _replacing(
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&apos;"),
        # A parser would turn these three into a space or a plain newline
        ("\t", "&#9;"),
        ("\n", "&#10;"),
        ("\r", "&#13;"),
    ),
    "csv": _replacing(('"', '""')),
    # One way: a line break becomes a space
    "header": _replacing(("\r", " "), ("\n", " "), ("\0", " ")),
    # The body of a quoted logfmt value
    "logfmt": _replacing(("\\", "\\\\"), ('"', '\\"'), *_BREAKS, ("\t", "\\t")),
    # The body of a single-quoted Python or JavaScript string
    "literal": _replacing(("\\", "\\\\"), ("'", "\\'"), *_BREAKS, ("\0", "\\x00")),
    # One way: the name in a Content-Disposition
    "multipart": _replacing(('"', "%22"), ("\r", "%0D"), ("\n", "%0A")),
    # One way: a cell of a table
    "markdown": _replacing(("\\", "\\\\"), ("|", "\\|"), ("\n", "<br>"), ("\r", "")),
    # One way: an element, a header field, a logfmt key
    "name": _name,
    # One way: a name in a program or a query
    "identifier": _identifier,
}


def encode(text: str, chain: tuple[str, ...]) -> str:
    """Write `text` through the named encoders, innermost first. Raises KeyError for others."""
    if text.isalnum() and text.isascii():
        return text
    for name in chain:
        text = ENCODERS[name](text)
    return text


# Sentinels stand in a draft for what is put in later: key names and the parts of values.
#
# They are plain ASCII letters and digits, which no encoder of `encoders` changes. One sentinel
# may stand in a draft more than once; each place is filled and, for a slot, reported as a span.


KEYS: tuple[str, ...] = tuple(f"QKX{at}QK" for at in range(8))
SLOTS: tuple[str, ...] = tuple(f"QVX{at}QV" for at in range(8))

_SENTINEL = re.compile("(QKX[0-7]QK|QVX[0-7]QV)")


class Filled(NamedTuple):
    """A finished content. `spans[i]` has every place of slot i, in order, empty where it has none.

    A span covers the value as it is written there, that is, encoded.
    """

    content: str
    spans: tuple[tuple[Span, ...], ...]


def fill(draft: Draft, keys: Sequence[str], texts: Sequence[str]) -> Filled:
    """Put `keys[i]` for KEYS[i] and `texts[i]` for SLOTS[i], encoded by the draft's chains.

    Raises:
        IndexError: the draft names a key or slot that was not given.
    """
    key_chain, value_chain = draft.key_chain, draft.value_chain
    pieces = _SENTINEL.split(draft.text)
    spans: list[tuple[Span, ...]] = [()] * len(texts)
    start = 0
    for at in range(1, len(pieces), 2):
        mark = pieces[at]
        index = int(mark[3])
        start += len(pieces[at - 1])
        if mark[1] == "K":
            pieces[at] = piece = encode(keys[index], key_chain)
        else:
            pieces[at] = piece = encode(texts[index], value_chain)
            spans[index] += (Span(start, start + len(piece)),)
        start += len(piece)
    return Filled("".join(pieces), tuple(spans))


def around(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to `text` without its sentinels.

    >>> around("Call ME: QVX0QV", str.lower)
    'call me: QVX0QV'
    """
    pieces = _SENTINEL.split(text)
    pieces[::2] = map(change, pieces[::2])
    return "".join(pieces)


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
    ("event_id", event_id),
    ("ts", number(epoch_ms)),
    ("session_id", session_id),
    ("client_id", client_id),
    ("internal_user_id", number(counter_id)),
    ("_fbp", fbp),
    ("request_id", request_id),
    ("created_at", iso_time),
    ("visitor_seq", number(counter_id)),
    ("build", build_hash),
    ("trace_id", hex32),
    ("account_row_id", number(counter_id)),
    ("app_version", version),
    ("anonymous_id", uuid4),
    ("customer_counter", number(counter_id)),
    ("sent_at", number(epoch_s)),
)
DEVICE: NoiseTable = (
    ("screen", screen),
    ("user_agent", user_agent),
    ("consent", consent_string),
    ("ip", ipv4),
    ("latency_ms", number(duration_ms)),
    ("page_depth", number(page_depth)),
    ("geo", coordinate_pair),
    ("browser_locale", locale),
    ("sdk_version", version),
)
SHOP: NoiseTable = (
    ("order_id", order_id),
    ("sku", sku),
    ("price", price),
    ("currency", currency),
    ("cart_updated_at", iso_time),
    ("gclid", gclid),
    ("variant_sku", sku),
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
