"""What this room hands out: a `Seed` is what may be kept of somebody's test line.

A slot stands where something was: `{{value}}` the value that the text is about, `{{value:routing}}`
and `{{value:account}}` the halves of a bank pair, `{{other:CATEGORY}}` a value of another category,
`{{name}}` `{{city}}` `{{company}}`, `{{date}}` and `{{time}}` a day and an hour of whatever form,
and `{{digits:N}}` N digits. Written lines of other rooms have `{{lookalike:NOUN}}` too; a seed has
none, since nobody told which noun was meant.

>>> shape_of("000-12-3456", "ssn"), shape_of("A1234567", "drivers_license")
('###-##-####', 'a#######')
>>> shape_of("078 05 112", "ssn")   # too few digits to be one
''
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import cast

from piiforge import files
from piiforge.errors import BadRecord, near
from piiforge.types import EVENTS, PURE_LANGUAGES, Cue

CATEGORIES = (
    "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport", "drivers_license",
    "member_id",
)  # fmt: skip
KINDS = ("sentence", "key", "line", "shape")
REASONS = cast("Mapping[str, str]", files.shipped_yaml(__package__, "data/reasons.yaml"))
"""Why a piece of a file came to no seed."""
_REMEDIES = cast("Mapping[str, str]", files.shipped_yaml(__package__, "data/remedies.yaml"))
SLOT = re.compile(
    r"\{\{(?:value(?::(?:routing|account))?|name|city|company|date|time|digits:(?:[1-9]|1[0-9]|20)"
    rf"|other:(?:{'|'.join(CATEGORIES)}))\}}\}}"
)
BRACED = re.compile(r"\{\{([^{}]{0,60})\}\}")
_FORMS: Mapping[str, str] = {
    "ssn": "#{9}",
    "itin": "#{9}",
    "credit_card": "#{13,19}",
    "phone": "#{7,15}",
    "passport": "a#{8}|#{9}",
    "drivers_license": "a#{7}|#{8,9}",
    "member_id": "(?=(?:a*#){4})(?!(?:#*a){13})[#a]{6,20}",  # four digits, at most twelve letters
    "routing": "#{9}",
    "account": "#{4,17}",
}
"""What a value of each category is, its separators left off: # is a digit, a is a letter."""
_WRITTEN = re.compile(r"\+?[(]?[#a]+(?:[ \-./()_·]{1,3}[#a]+)*")
_LONGEST = 32


def shape_of(written: str, category: str) -> str:
    """Return the shape of a value as it is written, "" where none is worth keeping.

    None is for e-mail addresses, whose lengths say something of a name, for what doesn't fit the
    category's count of digits and letters, and for separators that are out of the common.
    """
    shape = "".join("#" if c.isdigit() else "a" if c.isalpha() else c for c in written)
    signs = "".join(sign for sign in shape if sign in "#a")
    if len(shape) > _LONGEST or not _WRITTEN.fullmatch(shape):
        return ""
    if category not in _FORMS or not re.fullmatch(_FORMS[category], signs):
        return ""
    # a document's letter comes first, with nothing before it
    return shape if "a" not in signs or category == "member_id" or shape[0] == "a" else ""


def pair_shape(routing: str, account: str) -> str:
    """Return the shapes of a bank pair's halves, joined by "|"; "" where one has none."""
    halves = shape_of(routing, "routing"), shape_of(account, "account")
    return "|".join(halves) if all(halves) else ""


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
    shape: str
    taken: tuple[Taken, ...]
    cue_words: tuple[str, ...] = ()
    language: str = "en"
    notation: str = "raw"
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
        counts = Counter((seed.kind, seed.category) for seed in self.seeds)
        found: dict[str, dict[str, int]] = {}
        for kind, category in sorted(counts, key=lambda one: (KINDS.index(one[0]), one[1])):
            found.setdefault(kind, {})[category] = counts[kind, category]
        return found

    @property
    def advice(self) -> str:
        """What to do where there is no seed at all, "" where there are some."""
        if self.seeds:
            return ""
        if not self.rejected:
            return _REMEDIES["no_value"]
        commonest = max(self.rejected, key=lambda reason: self.rejected[reason])
        remedy = _REMEDIES.get(commonest, _REMEDIES["other"])
        return f"Most were refused as {commonest}: {REASONS[commonest]}. {remedy}"

    def record(self) -> dict[str, object]:
        """Return the counts, for machines, and what to do where there is no seed."""
        return {
            **({"advice": self.advice} if self.advice else {}),
            "read": self.read,
            "used": self.used,
            "seeds": len(self.seeds),
            "kept": self.kept,
            "rejected": dict(self.rejected),
            "unfinished": list(self.unfinished),
        }


_FIELDS = tuple(field.name for field in fields(Seed))
_FAMILY = re.compile(r"seed-[0-9a-f]{8}")
_SHAPE = re.compile(r"[#a +\-./()_·|]*")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "category": CATEGORIES,
    "cue": tuple(map(str, Cue)),
    "language": PURE_LANGUAGES,
    "event": ("", *EVENTS),
    "notation": ("raw", "form", "percent", "json"),
}
_FIX = "Read the file again with `piiforge seeds`."


def write(path: Path, harvest: Harvest, *, force: bool = False) -> None:
    """Write the seeds of a harvest to `path`, whole or not at all.

    Raises:
        FolderExists: `path` is there and `force` is not set.
    """
    with files.draft(path, force=force) as part:
        files.write(part, map(asdict, harvest.seeds))


def shipped() -> Path:
    """Return the file of seeds that comes with the package, from presidio-analyzer's patterns."""
    return Path(str(resources.files(__package__) / "shipped" / "presidio.jsonl"))


def load(path: Path) -> tuple[Seed, ...]:
    """Read a file of seeds.

    Raises:
        AskedWrongly: the file is not there.
        BadRecord: a line is no seed; names the line and the field.
    """
    return tuple(_seed(path, number, record) for number, record in files.numbered(path))


def _seed(path: Path, number: int, record: Mapping[str, object]) -> Seed:
    for name in record:
        if name not in _FIELDS:
            known = f"Known: {', '.join(_FIELDS)}."
            raise BadRecord(path, number, "a field that no seed has.", known)
    for name, choices in _CHOICES.items():
        found = record.get(name)
        if isinstance(found, str) and found not in choices:
            hint = near(found, filter(None, choices))
            raise BadRecord(path, number, f"an unknown {name}.", hint)
    seed = files.parsed(record, Seed, path, number, _FIX)
    if problem := _problem(seed):
        raise BadRecord(path, number, problem, _FIX)
    if any(not SLOT.fullmatch(match[0]) for match in BRACED.finditer(seed.text)):
        hint = "See docs: {{value}}, {{name}}, ..."
        raise BadRecord(path, number, "an unknown slot in text.", hint)
    return seed


def _problem(seed: Seed) -> str:
    if not _FAMILY.fullmatch(seed.family):
        return "family is not seed- and 8 hex digits."
    if not _SHAPE.fullmatch(seed.shape):
        return "shape has other signs than #, a and separators."
    if seed.kind in {"sentence", "line"} and "{{value" not in seed.text:
        return "text has no {{value}}."
    if seed.kind == "key" and not seed.text:
        return "a key without words."
    if seed.kind == "shape" and not seed.shape:
        return "a shape seed without a shape."
    return ""
