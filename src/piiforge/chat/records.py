"""What goes into the room and what comes out of it, and the body that each question is sent as.

>>> told({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2})
'a list (2 items or more), each item one of "a", "b"'
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, cast

import orjson

from piiforge.types import Option

FINAL = frozenset({"", "truncated", "refused"})  # kept in the journal, never asked again
MAY_BE_CHARGED = frozenset({502, 504})  # a gateway gave up; the model behind it may have gone on
PLAIN_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
FALLBACK = (
    "\n\nAnswer with JSON alone: no sentence before or after it and no code fence."
    " The answer is {shape}."
)

Schema = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model.

    `name` says who asked ("round-0/ssn/3") and is no part of the journal's key: the same question
    under two names is asked once. `schema` is the JSON schema of the answer, None for plain text.
    """

    name: str
    messages: tuple[Message, ...]
    schema: Mapping[str, object] | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, as it came. Tokens are the server's own count, of its own tokenizer.

    `cached`: it cost no call of its own, since the journal or an equal request had it.
    """

    text: str
    input_tokens: int
    output_tokens: int
    cached: bool = False
    finish: str = "stop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. `reason` says why there is no answer, "" where there is one.

    Kept in the journal, not asked again: "truncated" (max_tokens was reached), "refused".
    Asked again by the next run: "timeout", "connection" (broken before an answer), "server_error",
    "rate_limited", "empty", "bad_body" (no chat completion), "rejected" (another 4xx).
    Not sent: "over_budget", "pending" (it waits in a batch that was submitted).
    """

    request: Request
    answer: Answer | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which model, where, how patiently and for how much.

    `base_url` empty is OpenAI's own address; the value of `key_variable` is sent to whichever it
    is. `timeout_s` bounds one call from connecting to the last byte, `patience_s` what a request
    may wait between its calls in all. A call that fails uses up one of `tries`, one answered with
    429 a quarter. The wait before the second call is about `backoff_s`, doubled for each that
    follows; `seed` draws its jitter.
    """

    model: str = ""
    base_url: str = ""
    key_variable: Annotated[str, Option("Where the key stands.")] = "OPENAI_API_KEY"
    timeout_s: Annotated[float, Option("Seconds that a call may take.", least=1)] = 120.0
    most_at_once: Annotated[int, Option("Calls in flight at the most.", least=1)] = 32
    tries: int = 6
    budget_usd: Annotated[
        float | None, Option("Dollars that are never passed.", default="no bound", least=0)
    ] = None
    input_usd_per_million: Annotated[
        float | None, Option("Dollars a million tokens.", default="looked up", least=0)
    ] = None
    output_usd_per_million: Annotated[
        float | None, Option("Dollars a million tokens.", default="looked up", least=0)
    ] = None
    structured: bool = True
    backoff_s: float = 0.5
    patience_s: float = 600.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """How the endpoint wants to be asked. `note` says in one sentence what was found.

    `structured`: a JSON schema in response_format holds. `token_field` is the name under which it
    takes the bound of the answer; `temperature`: it lets us choose one.
    """

    structured: bool
    note: str
    token_field: str = "max_tokens"
    temperature: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking would come to. Nothing was sent.

    `input_tokens` is estimated, `output_tokens` is the upper bound (all of max_tokens) and
    `expected_output_tokens` a share of it; dollars are None where the price is unknown. `cached`
    requests have their outcome in the journal, or are equal to another one, and cost nothing.
    """

    requests: int
    cached: int
    input_tokens: int
    output_tokens: int
    expected_output_tokens: int
    usd: float | None
    expected_usd: float | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What the journal's whole life came to, earlier runs included; `cached` is of this run.

    `calls` counts what was sent, probes and retries included. `usd` is None where the price is
    unknown. `unsure_usd` is the upper bound of calls whose answer never arrived (a timeout, a
    broken connection, a run that was killed): they may have been charged, so they count for the
    budget. `held_usd` is the upper bound of what is in flight or waits in a batch.
    """

    calls: int = 0
    retries: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    unsure_usd: float = 0.0
    held_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Collected:
    """The state of the submitted batches: requests by what became of them, and each batch's word.

    `answered` and `failed` count what this call brought home, `pending` what still waits.
    """

    answered: int
    failed: int
    pending: int
    batches: tuple[tuple[str, str], ...] = ()


COMPLETIONS, CHAT_COMPLETIONS = "/completions", "/chat/completions"


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was written, as the server spells it.

    `likely` has the log-probability of each token that the server shows for this place, by text,
    the written one among them.
    """

    text: str
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Job:
    """A payload that is to be answered, under its key, and all who ask for it.

    `begun`: what comes back goes on with an answer, so that its end says nothing of it.
    """

    key: str
    payload: Mapping[str, object]
    requests: list[Request] = field(default_factory=list)
    path: str = CHAT_COMPLETIONS
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One call's end. `reason` is "" for an answer, else as in `Outcome`, or "unreachable".

    Tokens are None where the server counted none. `wait_s` is what Retry-After asks for, at most
    a minute. `code` is the server's own word for an error; `about` the fields that it names.
    `tokens` are there where their probabilities were asked for.
    """

    reason: str = ""
    text: str = ""
    finish: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    status: int = 0
    wait_s: float | None = None
    code: str = ""
    about: frozenset[str] = frozenset()
    html: bool = False
    tokens: tuple[Token, ...] = ()

    @property
    def final(self) -> bool:
        """Whether asking again would only give the same."""
        return self.reason in FINAL

    @property
    def free(self) -> bool:
        """Whether nothing can have been charged: for an error, or where nothing was sent."""
        refused = self.status >= 400 and self.status not in MAY_BE_CHARGED
        return refused or self.html or self.reason in {"unreachable", "rejected"}


def key_of(payload: Mapping[str, object]) -> str:
    """Return the hex SHA-256 of the payload, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()


