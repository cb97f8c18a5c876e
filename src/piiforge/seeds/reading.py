"""Reads files of other people's examples into a harvest of seeds.

>>> event_of('POST /signup {"email": "{{value}}"}'), event_of("GET /account?phone={{value}}")
('form_submit', 'page_view')
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from piiforge.reader import find
from piiforge.rng import digest
from piiforge.seeds import inputs
from piiforge.seeds.inputs import Cell, Passage
from piiforge.seeds.knife import dissect, from_spans, from_template, is_log_line, is_template
from piiforge.seeds.records import CATEGORIES, SLOT, Cut, Harvest, Refused, Seed, shape_of
from piiforge.seeds.scrub import Traces, traces_in
from piiforge.seeds.words import CAMEL, WORD, cue_words, known, language_of
from piiforge.types import Cue

# Which event a log line is of, by what it says.


_RULES = (
    ("chat_message", r"chat|message|conversation|utterance|transcript|visitor|\bturn\b|\bbot\b"),
    (
        "form_submit",
        r"form|submit|signup|sign_up|register|checkout|field|multipart|urlencoded|^[\w.%\-]+=\S+&",
    ),
    ("page_view", r"page_?view|pageview|\bpage\b|\bGET /|referr?er|\bdl=|utm_|title"),
    ("xhr", r"xhr|xmlhttprequest|fetch|graphql|/api|\bPOST\b|\bPUT\b|\bPATCH\b"),
)
_PATTERNS = tuple((event, re.compile(pattern, re.IGNORECASE)) for event, pattern in _RULES)


def event_of(line: str) -> str:
    """Return the event of the first rule that a line meets: a talk, a form, a page; else xhr."""
    for event, pattern in _PATTERNS:
        if pattern.search(line):
            return event
    return "xhr"


# Columns of tables and keys of objects: the name is a cue, the values are shapes.
#
# A column is of a category where four in five of its cells are one value of it, alone in the
# cell, and its name says so or their form does. A column of numbers without a telling name or
# form is of none: nobody can say what it holds.


MOST_CELLS = 500
"""How many cells of a column are looked at."""
_ENOUGH = 0.8
_MOST_SHAPES = 8
_LONGEST_CELL = 80
_ORDER = (Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER, Cue.MISLEADING, Cue.VETO)


@dataclass(slots=True)
class Column:
    """The cells under one key, counted as they come; at most MOST_CELLS are looked at."""

    key: str
    cells: int = 0
    found: Counter[tuple[str, Cue]] = field(default_factory=Counter)
    shapes: dict[tuple[str, Cue], Counter[str]] = field(default_factory=dict)
    sample: dict[tuple[str, Cue], str] = field(default_factory=dict)

    def add(self, value: str) -> None:
        """Look at one cell."""
        if self.cells >= MOST_CELLS or len(value) > _LONGEST_CELL:
            return
        self.cells += 1
        for category, cue in _kinds(self.key, value):
            kind = category, cue
            self.found[kind] += 1
            self.sample.setdefault(kind, value)
            shape = shape_of(value, category)
            if shape:
                self.shapes.setdefault(kind, Counter())[shape] += 1

    def kind(self) -> tuple[str, Cue] | None:
        """Return the category and the cue of the column, None where its cells are of no one."""
        best = [kind for kind, count in self.found.items() if count >= _ENOUGH * self.cells]
        order = sorted(best, key=lambda kind: (_ORDER.index(kind[1]), CATEGORIES.index(kind[0])))
        return order[0] if order else None

    def words(self) -> str:
        """Return the key's words in lower case, numbers left off: "Phone_2" is "phone"."""
        return " ".join(WORD.findall(CAMEL.sub(" ", self.key))).lower()

    def is_known(self) -> bool:
        """Whether every word of the key is in a vocabulary of ours."""
        return all(map(known, self.words().split()))

    def cue_words(self, category: str, cue: Cue) -> tuple[str, ...]:
        """Return the words of the key that make its cue."""
        return cue_words(f"{self.words()} ", "", self.sample[category, cue], category, cue)

    def common_shapes(self, category: str, cue: Cue) -> Iterator[str]:
        """Yield the shapes of its cells, the commonest first."""
        counted = self.shapes.get((category, cue), Counter())
        ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
        yield from (shape for shape, _ in ordered[:_MOST_SHAPES])


