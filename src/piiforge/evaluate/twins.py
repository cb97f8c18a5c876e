"""Twins: lines that differ in one thing. A pair counts as right only where every line is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from piiforge.evaluate.matching import Bools, Ints
from piiforge.evaluate.records import Pairs
from piiforge.types import Case


@dataclass(frozen=True, slots=True)
class Twins:
    """The pairs among some cases: `pair` is the pair of each row, -1 for none.

    `sizes` says how many rows a pair has, `first` which row stands first (its group is the pair's).
    """

    pair: Ints
    sizes: Ints
    first: Ints

    def right(self, right: Bools) -> Bools:
        """Return of each pair whether all of its rows are right."""
        return np.asarray(self._count(np.flatnonzero(right)) == self.sizes)

    def among(self, rows: Ints, right: Bools) -> Pairs:
        """Return how the pairs that stand wholly among `rows` were judged."""
        whole = self._count(rows) == self.sizes
        kept, good = int(whole.sum()), int((whole & self.right(right)).sum())
        return Pairs(kept, good, good / kept if kept else None)

    def _count(self, rows: Ints) -> Ints:
        paired = self.pair[rows]
        return np.bincount(paired[paired >= 0], minlength=len(self.sizes)).astype(np.int64)


def find(cases: Sequence[Case]) -> Twins:
    """Return the pairs; a case whose twin is not among the cases is in none."""
    rows: dict[str, list[int]] = defaultdict(list)
    for at, case in enumerate(cases):
        if case.twin:
            rows[case.twin].append(at)
    pairs = [found for found in rows.values() if len(found) > 1]
    pair = np.full(len(cases), -1, dtype=np.int64)
    for number, found in enumerate(pairs):
        pair[found] = number
    sizes = np.array([len(found) for found in pairs], dtype=np.int64)
    return Twins(pair, sizes, np.array([found[0] for found in pairs], dtype=np.int64))
