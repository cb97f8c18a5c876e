"""Odd inputs to all that reads untrusted text: no uncaught error. Hypothesis looks beside it."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge import prompt
from proofs import fuzz


def test_no_odd_input_is_an_uncaught_error():
    line = fuzz.prove(500, 7)
    assert line.figures["failed"] == {}


@settings(max_examples=500)
@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_an_answer_is_read_or_refused(text):
    with suppress(prompt.UnreadableAnswer):
        assert prompt.parse(text) == prompt.parse(text)


@pytest.mark.slow
def test_odd_inputs_are_read_quickly():
    assert fuzz.prove(20_000, 8).holds
