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
from random import Random
from string import ascii_uppercase

from piiforge.categories.digits import (
    draw_npi,
    fill,
    fillers,
    is_placeholder,
    number_of,
    pick,
    random_digits,
)
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

PLANS = (
    *("@@@#########",) * 3,
    "@@@##########",
    "@@@###########",
    "@@@############",
    "@@@ ### ### ###",
    "R########",
    *("W#########",) * 2,
    "W#### #####",
    "U########",
    "U######## 01",
    "U########-02",
    "H########",
    *("#########",) * 2,
    "#########-00",
    "#########01",
    "######### 02",
    "##########",
    "########-01",
    "###########-03",
    "@@########",
    "@#########",
    "########@",
    "@@@@########",
    "@@-#######-#",
    "@@@-########",
)
MEDICAID = (
    *("@@#####@",) * 3,
    *("9#######@",) * 2,
    "9#######@#",
    "#########",
    "##########",
    "########",
    "############",
    "#############",
)
_CUSTOMERS = ("########", "#########", "C#########", "CUS-#######", "@@########")
_LOYALTIES = ("#########", "##########", "############", "@@@#########", "#### #### ####")
_CLAIMS = ("#############", "@##########", "@@@#########", "#############-##", "#########-01")
_ORDERS = ("##########", "W#########", "#########-01", "@@@-########")
_GROUPS = ("######", "#######", "########", "@######", "#####-###", "@@#####", "######-##")
_MRNS = ("########", "#########", "##########", "#######", "@########", "@#######")
_DEVICES = ("@@@#########", "@#@##@##@###", "##########@#", "@@########", "@##########")

SAMPLES = (
    "1EG4-TE5-MK73",  # on the card that CMS shows; the next was on an earlier one
    "1EG4-TE5-MK72",
    "1EG4TE5MK73",
    *("".join([letters, digits]) for letters in ("", "W", "XYZ", "ABC") for digits in fillers(9)),
    *("XXX000000000", "XX00000X", "AA00000A", "ABC1234567890", "ABC0000000000"),
)
_TEMPLATES = ("XXXX-XXX-XXXX", "XXXXXXXXXXXX", "AAA999999999", "NAAN-NAN-AANN", "XXX#########")
_MBI_SAMPLES = frozenset({"1EG4TE5MK73", "1EG4TE5MK72"})

_MBI_SHARE = 0.25
_MEDICAID_SHARE = 0.2
_LOWER_SHARE = 0.06


def draw(rng: Random) -> Value:
    """Draw a Medicare, Medicaid or plan number (kinds mbi, medicaid, plan), few in lower case."""
    share = rng.random()
    if share < _MBI_SHARE:
        return _write_mbi("mbi", rng, draw_mbi(rng))
    if share < _MBI_SHARE + _MEDICAID_SHARE:
        return _value("medicaid", _in_some_case(rng, fill(rng, pick(rng, MEDICAID))))
    return _value("plan", _in_some_case(rng, fill(rng, pick(rng, PLANS))))


def draw_mbi(rng: Random) -> str:
    """Draw the eleven characters of a Medicare Beneficiary Identifier."""
    return "".join([place[int(rng.random() * len(place))] for place in _MBI_PLACES])


def is_valid(value: Value) -> bool:
    """Say whether an issuer could have given the id.

    Eleven characters with letters beyond a leading prefix must keep to the format of the MBI; any
    other id only has to be of a plausible length, with five digits at least, and no placeholder.
    """
    text = number_of(value).upper()
    if text in _MBI_SAMPLES or is_placeholder(text.rstrip(ascii_uppercase)):
        return False
    if _LIKE_MBI.fullmatch(text):
        return _MBI.fullmatch(text) is not None
    return _GENERAL.fullmatch(text) is not None


def _value(kind: str, text: str, *, telling: bool = False) -> Value:
    return Value("member_id", kind, (Part(text),), telling=telling)


def _write_mbi(kind: str, rng: Random, text: str) -> Value:
    # A card shows it with dashes, a file keeps it without.
    if rng.random() < 0.6:
        return _value(kind, f"{text[:4]}-{text[4:7]}-{text[7:]}", telling=True)
    return _value(kind, _in_some_case(rng, text))


def _in_some_case(rng: Random, text: str) -> str:
    return text.lower() if rng.random() < _LOWER_SHARE else text


def _draw_mbi_bad_letter(rng: Random) -> Value:
    at = pick(rng, _LETTER_PLACES)
    text = draw_mbi(rng)
    return _write_mbi("mbi_bad_letter", rng, text[:at] + pick(rng, _BARRED) + text[at + 1 :])


def _draw_mbi_bad_position(rng: Random) -> Value:
    text = draw_mbi(rng)
    if rng.random() < 0.3:
        return _write_mbi("mbi_bad_position", rng, "0" + text[1:])
    while True:
        at = int(rng.random() * 10)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if not _MBI.fullmatch(swapped):
            return _write_mbi("mbi_bad_position", rng, swapped)


def _draw_sample(rng: Random) -> Value:
    return _value("sample", pick(rng, SAMPLES))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_last_four(rng: Random) -> Value:
    return _value("last_four", pick(rng, ("", "...", "x", "-")) + random_digits(rng, 4))


def _draw_too_short(rng: Random) -> Value:
    return _value("too_short", fill(rng, pick(rng, ("@####", "#####", "@@###", "@@@##", "####@"))))


def _draw_npi(rng: Random) -> Value:
    return _value("npi", draw_npi(rng))


def _named(kind: str, shapes: tuple[str, ...], *nouns: str) -> Lookalike:
    """Make the lookalike that has one of `shapes` and is told by its noun only."""

    def draw_named(rng: Random) -> Value:
        return _value(kind, _in_some_case(rng, fill(rng, pick(rng, shapes))))

    return Lookalike(kind, draw_named, nouns=nouns)


CATEGORY = Category(
    id="member_id",
    description="id an issuer gives a person: health plan, Medicare, Medicaid",
    title="member id",
    draw=draw,
    lookalikes=(
        Lookalike("mbi_bad_letter", _draw_mbi_bad_letter),
        Lookalike("mbi_bad_position", _draw_mbi_bad_position),
        Lookalike("sample", _draw_sample, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("last_four", _draw_last_four, group="incomplete"),
        Lookalike("too_short", _draw_too_short),
        _named("customer", (*_CUSTOMERS, *PLANS), "customer"),
        _named("loyalty", (*_LOYALTIES, *PLANS), "loyalty"),
        _named("session", ("@#@##@##@#@#", "#@##@@#@####", *PLANS), "session"),
        _named("group", _GROUPS, "group"),
        _named("rxbin", ("######",), "rxbin"),
        _named("payer", ("#####", "@@###", "##@##"), "payer"),
        _named("claim", (*_CLAIMS, *PLANS), "claim"),
        _named("mrn", _MRNS, "mrn"),
        Lookalike("npi", _draw_npi, nouns=("npi",)),
        _named("order", (*_ORDERS, *PLANS), "order", "reference"),
        _named("device", (*_DEVICES, *PLANS), "device"),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi-with-format.pdf",
        "https://www.bcbs.com/member-services",
        "https://www.emedny.org/ProviderManuals/AllProviders/General_Policy.aspx",
        "https://www.dhcs.ca.gov/services/medi-cal/Pages/default.aspx",
    ),
    vetoable=(
        *("customer", "loyalty", "claim", "group", "mrn", "order", "reference", "device"),
        "session",
    ),
)
