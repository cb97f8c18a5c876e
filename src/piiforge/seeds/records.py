"""What this room hands out: a `Seed` is what may be kept of somebody's test line.

A slot stands where something was: `{{value}}` the value that the text is about, `{{value:routing}}`
and `{{value:account}}` the halves of a bank pair, `{{other:CATEGORY}}` a value of another category,
`{{name}}` `{{city}}` `{{company}}`, and `{{digits:N}}` N digits. Written lines of other rooms have
`{{lookalike:NOUN}}` too; a seed has none, since nobody told which noun was meant.

>>> shape_of("000-12-3456", "ssn"), shape_of("A1234567", "drivers_license")
('###-##-####', 'a#######')
>>> shape_of("078 05 112", "ssn")   # too few digits to be one
''
"""

import itertools
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files as package_files
from pathlib import Path

from piiforge import files
from piiforge.errors import BadRecord, near
from piiforge.types import Cue

# How a value was written, without the value: # for a digit, a for a letter, separators kept.


_COUNTS: dict[str, tuple[range, range]] = {
    "ssn": (range(9, 10), range(1)),
    "itin": (range(9, 10), range(1)),
    "credit_card": (range(13, 20), range(1)),
    "phone": (range(7, 16), range(1)),
    "passport": (range(8, 10), range(2)),
    "drivers_license": (range(7, 10), range(2)),
    "member_id": (range(4, 21), range(13)),
    "routing": (range(9, 10), range(1)),
    "account": (range(4, 18), range(1)),
}
"""How many digits and how many letters a value of each category has."""
_WRITTEN = re.compile(r"\+?[(]?[#a]+(?:[ \-./()_·]{1,3}[#a]+)*")
_LONGEST = 32
_WIDTHS = {("passport", 1): 8, ("passport", 0): 9, ("drivers_license", 1): 7}


def shape_of(written: str, category: str) -> str:
    """Return the shape of a value as it is written, "" where none is worth keeping.

    None is for e-mail addresses, whose lengths say something of a name, for what doesn't fit the
    category's count of digits and letters, and for separators that are out of the common.
    """
    shape = "".join(map(_sign, written))
    if category not in _COUNTS or len(shape) > _LONGEST or not _WRITTEN.fullmatch(shape):
        return ""
    digits, letters = shape.count("#"), shape.count("a")
    some_digits, some_letters = _COUNTS[category]
    if digits not in some_digits or letters not in some_letters:
        return ""
    if category == "member_id" and digits + letters not in range(6, 21):
        return ""
    width = _WIDTHS.get((category, letters), digits)
    if digits != width or (category == "passport" and letters and shape[0] != "a"):
        return ""
    return "" if category == "drivers_license" and digits == 7 and shape[0] != "a" else shape


def pair_shape(routing: str, account: str) -> str:
    """Return the shapes of a bank pair's halves, joined by "|"; "" where one has none."""
    halves = shape_of(routing, "routing"), shape_of(account, "account")
    return "|".join(halves) if all(halves) else ""


def _sign(character: str) -> str:
    if character.isdigit():
        return "#"
    return "a" if character.isalpha() else character


CATEGORIES = (
    "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport", "drivers_license",
    "member_id",
)  # fmt: skip
KINDS = ("sentence", "key", "line", "shape")
LANGUAGES = ("en", "es", "fr", "zh")
EVENTS = ("form_submit", "page_view", "xhr", "chat_message")
NOTATIONS = ("raw", "form", "percent", "json")
REASONS: Mapping[str, str] = {
    "no_value": "holds no value of any category",
    "spoken": "a number or an address is spelled out in words",
    "spelled": "letters are spelled out one by one",
    "split": "a value stands in two fields",
    "masked": "what stands there is hidden already",
    "unknown_slot": "a placeholder that our table doesn't know",
    "unknown_word": "a word that is in no vocabulary of ours, so perhaps somebody's",
    "name_left": "a name may be left, or too many were taken out",
    "handle": "a user's handle or half an address",
    "address": "a street address",
    "script": "a script that we have no words of",
    "digits": "too many single digits stand about",
    "escaped": "more than the value is escaped, so the line can't be written again",
    "cue_lost": "what named the value went out with something else",
    "signs": "control signs, or double braces that are no slot",
    "too_short": "too few words to be speech, and no shape worth keeping",
    "too_long": "over 2,000 characters",
    "too_many": "over 64 slots",
    "uneven": "a column whose cells are of no one category",
    "residue": "five characters in a row of some value are left",
    "duplicate": "the same family again",
}
"""Why a piece of a file came to no seed."""
SLOT = re.compile(
    r"\{\{(?:value(?::(?:routing|account))?|name|city|company|digits:(?:[1-9]|1[0-9]|20)"
    rf"|other:(?:{'|'.join(CATEGORIES)}))\}}\}}"
)
BRACED = re.compile(r"\{\{([^{}]{0,60})\}\}")


