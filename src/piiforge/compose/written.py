r"""A written line: what a language model wrote, with typed slots where values go.

Slots, the same as in seeds: {{value}} is the value that the line is about ({{value:routing}} and
{{value:account}} the two parts of a bank pair), {{lookalike:NOUN}} a number that is something else,
{{other:CATEGORY}} a real value of another category, {{name}} {{city}} {{company}}, {{digits:N}} N
random digits. Under a veto the subject is the lookalike of the line's noun: once, or twice where
the category is written as a pair (first part, second part).

>>> [(slot.name, slot.detail) for slot in slots_of("ssn={{value}}&order={{lookalike:order}}")]
[('value', ''), ('lookalike', 'order')]
>>> plain("to {{name}}: {{value}}", lambda slot: slot.name.upper())
'to NAME: VALUE'
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from piiforge import categories, jsonl, lines
from piiforge.errors import BadRecord
from piiforge.rng import digest
from piiforge.types import Cue

SLOTS_MODE, FULL_MODE = "slots", "full"
MODES = (SLOTS_MODE, FULL_MODE)
CUES = (Cue.CONFIRM, Cue.VETO, Cue.NEUTRAL, Cue.NONE)
LANGUAGES = ("en", "es", "fr", "zh", "mixed")
EVENTS = ("form_submit", "page_view", "xhr", "chat_message")
NOTATIONS = ("raw", "form", "percent", "json")
MOST_DIGITS = 20  # of a {{digits:N}}
PAIR_ROLES = ("routing", "account")
_SLOT = re.compile(r"\{\{([a-z]+)(?::([A-Za-z0-9_]+))?\}\}")
_BLANKS = re.compile(r"\{\{\s*([a-z]+)\s*(?::\s*([A-Za-z0-9_]+)\s*)?\}\}")
_ESCAPED = re.compile(r"(?i)%7b%7b([a-z]+(?:(?:%3a|:)[a-z0-9_]+)?)%7d%7d")
_SPACE = re.compile(r"\s+")
_BARE = frozenset({"name", "city", "company"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a text: its name, what stands behind the colon, and where it stands."""

    name: str
    detail: str
    start: int
    end: int

    @property
    def is_known(self) -> bool:
        """Whether the grammar has such a slot; names of nouns and categories included."""
        if self.name in _BARE:
            return not self.detail
        if self.name == "digits":
            return self.detail.isdecimal() and 1 <= int(self.detail) <= MOST_DIGITS
        known: Mapping[str, Iterable[str]] = {
            "value": ("", *PAIR_ROLES),
            "lookalike": _nouns(),
            "other": _ids(),
        }
        return self.detail in known.get(self.name, ())


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One accepted line. `text` holds slots and no value.

    `cue` is what the line says of its subject, as the independent reader found it; `noun` is what a
    veto calls it. `notation` is how the line's own writer would escape the subject (a name of
    `lines.ENCODERS`). Mode full: `shape` is how the subject was written ("###-##-####") and
    `claimed` the model's own label, which nothing trusts; "" and None in mode slots. `call` names
    the call that it came from.
    """

    id: str
    mode: str
    category: str
    cue: Cue
    noun: str
    language: str
    event: str
    text: str
    shape: str = ""
    notation: str = "raw"
    claimed: bool | None = None
    call: str = ""


def slots_of(text: str) -> tuple[Slot, ...]:
    """Return the slots of a text in their order, known or not."""
    return tuple(
        Slot(found[1], found[2] or "", found.start(), found.end()) for found in _SLOT.finditer(text)
    )


def subject_of(text: str, cue: Cue, noun: str) -> tuple[Slot, ...]:
    """Return the slots of the value that the line is about, in reading order: none, one or two."""
    if cue is Cue.VETO:
        return tuple(s for s in slots_of(text) if s.name == "lookalike" and s.detail == noun)
    return tuple(slot for slot in slots_of(text) if slot.name == "value")


def is_broken(text: str) -> bool:
    """Say whether double braces are left that make no slot: "{{value" or "{{my value}}".

    Two closing braces may also end two JSON objects, so they count only after an opening pair.
    """
    rest = _SLOT.sub(" ", text)
    return "{{" in rest or ("}}" in rest and "{" not in rest)


def plain(text: str, word: Callable[[Slot], str]) -> str:
    """Return the text with each slot replaced by `word` of it."""
    pieces, at = [], 0
    for slot in slots_of(text):
        pieces += [text[at : slot.start], word(slot)]
        at = slot.end
    return "".join([*pieces, text[at:]])


def tidied(text: str) -> str:
    """Write slots the one way: models add blanks inside, or percent-encode the braces.

    >>> tidied("q=%7B%7Bvalue%7D%7D and {{ name }}")
    'q={{value}} and {{name}}'
    """
    opened = _ESCAPED.sub(lambda found: f"{{{{{unquote(found[1])}}}}}", text.strip())
    return _BLANKS.sub(
        lambda found: f"{{{{{found[1]}{':' + found[2] if found[2] else ''}}}}}", opened
    )


def normalised(text: str) -> str:
    """Return what makes a line the same as another: lower case, runs of white space as one."""
    return _SPACE.sub(" ", text.lower()).strip()


def id_of(category: str, text: str) -> str:
    """Return the line's id, from its normalised text and its category."""
    return f"written-{digest(category, normalised(text)) >> 32:08x}"


