"""Scrub: the log again, without the values.

from piiforge import scrub

scrub.text("mail jane about it")            # a string
handler.addFilter(scrub.Filter())           # what `logging` writes
scrub.run(scrub.Scrub(["logs/"], "clean"))  # files of every form, as `piiforge scrub`
"""

from piiforge.scrub.cleaner import REMOVED, Cleaned, Cleaner, Judge
from piiforge.scrub.hooks import Filter, Processor, records, text
from piiforge.scrub.modes import FEWEST_KEY_BYTES, MODES, Modes
from piiforge.scrub.run import STDIO, run
from piiforge.scrub.state import Scrub, Scrubbed

__all__ = [
    "FEWEST_KEY_BYTES",
    "MODES",
    "REMOVED",
    "STDIO",
    "Cleaned",
    "Cleaner",
    "Filter",
    "Judge",
    "Modes",
    "Processor",
    "Scrub",
    "Scrubbed",
    "records",
    "run",
    "text",
]
