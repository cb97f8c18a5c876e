"""Text made to break a reader: long, nested, odd. It must come back, and with records."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge.errors import UnknownName
from piiforge.reader import Finding, decode, find, judge, skeleton

CATEGORIES = (
    "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport", "drivers_license",
    "member_id",
)  # fmt: skip
SIZE = 200_000
UNITS = (
    "0", "0-", "1 ", "12-", "000-00-0000 ", "x", "X-", "*", "* ", "@", "a@", "a.", "a@b.", " at ",
    " dot ", "a at b dot ", "%25", "%", "%32%35", "\\", "\\u0041", "&#", "&#49;", "&", "=", "a=1&",
    '{"a":', '"', "<a>", "one ", "double ", "twenty ", "一", "一 ", "、", "９", "\u200b", "A1b2",
    "ssn ", "ssn=", "ssn=000&", "medicare ", "routing 000000000 account 0000 ", ".", "(", "+1 ",
    "\n", "1,", "T000000000T ", "for ", "a-b-c-", "\ud800", "é", "CA ", "https://a:b@",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_long_lines_come_back(unit: str) -> None:
    line = (unit * (SIZE // len(unit)))[:SIZE]
    for category in ("ssn", "phone", "email"):
        assert isinstance(judge(find(line, category)), bool)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("unit", ["000-00-0000 ", "dl ca medicare passport 00000000 ", "a1 "])
def test_every_finder_reads_long_lines(category: str, unit: str) -> None:
    line = f"{category} " + unit * (SIZE // 4 // len(unit))
    assert isinstance(find(line, category), list)


@settings(max_examples=150, deadline=None)
@given(st.text(), st.sampled_from(CATEGORIES))
def test_find_never_raises(text: str, category: str) -> None:
    for finding in find(text, category):
        assert isinstance(finding, Finding)
        assert finding.category == category


ALPHABET = "0123456789-+().@%&=\\{}\"'<>;:,ssnphoneATatdotx*#一二٣９\u200b \n"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=120), st.sampled_from(CATEGORIES))
def test_find_never_raises_on_near_values(text: str, category: str) -> None:
    assert isinstance(judge(find(text, category)), bool)
    assert decode(text)[0].text == text
    assert not any(character.isascii() and character.isdigit() for character in skeleton(text))


@given(st.text(max_size=60))
def test_finding_twice_is_the_same(text: str) -> None:
    assert find(text, "phone") == find(text, "phone")


def test_an_unknown_category_is_an_error() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ssn'"):
        find("", "snn")
