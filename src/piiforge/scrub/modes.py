"""What is written in the place of a value: by category, masked, labelled, a pseudonym, or nothing.

A pseudonym is an HMAC (SHA-256) of the category and of the value as it reads without its disguise,
so that `666-12-3456` and `%36%3612 3456` get one token under one key, and nobody without the key
can try all numbers. It is written in letters, since digits under a key that names a number would be
one again. With `keep_format` it has the form of the value, out of ranges that are never issued:
group 00 of an SSN or ITIN, a card whose check digit fails, a routing number that no bank has, a
North American number of 555-01, a mailbox at example.com; letters for digits where a category has
no such range. These ranges are small: two values can come to one text (a number of 555-01 has
80,000).

Sources:
    RFC 2104 (HMAC); https://www.ssa.gov/employer/stateweb.htm (group 00); RFC 2606 (example.com);
    https://nationalnanpa.com (555-0100 to 555-0199)

>>> modes = Modes({"": "pseudonym", "ssn": "label"}, key=b"sixteen bytes ok")
>>> modes.written("ssn", "666123456", "666-12-3456")
'<ssn>'
>>> modes.written("phone", "12025550100", "a") == modes.written("phone", "2025550100", "b")
True
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import yaml

from piiforge.errors import AskedWrongly, UnknownName

MASK, LABEL, PSEUDONYM, DROP = "mask", "label", "pseudonym", "drop-key"
MODES = (MASK, LABEL, PSEUDONYM, DROP)
FEWEST_KEY_BYTES = 16
_LETTERS = "bcdfghjklmnpqrst"  # sixteen without a vowel: no word, and no number in any language
_TOKEN_BYTES = 8
_SHOWN = ("credit_card", "bank_account")  # their last four stay
_FEWEST_SHOWN = 8  # of a number shorter than that, four would be too much of it
_CARD = range(12, 20)


@dataclass(frozen=True, slots=True)
class Modes:
    """The mode of each category; that of "" is for all others. `key` is for pseudonyms."""

    by_category: Mapping[str, str] = field(default_factory=dict)
    key: bytes = b""
    keep_format: bool = False

    def of(self, category: str) -> str:
        """Return the mode of a category."""
        return self.by_category.get(category) or self.by_category.get("", LABEL)

    def written(self, category: str, canonical: str, piece: str) -> str:
        """Return what is written for `piece`, a value of a category as it reads decoded.

        `canonical` is the value without its signs and its disguise. To be dropped, it gets its
        label here: where it has no key, that is what stays.
        """
        match self.of(category):
            case "mask":
                return _masked(category, piece)
            case "pseudonym":
                digest = self._digest(category, canonical)
                shaped = _shaped(category, piece, digest) if self.keep_format else ""
                return shaped or f"<{category}:{token_of(digest)}>"
        return f"<{category}>"

    def plainer(self, category: str, canonical: str, _piece: str) -> str:
        """Return what is written where the detector still sees a value in the first text."""
        if self.of(category) == PSEUDONYM:
            return f"<{category}:{token_of(self._digest(category, canonical))}>"
        return f"<{category}>"

    def _digest(self, category: str, canonical: str) -> bytes:
        said = f"{category}\x00{_same(category, canonical)}".encode("utf-8", "replace")
        return hmac.digest(self.key, said, "sha256")


def token_of(digest: bytes) -> str:
    """Return the first eight bytes of a digest in letters."""
    return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in digest[:_TOKEN_BYTES])


def modes_of(words: Sequence[str], categories: Iterable[str]) -> dict[str, str]:
    """Return the modes that words say: MODE for all, CATEGORY=MODE, or a YAML file of such.

    Raises:
        UnknownName: no such mode or category.
        AskedWrongly: a file that can't be read as a map of modes.
    """
    known = tuple(categories)
    found: dict[str, str] = {}
    for word in words:
        name, sign, mode = word.rpartition("=")
        if not sign and word not in MODES and word.endswith((".yaml", ".yml")):
            for each, said in _file(Path(word)).items():
                found[_category("" if each == "default" else each, known)] = _mode(said)
        else:
            found[_category(name, known)] = _mode(mode)
    return found


def _category(name: str, known: Sequence[str]) -> str:
    if name and name not in known:
        raise UnknownName("category", name, known, "--mode")
    return name


def _mode(name: str) -> str:
    if name not in MODES:
        raise UnknownName("mode", name, MODES, "--mode")
    return name


def _file(path: Path) -> Mapping[str, str]:
    hint = "It holds lines such as `ssn: label`; `default: mask` is for all others."
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AskedWrongly(f"{path} can't be read as YAML.", hint) from error
    if not isinstance(said, dict) or not all(
        isinstance(one, str) for each in said.items() for one in each
    ):
        raise AskedWrongly(f"{path} is no map of categories to modes.", hint)
    return cast("Mapping[str, str]", said)


def _same(category: str, canonical: str) -> str:
    """Return one text for all ways to write a value: with its country code or without."""
    bare = re.sub(r"[\W_]", "", canonical).lower() if category != "email" else canonical.lower()
    return bare[1:] if category == "phone" and len(bare) == 11 and bare[0] == "1" else bare


def _masked(category: str, piece: str) -> str:
    signs = [at for at, sign in enumerate(piece) if sign.isalnum()]
    shown = category in _SHOWN and len(signs) >= _FEWEST_SHOWN
    kept = set(signs[-4:]) if shown and all(piece[at].isdigit() for at in signs) else set()
    return "".join(
        sign if at in kept or not sign.isalnum() else "*" for at, sign in enumerate(piece)
    )


def _shaped(category: str, piece: str, digest: bytes) -> str:
    """Return a text of the form of `piece` that is no value; "" where there is none."""
    digits = [sign for sign in piece if sign.isdigit()]
    drawn = _digits(digest, len(digits))
    match category:
        case "email":
            return f"{token_of(digest)}@example.com"
        case "ssn" | "itin" if len(digits) == 9:
            return _filled(piece, f"{'9' if category == 'itin' else '0'}{drawn[1:3]}00{drawn[5:]}")
        case "credit_card" if len(digits) in _CARD:
            body = "0" + drawn[1:-1]
            return _filled(piece, body + str((_check_digit(body) + 1 + int(drawn[-1]) % 9) % 10))
        case "bank_account":
            return _filled(piece, "99" + drawn[2:] if len(digits) == 9 else drawn)
        case "phone" if len(digits) in {10, 11} and (len(digits) == 10 or digits[0] == "1"):
            area = str(200 + int.from_bytes(digest[8:10]) % 800)
            return _filled(piece, "1" * (len(digits) - 10) + f"{area}55501{drawn[:2]}")
        case "passport" | "drivers_license" | "member_id":
            return _filled(piece, [_LETTERS[int(each)] for each in drawn])
    return ""


def _digits(digest: bytes, count: int) -> str:
    number = int.from_bytes(hashlib.sha256(digest).digest() + digest)
    return str(number)[-count:].rjust(count, "0") if count else ""


def _filled(piece: str, digits: Sequence[str]) -> str:
    """Return `piece` with `digits` in the place of its own, letters as `x`."""
    left = iter(digits)
    return "".join(next(left, "0") if sign.isdigit() else sign for sign in piece)


def _check_digit(body: str) -> int:
    """Return the digit that makes a number pass Luhn.

    >>> _check_digit("411111111111111")
    1
    """
    total = 0
    for at, sign in enumerate(reversed(body)):
        doubled = int(sign) * 2 if at % 2 == 0 else int(sign)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10
