"""Values that stand in records of a fixed form, where no word names them.

The form itself says what each place holds: the machine-readable zone of a passport and the airline
message made from it, the barcode on the back of a driver licence, and the enquiry that a clinic
sends to a health plan. Only the countries and states of the policy count.

Sources: ICAO Doc 9303 (machine-readable zone), IATA (SSR DOCS), AAMVA card design standard
(element ids DAQ, DAJ), ASC X12 270 (NM1, qualifiers IL and MI).

>>> [(one.key, one.state) for one in placed("ANSI DAQA0000017 DCSROE DAJCA", "drivers_license")]
[('A0000017', 'CA')]
>>> [one.key for one in placed("NM1*IL*1*ROE*JANE****MI*AB000017~", "member_id")]
['AB000017']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RECORDS = {
    "passport": (
        re.compile(r"(?<![A-Z0-9<])([A-Z0-9][0-9]{8})[0-9]USA[0-9]{7}[MFX<][0-9]{7}"),
        re.compile(r"/P/USA/([A-Z]?[0-9]{8,9})/"),
    ),
    "drivers_license": (re.compile(r"(?<![A-Z])DAQ([A-Z]?[0-9]{7,9})(?![0-9])"),),
    "member_id": (
        re.compile(r"NM1\*IL\*[12]\*(?:[^*~\n]{0,40}\*){5}MI\*([A-Za-z0-9]{6,20})(?![A-Za-z0-9])"),
    ),
}
_HINTS = {"passport": "USA", "drivers_license": "DAQ", "member_id": "NM1*IL*"}
_STATE = re.compile(r"DAJ(CA|NY|TX)(?![A-Z]{3})")


@dataclass(frozen=True, slots=True)
class Placed:
    """A value at its place in a record; `state` is a licence's, else "". Offsets are half-open."""

    key: str
    start: int
    end: int
    state: str


def placed(text: str, category: str) -> Iterator[Placed]:
    """Yield the values of `category` that records in a text hold."""
    if category not in _HINTS or _HINTS[category] not in text:
        return
    issued = _STATE.search(text) if category == "drivers_license" else None
    if category == "drivers_license" and issued is None:
        return
    for record in _RECORDS[category]:
        for match in record.finditer(text):
            yield Placed(match[1], *match.span(1), issued[1] if issued else "")
