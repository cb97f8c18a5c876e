"""On lines of access logs in which nobody's data stands, the default detector says so."""

import sys
from pathlib import Path

import pytest

from piiforge import predict

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from access_log import FIVE, of_format  # a script beside the house

ROWS = 120


@pytest.fixture(scope="module")
def default():
    with predict.load() as detector:
        yield detector


@pytest.mark.parametrize("name", FIVE)
def test_hardly_a_row_of_an_access_log_is_flagged(default, name):
    said = default.judge(list(of_format(name, 11, ROWS)))
    flagged = [row for row in said if any(each.is_sensitive for each in row.values())]
    unsure = [row for row in said if any(each.unsure for each in row.values())]
    assert len(flagged) <= 1
    assert len(unsure) <= 2


def test_the_lines_are_the_same_for_a_seed():
    for name in FIVE:
        assert [*of_format(name, 1, 9)] == [*of_format(name, 1, 9)]
