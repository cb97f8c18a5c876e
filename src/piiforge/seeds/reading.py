"""Reads files of other people's examples into a harvest of seeds.

A text is cut and becomes a line, a sentence, a key or a shape. Of a table's columns and an object's
keys the name is a cue, the values are shapes: a column is of a category where four in five of its
cells are one value of it, alone in the cell, and its name says so or their form does. A column of
numbers without a telling name or form is of none: nobody can say what it holds.

>>> event_of('POST /signup {"email": "{{value}}"}'), event_of("GET /account?phone={{value}}")
('form_submit', 'page_view')
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from piiforge.reader import find
from piiforge.rng import digest
from piiforge.seeds import inputs, knife
from piiforge.seeds.records import CATEGORIES, SLOT, Cut, Harvest, Refused, Seed, shape_of
from piiforge.seeds.scrub import Traces, traces_in
from piiforge.seeds.words import CAMEL, PATTERNS, WORD, cue_words, known, language_of
from piiforge.types import Cue, Progress, silent

MOST = 5_000
"""How many seeds of lines and sentences are taken from one file."""
PATIENCE = 10_000
"""After so many pieces in a row without a new family, a file is left."""
MOST_CELLS = 500
"""How many cells of a column are looked at."""
_SHOWN_EVERY = 200
_KIND_ORDER = ("sentence", "line", "key", "shape")
_EVENTS = ("chat_message", "form_submit", "page_view", "xhr")
_ENOUGH = 0.8
_MOST_SHAPES = 8
_LONGEST_CELL = 80
_ORDER = (Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER, Cue.MISLEADING, Cue.VETO)
_KEYED = re.compile(
    r"\W{0,3}([^\W\d](?:[^\W\d]|[ ._\-]){0,47}?)(\s?[:=#]\s?#?|\s)"
    r"[\"'(]?\{\{value\}\}[\"').;,}]{0,3}"
)
_ALONE = re.compile(r"[^\w{}]{0,3}\{\{value\}\}[^\w{}]{0,3}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SAID = frozenset(
    ["is", "es", "est", "was", "my", "mi", "mon", "ma", "me", "at", "to", "on", "or", "us", "call"]
) | {"text", "是", "我的", "我"}
"""Words of speech: with one of them, what stands before a value is no label."""
_BLANK = Seed("", "", "", Cue.NONE, "en", "", "", (), "", "raw", "")
_KEY_WORDS, _FEWEST_WORDS, _FEWEST_HAN = 4, 3, 4


def read(paths: Iterable[Path], *, most: int = MOST, on_progress: Progress = silent) -> Harvest:
    """Read every file into seeds; what came to none is counted by its reason.

    At most `most` seeds of lines and sentences are taken from a file. Files are read in the
    order of their names, so that the order of `paths` changes nothing. `on_progress` takes a
    file's name, how many of its pieces are read, and 0: nobody knows how many there are.

    Raises:
        AskedWrongly: a file is not there, empty, no text, or damaged.
        BadRecord: a line that can't be read; names file and line.
    """
    barn = _Barn(most)
    for number, path in enumerate(sorted(set(paths), key=lambda one: (one.name, str(one))), 1):
        barn.take(path, number, on_progress)
    return barn.harvest()


class _Barn:
    """Seeds as they come in, with the traces of every value seen."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._traces = Traces()
        self._seeds: dict[str, tuple[Seed, int]] = {}  # by family, with the piece that gave it
        self._rejected: Counter[str] = Counter()
        self._read = 0
        self._unfinished: list[str] = []
        self._aliases: dict[str, str] = {}

    def take(self, path: Path, number: int, on_progress: Progress) -> None:
        """Read one file to its end, or until enough is found."""
        columns: dict[str, _Column] = {}
        source = path.name
        self._aliases[source] = f"input-{number}{path.suffix}"
        kept, idle = 0, 0
        for at, piece in enumerate(inputs.pieces(path)):
            if at % _SHOWN_EVERY == 0:
                on_progress(source, at, 0)
            if isinstance(piece, inputs.Cell):
                columns.setdefault(piece.key, _Column(piece.key)).add(piece.value)
                self._remember(traces_in(piece.value))
                continue
            new = self._add_passage(piece, source)
            kept, idle = kept + new, 0 if new else idle + 1
            if kept >= self._most or idle >= PATIENCE:
                self._unfinished.append(source)
                break
        for column in columns.values():
            self._read += 1
            kind = column.kind()
            if kind is None:
                self._rejected["uneven" if column.shapes else "no_value"] += 1
            else:
                self._add(list(column.seeds(*kind, source)), "unknown_word")

    def harvest(self) -> Harvest:
        """Return what stands after the second pass."""
        kept: list[Seed] = []
        used, lost = set(), set()
        for seed, piece in self._seeds.values():
            named = replace(seed, source=self._source(seed.source))
            if self._traces.left_in_seed(named):
                lost.add(piece)
            else:
                kept.append(named)
                used.add(piece)
        kept.sort(key=lambda s: (_KIND_ORDER.index(s.kind), s.category, s.text, s.shape))
        rejected = self._rejected + Counter({"residue": len(lost - used)})
        return Harvest(
            seeds=tuple(kept),
            read=self._read,
            used=len(used),
            rejected=dict(sorted(rejected.items())),
            unfinished=tuple(map(self._source, self._unfinished)),
        )

    def _source(self, name: str) -> str:
        """Return a file's name, or a number for it where the name holds a trace of a value."""
        odd = sum(map(str.isdigit, name)) > 4 or "@" in name or self._traces.left_in(name)
        return self._aliases[name] if odd else name

    def _add_passage(self, passage: inputs.Passage, source: str) -> bool:
        """Add a text; return whether it came to a seed of a new family."""
        self._read += 1
        text = passage.text
        self._remember(traces_in(text))
        if passage.spans:
            done = knife.from_spans(text, passage.spans)
        else:
            done = knife.from_template(text) if knife.is_template(text) else knife.dissect(text)
        if isinstance(done, Refused):
            self._rejected[done.reason] += 1
            return False
        for name in done.names:
            self._traces.add_words(name)
        self._remember(taken.key for taken in done.taken)
        return self._add(list(_seeds_of(done, source)), "too_short")

    def _add(self, seeds: list[Seed], reason: str) -> bool:
        """Keep the seeds of new families; `reason` is why there may be none at all."""
        new = {seed.family: (seed, self._read) for seed in seeds if seed.family not in self._seeds}
        self._seeds |= new
        if not new:
            self._rejected["duplicate" if seeds else reason] += 1
        return bool(new)

    def _remember(self, values: Iterable[str]) -> None:
        for value in values:
            self._traces.add(value)


