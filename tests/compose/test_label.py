"""The truth table of the label: one row a branch, each citing its rule of docs/policy.md.

Values that could be real are drawn from a seed; literals are impossible or documented placeholders.
"""

from collections.abc import Callable
from random import Random

import pytest

from piiforge import categories, disguises
from piiforge.compose import is_sensitive
from piiforge.types import Cue, Part, Switches, Value

CONFIRM, NEUTRAL, VETO = Cue.CONFIRM, Cue.NEUTRAL, Cue.VETO
MISLEADING, OTHER, NONE = Cue.MISLEADING, Cue.OTHER, Cue.NONE
PLAIN = ("canonical",)


def real(category: str, suits: Callable[[Value], bool] = lambda _: True) -> Value:
    draws = (categories.get(category).draw(Random(seed)) for seed in range(500))
    return next(value for value in draws if suits(value))


def made(category: str, *texts: str, telling: bool = False, state: str = "") -> Value:
    return Value(category, "made", tuple(map(Part, texts)), telling, state)


DASHED, BARE = (real("ssn", lambda v: v.telling), real("ssn", lambda v: not v.telling))
ITIN, CARD, PAIR = real("itin", lambda v: v.telling), real("credit_card"), real("bank_account")
PHONE = real("phone", lambda v: v.telling)
MAILBOX = real("email", lambda v: v.kind == "valid")
SUPPORT = real("email", lambda v: v.kind == "role_mailbox")
PASSPORT, LICENCE = real("passport"), real("drivers_license", lambda v: v.state == "CA")
MBI = real("member_id", lambda v: v.kind == "mbi")
OUT_OF_STATE = made("drivers_license", LICENCE.parts[0].text, state="TX")