def _kinds(key: str, value: str) -> Iterator[tuple[str, Cue]]:
    """Yield the categories that a whole cell may be of, each with the cue that its key gives."""
    text = f"{key}: {value}" if key else value
    head = len(text) - len(value)
    for category in CATEGORIES:
        if category == "bank_account":  # a pair is no cell
            continue
        for finding in find(text, category):
            whole = _whole(text, head, finding.snippet_start, finding.snippet_end)
            confirmed = finding.cue is Cue.CONFIRM and finding.reason not in {"masked", "shape"}
            formed = finding.telling and (finding.valid or finding.reason == "placeholder")
            if whole and finding.reading == "plain" and (confirmed or formed):
                yield category, finding.cue
                break


def _whole(text: str, head: int, start: int, end: int) -> bool:
    """Whether a finding is all of the cell, but for signs around it."""
    beside = text[head:start] + text[end:]
    return start >= head and not any(map(str.isalnum, beside))


# Makes seeds: of a text that was cut, and of a column.


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
_KEY_WORDS, _FEWEST_WORDS, _FEWEST_HAN = 4, 3, 4


def family_of(kind: str, category: str, text: str) -> str:
    """Return the name of a family: seeds with one skeleton, letter case and digits aside, have one.

    Texts of two categories with one skeleton are one family; a key and a shape are of a category.
    """
    skeleton = "".join("#" if sign.isdigit() else sign for sign in text.casefold())
    names = (kind, category, text) if kind == "shape" else (kind, category, skeleton)
    if kind in {"sentence", "line"}:
        names = ("text", "", skeleton)
    return f"seed-{digest('seed', *names) >> 32:08x}"


def of_cut(cut: Cut, source: str) -> Iterator[Seed]:
    """Yield what a cut text comes to: a line, a sentence, a key, or only a shape."""
    keyed = _KEYED.fullmatch(cut.text)
    words = WORD.findall(keyed[1]) if keyed else []
    if keyed and _is_key(words, keyed[2]) and cut.category != "bank_account":
        yield _seed("key", cut, " ".join(words).lower(), source)
    elif is_log_line(cut.text):
        yield _seed("line", cut, cut.text, source)
    elif not _ALONE.fullmatch(cut.text) and _is_speech(cut.text):
        yield _seed("sentence", cut, cut.text, source)
    elif cut.shape and "|" not in cut.shape:
        yield shape_seed(cut.category, cut.shape, source)


def key_of_column(column: Column, kind: tuple[str, Cue], source: str) -> Seed:
    """Return the seed of a column's name, with its commonest shape."""
    category, cue = kind
    text = column.words()
    return Seed(
        family=family_of("key", category, text),
        kind="key",
        category=category,
        cue=cue,
        language=language_of(text),
        event="",
        text=text,
        cue_words=column.cue_words(category, cue),
        shape=next(column.common_shapes(category, cue), ""),
        notation="raw",
        source=source,
    )


def shapes_of_column(column: Column, kind: tuple[str, Cue], source: str) -> Iterator[Seed]:
    """Yield a seed for each of the commonest shapes of a column's cells."""
    for shape in column.common_shapes(*kind):
        yield shape_seed(kind[0], shape, source)


def shape_seed(category: str, shape: str, source: str) -> Seed:
    """Return the seed of a way of writing."""
    return Seed(
        family=family_of("shape", category, shape),
        kind="shape",
        category=category,
        cue=Cue.NONE,
        language="en",
        event="",
        text="",
        cue_words=(),
        shape=shape,
        notation="raw",
        source=source,
    )


def _is_key(words: list[str], sign: str) -> bool:
    """Whether words before a value are a label: before a colon, or bare and without a verb."""
    if not words or len(words) > _KEY_WORDS:
        return False
    return bool(sign.strip()) or _SAID.isdisjoint(word.lower() for word in words)


def _is_speech(text: str) -> bool:
    bare = SLOT.sub(" ", text)
    return len(WORD.findall(bare)) >= _FEWEST_WORDS or len(_HAN.findall(bare)) >= _FEWEST_HAN


def _seed(kind: str, cut: Cut, text: str, source: str) -> Seed:
    return Seed(
        family=family_of(kind, cut.category, text),
        kind=kind,
        category=cut.category,
        cue=cut.cue,
        language=cut.language,
        event=event_of(text) if kind == "line" else "",
        text=text,
        cue_words=cut.cue_words,
        shape=cut.shape,
        notation=cut.notation if kind == "line" else "raw",
        source=source,
    )


