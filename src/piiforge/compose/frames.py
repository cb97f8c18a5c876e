"""Frames: what other sources give to a row, as one record, whether a seed or a written line.

A frame is the text around a value, a key name or a way of writing; the value, its label and all
else are ours. `suits` says which planned rows it may carry: those whose cue, language and event are
its own. What its cue is was read back from the line by `reader` before it came here; a row made of
it is read once more when it is finished. A written line is what a language model wrote, with typed
slots where values go.

Slots, the same in both: {{value}} is the value that the line is about ({{value:routing}} and
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
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from piiforge import categories, files, lines, seeds
from piiforge.compose.spec import CHAT, CUE_TWIN, FIELDS, PLAIN, TEXT, TURNS, Spec
from piiforge.errors import BadRecord
from piiforge.rng import child, digest
from piiforge.types import EVENTS, LANGUAGES, SEEDS, WRITTEN, Cue

SLOTS_MODE, FULL_MODE = MODES = ("slots", "full")
SENTENCE, KEY, LINE, SHAPE = "sentence", "key", "line", "shape"
VALUE, LOOKALIKE, OTHER = "value", "lookalike", "other"
CUES = (Cue.CONFIRM, Cue.VETO, Cue.NEUTRAL, Cue.NONE)
NOTATIONS = ("raw", "form", "percent", "json")
CATEGORIES = tuple(category.id for category in categories.ALL)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": MODES,
    "category": CATEGORIES,
    "cue": CUES,
    "language": LANGUAGES,
    "event": EVENTS,
    "notation": NOTATIONS,
}
LINES_FILE = "lines.jsonl"
MOST_DIGITS = 20  # of a {{digits:N}}
PAIR_ROLES = ("routing", "account")
_SLOT = re.compile(r"\{\{([a-z]+(?::[A-Za-z0-9_]+)?)\}\}")
_BLANKS = re.compile(r"\{\{\s*([a-z]+)\s*(?::\s*([A-Za-z0-9_]+)\s*)?\}\}")
_ESCAPED = re.compile(r"(?i)%7b%7b([a-z]+(?:(?:%3a|:)[a-z0-9_]+)?)%7d%7d")
_NAMED = re.compile(r"""[\w\]"'\\] ?(?:[=:>]|%3[Aa]|%3[Dd]|&gt;) ?[\\"' ]{0,4}$""")
CHANGED = ("sep_changed",)
_AS_FULL = frozenset({PLAIN, CHANGED, ("sep_dropped",)})
_NO_LINE = frozenset({"split_fields", "base64"})
_PARTS = frozenset({"value:routing", "value:account"})
_MOST_OTHERS = 2  # other people's values in one line
_NEED_MORE = frozenset({"wrong_state_shape", "empty_field"})
_HINT = "`piiforge write` writes such files."


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
        if self.name == "digits":
            return self.detail.isdecimal() and 1 <= int(self.detail) <= MOST_DIGITS
        known: Mapping[str, Iterable[str]] = {
            **dict.fromkeys(("name", "city", "company", "date", "time"), ("",)),
            VALUE: ("", *PAIR_ROLES),
            LOOKALIKE: lines.load().nouns,
            OTHER: CATEGORIES,
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

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

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
    found = [(match[1].partition(":"), match.span()) for match in _SLOT.finditer(text)]
    return tuple(Slot(name, detail, *span) for (name, _, detail), span in found)


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


def id_of(category: str, text: str) -> str:
    """Return the line's id, from its category and its text, but for case and white space."""
    return f"written-{digest(category, ' '.join(text.lower().split())) >> 32:08x}"


def save(path: Path, written: Iterable[WrittenLine]) -> int:
    """Write one JSON object a line; return how many."""
    return files.write(path, map(asdict, written))


def load_written(path: Path) -> list[WrittenLine]:
    """Read a `lines.jsonl` back, strictly.

    Raises:
        BadRecord: a line is not a written line, or its id comes twice; names the line.
        AskedWrongly: the file is not there.
    """
    found: dict[str, WrittenLine] = {}
    for number, record in files.numbered(path):
        for name, known in _CHOICES.items():
            if record.get(name, known[0]) not in known:
                problem = f"{name} is not one of {', '.join(known)}."
                raise BadRecord(path, number, problem, _HINT)
        line = files.parsed(record, WrittenLine, path, number, _HINT)
        problem = _slot_problem(line)
        if not problem and line.id in found:
            problem = "the id stands in an earlier line."
        if problem:
            raise BadRecord(path, number, problem, _HINT)
        found[line.id] = line
    return list(found.values())


def _slot_problem(line: WrittenLine) -> str:
    if is_broken(line.text) or not all(slot.is_known for slot in slots_of(line.text)):
        return "the text holds an unknown slot."
    if line.cue is Cue.VETO and line.noun not in nouns_asked(line.category):
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
def nouns_asked(category: str) -> tuple[str, ...]:
    """Return what a number shaped like one of `category` may be called instead, in fixed order."""
    asked = categories.get(category)
    named = [noun for look in asked.lookalikes for noun in look.nouns]
    return tuple(dict.fromkeys([*named, *asked.vetoable]))


@dataclass(frozen=True, slots=True)
class Frame:
    """One seed or written line.

    `pieces` alternate literal text and slots, text first. `kind`: a "sentence" goes into a field or
    a turn of ours, a "key" over a value, a "line" is the whole content, a "shape" only says where
    the separators stand. `noun`: what the value is said to be, under a veto. `notation`: how a
    value is escaped where it stands (a name of `lines.ENCODERS`).
    """

    family: str
    source: str
    kind: str
    category: str
    cue: Cue
    language: str
    event: str
    pieces: tuple[str, ...]
    noun: str = ""
    shape: str = ""
    notation: str = "raw"

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of its slots, in order."""
        return self.pieces[1::2]

    @property
    def is_parted(self) -> bool:
        """Whether its shape sets separators in a value of one part."""
        return bool(self.shape.strip("#a")) and "|" not in self.shape

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a key gives, one a part of the value: "routing / account" is two."""
        return tuple(name.strip() for name in self.pieces[0].split(" / "))

    @property
    def subjects(self) -> tuple[str, ...]:
        """Its slots that the row's own value goes into."""
        return tuple(slot for slot in self.slots if self.is_subject(slot))

    @property
    def in_parts(self) -> bool:
        """Whether it holds the two parts of a pair apart: two slots of a value, or of a veto."""
        return len(self.subjects) == 2 and (
            set(self.subjects) == _PARTS or self.subjects[0].startswith(LOOKALIKE)
        )

    @property
    def others(self) -> tuple[str, ...]:
        """The categories of the values that stand beside."""
        return tuple(s.partition(":")[2] for s in self.slots if s.startswith(OTHER))

    @property
    def carrier(self) -> str:
        """How a whole line holds its value: in a field, a text or a turn (see `Spec.carrier`)."""
        if self.event == CHAT:
            return TURNS
        before = next((t for t, s in zip(self.pieces[::2], self.slots, strict=False)
                       if self.is_subject(s)), "")  # fmt: skip
        return FIELDS if _NAMED.search(before) else TEXT

    def is_subject(self, slot: str) -> bool:
        """Say whether the row's own value goes into `slot`."""
        name, _, what = slot.partition(":")
        return name == VALUE or (name == LOOKALIKE and self.cue is Cue.VETO and what == self.noun)


def load(seed_files: Iterable[Path], folders: Iterable[Path]) -> tuple[Frame, ...]:
    """Read seeds and written lines as frames; of two of one family the first stays.

    Raises:
        AskedWrongly, BadRecord: a file is not there or not what it should be.
    """
    found: dict[str, Frame] = {}
    for path in seed_files:
        for seed in seeds.load(path):
            found.setdefault(seed.family, from_seed(seed))
    for folder in folders:
        for line in load_written(folder / LINES_FILE):
            found.setdefault(line.id, from_written(line))
    return tuple(found.values())


def from_seed(seed: seeds.Seed) -> Frame:
    """Return a seed as a frame."""
    noun = noun_of(seed) if seed.cue is Cue.VETO else ""
    return _frame(seed, seed.family, SEEDS, seed.kind, noun)


def noun_of(seed: seeds.Seed) -> str:
    """Return the noun by which a seed says what its value is instead, "" where none can be told.

    It is one that the category may be taken for. Of the phrases of the bank that hold the cue's
    words, or a part of them, the longest that the text says has it; where the text says none whole
    ("my tracking is"), the shortest that begins with the cue's words, or else holds them.
    """
    cue = _words_of(" ".join(seed.cue_words))
    asked = frozenset(nouns_asked(seed.category))
    if not cue:
        return ""
    said = _words_of(_SLOT.sub(" ", seed.text)) or cue
    named = [(words, noun) for words, noun in _nouns_named() if noun in asked]
    whole = [
        (words, noun)
        for words, noun in named
        if _holds(said, words) and (_holds(words, cue) or _holds(cue, words))
    ]
    if whole:
        return max(whole, key=lambda one: len("".join(one[0])))[1]
    parts = [(words, noun) for words, noun in named if _holds(words, cue)]
    parts.sort(key=lambda one: (one[0][: len(cue)] != cue, len(one[0])))
    return parts[0][1] if parts else ""


_IDLE = {
    "unknown noun": "call the value something that lines/banks has no noun for",
    "other": "name the value as one of another category",
    "misleading": "only talk about the category",
}


@dataclass(frozen=True, slots=True)
class Idle:
    """How many frames can carry no row, by what is wrong with them."""

    counts: Mapping[str, int]

    @property
    def text(self) -> str:
        """The same as a sentence, "" where there are none."""
        parts = "; ".join(f"{count} {_IDLE[why]}" for why, count in self.counts.items())
        count = sum(self.counts.values())
        return f"{count} seeds will carry no row of a build: {parts}." if count else ""


def idle(found: Iterable[Frame]) -> Idle:
    """Count, by what is wrong, the frames into which no planned row can ever be put.

    None can where nobody can tell what a veto says that the value is ("unknown noun"), or where
    the words name the value as another thing than its category ("other", "misleading").
    """
    counts: Counter[str] = Counter()
    for frame in found:
        if frame.kind == SHAPE:
            continue
        if frame.cue not in CUES:
            counts[frame.cue.value] += 1
        elif frame.cue is Cue.VETO and not frame.noun:
            counts["unknown noun"] += 1
    return Idle(dict(counts))


def from_written(line: WrittenLine) -> Frame:
    """Return a written line as a frame."""
    return _frame(line, line.id, WRITTEN, LINE, line.noun)


def _frame(
    found: seeds.Seed | WrittenLine, family: str, source: str, kind: str, noun: str
) -> Frame:
    return Frame(
        family=family,
        source=source,
        kind=kind,
        category=found.category,
        cue=found.cue,
        language=found.language,
        event=found.event,
        pieces=tuple(_SLOT.split(found.text)),
        noun=noun,
        shape=found.shape,
        notation=found.notation,
    )


_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@cache
def _nouns_named() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return every phrase and key of the bank's nouns as words, with the noun that it names."""
    found: dict[tuple[str, ...], str] = {}
    for noun, bank in lines.load().nouns.items():
        for entries in (*bank.words.values(), *bank.keys.values()):
            for entry in entries:
                found.setdefault(_words_of(entry), noun)
    return tuple(found.items())


def _words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case without accents; a Chinese character is one."""
    parts = unicodedata.normalize("NFD", _CAMEL.sub(" ", text))
    plain_text = "".join(sign for sign in parts if not unicodedata.combining(sign)).lower()
    return tuple(_WORDS.findall(plain_text))


def _holds(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Say whether `others` stand in `words`, one after the other."""
    return any(words[at : at + len(others)] == others for at in range(len(words)))


def suits(frame: Frame, spec: Spec) -> bool:
    """Say whether `frame` may carry the row that `spec` plans."""
    if spec.twin == CUE_TWIN or spec.variant in {"misleading", "benign"} or spec.kind in _NEED_MORE:
        return False
    if frame.kind == SHAPE:
        return spec.disguises == CHANGED and frame.category == owner_of(spec) and frame.is_parted
    if not _says_the_same(frame, spec) or spec.category in frame.others:
        return False
    if frame.language != spec.language:
        return False
    if frame.kind == KEY:
        return (
            spec.carrier == FIELDS and "split_fields" not in spec.disguises and not _is_pair(spec)
        )
    if _NO_LINE.intersection(spec.disguises) or not _has_room(frame, spec):
        return False
    if frame.kind == SENTENCE:
        return spec.carrier in {TEXT, TURNS}
    quiet = not (spec.injection or spec.bystanders)
    as_found = not frame.shape or spec.disguises in _AS_FULL
    return quiet and as_found and (spec.event, spec.carrier) == (frame.event, frame.carrier)


def owner_of(spec: Spec) -> str:
    """Return the category of the value that the row is about, or that it imitates."""
    return spec.kind if spec.cue is Cue.OTHER else spec.category


def _says_the_same(frame: Frame, spec: Spec) -> bool:
    """Say whether the frame names the value as the spec wants it named."""
    if spec.cue is Cue.OTHER:  # a real value of another category, named as such
        return frame.cue is Cue.CONFIRM and frame.category == spec.kind
    if frame.category != spec.category or frame.cue is not spec.cue:
        return False
    return spec.cue is not Cue.VETO or frame.noun in nouns_of(spec.category, spec.kind)


def _has_room(frame: Frame, spec: Spec) -> bool:
    """Say whether the frame's slots take the parts of the spec's value."""
    if spec.cue is Cue.NONE:
        return not frame.subjects
    if not frame.subjects or len(frame.others) > _MOST_OTHERS:
        return False
    if _is_pair(spec):
        return frame.in_parts or len(set(frame.subjects)) == 1
    return not frame.in_parts and "value:routing" not in frame.subjects


@cache
def nouns_of(category: str, kind: str) -> tuple[str, ...]:
    """Return the nouns that may name a value of `kind`: the lookalike's, or what may veto."""
    asked = categories.get(category)
    named = (look.nouns for look in asked.lookalikes if look.kind == kind)
    return next(named, asked.vetoable)


def _is_pair(spec: Spec) -> bool:
    return _parts(owner_of(spec), "valid" if spec.cue is Cue.OTHER else spec.kind) > 1


@cache
def _parts(category: str, kind: str) -> int:
    asked = categories.get(category)
    draws = (look.draw for look in asked.lookalikes if look.kind == kind)
    return len(next(draws, asked.draw)(child(0, "parts", category, kind)).parts)
