"""What stands in a slot while a cue is read: nobody's numbers, in memory only.

Whatever was taken out of a text with the value (a key with a number in it, a name) may have held
its cue. So a cut text is read once more with fillers in its slots, and is refused where the cue
isn't what it was.
"""

from piiforge.seeds.cuewords import cue_in
from piiforge.seeds.records import BRACED, Cut

FILLERS: dict[str, str] = {
    "ssn": "000-12-3456",
    "itin": "900-93-0000",
    "credit_card": "4111 1111 1111 1111",
    "phone": "202-555-0123",
    "email": "name@example.com",
    "passport": "000000000",
    "drivers_license": "A0000000",
    "member_id": "000000000",
    "routing": "000000000",
    "account": "0000000000",
}
"""What stands in a placeholder's place while the cue is read: nobody's numbers."""
_WORDS = {"name": "Someone", "city": "Springfield", "company": "Someone"}


def keeps_cue(cut: Cut) -> bool:
    """Whether the reader sees the cue of a cut text in what is left of it."""
    out: list[str] = []
    start = end = size = at = 0
    for slot in BRACED.finditer(cut.text):
        filler = _filler(slot[1], cut.category)
        out += [cut.text[at : slot.start()], filler]
        size += slot.start() - at
        if slot[1].startswith("value") and not end:
            start, end = size, size + len(filler)
        size += len(filler)
        at = slot.end()
    text = "".join([*out, cut.text[at:]])
    return cue_in(text, start, end, cut.category) is cut.cue


def _filler(slot: str, category: str) -> str:
    """Return what stands in a slot ("value", "other:phone", "digits:4", "name")."""
    name, _, detail = slot.partition(":")
    if name == "digits":
        return "7" * int(detail)
    if name == "value":
        return FILLERS[detail or category]
    return FILLERS.get(detail, "0") if name == "other" else _WORDS[name]
