"""Serve: a detector over HTTP, and as a recognizer inside Presidio.

`run` answers verdicts, Presidio's own requests and a small page until it is told to stop;
`recognizer` gives Presidio a recognizer that asks a detector in the same process.
"""

from piiforge.serve.presidio import recognizer
from piiforge.serve.server import run
from piiforge.serve.wire import Place, Settings

__all__ = ["Place", "Settings", "recognizer", "run"]
