"""kill -9 at random moments of a command: the same command again ends as if nothing had happened.

benchmarks/reliability.py does each a hundred times.
"""

import os

import pytest

from proofs import kills


@pytest.mark.parametrize(
    ("prove", "times"),
    [(kills.scan, 1), (kills.write, 1), pytest.param(kills.scan, 3, marks=pytest.mark.slow),
     pytest.param(kills.write, 3, marks=pytest.mark.slow),
     pytest.param(kills.build, 2, marks=pytest.mark.slow)],
    ids=lambda one: getattr(one, "__name__", None),
)  # fmt: skip
def test_a_kill_at_a_random_moment_loses_nothing_and_doubles_nothing(prove, times):
    line = prove(times, 7)
    assert line.holds, line


@pytest.mark.slow
@pytest.mark.parametrize("prove", [kills.train, kills.loop], ids=lambda one: one.__name__)
def test_a_killed_training_takes_the_same_steps_to_the_same_verdicts(prove):
    if not os.environ.get("PIIFORGE_LF_ENV"):
        pytest.skip("needs PIIFORGE_LF_ENV: an environment that `piiforge train --setup` made")
    line = prove(2, 7)
    assert line.holds, line
