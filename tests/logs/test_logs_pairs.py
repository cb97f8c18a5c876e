"""Laws of keys: each pair is found where it stands, and a name never gives a value away."""

import json
import time
from random import Random
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import categories, logs
from piiforge.logs import FIELD, PARAMETER, UNSAFE

names = st.text("abcdefghijkXYZ_", min_size=1, max_size=20)
values = st.text(min_size=1, max_size=20)


def found(content):
    return [(pair.key, pair.place, pair.text) for pair in logs.pairs(content)]


@given(st.dictionaries(names, values, min_size=1, max_size=8))
def test_every_parameter_of_an_address_is_found_alone(said):
    query = urlencode(said, quote_via=quote)
    line = f'192.0.2.1 - - "GET /a?{query} HTTP/1.1" 200 "-"'
    outer = [pair for pair in logs.pairs(line) if pair.within < 0]
    assert [(pair.key, pair.place, pair.text) for pair in outer] == [
        (name, PARAMETER, urlencode({name: value}, quote_via=quote)) for name, value in said.items()
    ]


@given(st.dictionaries(names, st.text("abc 1@.", max_size=9), min_size=1, max_size=8))
def test_every_leaf_of_json_is_found_alone_with_what_is_around_it(said):
    assert found(json.dumps({"user": said})) == [
        (f"user.{name}", FIELD, json.dumps({"user": {name: value}}, separators=(",", ":")))
        for name, value in said.items()
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a=1&b%5Bc%5D=2", [("a", PARAMETER, "a=1"), ("b[c]", PARAMETER, "b%5Bc%5D=2")]),
        ('level=info msg="x y" tel=5', [("level", FIELD, "level=info"), ("msg", FIELD, 'msg="x y"'),
                                        ("tel", FIELD, "tel=5")]),
        ('12:00 INFO {"a": [{"b": 1}]} k=2', [("a.b", FIELD, '{"a":[{"b":1}]}'),
                                              ("k", FIELD, "k=2")]),
        ("t=am9AZXhhbXBsZS5jb20=", [("t", PARAMETER, "t=am9AZXhhbXBsZS5jb20=")]),
        ("am9AZXhhbXBsZS5jb20=", []), ("am9AZXhhbXBsZQ==", []), ("a=&b=", []),
        ("nothing here", []), ("", []), ("{broken", []), ("=x", []),
    ],
)  # fmt: skip
def test_pairs_of_other_writings(content, expected):
    assert found(content) == expected


def test_a_pair_inside_a_value_names_the_pair_that_it_is_in():
    inner = "https://a.example/?mail=x%40example.com"
    content = json.dumps({"page": {"url": inner}, "n": 1})
    pairs = logs.pairs(content)
    assert [(pair.key, pair.place, pair.within) for pair in pairs] == [
        ("page.url", FIELD, -1), ("mail", PARAMETER, 0), ("n", FIELD, -1),
    ]  # fmt: skip
    assert [pair.key for pair in logs.pairs("u=" + quote(inner, safe=""))] == ["u", "mail"]


def test_the_number_of_pairs_is_bounded():
    assert len(logs.pairs("&".join(f"k{at}=1" for at in range(500)))) == 64
    assert len(logs.pairs(json.dumps({f"k{chr(97 + at % 26)}{at}": 1 for at in range(500)}))) == 64


@pytest.mark.parametrize("category", categories.ALL, ids=lambda each: each.id)
def test_a_drawn_value_in_the_place_of_a_key_is_never_shown(category):
    rng = Random(category.id)
    for _ in range(300):
        value = category.draw(rng)
        for part in value.parts:
            bare = "".join(filter(str.isalnum, part.text))
            if "@" in part.text or sum(map(str.isdigit, bare)) > 3:
                assert logs.shown([part.text]) == UNSAFE
                assert logs.shown([quote(quote(part.text, safe=""))]) == UNSAFE


@pytest.mark.parametrize(
    "name", ["email", "user[tel]", "utm_x3", "e-mail", "名前", "correo electrónico", "$ip", "a.b"]
)
def test_the_names_of_keys_are_shown(name):
    assert logs.shown([name]) == name


@pytest.mark.parametrize(
    "name", ["jo@example.com", "jo%40example.com", "555-0100", "x" * 65, "a\nb", "<b>", "",
             "\u200b", "٠٠٠٠", "一二三四五", "a=b", "\udc80"]
)  # fmt: skip
def test_what_may_be_a_value_is_not_shown_as_a_key(name):
    assert logs.shown([name]) == UNSAFE


@pytest.mark.parametrize("piece", ["a=", '="', "k='", "&a", '{"a":', "[{", "%25", "a?b=", "\\"])
def test_hostile_text_costs_no_more_than_its_length(piece):
    content = piece * (900_000 // len(piece))
    began = time.process_time()
    logs.pairs(content)
    assert time.process_time() - began < 3
