"""What phone draws, judged by libphonenumber itself, and the plans against each other."""

from collections import Counter
from random import Random

import phonenumbers
import pytest

from piiforge.categories import phone
from piiforge.categories.digits import number_of
from piiforge.categories.phone import AREAS, FICTIONAL, PLANS, TOLL_FREE_AREAS

DRAWS = 3000
every_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda p: f"{p.region}-{p.prefixes[0]}")


def national_of(plan: phone.Plan, rng: Random) -> str:
    prefix = plan.prefixes[int(rng.random() * len(plan.prefixes))]
    free = plan.length - len(prefix)
    return prefix + str(int(rng.random() * 10**free)).zfill(free)


def number_in(text: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(text, None)


@every_plan
def test_every_number_of_a_plan_is_dialable_in_its_country(plan):
    rng = Random(plan.region)
    for _ in range(DRAWS // len(PLANS)):
        number = number_in(f"+{plan.code}{national_of(plan, rng)}")
        assert phonenumbers.is_valid_number_for_region(number, plan.region)


@every_plan
def test_a_form_has_a_place_for_every_digit(plan):
    for form in plan.forms:
        assert form.count("#") == plan.length


@every_plan
def test_no_plan_reaches_a_fictional_block_in_any_country(plan):
    trunk = any(form.startswith(("0#", "(0#")) for form in plan.forms)
    national = tuple(f"0{block[2:]}" for block in FICTIONAL)
    for prefix in plan.prefixes:
        assert not overlap(f"{plan.code}{prefix}", FICTIONAL)
        assert not (trunk and overlap(f"0{prefix}", national))
        assert not (prefix.startswith("0") and overlap(prefix, national))


def overlap(head: str, blocks: tuple[str, ...]) -> bool:
    return any(head.startswith(block) or block.startswith(head) for block in blocks)


@pytest.mark.parametrize("area", [*AREAS, *TOLL_FREE_AREAS])
def test_every_north_american_area_is_in_use(area):
    assert phonenumbers.is_valid_number(number_in(f"+1{area}3864729"))


def test_half_of_what_is_drawn_is_north_american():
    rng = Random(1)
    regions = Counter(len(phone.draw(rng).key) for _ in range(DRAWS))
    assert 0.45 * DRAWS < regions[10] + regions[11] < 0.85 * DRAWS


def test_a_number_with_its_country_code_is_valid_for_the_library_too():
    rng = Random(2)
    texts = [phone.draw(rng).parts[0].text for _ in range(DRAWS)]
    international = [text for text in texts if text.startswith("+")]
    assert len(international) > 0.3 * DRAWS
    assert all(phonenumbers.is_valid_number(number_in(text)) for text in international)


def test_bare_digits_are_not_telling_and_grouped_ones_are():
    rng = Random(3)
    for value in (phone.draw(rng) for _ in range(DRAWS)):
        assert value.telling is not value.parts[0].text.isdigit()


def test_orders_pass_as_numbers():
    rng = Random(4)
    orders = [phone.CATEGORY.draw_lookalike(rng, "order") for _ in range(200)]
    assert all(phone.is_valid(order) for order in orders)


@pytest.mark.parametrize("region", ["US", "MX"])
@pytest.mark.parametrize("area", phone.BAD_AREAS)
def test_no_bad_area_is_dialable_at_home_or_in_mexico(area, region):
    rng = Random(area)
    for _ in range(20):
        number = phonenumbers.parse(f"{area}{int(2e6 + rng.random() * 8e6)}", region)
        assert not phonenumbers.is_valid_number(number)


def by_the_library(digits: str, *, international: bool) -> bool:
    readings = phone._readings(digits, international=international)
    fictional = any(phone._is_fictional(number) for number, _ in readings)
    return not fictional and any(valid for _, valid in readings)


@pytest.mark.parametrize("international", [True, False])
def test_what_the_tables_call_dialable_is_dialable_for_the_library(international):
    rng = Random(3)
    for length, heads in phone._planned_heads(international).items():
        for head in heads:
            for _ in range(8):
                digits = head + str(rng.getrandbits(64))[: length - len(head)].zfill(
                    length - len(head)
                )
                if phone._is_planned(digits, international=international):
                    assert by_the_library(digits, international=international), head


def test_tables_and_library_agree_on_draws_and_lookalikes():
    rng = Random(4)
    draws = [phone.draw] * 20 + [lookalike.draw for lookalike in phone.CATEGORY.lookalikes]
    for draw in draws:
        for _ in range(100):
            value = draw(rng)
            digits, international = number_of(value), "+" in value.parts[0].text
            if digits.isdecimal() and 9 <= len(digits) <= 15:
                said = phone.is_dialable(digits, international=international)
                assert said == by_the_library(digits, international=international)


def test_the_tables_know_nearly_all_that_is_drawn():
    rng = Random(5)
    drawn = [phone.draw(rng) for _ in range(DRAWS)]
    known = [
        phone._is_planned(number_of(value), international="+" in value.parts[0].text)
        for value in drawn
    ]
    assert sum(known) > 0.95 * len(known)