# rule, asked, value, disguises, cue, switch turned off, label
TABLE = (
    ("1 no value", "ssn", None, PLAIN, NONE, "", False),
    ("1 no value under a confirming key", "ssn", None, PLAIN, CONFIRM, "", False),
    ("2 any surface", "ssn", DASHED, ("words_en",), CONFIRM, "", True),
    ("2 two disguises", "ssn", DASHED, ("fullwidth", "percent"), CONFIRM, "", True),
    ("2 split over fields", "ssn", DASHED, ("split_fields",), CONFIRM, "", True),
    ("2 base64 under its key", "credit_card", CARD, ("base64",), CONFIRM, "", True),
    ("2 base64 without a key", "credit_card", CARD, ("base64",), NEUTRAL, "", False),
    ("2 base64 without a key, over another", "email", MAILBOX, ("percent", "base64"), NEUTRAL, "",
     False),
    ("3 another category", "phone", DASHED, PLAIN, CONFIRM, "", False),
    ("3 another category, telling", "itin", DASHED, PLAIN, NEUTRAL, "", False),
    ("3 another category that would fit", "passport", BARE, PLAIN, CONFIRM, "", False),
    ("3 another category, its own cue", "ssn", ITIN, PLAIN, OTHER, "", False),
    ("4 SSN area 666", "ssn", made("ssn", "666-12-3456", telling=True), PLAIN, CONFIRM, "", False),
    ("4 PAN fails Luhn", "credit_card", made("credit_card", "4111111111111112"), PLAIN, CONFIRM, "",
     False),
    ("4 routing fails its checksum", "bank_account", made("bank_account", "021000022",
     "0000000001"),
     PLAIN, CONFIRM, "", False),
    ("4 ITIN group out of range", "itin", made("itin", "900-93-0000", telling=True), PLAIN, CONFIRM,
     "", False),
    ("4 licence of another state", "drivers_license", OUT_OF_STATE, PLAIN, CONFIRM, "", False),
    ("4 impossible without a cue", "ssn", made("ssn", "000-12-3456", telling=True), PLAIN, NEUTRAL,
     "", False),
    ("5 sample SSN", "ssn", made("ssn", "078-05-1120", telling=True), PLAIN, CONFIRM, "", False),
    ("5 test PAN", "credit_card", made("credit_card", "4242424242424242"), PLAIN, CONFIRM, "",
     False),
    ("5 fictional phone", "phone", made("phone", "+1 212-555-0147", telling=True), PLAIN,
     CONFIRM, "",
     False),
    ("5 placeholder mailbox", "email", made("email", "name@example.com", telling=True), PLAIN,
     CONFIRM, "", False),
    ("6 veto", "ssn", DASHED, PLAIN, VETO, "", False),
    ("6 veto beats a check digit", "credit_card", CARD, PLAIN, VETO, "", False),
    ("6 misleading", "ssn", DASHED, PLAIN, MISLEADING, "", False),
    ("6 named as another category", "ssn", DASHED, PLAIN, OTHER, "", False),
    ("7 bare number, confirmed", "ssn", BARE, PLAIN, CONFIRM, "", True),
    ("7 bare number without a cue", "ssn", BARE, PLAIN, NEUTRAL, "", False),
    ("7 telling form without a cue", "ssn", DASHED, PLAIN, NEUTRAL, "", True),
    ("7 telling form kept by an encoding", "ssn", DASHED, ("percent",), NEUTRAL, "", True),
    ("7 telling form dropped", "ssn", DASHED, ("sep_dropped",), NEUTRAL, "", False),
    ("7 telling form dropped, then encoded", "ssn", DASHED, ("sep_dropped", "percent"), NEUTRAL, "",
     False),
    ("7 telling form spelled away", "itin", ITIN, ("words_en",), NEUTRAL, "", False),
    ("7 telling form, none around", "phone", PHONE, PLAIN, NONE, "", True),
    ("7 check digit needs no cue", "credit_card", CARD, PLAIN, NEUTRAL, "", True),
    ("7 check digit outlives its form", "credit_card", CARD, ("sep_dropped",), NEUTRAL, "", True),
    ("7 an address is one whatever its key", "email", MAILBOX, ("at_dot_en",), NEUTRAL, "", True),
    ("7 passport without a cue", "passport", PASSPORT, PLAIN, NEUTRAL, "", False),
    ("7 passport, named", "passport", PASSPORT, PLAIN, CONFIRM, "", True),
    ("7 licence without a cue", "drivers_license", LICENCE, PLAIN, NEUTRAL, "", False),
    ("7 licence, named", "drivers_license", LICENCE, PLAIN, CONFIRM, "", True),
    ("7 bank pair without a cue", "bank_account", PAIR, PLAIN, NEUTRAL, "", False),
    ("7 bank pair, named", "bank_account", PAIR, PLAIN, CONFIRM, "", True),
    ("7 MBI, named", "member_id", MBI, PLAIN, CONFIRM, "", True),
    ("8 masked", "ssn", DASHED, ("mask_last4",), CONFIRM, "", False),
    ("8 masked phone", "phone", PHONE, ("mask_last4",), CONFIRM, "", False),
    ("8 card's last four", "credit_card", CARD, ("mask_last4",), CONFIRM, "", False),
    ("8 card's first six and last four", "credit_card", CARD, ("mask_first6_last4",), CONFIRM, "",
     True),
    ("8 the same without a cue", "credit_card", CARD, ("mask_first6_last4",), NEUTRAL, "", True),
    ("8 the same, vetoed", "credit_card", CARD, ("mask_first6_last4",), VETO, "", False),
    ("8 the same, switched off", "credit_card", CARD, ("mask_first6_last4",), CONFIRM,
     "partial_mask", False),
    ("8 first six and last four of another number", "ssn", DASHED, ("mask_first6_last4",), CONFIRM,
     "", False),
    ("8 masked twice", "credit_card", CARD, ("mask_first6_last4", "mask_last4"), CONFIRM, "",
     False),
    ("email role mailbox", "email", SUPPORT, PLAIN, CONFIRM, "", True),
    ("email role mailbox, switched off", "email", SUPPORT, PLAIN, CONFIRM, "role_mailbox", False),
    ("email of a person, the switch off", "email", MAILBOX, PLAIN, CONFIRM, "role_mailbox", True),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_the_label_follows_the_policy(row):
    _, asked, value, worn, cue, off, label = row
    switches = Switches(**{off: False}) if off else Switches()
    written = tuple(map(disguises.get, worn))
    assert is_sensitive(categories.get(asked), value, written, cue, switches) is label


def test_every_rule_about_a_value_is_cited():
    cited = {row[0].split()[0] for row in TABLE}
    assert {str(rule) for rule in range(1, 9)} <= cited


@pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)
@pytest.mark.parametrize("against", [VETO, MISLEADING, OTHER])
def test_no_value_stands_against_a_cue(category, against):
    values = [category.draw(Random(seed)) for seed in range(50)]
    worn = (disguises.get("canonical"),)
    assert not any(is_sensitive(category, v, worn, against, Switches()) for v in values)


@pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)
def test_every_drawn_value_counts_where_it_is_named(category):
    values = [category.draw(Random(seed)) for seed in range(50)]
    worn = (disguises.get("canonical"),)
    assert all(is_sensitive(category, v, worn, CONFIRM, Switches()) for v in values)
