"""Scan: a log read row by row, what was found, and what to do about it."""

from piiforge.scan.missed import DrawnRows, draw, refuse_draw
from piiforge.scan.report import Scanned, emits, masked
from piiforge.scan.run import Moved, Progress, run
from piiforge.scan.state import Scan

__all__ = [
    "DrawnRows",
    "Moved",
    "Progress",
    "Scan",
    "Scanned",
    "draw",
    "emits",
    "masked",
    "refuse_draw",
    "run",
]
