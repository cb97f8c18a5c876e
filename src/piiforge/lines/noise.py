"""Noise: the values around the one that matters (amounts, times, ids, devices).

Every function takes a Random and returns text; `GENERATORS` has them by name, and what they choose
from stands in `data/words.yaml` and `data/agents.yaml`. None returns what counts as personal data
without a key that says so: hex has a letter in every group, base64url and base32 are too mixed, and
no run of digits passes for a card. `NUMBERED` are bare runs of eight and more digits that begin
with any digit, so a key must say what they count (`order_id`): they stand in `data/fields.yaml`
alone. Dates lie in 2023 to 2026. Each call is one or two draws and a format string.

>>> GENERATORS["clock"](Random(1))
'03:13'
>>> len(hex32(Random(1)))
32
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import date as Date
from datetime import timedelta
from functools import cache, partial
from random import Random
from typing import Any, cast

from stdnum import luhn

from piiforge import files
from piiforge.rng import pick, words

_LISTS = cast("dict[str, str | list[str]]", files.shipped_yaml(__package__, "data/words.yaml"))
WORDS: Mapping[str, tuple[str, ...]] = {
    name: words(told) if isinstance(told, str) else tuple(told) for name, told in _LISTS.items()
}
_FIRST_DAY = Date(2023, 1, 1)
_FIRST_SECOND = 1_672_531_200  # 2023-01-01T00:00:00Z
_DAY_COUNT = 1461  # through 2026-12-31
_SECONDS = _DAY_COUNT * 86_400
_MONTHS = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
_DAYS = tuple(_FIRST_DAY + timedelta(days=n) for n in range(_DAY_COUNT))
_ISO_DAYS = tuple(day.isoformat() for day in _DAYS)
_CLF_DAYS = tuple(f"{day.day:02d}/{_MONTHS[day.month - 1]}/{day.year}" for day in _DAYS)
_MINUTES = tuple(f"{n // 60:02d}:{n % 60:02d}" for n in range(1440))
_ZONES = ("Z", "Z", "Z", ".000Z", "+00:00", "-05:00", "-07:00", "+01:00", "+02:00", "+08:00", "")
_CLF_ZONES = words("+0000 +0000 -0500 -0700 +0100 +0200 +0800")
# Nibbles or-ed with 0xA are letters, so no group of a hex id is digits alone.
_LETTERS_16 = (0x0A00_0A00_00A0_00A0, 0x00A0_00A0_0A00_0A00, 0x0A00_00A0_0A00_A000)
_LETTERS_32 = tuple(a << 64 | b for a in _LETTERS_16 for b in _LETTERS_16)
_LETTERS_UUID = (
    0x000A0000_0A00_00A0_0A00_00A00A000A00,
    0x0A00000A_00A0_0A00_00A0_0A0000A000A0,
    0x00A000A0_000A_00A0_000A_A000A000000A,
)
_UUID_FIXED = 0x00000000_0000_4000_8000_000000000000
_UUID_FREE = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_SHORTEST_CARD = 12
_CONSONANTS = "BCDFGHJKLMNPQRTVWXZ"
_PAIRS = tuple(a + b for a in _CONSONANTS for b in _CONSONANTS)
_BASE_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_BASE_32_PAIRS = tuple(a + b for a in _BASE_32 for b in _BASE_32)


def _agents() -> tuple[str, ...]:
    """Write every User-Agent out once. Apps and robots stand three times for their share."""
    told = cast("dict[str, Any]", files.shipped_yaml(__package__, "data/agents.yaml"))
    browsers = [
        f"Mozilla/5.0 ({system}) {each['browser']}".replace("{v}", str(number))
        for each in told["browsers"]
        for system in each["systems"]
        for number in range(each["first"], each["last"] + 1)
    ]
    return (*browsers, *told["whole"] * 3)


_AGENTS = _agents()


def word(name: str, rng: Random) -> str:
    """Draw from the list of `data/words.yaml` that has the name."""
    return pick(WORDS[name], rng)


def price(rng: Random) -> str:
    """Return an amount below 2,000 with two decimals, small ones more often."""
    draw = rng.random()
    return f"{3 + draw * draw * draw * 1900:.2f}"


def currency(rng: Random) -> str:
    """Return an ISO 4217 code."""
    return word("currencies", rng)


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
    return word("statuses", rng)


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
    return word("quantities", rng)


def bool_text(rng: Random) -> str:
    """Return a truth value as some system writes it."""
    return word("bools", rng)


def percent_text(rng: Random) -> str:
    """Return a share as a percentage or a fraction."""
    draw = rng.random()
    return f"{int(draw * 200) % 101}%" if draw < 0.6 else f"{(draw - 0.6) * 2.5:.2f}"


def product_name(rng: Random) -> str:
    """Return the name of a product, in one of four languages."""
    return word("goods", rng)


def epoch_s(rng: Random) -> str:
    """Return seconds since 1970: ten digits that begin with 16 or 17."""
    return str(_FIRST_SECOND + int(rng.random() * _SECONDS))


def epoch_ms(rng: Random) -> str:
    """Return milliseconds since 1970: thirteen digits that begin with 16 or 17."""
    return str(_FIRST_SECOND * 1000 + int(rng.random() * _SECONDS * 1000))


def iso_time(rng: Random) -> str:
    """Return an ISO 8601 time, with or without a zone."""
    bits = rng.getrandbits(48)
    return (
        f"{_ISO_DAYS[bits % _DAY_COUNT]}T{_MINUTES[(bits >> 12) % 1440]}:"
        f"{(bits >> 24) % 60:02d}{_ZONES[(bits >> 36) % 11]}"
    )


def clf_time(rng: Random) -> str:
    """Return a time as the common log format writes it, without its brackets."""
    bits = rng.getrandbits(48)
    return (
        f"{_CLF_DAYS[bits % _DAY_COUNT]}:{_MINUTES[(bits >> 12) % 1440]}:"
        f"{(bits >> 24) % 60:02d} {_CLF_ZONES[(bits >> 36) % 7]}"
    )


def syslog_time(rng: Random) -> str:
    """Return a time as syslog writes it (RFC 3164), the day padded with a blank."""
    bits = rng.getrandbits(48)
    day = _DAYS[bits % _DAY_COUNT]
    clock = f"{_MINUTES[(bits >> 12) % 1440]}:{(bits >> 24) % 60:02d}"
    return f"{_MONTHS[day.month - 1]} {day.day:2d} {clock}"


def clock(rng: Random) -> str:
    """Return a time of day, HH:MM."""
    return pick(_MINUTES, rng)


def date(rng: Random) -> str:
    """Return a day, YYYY-MM-DD."""
    return pick(_ISO_DAYS, rng)


def uuid4(rng: Random) -> str:
    """Return a version-4 UUID."""
    bits = rng.getrandbits(128) & _UUID_FREE | _LETTERS_UUID[rng.getrandbits(16) % 3] | _UUID_FIXED
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def hex16(rng: Random) -> str:
    """Return 16 hex digits: a span id, a short hash."""
    return f"{rng.getrandbits(64) | _LETTERS_16[rng.getrandbits(16) % 3]:016x}"


def hex32(rng: Random) -> str:
    """Return 32 hex digits: a trace id, an MD5."""
    return f"{rng.getrandbits(128) | _LETTERS_32[rng.getrandbits(16) % 9]:032x}"


def session_id(rng: Random) -> str:
    """Return a session id: hex, base64url, a prefixed token or a GA4 session."""
    draw = rng.random()
    if draw < 0.15:
        return hex32(rng)
    if draw < 0.25:
        return _base64(rng, 18)
    if draw < 0.8:
        return f"sess_{_base32(rng, 4)}"
    start = epoch_s(rng)
    return f"GS1.1.{start}.{1 + int(draw * 1000) % 40}.1.{start}.0.0.0"


def client_id(rng: Random) -> str:
    """Return a Google Analytics client id: a random number, a dot, seconds since 1970."""
    text = _unchecked(f"{_digits(rng, 8 + rng.getrandbits(16) % 3)}{epoch_s(rng)}")
    return f"{text[:-10]}.{text[-10:]}"


def fbp(rng: Random) -> str:
    """Return the browser id of the Meta pixel's _fbp cookie."""
    return f"fb.1.{epoch_ms(rng)}.{_digits(rng, 9 + rng.getrandbits(16) % 2)}"


