"""The probe: is the endpoint there, and does a JSON schema in response_format hold?

The question asks for prose; the schema allows one made-up word alone. Only a decoder that is bound
by the schema, or a model that was shown it, can give that word. Servers that ignore the field give
prose with status 200, and that would otherwise only be seen after the money is spent.
"""

from dataclasses import replace

import orjson

from piiforge.chat.calls import Caller, Job
from piiforge.chat.endpoint import shown_url
from piiforge.chat.payload import key_of, payload_of
from piiforge.chat.records import Message, Probe, Request, Settings
from piiforge.chat.replies import Reply
from piiforge.chat.stops import stop_probe

WORD = "marrowgate"
QUESTION = "Describe the sea in one short sentence of plain prose. Do not write JSON."
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"seen": {"type": "string", "enum": [WORD]}},
    "required": ["seen"],
    "additionalProperties": False,
}
MAX_TOKENS = 256
TRIES = 3
ASKED_AT_MOST = 3  # one odd answer is not a rule: only three together say that the schema fails
STATUS_REJECTED = frozenset({400, 422})
START = Probe(structured=True, note="")


async def probe(caller: Caller, settings: Settings) -> Probe:
    """Ask until the endpoint's way of being asked is known: one call where all is well.

    Raises:
        AskedWrongly: it is not there, answers HTML, refuses the key or lacks the model.
    """
    found = replace(START, structured=settings.structured)
    note = "" if settings.structured else "The schema is told in words, as the settings say."
    turn = 0
    while True:
        reply = await caller.call(_job(settings, found, turn), tries=min(TRIES, settings.tries))
        if reply.status in STATUS_REJECTED:
            milder = _milder(found, reply)
            if milder is None:
                raise stop_probe(reply, settings)
            if found.structured and not milder.structured:
                note = "The endpoint rejects response_format; the schema is told in words."
            found = milder
            continue
        if reply.reason == "server_error" and found.structured:  # some fail on the field instead
            found = replace(found, structured=False)
            note = "The endpoint fails on response_format; the schema is told in words."
            continue
        if reply.reason not in {"", "truncated", "refused", "empty"}:
            raise stop_probe(reply, settings)
        turn += 1
        if not found.structured:
            return replace(found, note=_with_temperature(note, found))
        if _holds(reply):
            return replace(found, note=_with_temperature("The JSON schema holds.", found))
        if turn >= ASKED_AT_MOST:
            note = "The endpoint ignores the JSON schema; it is told in words."
            return replace(found, structured=False, note=_with_temperature(note, found))


def _job(settings: Settings, dialect: Probe, turn: int) -> Job:
    request = Request("probe", (Message("user", QUESTION),), SCHEMA, max_tokens=MAX_TOKENS)
    payload = payload_of(request, settings.model, dialect)
    return Job(key_of({**payload, "probe": shown_url(settings), "turn": turn}), payload)


def _milder(dialect: Probe, reply: Reply) -> Probe | None:
    """Return the next way to ask after a 400, by the field that it names."""
    if "max_completion_tokens" in reply.about and dialect.token_field == "max_tokens":
        return replace(dialect, token_field="max_completion_tokens")
    if "temperature" in reply.about and dialect.temperature:
        return replace(dialect, temperature=False)
    return replace(dialect, structured=False) if dialect.structured else None


def _holds(reply: Reply) -> bool:
    try:
        return bool(orjson.loads(reply.text) == {"seen": WORD})
    except orjson.JSONDecodeError:
        return False


def _with_temperature(note: str, dialect: Probe) -> str:
    more = "" if dialect.temperature else " The endpoint sets the temperature itself."
    return f"{note}{more}".strip()
