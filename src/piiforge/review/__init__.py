"""Review: a sample of rows for a person to confirm, their decisions, and what these come to."""

from piiforge.review.counting import Cell, Counts, Interval, Tally, tally, wilson
from piiforge.review.files import BOUND, FILE, decide, find, load, recorded_bound, write
from piiforge.review.samples import LEAST, MOST, Decision, Sample, from_example, sample
from piiforge.review.showing import card

__all__ = [
    "BOUND",
    "FILE",
    "LEAST",
    "MOST",
    "Cell",
    "Counts",
    "Decision",
    "Interval",
    "Sample",
    "Tally",
    "card",
    "decide",
    "find",
    "from_example",
    "load",
    "recorded_bound",
    "sample",
    "tally",
    "wilson",
    "write",
]
