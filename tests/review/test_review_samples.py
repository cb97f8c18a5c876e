"""Which rows a person is shown: all cells, more of the disputed, the same ones every time."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_rows import CATEGORIES, made, many

from piiforge import review
from piiforge.errors import AskedWrongly

ROWS = many()
CELLS = {(category, label) for category in CATEGORIES for label in (True, False)}
SSN = [row.id for row in ROWS if row.category == "ssn" and row.label]
counts = st.integers(review.LEAST, review.MOST)
some_ids = st.sets(st.sampled_from([row.id for row in ROWS]))


def cell(row):
    return row.category, row.label


@given(some_ids, counts, st.integers())
def test_a_sample_has_the_rows_asked_for_each_once_and_every_cell(disputed, count, seed):
    picked = review.sample(ROWS, dict.fromkeys(disputed, "read otherwise"), count=count, seed=seed)
    assert len({row.id for row in picked}) == len(picked) == count
    assert {cell(row) for row in picked} == CELLS


@given(some_ids, counts, st.integers())
def test_the_disputed_have_six_places_in_ten_as_far_as_there_are_any(disputed, count, seed):
    picked = review.sample(ROWS, dict.fromkeys(disputed, "read otherwise"), count=count, seed=seed)
    shown = {row.id for row in picked if row.why}
    assert len(shown) == min(len(disputed), round(0.6 * count))
    assert shown <= disputed


@given(counts)
def test_where_all_are_disputed_the_disputed_have_every_place(count):
    why = {row.id: "read otherwise" for row in ROWS}
    picked = review.sample(ROWS, why, count=count, seed=1)
    assert len(picked) == count
    assert all(row.why for row in picked)


@pytest.mark.parametrize("seed", range(5))
def test_within_a_cell_every_reason_of_a_dispute_is_shown(seed):
    why = dict.fromkeys(SSN, "common") | {SSN[7]: "rare", SSN[9]: "odd"}
    picked = review.sample(ROWS, why, count=50, seed=seed)
    assert {row.why for row in picked} == {"", "common", "rare", "odd"}


def test_cells_have_the_same_share_within_one_row():
    found = Counter(map(cell, review.sample(ROWS, {}, count=100, seed=1)))
    assert set(found.values()) == {5, 6}


def test_any_head_of_the_sample_goes_round_the_cells():
    why = dict.fromkeys(SSN, "read otherwise")
    head = review.sample(ROWS, why, count=80, seed=1)[: len(CELLS)]
    assert {cell(row) for row in head} == CELLS


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_is_no_matter(rng: Random):
    shuffled = list(ROWS)
    rng.shuffle(shuffled)
    why = dict.fromkeys(SSN, "read otherwise")
    assert review.sample(shuffled, why, count=60, seed=3) == review.sample(
        ROWS, why, count=60, seed=3
    )


def test_another_seed_shows_other_rows():
    first, second = (set(review.sample(ROWS, {}, count=60, seed=seed)) for seed in (1, 2))
    assert first != second


def test_fewer_candidates_than_places_are_all_shown():
    few = ROWS[:30]
    assert set(review.sample(few, {}, count=50, seed=1)) == set(few)
    assert review.sample([], {}, count=50, seed=1) == []


def test_a_row_keeps_its_own_why_where_none_is_given():
    rows = [made(1, "ssn", True, "its own"), made(2, "ssn", True, "its own")]
    picked = review.sample(rows, {rows[0].id: "given"}, count=50, seed=1)
    assert {row.id: row.why for row in picked} == {rows[0].id: "given", rows[1].id: "its own"}


@pytest.mark.parametrize("count", [0, 49, 101])
def test_a_review_of_another_size_is_asked_wrongly(count):
    with pytest.raises(AskedWrongly, match="50 to 100"):
        review.sample(ROWS, {}, count=count, seed=1)


def test_two_rows_of_one_id_are_no_candidates():
    with pytest.raises(ValueError, match="one id"):
        review.sample([ROWS[0], ROWS[0]], {}, count=50, seed=1)
