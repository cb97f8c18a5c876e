"""Predict: ask a system whether a line holds a value of a category, ours or anyone's.

`open("rules")`, `open("presidio@0.5")`, `open("chat:http://127.0.0.1:8000/v1#MODEL")` or
`open("local:FOLDER")` gives a `Predictor`; all take the same cases and give the same predictions.
"""

from piiforge.predict.cascade import Cascade
from piiforge.predict.decode import decode
from piiforge.predict.detector import Calibrate, Detection, Detector, Prefilter, named
from piiforge.predict.frame import frame
from piiforge.predict.latency import WARM_UP, timed
from piiforge.predict.local_folder import system_of
from piiforge.predict.local_verdict import probability
from piiforge.predict.opening import KINDS, open
from piiforge.predict.packed import Packed
from piiforge.predict.records import Predictor, Settings, Shot
from piiforge.predict.shots import choose

__all__ = [
    "KINDS",
    "WARM_UP",
    "Calibrate",
    "Cascade",
    "Detection",
    "Detector",
    "Packed",
    "Predictor",
    "Prefilter",
    "Settings",
    "Shot",
    "choose",
    "decode",
    "frame",
    "named",
    "open",
    "probability",
    "system_of",
    "timed",
]
