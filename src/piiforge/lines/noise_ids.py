"""Noise of ids: sessions, clicks, requests, orders, parcels, builds. See `noise`.

No id holds a run of digits that could be read as a card, a phone or a dashed number: hex has a
letter in every group, base64url and base32 are too mixed, and bare digits begin with a one.
"""

from base64 import urlsafe_b64encode
from random import Random

from piiforge.lines.noise_times import epoch_ms, epoch_s
from piiforge.lines.tables import pick, words

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
