"""Engine: a tuned model on this machine's processor, one pass a verdict.

`put` and `sign` make a pack of a model folder, `read` proves one, `Runtime` computes.
"""

from piiforge.engine.folder import CALIBRATION, Pack, Told, put, read, sign
from piiforge.engine.grammar import Answers
from piiforge.engine.graph import BITS, FAMILIES, Shape, Weights, build, read_shape
from piiforge.engine.runtime import Engine, Runtime, about, instructions, multiplier

__all__ = [
    "BITS",
    "CALIBRATION",
    "FAMILIES",
    "Answers",
    "Engine",
    "Pack",
    "Runtime",
    "Shape",
    "Told",
    "Weights",
    "about",
    "build",
    "instructions",
    "multiplier",
    "put",
    "read",
    "read_shape",
    "sign",
]
