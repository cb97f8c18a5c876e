"""What a scan missed: draws with known chances, and an estimate that is right on average."""

import json
import random
from math import isclose
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_rows import drawn

from piiforge import review, scan
from piiforge.errors import AskedWrongly
from piiforge.review import Decision, Item, Journal
from piiforge.scan.missed import STRATA, allocated, missed_of

RIGHT, WRONG, UNSURE = Decision.RIGHT, Decision.WRONG, Decision.UNSURE
SIZES = st.dictionaries(
    st.sampled_from([name for name, *_ in STRATA]), st.integers(1, 100_000), min_size=1
)


def judged(stratum, of, clean, missed, unsure=0):
    words = [RIGHT] * clean + [WRONG] * missed + [UNSURE] * unsure
    return [
        Item(f"{stratum}-{at}", "", False, stratum=stratum, of=of, decision=word)
        for at, word in enumerate(words)
    ]


def test_rows_stand_for_those_that_were_not_drawn():
    """Three of ten among 200, none of twenty among 5,000: 60 missed."""
    told = review.estimate(judged("a", 200, 7, 3) + judged("b", 5000, 20, 0), found=340)
    assert isclose(told.missed, 60)
    assert isclose(told.recall, 340 / 400)
    assert told.missed_interval.low < 60 < told.missed_interval.high
    assert told.interval.low < told.recall < told.interval.high


def test_what_is_wrong_among_the_findings_is_not_counted_as_found():
    items = judged("a", 100, 9, 1)
    assert isclose(review.estimate(items, 90, (80, 20)).recall, 72 / (72 + 10))
    assert review.estimate(items, 90).precision is None


def test_where_all_are_judged_nothing_is_left_open():
    told = review.estimate(judged("a", 10, 8, 2), found=8)
    assert (told.missed_interval.low, told.missed, told.missed_interval.high) == (2, 2, 2)
    assert told.recall == 0.8
    assert (told.interval.low, told.interval.high) == (0.8, 0.8)


def test_a_stratum_that_nobody_judged_leaves_recall_open_and_is_named():
    told = review.estimate(judged("a", 100, 5, 0) + judged("b", 50, 0, 0, unsure=2), found=9)
    assert (told.recall, told.missed) == (None, None)
    assert told.said.endswith("none of: b. Recall can't be told yet.")


def test_nothing_found_and_nothing_missed_is_no_recall():
    assert review.estimate(judged("a", 100, 10, 0), found=0).recall is None


def test_on_average_the_estimate_is_what_is_so_and_its_interval_holds_it():
    rng = random.Random(3)
    truth = {"a": [True] * 30 + [False] * 170, "b": [True] * 20 + [False] * 1980}
    estimates, held = [], 0
    for _ in range(300):
        items = []
        for name, rows in truth.items():
            some = rng.sample(rows, 40)
            items += judged(name, len(rows), some.count(False), some.count(True))
        told = review.estimate(items, found=100)
        estimates.append(told.missed)
        held += told.missed_interval.low <= 50 <= told.missed_interval.high
    assert abs(mean(estimates) - 50) < 3
    assert held / 300 > 0.92


@given(SIZES, st.integers(10, 500))
def test_as_many_are_drawn_as_asked_and_some_of_every_stratum(sizes, count):
    given_ = allocated(sizes, count)
    assert sum(given_.values()) == min(count, sum(sizes.values()))
    assert all(min(size, 2) <= given_[name] <= size for name, size in sizes.items())


@pytest.fixture
def scanned(tmp_path, monkeypatch):
    """Scan 300 rows of three kinds, a few of them with a finding."""
    monkeypatch.chdir(tmp_path)
    rows = [f"user {n} logged in" for n in range(200)]
    rows += [f"shelf {n:04d} of hall {n:04d} is full" for n in range(80)]
    rows += [f"card_number={drawn('credit_card')}&n={n}" for n in range(20)]
    random.Random(1).shuffle(rows)
    (tmp_path / "a.log").write_text("\n".join(rows))
    asked = scan.Scan(["a.log"], tmp_path / "found.jsonl", "rules", ("credit_card",))
    scan.run(asked)
    return asked


def records(asked):
    return [json.loads(line) for line in missed_of(asked.out).read_text().splitlines()]


def test_only_rows_without_a_finding_are_drawn_and_all_of_them_can_be(scanned):
    told = scan.draw(scanned, 1000)
    assert (told.rows, told.clean) == (280, 280)
    found = {json.loads(line)["row"] for line in scanned.out.read_text().splitlines()}
    drawn_rows = {record["row"] for record in records(scanned)}
    assert (found & drawn_rows, len(found | drawn_rows)) == (set(), 300)


def test_the_same_scan_gives_the_same_draw_and_each_row_its_chance(scanned):
    scan.draw(scanned, 30)
    first = records(scanned)
    scan.draw(scanned, 30)
    assert records(scanned) == first
    assert len(first) == 30
    by_stratum = {record["stratum"]: record for record in first}
    assert {name: one["of"] for name, one in by_stratum.items()} == {
        "plain words": 200, "some digits": 80,
    }  # fmt: skip
    for one in first:
        assert one["p_drawn"] == one["drawn"] / one["of"]
        assert one["drawn"] == sum(each["stratum"] == one["stratum"] for each in first)


def test_every_row_of_a_stratum_is_drawn_as_often(scanned):
    seen = dict.fromkeys(range(1, 301), 0)
    for seed in range(60):
        scan.draw(scanned, 30, seed=seed)
        for record in records(scanned):
            seen[record["row"]] += record["of"] / record["drawn"] / 60
    clean = [count for count in seen.values() if count]
    assert len(clean) > 270
    assert abs(sum(clean) - 280) < 1e-6


def test_a_log_that_was_changed_since_gives_no_draw(scanned, tmp_path):
    (tmp_path / "a.log").write_text("other\n")
    with pytest.raises(AskedWrongly, match="changed since"):
        scan.draw(scanned, 30)
    assert not missed_of(scanned.out).exists()


def test_from_draw_to_recall(scanned, tmp_path):
    """A person calls every drawn shelf a miss: 80 of 100 sensitive rows were missed."""
    scan.draw(scanned, 40)
    opened = review.open(missed_of(scanned.out))
    journal = Journal(opened.journal)
    for item in opened.items:
        journal.say(item.id, WRONG if "shelf" in item.content else RIGHT, "ada")
    told = review.estimate(opened.settled(journal), review.rows_found(opened.path))
    assert (opened.kind, told.missed, told.recall) == (review.MISSED, 80, 0.2)
    assert (tmp_path / "found.missed.decisions.jsonl").exists()
