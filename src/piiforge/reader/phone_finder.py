"""Finds telephone numbers: international, North American, vanity, and national ones under a cue."""

import re
from collections.abc import Iterator
from dataclasses import replace

from piiforge.reader.cued import finding
from piiforge.reader.folding import fold
from piiforge.reader.lexicon import may_name
from piiforge.reader.numbers import Number, masks, numbers, told_apart
from piiforge.reader.phones import nanp_reason, national_reason, on_keypad, world_reason
from piiforge.reader.records import Finding, Reading
from piiforge.reader.validators import filler
from piiforge.types import Cue, key_of

_SHAPES = ((3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (2, 3, 3, 4))
_LENGTHS = range(8, 18)
_TAIL = re.compile(r"[ \-./()]{0,3}[0-9][0-9 \-./()]{0,20}\+")  # reversed: inside a +… number
_FORM_PLUS = re.compile(r"[A-Za-z,:.]\+[A-Za-z]")
_VANITY_HINT = re.compile(r"[2-9][0-9]{2}\)?[ \-.](?:[A-Z]{2}|[0-9]{3}[\-.][A-Z]{4})")
_VANITY = re.compile(
    r"(?:\+?1[ \-.]?)?\(?([2-9][0-9]{2})\)?[ \-.]"
    r"((?:[A-Z]{7,9}|[A-Z]{2,5}[\-.][A-Z]{2,6}|[0-9]{3}[\-.][A-Z]{4}|[A-Z]{3}[\-.][0-9]{4}))"
)


def phones(reading: Reading) -> Iterator[Finding]:
    """Yield every candidate, the ones with extensions without them."""
    text = reading.text
    asked = may_name(("phone",), fold(text))
    for number in numbers(text, _LENGTHS, _SHAPES):
        if not told_apart(number) and not _TAIL.match(
            text[max(0, number.start - 24) : number.start][::-1]
        ):
            yield from _judged(reading, number, asked=asked)
    for match in _VANITY.finditer(text) if _VANITY_HINT.search(text) else ():
        found = _vanity(reading, match)
        if found is not None:
            yield found
    for mask in masks(text):
        if 7 <= mask.length <= 15:
            key = key_of(mask.text)
            yield finding("phone", reading, mask.start, mask.end, key, "masked", telling=False)


def _judged(reading: Reading, number: Number, *, asked: bool) -> Iterator[Finding]:
    text, digits = reading.text, number.digits
    plus = number.before == "+" and not text[number.start - 2 : number.start - 1].isalnum()
    if plus or (digits.startswith(("00", "011")) and len(digits) > 10):
        if "(0)" in text[number.start : number.end]:  # +44 (0)20: the zero is not dialled
            digits = key_of(text[number.start : number.end].replace("(0)", ""))
        bare = digits if plus else digits[3 if digits.startswith("011") else 2 :]
        reason = world_reason(bare) if 8 <= len(bare) <= 15 else "shape"
        if reason != "shape" or (plus and not _spaces_are_plus(text, number.start)):
            yield _found(reading, number, bare, reason, telling=plus)
            return
    local = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(local) == 10:
        reason = "placeholder" if filler(digits[-8:]) else nanp_reason(local)
        at_home = number.shape in _SHAPES or (len(number.shape) == 1 and local is digits)
        if reason in {"valid", "placeholder", "fictional"} or (at_home and local[0] != "0"):
            yield _found(reading, number, digits, reason, telling=_telling(text, number))
            return
    if asked and len(digits) <= 13:
        yield from _national(reading, number)


def _spaces_are_plus(text: str, start: int) -> bool:
    """Whether the text around is form-encoded, so that a + may be a space."""
    return _FORM_PLUS.search(text, max(0, start - 60), start + 60) is not None


def _national(reading: Reading, number: Number) -> Iterator[Finding]:
    """A number of another country, written as at home: only a cue makes it one."""
    found = _found(reading, number, number.digits, "valid", telling=False)
    if found.cue is not Cue.CONFIRM:
        return
    reason = national_reason(number.digits)
    if reason == "shape" and len(number.digits) > 10:
        reason = world_reason(number.digits)
    key = number.digits.removeprefix("0")  # the zero is no part of it from abroad
    yield replace(found, key=key, valid=reason == "valid", reason=reason)


def _telling(text: str, number: Number) -> bool:
    """Whether brackets or dashes stand where a North American number has them."""
    if number.shape not in {(3, 3, 4), (1, 3, 3, 4)}:
        return False
    written = text[number.start : number.end]
    bracketed = ")" in written and text[number.start - 1 : number.start + 3].count("(") > 0
    return bracketed or number.between == "-"


def _found(reading: Reading, number: Number, key: str, reason: str, *, telling: bool) -> Finding:
    return finding("phone", reading, number.start, number.end, key, reason, telling=telling)


def _vanity(reading: Reading, match: re.Match[str]) -> Finding | None:
    text = reading.text
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if (before.isascii() and before.isalnum()) or (after.isalnum() and after.isascii()):
        return None
    digits = key_of(on_keypad(match[0]))
    area = digits[1:4] if digits[0] == "1" else digits[:3]
    local = (digits[1:] if digits[0] == "1" else digits)[:10]
    telling = area[0] == "8" or match[0].startswith(("1", "+"))
    return finding("phone", reading, *match.span(), digits, nanp_reason(local), telling=telling)