def _seeds_of(cut: Cut, source: str) -> Iterator[Seed]:
    """Yield what a cut text comes to: a line, a sentence, a key, or only a shape."""
    made = replace(
        _BLANK, category=cut.category, source=source, cue=cut.cue, language=cut.language,
        cue_words=cut.cue_words, shape=cut.shape,
    )  # fmt: skip
    keyed = _KEYED.fullmatch(cut.text)
    words = WORD.findall(keyed[1]) if keyed else []
    if keyed and _is_key(words, keyed[2]) and cut.category != "bank_account":
        yield _named(replace(made, kind="key", text=" ".join(words).lower()))
    elif knife.is_log_line(cut.text):
        event = event_of(cut.text)
        yield _named(replace(made, kind="line", text=cut.text, event=event, notation=cut.notation))
    elif not _ALONE.fullmatch(cut.text) and _is_speech(cut.text):
        yield _named(replace(made, kind="sentence", text=cut.text))
    elif cut.shape and "|" not in cut.shape:
        yield shape_seed(cut.category, cut.shape, source)


def shape_seed(category: str, shape: str, source: str) -> Seed:
    """Return the seed of a way of writing."""
    return _named(replace(_BLANK, kind="shape", category=category, source=source, shape=shape))


def _named(seed: Seed) -> Seed:
    return replace(seed, family=family_of(seed.kind, seed.category, seed.text or seed.shape))


