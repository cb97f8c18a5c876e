"""The laws that every category keeps, on iban_category.py; add what yours alone must keep."""

from pathlib import Path

import pytest

from piiforge import plugins

FOUND = plugins.records_of(Path(__file__).with_name("iban_category.py"))
OWN = [one for one in FOUND if isinstance(one, plugins.OwnCategory)]


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.category.id)
def test_every_law_is_kept(own):
    assert plugins.problems(own) == []
