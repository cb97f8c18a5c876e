"""Member id: what an issuer outside this system gives a person to be known by.

A health plan prints its member or policy number on the card, in a form of its own: a prefix of
three letters and digits (Blue Cross Blue Shield), one letter and digits, digits with a two-digit
suffix for each dependant. So does a state's Medicaid agency (New York: AA99999A; California: an
index number of nine characters; Ohio: twelve digits). Medicare has the one published format, the
Medicare Beneficiary Identifier (MBI) of eleven characters, shown as XXXX-XXX-XXXX; its letters
leave out S, L, O, I, B and Z. None has a published check digit, so all but the dashed MBI need a
cue. Ids that a system gives its own users (customer, loyalty, session) are no member ids.

Sources:
    https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi-with-format.pdf
    https://www.bcbs.com/member-services
    https://www.emedny.org/ProviderManuals/AllProviders/General_Policy.aspx
    https://www.dhcs.ca.gov/services/medi-cal/Pages/default.aspx

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("sample", "1EG4-TE5-MK73"))   # the sample card of CMS
False
>>> is_valid(_value("mbi_bad_letter", "1SG4-TE5-MK73"))   # S is not used
False
"""

import re
from functools import partial
from random import Random
from string import ascii_uppercase

from piiforge.categories import digits, families
from piiforge.categories.digits import famed, fillers, one_of
from piiforge.rng import pick
from piiforge.types import Category, Lookalike, Part, Value

_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
_BARRED = "SLOIBZ"
_EITHER = "0123456789" + _LETTERS
_FIRST = "123456789"
_DIGIT = "0123456789"
_MBI_PLACES = (
    *(_FIRST, _LETTERS, _EITHER, _DIGIT, _LETTERS, _EITHER, _DIGIT),
    *(_LETTERS, _LETTERS, _DIGIT, _DIGIT),
)
_LETTER_PLACES = (1, 4, 7, 8)
_MBI = re.compile("".join(f"[{place}]" for place in _MBI_PLACES))
_LIKE_MBI = re.compile(r"(?=(?:[0-9]*[A-Z]){3})(?![A-Z]{3}[0-9]{8})[0-9A-Z]{11}")
_GENERAL = re.compile(r"(?=(?:[A-Z]*[0-9]){5})[0-9A-Z]{6,17}")

_SHAPES = digits.tables("member_id")
SAMPLES = (
    "1EG4-TE5-MK73",  # on the card that CMS shows; the next was on an earlier one
    "1EG4-TE5-MK72",
    "1EG4TE5MK73",
    *(letters + filler for letters in ("", "W", "XYZ", "ABC") for filler in fillers(9)),
    *("XXX000000000", "XX00000X", "AA00000A", "ABC0000000000"),
)
FAMED = (
    *("1EG4-TE5-MK73", "1EG4TE5MK73", "1EG4-TE5-MK72", "123456789", "W123456789", "XYZ123456789"),
    *("ABC123456789", "000000000", "111111111", "XXX000000000", "999999999"),
)
_OTHERS = (
    *(letters + run for letters in ("", "W", "XYZ", "ABC") for run in digits.typed_fillers(9)),
    *("XX00000X", "AA00000A", "ABC0000000000"),
)
_TEMPLATES = ("XXXX-XXX-XXXX", "XXXXXXXXXXXX", "AAA999999999", "NAAN-NAN-AANN", "XXX#########")
_MBI_SAMPLES = frozenset({"1EG4TE5MK73", "1EG4TE5MK72"})

_MBI_SHARE = 0.25
_MEDICAID_SHARE = 0.2
_LOWER_SHARE = 0.06

_shaped = partial(digits.shaped, lower_share=_LOWER_SHARE)
_draw_ups = digits.shaped("1Z@##@##03########", "1Z######03########", "1Z@@####68########")
_draw_medicaid, _draw_plan = _shaped(*_SHAPES["medicaid"]), _shaped(*_SHAPES["plan"])


def draw(rng: Random) -> Value:
    """Draw a Medicare, Medicaid or plan number (kinds mbi, medicaid, plan), few in lower case."""
    share = rng.random()
    if share < _MBI_SHARE:
        return _value("mbi", _write_mbi(draw_mbi(rng), rng))
    if share < _MBI_SHARE + _MEDICAID_SHARE:
        return _value("medicaid", _draw_medicaid(rng))
    return _value("plan", _draw_plan(rng))


def draw_mbi(rng: Random) -> str:
    """Draw the eleven characters of a Medicare Beneficiary Identifier."""
    return "".join([pick(place, rng) for place in _MBI_PLACES])


