"""HAR: what a browser sent. Of each request the address, the headers and the body are read.

Responses are not read: they hold what a site told its visitor, not what was told of the visitor.
"""

import base64
import binascii
import io
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import urlencode

from piiforge.logs.har_cut import Cutter
from piiforge.logs.json_rows import MISSING, parsed, written
from piiforge.logs.records import Item, Manner, Reason, Row, Unread

URL, HEADERS, BODY = "request.url", "request.headers", "request.postData"


def rows(stream: io.BufferedReader, manner: Manner) -> Iterator[Item]:
    """Yield the parts of each entry; entries are numbered from 1.

    With `manner.column` one part alone is read: URL, HEADERS or BODY.

    Raises:
        OSError: the stream is broken.
    """
    cutter = Cutter()
    number = 0
    for piece in cutter.pieces(stream):
        number += 1
        for item in _entry(number, piece):
            if manner.column in {"", item.part} or not item.part:
                yield _bounded(item, manner.row_limit_bytes)
    if not cutter.found:
        yield Unread(0, Reason.FORMAT)
    elif not cutter.whole:
        yield Unread(number + 1, Reason.CUT)


def _entry(number: int, piece: bytes | None) -> Iterator[Item]:
    if piece is None:
        yield Unread(number, Reason.LONG)
        return
    try:
        entry = parsed(piece.decode())
    except UnicodeDecodeError:
        yield Unread(number, Reason.ENCODING)
        return
    request = _inside(entry, "request")
    if request is None:
        yield Unread(number, Reason.FORMAT)
        return
    yield from _part(number, URL, request.get("url"))
    yield from _part(number, HEADERS, _pairs(request.get("headers")))
    yield from _body(number, _inside(request, "postData"))


def _body(number: int, data: Mapping[str, object] | None) -> Iterator[Item]:
    if data is None:
        return
    text = data.get("text")
    if not text:
        yield from _part(number, BODY, urlencode(_pairs(data.get("params"))))
    elif data.get("encoding") == "base64":
        try:
            yield from _part(number, BODY, base64.b64decode(str(text)).decode())
        except (binascii.Error, UnicodeDecodeError):
            yield Unread(number, Reason.ENCODING, BODY)
    else:
        yield from _part(number, BODY, text)


def _part(number: int, part: str, value: object) -> Iterator[Item]:
    text = written(value) if value else ""
    if text and not text.isspace():
        yield Row(number, text, part)


def _pairs(listed: object) -> dict[str, str]:
    """Return a HAR list of {name, value} as one object; pseudo headers repeat the address."""
    if not isinstance(listed, list):
        return {}
    found: dict[str, str] = {}
    for each in listed:
        if isinstance(each, Mapping) and not str(each.get("name", "")).startswith(":"):
            name, value = str(each.get("name", "")), str(each.get("value", ""))
            found[name] = f"{found[name]}; {value}" if name in found else value
    return found


def _inside(record: object, name: str) -> Mapping[str, object] | None:
    if record is MISSING or not isinstance(record, Mapping):
        return None
    found = record.get(name)
    return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else None


def _bounded(item: Item, limit_bytes: int) -> Item:
    if isinstance(item, Row) and len(item.content.encode("utf-8", "replace")) > limit_bytes:
        return Unread(item.row, Reason.LONG, item.part)
    return item
