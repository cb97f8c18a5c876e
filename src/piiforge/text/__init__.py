"""What hides a text, undone: encodings, odd characters, numbers in words.

This room knows nothing of categories. Every scan is linear in the text, and nothing in a text is
an instruction to it.

>>> encodings.unpercent("ssn=%30%30%30-12-3456"), encodings.plain_characters("４１５")
('ssn=000-12-3456', '415')
>>> list(spoken_numbers("four fifteen oh nine"))
[('en', '41509')]
"""

from piiforge.text import encodings
from piiforge.text.encodings import flatten, fold, hidden, undone
from piiforge.text.spoken import (
    CUT,
    NUMBER_WORDS,
    Atom,
    Cluster,
    atoms,
    chained,
    clusters,
    densest,
    groups,
    spoken_numbers,
)

__all__ = [
    "CUT",
    "NUMBER_WORDS",
    "Atom",
    "Cluster",
    "atoms",
    "chained",
    "clusters",
    "densest",
    "encodings",
    "flatten",
    "fold",
    "groups",
    "hidden",
    "spoken_numbers",
    "undone",
]
