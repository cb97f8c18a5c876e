"""No value and no key comes out of a command that fails, at DEBUG."""

import pytest

from proofs import canaries


@pytest.mark.slow
def test_no_canary_is_seen():
    line = canaries.prove(40, 7)
    assert line.holds, line.figures
