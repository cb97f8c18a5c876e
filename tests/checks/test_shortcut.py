"""Probes: a shortcut that was planted is found, and where there is none nothing is found."""

from dataclasses import replace
from random import Random

import pytest
from crafted import drawn, row, talk

from piiforge.checks import probes

NAMES = ("keys", "values", "length", "words")


@pytest.fixture(scope="module")
def mixed(composed):
    return [row for _, made in composed for row in made]


def labelled(example, sensitive):
    return replace(example, verdict=replace(example.verdict, is_sensitive=sensitive))


def planted(view):
    """Return 200 rows whose label can be told from one side alone."""
    rows = []
    for at in range(200):
        yes = at % 2 == 0
        example = row(
            at, key="field", text=drawn("ssn" if yes or view != "values" else "email", at)
        )
        if view == "keys":
            example = replace(example, key_names=("ssn" if yes else "order_no",))
        if view == "length":
            example = replace(example, content=example.content + "&a=b" * (40 if yes else 0))
        if view == "words":
            example = talk(at, f"please {'verify' if yes else 'cancel'} it {drawn('email', at)}")
        rows.append(labelled(example, yes))
    return rows


def pooled(found):
    return {one.name: one.pooled for one in found}


@pytest.mark.parametrize("view", NAMES)
def test_a_planted_shortcut_is_found(view):
    rows = planted(view)
    assert pooled(probes.probe(rows[:120], rows[120:]))[view] > 0.95


def test_a_shortcut_of_the_keys_is_not_seen_from_the_value_or_the_length():
    rows = planted("keys")
    found = pooled(probes.probe(rows[:120], rows[120:]))
    assert max(found["values"], found["length"]) < 0.7


def test_labels_by_chance_are_not_learned(mixed):
    dice = Random(5)
    rows = [labelled(example, dice.random() < 0.5) for example in mixed]
    half = len(rows) // 2
    found = pooled(probes.probe(rows[:half], rows[half:]))
    assert set(found) == set(NAMES)
    assert all(0.4 <= score <= 0.6 for score in found.values()), found


def test_a_category_with_one_label_has_no_score():
    rows = [labelled(row(at), at % 2 == 0) for at in range(20)]
    other = [labelled(replace(row(100 + at), category="phone"), True) for at in range(4)]
    for each in probes.probe([*rows, *other], [*rows, *other]):
        assert each.by_category["phone"] is None
        assert 0 <= each.by_category["ssn"] <= 1


def test_a_probe_says_the_same_twice(mixed):
    assert probes.probe(mixed[:300], mixed[300:500]) == probes.probe(mixed[:300], mixed[300:500])
