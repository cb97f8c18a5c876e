"""HAR: what a browser sent. Of each request the address, the headers and the body are read.

Responses are not read: they hold what a site told its visitor, not what was told of the visitor. A
HAR file is one JSON object, often of many megabytes; its entries are cut out of its bytes, and only
one of them is held in memory.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from piiforge.logs.records import Item, Manner, Mark, Reason, item
from piiforge.logs.rows import bounded, parsed

URL, HEADERS, BODY = "request.url", "request.headers", "request.postData"
ENTRY_BYTES = 64 * 1024 * 1024  # an entry carries its response, which is not read
_CHUNK = 64 * 1024
_SIGN = re.compile(rb'["{}\[\]]')
_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NAME_BYTES = 64


def rows(stream: io.BufferedReader, manner: Manner, _start: Mark) -> Iterator[Item]:
    """Yield the parts of each entry; entries are numbered from 1.

    With `manner.column` one part alone is read: URL, HEADERS or BODY.

    Raises:
        OSError: the stream is broken.
    """
    for number, piece in enumerate(_entries(stream), 1):
        for part, value in _parts(piece):
            if manner.column in {"", part} or not part:
                row = 0 if piece is Reason.FORMAT else number
                if found := item(row, bounded(value, manner.row_limit_bytes), part=part):
                    yield found


def _parts(piece: bytes | Reason) -> Iterator[tuple[str, object]]:
    """Yield the parts of an entry that were sent, "" for all of it; or why it can't be read."""
    if isinstance(piece, Reason):
        yield "", piece
        return
    try:
        request = _inside(parsed(piece.decode()), "request")
    except UnicodeDecodeError:
        yield "", Reason.ENCODING
        return
    if request is None:
        yield "", Reason.FORMAT
        return
    yield URL, request.get("url") or ""
    yield HEADERS, _pairs(request.get("headers")) or ""
    yield BODY, _body(_inside(request, "postData") or {})


def _body(data: Mapping[str, object]) -> object:
    text = data.get("text")
    if not text:
        return urlencode(_pairs(data.get("params")))
    if data.get("encoding") != "base64":
        return text
    try:
        return base64.b64decode(str(text)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return Reason.ENCODING


def _pairs(listed: object) -> dict[str, str]:
    """Return a HAR list of {name, value} as one object; pseudo headers repeat the address."""
    found: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and not str(each.get("name", "")).startswith(":"):
            name, value = str(each.get("name", "")), str(each.get("value", ""))
            found[name] = f"{found[name]}; {value}" if name in found else value
    return found


def _inside(record: object, name: str) -> Mapping[str, object] | None:
    found = record.get(name) if isinstance(record, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _entries(stream: io.BufferedReader) -> Iterator[bytes | Reason]:
    """Yield the bytes of each object of `log.entries`, Reason.LONG for one over ENTRY_BYTES.

    The last is Reason.FORMAT where no list of entries began, Reason.CUT where it did not end.
    """
    names: list[bytes] = []  # those before the brackets that are open
    entry: bytearray | None = None
    size, listed = 0, False
    for piece, sign, name in _pieces(stream):
        if entry is not None:
            size += len(piece)
            entry += piece if size <= ENTRY_BYTES else b""
        elif sign == b"{" and listed and len(names) == 3:
            entry, size = bytearray(sign), 1
        if sign in {b"{", b"["}:
            names.append(name)
            listed = listed or (sign == b"[" and names[1:] == [b"log", b"entries"])
        elif sign:
            del names[-1:]
            if entry is not None and len(names) == 3:
                yield bytes(entry) if size <= ENTRY_BYTES else Reason.LONG
                entry = None
            elif listed and len(names) == 2:
                return
    yield Reason.CUT if listed else Reason.FORMAT


def _pieces(stream: io.BufferedReader) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield bytes up to each bracket outside of texts, the bracket, and the text before it.

    At the end of a chunk the bracket is "".
    """
    in_text, name = False, b""
    while chunk := stream.read(_CHUNK):
        while chunk.endswith(b"\\") and (more := stream.read(1)):
            chunk += more  # what a backslash escapes stands in one chunk with it
        at = passed = 0
        while match := (_TEXT.match if in_text else _SIGN.search)(chunk, at):
            at = match.end()
            if in_text:
                name = (name + match[0][: _NAME_BYTES + 1].removesuffix(b'"'))[:_NAME_BYTES]
            if match[0].endswith(b'"'):
                in_text = not in_text
                name = b"" if in_text else name
                continue
            yield chunk[passed:at], match[0], name
            passed, name = at, b""
        if in_text:
            name = (name + chunk[at : at + _NAME_BYTES])[:_NAME_BYTES]
        yield chunk[passed:], b"", b""
