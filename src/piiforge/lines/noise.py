"""Noise: the values around the one that matters (ids, times, devices, prices, versions).

The generators stand in `noise_ids`, `noise_times`, `noise_devices` and `noise_amounts`.

Every function takes a Random and returns text; `GENERATORS` has them by name. None returns what
counts as personal data without a key that says so: runs of digits have a length, a lead digit or a
letter inside that no card, phone or dashed number has. Dates lie in 2023 to 2026. Each call is one
or two draws and a format string, for a line carries a dozen of them.

>>> GENERATORS["clock"](Random(1))
'03:13'
>>> len(hex32(Random(1)))
32
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date as Date
from datetime import timedelta
from random import Random
from types import MappingProxyType

from piiforge.rng import pick, words

# Noise of amounts and states: prices, counts, shares, versions, goods. See `noise`.


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


# Noise of times: epochs, ISO 8601, log format, clock and day, all in 2023 to 2026. See `noise`.


_FIRST_DAY = Date(2023, 1, 1)
_FIRST_SECOND = 1_672_531_200  # 2023-01-01T00:00:00Z
_DAY_COUNT = 1461  # through 2026-12-31
_SECONDS = _DAY_COUNT * 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = tuple(_FIRST_DAY + timedelta(days=n) for n in range(_DAY_COUNT))
_ISO_DAYS = tuple(day.isoformat() for day in _DAYS)
_CLF_DAYS = tuple(f"{day.day:02d}/{_MONTHS[day.month - 1]}/{day.year}" for day in _DAYS)
_MINUTES = tuple(f"{n // 60:02d}:{n % 60:02d}" for n in range(1440))
_SECOND = tuple(f"{n:02d}" for n in range(60))
_ZONES = ("Z", "Z", "Z", ".000Z", "+00:00", "-05:00", "-07:00", "+01:00", "+02:00", "+08:00", "")
_CLF_ZONES = ("+0000", "+0000", "-0500", "-0700", "+0100", "+0200", "+0800")


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
        f"{_SECOND[(bits >> 24) % 60]}{_ZONES[(bits >> 36) % 11]}"
    )


def clf_time(rng: Random) -> str:
    """Return a time as the common log format writes it, without its brackets."""
    bits = rng.getrandbits(48)
    return (
        f"{_CLF_DAYS[bits % _DAY_COUNT]}:{_MINUTES[(bits >> 12) % 1440]}:"
        f"{_SECOND[(bits >> 24) % 60]} {_CLF_ZONES[(bits >> 36) % 7]}"
    )


def clock(rng: Random) -> str:
    """Return a time of day, HH:MM."""
    return pick(_MINUTES, rng)


def date(rng: Random) -> str:
    """Return a day, YYYY-MM-DD."""
    return pick(_ISO_DAYS, rng)


# Noise of ids: sessions, clicks, requests, orders, parcels, builds. See `noise`.
#
# No id holds a run of digits that could be read as a card, a phone or a dashed number: hex has a
# letter in every group, base64url and base32 are too mixed, and bare digits begin with a one.


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
_CONSONANTS = "BCDFGHJKLMNPQRTVWXZ"
_PAIRS = tuple(a + b for a in _CONSONANTS for b in _CONSONANTS)
_BASE_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_BASE_32_PAIRS = tuple(a + b for a in _BASE_32 for b in _BASE_32)

_ORDER_PREFIXES = words("ORD ORD PO SO WEB INV NV PED CMD CDE DD R ORDER")
_SKU_WORDS = words(
    "TEE MUG LAMP SHOE CASE HDMI BOLT PUMP SOFA CHAIR HUB KIT SSD FAN RUG BAG TENT VASE CAP"
)
_COLOURS = words("BLK WHT RED BLU GRN GRY NVY SLV XS S M L XL 2XL 10PK")
_COUPON_WORDS = words(
    "SAVE SPRING WELCOME SUMMER FREESHIP THANKS VIP BACK2SCHOOL FLASH HELLO BDAY REFER HOLA VERANO "
    "BUENFIN AHORRO BIENVENUE RENTREE NOEL SOLDES XINNIAN HUIYUAN 618SALE DOUBLE11"
)


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
    if draw < 0.3:
        return hex32(rng)
    if draw < 0.55:
        return _base64(rng, 18)
    if draw < 0.8:
        return f"sess_{_base32(rng, 5)}"
    start = epoch_s(rng)
    return f"GS1.1.{start}.{1 + int(draw * 1000) % 40}.1.{start}.0.0.0"


def client_id(rng: Random) -> str:
    """Return a Google Analytics client id: a random number, a dot, seconds since 1970."""
    return f"1{rng.getrandbits(48) % 10**9:09d}.{epoch_s(rng)}"


def fbp(rng: Random) -> str:
    """Return the browser id of the Meta pixel's _fbp cookie."""
    return f"fb.1.{epoch_ms(rng)}.1{rng.getrandbits(48) % 10**9:09d}"


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
    if draw < 0.4:
        return uuid4(rng)
    return f"evt_{_base32(rng, 6)}" if draw < 0.75 else f"{epoch_ms(rng)}_{_base32(rng, 3).lower()}"


