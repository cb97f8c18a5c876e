"""Serve: a detector over HTTP, and as a recognizer inside Presidio.

`run` answers verdicts, Presidio's own requests and a small page until it is told to stop;
`recognizer` gives Presidio a recognizer that asks a detector in the same process.
"""

from piiforge.serve.entities import category_of, entities_of, entity_of
from piiforge.serve.recognizer import recognizer
from piiforge.serve.running import run
from piiforge.serve.settings import Place, Settings, token_from
from piiforge.serve.spans import located, pieces

__all__ = [
    "Place",
    "Settings",
    "category_of",
    "entities_of",
    "entity_of",
    "located",
    "pieces",
    "recognizer",
    "run",
    "token_from",
]
