"""Laws of finding the place: what is reported suffices, and is no more than the value."""

import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import drawn

from piiforge import predict
from piiforge.predict import places
from piiforge.serve.presidio import MOST_PARTS, MOST_QUESTIONS, located, pieces

WORDS = st.text("abcdefgh", min_size=1, max_size=8)


@pytest.fixture(scope="module")
def rules():
    with predict.load("rules") as detector:
        yield detector


def found(detector, category, content):
    def ask(contents):
        return [each.is_sensitive for each in detector.verdicts([(category, c) for c in contents])]

    return [content[span.start : span.end] for span in located(content, ask)]


def holds(*values):
    return lambda contents: [any(value in each for value in values) for each in contents]


@pytest.mark.parametrize("category", ["ssn", "phone", "email", "passport", "drivers_license"])
@pytest.mark.parametrize(
    "shape",
    ["page=/pay&{key}={value}&plan=gold", '{{"page":"/pay","{key}":"{value}","n":3}}',
     "my {key} is {value} , thanks", "{value}", "page=/pay; {key}: {value}; plan=gold"],
)  # fmt: skip
def test_a_value_is_found_as_it_stands(rules, category, shape):
    value = drawn(category, 3)
    content = shape.format(key=category, value=value)
    if rules.verdict(category, content).is_sensitive:
        (text,) = found(rules, category, content)
        assert value in text
        assert len(text) <= len(value) + 3


def test_both_of_two_values_are_found(rules):
    one, other = drawn("email", 1), drawn("email", 2)
    assert found(rules, "email", f"to={one}&page=/&cc={other}") == [one, other]


def test_both_halves_of_a_value_are_found(rules):
    routing, account = drawn("bank_account", 1).split()
    content = json.dumps({"routing": routing, "page": "/pay", "account": account})
    assert found(rules, "bank_account", content) == [routing, account]


def test_a_spelled_out_value_is_found_whole():
    value = "six six six twelve thirty four"
    content = f"my number is {value} thanks for the help"
    (span,) = located(content, holds(value))
    assert content[span.start : span.end] == value


def test_two_spelled_out_values_are_found():
    one, other = "six six six one", "six six six two"
    content = f"first {one} and then {other} or so"
    spans = located(content, holds(one, other))
    assert [content[span.start : span.end] for span in spans] == [one, other]


def test_groups_of_digits_beside_each_other_are_one_number():
    content = "n=3&tel=%2B1 (202) 555-0123&zip=1"
    (span,) = located(content, holds("202", "0123"))
    assert content[span.start : span.end] == "%2B1 (202) 555-0123"


def test_an_escaped_value_is_found_whole():
    value = "\\u0036\\u00366-12-3456"
    content = '{"plan":"gold","ssn":"' + value + '","page":"/pay"}'
    (span,) = located(content, holds("3456"))
    assert content[span.start : span.end] == value


def test_a_word_that_names_the_value_is_not_taken_for_it():
    def ask(contents):
        return ["666123456" in each and "ssn" in each for each in contents]

    content = "hello my ssn would be 666123456 thanks"
    (span,) = located(content, ask)
    assert content[span.start : span.end] == "666123456"


def test_a_value_of_an_encoded_object_is_found():
    content = "data=" + quote('{"ssn":"666-12-3456","plan":"gold"}', safe="")
    (span,) = located(content, holds("666-12-3456"))
    assert content[span.start : span.end] == "666-12-3456"


def test_where_nothing_smaller_decides_it_is_the_whole():
    (span,) = located("a=1&b=2", lambda contents: [True] * len(contents))
    assert (span.start, span.end) == (0, 7)
    assert [(span.start, span.end) for span in located("", holds(""))] == [(0, 0)]


def test_unread_is_not_clean():
    (span,) = located("a=1&b=2", lambda contents: [None] * len(contents))
    assert (span.start, span.end) == (0, 7)


@pytest.fixture(scope="module")
def default():
    with predict.load() as detector:
        yield detector


def seen(detector, category, content):
    def ask(contents):
        return [each.is_sensitive for each in detector.verdicts([(category, c) for c in contents])]

    spans = located(content, ask, places(category, content))
    return [content[span.start : span.end] for span in spans]


def told(category, seed):
    """Return a value that its form tells."""
    values = (drawn(category, seed + 100 * more) for more in range(50))
    return next(value for value in values if category != "ssn" or value.count("-") == 2)


@pytest.mark.parametrize(
    "shape",
    ["zip 00501 {} 00501 and more", "{} 00501", "to {}, thanks", "so {} (11)", "{} 12/27 123"],
)
@pytest.mark.parametrize("category", ["ssn", "credit_card", "email"])
def test_no_neighbour_is_taken_for_a_piece_of_a_value(default, category, shape):
    value = told(category, 4)
    assert seen(default, category, shape.format(value)) == [value]


@pytest.mark.parametrize("between", [", ", " ", "&b=", '","', "; "])
@pytest.mark.parametrize("category", ["ssn", "email", "credit_card"])
def test_two_values_are_two_also_where_they_are_equal(default, category, between):
    one, other = told(category, 4), told(category, 5)
    assert seen(default, category, f"a={one}{between}{other}") == [one, other]
    assert seen(default, category, f"a={one}{between}{one}") == [one, one]


def test_halves_of_a_pair_are_told_without_the_words_that_name_them(default):
    routing, account = drawn("bank_account", 1).split()
    content = f"routing number {routing} account {account} thanks"
    assert seen(default, "bank_account", content) == [routing, account]


@given(st.lists(WORDS, min_size=0, max_size=300), st.sets(st.integers(0, 320), max_size=4))
def test_blanking_what_is_found_is_enough_and_the_questions_are_bounded(words, places):
    values = [f"66{at}6" for at in places]
    for place, value in zip(sorted(places), values, strict=True):
        words.insert(min(place, len(words)), value)
    content, asked = " ".join(words), []

    def ask(contents):
        asked.extend(contents)
        return holds(*values)(contents)

    spans = located(content, ask)
    left = content
    for span in reversed(spans):
        left = left[: span.start] + left[span.end :]
    assert holds(*values)([left]) == [False] or not values
    assert len(asked) <= MOST_QUESTIONS + 1
    assert all(0 <= span.start <= span.end <= len(content) for span in spans)
    if len(values) == 1 and len(words) <= MOST_PARTS**2:
        assert [content[span.start : span.end] for span in spans] == values


@given(st.text(max_size=300))
def test_pieces_of_any_text_stand_apart_in_order(content):
    spans = pieces(content)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(span.start < span.end <= len(content) for span in spans)