def payload_of(request: Request, model: str, dialect: Probe) -> dict[str, object]:
    """Return the body of the call, as the endpoint wants it written.

    Where the endpoint does not keep to a JSON schema by itself, the schema is told in plain words
    at the end of the last message.
    """
    messages = turns(request.messages)
    payload: dict[str, object] = {"model": model, "messages": messages}
    if request.schema is not None and dialect.structured:
        payload["response_format"] = bound(request.schema)
    elif request.schema is not None:
        messages[-1]["content"] += FALLBACK.format(shape=told(request.schema))
    payload[dialect.token_field] = request.max_tokens
    if dialect.temperature:
        payload["temperature"] = request.temperature
    if request.seed is not None:
        payload["seed"] = request.seed
    return payload


def turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the messages as every endpoint takes them."""
    return [{"role": each.role, "content": each.content} for each in messages]


def bound(schema: Schema) -> dict[str, object]:
    """Return the response_format that holds an answer to a schema."""
    answer = {"name": "answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": answer}


def told(schema: Schema) -> str:
    """Return a JSON schema in words; what has no words here is quoted as it is."""
    words = _in_words(schema)
    note = schema.get("description")
    return f"{words} ({note})" if note else words


def _in_words(schema: Schema) -> str:
    if "const" in schema:
        return f"exactly {_json(schema['const'])}"
    if "enum" in schema:
        options = cast("Sequence[object]", schema["enum"])
        return "one of " + ", ".join(_json(option) for option in options)
    if "anyOf" in schema:
        return " or ".join(told(each) for each in cast("Sequence[Schema]", schema["anyOf"]))
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        properties = cast("Mapping[str, Schema]", schema["properties"])
        fields = "; ".join(f"{_json(name)}: {told(each)}" for name, each in properties.items())
        return f"an object with exactly these keys: {{{fields}}}"
    if kind == "array" and "items" in schema:
        return f"a list{_length(schema)}, each item {told(cast('Schema', schema['items']))}"
    if isinstance(kind, str) and kind in PLAIN_NAMES:
        return PLAIN_NAMES[kind]
    return f"a value that fits the JSON schema {_json(schema)}"


def _length(schema: Schema) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and most is not None:
        return f" ({least} items)" if least == most else f" ({least} to {most} items)"
    if least is not None:
        return f" ({least} items or more)"
    return f" ({most} items or fewer)" if most is not None else ""


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
