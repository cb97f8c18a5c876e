"""The server among two hundred connections, some of them slow, too large, cut off or broken."""

import pytest

from proofs import crowd


@pytest.mark.slow
def test_no_answer_is_lost_in_a_crowd_and_memory_stays_flat():
    line = crowd.prove(30, 7)
    assert line.holds, line
