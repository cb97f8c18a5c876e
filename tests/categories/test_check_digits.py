"""The check digits against their definitions, written the slow way, and the drawing of digits."""

import re
from collections import Counter
from random import Random
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge.categories.credit_card import SAMPLE_CARDS
from piiforge.categories.digits import (
    aba_digit,
    aba_ok,
    add_digit,
    bare,
    change_digit,
    draw_last_four,
    draw_npi,
    drop_digit,
    fill,
    fillers,
    group_digits,
    gtin_digit,
    is_filler,
    is_placeholder,
    luhn_digit,
    luhn_ok,
    number_of,
    random_digits,
    shaped,
    typed_fillers,
)
from piiforge.types import Part, Value

numbers = st.text("0123456789", min_size=2, max_size=19)
routings = st.text("0123456789", min_size=9, max_size=9)
seeds = st.integers(0, 2**32).map(Random)


def luhn_sum(digits: str) -> int:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return sum(doubled) + sum(int(digit) for digit in digits[-1::-2])


def aba_sum(nine: str) -> int:
    weights = (3, 7, 1, 3, 7, 1, 3, 7, 1)
    return sum(weight * int(digit) for weight, digit in zip(weights, nine, strict=True))


def gtin_sum(digits: str) -> int:
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))


@given(numbers)
def test_luhn_is_that_of_the_standard(digits):
    assert luhn_ok(digits) is (luhn_sum(digits) % 10 == 0)
    assert luhn_sum(digits + luhn_digit(digits)) % 10 == 0


@given(routings)
def test_aba_is_the_weighted_sum(nine):
    assert aba_ok(nine) is (aba_sum(nine) % 10 == 0)
    assert aba_sum(nine[:8] + aba_digit(nine[:8])) % 10 == 0


@given(st.text("0123456789", min_size=7, max_size=13))
def test_gtin_is_the_weighted_sum(body):
    assert gtin_sum(body + gtin_digit(body)) % 10 == 0


@given(seeds, numbers, st.data())
def test_a_changed_digit_is_another_one_and_luhn_sees_it(rng, body, data):
    digits = body + luhn_digit(body)
    at = data.draw(st.integers(0, len(digits) - 1))
    other = change_digit(digits, at, rng)
    assert [here != there for here, there in zip(digits, other, strict=True)].count(True) == 1
    assert not luhn_ok(other)


@given(seeds, routings, st.integers(0, 8))
def test_the_aba_checksum_sees_a_changed_digit(rng, nine, at):
    routing = nine[:8] + aba_digit(nine[:8])
    assert not aba_ok(change_digit(routing, at, rng))


@pytest.mark.parametrize("card", SAMPLE_CARDS)
def test_sample_cards_pass_luhn(card):
    assert luhn_ok(card)


def test_sample_cards_are_listed_once():
    assert len(SAMPLE_CARDS) == len(set(SAMPLE_CARDS))


@given(seeds, st.integers(0, 19))
def test_random_digits_are_as_many_as_asked(rng, count):
    digits = random_digits(count, rng)
    assert digits.isdigit() or count == 0
    assert len(digits) == count or (count, digits) == (0, "0")


def test_random_digits_are_even_in_every_place():
    rng = Random(1)
    drawn = [random_digits(19, rng) for _ in range(5000)]
    for at in range(19):
        counts = Counter(digits[at] for digits in drawn)
        assert 400 < min(counts.values()) <= max(counts.values()) < 600


@pytest.mark.parametrize("count", range(3, 20))
def test_fillers_are_thirty_of_each_length(count):
    assert len(set(fillers(count))) == 30
    assert all(len(filler) == count and is_filler(filler) for filler in fillers(count))


@pytest.mark.parametrize("digits", ["123456788", "112233445", "100000000", "12"])
def test_what_only_starts_as_a_run_is_no_filler(digits):
    assert not is_filler(digits)


@given(seeds, st.sampled_from(["000-00-0000", "000000000", "0000 000000 00000"]))
def test_one_digit_is_lost_or_added_and_no_separator(rng, text):
    digits = len(bare(text))
    separators = len(text) - digits
    for change, count in ((drop_digit, digits - 1), (add_digit, digits + 1)):
        changed_text = change(text, rng)
        assert len(bare(changed_text)) == count
        assert len(changed_text) - count == separators


@given(numbers)
def test_grouping_and_baring_undo_each_other(digits):
    sizes = (1, len(digits) - 1)
    assert bare(group_digits(digits, sizes, " - ")) == digits


