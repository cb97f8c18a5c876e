"""Leaks: one planted on each axis is found on that axis alone, and the fence lets none in."""

from dataclasses import replace

import pytest
from hand_made import make_rows, row

from piiforge import build
from piiforge.build.folder import AXES
from piiforge.types import SPLITS, Mention, Span


def apart(number: int, split: str):
    """Return a row that shares nothing with another number's."""
    mention = Mention("ssn", "made_up", f"{number}", (Span(0, 1),))
    return replace(
        row(number, "ssn", "plain", split=split), values=(mention,), twin_id=f"twin-{number}",
        frame=f"seed-{number}",
    )  # fmt: skip


ONE, TWO = apart(1, "train"), apart(2, "test")
LEAKS = {
    "family": {"family": ONE.family},
    "skeleton": {"skeleton": ONE.skeleton},
    "value": {"values": (*TWO.values, *ONE.values)},
    "twin": {"twin_id": ONE.twin_id},
    "frame": {"frame": ONE.frame},
}
every_axis = pytest.mark.parametrize("axis", AXES)


def test_every_axis_has_a_planted_leak_here():
    assert set(LEAKS) == set(AXES)


def test_rows_apart_are_certified_clean():
    found = build.certify([ONE, TWO, replace(ONE, id="same split")])
    assert found["clean"] is True
    assert {name: axis["in_two_splits"] for name, axis in found["axes"].items()} == dict.fromkeys(
        AXES, 0
    )


@every_axis
def test_the_certificate_finds_a_leak_on_its_axis_alone(axis):
    found = build.certify([ONE, replace(TWO, **LEAKS[axis])])
    assert found["clean"] is False
    assert {name for name, seen in found["axes"].items() if seen["in_two_splits"]} == {axis}


@every_axis
def test_the_fence_names_the_axis(axis):
    fence = build.folder.Fence()
    assert fence.leak([ONE]) == ""
    assert fence.leak([replace(TWO, **LEAKS[axis])]) == f"its {axis} stands in another split"
    assert fence.leak([TWO]) == "", "what was kept out leaves no trace"


@every_axis
def test_within_one_split_all_may_be_shared(axis):
    fence = build.folder.Fence()
    fence.leak([ONE])
    assert fence.leak([replace(TWO, **LEAKS[axis], split="train")]) == ""


def test_a_placeholder_may_stand_in_two_splits_and_is_listed():
    one, two = (replace(r, variant="placeholder", values=ONE.values) for r in (ONE, TWO))
    found = build.certify([one, two])
    assert found["clean"] is True
    assert found["exempt"] == ["ssn:made_up"]


def test_keys_are_counted_by_hand():
    found = build.certify([ONE, replace(ONE, id="b", family="other"), TWO])
    assert {name: axis["keys"] for name, axis in found["axes"].items()} == {
        "family": 3, "skeleton": 2, "value": 2, "twin": 2, "frame": 2,
    }  # fmt: skip


def test_the_built_set_has_every_event_and_category_in_every_split(tiny):
    seen = {(r.split, r.event, r.category) for r in tiny.built.rows}
    events = {r.event for r in tiny.built.rows}
    assert seen == {(s, e, c) for s in SPLITS for e in events for c in tiny.recipe.categories}


def test_the_built_set_is_clean(tiny):
    found = build.certify(tiny.built.rows)
    assert found["clean"] is True
    assert found["axes"]["value"]["keys"] > 500
    assert build.certify(make_rows())["clean"] is False
