"""The knife: what a text comes to, and why it may come to nothing."""

import time

import pytest

from piiforge import files, seeds
from piiforge.errors import UnknownName
from piiforge.reader import find
from piiforge.seeds.knife import FILLERS
from piiforge.seeds.records import CATEGORIES
from piiforge.types import Cue


def cut(text, category):
    done = seeds.cut(text, category, strict=True)
    assert done is not None
    return done


@pytest.mark.parametrize(
    ("text", "category", "slots", "shape", "cue"),
    [
        ("my SSN is 000-12-3456", "ssn", "my SSN is {{value}}", "###-##-####", Cue.CONFIRM),
        ("call (202) 555-0123 now", "phone", "call {{value}} now", "(###) ###-####", Cue.CONFIRM),
        ("card 4111-1111-1111-1111", "credit_card", "card {{value}}", "####-####-####-####",
         Cue.CONFIRM),
        ("driver license A0000000 here", "drivers_license", "driver license {{value}} here",
         "a#######", Cue.CONFIRM),
        ("mail to name@example.com", "email", "mail to {{value}}", "", Cue.CONFIRM),
        ("order number 202-555-0123", "phone", "order number {{value}}", "###-###-####", Cue.VETO),
        ("mi pasaporte es 000000000", "passport", "mi pasaporte es {{value}}", "#########",
         Cue.CONFIRM),
    ],
)  # fmt: skip
def test_the_value_becomes_a_slot_and_its_shape_and_cue_are_kept(text, category, slots, shape, cue):
    done = cut(text, category)
    assert (done.text, done.shape, done.cue) == (slots, shape, cue)


def test_both_halves_of_a_pair_have_their_slots():
    done = cut("routing 110000000 account 123456789 please", "bank_account")
    assert done.text == "routing {{value:routing}} account {{value:account}} please"
    assert [taken.shape for taken in done.taken] == ["#########", "#########"]


def test_every_value_is_reported_with_its_place():
    text = "my ssn is 000-12-3456, my email is name@example.com"
    done = cut(text, "ssn")
    assert done.text == "my ssn is {{value}}, my email is {{other:email}}"
    found = {taken.category: text[taken.start : taken.end] for taken in done.taken}
    assert found == {"ssn": "000-12-3456", "email": "name@example.com"}


def test_the_asked_category_is_the_subject():
    text = "my ssn is 000-12-3456, my email is name@example.com"
    assert cut(text, "email").text == "my ssn is {{other:ssn}}, my email is {{value}}"


@pytest.mark.parametrize(
    ("line", "slots", "notation"),
    [
        ("GET /a?phone=%2B1%20202-555-0123&b=1", "GET /a?phone={{value}}&b=1", "form"),
        ('{"phone":"202-555-0123"}', '{"phone":"{{value}}"}', "json"),
        ("phone 202-555-0123", "phone {{value}}", "raw"),
    ],
)
def test_a_line_says_how_its_value_was_escaped(line, slots, notation):
    done = cut(line, "phone")
    assert (done.text, done.notation) == (slots, notation)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nothing here", "no_value"),
        ("my phone is two oh two five five five oh one two three", "spoken"),
        ("a@b or @somebody, phone 202-555-0123", "handle"),
        ("phone 202-555-0123 said zyxomma", "unknown_word"),
        ("мой phone 202-555-0123", "script"),
        ("phone 202-555-0123\x07", "signs"),
        ("phone 202-555-0123 " + "and so on " * 300, "too_long"),
        ("a=b%20c&d=%7Be&phone=202-555-0123", "escaped"),
        ("my ssn is ***-**-1234", "masked"),
        ('{"zq_landline_4c12":"202-555-0123"}', "cue_lost"),
        ("my ssn is 000-12-3456 and five-five-five", "spoken"),
        ("1 and 2 and 3 and 4 and 5 and 6, ssn 000-12-3456", "digits"),
        ("it is j-o-h-n, ssn 000-12-3456", "spelled"),
    ],
)
def test_a_text_is_refused_by_its_reason(text, reason):
    assert seeds.dissect(text) == seeds.Refused(reason)
    assert reason in seeds.REASONS


def test_the_words_of_a_model_may_be_any():
    done = seeds.cut("my zyxomma phone is 202-555-0123, says Quxley", "phone")
    assert done is not None
    assert done.text == "my zyxomma phone is {{value}}, says {{name}}"


def test_an_unknown_category_is_told():
    with pytest.raises(UnknownName, match="ssn"):
        seeds.cut("text", "snn")


def test_the_readers_categories_are_ours():
    assert [find("", category) for category in CATEGORIES] == [[]] * 9


def test_no_name_of_an_entity_stands_for_two_things():
    table = files.shipped_yaml("piiforge.seeds", "data/entities.yaml")
    names = " ".join(table.values()).split()
    assert len(names) == len(set(names))


def test_fillers_are_nobodys():
    for category in set(FILLERS) & set(CATEGORIES):
        name = category.replace("drivers_", "driver ").replace("member_id", "insurance member id")
        found = find(f"{name.replace('_', ' ')}: {FILLERS[category]}", category)
        assert found
        assert not any(finding.valid for finding in found)


@pytest.mark.parametrize(
    "hostile",
    ["1 " * 900, "a@" * 900, "A. " * 600, "x=" * 900, "(" * 1900, "{{" * 900, "2026-01-01 " * 180,
     "A'" * 900, '"name": "' * 200, "1-" * 900, "A-b_1" * 380],
)  # fmt: skip
def test_a_hostile_text_takes_no_longer_than_another(hostile):
    began = time.process_time()
    seeds.dissect(f"ssn 000-12-3456 {hostile}"[:2_000])
    assert time.process_time() - began < 2
