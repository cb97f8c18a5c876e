"""Predict: ask a system whether a line holds a value of a category, ours or anyone's.

`open("context")`, `open("rules")`, `open("presidio@0.5")`, `open("local:FOLDER")` or
`open("chat:http://127.0.0.1:8000/v1#MODEL")` gives a `Predictor`; all take the same cases and give
the same predictions.
"""

from piiforge.predict.ask import (
    DEFAULT,
    WARM_UP,
    CalibrationFile,
    CategoryNames,
    Choices,
    Settings,
    Shot,
    SystemName,
    UsePrefilter,
    frame,
    probability,
    timed,
    words,
)
from piiforge.predict.cascade import Join, fit_join, logit, read_join
from piiforge.predict.columns import flag
from piiforge.predict.detector import (
    CASCADE,
    Detection,
    Detector,
    Seen,
    calibrated,
    is_model,
    knows,
    load,
    open,
    places,
    refuse_no_model,
)
from piiforge.predict.local import Packed
from piiforge.predict.samples import lines as sample_lines

__all__ = [
    "CASCADE",
    "DEFAULT",
    "WARM_UP",
    "CalibrationFile",
    "CategoryNames",
    "Choices",
    "Detection",
    "Detector",
    "Join",
    "Packed",
    "Seen",
    "Settings",
    "Shot",
    "SystemName",
    "UsePrefilter",
    "calibrated",
    "fit_join",
    "flag",
    "frame",
    "is_model",
    "knows",
    "load",
    "logit",
    "open",
    "places",
    "probability",
    "read_join",
    "refuse_no_model",
    "sample_lines",
    "timed",
    "words",
]