MOST = 5_000
"""How many seeds of lines and sentences are taken from one file."""
PATIENCE = 10_000
"""After so many pieces in a row without a new family, a file is left."""
Progress = Callable[[str, int, int], None]
_KIND_ORDER = {"sentence": 0, "line": 1, "key": 2, "shape": 3}
_SHOWN_EVERY = 200


def read(
    paths: Iterable[Path], *, most: int = MOST, on_progress: Progress | None = None
) -> Harvest:
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
        barn.take(path, number, on_progress or (lambda *_: None))
    return barn.harvest()


class _Barn:
    """Seeds as they come in, with the traces of every value seen."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._traces = Traces()
        self._seeds: dict[str, Seed] = {}
        self._pieces: dict[str, int] = {}
        self._rejected: Counter[str] = Counter()
        self._read = 0
        self._unfinished: list[str] = []
        self._aliases: dict[str, str] = {}

    def take(self, path: Path, number: int, on_progress: Progress) -> None:
        """Read one file to its end, or until enough is found."""
        columns: dict[str, Column] = {}
        source = path.name
        self._aliases[source] = f"input-{number}{path.suffix}"
        kept, idle = 0, 0
        for at, piece in enumerate(inputs.pieces(path)):
            if at % _SHOWN_EVERY == 0:
                on_progress(source, at, 0)
            if isinstance(piece, Cell):
                columns.setdefault(piece.key, Column(piece.key)).add(piece.value)
                self._remember(piece.value)
                continue
            new = self._add_passage(piece, source)
            kept, idle = kept + new, 0 if new else idle + 1
            if kept >= self._most or idle >= PATIENCE:
                self._unfinished.append(source)
                break
        for column in columns.values():
            self._add_column(column, source)

    def harvest(self) -> Harvest:
        """Return what stands after the second pass."""
        kept: list[Seed] = []
        used, lost = set(), set()
        for family, seed in self._seeds.items():
            named = replace(seed, source=self._source(seed.source))
            if self._traces.left_in_seed(named):
                lost.add(self._pieces[family])
            else:
                kept.append(named)
                used.add(self._pieces[family])
        rejected = self._rejected + Counter({"residue": len(lost - used)})
        return Harvest(
            seeds=tuple(sorted(kept, key=_place)),
            read=self._read,
            used=len(used),
            rejected=dict(sorted(rejected.items())),
            unfinished=tuple(map(self._source, self._unfinished)),
        )

    def _source(self, name: str) -> str:
        """Return a file's name, or a number for it where the name holds a trace of a value."""
        odd = sum(map(str.isdigit, name)) > 4 or "@" in name or self._traces.left_in(name)
        return self._aliases[name] if odd else name

    def _add_passage(self, passage: Passage, source: str) -> bool:
        """Add a text; return whether it came to a seed of a new family."""
        self._read += 1
        self._remember(passage.text)
        done = _cut(passage)
        if isinstance(done, Refused):
            self._rejected[done.reason] += 1
            return False
        for name in done.names:
            self._traces.add_words(name)
        for taken in done.taken:
            self._traces.add(taken.key)
        return self._add(list(of_cut(done, source)), "too_short")

    def _add_column(self, column: Column, source: str) -> None:
        self._read += 1
        kind = column.kind()
        if kind is None:
            self._rejected["uneven" if column.found else "no_value"] += 1
            return
        seeds = list(shapes_of_column(column, kind, source))
        if column.words() and column.is_known():
            seeds.insert(0, key_of_column(column, kind, source))
        self._add(seeds, "unknown_word")

    def _add(self, seeds: list[Seed], reason: str) -> bool:
        """Keep the seeds of new families; `reason` is why there may be none at all."""
        new = [seed for seed in seeds if seed.family not in self._seeds]
        for seed in new:
            self._seeds[seed.family] = seed
            self._pieces[seed.family] = self._read
        if not new:
            self._rejected["duplicate" if seeds else reason] += 1
        return bool(new)

    def _remember(self, text: str) -> None:
        for trace in traces_in(text):
            self._traces.add(trace)


def _cut(passage: Passage) -> Cut | Refused:
    if passage.spans:
        return from_spans(passage.text, passage.spans)
    return from_template(passage.text) if is_template(passage.text) else dissect(passage.text)


def _place(seed: Seed) -> tuple[int, str, str, str]:
    return _KIND_ORDER[seed.kind], seed.category, seed.text, seed.shape
