"""Intervals: groups are resampled, systems share the resamples, same seed, same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from judging import by_hand, drawn

from piiforge import evaluate
from piiforge.evaluate import metrics
from piiforge.types import Case


def test_counts_of_a_resample_are_those_of_counting_it_row_by_row():
    rng = np.random.default_rng(1)
    group, cell = rng.integers(0, 30, 500), rng.integers(0, 7, 500)
    times = metrics.resample(30, 20, 5)
    found = metrics.totals(times, group, cell, 7)
    for draw in range(1 + 20):  # the cases as they are, and each resample
        by_hand = np.bincount(cell, times[draw][group], 7)
        assert (found[draw] == by_hand).all()


def measured_by_hand(rows, times):
    """Return the measures of rows (group, category, twin, gold, right), each counted `times`."""

    def f1_of(some):
        hits, misses, alarms, _ = counts_of(some)
        return 2 * hits / (2 * hits + misses + alarms) if hits + misses else None

    def counts_of(some):
        found = [0, 0, 0, 0]
        for group, _, _, gold, right in some:
            found[(0 if right else 1) if gold else (3 if right else 2)] += int(times[group])
        return found

    hits, misses, alarms, passes = counts_of(rows)
    both = [f1_of([row for row in rows if row[1] == name]) for name in ("ssn", "phone")]
    known = [one for one in both if one is not None]
    twins = {row[2]: [other for other in rows if other[2] == row[2]] for row in rows}
    whole = [(all(row[4] for row in lines), int(times[lines[0][0]])) for lines in twins.values()]
    return {
        "precision": hits / (hits + alarms), "recall": hits / (hits + misses), "f1": f1_of(rows),
        "accuracy": (hits + passes) / (hits + misses + alarms + passes),
        "macro_f1": sum(known) / len(known),
        "pairs": sum(n for right, n in whole if right) / sum(n for _, n in whole),
    }  # fmt: skip


def test_every_interval_is_that_of_resamples_counted_row_by_row():
    cases, said = drawn(80, 9)
    cases = [replace(one, twin=f"t{one.group}") for one in cases]
    done = evaluate.score(cases, said, draws=60, seed=3)
    rows = [(int(case.group), case.category, case.twin, case.label, case.label is one.is_sensitive)
            for case, one in zip(cases, said, strict=True)]  # fmt: skip
    resamples = [measured_by_hand(rows, times) for times in metrics.resample(40, 60, 3)]
    for name, value in resamples[0].items():
        found = getattr(done if name in {"macro_f1", "pairs"} else done.overall, name)
        low, high = np.percentile([one[name] for one in resamples[1:]], (2.5, 97.5))
        assert (found.value, found.low, found.high) == pytest.approx((value, low, high))


def test_blocks_of_groups_change_no_count(monkeypatch):
    rng = np.random.default_rng(2)
    group, cell = rng.integers(0, 50, 400), rng.integers(0, 5, 400)
    times = metrics.resample(50, 10, 5)
    whole = metrics.totals(times, group, cell, 5)
    monkeypatch.setattr(metrics, "_BLOCK_CELLS", 35)
    assert (metrics.totals(times, group, cell, 5) == whole).all()


def test_every_resample_draws_as_many_groups_as_there_are():
    drawn_times = metrics.resample(40, 50, 1)
    assert drawn_times.shape == (1 + 50, 40)
    assert (drawn_times.sum(axis=1) == 40).all()


def test_two_groups_have_an_interval():
    cases, said = by_hand("1010", "1000")
    halves = [replace(one, group=str(at % 2)) for at, one in enumerate(cases)]
    found = evaluate.score(halves, said).overall.accuracy
    assert found.low < found.value < found.high


def test_rows_of_one_group_are_one_piece_of_evidence():
    cases, said = drawn(400, 3, width=1)
    alone = evaluate.score(cases, said).overall.accuracy
    copies = [replace(one, id=f"{one.id}-{at}") for at in range(4) for one in cases]
    repeated = [replace(one, id=f"{one.id}-{at}") for at in range(4) for one in said]
    again = evaluate.score(copies, repeated).overall.accuracy
    assert again.value == pytest.approx(alone.value)
    assert again.high - again.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_lines_of_one_text_are_one_group_where_none_is_told():
    cases = [Case("a", "ssn", "one line"), Case("b", "phone", "one line"), Case("c", "ssn", "two")]
    assert metrics.groups_of(cases).tolist() == [0, 0, 1]
    assert metrics.groups_of([Case("a", "ssn", ""), Case("b", "ssn", "")]).tolist() == [0, 1]


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(60):
        cases, said = drawn(300, seed)
        found = evaluate.score(cases, said, draws=300).overall.accuracy
        held += found.low <= 0.6875 <= found.high  # P(Beta(3, 2) >= 0.5) = 11/16
    assert 52 <= held <= 60


def test_one_group_has_no_interval():
    cases, said = by_hand("1010", "1000")
    together = [replace(one, group="one") for one in cases]
    found = evaluate.score(together, said).overall.accuracy
    assert (found.value, found.low, found.high) == (0.75, None, None)


def test_the_same_seed_gives_the_same_figures_and_another_does_not():
    cases, said = drawn(200, 4)
    first = evaluate.score(cases, said, seed=1)
    assert first == evaluate.score(cases, said, seed=1)
    assert first.overall.f1 != evaluate.score(cases, said, seed=2).overall.f1


def test_a_system_differs_in_nothing_from_itself():
    cases, said = drawn(120, 5)
    done = evaluate.compare(cases, {"a": said, "b": said})
    for one in done.differences:
        if one.figure.value is not None:
            assert (one.figure.value, one.figure.low, one.figure.high) == (0, 0, 0)
            assert not one.clear


def test_a_score_is_the_same_alone_and_beside_others():
    cases, said = drawn(120, 6)
    other = [replace(one, is_sensitive=True) for one in said]
    done = evaluate.compare(cases, {"a": said, "b": other})
    assert done.scores[0] == evaluate.score(cases, said, system="a")


def test_pairing_makes_a_difference_surer_than_two_intervals():
    cases, said = drawn(400, 7)
    wrong = [one for one, case in zip(said, cases, strict=True) if one.is_sensitive != case.label]
    mended = {one.id for one in wrong[:12]}
    better = [replace(one, is_sensitive=not one.is_sensitive) if one.id in mended else one
              for one in said]  # fmt: skip
    done = evaluate.compare(cases, {"base": said, "better": better})
    found = next(one for one in done.differences if (one.measure, one.axis) == ("accuracy", "all"))
    assert found.figure.value == pytest.approx(12 / 400)
    assert found.clear
    assert done.scores[0].overall.accuracy.high > done.scores[1].overall.accuracy.low
