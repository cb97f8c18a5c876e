"""Chat: the one way to a remote model, for any OpenAI-compatible endpoint.

`connect` opens a `Client` on a journal: what was answered once is never paid for again, what is
spent stays within the budget, and every request ends in an `Outcome`.
"""

from piiforge.chat.client import Client, connect
from piiforge.chat.records import (
    Answer,
    Collected,
    Cost,
    Message,
    Outcome,
    Probe,
    Request,
    Settings,
    Spent,
)

__all__ = [
    "Answer",
    "Client",
    "Collected",
    "Cost",
    "Message",
    "Outcome",
    "Probe",
    "Request",
    "Settings",
    "Spent",
    "connect",
]
