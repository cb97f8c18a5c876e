"""What each probe sees of a row, how it is judged, and how rows and bounds are taken: by hand."""

from dataclasses import replace
from itertools import pairwise

import pytest
from crafted import having, row, talk
from hypothesis import given
from hypothesis import strategies as st

from piiforge.checks import probes
from piiforge.types import Mention, Span


@given(st.integers(0, 50_000), st.sampled_from(("keys", "masked")))
def test_rows_are_taken_evenly_from_the_first_and_not_more_than_may_be(count, name):
    most = {"keys": probes.MAX_ROWS, "masked": probes.MAX_READ}[name]
    taken = probes.taken(range(count), name)
    assert len(taken) <= most
    if count <= most:
        assert list(taken) == list(range(count))
    else:
        assert taken[0] == 0
        steps = {here - before for before, here in pairwise(taken)}
        assert steps <= {-(-count // most)}
        assert taken[-1] + -(-count // most) >= count


def test_keys_are_seen_whole_and_by_their_words():
    assert probes._keys(replace(row(1), key_names=("user id", "ssn"))) == [
        "user id", "ssn", "user", "id", "ssn",
    ]  # fmt: skip
    assert probes._keys(replace(row(1), key_names=())) == ["no key"]


def test_a_value_is_seen_as_it_is_written_with_its_ends_in_one_to_three_signs():
    example = having(replace(row(1), content="k=ab&x"), spans=(Span(2, 4),))
    assert sorted(probes._values(example)) == sorted(
        ["^", "a", "b", "$", "^a", "ab", "b$", "^ab", "ab$"]
    )
    assert probes._values(replace(example, values=())) == ["no value"]
    split = having(replace(row(1), content="k=ab&x"), spans=(Span(2, 3), Span(3, 4)))
    assert "$^" in probes._values(split)
    second = replace(example, values=(*example.values, Mention("ssn", "", "x", (Span(5, 6),))))
    assert probes._values(second) == probes._values(example), "of what the row is about alone"


def test_a_length_is_seen_in_steps_up_to_a_last_one():
    example = row(1)
    steps = [probes._length(replace(example, content="x" * size)) for size in range(900)]
    for size, (shorter, longer) in enumerate(pairwise(steps)):
        assert longer[: len(shorter)] == shorter
        assert [int(one.split()[1]) for one in longer][-1] <= size + 1
        assert len(longer) - len(shorter) in (0, 1)
    firsts = [steps.index(one) for one in sorted({tuple(step): step for step in steps}.values(),
                                                 key=len)]  # fmt: skip
    assert len({b - a for a, b in pairwise(firsts)}) == 1
    assert steps[-1] == probes._length(replace(example, content="x" * 5000))


def test_words_are_seen_in_lower_case():
    assert probes._words(talk(1, "Send IT to é_1, now!")) == ["send", "it", "to", "é_1", "now"]


def test_each_feature_is_seen_alone_and_with_the_asked_category():
    seen = probes._features(lambda _: ["a", "b"], row(1))
    assert seen == ["a", "b", "ssn|a", "ssn|b", "ssn"]


@pytest.mark.parametrize(
    ("content", "names", "spans", "left"),
    [
        ("k=12&x=y", ("k",), ((2, 4),), "=&x=y"),
        ("a 12 b 34 c", (), ((2, 4), (7, 9)), "a b c"),
        ("a 12 b 34 c", (), ((7, 9), (2, 4)), "a b c"),
        ("card_no=1&Card-No=2&cardNo=3", ("card no",), (), "=1& =2& =3"),
        ("a.b=1", ("...",), (), "a.b=1"),
    ],
)
def test_what_is_masked_is_the_values_and_the_names_of_keys_however_written(
    content, names, spans, left
):
    values = tuple(Mention("ssn", "", "", (Span(*each),)) for each in spans)
    example = replace(row(1), content=content, key_names=names, values=values)
    assert "".join(probes.masked(example).split()) == "".join(left.split())


def rows_of(labels: str, category: str):
    return [replace(row(at, sensitive=sign == "1"), category=category)
            for at, sign in enumerate(labels)]  # fmt: skip


def test_a_probe_is_judged_by_balanced_accuracy_by_category_and_pooled():
    test = [*rows_of("1100", "ssn"), *rows_of("10000", "phone"), *rows_of("11", "email")]
    said = [sign == "1" for sign in "1000" + "11000" + "10"]
    found = probes._judged("mine", lambda: lambda _train, _test: said, [], test)
    assert found.name == "mine"
    assert found.by_category == {
        "ssn": pytest.approx((1 / 2 + 2 / 2) / 2),
        "phone": pytest.approx((1 / 1 + 3 / 4) / 2),
        "email": None,
    }
    # positives: 1 of 2, 1 of 1, 1 of 2; negatives: 2 of 2, 3 of 4
    assert found.pooled == pytest.approx((3 / 5 + 5 / 6) / 2)


def test_each_probe_is_told_as_it_comes():
    told = []
    ones = [probes.Probe(str(at), 0.5, {}) for at in range(3)]
    found = probes.told(iter(ones), lambda *step: told.append(step))
    assert found == tuple(ones)
    assert told == [("probe", at, len(probes.NAMES)) for at in range(4)]


def test_a_bound_belongs_to_what_may_be_reached():
    bounds = {"probe": 0.6, "facts_probe": 0.6, "masked_probe": 0.6}
    at, over = (probes.Probe("keys", pooled, {}) for pooled in (0.6, 0.6000001))
    assert list(probes.over([at, over], bounds, 10)) == [over]
