"""A prompt offers only words that the check of its own answers accepts."""

import re

import pytest

from piiforge import categories
from piiforge.compose import WrittenLine, frames
from piiforge.types import LANGUAGES, Cue
from piiforge.write import prompts, rows

PAIR = "bank_account"
GUIDES = {c.id: prompts.guide_of(c.id, prompts.POSITIVE) for c in categories.ALL}


def told(heading: str) -> list[tuple[str, str]]:
    """The words behind a heading of the guides, with their category; remarks in brackets stay."""
    found = []
    for category, guide in GUIDES.items():
        for part in re.findall(rf"{heading}: (.*?)\.(?: [A-Z]|$)", guide, re.S):
            found += [(category, word.strip()) for word in re.split(r"[,;] ", part)]
    return found


def problem(category: str, text: str, cue: Cue = Cue.CONFIRM, noun: str = "") -> str:
    name = frames.id_of(category, text)
    line = WrittenLine(name, "slots", category, cue, noun, "en", "form_submit", text)
    return rows.cue_problem(line, 5)


@pytest.mark.parametrize(("category", "words"), told("Keys(?: come in pairs)?"))
def test_every_key_of_a_guide_is_read_as_its_category(category, words):
    key, _, remark = words.partition(" (")
    beside = "&plan=insurance" if category == "member_id" and remark else ""
    names = key.split("/") if category == PAIR else [key]
    slots = ("{{value:routing}}", "{{value:account}}") if category == PAIR else ("{{value}}",)
    fields = [f"{name}={slot}" for name, slot in zip(names, slots, strict=True)]
    assert problem(category, f"step=2&{'&'.join(fields)}{beside}") == ""


SAID = [one for one in told("People say") if one[0] != PAIR]


@pytest.mark.parametrize(("category", "words"), SAID)
def test_everything_that_people_say_in_a_guide_is_read_as_its_category(category, words):
    assert problem(category, f"{words} {{{{value}}}}") == ""


def test_the_guides_were_read():
    assert len(told("Keys(?: come in pairs)?")) > 60
    assert len(SAID) > 25


@pytest.mark.parametrize("category", categories.ALL, ids=lambda one: one.id)
def test_every_noun_that_is_offered_is_read_as_such_under_each_of_its_names(category):
    for noun in prompts.nouns_offered(category.id, "en"):
        name = prompts.names_of(noun, category.id, "en")[0]
        slot = f"{{{{lookalike:{noun}}}}}"
        keys = [half.replace(" ", "_") for half in name.split(" / ")]
        if category.id == PAIR and len(keys) == 1:
            keys *= 2
        text = "step=2&" + "&".join(f"{key}={slot}" for key in keys)
        assert problem(category.id, text, Cue.VETO, noun) == "", noun


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", categories.ALL, ids=lambda one: one.id)
def test_a_call_tells_the_names_of_its_nouns(category, language):
    cell = prompts.Cell(category.id, Cue.VETO, language, "xhr")
    for call in prompts.calls_of(0, {cell: 4}, {}, 4):
        request = prompts.writing(call, "slots", temperature=1, seed=1)
        for order in call.orders:
            names = prompts.names_of(order.noun, category.id, language)
            assert names
            assert f"{order.noun}, {language}: {', '.join(names)}" in prompts.said(request)
