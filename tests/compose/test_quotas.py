"""Whole numbers that meet their sums exactly, for any shares and any table that can be."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge.compose.plan import apportion, evenly, spread
from piiforge.errors import QuotaUnmet

NAMES = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, unique=True)
WEIGHTS = st.dictionaries(st.sampled_from("abcdefghijkl"), st.floats(1e-6, 1e6), min_size=1)
TOTALS = st.integers(0, 20_000)


@st.composite
def tables(draw):
    """A random table first, then its margins: what is asked can always be met."""
    height, width = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cells = {
        (f"r{row}", f"c{column}"): draw(st.integers(0, 40) | st.just(0))
        for row in range(height)
        for column in range(width)
    }
    opened = draw(st.sets(st.sampled_from(sorted(cells))))
    return cells, {cell for cell, count in cells.items() if count} | opened


def margins(cells):
    rows, columns = Counter(), Counter()
    for (row, column), count in cells.items():
        rows[row] += count
        columns[column] += count
    return dict(rows), dict(columns)


@given(TOTALS, WEIGHTS)
def test_apportioned_counts_sum_to_the_total(total, weights):
    assert sum(apportion(total, weights).values()) == total


@given(TOTALS, WEIGHTS)
def test_an_apportioned_count_is_within_one_of_its_share(total, weights):
    whole = sum(weights.values())
    for name, count in apportion(total, weights).items():
        assert abs(count - total * weights[name] / whole) < 1 + 1e-6


def test_a_share_of_nothing_gets_nothing():
    assert apportion(7, {"a": 1, "b": 0}) == {"a": 7, "b": 0}
    assert apportion(7, {}) == apportion(7, {"a": 0}) == {}


@given(TOTALS, NAMES, st.integers(0, 50))
def test_even_counts_sum_to_the_total_and_differ_by_one_at_most(total, names, start):
    counts = evenly(total, names, start).values()
    assert sum(counts) == total
    assert max(counts) - min(counts) <= 1


@given(tables())
def test_a_spread_table_meets_both_margins_and_leaves_forbidden_cells_empty(table):
    cells, opened = table
    rows, columns = margins(cells)
    found = spread(rows, columns, lambda row, column: (row, column) in opened, name="t")
    found_rows, found_columns = margins(found)
    assert set(found) <= opened
    assert {row: found_rows.get(row, 0) for row in rows} == rows
    assert {column: found_columns.get(column, 0) for column in columns} == columns


@given(tables())
def test_where_all_is_allowed_a_cell_is_within_one_of_its_fair_share(table):
    rows, columns = margins(table[0])
    total = sum(rows.values())
    found = spread(rows, columns, lambda _row, _column: True, name="t")
    for row, row_sum in rows.items():
        for column, column_sum in columns.items():
            fair = row_sum * column_sum / total if total else 0
            assert abs(found.get((row, column), 0) - fair) < 1 + 1e-6


def test_a_table_that_can_not_be_names_the_rows_and_what_fits():
    with pytest.raises(QuotaUnmet) as raised:
        spread({"a": 5, "b": 1}, {"x": 2, "y": 4}, lambda r, c: (r, c) != ("a", "y"), name="here")
    assert str(raised.value).startswith("quota here of a can't be met: 5 rows are asked, 2 fit (x)")
    assert raised.value.hint


def test_rows_short_only_together_are_named_together():
    allowed = {("a", "x"), ("b", "x"), ("b", "y"), ("a", "y"), ("c", "z")}
    with pytest.raises(QuotaUnmet, match="of a, b can't be met: 8 rows are asked, 7 fit"):
        spread(
            {"a": 4, "b": 4, "c": 2}, {"x": 3, "y": 4, "z": 3}, lambda *cell: cell in allowed,
            name="t",
        )  # fmt: skip


def test_margins_that_disagree_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="row sums 2 and column sums 3"):
        spread({"a": 2}, {"x": 3}, lambda _row, _column: True, name="t")
