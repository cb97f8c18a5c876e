"""Shares into whole numbers that meet their sums, and tables into whole numbers that meet theirs.

Shares become whole numbers that meet their sums exactly (`apportion`, `evenly`, `portion`), and so
do tables with given margins (`spread`): a table is filled in proportion (iterative proportional
fitting) and rounded by a maximum flow, so that every row and column sum is met to the unit while
each cell is within one of its fair share. Rows are shuffled first: which of many thin rows gets a
column's last units is left to chance.

Sources:
    Deming & Stephan 1940, On a least squares adjustment of a sampled frequency table.
    Cox 1987, A constructive procedure for unbiased controlled rounding.
    Balinski & Young 1982, Fair Representation, 3 and 4 (`portion`: Webster's method).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from piiforge.errors import QuotaUnmet
from piiforge.rng import child

_FITTING_ROUNDS = 60
_NEAR, _TINY = 1e-7, 1e-12
Row = TypeVar("Row", bound=Hashable)


def apportion(total: int, weights: Mapping[Row, float]) -> dict[Row, int]:
    """Split `total` by `weights` into whole numbers that sum to it (largest remainder).

    Ties go to the earlier name. No weights, nothing to give.

    >>> apportion(10, {"a": 1, "b": 1, "c": 1})
    {'a': 4, 'b': 3, 'c': 3}
    """
    whole = sum(weights.values())
    if not whole:
        return {}
    exact = {name: total * weight / whole for name, weight in weights.items()}
    counts = {name: int(share + 1e-9) for name, share in exact.items()}
    short = total - sum(counts.values())
    order = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in order[:short]:
        counts[name] += 1
    return counts


def portion(before: int, total: int, weights: Mapping[Row, float]) -> dict[Row, int]:
    """Split by `weights` the `total` units that come after the first `before`.

    Portions one after the other add up to what the whole is split into, wherever it was cut: each
    unit goes in turn to the name that has the least for its weight. Ties go to the earlier name.

    >>> portion(0, 5, {"a": 2, "b": 1}), portion(5, 4, {"a": 2, "b": 1})
    ({'a': 3, 'b': 2}, {'a': 3, 'b': 1})
    >>> portion(0, 9, {"a": 2, "b": 1})
    {'a': 6, 'b': 3}
    """
    first, last = _upto(before, weights), _upto(before + total, weights)
    return {name: last[name] - count for name, count in first.items()}


def _upto(total: int, weights: Mapping[Row, float]) -> dict[Row, int]:
    whole = sum(weights.values())
    if not whole:
        return {}
    # nobody is ever as far behind as this: from there on unit by unit
    counts = {n: max(0, int(total * w / whole) - len(weights)) for n, w in weights.items()}
    for _ in range(total - sum(counts.values())):
        counts[max(weights, key=lambda name: weights[name] / (2 * counts[name] + 1))] += 1
    return counts


def evenly(total: int, names: Sequence[Row], start: int = 0) -> dict[Row, int]:
    """Split `total` evenly; what is left over goes to the names from position `start` on.

    >>> evenly(5, ("a", "b", "c"), start=2)
    {'a': 2, 'b': 1, 'c': 2}
    """
    if not names:
        return {}
    each, left = divmod(total, len(names))
    lucky = {(start + step) % len(names) for step in range(left)}
    return {name: each + (place in lucky) for place, name in enumerate(names)}


def weighed(
    total: int, names: Sequence[Row], weights: Mapping[Row, float], start: int = 0
) -> dict[Row, int]:
    """Split `total` by `weights`, evenly where no name has one or all have the same.

    What rounding leaves over goes to the names from position `start` on, as in `evenly`.

    >>> weighed(10, ("a", "b", "c"), {"a": 3, "b": 1})
    {'a': 8, 'b': 2, 'c': 0}
    """
    found = [weights.get(name, 0.0) for name in names]
    if not any(found) or len(set(found)) == 1:
        return evenly(total, names, start)
    turned = [*names[start % len(names) :], *names[: start % len(names)]]
    counts = apportion(total, {name: weights.get(name, 0.0) for name in turned})
    return {name: counts[name] for name in names}


def ones(names: Iterable[Row]) -> dict[Row, float]:
    """Return a weight of one for each name."""
    return dict.fromkeys(names, 1.0)


def spread(
    rows: Mapping[Row, int],
    columns: Mapping[str, int],
    allowed: Callable[[Row, str], bool],
    *,
    name: str,
    leaning: Callable[[Row, str], float] = lambda _row, _column: 1.0,
) -> dict[tuple[Row, str], int]:
    """Fill a table whose row and column sums are given, with zeros where not `allowed`.

    Cells are as near to proportional, to `leaning` where given, as whole numbers permit. The sums
    must agree.

    Raises:
        QuotaUnmet: no such table exists; says which rows have too few columns. `name` opens it.
    """
    row_names, column_names = list(rows), list(columns)
    # a flow serves rows in their order: shuffled, or the last kinds would share one column
    child(0, "spread", name).shuffle(row_names)
    row_sums = np.array([rows[row] for row in row_names], dtype=np.int64)
    column_sums = np.array([columns[column] for column in column_names], dtype=np.int64)
    if row_sums.sum() != column_sums.sum():
        raise ValueError(f"{name}: row sums {row_sums.sum()} and column sums {column_sums.sum()}")
    open_cells = np.array([[allowed(r, c) for c in column_names] for r in row_names], dtype=bool)
    open_cells = open_cells.reshape(len(row_names), len(column_names))
    seeds = np.array([[leaning(r, c) for c in column_names] for r in row_names])
    shares = open_cells * seeds.reshape(open_cells.shape)
    counts = _rounded(_fitted(row_sums, column_sums, shares), row_sums, column_sums)
    if counts is None:  # the fair shares can't be rounded: any table that has the sums will do
        capacity = np.where(open_cells, int(row_sums.sum()) or 1, 0)
        counts = _flow(row_sums, column_sums, capacity)
    if counts.sum() < row_sums.sum():
        raise _shortage(name, rows, columns, allowed)
    return {
        (row, column): count
        for row, found in zip(row_names, counts.tolist(), strict=True)
        for column, count in zip(column_names, found, strict=True)
        if count
    }


def _fitted(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Scale rows and columns of `shares` in turn until both sums are met, or _FITTING_ROUNDS."""
    table = shares.astype(np.float64)
    for _ in range(_FITTING_ROUNDS):
        have = table.sum(axis=1)
        if np.abs(have - rows).max(initial=0.0) < _NEAR:
            break
        table *= (rows / np.maximum(have, _TINY))[:, None]
        table *= columns / np.maximum(table.sum(axis=0), _TINY)
    return table


