"""Every regular expression that meets untrusted text is linear, by hostile texts made out of it."""

import re

import pytest

from proofs import patterns


@pytest.mark.parametrize("text", [r"(a+)+!$", r"\d+x"])
def test_a_pattern_that_is_not_linear_is_told(text):
    assert patterns.growth(re.compile(text))[0] > patterns.MOST_GROWTH


@pytest.mark.parametrize("text", [r"[a-z]{1,9}@x", r"(?<!\d)\d++x", r"ab?c"])
def test_a_linear_pattern_is_none(text):
    assert patterns.growth(re.compile(text))[0] <= patterns.MOST_GROWTH


def test_patterns_are_found_in_every_room_that_has_any():
    rooms = {one.module.split(".")[1] for one in patterns.collected()}
    assert rooms >= {"context", "logs", "predict", "prompt", "reader", "seeds", "serve", "text"}
    assert len(patterns.collected()) > 150
