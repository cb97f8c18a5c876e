"""A disk that is full or read-only, SIGTERM, two writers: one sentence, and nothing is spoilt."""

from random import Random

import pytest

from proofs import refusals

BOTH = [(name, what) for name in refusals.COMMANDS for what in refusals.CODES]
QUICK = {("scan", "disk full"), ("scan", "read-only"), ("predict", "SIGTERM"),
         ("write", "two writers")}  # fmt: skip
CASES = [pytest.param(*both, marks=[] if both in QUICK else [pytest.mark.slow]) for both in BOTH]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return refusals.make_inputs(tmp_path_factory.mktemp("refusals"))


@pytest.mark.parametrize(("name", "what"), CASES)
def test_what_was_there_before_is_there_after(name, what, inputs):
    if what in ("disk full", "read-only") and not refusals.can_mount():
        pytest.skip("needs unshare(1), to make a disk of a few kB")
    assert refusals.wronged(name, what, inputs, Random(7)) == []
