"""What this room hands out: a `Seed` is what may be kept of somebody's test line.

A slot stands where something was: `{{value}}` the value that the text is about, `{{value:routing}}`
and `{{value:account}}` the halves of a bank pair, `{{other:CATEGORY}}` a value of another category,
`{{name}}` `{{city}}` `{{company}}`, and `{{digits:N}}` N digits. Written lines of other rooms have
`{{lookalike:NOUN}}` too; a seed has none, since nobody told which noun was meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from piiforge.types import Cue

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