def is_valid(value: Value) -> bool:
    """Say whether an issuer could have given the id.

    Eleven characters with letters beyond a leading prefix must keep to the format of the MBI; any
    other id only has to be of a plausible length, with five digits at least, and no placeholder.
    """
    text = digits.number_of(value).upper()
    if text in _MBI_SAMPLES or digits.is_placeholder(text.rstrip(ascii_uppercase)):
        return False
    form = _MBI if _LIKE_MBI.fullmatch(text) else _GENERAL
    return form.fullmatch(text) is not None


def _value(kind: str, text: str) -> Value:
    telling = kind.startswith("mbi") and "-" in text
    return Value("member_id", kind, (Part(text),), telling=telling)


def _write_mbi(text: str, rng: Random) -> str:
    # A card shows it with dashes, a file keeps it without.
    if rng.random() < 0.6:
        return digits.group_digits(text, (4, 3, 4))
    return text.lower() if rng.random() < _LOWER_SHARE else text


def _draw_mbi_bad_letter(rng: Random) -> str:
    at = pick(_LETTER_PLACES, rng)
    text = draw_mbi(rng)
    return _write_mbi(text[:at] + pick(_BARRED, rng) + text[at + 1 :], rng)


def _draw_mbi_bad_position(rng: Random) -> str:
    text = draw_mbi(rng)
    if rng.random() < 0.3:
        return _write_mbi("0" + text[1:], rng)
    while True:
        at = int(rng.random() * 10)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if not _MBI.fullmatch(swapped):
            return _write_mbi(swapped, rng)


def _draw_parcel(rng: Random) -> str:
    """Draw the number of a parcel: of the post (S10), or of UPS."""
    return (families.draw_parcel if rng.random() < 0.5 else _draw_ups)(rng)


def _draw_last_four(rng: Random) -> str:
    return pick(("", "...", "x", "-"), rng) + digits.random_digits(4, rng)


_like = partial(digits.lookalike, _value)


def _named(kind: str, *nouns: str) -> Lookalike:
    """Make the lookalike that has one of the shapes of its kind and is told by its noun only."""
    return _like(kind, _shaped(*_SHAPES[kind]), *(nouns or (kind,)))


def _named_plan(kind: str, *nouns: str) -> Lookalike:
    """Make one that may have the shape of a plan's number, too."""
    return _like(kind, _shaped(*_SHAPES[kind], *_SHAPES["plan"]), *(nouns or (kind,)))


CATEGORY = Category(
    id="member_id",
    description="id an issuer gives a person: health plan, Medicare, Medicaid",
    title="member id",
    draw=draw,
    lookalikes=(
        _like("mbi_bad_letter", _draw_mbi_bad_letter),
        _like("mbi_bad_position", _draw_mbi_bad_position),
        _like("sample", famed(FAMED, _OTHERS), group="placeholder"),
        _like("template", one_of(_TEMPLATES), plain=True, group="placeholder"),
        _like("last_four", _draw_last_four, group="incomplete"),
        _like("too_short", digits.shaped(*_SHAPES["too_short"])),
        _named_plan("customer"),
        _named_plan("loyalty"),
        _named_plan("session"),
        _named("group"),
        _named("rxbin"),
        _named("payer"),
        _named_plan("claim"),
        _named("mrn"),
        _like("npi", digits.draw_npi, "npi"),
        _named_plan("order", "order", "reference"),
        _named_plan("device"),
        _named("employee", "employee", "student"),
        _named("serial"),
        _named("trace"),
        _named("rx_number"),
        _named("pcn"),
        _named("accession"),
        _named("library"),
        _named("booking", "booking", "locator"),
        _like("uscis_receipt", families.draw_receipt, "uscis_receipt"),
        _like("alien_number", digits.shaped("A#########", "#########"), "a_number"),
        _like("dea", families.draw_dea, "dea"),
        _like("container", families.draw_container, "container"),
        _like("parcel", _draw_parcel, "tracking"),
        _like("asin", digits.shaped("B0@#@####@", "B0##@#@@##", "B0@@#####@"), "asin"),
        _like("rfc", families.draw_rfc, "rfc"),
        _like("guid_slice", families.draw_guid_slice, "message_id", "session"),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi-with-format.pdf",
        "https://www.bcbs.com/member-services",
        "https://www.emedny.org/ProviderManuals/AllProviders/General_Policy.aspx",
        "https://www.dhcs.ca.gov/services/medi-cal/Pages/default.aspx",
    ),
    vetoable=(*("customer", "claim", "group", "mrn", "order", "reference", "device"), "session"),
)
