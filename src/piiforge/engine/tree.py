"""Rows of tokens as one tree, so that what they share is computed once.

Nine questions about one content share the content, many contents of one category share the
category's words, and both share the instruction. The rows become the nodes of a tree, written as
one sequence; a mask lets each node see its own ancestors alone, and positions say how deep it
stands. Then one pass over the sequence gives each row what it would get alone, without padding.

Prefixes whose keys and values are kept from an earlier pass are roots: they stand in the past, side
by side, and each row sees its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tokens = tuple[int, ...]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tree:
    """One pass. T new tokens see P tokens of the past, which is `roots` one after the other.

    ids and positions are (T,), `sees` is (T, P+T): may a token look at another. `last` (rows,) is
    where each row ends.
    """

    ids: Ints
    positions: Ints
    sees: Bools
    last: Ints
    roots: tuple[Tokens, ...]


def plant(rows: Sequence[Tokens], kept: Sequence[Tokens] = ()) -> Tree:
    """Make the tree of `rows`; each stands on the longest of `kept` that is its proper prefix.

    >>> tree = plant([(1, 2, 3), (1, 2, 4, 5)])
    >>> tree.ids.tolist(), tree.positions.tolist(), tree.last.tolist()
    ([1, 2, 3, 4, 5], [0, 1, 2, 2, 3], [2, 4])
    """
    bases = [base(row, kept) for row in rows]
    roots = tuple(dict.fromkeys(each for each in bases if each))
    nodes: dict[tuple[Tokens, int, int], int] = {}  # (root, parent or -1, token) -> place
    ids: list[int] = []
    parents: list[int] = []
    owners: list[Tokens] = []
    last: list[int] = []
    for row, root in zip(rows, bases, strict=True):
        at = -1
        for token in row[len(root) :]:
            place = nodes.setdefault((root, at, token), len(ids))
            if place == len(ids):
                ids.append(token)
                parents.append(at)
                owners.append(root)
            at = place
        last.append(at)
    positions, sees = _sight(parents, owners, roots)
    return Tree(np.array(ids), positions, sees, np.array(last), roots)


def base(row: Tokens, kept: Sequence[Tokens]) -> Tokens:
    """Return the longest of `kept` that `row` begins with and goes on behind, () for none."""
    fitting = (each for each in kept if len(each) < len(row) and row[: len(each)] == each)
    return max(fitting, key=len, default=())


def parted(rows: Sequence[Tokens], kept: Sequence[Tokens], most: int) -> list[list[int]]:
    """Part rows into passes of at most `most` new tokens each; give their places in `rows`.

    Rows that begin alike come together. A row that is longer than `most` has a pass of its own.
    """
    passes: list[list[int]] = []
    filled = most + 1
    before: Tokens = ()
    for at in sorted(range(len(rows)), key=lambda place: rows[place]):
        row = rows[at]
        new = len(row) - max(len(base(row, kept)), _shared(before, row) if filled <= most else 0)
        if filled + new > most:
            passes.append([])
            filled, new = 0, len(row) - len(base(row, kept))
        passes[-1].append(at)
        filled += new
        before = row
    return passes


def _sight(
    parents: Sequence[int], owners: Sequence[Tokens], roots: Sequence[Tokens]
) -> tuple[Ints, Bools]:
    """Return how deep each node stands and what it may look at."""
    starts = dict(zip(roots, np.cumsum([0, *map(len, roots)])[:-1].tolist(), strict=True))
    past = sum(map(len, roots))
    sees = np.zeros((len(parents), past + len(parents)), dtype=np.bool_)
    positions = np.zeros(len(parents), dtype=np.int64)
    for at, (parent, root) in enumerate(zip(parents, owners, strict=True)):
        if parent >= 0:
            sees[at] = sees[parent]
            positions[at] = positions[parent] + 1
        else:
            if root:
                sees[at, starts[root] : starts[root] + len(root)] = True
            positions[at] = len(root)
        sees[at, past + at] = True
    return positions, sees


def _shared(first: Tokens, second: Tokens) -> int:
    pairs = zip(first, second, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )
