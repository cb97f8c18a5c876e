"""Laws of the rule baseline: it finds what is plainly there, and hostile text costs no more."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import categories, predict
from piiforge.errors import UnknownName
from piiforge.predict import rules
from piiforge.types import Case

DRAWS = 60
NAMES = {
    "ssn": "my ssn is {}",
    "itin": "my itin is {}",
    "credit_card": "card number {}",
    "bank_account": "routing number {}, account number {}",
    "phone": "call me, phone {}",
    "email": "write to {}",
    "passport": "passport number {}",
    "drivers_license": "driver's license number {}",
    "member_id": "health plan member id {}",
}
SAMPLES = {
    "ssn": ("SSN 078-05-1120", "ssn=666-12-3456", "ssn 000-12-3456", "ssn ***-**-1234"),
    "itin": ("ITIN 900-93-0000", "itin=900-00-1234"),
    "credit_card": ("card 4111 1111 1111 1111", "card 4111111111111112", "card 0000000000000000"),
    "bank_account": ("routing 990000000 account 12345", "routing number 123456780"),
    "phone": ("phone 202-555-0123", "tel +1 202 555 0100", "from 192.168.100.101", "2026-11-22"),
    "email": ("jo@example.com", "icon@2x.png", "git@host.acme.dev:a/b", "ftp://jo:pw@ftp.acme.dev"),
    "passport": ("passport 000000000", "a passport cover in red"),
    "drivers_license": ("driver license A1234567", "driver license 123456789"),
    "member_id": ("member_id=4471882", "health plan member id 000000000"),
}
every_category = pytest.mark.parametrize("category", categories.ALL, ids=lambda each: each.id)
HOSTILE = ("1", "1 ", "1-", "a@", "a.", "+1", "@", "A1", "(1", "x" * 50 + "-", "medicare id 1-")


@every_category
def test_most_drawn_values_behind_their_name_are_found(category):
    rng = Random(category.id)
    values = [category.draw(rng) for _ in range(DRAWS)]
    lines = [NAMES[category.id].format(*(part.text for part in each.parts)) for each in values]
    found = sum(rules.score(category.id, line) >= rules.THRESHOLD for line in lines)
    assert found >= 0.8 * DRAWS


@pytest.mark.parametrize(
    ("category", "line"), [(name, line) for name, lines in SAMPLES.items() for line in lines]
)
def test_samples_and_impossible_values_are_not_sensitive(category, line):
    assert rules.score(category, line) < rules.THRESHOLD


@pytest.mark.parametrize("noun", ["order", "sku", "tracking number", "invoice_no"])
def test_a_card_number_that_is_named_as_something_else_is_not_sensitive(noun):
    card = categories.get("credit_card").draw(Random(3)).parts[0].text
    assert rules.score("credit_card", f"{noun}={card}") < rules.THRESHOLD
    assert rules.score("credit_card", f"card={card}") >= rules.THRESHOLD


def test_a_number_right_behind_a_han_character_is_seen():
    number = categories.get("ssn").draw(Random(1)).parts[0].text
    assert rules.score("ssn", f"社会安全号{number}，谢谢") >= rules.THRESHOLD


@pytest.mark.parametrize("digits", ["4111111111111111", "378282246310005", "6011111111111117"])
def test_luhn_takes_the_right_digit_and_none_of_the_nine_others(digits):
    right = [last for last in "0123456789" if rules.luhn(digits[:-1] + last)]
    assert right == [digits[-1]]


@every_category
def test_hostile_text_costs_no_more_than_its_length(category):
    for unit in HOSTILE:
        text = unit * (60_000 // len(unit))
        began = time.process_time()
        rules.score(category.id, text)
        assert time.process_time() - began < 5, repr(unit)  # quadratic would be minutes


@every_category
@given(text=st.text(max_size=80))
def test_any_text_has_a_score_of_the_five_steps(category, text):
    assert rules.score(category.id, text) in {0, 0.3, 0.75, 0.85, 0.95}


def test_a_category_that_the_rules_lack_is_named():
    with pytest.raises(UnknownName, match="iban"):
        list(predict.open("rules", predict.Settings()).predict([Case("a", "iban", "x")]))


def test_a_timed_row_says_how_long_it_took_and_the_same_verdict():
    case = Case("a", "ssn", "SSN 078-05-1120")
    rule_set = predict.open("rules", predict.Settings())
    (batched,) = rule_set.predict([case])
    timed = rule_set.timed(case)
    assert timed is not None
    assert batched.latency_ms is None
    assert timed.latency_ms is not None
    assert 0 < timed.latency_ms < 1000
    assert (timed.is_sensitive, timed.p_sensitive) == (batched.is_sensitive, batched.p_sensitive)


def test_the_first_timed_rows_warm_up_and_carry_no_time():
    cases = [Case(str(number), "ssn", "x") for number in range(predict.WARM_UP + 4)]
    timed = list(predict.timed(predict.open("rules", predict.Settings()), cases))
    assert [each.id for each in timed] == [case.id for case in cases]
    assert [each.latency_ms is None for each in timed] == [True] * predict.WARM_UP + [False] * 4


def test_the_rule_that_decided_is_told():
    case = Case("1", "ssn", "my ssn is 078-05-1120")
    (said,) = rules.Rules().predict([case])
    assert (said.decided_by, said.explanation) == ("rules", "Rule ssn: nothing has its form.")
    with predict.load("rules") as detector:
        assert detector.verdict("ssn", case.content).explanation == said.explanation


@pytest.mark.parametrize(
    ("category", "line"),
    [("itin", "itin 987-65-4321"), ("phone", "procs 204 512 4096"), ("phone", "200 533 1570 x"),
     ("email", "user@1000.service"), ("email", "root@db.internal"), ("email", "hero@2x.avif")],
)  # fmt: skip
def test_what_logs_are_full_of_is_nothing(category, line):
    assert rules.score(category, line) < rules.THRESHOLD


@pytest.mark.parametrize(
    ("prefix", "length", "fits"),
    [("54", 16, True), ("54", 19, False), ("3530", 15, False), ("3530", 16, True), ("4", 19, True),
     ("2221", 13, False), ("6011", 16, True), ("6011", 15, False)],
)  # fmt: skip
def test_a_card_has_the_length_of_its_issuer(prefix, length, fits):
    head = (prefix + "731820465971396")[: length - 1].ljust(length - 1, "6")
    (number,) = (f"{head}{tail}" for tail in range(10) if rules.luhn(f"{head}{tail}"))
    assert rules.card(number) is fits


def test_colours_of_a_terminal_hide_nothing():
    value = "".join(part.text for part in categories.get("ssn").draw(Random(4)).parts)
    assert rules.score("ssn", f"ssn \x1b[31m{value}\x1b[0m") > rules.THRESHOLD
