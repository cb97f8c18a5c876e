"""Predict: ask a system whether a line holds a value of a category, ours or anyone's.

`open("rules")`, `open("presidio@0.5")`, `open("chat:http://127.0.0.1:8000/v1#MODEL")` or
`open("local:FOLDER")` gives a `Predictor`; all take the same cases and give the same predictions.
"""

from piiforge.predict.ask import (
    WARM_UP,
    CalibrationFile,
    CategoryNames,
    Settings,
    Shot,
    SystemName,
    UsePrefilter,
    frame,
    probability,
    timed,
    words,
)
from piiforge.predict.detector import Detection, Detector, calibrated, load, open
from piiforge.predict.local import Packed

__all__ = [
    "WARM_UP",
    "CalibrationFile",
    "CategoryNames",
    "Detection",
    "Detector",
    "Packed",
    "Settings",
    "Shot",
    "SystemName",
    "UsePrefilter",
    "calibrated",
    "frame",
    "load",
    "open",
    "probability",
    "timed",
    "words",
]
