"""Judging: accuracy, AUC and loss of the verdict, against counts made by hand."""

import math

import pytest

from piiforge.train.run import Judged, agreement_of, best_of, judged_of


def test_an_undecided_model_has_the_loss_of_chance():
    found = judged_of(1, [0.0, 0.0], [True, False])
    assert (found.auc, found.loss) == (0.5, round(math.log(2), 4))


def test_the_figures_are_those_counted_by_hand():
    # pairs (true, false): 2>-1, 2>0.5, -0.2>-1, -0.2<0.5: three of four
    found = judged_of(1, [2.0, -0.2, -1.0, 0.5], [True, True, False, False])
    by_hand = [math.log1p(math.exp(x)) for x in (-2.0, 0.2, -1.0, 0.5)]
    assert (found.accuracy, found.auc) == (0.5, 0.75)
    assert found.loss == pytest.approx(sum(by_hand) / 4, abs=1e-4)


def test_rows_of_one_label_have_no_auc():
    assert judged_of(1, [1.0], [True]).auc is None


def test_great_margins_do_not_overflow():
    assert judged_of(1, [-1e4], [True]).loss == 1e4


def test_the_best_has_the_most_right_then_the_lower_loss_then_is_earlier():
    made = [
        Judged(10, 9, 0.90, 0.99, 0.10),
        Judged(30, 9, 0.95, 0.97, 0.30),
        Judged(40, 9, 0.95, 0.96, 0.20),
        Judged(50, 9, 0.95, 0.96, 0.20),
    ]
    assert best_of(made).step == 40


def test_agreement_counts_verdicts_and_the_largest_gap():
    found = agreement_of([0.1, 5.0, -5.0], [-0.1, 5.0, 5.0])  # the first one was undecided
    assert found["agree"] == round(2 / 3, 4)
    assert found["largest_p_gap"] == pytest.approx(0.9866, abs=1e-4)