def request_id(rng: Random) -> str:
    """Return a request or trace id of a server or a cloud."""
    draw = rng.random()
    if draw < 0.3:
        return uuid4(rng)
    if draw < 0.55:
        return f"req_{_base64(rng, 15)}"
    if draw < 0.8:
        return f"00-{hex32(rng)}-{hex16(rng)}-01"
    return f"Root=1-{0x65000000 + rng.getrandbits(24):08x}-a{hex32(rng)[:22]}b"


def counter_id(rng: Random) -> str:
    """Return a small internal id of a user or customer: three to seven digits."""
    low = 10 ** (2 + rng.getrandbits(16) % 5)
    return str(low + int(rng.random() * 9 * low))


def order_id(rng: Random) -> str:
    """Return an order number with a prefix or hyphens, never a bare run of digits."""
    draw = rng.random()
    bits = rng.getrandbits(60)
    if draw < 0.45:
        return f"{pick(_ORDER_PREFIXES, rng)}-{10_000 + bits % 90_000}"
    if draw < 0.7:
        return f"#{1000 + bits % 9000}"
    if draw < 0.85:
        return f"202{3 + bits % 4}{1 + (bits >> 8) % 12:02d}-W{_base32(rng, 2)}"
    return f"11{2 + bits % 3}-{bits % 10**7:07d}-{(bits >> 30) % 10**7:07d}"


def sku(rng: Random) -> str:
    """Return a stock-keeping unit: words and short numbers."""
    bits = rng.getrandbits(20)
    word = pick(_SKU_WORDS, rng)
    if bits & 3:
        return f"{word}-{100 + (bits >> 2) % 900}-{pick(_COLOURS, rng)}"
    return f"{pick(_PAIRS, rng)}{word}{10 + (bits >> 2) % 90}"


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
        return f"{pick(_COUPON_WORDS, rng)}{5 * (1 + (bits >> 2) % 10)}"
    return f"{pick(_COUPON_WORDS, rng)}-{_base32(rng, 3)}"


def consent_string(rng: Random) -> str:
    """Return what looks like an IAB TCF consent string."""
    return f"C{'P' if rng.random() < 0.6 else 'Q'}{_base64(rng, 24)}AAA.{_base64(rng, 6)}AAAAA"


def _base64(rng: Random, size: int) -> str:
    """Return `size` random bytes as base64url; `size` divides by 3, so no padding."""
    return urlsafe_b64encode(rng.randbytes(size)).decode()


def _base32(rng: Random, pairs: int) -> str:
    bits = rng.getrandbits(10 * pairs)
    return "".join([_BASE_32_PAIRS[bits >> shift & 1023] for shift in range(0, 10 * pairs, 10)])


# Noise of devices: user agents, addresses, screens and languages. See `noise`.


