"""Duplicates fall by value, by text and, where text is free, by likeness; twins never do."""

from dataclasses import replace

import pytest
from crafted import drawn, row, talk
from hypothesis import given
from hypothesis import strategies as st

from piiforge.checks import Near, Seen
from piiforge.checks.whole_set import NEAR
from piiforge.types import Cue

LONG = (
    "hello there, my order has not arrived yet and the page only shows a grey box where the map "
    "of the courier should be, could you look into it before the weekend please, thank you so much"
)


def test_a_first_row_repeats_nothing():
    assert Seen().repeats([row(1)]) == ""


def test_a_drawn_value_comes_once():
    seen = Seen()
    seen.repeats([row(1, text=drawn("ssn", 9))])
    again = row(2, text=drawn("ssn", 9).replace("-", " "))
    assert seen.repeats([again]) == "a drawn value stands in another row"


def test_a_value_beside_counts_as_drawn_too():
    seen = Seen()
    beside = replace(row(3), values=(*row(3).values, *row(1).values))
    assert seen.repeats([row(1)]) == ""
    assert "drawn value" in seen.repeats([beside])


def test_a_placeholder_may_come_again():
    seen = Seen()
    sample = replace(row(1, text="078-05-1120", sensitive=False), variant="placeholder")
    assert seen.repeats([sample]) == ""
    assert seen.repeats([replace(sample, content="elsewhere ssn=078-05-1120")]) == ""


def test_the_same_text_falls_whatever_its_case_and_spaces():
    seen = Seen()
    seen.repeats([talk(1, "Where is  my\torder?")])
    assert seen.repeats([talk(2, " where is my ORDER? ")]) == "another row has the same text"


def test_a_free_text_that_is_nearly_the_same_falls():
    seen = Seen()
    seen.repeats([talk(1, LONG)])
    near = LONG.replace("grey", "gray")
    assert seen.repeats([talk(2, near)]) == "another row has nearly the same text"


def test_a_structure_with_fields_is_not_compared_by_likeness():
    seen = Seen()
    for number, text in enumerate((LONG, LONG.replace("grey", "gray"))):
        assert seen.repeats([replace(talk(number, text), family="json/order")]) == ""


def test_two_rows_are_not_compared_by_likeness():
    seen = Seen()
    assert seen.repeats([talk(1, LONG)]) == ""
    near = LONG.replace("grey", "gray")
    assert seen.repeats([talk(2, near), talk(3, f"{near} now")]) == ""


def test_likeness_is_verified_and_what_is_only_similar_stays():
    seen = Seen()
    seen.repeats([talk(1, LONG)])
    half = LONG[: len(LONG) // 2] + " never mind, it has just been delivered to the neighbours"
    assert seen.repeats([talk(2, half)]) == ""


def test_lines_with_values_are_not_compared_by_likeness():
    seen = Seen()
    assert [seen.repeats([row(number)]) for number in range(20)] == [""] * 20


def test_twins_survive_together():
    positive = replace(row(1), twin_id="t")
    negative = replace(
        row(2, text=drawn("ssn", 1), key="order_no", sensitive=False), twin_id="t", cue=Cue.VETO
    )
    assert Seen().repeats([positive, negative]) == ""


def test_one_twin_that_repeats_takes_the_other_along():
    seen = Seen()
    seen.repeats([row(1)])
    assert seen.repeats([row(5), row(1)])
    assert seen.repeats([row(5)]) == "", "a pair that fell leaves no trace"


def test_what_fell_is_not_remembered():
    seen = Seen()
    seen.repeats([row(1)])
    fallen = replace(row(6), values=(*row(6).values, *row(1).values))
    assert seen.repeats([fallen])
    assert seen.repeats([row(6)]) == ""


@pytest.mark.parametrize("size", range(1, 26))
def test_one_sign_more_is_nearly_the_same_from_nine_grams_of_ten_on(size):
    """Of `size` signs there are `size` - 4 grams of five; with one sign more, one more."""
    near = Near()
    near.add("abcdefghijklmnopqrstuvwxyz"[:size])
    assert near.meets("abcdefghijklmnopqrstuvwxyz"[: size + 1]) is (size - 4 >= 9)


def grams(text: str) -> set[str]:
    return {text[at : at + 5] for at in range(max(1, len(text) - 4))}


@given(st.lists(st.text(alphabet="ab ", min_size=20, max_size=60).map(str.strip), max_size=12))
def test_near_duplicates_are_those_of_the_true_jaccard(texts):
    alike, kept = Near(), []
    for text in (" ".join(text.split()) for text in texts):
        near = any(
            len(grams(text) & grams(old)) / len(grams(text) | grams(old)) >= NEAR for old in kept
        )
        assert alike.repeats(text) is near
        if not near:
            kept.append(text)
