"""Scan: a log read row by row, what was found, and what to do about it."""

from piiforge.scan.report import Scanned, emits
from piiforge.scan.run import Moved, Progress, Workers, run
from piiforge.scan.state import Scan

__all__ = ["Moved", "Progress", "Scan", "Scanned", "Workers", "emits", "run"]
