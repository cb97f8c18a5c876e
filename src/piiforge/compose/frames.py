"""Frames: what other sources give to a row, as one record, whether a seed or a written line.

A frame is the text around a value, a key name or a way of writing; the value, its label and all
else are ours. `suits` says which planned rows it may carry: those whose cue, language and event are
its own. What its cue is was read back from the line by `reader` before it came here; a row made of
it is read once more when it is finished.

Slots: {{value}}, {{value:routing}}, {{value:account}}, {{lookalike:NOUN}}, {{other:CATEGORY}},
{{name}}, {{city}}, {{company}}, {{digits:N}}.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from piiforge import categories, lines, seeds
from piiforge.compose import written
from piiforge.compose.spec import CHAT, CUE_TWIN, FIELDS, TEXT, TURNS, Spec
from piiforge.rng import child
from piiforge.types import Cue

SENTENCE, KEY, LINE, SHAPE = "sentence", "key", "line", "shape"
SEEDS, WRITTEN = "seeds", "written"
VALUE, LOOKALIKE, OTHER = "value", "lookalike", "other"
LINES_FILE = "lines.jsonl"
_SLOT = re.compile(r"\{\{([a-z]+(?::[a-z0-9_]+)?)\}\}")
_NAMED = re.compile(r"""[\w\]"'\\] ?(?:[=:>]|%3[Aa]|%3[Dd]|&gt;) ?[\\"' ]{0,4}$""")
_CHANGED = ("sep_changed",)
_AS_FULL = frozenset({("canonical",), _CHANGED, ("sep_dropped",)})
_NO_LINE = frozenset({"split_fields", "base64"})
_PARTS = frozenset({"value:routing", "value:account"})
_MOST_OTHERS = 2  # other people's values in one line
_NEED_MORE = frozenset({"wrong_state_shape", "empty_field"})


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
        for line in written.load(folder / LINES_FILE):
            found.setdefault(line.id, from_written(line))
    return tuple(found.values())


def from_seed(seed: seeds.Seed) -> Frame:
    """Return a seed as a frame."""
    return Frame(
        family=seed.family,
        source=SEEDS,
        kind=seed.kind,
        category=seed.category,
        cue=seed.cue,
        language=seed.language,
        event=seed.event,
        pieces=tuple(_SLOT.split(seed.text)),
        noun=_noun_in(seed.cue_words) if seed.cue is Cue.VETO else "",
        shape=seed.shape,
        notation=seed.notation,
    )


def from_written(line: written.WrittenLine) -> Frame:
    """Return a written line as a frame."""
    return Frame(
        family=line.id,
        source=WRITTEN,
        kind=LINE,
        category=line.category,
        cue=Cue(line.cue),
        language=line.language,
        event=line.event,
        pieces=tuple(_SLOT.split(line.text)),
        noun=line.noun,
        shape=line.shape,
        notation=line.notation,
    )


def suits(frame: Frame, spec: Spec) -> bool:
    """Say whether `frame` may carry the row that `spec` plans."""
    if spec.twin == CUE_TWIN or spec.variant in {"misleading", "benign"} or spec.kind in _NEED_MORE:
        return False
    if frame.kind == SHAPE:
        return spec.disguises == _CHANGED and frame.category == owner_of(spec) and frame.is_parted
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
def nouns_of(category: str, kind: str) -> frozenset[str]:
    """Return the nouns that may name a value of `kind`: the lookalike's, or what may veto."""
    asked = categories.get(category)
    for lookalike in asked.lookalikes:
        if lookalike.kind == kind:
            return frozenset(lookalike.nouns)
    return frozenset(asked.vetoable)


def _is_pair(spec: Spec) -> bool:
    kind = "valid" if spec.cue is Cue.OTHER else spec.kind
    return _parts(owner_of(spec), kind) > 1


@cache
def _parts(category: str, kind: str) -> int:
    asked = categories.get(category)
    rng = child(0, "parts", category, kind)
    if any(lookalike.kind == kind for lookalike in asked.lookalikes):
        return len(asked.draw_lookalike(rng, kind).parts)
    return len(asked.draw(rng).parts)


def _noun_in(cue_words: Sequence[str]) -> str:
    return next((_nouns()[w.casefold()] for w in cue_words if w.casefold() in _nouns()), "")


@cache
def _nouns() -> Mapping[str, str]:
    """Return which noun of the bank each of its words and keys names."""
    found: dict[str, str] = {}
    for noun, bank in lines.load().nouns.items():
        for entries in (*bank.words.values(), *bank.keys.values()):
            for entry in entries:
                found.setdefault(entry.casefold(), noun)
    return found
