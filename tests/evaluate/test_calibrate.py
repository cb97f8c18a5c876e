"""Calibration: what is known is recovered, nothing changes places, validation decides."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import by_hand, case, drawn

from piiforge import evaluate, files
from piiforge.errors import AskedWrongly
from piiforge.evaluate import Calibration, calibrate
from piiforge.types import Prediction

CATEGORIES = ("ssn", "phone", "email")
probabilities = st.floats(1e-9, 1 - 1e-9)


def warped(scale, biases, rows=6000, seed=1):
    """Return cases whose true logit is scale * logit(p) + the bias of their category."""
    rng = Random(seed)
    cases, said = [], []
    for at in range(rows):
        category, logit = rng.choice(CATEGORIES), rng.gauss(0, 3)
        truth = calibrate.sigmoid(np.array([scale * logit + biases.get(category, 0.0)]))[0]
        p = float(calibrate.sigmoid(np.array([logit]))[0])
        cases.append(case(str(at), rng.random() < truth, category))
        said.append(Prediction(str(at), p >= 0.5, p))
    return cases, said


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_recovered(temperature):
    found = calibrate.fit(*warped(1 / temperature, {}))
    assert found.form == "temperature"
    assert 1 / found.scale == pytest.approx(temperature, rel=0.08)


def test_biases_by_category_are_used_where_they_pay_and_recovered():
    found = calibrate.fit(*warped(0.8, {"phone": 2.0, "email": -1.5}))
    assert found.form == "category"
    assert found.biases["phone"] - found.biases["email"] == pytest.approx(3.5, abs=0.4)
    assert found.losses["category"] < found.losses["platt"] < found.losses["before"] + 0.2


def test_a_bias_that_all_share_is_platts():
    assert calibrate.fit(*warped(0.7, dict.fromkeys(CATEGORIES, 1.5))).form == "platt"


def test_a_category_of_few_rows_is_held_back():
    cases, said = warped(1.0, {})
    rare = [replace(one, category="itin", label=True) if at < 3 else one
            for at, one in enumerate(cases)]  # fmt: skip
    logits = calibrate.logit(np.array([one.p_sensitive for one in said]))
    known, places = np.unique([one.category for one in rare], return_inverse=True)
    gold = np.array([one.label for one in rare])
    found = calibrate.fit_mapping("category", logits, gold, places, len(known))
    assert 0 < found[2 + known.tolist().index("itin")] < 2


@given(st.lists(probabilities, min_size=2, max_size=30), st.floats(0.01, 5), st.floats(-4, 4))
def test_order_within_a_category_never_turns_round(ps, scale, bias):
    made = Calibration("category", scale, 0.3, 0.5, 0.95, True, 1, 1, 1, {"ssn": bias})
    found = made.p(np.array(sorted(ps)), ["ssn"] * len(ps))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_ranking_within_a_category_is_what_it_was():
    cases, said = warped(0.6, {"phone": 1.0}, rows=900)
    made = list(calibrate.apply(calibrate.fit(cases, said), cases, said))
    for category in CATEGORIES:
        rows = [at for at, one in enumerate(cases) if one.category == category]
        before = np.argsort([said[at].p_sensitive for at in rows])
        assert (before == np.argsort([made[at].p_sensitive for at in rows])).all()


def test_a_system_that_is_wrong_way_round_is_blunted_not_turned():
    cases, said = warped(-1.0, {}, rows=800)
    found = calibrate.fit(cases, said)
    assert found.scale == calibrate.FLATTEST


def test_a_perfect_separation_has_a_finite_fit():
    cases, said = by_hand("1100" * 20, "1100" * 20)
    sure = [replace(one, p_sensitive=0.9 if one.is_sensitive else 0.1) for one in said]
    found = calibrate.fit(cases, sure)
    assert 1 < found.scale < 50
    assert (found.precision, found.recall, found.reached) == (1, 1, True)


def test_the_threshold_has_most_recall_among_those_precise_enough():
    ps = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    gold = [True, True, False, True, True, False]
    cases = [case(str(at), label) for at, label in enumerate(gold)]
    said = [Prediction(str(at), p >= 0.5, p) for at, p in enumerate(ps)]
    found = calibrate.fit(cases, said, precision=0.8)  # 4 of 5 at 0.5; at 0.6 it is 3 of 4
    assert (found.reached, found.recall, found.precision) == (True, 1.0, pytest.approx(0.8))
    calibrated = [one.p_sensitive for one in calibrate.apply(found, cases, said)]
    assert calibrated[5] < found.threshold < calibrated[4]


def test_a_precision_out_of_reach_is_said_and_the_best_is_taken():
    cases = [case(str(at), label) for at, label in enumerate([False, True, True, False])]
    said = [Prediction(str(at), True, p) for at, p in enumerate([0.9, 0.8, 0.7, 0.2])]
    found = calibrate.fit(cases, said, precision=0.99)
    assert not found.reached
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 1.0)
    assert found.said.startswith("no threshold reaches precision 0.99")


def test_verdict_and_confidence_come_from_the_new_p():
    cases, said = drawn(200, 8)
    found = calibrate.fit(cases, said)
    silent = Prediction(cases[0].id, None, 0.9)
    made = list(calibrate.apply(found, cases, [silent, *said[1:]]))
    assert made[0].is_sensitive is None
    for one in made[1:]:
        assert one.is_sensitive is (one.p_sensitive >= found.threshold)
        assert one.confidence_score == max(one.p_sensitive, 1 - one.p_sensitive)
    plain = Prediction(cases[0].id, True)
    assert list(calibrate.apply(found, cases, [plain])) == [plain]


def test_a_record_reads_back_through_json(tmp_path):
    found = calibrate.fit(*drawn(200, 9))
    files.write_json(tmp_path / "c.json", found.record())
    assert calibrate.read(tmp_path / "c.json") == found


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"scale": -1.0}, {"form": "spline"}, {"strange": 1}, {"scale": float("nan")},
     {"biases": [1]}, {"scale": "1"}],
)  # fmt: skip
def test_what_is_no_calibration_is_refused(tmp_path, change):
    record = calibrate.fit(*drawn(60, 9)).record()
    files.write_json(tmp_path / "c.json", record | change)
    with pytest.raises(AskedWrongly, match="no calibration"):
        calibrate.read(tmp_path / "c.json")


def test_validation_needs_both_labels_and_every_p():
    with pytest.raises(AskedWrongly, match="both labels"):
        calibrate.fit(*by_hand("111", "111"))
    with pytest.raises(AskedWrongly, match="'0' has no p_sensitive"):
        calibrate.fit(*by_hand("110", "110"))


def test_calibration_lowers_the_calibration_error_on_cases_it_has_not_seen():
    found = calibrate.fit(*warped(0.4, {}, seed=1))
    cases, said = warped(0.4, {}, seed=2)
    before = evaluate.score(cases, said, draws=100).overall.ranking
    after = evaluate.score(cases, list(calibrate.apply(found, cases, said)), draws=100)
    assert after.overall.ranking.calibration_error < before.calibration_error / 3
    assert after.overall.ranking.brier < before.brier
