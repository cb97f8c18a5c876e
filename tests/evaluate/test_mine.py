"""Mining: a planted weak cell comes first, luck is not mined, and nothing of a case gets out."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import by_hand

from piiforge.evaluate import mine
from piiforge.types import Case, Prediction

KNOWN = {
    "category": {"ssn", "phone", "email"},
    "variant": {"plain", "spelled", "digits", "encoded"},
    "disguise": {"canonical", "words_en", "words_es", "percent"},
    "cue": {"confirm", "neutral", "veto"},
    "language": {"en", "es", "fr"},
    "event": {"xhr", "form_submit", "chat_message"},
}
CANARY = "canary666"


def matrix(rows, seed, error, **planted):
    """Return random cases; those that have all of `planted` are judged wrongly 8 times in 10."""
    rng = Random(seed)
    cases, said = [], []
    for at in range(rows):
        slices = {axis: rng.choice(sorted(KNOWN[axis])) for axis in ("variant", "cue", "language",
                                                                     "event")}  # fmt: skip
        slices["disguises"] = rng.choice(sorted(KNOWN["disguise"]))
        category, label = rng.choice(sorted(KNOWN["category"])), rng.random() < 0.5
        one = Case(f"{CANARY}-{at}", category, f"{CANARY} {at}", label, f"group{at // 2}{CANARY}",
                   slices=slices | {CANARY: CANARY, "format": CANARY})  # fmt: skip
        facts = slices | {"category": category, "label": label}
        hit = planted and all(facts[key] == value for key, value in planted.items())
        wrong = rng.random() < (0.8 if hit else error)
        cases.append(one)
        said.append(Prediction(one.id, label ^ wrong))
    return cases, said


@pytest.mark.parametrize(
    "planted",
    [
        {"category": "ssn", "label": True},
        {"category": "phone", "label": False, "cue": "veto"},
        {"category": "ssn", "label": True, "variant": "spelled", "language": "es"},
    ],
)
def test_a_planted_weak_cell_comes_first(planted):
    found = mine.find(*matrix(6000, 1, 0.03, **planted), known=KNOWN)
    first = found.cells[0]
    told = {"category": first.category, "label": first.label, **first.fixed}
    assert told == planted
    assert first.rows == max(cell.rows for cell in found.cells)
    assert first.rest < first.low < first.share
    assert sum(cell.rows for cell in found.cells) == 400


def test_cells_inside_a_mined_cell_are_not_mined_again():
    found = mine.find(*matrix(6000, 1, 0.0, category="ssn", label=True), known=KNOWN)
    assert len(found.cells) == 1


def test_of_two_cells_with_the_same_rows_the_one_that_fixes_less_is_told():
    cases, said = matrix(4000, 2, 0.02, category="ssn", label=True, variant="spelled")
    bound = [Case(c.id, c.category, "", c.label, c.group,
                  slices=c.slices | {"language": "es" if c.slices["variant"] == "spelled" else "en",
                                     "disguises": "words_es"})
             for c in cases]  # fmt: skip
    first = mine.find(bound, said, known=KNOWN).cells[0]
    assert len(first.fixed) == 1


def test_a_family_that_fails_together_is_weaker_evidence_than_rows_that_fail_apart():
    apart = [Case(f"a{at}", "ssn", "", True, f"g{at}") for at in range(20)]
    fine = [Case(f"f{at}", "phone", "", True, f"f{at}") for at in range(200)]
    together = [Case(one.id, "ssn", "", True, "one family") for one in apart]
    said = [Prediction(one.id, one.category == "phone") for one in (*apart, *fine)]
    sure = mine.find([*apart, *fine], said, known=KNOWN).cells[0].low
    unsure = mine.find([*together, *fine], said, known=KNOWN).cells
    assert not unsure or unsure[0].low < sure / 3


def test_mistakes_that_fall_anywhere_are_hardly_mined():
    found = [len(mine.find(*matrix(600, seed, 0.1), known=KNOWN).cells) for seed in range(10)]
    assert sum(found) / len(found) < 10


def test_nothing_of_a_case_leaves_but_names_that_are_known():
    found = mine.find(*matrix(3000, 3, 0.1, category="ssn", label=True), known=KNOWN)
    told = json.dumps([found.record(), found.quotas()])
    assert found.cells
    assert CANARY not in told
    allowed = {name for names in KNOWN.values() for name in names}
    for quota in found.quotas()["cells"]:
        assert {value for value in quota.values() if isinstance(value, str)} <= allowed


def test_a_name_that_is_not_known_fixes_no_cell_and_a_strange_category_is_left_out():
    cases, said = matrix(2000, 4, 0.02, category="ssn", label=True, language="es")
    without = KNOWN | {"language": {"en"}, "category": {"ssn", "phone"}}
    found = mine.find(cases, said, known=without)
    assert all(cell.fixed.get("language") in {None, "en"} for cell in found.cells)
    assert {cell.category for cell in found.cells} <= {"ssn", "phone"}
    assert found.cases < len(cases)


def test_without_mistakes_nothing_is_asked_for():
    found = mine.find(*by_hand("1100", "1100"), known=KNOWN)
    assert (found.rows, found.cells, found.mistakes) == (0, (), 0)
    assert found.quotas() == {"version": 1, "rows": 0, "cells": []}


def test_the_same_cases_in_another_order_give_the_same_cells():
    cases, said = matrix(1500, 5, 0.08, category="ssn", label=True)
    turned = list(zip(cases, said, strict=True))
    Random(1).shuffle(turned)
    again = mine.find(*map(list, zip(*turned, strict=True)), known=KNOWN)
    assert again.quotas() == mine.find(cases, said, known=KNOWN).quotas()


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.integers(0, 500))
def test_apportioned_rows_sum_to_what_was_asked(weights, rows):
    found = mine.apportion(weights, rows)
    assert sum(found) == rows
    exact = [rows * weight / sum(weights) for weight in weights]
    assert all(abs(got - want) < 1 for got, want in zip(found, exact, strict=True))
