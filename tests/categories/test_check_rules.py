"""What ssn, itin, credit_card and bank_account draw, and that nothing of theirs is a person's."""

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from piiforge.categories import get
from piiforge.types import Part, Value

ROOM = Path(__file__).parents[2] / "src" / "piiforge" / "categories"
DRAWS = 2000

# These pass every rule of their category, so that nothing but the noun makes them negative.
WELL_FORMED = (
    *("ssn.sku", "ssn.part", "ssn.case", "ssn.order", "ssn.ein", "ssn.zip"),
    *("itin.sku", "itin.case", "itin.order", "itin.reference"),
    *("credit_card.tracking", "credit_card.order", "credit_card.sku", "credit_card.serial"),
    *("credit_card.coupon", "credit_card.transfer", "credit_card.gtin"),
    *("bank_account.sku_pair", "bank_account.order_pair"),
)
LUHN_ONLY = ("imei", "iccid", "timestamp", "bad_prefix", "wrong_length", "test_pan")


def luhn_sum(digits: str) -> int:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return sum(doubled) + sum(int(digit) for digit in digits[-1::-2])


def test_ssn_areas_groups_and_serials_are_drawn_evenly():
    rng = Random(1)
    keys = [get("ssn").draw(rng).key for _ in range(20_000)]
    assert {int(key[:3]) for key in keys} == set(range(1, 900)) - {666}
    assert {int(key[3:5]) for key in keys} == set(range(1, 100))
    thousands = Counter(key[5] for key in keys)
    assert max(thousands.values()) < 1.2 * min(thousands.values())


def test_itin_groups_are_drawn_evenly():
    rng = Random(1)
    groups = Counter(int(get("itin").draw(rng).key[3:5]) for _ in range(20_000))
    assert set(groups) == {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}
    assert max(groups.values()) < 1.5 * min(groups.values())


def test_half_the_wrong_itin_groups_lie_beside_a_range():
    rng = Random(1)
    drawn = [get("itin").draw_lookalike(rng, "group_out").key[3:5] for _ in range(DRAWS)]
    beside = sum(group in {"49", "66", "69", "89"} for group in drawn)
    assert 0.45 * DRAWS < beside < 0.6 * DRAWS


@pytest.mark.parametrize("name", ["ssn", "itin"])
def test_a_number_is_telling_exactly_when_it_has_its_dashes(name):
    rng = Random(1)
    for value in (get(name).draw(rng) for _ in range(DRAWS)):
        dashed = re.fullmatch(r"\d{3}-\d\d-\d{4}", value.parts[0].text)
        assert value.telling is (dashed is not None)


@pytest.mark.parametrize("kind", ["area_000", "area_666", "area_9xx", "group_00", "sample"])
def test_impossible_ssns_are_dashed_as_often_as_true_ones(kind):
    rng = Random(1)
    dashed = sum(get("ssn").draw_lookalike(rng, kind).telling for _ in range(DRAWS))
    assert 0.85 * DRAWS < dashed < 0.91 * DRAWS


def test_cards_of_every_network_and_length_are_drawn():
    rng = Random(1)
    keys = [get("credit_card").draw(rng).key for _ in range(20_000)]
    heads = ("4", "51", "55", "22", "27", "34", "37", "6011", "644", "65", "36", "38", "300", "35")
    assert all(any(key.startswith(head) for key in keys) for head in (*heads, "62"))
    assert {len(key) for key in keys} == set(range(13, 20))


@pytest.mark.parametrize("kind", ["valid", "luhn_fail", "bad_prefix", "wrong_length", "test_pan"])
def test_half_of_what_looks_like_a_card_is_written_in_groups(kind):
    rng = Random(1)
    card = get("credit_card")
    draw = card.draw if kind == "valid" else lambda rng: card.draw_lookalike(rng, kind)
    plain = sum(draw(rng).parts[0].text.isdigit() for _ in range(DRAWS))
    assert 0.45 * DRAWS < plain < 0.55 * DRAWS


@pytest.mark.parametrize("kind", LUHN_ONLY)
def test_what_is_no_card_for_another_reason_passes_luhn(kind):
    rng = Random(1)
    keys = [get("credit_card").draw_lookalike(rng, kind).key for _ in range(DRAWS)]
    assert all(luhn_sum(key) % 10 == 0 for key in keys)


def test_trade_item_numbers_carry_their_own_check_digit():
    rng = Random(1)
    keys = [get("credit_card").draw_lookalike(rng, "gtin").key for _ in range(DRAWS)]
    for key in keys:
        weighted = [int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(key[::-1])]
        assert sum(weighted) % 10 == 0
    assert {len(key) for key in keys} == {13, 14}


def test_routing_prefixes_and_account_lengths_are_all_drawn():
    rng = Random(1)
    pairs = [get("bank_account").draw(rng).parts for _ in range(10_000)]
    prefixes = {int(routing.text[:2]) for routing, _ in pairs}
    assert prefixes == {*range(13), *range(21, 33), *range(61, 73), 80}
    assert {len(account.text) for _, account in pairs} == set(range(4, 18))


@pytest.mark.parametrize("role", ["routing", "account"])
def test_half_a_pair_has_one_part_with_its_role(role):
    value = get("bank_account").draw_lookalike(Random(1), f"{role}_alone")
    assert [part.role for part in value.parts] == [role]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_nothing_but_the_noun_tells_a_well_formed_lookalike(name):
    category, kind = name.split(".")
    rng = Random(name)
    values = [get(category).draw_lookalike(rng, kind) for _ in range(DRAWS)]
    assert all(get(category).is_valid(value) for value in values)


@pytest.mark.parametrize("one", ["ssn", "itin", "credit_card"])
def test_no_number_is_valid_for_two_categories_with_rules(one):
    rng = Random(2)
    others = [get(name) for name in ("ssn", "itin", "credit_card", "bank_account") if name != one]
    for value in (get(one).draw(rng) for _ in range(DRAWS)):
        assert not any(other.is_valid(value) for other in others)


@pytest.mark.parametrize(
    "path", sorted((*ROOM.glob("*.py"), *ROOM.glob("data/*"))), ids=lambda path: path.name
)
def test_no_literal_of_the_room_could_be_a_persons(path):
    text = path.read_text("utf-8")
    dashed = re.findall(r"(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])", text)
    grouped = r"\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{4,5}"
    cards = re.findall(rf"(?<![\w.])(?:\d{{13,19}}|{grouped})(?!\w)", text)
    for name, literals in (("ssn", dashed), ("itin", dashed), ("credit_card", cards)):
        values = [Value(name, "", (Part(literal),)) for literal in literals]
        assert not any(get(name).is_valid(value) for value in values)
