"""Context: a graded word on what the reader found, from its form and the words around it.

The reader says yes or no by rules. Context weighs what it saw (how valid, by what cue, how written,
what words stand before and behind, with digits and the value masked) and gives log odds, so that
"surely not", "unsure" and "surely" can be told apart. It is a linear model: fitted in seconds from
rows that `build` made, run with numpy alone, kept as plain arrays.

>>> word = shipped().word("email", "contact = jo.smith@mail-box.org")
>>> word.yes, word.p > 0.9
(True, True)
"""

from piiforge.context.fit import Adapted, adapt, fit
from piiforge.context.model import Context, Parting, Word, aim_of, read, shipped, write

__all__ = [
    "Adapted",
    "Context",
    "Parting",
    "Word",
    "adapt",
    "aim_of",
    "fit",
    "read",
    "shipped",
    "write",
]