@dataclass(frozen=True, slots=True)
class Seed:
    """One pattern: what stood around a value and how it was written, without the value.

    `kind`: "sentence" (speech around a value), "key" (a field's name), "line" (a whole log line) or
    "shape" (only a way of writing). `cue` is seen from `category`. `text` has slots; for a key it
    is the field's words, for a shape "". `event` is set for lines, `cue_words` are the words that
    make the cue. `shape` has # for a digit and a for a letter, the halves of a bank pair joined
    by "|"; "" where none is worth keeping. `notation` names how a value is escaped in a line.
    `source` is the file's name, without its folder.
    """

    family: str
    kind: str
    category: str
    cue: Cue
    language: str
    event: str
    text: str
    cue_words: tuple[str, ...]
    shape: str
    notation: str
    source: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that was taken out of a text: by which slot, and how it stood there.

    `start` and `end` are half-open offsets in the decoded text, `key` is as `types.key_of` gives it
    (pairs joined by "|"), for comparison in memory only: it is never written.
    """

    slot: str
    category: str
    shape: str
    cue: Cue
    valid: bool
    start: int
    end: int
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cut:
    """A text under the knife: `text` with slots, and every value that was found, in text order.

    `cue`, `cue_words` and `shape` are those of the subject, seen from `category`. `names` are the
    words that became `{{name}}`, `{{city}}` or `{{company}}`, for the second pass; never written.
    """

    category: str
    text: str
    cue: Cue
    cue_words: tuple[str, ...]
    shape: str
    language: str
    notation: str
    taken: tuple[Taken, ...]
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that comes to no seed; `reason` is one of REASONS."""

    reason: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """What some files came to: seeds in the order to be written, and what was refused and why.

    `read` counts pieces: a text, a template, a string or a column. Each was `used` or rejected for
    one reason, so `read` is `used` and all of `rejected`; a piece may come to several seeds (a
    column: a key and its shapes). `unfinished` are the files that were not read to
    their end, since enough was found in them.
    """

    seeds: tuple[Seed, ...]
    read: int
    used: int
    rejected: Mapping[str, int]
    unfinished: tuple[str, ...] = ()

    @property
    def kept(self) -> dict[str, dict[str, int]]:
        """How many seeds there are by kind and category."""
        counts: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        for seed in self.seeds:
            of_kind = counts[seed.kind]
            of_kind[seed.category] = of_kind.get(seed.category, 0) + 1
        return {kind: dict(sorted(of_kind.items())) for kind, of_kind in counts.items() if of_kind}

    def record(self) -> dict[str, object]:
        """Return the counts, for machines."""
        return {
            "read": self.read,
            "used": self.used,
            "seeds": len(self.seeds),
            "kept": self.kept,
            "rejected": dict(self.rejected),
            "unfinished": list(self.unfinished),
        }


# Seeds on file: one JSON object a line, written whole or not at all, read back strictly.


_FIELDS = tuple(field.name for field in fields(Seed))
_FAMILY = re.compile(r"seed-[0-9a-f]{8}")
_SHAPE = re.compile(r"[#a +\-./()_·|]*")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "category": CATEGORIES,
    "cue": tuple(Cue),
    "language": LANGUAGES,
    "event": ("", *EVENTS),
    "notation": NOTATIONS,
}
_FIX = "Read the file again with `piiforge seeds`."


def write(path: Path, harvest: Harvest, *, force: bool = False) -> None:
    """Write the seeds of a harvest to `path`, whole or not at all.

    Raises:
        FolderExists: `path` is there and `force` is not set.
    """
    files.refuse_existing(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        files.write(draft, (asdict(seed) for seed in harvest.seeds))
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(path: Path) -> tuple[Seed, ...]:
    """Read a file of seeds.

    Raises:
        AskedWrongly: the file is not there.
        BadRecord: a line is no seed; names the line and the field.
    """
    return tuple(_seed(path, number, record) for number, record in _numbered(path))


def shipped() -> Path:
    """Return the file of seeds that comes with the package, from presidio-analyzer's patterns."""
    return Path(str(package_files("piiforge.seeds") / "shipped" / "presidio.jsonl"))


def _numbered(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the records with the numbers of their lines: blank ones count."""
    records = files.read(path)
    first = next(records, None)  # raises where there is no file
    if first is None:
        return
    with path.open("rb") as lines:
        numbers = (number for number, line in enumerate(lines, 1) if line.strip())
        yield from zip(numbers, itertools.chain([first], records), strict=True)


def _seed(path: Path, number: int, record: Mapping[str, object]) -> Seed:
    missing = [name for name in _FIELDS if name not in record]
    strange = [name for name in record if name not in _FIELDS]
    if missing:
        raise BadRecord(path, number, f"{missing[0]} is missing.", _FIX)
    if strange:
        raise BadRecord(path, number, "a field that no seed has.", f"Known: {', '.join(_FIELDS)}.")
    words = record["cue_words"]
    texts = {name: record[name] for name in _FIELDS if name != "cue_words"}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise BadRecord(path, number, f"{name} is no string.", _FIX)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadRecord(path, number, "cue_words is no list of strings.", _FIX)
    made = {name: str(text) for name, text in texts.items()}
    _check(path, number, made)
    cue = Cue(made.pop("cue"))
    return Seed(**made, cue=cue, cue_words=tuple(map(str, words)))


def _check(path: Path, number: int, made: Mapping[str, str]) -> None:
    for name, known in _CHOICES.items():
        if made[name] not in known:
            raise BadRecord(
                path, number, f"an unknown {name}.", near(made[name], filter(None, known))
            )
    if not _FAMILY.fullmatch(made["family"]):
        raise BadRecord(path, number, "family is not seed- and 8 hex digits.", _FIX)
    if not _SHAPE.fullmatch(made["shape"]):
        raise BadRecord(path, number, "shape has other signs than #, a and separators.", _FIX)
    if any(not SLOT.fullmatch(match[0]) for match in BRACED.finditer(made["text"])):
        raise BadRecord(
            path, number, "an unknown slot in text.", "See docs: {{value}}, {{name}}, ..."
        )
    if made["kind"] in {"sentence", "line"} and "{{value" not in made["text"]:
        raise BadRecord(path, number, "text has no {{value}}.", _FIX)
    if made["kind"] == "key" and not made["text"]:
        raise BadRecord(path, number, "a key without words.", _FIX)
    if made["kind"] == "shape" and not made["shape"]:
        raise BadRecord(path, number, "a shape seed without a shape.", _FIX)
