"""Records of trades and carriers, each of which carries the numbers of one category.

A loan file, a claim, an airline's message, the barcode of a licence, a payment message, the log of
a mail server: nothing but the record itself says what the number is. Their shapes, with the
standards that they follow, stand in `data/templates.yaml`; a bank's own records in `form_submit`.
"""

from functools import partial
from random import Random

from piiforge.lines import pen
from piiforge.types import Draft, Format, Scene

_STATES = {"California": "CA", "New York": "NY", "Texas": "TX", "CA": "CA", "NY": "NY", "TX": "TX"}


def _state(scene: Scene, _rng: Random) -> str:
    """Return the state that a field of the scene names, "" for none."""
    return next((_STATES[text] for _, text in scene.fields if text in _STATES), "")


_scanned = pen.template("licence_scan", "form_submit", state=_state).draft


def licence_scan(scene: Scene, rng: Random) -> Draft:
    """Write a scanned licence. Its record names the state; of a scene without one nothing comes."""
    return _scanned(scene, rng) if _state(scene, rng) else Draft("")


_record = partial(pen.template, carries=("fields",), names=True)
FORMATS: tuple[Format, ...] = (
    _record("ssn_mismo", "xhr", only="ssn"),
    _record("ssn_fhir", "xhr", only="ssn"),
    _record("itin_mismo", "xhr", only="itin"),
    _record("card_message", "xhr", only="credit_card"),
    _record("card_gateway", "form_submit", only="credit_card"),
    _record("card_receipt", "xhr", only="credit_card"),
    _record("phone_gateway", "xhr", only="phone"),
    _record("phone_link", "page_view", only="phone"),
    _record("phone_call", "xhr", only="phone"),
    _record("email_delivery", "xhr", only="email"),
    _record("email_link", "page_view", only="email"),
    _record("passport_docs", "xhr", only="passport"),
    Format(
        "licence_scan", "form_submit", licence_scan, only="drivers_license", names=True, plain=True
    ),
    _record("member_claim", "xhr", only="member_id"),
    _record("member_coverage", "xhr", only="member_id"),
)
