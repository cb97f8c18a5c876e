"""Reads files of other people's examples into a harvest of seeds."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from piiforge.seeds import inputs
from piiforge.seeds.columns import Column
from piiforge.seeds.inputs import Cell, Passage
from piiforge.seeds.knife import dissect
from piiforge.seeds.making import key_of_column, of_cut, shapes_of_column
from piiforge.seeds.records import Cut, Harvest, Refused, Seed
from piiforge.seeds.residue import Traces, traces_in
from piiforge.seeds.templates import from_spans, from_template, is_template

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
