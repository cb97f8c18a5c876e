"""Seeds and written lines as rows: the plan, the label and the value stay ours."""

import re
from collections import Counter
from dataclasses import replace
from random import Random
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import frames_made
from piiforge import categories, compose
from piiforge.compose import frames, pools
from piiforge.compose.composer import pour
from piiforge.rng import child
from piiforge.types import SPLITS, Cue, Part, Switches, key_of

SHARES = {"written": 0.1, "seeds": 0.1}
REUSE = 3


@pytest.fixture(scope="module")
def outside():
    return (
        *map(frames.from_written, frames_made.key_lines()),
        *frames_made.sentences(),
        frames_made.key("ssn", "tax social no"),
        frames_made.key("phone", "reach me"),
        frames_made.shape("ssn", "###/##/####"),
    )


@pytest.fixture(scope="module")
def assigned(base_plan, outside):
    return compose.assign(base_plan, outside, SHARES, reuse=REUSE, seed=1)


@pytest.fixture(scope="module")
def rows(assigned, outside):
    composers = {
        split: compose.Composer(compose.make_pool(split, 1, outside), Switches(), 1)
        for split in SPLITS
    }
    rng = child(1, "framed")
    return [
        (spec, row)
        for spec in assigned
        if spec.frame
        for row in composers[spec.split].compose(spec, rng)
    ]


def test_a_plan_with_frames_asks_for_the_same_rows(base_plan, assigned):
    assert [replace(spec, frame="") for spec in assigned] == list(base_plan)


def test_no_frame_serves_more_rows_than_the_recipe_says(assigned):
    used = Counter()
    for spec in assigned:
        used[spec.frame] += spec.rows
    del used[""]
    assert used
    assert max(used.values()) <= REUSE


def test_no_source_takes_more_than_its_share_of_a_category(assigned, outside):
    source = {frame.family: frame.source for frame in outside}
    totals, taken = Counter(), Counter()
    for spec in assigned:
        totals[spec.split, spec.category] += spec.rows
        if spec.frame:
            taken[spec.split, spec.category, source[spec.frame]] += spec.rows
    for (split, category, name), count in taken.items():
        assert count <= round(SHARES[name] * totals[split, category])


def test_a_source_is_no_sign_of_a_label(assigned, outside):
    source = {frame.family: frame.source for frame in outside}
    balance = Counter()
    for spec in assigned:
        if spec.frame:
            place = spec.split, spec.category, source[spec.frame]
            balance[place] += 0 if spec.twin else 1 if spec.label else -1
    assert balance
    assert set(balance.values()) == {0}


def test_a_frame_stands_in_one_split_alone(assigned):
    splits = {}
    for spec in assigned:
        splits.setdefault(spec.frame, set()).add(spec.split)
    del splits[""]
    assert all(len(held) == 1 for held in splits.values())


def test_the_same_frames_in_another_order_are_dealt_alike(base_plan, outside):
    one = compose.assign(base_plan[:400], outside, SHARES, reuse=1, seed=4)
    two = compose.assign(base_plan[:400], outside, SHARES, reuse=1, seed=4)
    assert one == two


def test_frames_carry_both_labels(rows):
    labels = Counter((row.source, row.verdict.is_sensitive) for _, row in rows)
    for source in ("seeds", "written"):
        assert labels[source, True] > 30
        assert labels[source, False] > 30


def test_every_row_that_a_frame_carries_names_it(rows):
    for spec, row in rows:
        assert row.source in {"rules", "seeds", "written"}
        assert row.frame in {"", spec.frame}
        assert (row.source == "rules") is (row.frame == "")
    assert sum(row.frame != "" for _, row in rows) > 0.9 * len(rows)


def test_every_value_in_a_framed_row_was_drawn_and_stands_where_its_spans_say(rows):
    for _, row in rows:
        for mention in row.values:
            assert mention.origin == "drawn"
            assert mention.spans
        assert not re.search(r"\{\{[a-z]+(:[a-z]+)?\}\}|Q[KV]X[0-7]Q", row.content)


def test_the_label_of_a_framed_row_is_the_planned_one(rows):
    for spec, row in rows:
        assert row.verdict.is_sensitive in ({True, False} if spec.twin else {spec.label})


def test_a_veto_is_carried_only_by_a_frame_of_a_noun_that_the_value_may_be(assigned, outside):
    by_family = {frame.family: frame for frame in outside}
    vetoes = [s for s in assigned if s.cue is Cue.VETO and by_family.get(s.frame)]
    vetoes = [spec for spec in vetoes if by_family[spec.frame].kind != "shape"]
    assert vetoes
    for spec in vetoes:
        assert by_family[spec.frame].noun in frames.nouns_of(spec.category, spec.kind)


def test_a_line_with_a_value_of_the_asked_category_beside_is_never_chosen(base_plan):
    line = frames.Frame(
        "written-1", "written", "line", "phone", Cue.CONFIRM, "en", "xhr",
        ('{"phone":"', "value", '","old":"', "other:ssn", '"}'), notation="json",
    )  # fmt: skip
    carried = [spec for spec in base_plan if frames.suits(line, spec)]
    assert carried
    assert not [spec for spec in carried if spec.category == "ssn"]


def test_a_pair_is_put_in_part_by_part(base_plan):
    line = frames.Frame(
        "written-2", "written", "line", "bank_account", Cue.CONFIRM, "en", "form_submit",
        ("aba=", "value:routing", "&acct=", "value:account"), notation="form",
    )  # fmt: skip
    plain = [s for s in base_plan if frames.suits(line, s) and s.label and len(s.disguises) == 1]
    spec = replace(next(s for s in plain if s.split == "train"), frame=line.family)
    composer = compose.Composer(
        replace(compose.make_pool("train", 1), frames={line.family: line}), Switches(), 1
    )
    row = composer.compose(spec, Random(1))[0]
    assert row.content.startswith("aba=")
    assert len(row.values[0].spans) == 2


def test_a_shape_gives_the_separators(rows):
    shaped = [row for spec, row in rows if spec.frame == "seed-shape###/##/####"]
    shaped = [row for row in shaped if row.frame]
    assert shaped
    for row in shaped:
        assert unquote(row.content[row.values[0].spans[0].start :])[3:7:3] == "//"


def test_a_key_of_a_seed_stands_over_the_value(rows):
    named = [row for _, row in rows if row.frame == "seed-tax social no"]
    assert named
    assert {row.key_names for row in named} == {("tax social no",)}, [r.content for r in named]


@pytest.mark.parametrize("category", categories.ALL, ids=lambda category: category.id)
def test_what_a_shape_holds_is_the_value(category):
    for seed in range(30):
        parts = category.draw(Random(seed)).parts
        shape = "".join("#" if c.isdigit() else "a" if c.isalpha() else "_" for c in parts[0].text)
        poured = pour(parts, shape.replace("__", "_"))
        if poured and "@" not in parts[0].text:
            assert key_of(poured[0].text) == key_of(parts[0].text)


@given(st.text("0123456789ab-. ", max_size=14), st.text("#a-. ()", max_size=14))
def test_a_shape_loses_and_adds_nothing(text, shape):
    poured = pour((Part(text),), shape)
    if poured:
        letters = [c for c in text if c.isalnum()]
        assert [c for c in poured[0].text if c.isalnum()] == letters


def test_sourcing_without_frames_changes_nothing(base_plan):
    assert pools.assign(base_plan, (), SHARES, reuse=1, seed=1) == base_plan
