"""Any byte of a finished result that is changed is found."""

import pytest

from proofs import flips


@pytest.mark.parametrize("prove", [flips.of_set, flips.of_pack], ids=lambda one: one.__name__)
def test_every_changed_byte_is_found_and_its_file_named(prove):
    line = prove(150, 7)
    assert line.holds, line.figures
