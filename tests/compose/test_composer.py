"""Composed rows: the label is the policy's, twins differ in one thing, spans stand where they say.

The rows are a third of the base plan, unchecked: what holds here holds before any gate.
"""

import html
import re
from collections import Counter
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

import pytest

from piiforge import categories, compose, disguises
from piiforge.errors import QuotaUnmet
from piiforge.rng import child
from piiforge.types import Cue, Part, Switches, Value, key_of

SWITCHES = Switches()
EASY = {"other", "absent", "benign"}
# What a key can't hold: the + of a number from abroad, the state that a line names.
FORM_BOUND = {
    *(("phone", "impossible"), ("drivers_license", "impossible")),
    ("bank_account", "masked"),  # the stars of a masked account
}
# Characters in which two lines may differ that differ in a name (or two, in parts); in a sentence
MOST_NAMED, MOST_SAID = 200, 400
TWIN_FIELDS = (
    *("split", "category", "language", "event", "format", "disguises", "twin_id"),
    *("injection", "source"),
)

every_category = pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)


@pytest.fixture(scope="module")
def rows(composed):
    return [row for _, made in composed for row in made]


@pytest.fixture(scope="module")
def pairs(composed):
    return [(spec, *made) for spec, made in composed if spec.twin]


def subject(row):
    """Return the value that the row is about, None where all its values stand beside."""
    about_none = row.cue is Cue.NONE or row.variant == "misleading"
    return None if about_none or not row.values else row.values[0]


def rebuilt(row):
    """Return the value as its key holds it; a form that speaks for itself is taken on trust."""
    mention = subject(row)
    if mention is None:
        return None
    texts = mention.key.split("|")
    roles = ("routing", "account") if len(texts) == 2 else ("value",)
    return Value(
        mention.category, mention.kind, tuple(map(Part, texts, roles)), row.verdict.is_sensitive
    )


def cut(row):
    """Return the content with the pieces of its first value taken out."""
    text = row.content
    for span in sorted(row.values[0].spans, key=lambda span: -span.start):
        text = f"{text[: span.start]}{{}}{text[span.end :]}"
    return text


def written(row):
    return [row.content[s.start : s.end] for mention in row.values for s in mention.spans]


def says_otherwise(positive, negative):
    """Say whether one sentence names the category and the other what the value is instead."""
    return "-confirm-" in positive.family and (
        "-veto-" in negative.family or "-called-" in negative.family
    )


def differing(one, two):
    """Return the middles of two texts, without what both begin and end with."""
    head = next((at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]),
                min(len(one), len(two)))  # fmt: skip
    one, two = one[head:], two[head:]
    tail = next((at for at, pair in enumerate(zip(one[::-1], two[::-1], strict=False))
                 if pair[0] != pair[1]), min(len(one), len(two)))  # fmt: skip
    return one[: len(one) - tail], two[: len(two) - tail]


def test_a_spec_gives_the_row_it_asked_for(composed):
    for spec, made in composed:
        row = made[-1]  # of twins, the positive comes first
        assert len(made) == spec.rows
        for name in ("split", "category", "language", "event", "cue", "injection", "disguises"):
            if name != "disguises" or subject(row):
                assert getattr(row, name) == getattr(spec, name)
        assert (row.verdict.is_sensitive, row.variant) == (spec.label, spec.variant)


def test_the_label_is_what_the_policy_says_of_the_value(rows):
    for row in rows:
        if (row.category, row.variant) in FORM_BOUND:
            continue
        worn = tuple(map(disguises.get, row.disguises))
        asked = categories.get(row.category)
        said = compose.is_sensitive(asked, rebuilt(row), worn, row.cue, SWITCHES)
        assert said is row.verdict.is_sensitive, row.content


@every_category
def test_every_hard_variant_and_every_disguise_group_is_composed(rows, base_plan, category):
    planned = {spec.variant for spec in base_plan if spec.category == category.id}
    made = {row.variant for row in rows if row.category == category.id}
    assert planned == made


def test_negatives_are_hard_by_their_variant_alone(rows):
    plain = [row for row in rows if not row.verdict.is_sensitive and not row.injection]
    assert all(row.hard is (row.variant not in EASY) for row in plain)
    assert all(row.hard for row in rows if row.injection)


def test_twins_are_one_positive_and_one_negative_of_the_same_line(pairs):
    assert len(pairs) > 200
    for _, positive, negative in pairs:
        assert positive.verdict.is_sensitive
        assert not negative.verdict.is_sensitive
        assert positive.id != negative.id
        for name in TWIN_FIELDS:
            assert getattr(positive, name) == getattr(negative, name), name
        assert positive.family == negative.family or says_otherwise(positive, negative)


