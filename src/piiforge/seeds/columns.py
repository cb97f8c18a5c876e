"""Columns of tables and keys of objects: the name is a cue, the values are shapes.

A column is of a category where four in five of its cells are one value of it, alone in the cell,
and its name says so or their form does. A column of numbers without a telling name or form is of
none: nobody can say what it holds.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from piiforge.reader import find
from piiforge.seeds.cuewords import cue_words
from piiforge.seeds.records import CATEGORIES
from piiforge.seeds.shapes import shape_of
from piiforge.seeds.words import known
from piiforge.types import Cue

MOST_CELLS = 500
"""How many cells of a column are looked at."""
_ENOUGH = 0.8
_MOST_SHAPES = 8
_LONGEST_CELL = 80
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+")
_ENDS = re.compile(r"[^0-9A-Za-z+(]*(.*?)[^0-9A-Za-z)]*")
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
        return " ".join(_WORD.findall(_CAMEL.sub(" ", self.key))).lower()

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
