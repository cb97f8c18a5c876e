"""From a request to the JSON that is sent, and the key under which the journal knows it.

Where the endpoint does not keep to a JSON schema by itself, the schema is told in plain words at
the end of the last message.

>>> told({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2})
'a list (2 items or more), each item one of "a", "b"'
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from piiforge.chat.records import Probe, Request

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