def _rounded(
    shares: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Round down, then give the rest where a share was cut, one unit a cell at most at first.

    None where the sums can't be met in this way.
    """
    floor = np.floor(shares + 1e-6).astype(np.int64)
    cut = shares - floor > 1e-6
    rows_left, columns_left = rows - floor.sum(axis=1), columns - floor.sum(axis=0)
    if (rows_left < 0).any() or (columns_left < 0).any():
        return None
    if not rows_left.any():
        return floor
    for most in (1, 2, 4, 8):
        more = _flow(rows_left, columns_left, np.where(cut, most, 0))
        if more.sum() == rows_left.sum():
            return floor + more
    return None


def _flow(
    rows: NDArray[np.int64], columns: NDArray[np.int64], capacity: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the largest table under the row sums, column sums and cell capacities."""
    height, width = capacity.shape
    size = height + width + 2
    graph = np.zeros((size, size), dtype=np.int32)
    graph[0, 1 : height + 1] = rows
    graph[1 : height + 1, height + 1 : -1] = capacity
    graph[height + 1 : -1, -1] = columns
    flow = maximum_flow(csr_matrix(graph), 0, size - 1).flow.toarray()
    return np.asarray(flow[1 : height + 1, height + 1 : -1], dtype=np.int64)


def _shortage(
    name: str,
    rows: Mapping[Row, int],
    columns: Mapping[str, int],
    allowed: Callable[[Row, str], bool],
) -> QuotaUnmet:
    """Find rows that ask for more than all the columns they may use can give (Hall's condition)."""
    reach = {row: tuple(c for c in columns if allowed(row, c)) for row in rows if rows[row]}
    by_size = sorted(reach, key=lambda row: (len(reach[row]), str(row)))
    bound_alike = ([r for r in by_size if set(reach[r]) <= set(reach[row])] for row in by_size)
    growing = accumulate(([row] for row in by_size), lambda seen, new: seen + new)
    for upto in chain(bound_alike, growing):
        room = {column for row in upto for column in reach[row]}
        want, have = sum(rows[row] for row in upto), sum(columns[column] for column in room)
        if want > have:
            cell = f"{name} of {', '.join(map(str, upto))}"
            why = f"{want} rows are asked, {have} fit ({', '.join(sorted(room)) or 'no column'})"
            return QuotaUnmet(cell, why, "Ask for fewer of them or raise the share of the others.")
    return QuotaUnmet(name, "the shares exclude each other", "Bring the shares nearer to even.")
