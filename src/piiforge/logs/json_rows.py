"""JSON lines, of which one key is read."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import cast

import orjson

from piiforge.logs.lines import rows
from piiforge.logs.records import Item, Mark, Reason, Row, Unread

MISSING = object()


def of_key(stream: io.BufferedReader, key: str, limit_bytes: int, start: Mark) -> Iterator[Item]:
    """Yield what stands under `key` of each line; a line without it, or no JSON, is unread."""
    for item in rows(stream, limit_bytes, start):
        if isinstance(item, Unread):
            yield item
            continue
        record = parsed(item.content)
        if not isinstance(record, Mapping):
            yield Unread(item.row, Reason.JSON, end=item.end)
            continue
        value = dug(record, key)
        if value is MISSING:
            yield Unread(item.row, Reason.COLUMN, end=item.end)
        elif text := written(value):
            yield Row(item.row, text, end=item.end)


def parsed(text: str) -> object:
    """Return what `text` says as JSON; MISSING where it is none.

    The second parser takes what the first refuses and others write: NaN, lone surrogates.
    """
    try:
        return cast("object", orjson.loads(text))
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        pass
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return MISSING


def dug(record: Mapping[str, object], key: str) -> object:
    """Return what stands under `key`, or by its dots in the objects inside; MISSING for nothing.

    >>> dug({"request": {"url": "/a"}}, "request.url")
    '/a'
    """
    if key in record:
        return record[key]
    found: object = record
    for name in key.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = cast("Mapping[str, object]", found)[name]
    return found


def written(value: object) -> str:
    """Return a value as a content: a text as it is, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # a lone surrogate inside, or an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