def test_some_cue_twins_say_in_a_sentence_of_its_own_what_the_value_is_instead(pairs):
    apart = [spec for spec, *twins in pairs if says_otherwise(*twins)]
    assert len(apart) > 20
    assert {(spec.twin, spec.variant) for spec in apart} == {("cue", "vetoed")}
    assert {spec.carrier for spec in apart} == {"text", "turns"}
    assert len({spec.category for spec in apart}) == len(categories.ALL) - 1  # no veto of e-mail


def test_value_twins_differ_in_the_value_alone(pairs):
    for spec, positive, negative in pairs:
        if spec.twin == "value":
            assert cut(positive) == cut(negative)
            assert positive.key_names == negative.key_names
            assert positive.values[0].key != negative.values[0].key


def test_cue_twins_hold_the_same_values_and_differ_in_one_place(pairs):
    for spec, positive, negative in pairs:
        if spec.twin == "cue":
            assert written(positive) == written(negative)
            middles = differing(cut(positive), cut(negative))
            assert all(middles)
            most = MOST_SAID if says_otherwise(positive, negative) else MOST_NAMED
            assert max(map(len, middles)) <= most


def test_a_row_of_its_own_has_no_twin_id(composed):
    ids = Counter(row.twin_id for _, made in composed for row in made)
    assert all(count == 2 for twin, count in ids.items() if twin)
    assert all(not row.twin_id for spec, made in composed for row in made if not spec.twin)


def test_a_canonical_value_stands_at_its_spans(rows):
    twice = (lambda text: unquote(unquote(text)), lambda text: unquote_plus(unquote(text)))
    readings = (str, unquote, unquote_plus, *twice, html.unescape)
    plain = [row for row in rows if subject(row) and row.disguises == ("canonical",)]
    assert len(plain) > 300
    for row in plain:
        mention = subject(row)
        texts = [row.content[span.start : span.end] for span in mention.spans]
        assert mention.key in {"|".join(key_of(read(text)) for text in texts) for read in readings}


def test_every_value_has_spans_within_the_content_and_apart(rows):
    for row in rows:
        spans = sorted((s.start, s.end) for mention in row.values for s in mention.spans)
        assert all(mention.spans for mention in row.values)
        assert all(0 <= start < end <= len(row.content) for start, end in spans)
        assert all(one[1] <= two[0] for one, two in pairwise(spans))


def test_what_stands_beside_is_of_another_category(rows):
    beside = [(row, m) for row in rows for m in row.values[bool(subject(row)) :]]
    assert len(beside) > 400
    assert not [mention for row, mention in beside if mention.category == row.category]


def test_every_value_was_drawn_here(rows):
    assert {mention.origin for row in rows for mention in row.values} == {"drawn"}


def test_ids_are_unique(rows):
    assert len({row.id for row in rows}) == len(rows)


def test_the_explanation_is_short_and_the_score_no_constant(rows):
    too_long = {r.verdict.explanation for r in rows if len(r.verdict.explanation.split()) > 12}
    assert not too_long
    assert all(0.5 <= row.verdict.confidence_score < 1 for row in rows)
    for label in (True, False):
        scores = {r.verdict.confidence_score for r in rows if r.verdict.is_sensitive is label}
        assert len(scores) >= 8


def test_no_sentinel_is_left_in_a_line(rows):
    assert not [row.content for row in rows if re.search("QVX[0-7]QV|QKX[0-7]QK", row.content)]


def test_the_same_state_composes_the_same_row(base_plan):
    def make():
        composer = compose.Composer(compose.make_pool("train", 1), SWITCHES, 1)
        return [composer.compose(spec, child(1, spec.number)) for spec in base_plan[:300:10]]

    assert make() == make()


def test_a_spec_that_nothing_can_be_made_of_is_refused_with_its_cell(base_plan):
    pool = compose.make_pool("train", 1)
    spec = next(spec for spec in base_plan if spec.split == "train" and spec.event == "xhr")
    bare = compose.Pool(pool.split, pool.banks, pool.scenarios, {}, {}, pool.phrases, pool.keys)
    with pytest.raises(QuotaUnmet, match=f"quota train/{spec.category}/{spec.variant}"):
        compose.Composer(bare, SWITCHES, 1).compose(spec, child(1, "none"))