def fbc(rng: Random) -> str:
    """Return the click id of the Meta pixel's _fbc cookie."""
    return f"fb.1.{epoch_ms(rng)}.{'IwAR' if rng.random() < 0.5 else 'IwZXh0'}{_base64(rng, 30)}"


def ttclid(rng: Random) -> str:
    """Return a TikTok click id."""
    return f"E.C.P.{_base64(rng, 42)}"


def gclid(rng: Random) -> str:
    """Return a Google Ads click id."""
    return f"{'Cj0KCQ' if rng.random() < 0.6 else 'EAIaIQobChMI'}{_base64(rng, 39)}"


def event_id(rng: Random) -> str:
    """Return the id that deduplicates one event: a UUID, hex, or a name with milliseconds."""
    draw = rng.random()
    if draw < 0.15:
        return uuid4(rng)
    return f"evt_{_base32(rng, 4)}" if draw < 0.75 else f"{epoch_s(rng)}_{_base32(rng, 1).lower()}"


def request_id(rng: Random) -> str:
    """Return a request or trace id of a server or a cloud."""
    draw = rng.random()
    if draw < 0.2:
        return uuid4(rng)
    if draw < 0.75:
        return f"req_{_base32(rng, 4).lower()}"
    if draw < 0.9:
        return f"00-{hex32(rng)}-{hex16(rng)}-01"
    return f"Root=1-{0x65000000 + rng.getrandbits(24):08x}-a{hex32(rng)[:22]}b"


