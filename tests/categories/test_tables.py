"""The tables in data/: each has a name of its own, and none is empty or at odds with another."""

import re
from collections import Counter
from pathlib import Path

import pytest

from piiforge import files
from piiforge.categories import digits

DATA = Path(digits.__file__).parent / "data"
ROOM = "piiforge.categories"
every_table = pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.yaml")))


@every_table
def test_every_table_has_a_name_of_its_own_and_items(name):
    names = re.findall(r"^(\w+):", (DATA / f"{name}.yaml").read_text("utf-8"), re.MULTILINE)
    assert names == list(digits.tables(name))
    assert len(set(names)) == len(names)
    for items in digits.tables(name).values():
        assert items
        assert all(isinstance(item, str) and item for item in items)


@pytest.mark.parametrize(("name", "columns"), [("card_networks", 6), ("phone_plans", 7)])
def test_every_row_has_every_column_and_stands_once(name, columns):
    rows = files.shipped_tsv(ROOM, f"data/{name}.tsv")
    assert {len(row) for row in rows} == {columns}
    assert all(row.count("") == 0 for row in rows)
    assert len(set(rows)) == len(rows)


def test_the_shares_of_card_lengths_are_thousandths():
    shares = [row[4].split() for row in files.shipped_tsv(ROOM, "data/card_networks.tsv")]
    assert sum(int(share) for each in shares for share in each) == 1000


def test_no_domain_that_is_drawn_from_is_a_placeholder():
    email = digits.tables("email")
    drawn = {*email["free_domains"], *email["isp_domains"]}
    assert drawn.isdisjoint(email["placeholder_domains"])


@pytest.mark.parametrize("name", ["areas", "plain_areas", "bad_areas", "fictional", "samples"])
def test_numbers_of_the_phone_plans_stand_once(name):
    assert max(Counter(digits.tables("phone")[name]).values()) == 1
