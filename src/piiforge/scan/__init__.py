"""Scan: a log read row by row, what was found, and what to do about it."""

from piiforge.scan.pipe import flows
from piiforge.scan.report import Scanned, emits, shown_of
from piiforge.scan.run import Moved, Progress, Workers, gather, run
from piiforge.scan.state import Found, Scan

__all__ = [
    "Found",
    "Moved",
    "Progress",
    "Scan",
    "Scanned",
    "Workers",
    "emits",
    "flows",
    "gather",
    "run",
    "shown_of",
]
