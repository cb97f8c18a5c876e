"""Duplicates, by the keys that the generator knows; by text only where text is free.

Template lines look alike by design, so text similarity would measure the template. A row repeats
another if it holds the same drawn value, or the same normalised text; sentences without any value
are compared by MinHash, and a hit is verified by the true Jaccard similarity. Twins survive: they
share a value or a line on purpose. Placeholders are finite and may come again.

Source:
    Broder 1997, On the resemblance and containment of documents.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from piiforge.types import Example

NEAR = 0.9  # Jaccard similarity of 5-grams from which two free texts are one
_GRAM, _BANDS, _ROWS_A_BAND = 5, 8, 8  # two texts meet in a band from about 0.77 on
_HASHES = _BANDS * _ROWS_A_BAND
_SPACE = re.compile(r"\s+")
_MASK = np.uint64(0xFFFFFFFF)
_RANDOM = np.random.default_rng(20261122)
_A = _RANDOM.integers(1, 1 << 32, _HASHES, dtype=np.uint64)
_B = _RANDOM.integers(0, 1 << 32, _HASHES, dtype=np.uint64)


@dataclass(slots=True)
class Seen:
    """What earlier rows hold. Feed rows in one fixed order: the first of a pair stays."""

    values: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    bands: dict[bytes, list[int]] = field(default_factory=dict)
    grams: list[frozenset[str]] = field(default_factory=list)

    def repeats(self, rows: Sequence[Example]) -> str:
        """Say how `rows` (one, or two twins) repeat an earlier row; remember them if not at all."""
        problem = self._value(rows) or self._text(rows) or self._near(rows)
        if not problem:
            self._remember(rows)
        return problem

    def _value(self, rows: Iterable[Example]) -> str:
        for row in rows:
            if any(key in self.values for key in row.unique_values):
                return "a drawn value stands in another row"
        return ""

    def _text(self, rows: Iterable[Example]) -> str:
        if any(normalised(row.content) in self.texts for row in rows):
            return "another row has the same text"
        return ""

    def _near(self, rows: Sequence[Example]) -> str:
        if len(rows) > 1 or not _is_free_text(rows[0]):
            return ""
        grams = _grams(rows[0].content)
        marks = _bands(grams)
        for mark in marks:
            for other in self.bands.get(mark, ()):
                if _jaccard(grams, self.grams[other]) >= NEAR:
                    return "another row has nearly the same text"
        for mark in marks:
            self.bands.setdefault(mark, []).append(len(self.grams))
        self.grams.append(grams)
        return ""

    def _remember(self, rows: Iterable[Example]) -> None:
        for row in rows:
            for key in row.unique_values:
                self.values[key] = row.id
            self.texts[normalised(row.content)] = row.id


def _is_free_text(row: Example) -> bool:
    """Say whether a row is a sentence without a value, not a structure with fields."""
    return not row.values and "/" not in row.family


def normalised(content: str) -> str:
    """Return `content` in lower case with runs of white space as one space."""
    return _SPACE.sub(" ", content.lower()).strip()


def _grams(content: str) -> frozenset[str]:
    text = normalised(content)
    return frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))


def _bands(grams: frozenset[str]) -> list[bytes]:
    codes = np.array([crc32(gram.encode()) for gram in grams], dtype=np.uint64)
    table: NDArray[np.uint64] = (codes[:, None] * _A[None, :] + _B[None, :]) >> np.uint64(32)
    least = (table & _MASK).min(axis=0)
    return [
        bytes([band]) + least[band * _ROWS_A_BAND : (band + 1) * _ROWS_A_BAND].tobytes()
        for band in range(_BANDS)
    ]


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)
