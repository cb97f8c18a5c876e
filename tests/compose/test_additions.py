"""Mined cells: what they add is of the cell, new, in training alone, and balanced."""

from collections import Counter

import pytest

from piiforge import compose
from piiforge.compose.plan import is_of
from piiforge.types import Cue, MinedCell

CELLS = (
    MinedCell("ssn", 30, label=True, disguise="words_es", language="es"),
    MinedCell("phone", 20, label=False, variant="named", event="xhr"),
    MinedCell("email", 10, cue=Cue.NEUTRAL),
    MinedCell("itin", 5, variant="nothing of the kind"),
)


@pytest.fixture(scope="module")
def added(base_plan):
    return compose.additions(base_plan, CELLS, 7)


def test_every_row_asked_for_comes_with_one_of_the_other_label(added):
    assert len(added) == 2 * (30 + 20 + 10)
    for asked, other in zip(added[::2], added[1::2], strict=True):
        assert asked.category == other.category
        assert asked.label is not other.label


def test_what_is_asked_for_is_of_its_cell(added):
    places = (added[:60:2], added[60:100:2], added[100::2])
    for cell, mine in zip(CELLS, places, strict=False):
        assert all(is_of(spec, cell) for spec in mine)
        assert len(mine) == cell.rows


def test_additions_are_training_rows_with_numbers_of_their_own(added, base_plan):
    assert {spec.split for spec in added} == {"train"}
    numbers = Counter(spec.number for spec in (*base_plan, *added))
    assert max(numbers.values()) == 1
    assert not any(spec.twin or spec.frame for spec in added)


def test_a_cell_that_the_plan_does_not_know_adds_nothing(base_plan):
    assert compose.additions(base_plan, CELLS[3:], 7) == ()


def test_the_same_seed_adds_the_same(base_plan, added):
    assert compose.additions(base_plan, CELLS, 7) == added
    assert compose.additions(base_plan, CELLS, 8) != added