def save(path: Path, written: Iterable[WrittenLine]) -> int:
    """Write one JSON object a line; return how many."""
    return jsonl.write(path, (asdict(line) for line in written))


def load(path: Path) -> list[WrittenLine]:
    """Read a `lines.jsonl` back, strictly.

    Raises:
        BadRecord: a line is not a written line, or its id comes twice; names the line.
        AskedWrongly: the file is not there.
    """
    found: list[WrittenLine] = []
    seen: set[str] = set()
    for number, record in enumerate(jsonl.read(path), 1):
        problem = _problem(record)
        if not problem and record["id"] in seen:
            problem = "the id stands in an earlier line."
        if problem:
            raise BadRecord(path, number, problem, "`piiforge write` writes such files.")
        line = _line(record)
        seen.add(line.id)
        found.append(line)
    return found


def _line(record: Mapping[str, object]) -> WrittenLine:
    texts = {name: str(record[name]) for name in _TEXTS if name != "cue"}
    return WrittenLine(
        cue=Cue(str(record["cue"])), claimed=cast("bool | None", record["claimed"]), **texts
    )


_TEXTS = (
    *("id", "mode", "category", "cue", "noun", "language", "event", "text", "shape", "notation"),
    "call",
)


def _problem(record: Mapping[str, object]) -> str:
    """Say what keeps a record from being a written line, "" where nothing does."""
    if set(record) != {*_TEXTS, "claimed"}:
        return f"the keys are not {', '.join(_TEXTS)} and claimed."
    for name in _TEXTS:
        if not isinstance(record[name], str):
            return f"{name} is no text."
    if record["claimed"] is not None and not isinstance(record["claimed"], bool):
        return "claimed is not true, false or null."
    for name, known in _choices().items():
        if record[name] not in known:
            return f"{name} is not one of {', '.join(known) or 'none'}."
    return _slot_problem(_line(record))


def _slot_problem(line: WrittenLine) -> str:
    if is_broken(line.text) or not all(slot.is_known for slot in slots_of(line.text)):
        return "the text holds an unknown slot."
    if line.cue is Cue.VETO and line.noun not in nouns_of(line.category):
        return "noun is none that the category may be taken for."
    if not subject_fits(line.category, subject_of(line.text, line.cue, line.noun), line.cue):
        return "the slots do not fit the cue."
    return ""


def subject_fits(category: str, subject: Sequence[Slot], cue: Cue) -> bool:
    """Say whether these slots are the subject that a line of `category` under `cue` must have."""
    if cue is Cue.NONE:
        return not subject
    if not is_pair(category):
        return (
            len(subject) == 1
            and subject[0].name in {"value", "lookalike"}
            and (cue is Cue.VETO or not subject[0].detail)
        )
    if cue is Cue.VETO:
        return len(subject) == 2
    return sorted(slot.detail for slot in subject) == sorted(PAIR_ROLES)


def is_pair(category: str) -> bool:
    """Say whether values of the category are written as two numbers."""
    return category == "bank_account"


@cache
def nouns_of(category: str) -> tuple[str, ...]:
    """Return what a number shaped like one of `category` may be called instead, in fixed order."""
    asked = categories.get(category)
    named = [noun for look in asked.lookalikes for noun in look.nouns]
    return tuple(dict.fromkeys([*named, *asked.vetoable]))


def _choices() -> Mapping[str, tuple[str, ...]]:
    return {
        "mode": MODES,
        "category": _ids(),
        "cue": tuple(cue.value for cue in CUES),
        "language": LANGUAGES,
        "event": EVENTS,
        "notation": NOTATIONS,
    }


@cache
def _ids() -> tuple[str, ...]:
    return tuple(category.id for category in categories.ALL)


@cache
def _nouns() -> frozenset[str]:
    return frozenset(lines.load().nouns)
