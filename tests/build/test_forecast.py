"""What a build is said to take: its stages add up, and all workers share what they share there."""

import pytest

from piiforge import build, checks, recipe
from piiforge.build.forecast import probed_s

ASKED = recipe.load(recipe.shipped()["tiny"])  # 810 training rows, 180 of test


def test_every_probe_is_reckoned_and_none_without_test_rows():
    assert len(probed_s(100, 10)) == len(checks.probes.NAMES)
    assert probed_s(100, 0) == []


def test_rows_that_no_probe_takes_cost_nothing():
    assert sum(probed_s(10**6, 10**6)) <= sum(probed_s(checks.probes.MAX_ROWS, 10**6))


@pytest.mark.parametrize("workers", [1, 2, 3, 100])
def test_the_probes_are_shared_by_all_workers_and_wait_for_the_longest(workers):
    each = probed_s(810, 180)
    found = build.forecast(ASKED, workers).stages
    assert found["probe"] == round(max(*each, sum(each) / workers), 2)


def test_the_stages_are_the_whole():
    found = build.forecast(ASKED, 2)
    assert found.seconds == pytest.approx(sum(found.stages.values()), abs=0.1)
