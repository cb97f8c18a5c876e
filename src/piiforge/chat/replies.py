"""What came back of one call, read from the raw answer: nothing is trusted to be what it should.

A `Reply` holds the model's text and otherwise only numbers and names of our own, so that no error
made from it can repeat a key, a header or a content.

>>> told({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2})
'a list (2 items or more), each item one of "a", "b"'

>>> body = b'{"choices": [{"text": " yes", "logprobs": {"tokens": [" yes"],'
>>> body += b' "token_logprobs": [-0.1], "top_logprobs": [{" yes": -0.1, " no": -2.5}]}}]}'
>>> continuation(body).tokens
(Token(text=' yes', likely={' yes': -0.1, ' no': -2.5}),)
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from math import isfinite
from typing import cast

import orjson

from piiforge.chat.records import Probe, Request, Token

# From a request to the JSON that is sent, and the key under which the journal knows it.
#
# Where the endpoint does not keep to a JSON schema by itself, the schema is told in plain words
# at the end of the last message.


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


def payload_of(request: Request, model: str, dialect: Probe) -> dict[str, object]:
    """Return the body of the call, as the endpoint wants it written."""
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    payload: dict[str, object] = {"model": model, "messages": messages}
    if request.schema is not None and dialect.structured:
        payload["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": request.schema},
        }
    elif request.schema is not None:
        messages[-1]["content"] += FALLBACK.format(shape=told(request.schema))
    payload[dialect.token_field] = request.max_tokens
    if dialect.temperature:
        payload["temperature"] = request.temperature
    if request.seed is not None:
        payload["seed"] = request.seed
    return payload


def key_of(payload: Mapping[str, object]) -> str:
    """Return the hex SHA-256 of the payload, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()


def told(schema: Schema) -> str:
    """Return a JSON schema in words; what has no words here is quoted as it is."""
    words = _told(schema)
    note = schema.get("description")
    return f"{words} ({note})" if note else words


def _told(schema: Schema) -> str:
    if "const" in schema:
        return f"exactly {_json(schema['const'])}"
    if "enum" in schema:
        options = cast("Sequence[object]", schema["enum"])
        return "one of " + ", ".join(_json(option) for option in options)
    if "anyOf" in schema:
        return " or ".join(told(each) for each in cast("Sequence[Schema]", schema["anyOf"]))
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _object(cast("Mapping[str, Schema]", schema["properties"]))
    if kind == "array" and "items" in schema:
        return f"a list{_length(schema)}, each item {told(cast('Schema', schema['items']))}"
    if isinstance(kind, str) and kind in PLAIN_NAMES:
        return PLAIN_NAMES[kind]
    return f"a value that fits the JSON schema {_json(schema)}"


def _object(properties: Mapping[str, Schema]) -> str:
    fields = "; ".join(f"{_json(name)}: {told(each)}" for name, each in properties.items())
    return f"an object with exactly these keys: {{{fields}}}"


def _length(schema: Schema) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and most is not None:
        return f" ({least} items)" if least == most else f" ({least} to {most} items)"
    if least is not None:
        return f" ({least} items or more)"
    return f" ({most} items or fewer)" if most is not None else ""


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


LONGEST_WAIT_S = 60.0
FINAL = frozenset({"", "truncated", "refused"})  # kept in the journal, never asked again
FREE_STATUS = 400  # and above: an error is not charged
MAY_BE_CHARGED = frozenset({502, 504})  # a gateway gave up; the model behind it may have gone on
NAMED_IN_ERRORS = ("max_completion_tokens", "temperature", "response_format", "model")
FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})


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
        """Whether nothing can have been charged."""
        refused = self.status >= FREE_STATUS and self.status not in MAY_BE_CHARGED
        return refused or self.html or self.reason in {"unreachable", "rejected"}


def completion(body: bytes | str, status: int = 200) -> Reply:
    """Read a body that should be a chat completion."""
    found = object_of(body)
    tokens_in, tokens_out = usage_of(found)
    choice = first_of(found.get("choices"))
    message = choice.get("message")
    finish = choice.get("finish_reason")
    if not isinstance(message, dict):
        return Reply("bad_body", "", "", tokens_in, tokens_out, status, html=is_html(body))
    text = message.get("content")
    text = text if isinstance(text, str) else ""
    finish = finish if isinstance(finish, str) else ""
    refused = bool(message.get("refusal")) or finish == "content_filter"
    reason = _reason(text, finish, refused=refused)
    return Reply(reason, text, finish, tokens_in, tokens_out, status)


def failure(status: int, headers: Mapping[str, str], body: bytes | str) -> Reply:
    """Read an answer whose status is not 200."""
    error = object_of(body)
    inner = error.get("error")
    if isinstance(inner, dict):
        error = inner
    codes = {str(error.get("code") or ""), str(error.get("type") or "")}
    code = "insufficient_quota" if "insufficient_quota" in codes else str(error.get("code") or "")
    words = f"{error.get('param') or ''} {error.get('message') or ''} {code}"
    about = frozenset(name for name in NAMED_IN_ERRORS if name in words)
    reason = "refused" if status == FREE_STATUS and code in FILTER_CODES else _by_status(status)
    return Reply(
        reason, status=status, wait_s=wait_asked(headers), code=code, about=about,
        html=is_html(body),
    )  # fmt: skip