_PLATFORMS = (
    "Windows NT 10.0; Win64; x64",
    "Windows NT 10.0; WOW64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "X11; Ubuntu; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
)
_HANDHELDS = (
    "Linux; Android 10; K",
    "Linux; Android 13; SM-S911B",
    "Linux; Android 14; Pixel 8",
    "Linux; Android 14; SM-A546E",
    "Linux; Android 12; M2101K6G",
    "Linux; Android 15; Pixel 9 Pro",
    "Linux; Android 11; moto g(30)",
    "Linux; Android 13; V2219A",
    "Linux; Android 14; 23127PN0CC",
)
_APPLES = tuple(
    f"{device} OS {major}_{minor} like Mac OS X"
    for device in ("iPhone; CPU iPhone", "iPad; CPU")
    for major, minor in ((15, 8), (16, 7), (17, 1), (17, 5), (18, 0), (18, 3))
)
_GECKOS = tuple(f"{platform}; rv:{{v}}.0" for platform in _PLATFORMS)
_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IN_APP = f"{_APPLE} Mobile/15E148"
_CHROME = f"{_BLINK} Chrome/{{v}}.0.0.0"
# (systems, what follows them, first and last version): {v} is drawn between the two.
_BROWSERS: tuple[tuple[Sequence[str], str, int, int], ...] = (
    (_PLATFORMS, f"{_CHROME} Safari/537.36", 104, 141),
    (_PLATFORMS, f"{_CHROME} Safari/537.36", 120, 141),
    (_PLATFORMS, f"{_CHROME} Safari/537.36 Edg/{{v}}.0.0.0", 112, 141),
    (_PLATFORMS, f"{_BLINK} Chrome/125.0.0.0 Safari/537.36 OPR/{{v}}.0.0.0", 96, 116),
    (_GECKOS, "Gecko/20100101 Firefox/{v}.0", 102, 143),
    (_HANDHELDS, f"{_CHROME} Mobile Safari/537.36", 110, 141),
    (_HANDHELDS, f"{_CHROME} Mobile Safari/537.36 MicroMessenger/8.0.50 NetType/4G", 110, 131),
    (_HANDHELDS, f"{_BLINK} SamsungBrowser/{{v}}.0 Chrome/121.0.0.0 Mobile Safari/537.36", 18, 28),
    (("Android 14; Mobile; rv:{v}.0",), "Gecko/{v}.0 Firefox/{v}.0", 110, 143),
    (_APPLES, f"{_APPLE} Version/{{v}}.4 Mobile/15E148 Safari/604.1", 15, 19),
    (_APPLES, f"{_APPLE} CriOS/{{v}}.0 Mobile/15E148 Safari/604.1", 112, 141),
    (_APPLES, f"{_IN_APP} Instagram {{v}}.0.0.18", 301, 360),
    (_APPLES, f"{_IN_APP} MicroMessenger/8.0.{{v}} NetType/WIFI Language/zh_CN", 38, 56),
    (("Macintosh; Intel Mac OS X 10_15_7",), f"{_APPLE} Version/{{v}}.3 Safari/605.1.15", 14, 19),
)
_WHOLE_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "curl/7.88.1",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "python-httpx/0.27.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "axios/1.7.2",
    "PostmanRuntime/7.39.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)",
    "ShopApp/5.12.1 CFNetwork/1494.0.7 Darwin/23.4.0",
    "MyPortal/2.8 (iPhone; iOS 17.4; Scale/3.00)",
    "Dart/3.3 (dart:io)",
)
# Written out once: a call is then one draw. The apps and robots stand three times for their share.
_AGENTS = (
    *(
        f"Mozilla/5.0 ({system}) {rest}".replace("{v}", str(version))
        for systems, rest, first, last in _BROWSERS
        for system in systems
        for version in range(first, last + 1)
    ),
    *_WHOLE_AGENTS * 3,
)

_WHOLE_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "curl/7.88.1",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "python-httpx/0.27.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "axios/1.7.2",
    "PostmanRuntime/7.39.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)",
    "ShopApp/5.12.1 CFNetwork/1494.0.7 Darwin/23.4.0",
    "MyPortal/2.8 (iPhone; iOS 17.4; Scale/3.00)",
    "Dart/3.3 (dart:io)",
)
_LOCALES = words(
    "en-US en-US en en-GB en_US es-MX es-ES es-US es-AR es_ES fr-FR fr-CA fr fr_FR "
    "zh-CN zh-CN zh-TW zh-HK zh_CN zh-Hans de-DE pt-BR ja-JP"
)
_SCREENS = words(
    "1920x1080 1366x768 1536x864 1440x900 2560x1440 3840x2160 1280x720 1600x900 390x844 393x873 "
    "412x915 360x800 414x896 430x932 375x667 768x1024 820x1180 1024x1366"
)


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
    return pick(_SCREENS, rng)


def locale(rng: Random) -> str:
    """Return a language tag."""
    return pick(_LOCALES, rng)


__all__ = [
    "GENERATORS",
    "bool_text",
    "build_hash",
    "clf_time",
    "client_id",
    "clock",
    "consent_string",
    "coordinate_pair",
    "counter_id",
    "coupon",
    "currency",
    "date",
    "duration_ms",
    "epoch_ms",
    "epoch_s",
    "etag",
    "event_id",
    "fbc",
    "fbp",
    "gclid",
    "hex16",
    "hex32",
    "ipv4",
    "ipv6",
    "iso_time",
    "locale",
    "order_id",
    "page_depth",
    "percent_text",
    "price",
    "product_name",
    "quantity",
    "request_id",
    "screen",
    "session_id",
    "sku",
    "status",
    "tracking_code",
    "ttclid",
    "user_agent",
    "uuid4",
    "version",
]

_FUNCTIONS: tuple[Callable[[Random], str], ...] = (
    uuid4,
    hex16,
    hex32,
    session_id,
    client_id,
    fbp,
    fbc,
    ttclid,
    gclid,
    event_id,
    request_id,
    counter_id,
    order_id,
    sku,
    build_hash,
    etag,
    tracking_code,
    coupon,
    consent_string,
    epoch_s,
    epoch_ms,
    iso_time,
    clf_time,
    clock,
    date,
    user_agent,
    ipv4,
    ipv6,
    screen,
    locale,
    price,
    currency,
    coordinate_pair,
    version,
    status,
    duration_ms,
    page_depth,
    quantity,
    bool_text,
    percent_text,
    product_name,
)

GENERATORS: Mapping[str, Callable[[Random], str]] = MappingProxyType(
    {function.__name__: function for function in _FUNCTIONS}
)
