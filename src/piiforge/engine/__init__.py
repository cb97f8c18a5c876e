"""Engine: a tuned model on this machine's processor, one pass a verdict.

`put` and `sign` make a pack of a model folder, `read` proves one, `Runtime` computes.
"""

from piiforge.engine.folder import ABOUT, CALIBRATION, JOIN, TOKENIZER, Pack, Told, put, read, sign
from piiforge.engine.grammar import Answers
from piiforge.engine.graph import BITS, FAMILIES, Shape, Weights, build, read_shape
from piiforge.engine.runtime import Runtime, about, instructions, multiplier

__all__ = [
    "ABOUT",
    "BITS",
    "CALIBRATION",
    "FAMILIES",
    "JOIN",
    "TOKENIZER",
    "Answers",
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