def wait_asked(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that Retry-After asks for, 0 to 60; None where it asks for nothing.

    It may be seconds or an HTTP date (RFC 9110, 10.2.3); retry-after-ms is OpenAI's finer one.

    >>> wait_asked({"retry-after": "7"}), wait_asked({"retry-after-ms": "20"}), wait_asked({})
    (7.0, 0.02, None)
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        asked = headers.get(name)
        if asked is None:
            continue
        seconds = _seconds(asked, unit, now)
        if seconds is not None:
            return min(max(seconds, 0.0), LONGEST_WAIT_S)
    return None


def _seconds(asked: str, unit: float, now: datetime | None) -> float | None:
    try:
        seconds = float(asked) * unit
    except ValueError:
        pass
    else:
        return seconds if isfinite(seconds) else None
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (until - (now or datetime.now(UTC))).total_seconds()


def _reason(text: str, finish: str, *, refused: bool) -> str:
    if refused:
        return "refused"
    if finish == "length":
        return "truncated"
    return "" if text.strip() else "empty"


def _by_status(status: int) -> str:
    if status == 429:  # Too Many Requests (RFC 6585)
        return "rate_limited"
    return "server_error" if status >= 500 else "rejected"


def usage_of(found: Mapping[str, object]) -> tuple[int | None, int | None]:
    """Return the tokens that went in and came out, as the server counts them."""
    usage = found.get("usage")
    if not isinstance(usage, dict):
        return None, None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    given = [count if isinstance(count, int) and count >= 0 else None for count in counts]
    return given[0], given[1]


def first_of(choices: object) -> Mapping[str, object]:
    """Return the first choice, an empty one where there is none."""
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}


def object_of(body: bytes | str) -> Mapping[str, object]:
    """Return the body's JSON object, an empty one where it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def is_html(body: bytes | str) -> bool:
    """Say whether a body is a web page."""
    start = body[:200] if isinstance(body, str) else body[:200].decode(errors="replace")
    return start.lstrip("\ufeff \r\n\t").startswith("<")


# Log-probabilities out of a raw answer, in the two formats that servers write them in.
#
# Chat completions have a list of places under `content`, each with its `top_logprobs` as a list;
# text completions have parallel lists, the alternatives as objects from text to number. llama.cpp
# writes the first format for both. What does not fit either is no place at all.


def continuation(body: bytes | str, status: int = 200) -> Reply:
    """Read a body that should be a completion of either kind; no text at all is an answer too."""
    found = object_of(body)
    tokens_in, tokens_out = usage_of(found)
    choice = first_of(found.get("choices"))
    message = choice.get("message")
    if not isinstance(message, Mapping):
        message = {"content": choice["text"]} if "text" in choice else None
    if message is None:
        return Reply("bad_body", "", "", tokens_in, tokens_out, status, html=is_html(body))
    finish = choice.get("finish_reason")
    refused = bool(message.get("refusal")) or finish == "content_filter"
    text = message.get("content")
    return Reply(
        "refused" if refused else "",
        text if isinstance(text, str) else "",
        finish if isinstance(finish, str) else "",
        tokens_in,
        tokens_out,
        status,
        tokens=tuple(_places(choice.get("logprobs"))),
    )


def _places(told: object) -> Iterable[Token]:
    if not isinstance(told, Mapping):
        return []
    content = told.get("content")
    if isinstance(content, list):
        return [_token(each) for each in content if isinstance(each, Mapping)]
    columns = [told.get(name) for name in ("tokens", "token_logprobs", "top_logprobs")]
    rows = zip_longest(*(each if isinstance(each, list) else [] for each in columns))
    return [
        Token(text, _pairs(others.items() if isinstance(others, Mapping) else (), (text, own)))
        for text, own, others in rows
        if isinstance(text, str)
    ]


def _token(place: Mapping[str, object]) -> Token:
    text = str(place.get("token", ""))
    others = place.get("top_logprobs")
    shown = (
        [each for each in others if isinstance(each, Mapping)] if isinstance(others, list) else []
    )
    pairs = [(each.get("token"), each.get("logprob")) for each in shown]
    return Token(text, _pairs(pairs, (text, place.get("logprob"))))


def _pairs(others: Iterable[tuple[object, object]], own: tuple[object, object]) -> dict[str, float]:
    """Return the numbers by text; of two tokens with one text the likelier."""
    likely: dict[str, float] = {}
    for text, number in (*others, own):
        if isinstance(text, str) and isinstance(number, int | float) and number is not True:
            likely[text] = max(float(number), likely.get(text, float("-inf")))
    return likely
