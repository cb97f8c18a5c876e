"""Probes: a shortcut that was planted is found, and where there is none nothing is found."""

import re
from dataclasses import replace
from random import Random

import pytest
from crafted import drawn, having, row, talk

from piiforge.checks import probes
from piiforge.types import Span

NAMES = ("keys", "values", "length", "words", "facts", "masked", "content")


@pytest.fixture(scope="module")
def mixed(composed):
    return [row for _, made in composed for row in made]


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ("", {"lines": 1}),
        ("one two\n", {"characters": 8, "lines": 2}),
        ("ssn=***&é=a1%20b@c&t=2024",
         {"a word for the category": True, "a mask": True, "a key": True, "characters": 25,
          "lines": 1, "fields": 2, "digits": 7, "longest run of digits": 4,
          "words with digits and letters": 2, "percent signs": 1, "at signs": 1,
          "characters beyond ASCII": 1, "ends in a digit": True}),
    ],
)  # fmt: skip
def test_facts_are_those_that_a_hand_counts(content, facts):
    example = replace(row(1), content=content)
    found = {name: fact(example) for name, fact in probes.FACTS.items()}
    assert {name: told for name, told in found.items() if told} == facts


def labelled(example, sensitive):
    return replace(example, verdict=replace(example.verdict, is_sensitive=sensitive))


def planted(view):
    """Return 200 rows whose label can be told from one side alone."""
    rows = []
    for at in range(200):
        yes = at % 2 == 0
        example = row(
            at, key="field", text=drawn("ssn" if yes or view != "values" else "email", at)
        )
        if view == "keys":
            example = replace(example, key_names=("ssn" if yes else "order_no",))
        if view == "length":
            example = replace(example, content=example.content + "&a=b" * (40 if yes else 0))
        if view == "words":
            example = talk(at, f"please {'verify' if yes else 'cancel'} it {drawn('email', at)}")
        if view == "facts":
            example = replace(
                example, content=f"{example.content}&card={'****' if yes else 'none'}"
            )
        if view in {"masked", "content"}:
            example = replace(example, content=f"{example.content}&from={'app' if yes else 'web'}")
        rows.append(labelled(example, yes))
    return rows


def named(at, yes, sentence):
    """Return a row that a key or a word of a sentence names as an SSN or as an order."""
    example = row(at, key="ssn" if yes else "order_no", sensitive=yes)
    if sentence:
        content = f"hello, my {'social security' if yes else 'order number'} is "
        value = drawn("ssn", at)
        example = having(
            replace(example, content=f"{content}{value}", key_names=()),
            spans=(Span(len(content), len(content) + len(value)),),
        )
    return example


def pooled(found):
    return {one.name: one.pooled for one in found}


@pytest.mark.parametrize("view", NAMES)
def test_a_planted_shortcut_is_found(view):
    rows = planted(view)
    assert pooled(probes.probe(rows[:120], rows[120:]))[view] > 0.95


def test_a_shortcut_of_the_keys_is_not_seen_from_the_value_or_the_length():
    rows = planted("keys")
    found = pooled(probes.probe(rows[:120], rows[120:]))
    assert max(found["values"], found["length"]) < 0.7


@pytest.mark.parametrize("sentence", [False, True], ids=["key", "sentence"])
def test_what_names_the_value_is_seen_in_the_content_and_not_in_the_masked_one(sentence):
    dice = Random(7)  # the number of a row stands in its line
    rows = [named(at, dice.random() < 0.5, sentence) for at in range(200)]
    found = pooled(probes.probe(rows[:120], rows[120:]))
    assert found["content"] > 0.95
    assert found["masked"] <= 0.6


def test_a_masked_content_holds_no_value_and_no_name_of_a_key(mixed):
    for example in mixed[:400]:
        left = probes.masked(example)
        for mention in example.values:
            texts = [example.content[span.start : span.end].lower() for span in mention.spans]
            assert not [text for text in texts if len(text) > 6 and text in left]
        names = [name for name in example.key_names if len(name) > 6 and name.isascii()]
        assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", left)]


def test_every_fact_is_counted_by_hand():
    example = talk(1, 'a=1&b: "x9"\n50%25 •• @é SSN 12345')
    assert [float(fact(example)) for fact in probes.FACTS.values()] == [
        1, 1, 1, 33, 2, 2, 11, 5, 1, 1, 1, 3, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "asked", "field"),
    [
        ("keys", 20, "probe"),
        ("words", 2000, "probe"),
        ("facts", 199, ""),  # docs/design.md: from 200 test rows on
        ("facts", 200, "facts_probe"),
        ("masked", 200, "masked_probe"),
        ("content", 2000, ""),
    ],
)
def test_a_probe_is_bounded_by_its_gate_where_there_are_rows_enough(name, asked, field):
    assert probes.gate_of(name, asked) == field
    bounds = {"probe": 0.8, "facts_probe": 0.65, "masked_probe": 0.65}
    reached = [probes.Probe(name, 0.81, {})]
    assert list(probes.over(reached, bounds, asked)) == (reached if field else [])
    assert not list(probes.over([probes.Probe(name, 0.65, {})], bounds, asked))


def test_labels_by_chance_are_not_learned(mixed):
    dice = Random(5)
    rows = [labelled(example, dice.random() < 0.5) for example in mixed]
    half = len(rows) // 2
    found = pooled(probes.probe(rows[:half], rows[half:]))
    assert set(found) == set(NAMES)
    assert all(0.4 <= score <= 0.6 for score in found.values()), found


def test_a_category_with_one_label_has_no_score():
    rows = [labelled(row(at), at % 2 == 0) for at in range(20)]
    other = [labelled(replace(row(100 + at), category="phone"), True) for at in range(4)]
    for each in probes.probe([*rows, *other], [*rows, *other]):
        assert each.by_category["phone"] is None
        assert 0 <= each.by_category["ssn"] <= 1


def test_a_probe_says_the_same_twice(mixed):
    assert probes.probe(mixed[:300], mixed[300:500]) == probes.probe(mixed[:300], mixed[300:500])
