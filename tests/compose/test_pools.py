"""Pools: what one split draws on, no other does, and each split can write of everything."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import categories, compose, lines
from piiforge.compose.pools import Shelf, deal, is_held_back, least
from piiforge.types import SPLITS

SEED = 20261122
EVENTS = ("form_submit", "page_view", "xhr", "chat_message")
LANGUAGES = ("en", "es", "fr", "zh")

every_split = pytest.mark.parametrize("split", SPLITS)


@pytest.fixture(scope="module")
def pools():
    return {split: compose.make_pool(split, SEED) for split in SPLITS}


def families(pool):
    phrases = {phrase.family for found in pool.phrases.values() for phrase in found}
    return phrases | {scenario.name for scenario in pool.scenarios}


@given(st.sets(st.text(), min_size=3), st.integers(0, 2**32))
def test_dealing_loses_nothing_and_gives_each_split_something(names, seed):
    hands = deal(names, seed)
    assert sorted(name for hand in hands.values() for name in hand) == sorted(names)
    assert all(hands.values())


def test_a_name_added_later_moves_few_others():
    names = [f"family-{number}" for number in range(60)]
    before = {name: split for split, hand in deal(names, 1).items() for name in hand}
    for number in range(20):
        after = deal([*names, f"later-{number}"], 1)
        assert sum(before.get(name, s) != s for s, hand in after.items() for name in hand) <= 3


def test_dealing_does_not_heed_the_order_of_names():
    names = [f"family-{number}" for number in range(50)]
    assert deal(names, 1) == deal(reversed(names), 1)
    assert deal(names, 1) != deal(names, 2)


def test_no_family_is_in_two_splits(pools):
    train, val, test = (families(pools[split]) for split in SPLITS)
    assert not train & val
    assert not (train | val) & test


def test_all_families_together_are_those_of_the_banks(pools):
    banks = lines.load()
    scenarios = {name for split in SPLITS for name in (s.name for s in pools[split].scenarios)}
    assert scenarios == {scenario.name for scenario in banks.scenarios}


@every_split
@pytest.mark.parametrize("event", EVENTS)
def test_every_split_can_write_every_event(pools, split, event):
    carriers = ("turns",) if event == "chat_message" else ("fields", "text")
    assert all(pools[split].formats[event, carrier] for carrier in carriers)


@every_split
@pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)
def test_every_split_can_speak_of_every_category_in_every_language(pools, split, category):
    phrases = pools[split].phrases
    roles = {role for owner, role, _ in phrases if owner == category.id}
    assert roles
    for role in roles:
        for language in LANGUAGES:
            if (category.id, role, language) in phrases:
                assert phrases[category.id, role, language], (role, language)


def test_held_formats_are_in_the_test_set_alone(pools):
    held = {found.name for found in lines.FORMATS if not found.only and is_held_back(found, SEED)}
    used = {s: {f.name for fs in pools[s].formats.values() for f in fs} for s in SPLITS}
    assert held
    assert held <= used["test"]
    assert not held & (used["train"] | used["val"])


def test_the_test_set_asks_key_names_that_training_never_saw(pools):
    for place, names in pools["test"].keys.items():
        assert set(pools["train"].keys[place]) <= set(names)
    unseen = [
        n
        for p, names in pools["test"].keys.items()
        for n in set(names) - set(pools["train"].keys[p])
    ]
    assert len(unseen) > 100


@pytest.mark.parametrize("room", [None, 0.0, 12.5, 30.0, 300.0])
def test_a_rack_draws_by_weight_among_the_formats_that_the_room_holds(pools, room):
    rack = pools["train"].rack("chat_message", "turns", escaping=False)
    fitting = [form for form in rack.formats if room is None or least(form) <= room]
    fitting = fitting or sorted(rack.formats, key=least)[:4]
    weights = [form.weight for form in fitting]
    for seed in range(40):
        (asked,) = Random(seed).choices(fitting, weights)
        assert rack.draw(Random(seed), room) is asked


@pytest.mark.parametrize("room", [None, 0.0, 8.0, 100.0])
def test_no_phrase_of_a_shelf_comes_again_before_all_that_fit_have_come(pools, room):
    phrases = pools["train"].phrases["ssn", "confirm", "en"]
    shelf = Shelf.of(phrases)
    fitting = [p for size, p in shelf.turns if room is None or size <= room] or shelf.shorter
    came = [shelf.next(turn, room) for turn in range(2 * len(fitting))]
    assert came[: len(fitting)] == came[len(fitting) :]
    assert set(came) == set(fitting) <= set(phrases)
