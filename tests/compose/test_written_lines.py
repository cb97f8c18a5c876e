"""Laws of written lines: the slot grammar, and a file that reads back or names what is off."""

import json
from dataclasses import asdict, replace

import pytest

from piiforge import categories
from piiforge.compose.frames import (
    NOTATIONS,
    WrittenLine,
    id_of,
    is_broken,
    load_written,
    nouns_asked,
    plain,
    save,
    slots_of,
    subject_fits,
    subject_of,
    tidied,
)
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.lines import ENCODERS, FORMATS
from piiforge.types import EVENTS, LANGUAGES, Cue

LINE = WrittenLine(
    id_of("ssn", "ssn={{value}}&x=1"), "slots", "ssn", Cue.CONFIRM, "", "en", "form_submit",
    "ssn={{value}}&x=1", notation="form", call="round-0/ssn/positive/0",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("{{value}}", True),
        ("{{value:routing}}", True),
        ("{{value:account}}", True),
        ("{{value:iban}}", False),
        ("{{lookalike:order}}", True),
        ("{{lookalike:NOUN}}", False),
        ("{{lookalike}}", False),
        ("{{other:phone}}", True),
        ("{{other:tea}}", False),
        ("{{name}}", True),
        ("{{name:first}}", False),
        ("{{digits:6}}", True),
        ("{{digits:20}}", True),
        ("{{digits:21}}", False),
        ("{{digits:0}}", False),
        ("{{digits}}", False),
        ("{{secret}}", False),
    ],
)
def test_a_slot_is_known_or_not(text, known):
    (slot,) = slots_of(f"a {text} b")
    assert slot.is_known is known


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ('{"a": {"b": "{{value}}"}}', False),
        ('{"a": {"b": {{value}}}}', False),
        ("my id is {{value}} ok", False),
        ("my id is {{value ok", True),
        ("my id is value}} ok", True),
        ("my id is {{my value}} ok", True),
        ("plain", False),
    ],
)
def test_left_over_braces_are_seen_and_json_is_not_taken_for_them(text, broken):
    assert is_broken(text) is broken


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("{{ value }}", "{{value}}"),
        ("{{ lookalike : order }}", "{{lookalike:order}}"),
        ("?q=%7B%7Bvalue%7D%7D", "?q={{value}}"),
        ("?q=%7b%7bother%3aphone%7d%7d", "?q={{other:phone}}"),
        ("  {{value}} ", "{{value}}"),
    ],
)
def test_slots_are_written_one_way(text, tidy):
    assert tidied(text) == tidy


def test_plain_replaces_slots_and_nothing_else():
    text = "a {{value}} b {{other:phone}} c"
    assert plain(text, lambda slot: slot.name) == "a value b other c"


@pytest.mark.parametrize(
    ("category", "cue", "noun", "text", "fits"),
    [
        ("ssn", Cue.CONFIRM, "", "{{value}}", True),
        ("ssn", Cue.CONFIRM, "", "{{value}} {{value}}", False),
        ("ssn", Cue.CONFIRM, "", "{{value:routing}}", False),
        ("ssn", Cue.NEUTRAL, "", "x", False),
        ("ssn", Cue.VETO, "order", "{{lookalike:order}} {{lookalike:sku}}", True),
        ("ssn", Cue.VETO, "order", "{{lookalike:sku}}", False),
        ("ssn", Cue.NONE, "", "x {{name}}", True),
        ("ssn", Cue.NONE, "", "{{value}}", False),
        ("bank_account", Cue.CONFIRM, "", "{{value:account}} {{value:routing}}", True),
        ("bank_account", Cue.CONFIRM, "", "{{value:account}}", False),
        ("bank_account", Cue.CONFIRM, "", "{{value}}", False),
        ("bank_account", Cue.VETO, "sku_pair", "{{lookalike:sku_pair}}", False),
        (
            *("bank_account", Cue.VETO, "sku_pair"),
            *("{{lookalike:sku_pair}} {{lookalike:sku_pair}}", True),
        ),
    ],
)
def test_the_subject_is_what_the_cue_wants(category, cue, noun, text, fits):
    assert subject_fits(category, subject_of(text, cue, noun), cue) is fits


def test_what_was_saved_reads_back(tmp_path):
    lines = [LINE, replace(LINE, id="written-00000001", claimed=True, mode="full", shape="###")]
    assert save(tmp_path / "lines.jsonl", lines) == 2
    assert load_written(tmp_path / "lines.jsonl") == lines


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"category": "tea"}, "category is not one of"),
        ({"cue": "other"}, "cue is not one of"),
        ({"language": "de"}, "language is not one of"),
        ({"event": "click"}, "event is not one of"),
        ({"notation": "html"}, "notation is not one of"),
        ({"mode": "free"}, "mode is not one of"),
        ({"text": "ssn={{my}}"}, "unknown slot"),
        ({"text": "ssn={{value"}, "unknown slot"),
        ({"text": "ssn="}, "do not fit"),
        ({"cue": "veto", "noun": "tea", "text": "{{lookalike:order}}"}, "noun is none"),
        ({"text": 3}, "text is not a text"),
        ({"claimed": "yes"}, "claimed is not"),
        ({"more": 1}, "no key is named 'more'"),
    ],
)
def test_a_line_that_is_off_is_named_and_never_quoted(tmp_path, change, said):
    path = tmp_path / "lines.jsonl"
    off = {**asdict(LINE), "id": "written-00000001", **change}
    path.write_text(json.dumps(asdict(LINE)) + "\n" + json.dumps(off) + "\n")
    with pytest.raises(BadRecord, match=f"lines.jsonl:2: .*{said}") as caught:
        load_written(path)
    assert "ssn=" not in str(caught.value)


def test_an_id_that_comes_twice_is_refused(tmp_path):
    save(tmp_path / "lines.jsonl", [LINE, LINE])
    with pytest.raises(BadRecord, match=r"lines.jsonl:2: the id"):
        load_written(tmp_path / "lines.jsonl")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AskedWrongly, match=r"nothing\.jsonl"):
        load_written(tmp_path / "nothing.jsonl")


def test_an_id_is_of_the_normalised_text_and_the_category():
    assert id_of("ssn", "A  {{value}}") == id_of("ssn", "a {{value}}")
    assert id_of("ssn", "a {{value}}") != id_of("itin", "a {{value}}")


def test_every_category_may_be_taken_for_something():
    assert all(nouns_asked(category.id) for category in categories.ALL)


def test_the_names_here_are_those_of_other_rooms():
    assert set(NOTATIONS) <= set(ENCODERS)
    assert set(EVENTS) == {form.event for form in FORMATS}
    from piiforge import recipe

    assert set(LANGUAGES) == set(recipe.Language.__args__)
