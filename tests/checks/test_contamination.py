"""Contamination: a case that is a training row, or nearly, or holds its value, is found by line."""

from dataclasses import replace

import pytest
from crafted import drawn, having, row, talk
from hypothesis import given
from hypothesis import strategies as st

from piiforge.checks.contamination import KINDS, SPOILING, Held, compare, numbers, skeleton

LONG = (
    "hello there, my order has not arrived yet and the page only shows a grey box where the map "
    "of the courier should be, could you look into it before the weekend please, thank you so much"
)
VALUE = drawn("ssn", 3)
DIGITS = VALUE.replace("-", "")
MAIL = drawn("email", 5)
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPOKEN = " ".join(DIGIT_WORDS[int(d)] for d in DIGITS)
HELD = Held.by(
    [row(3, text=VALUE), talk(4, LONG), row(5, text=MAIL, key="mail"),
     replace(row(6, text="078-05-1120", sensitive=False), variant="placeholder")]
)  # fmt: skip

CASES = (
    ("the same line", f"page=signup&ssn={VALUE}&step=3", {"exact", "value", "skeleton"}),
    (
        "in other case and spaces",
        f"PAGE=signup&SSN={VALUE}&step=3 ",
        {"exact", "value", "skeleton"},
    ),
    ("the same text", LONG.upper(), {"exact", "skeleton"}),
    ("nearly the same text", LONG.replace("grey", "gray"), {"near"}),
    ("a text of the same begin", LONG[:60] + " and so it was delivered to the neighbours", set()),
    ("the value elsewhere", f"my social is {VALUE} ok", {"value"}),
    ("the value grouped otherwise", f"social {DIGITS[:4]} {DIGITS[4:]}", {"value"}),
    ("the value encoded", "ssn is " + "".join(f"%3{d}" for d in DIGITS), {"value"}),
    ("the value spelled", f"my social is {SPOKEN}", {"value"}),
    ("a part of the value", f"the last are {DIGITS[-6:]}", set()),
    ("an address", f"write to {MAIL.upper()}.", {"value"}),
    ("another address", f"write to x{MAIL}", set()),
    ("the shape alone", "page=signup&ssn=000-00-0001&step=77", {"skeleton"}),
    ("a short shape", "000-00-0001", set()),
    ("a documented sample", "somewhere ssn: 078-05-1120 again", set()),
    ("nothing of it", "GET /cart?sku=AB-1 200", set()),
    ("no text", "", set()),
)


@pytest.mark.parametrize(("content", "kinds"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_case_is_met_in_its_ways_and_no_other(content, kinds):
    assert set(HELD.met_by(content)) == kinds


def test_every_way_has_a_case_here():
    assert set().union(*(kinds for *_, kinds in CASES)) == set(KINDS)


def test_lines_are_told_by_their_numbers():
    met = compare(HELD, [(2, "nothing"), (5, LONG), (9, f"id {VALUE}")])
    assert (met.cases, met.lines["exact"], met.lines["value"], met.spoils) == (3, [5], [9], True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shared_shape_alone_spoils_nothing(kind):
    content = next(content for _, content, kinds in CASES if kind in kinds and
                   (kind in SPOILING or kinds == {kind}))  # fmt: skip
    assert compare(HELD, [(1, content)]).spoils is (kind in SPOILING)


def test_asking_leaves_no_trace():
    for _ in range(2):
        assert not list(HELD.met_by("a new text that nobody has seen before"))


@given(st.lists(st.text("0123456789", min_size=1, max_size=22), min_size=1, max_size=7), st.data())
def test_numbers_are_what_neighbouring_groups_make_of_seven_to_twenty_digits(groups, data):
    gaps = [data.draw(st.sampled_from(("-", " ", ") ", ".", "/"))) for _ in groups[1:]]
    text = "".join(group + gap for group, gap in zip(groups, [*gaps, ""], strict=True))
    made = {"".join(groups[at:end]) for at in range(len(groups))
            for end in range(at + 1, len(groups) + 1)}  # fmt: skip
    assert numbers(text) == {number for number in made if 7 <= len(number) <= 20}


@pytest.mark.parametrize("gap", ["   ", ",", "--- ", "x", "\n\n\n"])
def test_groups_further_apart_make_no_number(gap):
    assert numbers(f"1234{gap}5678") == set()


@pytest.mark.parametrize(
    ("text", "shape"),
    [("a1b 22, c", "#, c"), ("12 34-56", "#"), ("ref AB12 CD34", "ref #"), ("x=7&y=8", "x=#&y=#"),
     ("  Two   WORDS ", "two words"), ("12, 34", "#, #")],
)  # fmt: skip
def test_a_skeleton_has_one_sign_for_each_number_and_word_with_a_digit(text, shape):
    assert skeleton(text) == shape


@pytest.mark.parametrize(("text", "met"), [("my number 9", False), ("my numbers 9", True)])
def test_a_skeleton_of_less_than_twelve_signs_says_nothing(text, met):
    held = Held.by([talk(1, text)])
    assert ("skeleton" in held.met_by(text.replace("9", "77"))) is met


def test_a_number_of_eleven_digits_is_known_without_the_country_before_it():
    number = "1" + "".join(filter(str.isdecimal, drawn("phone", 1)))[-10:]
    example = row(9)
    held = Held.by([having(example, category="phone", key=number)])
    assert "value" in held.met_by(f"call {number[1:]} now")
    assert "value" in held.met_by(f"call {number} now")
    other = Held.by([having(example, category="phone", key="2" + number[1:])])
    assert "value" not in other.met_by(f"call {number[1:]} now")


@pytest.mark.parametrize(("digits", "met"), [("004501", False), ("0045017", True)])
def test_a_value_of_less_than_seven_digits_is_anybodys(digits, met):
    held = Held.by([having(row(9), key=digits)])
    assert ("value" in held.met_by(f"number {digits} it is")) is met


def test_both_parts_of_a_pair_are_values():
    held = Held.by([having(row(9), category="bank_account", key="021000021|7301946")])
    assert "value" in held.met_by("routing 021000021 alone")
    assert "value" in held.met_by("account 7301946 alone")
