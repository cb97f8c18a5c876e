"""HAR: what a browser sent. Of each request the address, the headers and the body are read.

Responses are not read: they hold what a site told its visitor, not what was told of the visitor.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import urlencode

from piiforge.logs.records import Item, Manner, Reason, Row, Unread
from piiforge.logs.rows import MISSING, parsed, written
from piiforge.logs.streams import Source

# The entries of a HAR file, cut out of its bytes one at a time.
#
# A HAR file is one JSON object, often of many megabytes; only one entry is held in memory.


ENTRY_BYTES = 64 * 1024 * 1024  # an entry carries its response, which is not read
_CHUNK = 64 * 1024
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_NAME_BYTES = 64


class Cutter:
    """Cuts the objects of `log.entries`. After `pieces` is through, `whole` says how it ended."""

    def __init__(self) -> None:
        self.found = False  # the list of entries began
        self.whole = False  # and ended
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._name = b""
        self._names: list[bytes] = []
        self._entry: bytearray | None = None
        self._size = 0

    def pieces(self, source: Source) -> Iterator[bytes | None]:
        """Yield each entry's bytes, None for one over ENTRY_BYTES."""
        while not self.whole and (chunk := source.read(_CHUNK)):
            yield from self._cut(chunk)

    def _cut(self, chunk: bytes) -> Iterator[bytes | None]:
        at = 0
        while at < len(chunk):
            if self._escaped:
                self._escaped = False
                self._keep(chunk, at, at + 1)
                at += 1
                continue
            match = (_INSIDE if self._in_text else _OUTSIDE).search(chunk, at)
            end = match.end() if match else len(chunk)
            opens = match is not None and match[0] == b"{" and self._starts_entry()
            if opens:
                self._entry, self._size = bytearray(), 0
                at = end - 1
            self._keep(chunk, at, end)
            at = end
            if match is not None:
                yield from self._step(match[0])
                if self.whole:
                    return

    def _starts_entry(self) -> bool:
        return self.found and self._entry is None and self._depth == 3

    def _keep(self, chunk: bytes, start: int, end: int) -> None:
        if self._entry is not None:
            self._size += end - start
            if self._size <= ENTRY_BYTES:
                self._entry += chunk[start:end]
            else:
                self._entry.clear()
        elif self._in_text and len(self._name) < _NAME_BYTES:
            self._name += chunk[start:end][:_NAME_BYTES]

    def _step(self, sign: bytes) -> Iterator[bytes | None]:
        if self._in_text:
            self._in_text = sign != b'"'
            self._escaped = sign == b"\\"
        elif sign == b'"':
            self._in_text, self._name = True, b""
        elif sign in b"{[":
            self._down(sign)
        else:
            yield from self._up()

    def _down(self, sign: bytes) -> None:
        self._names.append(self._name.removesuffix(b'"'))
        self._depth += 1
        if sign == b"[" and self._depth == 3 and self._names[1:] == [b"log", b"entries"]:
            self.found = True
        self._name = b""

    def _up(self) -> Iterator[bytes | None]:
        self._depth -= 1
        if self._names:
            self._names.pop()
        if self._depth == 3 and self._entry is not None:
            yield bytes(self._entry) if self._size <= ENTRY_BYTES else None
            self._entry = None
        elif self._depth == 2 and self.found:
            self.whole = True


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