def counter_id(rng: Random) -> str:
    """Return a small internal id of a user or customer: three to seven digits."""
    low = 10 ** (2 + rng.getrandbits(16) % 5)
    return str(low + int(rng.random() * 9 * low))


def _digits(rng: Random, size: int) -> str:
    """Return `size` digits, the first no zero; of a card's length, never with its check digit."""
    return _unchecked(str(int((1 + 9 * rng.random()) * 10 ** (size - 1))))


def _unchecked(digits: str) -> str:
    """Spoil the check digit of what is long enough to pass for a card's number."""
    if len(digits) < _SHORTEST_CARD or not luhn.is_valid(digits):
        return digits
    return f"{digits[:-1]}{(int(digits[-1]) + 1) % 10}"


def order_number(rng: Random) -> str:
    """Return the number of an order, an invoice or a receipt: eight to twelve digits."""
    return _digits(rng, 8 + rng.getrandbits(16) % 5)


def batch_number(rng: Random) -> str:
    """Return the number of a row or a batch: eight to ten digits, zeros in front of some."""
    bits = rng.getrandbits(16)
    return f"{bits % 1000:03d}{_digits(rng, 6)}" if bits >> 14 == 0 else _digits(rng, 8 + bits % 3)


def snowflake(rng: Random) -> str:
    """Return an id of 17 to 19 digits with its time in front, as social networks count posts."""
    return _digits(rng, 17 + rng.getrandbits(16) % 3)


def epoch_us(rng: Random) -> str:
    """Return microseconds since 1970: sixteen digits that begin with 16 or 17."""
    return f"{epoch_ms(rng)}{rng.getrandbits(16) % 1000:03d}"


def order_id(rng: Random) -> str:
    """Return an order number with a prefix or hyphens, never a bare run of digits."""
    draw = rng.random()
    bits = rng.getrandbits(60)
    if draw < 0.45:
        return f"{word('order_prefixes', rng)}-{10_000 + bits % 90_000}"
    if draw < 0.7:
        return f"#{1000 + bits % 9000}"
    if draw < 0.85:
        return f"202{3 + bits % 4}{1 + (bits >> 8) % 12:02d}-W{_base32(rng, 2)}"
    return f"11{2 + bits % 3}-{bits % 10**7:07d}-{(bits >> 30) % 10**7:07d}"


def sku(rng: Random) -> str:
    """Return a stock-keeping unit: words and short numbers."""
    bits = rng.getrandbits(20)
    ware = word("sku_words", rng)
    if bits & 3:
        return f"{ware}-{100 + (bits >> 2) % 900}-{word('colours', rng)}"
    return f"{pick(_PAIRS, rng)}{ware}{10 + (bits >> 2) % 90}"


def build_hash(rng: Random) -> str:
    """Return the short hash of a commit: seven to ten hex digits, a letter among them."""
    bits = rng.getrandbits(40)
    return f"{bits & 0xFFF:03x}{'abcdef'[bits % 6]}{bits >> 12:07x}"[: 7 + (bits >> 36) % 4]


