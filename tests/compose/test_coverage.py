"""Pairwise coverage: what is composed is among what can exist, and counts are those by hand."""

from dataclasses import replace

import pytest

from piiforge import categories, compose
from piiforge.build.order import asked_of, categories_of
from piiforge.compose.coverage import AXES, Place, place_of, places
from piiforge.recipe import load


@pytest.fixture(scope="module")
def base(recipes):
    recipe = load(recipes / "base.yaml")
    return asked_of(recipe), categories_of(recipe)


@pytest.fixture(scope="module")
def ssn(base):
    """Return an order of one category, one language, one event and one group: a small table."""
    order = replace(
        base[0], languages={"en": 1.0, "es": 0.0}, events={"chat_message": 1.0}, groups={
            "default": ("plain",)
        },
    )  # fmt: skip
    return order, (categories.get("ssn"),)


@pytest.mark.parametrize("axis", AXES)
def test_what_is_composed_can_exist(base, composed, axis):
    at = AXES.index(axis)
    can = {(place[0], place[at]) for place in places(*base)}
    found = {(place[0], place[at]) for _, rows in composed for place in map(place_of, rows)}
    assert found <= can


def test_every_place_of_a_composed_row_is_a_possible_one(base, composed):
    can = places(*base)
    assert not [row.id for _, rows in composed for row in rows if place_of(row) not in can]


@pytest.mark.parametrize("axis", ["language", "event"])
def test_what_has_no_share_can_not_exist(ssn, axis):
    told = {getattr(place, axis) for place in places(*ssn)}
    assert told == {{"language": "en", "event": "chat_message"}[axis]}


@pytest.mark.parametrize(
    ("place", "can"),
    [
        (("positive", "plain", "confirm", "turns"), True),
        (("positive", "plain", "neutral", "turns"), True),  # its form tells
        (("positive", "spelled", "confirm", "turns"), False),  # not a group that is asked
        (("negative", "vetoed", "veto", "turns"), True),
        (("negative", "vetoed", "confirm", "turns"), False),
        (("negative", "misleading", "misleading", "turns"), False),  # a key, and a chat has none
    ],
)
def test_the_rules_of_the_plan_are_those_of_the_pairs(ssn, place, can):
    label, variant, cue, carrier = place
    found = places(*ssn)
    assert (Place("ssn", label, variant, "en", "chat_message", cue, carrier) in found) is can


def test_a_share_is_the_count_by_hand(ssn):
    everything = compose.coverage([], *ssn)
    assert everything.share == 0.0
    assert everything.possible["language, event"] == 1
    assert everything.possible["label, language"] == 2
    assert everything.possible["category, label"] == 2


def test_one_row_covers_one_pair_of_each_two_axes(base, composed):
    covered = compose.coverage([composed[0][1][0]], *base)
    assert set(covered.there.values()) == {1}
    assert len(covered.there) == len(AXES) * (len(AXES) - 1) // 2
    assert covered.share == len(covered.there) / sum(covered.possible.values())


def test_a_row_that_no_rule_makes_is_not_counted(base, composed):
    strange = replace(composed[0][1][0], variant="never heard of")
    covered = compose.coverage([strange], *base)
    assert covered.there["label, variant"] == 0
