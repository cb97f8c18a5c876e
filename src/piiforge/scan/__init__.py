"""Scan: a log read row by row, what was found, and what to do about it."""

from piiforge.scan.missed import DrawnRows, draw, refuse_draw
from piiforge.scan.pipe import flows
from piiforge.scan.report import SARIF, Scanned, emits, masked, shown_of
from piiforge.scan.run import Moved, Progress, Workers, gather, run
from piiforge.scan.shards import is_sharded
from piiforge.scan.state import Found, Scan

__all__ = [
    "SARIF",
    "DrawnRows",
    "Found",
    "Moved",
    "Progress",
    "Scan",
    "Scanned",
    "Workers",
    "draw",
    "emits",
    "flows",
    "gather",
    "is_sharded",
    "masked",
    "refuse_draw",
    "run",
    "shown_of",
]
