"""Contamination: does a file of cases hold what a model was trained on?

A case meets training rows (`Held`) in one of four ways:

    exact      its text, normalised, is a row's
    near       its 5-grams are nearly those of a row (`whole_set.Near`)
    value      it holds a value that was drawn for a row: a number of seven digits or more, however
               it is grouped, encoded or spelled, or an address
    skeleton   the same line but for its numbers: told, for two log lines may well have one shape

The first three spoil a test. Documented samples are no drawn values: anybody may use them.

>>> skeleton("Card 4111 1111 1111 1111, ref AB12-9"), skeleton("card  0000, ref 7")
('card #, ref #', 'card #, ref #')
>>> sorted(numbers("call 212-555 0147 or 9"))
['2125550147', '5550147']
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from piiforge import reader
from piiforge.checks.whole_set import Near, normalised
from piiforge.types import Example

KINDS = ("exact", "near", "value", "skeleton")
SPOILING = frozenset({"exact", "near", "value"})
_SHORTEST = 12  # characters of a skeleton that says anything
_FEWEST, _MOST = 7, 20  # digits of a number that is nobody else's by chance
_GAP = r"[\s\-./()]{0,2}"
_CHAIN = re.compile(rf"[0-9]+(?:{_GAP}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_ADDRESS = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}")
_WITH_DIGIT = re.compile(r"(?:[a-z_]*#)+[a-z_]*")  # Latin: Chinese has no spaces between words
_NUMBER = re.compile(rf"#(?:{_GAP}#)*")
_COUNTRY = re.compile(r"1([0-9]{10})")


def skeleton(content: str) -> str:
    """Return a content decoded and normalised, each number or word with a digit in it as #."""
    return _NUMBER.sub("#", _WITH_DIGIT.sub("#", normalised(reader.skeleton(content))))


def numbers(text: str) -> set[str]:
    """Return every number of _FEWEST to _MOST digits that neighbouring groups of digits make."""
    found: set[str] = set()
    for chain in _CHAIN.finditer(text):
        groups = _GROUP.findall(chain[0])
        for at in range(len(groups)):
            for number in accumulate(groups[at : at + _MOST]):
                if len(number) > _MOST:
                    break
                if len(number) >= _FEWEST:
                    found.add(number)
    return found


@dataclass(slots=True)
class Held:
    """What training rows hold, to be compared with cases."""

    texts: set[str] = field(default_factory=set)
    skeletons: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    near: Near = field(default_factory=Near)

    @classmethod
    def by(cls, rows: Iterable[Example]) -> "Held":
        """Return what `rows` hold."""
        held = cls()
        for row in rows:
            held.texts.add(normalised(row.content))
            held.skeletons.add(skeleton(row.content))
            held.values.update(_values_of(row))
            held.near.add(row.content)
        return held

    def met_by(self, content: str) -> Iterator[str]:
        """Yield in which of KINDS a content meets a row."""
        text = normalised(content)
        if text in self.texts:
            yield "exact"
        elif self.near.meets(text):
            yield "near"
        if not self.values.isdisjoint(_values_in(content)):
            yield "value"
        shape = skeleton(content)
        if len(shape) >= _SHORTEST and shape in self.skeletons:
            yield "skeleton"


def _values_of(row: Example) -> Iterator[str]:
    for value in row.unique_values:
        for piece in value.partition(":")[2].split("|"):
            if "@" in piece:
                yield piece
            elif piece.isdecimal() and len(piece) >= _FEWEST:
                yield piece
                if abroad := _COUNTRY.fullmatch(piece):
                    yield abroad[1]


def _values_in(content: str) -> Iterator[str]:
    for reading in reader.decode(content):
        yield from numbers(reading.text)
        yield from (address.lower().rstrip(".") for address in _ADDRESS.findall(reading.text))


@dataclass(slots=True)
class Met:
    """Where the cases of one file meet training rows: line numbers by kind, never a content."""

    cases: int = 0
    lines: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def spoils(self) -> bool:
        """Say whether a model trained on the rows can't be judged by the file as it is."""
        return any(self.lines[kind] for kind in SPOILING)


def compare(held: Held, cases: Iterable[tuple[int, str]]) -> Met:
    """Compare contents, each with its line number, with what training rows hold."""
    met = Met()
    for number, content in cases:
        met.cases += 1
        for kind in held.met_by(content):
            met.lines[kind].append(number)
    return met
