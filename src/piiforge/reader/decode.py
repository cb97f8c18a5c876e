"""Undoes what hides a text, layer by layer, as far as it goes.

Each layer is tried only where a cheap test says that it may apply. Transport layers (percent,
backslash, entities, characters, base64) are peeled in place, so keys stay before their values;
spoken numbers give one reading more for each language that fits.

>>> [(r.how, r.text) for r in decode("ssn=%30%30%30-12-3456")]
[('plain', 'ssn=%30%30%30-12-3456'), ('percent', 'ssn=000-12-3456')]
"""

import binascii
import re
from base64 import b64decode

from piiforge.reader.addresses import spoken_addresses
from piiforge.reader.escapes import plain_characters, unentity, unpercent, unslash
from piiforge.reader.records import Reading, joined_how
from piiforge.reader.spoken import spoken_numbers

_MAX_LAYERS = 5
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-.%])([A-Za-z0-9+/_\-]{16,}+)={0,2}(?![\w.])")
_NAMED_BASE64 = re.compile(
    r"""(?i)((?:b64|base_?64|enc(?:oded)?)["']?\s?[:=]\s?["']?)([A-Za-z0-9+/_\-]{8,}+)={0,2}"""
)


def decode(content: str) -> list[Reading]:
    """Return the content as written, then with each layer undone, deepest and spoken last."""
    readings = peel(content)
    settled = readings[-1]
    readings += spoken_numbers(settled)
    address = spoken_addresses(settled.text)
    if address != settled.text:
        readings.append(Reading(address, joined_how(settled.how, "address")))
    return readings


def peel(content: str) -> list[Reading]:
    """Return the content and its transport layers undone; the last is the most decoded."""
    readings = [Reading(content, "plain")]
    for _ in range(_MAX_LAYERS):
        peeled = _peel_one(readings[-1])
        if peeled is None:
            break
        readings.append(peeled)
    return readings


def skeleton(content: str) -> str:
    """Return the content decoded as far as it goes, each digit as '#'; letters stay.

    >>> skeleton("ssn=%30%30%30-12-3456")
    'ssn=###-##-####'
    """
    readings = peel(content)
    settled = spoken_numbers(readings[-1]) or readings
    return "".join("#" if character.isdigit() else character for character in settled[-1].text)


def _peel_one(reading: Reading) -> Reading | None:
    """Undo one layer of each transport encoding; base64 only where nothing else is left."""
    text, how = reading.text, reading.how
    steps = (
        ("percent", "%" in text, unpercent),
        ("escape", "\\" in text, unslash),
        ("entity", "&" in text and ";" in text, unentity),
        ("characters", not text.isascii(), plain_characters),
    )
    for name, may_apply, undo in steps:
        done = undo(text) if may_apply else text
        if done != text:
            text, how = done, joined_how(how, name)
    if text == reading.text:
        text = _BASE64.sub(lambda match: _unbase64(match[1], match[0]), text)
        if "64" in text or "enc" in text or "ENC" in text:
            text = _NAMED_BASE64.sub(lambda match: match[1] + _unbase64(match[2], match[2]), text)
        how = joined_how(how, "base64")
    return Reading(text, how) if text != reading.text else None


def _unbase64(token: str, written: str) -> str:
    """Return what a token holds, or it as `written` where that is no readable text."""
    if (
        token.isdigit()
        or token.islower()
        or token.isupper()
        or len(token) % 4 == 1
        or token.count("-") > 2
    ):
        return written
    padded = token.replace("-", "+").replace("_", "/") + "=" * (-len(token) % 4)
    try:
        text = b64decode(padded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return written
    return text if text.isprintable() and _says_something(text) else written


def _says_something(text: str) -> bool:
    """Whether a decoded token may hold a value: random bytes rarely are plain and hold a digit."""
    return any(character.isdigit() or character == "@" for character in text)
