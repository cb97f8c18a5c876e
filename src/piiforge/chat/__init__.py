"""Chat: the one way to a remote model, for any OpenAI-compatible endpoint.

`connect` opens a `Client` on a journal: what was answered once is never paid for again, what is
spent stays within the budget, and every request ends in an `Outcome`. A `Continuer` keeps nothing:
it asks how a begun answer goes on, and how likely each next token is.
"""

from piiforge.chat.client import Client, connect
from piiforge.chat.continuer import Continuation, Continued, Continuer, Way
from piiforge.chat.endpoint import shown_url
from piiforge.chat.records import Message, Outcome, Probe, Request, Settings, Token

__all__ = [
    "Client",
    "Continuation",
    "Continued",
    "Continuer",
    "Message",
    "Outcome",
    "Probe",
    "Request",
    "Settings",
    "Token",
    "Way",
    "connect",
    "shown_url",
]
