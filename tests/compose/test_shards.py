"""Shards of a plan: each by itself, and together what was asked for."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge.build.order import asked_of, categories_of
from piiforge.compose import Shard, plan, portion
from piiforge.recipe import load

RECIPE = load(
    "tiny",
    ["categories=[ssn, email]", "rows.per_category=800", "rows.validation=0.2", "rows.test=500"],
)
weights = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 5), min_size=1)


def shards(of, recipe=RECIPE):
    return [plan(asked_of(recipe, Shard(at, of)), categories_of(recipe)) for at in range(of)]


def rows(specs, *axes):
    """Count rows, twins on both their sides, by split, category, label and `axes`."""
    counts = Counter()
    for spec in specs:
        own = [getattr(spec, axis) for axis in axes]
        counts[(spec.split, spec.category, spec.label, *own)] += 1
        if spec.twin:
            counts[(spec.split, spec.category, True, *own)] += 1
    return counts


@given(weights, st.lists(st.integers(0, 400), min_size=1, max_size=8))
def test_portions_add_up_wherever_they_are_cut(weights, cuts):
    found, before = Counter(), 0
    for cut in cuts:
        part = portion(before, cut, weights)
        assert min(part.values()) >= 0
        assert sum(part.values()) == cut
        found.update(part)
        before += cut
    assert found == Counter(portion(0, before, weights))


@pytest.mark.parametrize("axis", [(), ("language",), ("event",)], ids=str)
def test_every_margin_is_the_same_for_any_number_of_shards(axis):
    sums = [sum((rows(one, *axis) for one in shards(of)), Counter()) for of in (2, 3, 5)]
    assert sums[0] == sums[1] == sums[2]


def test_all_shards_have_as_many_rows_as_the_whole():
    whole = plan(asked_of(RECIPE), categories_of(RECIPE))
    counts = [
        Counter((spec.split, spec.category) for spec in specs for _ in range(spec.rows))
        for specs in (whole, [spec for one in shards(4) for spec in one])
    ]
    assert counts[0] == counts[1]


def test_no_two_shards_have_a_number_in_common():
    numbers = [spec.number for one in shards(5) for spec in one]
    assert len(set(numbers)) == len(numbers)


def test_a_shard_is_the_same_each_time_and_no_copy_of_another():
    first, second, _ = shards(3)
    assert first == shards(3)[0]
    assert Counter(map(repr, first)) != Counter(map(repr, second))
