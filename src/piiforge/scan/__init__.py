"""Scan: a log read row by row, what was found, and what to do about it."""

from piiforge.scan.report import Scanned, emits, masked
from piiforge.scan.run import Moved, Progress, run
from piiforge.scan.state import Scan

__all__ = ["Moved", "Progress", "Scan", "Scanned", "emits", "masked", "run"]