@pytest.mark.parametrize("text", ["****0000", "xxxx0000", "••••0000", "####0000", "…0000"])
def test_a_masked_number_never_becomes_digits(text):
    assert not bare(text).isdigit()


@given(seeds, st.integers(0, 8))
def test_every_other_digit_may_stand_in_the_place_of_one(rng, at):
    others = {change_digit("123456789", at, rng)[at] for _ in range(150)}
    assert others == set("0123456789") - {"123456789"[at]}


@pytest.mark.parametrize("text", ["000-00-0000", "123"])
def test_any_digit_is_lost_and_one_is_added_at_either_end(text):
    rng, places = Random(1), [at for at, sign in enumerate(text) if sign.isdigit()]
    for at in places:
        marked = re.sub(r"\d", "0", text[:at]) + "1" + re.sub(r"\d", "0", text[at + 1 :])
        assert any("1" not in drop_digit(marked, rng) for _ in range(300))
    grown = [add_digit(text, rng) for _ in range(500)]
    assert {one[0] for one in grown if one[1:] == text} == set("0123456789")
    assert {one[-1] for one in grown if one[:-1] == text} == set("0123456789")
    assert 0.4 < sum(one[1:] == text for one in grown) / len(grown) < 0.6


@given(st.integers(3, 19))
def test_typed_fillers_are_those_that_do_not_go_round(count):
    up, down = "0123456789", "9876543210"
    typed = set(typed_fillers(count))
    assert typed == {
        one for one in fillers(count) if len(set(one)) == 1 or one in up or one in down
    }
    assert len(typed) == len(typed_fillers(count))


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [("A12345678", True), ("XXX00000", True), ("555555555", True), ("AB98765", True),
     ("NNNN", True), ("X0X0", True), ("", True), ("X0000001", False),
     ("A12345679", False), ("B1", False), ("12A45", False), ("ABC", False), ("XN1", False),
     ("AX000X0", True), ("BX0", False), ("A0000000", True), ("12", False), ("B000", True),
     ("XXNNAA00", True), ("NA00A0", True)],
)  # fmt: skip
def test_a_placeholder_is_a_filler_behind_letters_or_signs_that_stand_for_others(text, placeholder):
    assert is_placeholder(text) is placeholder


@given(seeds, st.text("#@-x", min_size=1, max_size=12))
def test_a_shape_is_filled_sign_for_sign(rng, shape):
    text = fill(shape, rng)
    assert len(text) == len(shape)
    for sign, drawn in zip(shape, text, strict=True):
        fits = {"#": drawn.isdecimal(), "@": drawn.isascii() and drawn.isupper()}
        assert fits.get(sign, drawn == sign)


def test_every_letter_and_digit_may_stand_in_a_shape():
    rng = Random(2)
    texts = [fill("@#", rng) for _ in range(3000)]
    assert {text[0] for text in texts} == set(ascii_uppercase)
    assert {text[1] for text in texts} == set("0123456789")


def test_five_digits_are_never_a_filler_and_four_may_be():
    rng = Random(3)
    assert not any(is_filler(fill("#####", rng)) for _ in range(100_000))
    assert any(is_filler(fill("####", rng)) for _ in range(20_000))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
def test_the_share_in_lower_case_is_the_one_that_is_asked_for(share):
    draw, rng = shaped("@@@@", "##@@", lower_share=share), Random(4)
    texts = [draw(rng) for _ in range(3000)]
    assert abs(sum(text.islower() for text in texts) / 3000 - share) < 0.03
    assert 0.45 < sum(text[0].isdigit() for text in texts) / 3000 < 0.55


def test_a_provider_number_begins_with_one_more_often_than_with_two():
    rng = Random(5)
    assert 0.56 < sum(draw_npi(rng)[0] == "1" for _ in range(4000)) / 4000 < 0.64


def test_the_last_four_digits_are_any():
    rng = Random(6)
    drawn = [int(draw_last_four(rng)) for _ in range(5000)]
    assert min(drawn) < 20
    assert 9980 <= max(drawn) <= 9999


@given(st.lists(st.text("0123456789- ", max_size=6), min_size=1, max_size=3))
def test_a_number_is_what_all_its_parts_hold(texts):
    parts = tuple(Part(text) for text in texts)
    digits = "".join(sign for text in texts for sign in text if sign.isdecimal())
    assert number_of(Value("ssn", "valid", parts)) == digits
