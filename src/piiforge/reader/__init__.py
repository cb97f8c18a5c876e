"""Finds values and cues in any text: the second look, written from the policy alone.

This room knows nothing of how lines are made. It undoes what hides a value, validates with rules
of its own, and reads the words around. It also reads strangers' log lines: every scan is linear,
and nothing in a text is an instruction to it.

>>> [(finding.key, finding.reason) for finding in find("ssn: 666-12-3456", "ssn")]
[('666123456', 'area')]
"""

from piiforge.reader.cues import CONFIRMING, Finding, unnamed
from piiforge.reader.decode import Reading, decode, skeleton
from piiforge.reader.judge import find, judge, names, settled, switched, text_of
from piiforge.reader.numbers import issued_length, served
from piiforge.reader.trace import joined, rewritten

CATEGORIES = tuple(CONFIRMING)
"""What it can look for."""

__all__ = [
    "CATEGORIES",
    "Finding",
    "Reading",
    "decode",
    "find",
    "issued_length",
    "joined",
    "judge",
    "names",
    "rewritten",
    "served",
    "settled",
    "skeleton",
    "switched",
    "text_of",
    "unnamed",
]
