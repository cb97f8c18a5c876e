"""Verdicts: explanations are short in every case there is, and never hold the value."""

from itertools import product
from random import Random

import pytest

from piiforge import categories, disguises
from piiforge.compose import spec
from piiforge.compose.composer import Told, decide
from piiforge.compose.pools import Named
from piiforge.compose.spec import FIELDS, TEXT, TURNS, Spec
from piiforge.types import COMBINED, Category, Cue, Disguise, Verdict

MOST_WORDS = 12
EVENTS = ("form_submit", "page_view", "xhr", "chat_message")
NAMES = [Named(), Named(("snn",), ("social security number of the card holder",)), Named(word="it")]
every_category = pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)


def spec_of(category: Category, **more: object) -> Spec:
    """Return a positive spec of `category`, changed as named."""
    fields: dict[str, object] = {
        "number": 0,
        "split": "train",
        "category": category.id,
        "label": True,
        "variant": "plain",
        "kind": "valid",
        "disguises": ("canonical",),
        "language": "en",
        "event": "form_submit",
        "cue": Cue.CONFIRM,
        "carrier": FIELDS,
    }
    return Spec(**{**fields, **more})


def nouns_of(category: Category) -> list[str]:
    """Return all that a value may be called instead."""
    named = [noun for look in category.lookalikes for noun in look.nouns]
    return [*named, *category.vetoable]


def negatives_of(category: Category) -> list[tuple[str, str]]:
    """Return every (variant, kind) that a negative of `category` may have."""
    kinds = spec.negative_kinds(category)
    return [(variant, kind.name) for variant, known in kinds.items() for kind in known]


def worn_by(group: str) -> tuple[Disguise, ...]:
    """Return one disguise of `group`, two for the combined ones."""
    if group == COMBINED:
        return (disguises.get("split_fields"), disguises.get("percent"))
    return tuple([d for d in disguises.ALL if d.group == group][:1])


def words_in(verdict: Verdict) -> int:
    return len(verdict.explanation.split())


@every_category
def test_no_explanation_of_a_positive_is_too_long(category):
    groups = (*disguises.GROUPS, COMBINED)
    cues = (Cue.CONFIRM, Cue.NEUTRAL)
    for group, event, carrier, cue in product(groups, EVENTS, (FIELDS, TEXT, TURNS), cues):
        spec = spec_of(category, event=event, carrier=carrier, cue=cue)
        for at, names in product(range(6), NAMES):
            told = Told(category.id, names, at=at)
            verdict = decide(spec, True, cue, category, worn_by(group), told)
            assert words_in(verdict) <= MOST_WORDS, verdict.explanation


@every_category
def test_no_explanation_of_a_negative_is_too_long(category):
    nouns = nouns_of(category) or [category.id]
    for (variant, kind), event, carrier in product(
        negatives_of(category), EVENTS, (FIELDS, TEXT, TURNS)
    ):
        spec = spec_of(
            category, label=False, variant=variant, kind=kind, event=event, carrier=carrier
        )
        for noun, at, names in product(nouns, range(4), NAMES):
            told = Told(noun, names, at=at)
            verdict = decide(spec, False, Cue.VETO, category, worn_by("plain"), told)
            assert words_in(verdict) <= MOST_WORDS, verdict.explanation


@every_category
def test_an_explanation_never_holds_the_value(category):
    rng = Random(5)
    for _ in range(50):
        value = category.draw(rng)
        verdict = decide(
            spec_of(category), True, Cue.CONFIRM, category, worn_by("plain"), Told(category.id)
        )
        assert not any(part.text in verdict.explanation for part in value.parts)


@every_category
def test_what_is_harder_to_judge_is_less_sure(category):
    plain = decide(spec_of(category), True, Cue.CONFIRM, category, worn_by("plain"), Told(""))
    spelled = decide(spec_of(category), True, Cue.CONFIRM, category, worn_by("spelled"), Told(""))
    pushed = spec_of(category, injection=True)
    argued = decide(pushed, True, Cue.CONFIRM, category, worn_by("spelled"), Told(""))
    assert plain.confidence_score > spelled.confidence_score > argued.confidence_score