def etag(rng: Random) -> str:
    """Return an entity tag in its quotes, weak or strong."""
    return f'{"W/" if rng.random() < 0.5 else ""}"{hex16(rng)}"'


def tracking_code(rng: Random) -> str:
    """Return a parcel's tracking code, always with letters in front."""
    bits = rng.getrandbits(60)
    kind = bits % 4
    if kind == 0:
        return f"1Z{_base32(rng, 3)}{(bits >> 2) % 10**10:010d}"
    if kind == 1:
        return f"TBA{(bits >> 2) % 10**12:012d}"
    if kind == 2:
        return f"{pick(_PAIRS, rng)}{(bits >> 2) % 10**9:09d}US"
    return f"SF{(bits >> 2) % 10**13:013d}"


def coupon(rng: Random) -> str:
    """Return a promotion code: a word and a number, or letters and digits."""
    bits = rng.getrandbits(12)
    if bits & 3:
        return f"{word('coupon_words', rng)}{5 * (1 + (bits >> 2) % 10)}"
    return f"{word('coupon_words', rng)}-{_base32(rng, 3)}"


def consent_string(rng: Random) -> str:
    """Return what looks like an IAB TCF consent string."""
    return f"C{'P' if rng.random() < 0.6 else 'Q'}{_base64(rng, 24)}AAA.{_base64(rng, 6)}AAAAA"


def _base64(rng: Random, size: int) -> str:
    """Return `size` random bytes as base64url; `size` divides by 3, so no padding."""
    return urlsafe_b64encode(rng.randbytes(size)).decode()


def _base32(rng: Random, pairs: int) -> str:
    bits = rng.getrandbits(10 * pairs)
    return "".join([_BASE_32_PAIRS[bits >> shift & 1023] for shift in range(0, 10 * pairs, 10)])


def user_agent(rng: Random) -> str:
    """Return the User-Agent of a browser, an app, a library or a robot."""
    return pick(_AGENTS, rng)


def ipv4(rng: Random) -> str:
    """Return an IPv4 address, one in four a private one."""
    bits = rng.getrandbits(32)
    low = f"{bits >> 8 & 255}.{1 + (bits & 255) % 254}"
    if bits >> 30 == 0:
        return f"10.{bits >> 16 & 255}.{low}" if bits >> 29 else f"192.168.{low}"
    return f"{11 + (bits >> 24) % 115}.{bits >> 16 & 255}.{low}"


def ipv6(rng: Random) -> str:
    """Return an IPv6 address of global scope, the interface half shortened or not."""
    bits = rng.getrandbits(96)
    net = f"2a{bits & 0x1F:02x}:{bits >> 5 & 0xFFF | 0xA000:x}:{bits >> 17 & 0xFFFF:x}"
    if bits >> 95:
        return f"{net}::{bits >> 33 & 0xFFF:x}"
    low = bits >> 45
    return f"{net}:{low & 0xFFFF:x}:{low >> 16 & 0xFF | 0xFE00:x}::{low >> 24 & 0xFFF:x}"


def screen(rng: Random) -> str:
    """Return the size of a screen in pixels."""
    return word("screens", rng)


def locale(rng: Random) -> str:
    """Return a language tag."""
    return word("locales", rng)


_FUNCTIONS: tuple[Callable[[Random], str], ...] = (
    uuid4, hex16, hex32, session_id, client_id, fbp, fbc, ttclid, gclid, event_id, request_id,
    counter_id, order_id, sku, build_hash, etag, tracking_code, coupon, consent_string, epoch_s,
    epoch_ms, epoch_us, order_number, batch_number, snowflake, syslog_time,
    iso_time, clf_time, clock, date, user_agent, ipv4, ipv6, screen, locale, price,
    currency, coordinate_pair, version, status, duration_ms, page_depth, quantity, bool_text,
    percent_text, product_name,
)  # fmt: skip
GENERATORS: Mapping[str, Callable[[Random], str]] = {
    function.__name__: function for function in _FUNCTIONS
}
# Bare digits that only a key of theirs tells from a value
NUMBERED = frozenset(words("order_number batch_number snowflake epoch_us"))


