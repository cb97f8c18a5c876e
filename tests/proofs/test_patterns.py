"""Every regular expression that meets untrusted text is linear, by its form or by measure."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from piiforge.logs import tables
from piiforge.reader import finders
from piiforge.seeds import knife
from proofs import patterns

EVERY = patterns.collected()
# As they were: squared or worse by the length of the text
HEX = r"[0-9a-f]*[a-f][0-9]+[a-f][0-9a-f]{4,}$"
VALUE = tables._VALUE.pattern.replace(r"\d\.\d+\.\d+", r"\d+\.\d+\.\d+")
REMARK = r"[^();]*(?:; ?[^();]*){2,}"
SPENT = r"[0-9][0-9 \-./]{3,24}[0-9](?=[^\"<>{}\n]*\Z)"
MIXED = r"[A-Za-z0-9]*(?:[A-Za-z][0-9]|[0-9][A-Za-z])[A-Za-z0-9]*"


@pytest.mark.parametrize(
    ("text", "method"),
    [(r"(a+)+!$", "search"), (r"\d+x", "search"), (HEX, "match"), (VALUE, "search"),
     (REMARK, "fullmatch"), (MIXED, "sub"), (SPENT, "split")],
)  # fmt: skip
def test_a_pattern_that_is_not_linear_is_told(text, method):
    assert not patterns.rule(re.compile(text))
    assert patterns.growth(re.compile(text), [method])[0] > patterns.MOST_GROWTH


@pytest.mark.parametrize("text", [r"[a-z]{1,9}@x", r"(?<!\d)\d++x", r"ab?c"])
def test_a_linear_pattern_is_none(text):
    assert patterns.growth(re.compile(text))[0] <= patterns.MOST_GROWTH


@pytest.mark.parametrize(
    ("text", "form"),
    [(r"[a-z]{1,9}@x|y{2}z?", "bounded"), (r"k=[a-z]+", "open end"), (r"a+|(?:b|c*)", "open end"),
     (r"a+b", ""), (r"(?:a*)*", ""), (r"a+(?=b)", ""), (r"(?=.*b)a", ""), (r"(?:a?b?){20}x", "")],
)  # fmt: skip
def test_a_form_is_linear_only_where_nothing_can_fail_behind_a_repeat_without_an_end(text, form):
    assert patterns.rule(re.compile(text)) == form


@pytest.mark.parametrize(
    "one",
    [one for one in EVERY if one.name in {"_NO_ID", "_VALUE", "_REMARK"}]
    + [one for one in EVERY if one.pattern is knife.PATTERNS["mixed"]],
    ids=lambda one: one.name,
)
def test_what_was_mended_is_linear(one):
    assert patterns.growth(one.pattern, one.methods())[0] <= patterns.MOST_GROWTH


@given(st.text("ab0. -@:"))
@example("10.1.1.1")
def test_a_value_is_told_from_the_name_of_a_column_as_before(text):
    assert bool(tables._VALUE.search(text)) == bool(re.search(VALUE, text))


@given(st.text("af09x."))
@example("a0a0000")
@example("a0a000")
@example("a0a0000x")
def test_a_hash_is_told_from_an_id_as_before(text):
    start, _, rest = finders._NO_ID.pattern.partition("|(?=[0-9a-f]++$)")
    before = f"{start}|{HEX}{rest[rest.index('{4}') + 3 :]}"
    assert bool(finders._NO_ID.match(text)) == bool(re.match(before, text))


@given(st.text("a; ("))
def test_a_remark_is_the_same_as_before(text):
    assert bool(knife._REMARK.fullmatch(text)) == bool(re.fullmatch(REMARK, text))


@given(st.text("a0 -<\n"))
@example("a 00000 b<")
@example("a <00000 b 00000000 c")
def test_words_before_a_number_of_their_own_are_spent_as_before(text):
    assert finders._unspent(text) == re.split(SPENT, text)[-1]


@given(st.text("aZ0- "))
def test_runs_of_letters_and_digits_are_found_as_before(text):
    assert knife.PATTERNS["mixed"].sub("#", text) == re.sub(MIXED, "#", text)


def test_patterns_are_found_in_every_room_that_has_any():
    rooms = {one.module.split(".")[1] for one in EVERY}
    assert rooms >= {"context", "logs", "predict", "prompt", "reader", "seeds", "serve", "text"}
    assert len(EVERY) > 150


def test_how_a_pattern_is_used_is_read_from_the_sources():
    methods = {one.name: one.methods() for one in EVERY}
    assert methods["_REMARK"] == {"fullmatch"}
    assert methods["_NO_ID"] == {"match"}
    assert methods["PATTERNS"] == {"finditer"}  # the sources don't tell: it may be searched with


@pytest.mark.slow
def test_every_pattern_that_meets_untrusted_text_is_linear():
    line = patterns.prove(0, 7)
    assert line.holds, line.figures