def family_of(kind: str, category: str, text: str) -> str:
    """Return the name of a family: seeds with one skeleton, letter case and digits aside, have one.

    Texts of two categories with one skeleton are one family; a key and a shape are of a category.
    """
    skeleton = "".join("#" if sign.isdigit() else sign for sign in text.casefold())
    names = (kind, category, text) if kind == "shape" else (kind, category, skeleton)
    if kind in {"sentence", "line"}:
        names = ("text", "", skeleton)
    return f"seed-{digest('seed', *names) >> 32:08x}"


def event_of(line: str) -> str:
    """Return the event of the first rule that a line meets: a talk, a form, a page; else xhr."""
    return next((event for event in _EVENTS if PATTERNS[event].search(line)), "xhr")


def _is_key(words: list[str], sign: str) -> bool:
    """Whether words before a value are a label: before a colon, or bare and without a verb."""
    if not words or len(words) > _KEY_WORDS:
        return False
    return bool(sign.strip()) or _SAID.isdisjoint(word.lower() for word in words)


def _is_speech(text: str) -> bool:
    bare = SLOT.sub(" ", text)
    return len(WORD.findall(bare)) >= _FEWEST_WORDS or len(_HAN.findall(bare)) >= _FEWEST_HAN


@dataclass(slots=True)
class _Column:
    """The cells under one key, counted as they come; at most MOST_CELLS are looked at.

    `shapes` counts the cells of each category and cue by shape, "" for one that has none.
    """

    key: str
    cells: int = 0
    shapes: dict[tuple[str, Cue], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    sample: dict[tuple[str, Cue], str] = field(default_factory=dict)

    def add(self, value: str) -> None:
        """Look at one cell."""
        if self.cells >= MOST_CELLS or len(value) > _LONGEST_CELL:
            return
        self.cells += 1
        for category, cue in _kinds(self.key, value):
            self.sample.setdefault((category, cue), value)
            self.shapes[category, cue][shape_of(value, category)] += 1

    def kind(self) -> tuple[str, Cue] | None:
        """Return the category and the cue of the column, None where its cells are of no one."""
        best = [kind for kind, of in self.shapes.items() if of.total() >= _ENOUGH * self.cells]
        order = sorted(best, key=lambda kind: (_ORDER.index(kind[1]), CATEGORIES.index(kind[0])))
        return order[0] if order else None

    def seeds(self, category: str, cue: Cue, source: str) -> Iterator[Seed]:
        """Yield the seed of the column's name, where we know its words, and of its shapes."""
        counted = sorted(self.shapes[category, cue].items(), key=lambda one: (-one[1], one[0]))
        shapes = [shape for shape, _ in counted if shape][:_MOST_SHAPES]
        # numbers are left off: "Phone_2" is "phone"
        text = " ".join(WORD.findall(CAMEL.sub(" ", self.key))).lower()
        if text and all(map(known, text.split())):
            words = cue_words(f"{text} ", "", self.sample[category, cue], category, cue)
            made = replace(
                _BLANK, kind="key", category=category, source=source, text=text, cue=cue,
                language=language_of(text), cue_words=words, shape=next(iter(shapes), ""),
            )  # fmt: skip
            yield _named(made)
        yield from (shape_seed(category, shape, source) for shape in shapes)


def _kinds(key: str, value: str) -> Iterator[tuple[str, Cue]]:
    """Yield the categories that a whole cell may be of, each with the cue that its key gives."""
    text = f"{key}: {value}" if key else value
    head = len(text) - len(value)
    for category in CATEGORIES:
        if category == "bank_account":  # a pair is no cell
            continue
        for finding in find(text, category):
            start, end = finding.snippet_start, finding.snippet_end
            # all of the cell, but for signs around it
            whole = start >= head and not any(map(str.isalnum, text[head:start] + text[end:]))
            confirmed = finding.cue is Cue.CONFIRM and finding.reason not in {"masked", "shape"}
            formed = finding.telling and (finding.valid or finding.reason == "placeholder")
            whole = whole and not knife.is_version(text, finding)
            if whole and finding.reading == "plain" and (confirmed or formed):
                yield category, finding.cue
                break
