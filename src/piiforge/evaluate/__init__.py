"""Evaluate: judge anyone's predictions, calibrate them, and find where they fail.

Imports no other room, so that a metric can favour nobody.

>>> from piiforge.types import Case, Prediction
>>> cases = [Case("a", "ssn", "", label=True), Case("b", "ssn", "", label=False)]
>>> done = score(cases, [Prediction("a", True), Prediction("b", True)])
>>> done.overall.precision.value, done.overall.recall.value
(0.5, 1.0)
"""

from piiforge.evaluate import calibrate, mine
from piiforge.evaluate.calibrate import Calibration
from piiforge.evaluate.left_out import Gain, folds, gain, groups, log_loss
from piiforge.evaluate.metrics import precision_curve, reliability, roc_curve
from piiforge.evaluate.mine import Mined
from piiforge.evaluate.records import OVERALL, Comparison, Difference, Disagreement, Figure, Score
from piiforge.evaluate.scores import compare, score

__all__ = [
    "OVERALL",
    "Calibration",
    "Comparison",
    "Difference",
    "Disagreement",
    "Figure",
    "Gain",
    "Mined",
    "Score",
    "calibrate",
    "compare",
    "folds",
    "gain",
    "groups",
    "log_loss",
    "mine",
    "precision_curve",
    "reliability",
    "roc_curve",
    "score",
]