# What a mark of a data file may name. Drawn alone these give numbers, so that JSON has no quotes
_NUMBERS = words("counter_id duration_ms epoch_ms epoch_s epoch_us order_number page_depth")


def _number(name: str, rng: Random) -> int:
    return int(GENERATORS[name](rng))


DRAWERS: Mapping[str, Callable[[Random], object]] = {
    **GENERATORS,
    **{name: partial(_number, name) for name in _NUMBERS},
    **{name: partial(word, name) for name in WORDS},
}
_MARK = re.compile(r"(\$\{\w+\}|\$\w+(?::[\d+]+)?)")

Look = Callable[[str], object]
_Write = Callable[[Random, Look], object]


@cache
def text_drawer(text: str) -> _Write:
    """Return what draws a text of a data file; it is given what looks up the names of its marks.

    A text is options between bars, which are all drawn before one is picked. Marks are $name, cut
    to nine characters by $name:9, in capitals by $NAME; ${name} before a letter; $bits:8+1 for
    eight random bits and 1. An option that is one mark is what was found, and need not be a text.

    >>> text_drawer("id-$hex16:4|id-$HEX16:4")(Random(1), lambda name: name[::-1])
    'id-61xe'
    """
    options = [_option(option) for option in text.split("|")]
    if len(options) == 1:
        return options[0]
    return lambda rng, look: pick([write(rng, look) for write in options], rng)


def _option(text: str) -> _Write:
    literals, marks = _MARK.split(text)[::2], [_mark(mark) for mark in _MARK.findall(text)]
    if not marks:
        return lambda _, __: text
    if literals == ["", ""]:
        return marks[0]
    first, *rest = literals
    pairs = list(zip(marks, rest, strict=True))
    return lambda rng, look: first + "".join([f"{mark(rng, look)}{after}" for mark, after in pairs])


def _mark(mark: str) -> _Write:
    name, _, size = mark.strip("${}").partition(":")
    if name == "bits":
        width, more = map(int, f"{size}+0".split("+")[:2])
        return lambda rng, _: rng.getrandbits(width) + more
    length, low = int(size) if size else None, name.lower()
    if name.isupper():
        return lambda _, look: str(look(low)).upper()[:length]
    return (lambda _, look: str(look(low))[:length]) if size else (lambda _, look: look(low))


_Table = tuple[tuple[str, Callable[[Random], object]], ...]


def _tables() -> Mapping[str, _Table]:
    """Read the noise fields; most are one generator, which is drawn without a detour."""

    def entry(text: str) -> Callable[[Random], object]:
        write = text_drawer(text)
        found = DRAWERS.get(text[1:])
        return found or (lambda rng: write(rng, lambda name: DRAWERS[name](rng)))

    told = cast("dict[str, dict[str, str]]", files.shipped_yaml(__package__, "data/fields.yaml"))
    read = {
        name: tuple((key, entry(text)) for key, text in fields.items())
        for name, fields in told.items()
    }
    read["noise"] = read["trace"] + read["shop"] + read["device"]
    return {**read, "camel_trace": _camel(read["trace"]), "camel_noise": _camel(read["noise"])}


def _camel(table: _Table) -> _Table:
    """Return a snake_case noise table with its names in camelCase."""
    split = ((name.lstrip("_").split("_"), draw) for name, draw in table)
    return tuple(
        (first + "".join(map(str.capitalize, rest)), draw) for (first, *rest), draw in split
    )


TABLES = _tables()


def some(table: str, rng: Random, most: int = 4) -> dict[str, object]:
    """Draw none to `most` neighbours of a table of TABLES, beginning anywhere; mostly none or one.

    Lines are short: most stand with nothing but what they are about.
    """
    members = TABLES[table]
    bits, draw = rng.getrandbits(24), rng.random()
    size = len(members)
    start = (bits >> 8) % size
    stride = 1 if bits & 128 else 3
    found: dict[str, object] = {}
    for at in range(int(draw * draw * draw * (most + 1))):
        name, drawer = members[(start + at * stride) % size]
        found[name] = drawer(rng)
    return found


def fields(rng: Random, most: int = 4) -> dict[str, object]:
    """Draw noise fields of any kind, all in snake_case or all in camelCase."""
    return some("camel_noise" if rng.random() < 0.4 else "noise", rng, most)
