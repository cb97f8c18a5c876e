"""Chat: the one way to a remote model, for any OpenAI-compatible endpoint.

`connect` opens a `Client` on a journal: what was answered once is never paid for again, what is
spent stays within the budget, and every request ends in an `Outcome`. A `Continuer` keeps nothing:
it asks how a begun answer goes on, and how likely each next token is.
"""

from piiforge.chat.client import Client, Continuer, connect
from piiforge.chat.endpoint import shown_url
from piiforge.chat.records import (
    Answer,
    Collected,
    Continuation,
    Continued,
    Cost,
    Message,
    Outcome,
    Probe,
    Request,
    Settings,
    Spent,
    Token,
    Way,
)

__all__ = [
    "Answer",
    "Client",
    "Collected",
    "Continuation",
    "Continued",
    "Continuer",
    "Cost",
    "Message",
    "Outcome",
    "Probe",
    "Request",
    "Settings",
    "Spent",
    "Token",
    "Way",
    "connect",
    "shown_url",
]
