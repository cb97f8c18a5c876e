"""A candidate with its cue: how every finder hands out what it has seen."""

from piiforge.reader.cues import cue_of
from piiforge.reader.fields import place_of
from piiforge.reader.folding import word_set
from piiforge.reader.records import Finding, Reading
from piiforge.types import Cue

_AROUND = 160
_VALID = word_set("valid role partial_mask")
_FORMLESS = word_set("shape prefix luhn domain local file url repository amount")


def glued(text: str, start: int) -> bool:
    """Whether a letter or digit is tied to the value's front: "AB-123", "slug_123"."""
    return start > 1 and text[start - 1] in "-_" and text[start - 2].isalnum()


def finding(
    category: str, reading: Reading, start: int, end: int, key: str, reason: str, *, telling: bool
) -> Finding:
    """Return the finding at `start` to `end` of the reading, with its cue.

    The cue is NONE, and is not looked for, where not even the form fits.
    """
    text = reading.text
    if reason in _FORMLESS:
        return Finding(category, key, False, reason, Cue.NONE, telling, reading.how, start, end)
    nearby = text[max(0, start - _AROUND) : end + _AROUND] if category == "member_id" else ""
    cue = cue_of(place_of(text, start, end), category, nearby)
    if cue is not Cue.CONFIRM and category != "email" and glued(text, start):
        cue = Cue.VETO
    return Finding(category, key, reason in _VALID, reason, cue, telling, reading.how, start, end)
