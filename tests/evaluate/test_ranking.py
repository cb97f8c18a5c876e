"""Ranking and calibration measures: scikit-learn agrees, ties and all."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from piiforge.evaluate import metrics as ours

# Few distinct values, so that ties are common.
answers = st.lists(st.tuples(st.booleans(), st.integers(0, 12).map(lambda n: n / 12)), min_size=2)


def arrays(rows: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    gold, p = map(np.array, zip(*rows, strict=True))
    return gold.astype(np.bool_), p.astype(np.float64)


@given(answers)
def test_auc_average_precision_and_brier_are_those_of_scikit_learn(rows):
    gold, p = arrays(rows)
    assume(gold.any() and not gold.all())
    found = ours.measure(gold, p)
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(gold, p))
    assert found.average_precision == pytest.approx(metrics.average_precision_score(gold, p))
    assert found.brier == pytest.approx(metrics.brier_score_loss(gold, p))


@given(answers, st.sampled_from([0.5, 0.95, 0.99]))
def test_recall_at_a_precision_is_the_best_of_scikit_learns_curve(rows, wanted):
    gold, p = arrays(rows)
    assume(gold.any())
    precision, recall, _ = metrics.precision_recall_curve(gold, p)
    counts = ours.steps(p).up_to(gold), ours.steps(p).up_to(~gold)
    assert ours.recall_at(wanted, *counts) == pytest.approx(recall[precision >= wanted].max())


@given(answers, st.lists(st.integers(0, 3), min_size=2))
def test_weights_count_a_row_as_often_as_it_was_drawn(rows, times):
    gold, p = arrays(rows)
    weights = np.resize(np.array(times, dtype=np.float64), len(gold))
    again = np.repeat(np.arange(len(gold)), weights.astype(int))
    assume(len(again) and gold[again].any() and not gold[again].all())
    found = ours.steps(p)
    counts = found.up_to(gold * weights), found.up_to(~gold * weights)
    assert ours.roc_auc(*counts) == pytest.approx(metrics.roc_auc_score(gold[again], p[again]))
    assert ours.average_precision(*counts) == pytest.approx(
        metrics.average_precision_score(gold[again], p[again])
    )


def test_without_both_labels_there_is_no_ranking():
    found = ours.measure(np.array([True, True]), np.array([0.2, 0.9]))
    assert found.roc_auc is None
    assert found.average_precision == 1.0
    nothing = ours.measure(np.array([False]), np.array([0.2]))
    assert (nothing.average_precision, nothing.recall_at_95) == (None, None)


@given(answers)
def test_all_measures_and_curves_are_those_of_scikit_learn(rows):
    gold, p = arrays(rows)
    assume(gold.any())
    precision, recall, _ = metrics.precision_recall_curve(gold, p)
    found = ours.measure(gold, p)
    assert found.recall_at_95 == pytest.approx(recall[precision >= 0.95].max())
    assert found.recall_at_99 == pytest.approx(recall[precision >= 0.99].max())
    told = list(zip(recall[:-1], precision[:-1], strict=True))[::-1]  # ours is highest first
    assert np.allclose(ours.precision_curve(gold, p), told)
    if gold.all():
        assert ours.roc_curve(gold, p) == []
        return
    across, up, _ = metrics.roc_curve(gold, p, drop_intermediate=False)
    assert np.allclose(ours.roc_curve(gold, p), list(zip(across, up, strict=True)))


def test_curves_need_the_labels_they_divide_by():
    p = np.array([0.9, 0.1])
    nothing, everything = np.array([False, False]), np.array([True, True])
    assert ours.precision_curve(nothing, p) == ours.roc_curve(nothing, p) == []
    assert ours.roc_curve(everything, p) == []
    assert ours.precision_curve(np.array([False, True]), p) == [(0, 0), (1, 0.5)]
    assert ours.roc_curve(np.array([True, False]), p) == [(0, 0), (0, 1), (1, 1)]


@given(answers, st.integers(1, 4))
def test_reliability_is_of_the_bins_that_hold_rows_enough(rows, least):
    gold, p = arrays(rows)
    bins = {}
    for label, at in zip(gold, p, strict=True):
        bins.setdefault(min(int(at * 15), 14), []).append((at, label))
    told = [tuple(np.mean(each, axis=0)) for _, each in sorted(bins.items()) if len(each) >= least]
    found = ours.reliability(gold, p, least=least)
    assert np.allclose(np.array(found), np.array(told))
    if least == 1:
        assert ours.reliability(gold, p) == found


def test_calibration_error_is_the_one_made_by_hand():
    gold = np.array([True, False, True, True])
    p = np.array([0.10, 0.12, 0.95, 1.0])  # two bins of 1/15: the second, and the last
    by_hand = 2 / 4 * abs(0.11 - 0.5) + 2 / 4 * abs(0.975 - 1.0)
    assert ours.calibration_error(gold, p) == pytest.approx(by_hand)
    assert [rows for rows, _, _ in ours.bins(gold, p)] == [2, 2]


def test_curves_end_where_every_row_is_called_sensitive():
    gold, p = np.array([True, False, True]), np.array([0.9, 0.5, 0.1])
    assert ours.roc_curve(gold, p) == [(0, 0), (0, 0.5), (1, 0.5), (1, 1)]
    assert ours.precision_curve(gold, p)[-1] == (1.0, pytest.approx(2 / 3))
