"""Patterns from other people's test sets: shapes and cues are kept, values are thrown away.

`read` takes files of examples and returns a `Harvest`; `cut` puts one text under the same knife. No
run of five characters of any value that was seen comes through: a second pass proves it.

>>> done = cut("please update my email to name@example.com", "email")
>>> (done.text, str(done.cue), done.cue_words) if done else None
('please update my email to {{value}}', 'confirm', ('email',))
"""

from piiforge.seeds.knife import cut, dissect
from piiforge.seeds.reading import read
from piiforge.seeds.records import REASONS, Cut, Harvest, Refused, Seed, load, shipped, write

__all__ = [
    "REASONS",
    "Cut",
    "Harvest",
    "Refused",
    "Seed",
    "cut",
    "dissect",
    "load",
    "read",
    "shipped",
    "write",
]
