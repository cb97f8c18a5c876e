"""HAR: what a browser sent. Of each entry the address, the headers, the body and the messages.

Cookies and the parameters of an address have lists of their own; what stands there and not in the
headers or the address is read too. Responses are read with `Manner.responses` alone: they hold what
a site told its visitor, not what was told of the visitor. A HAR file is one JSON object, often of
many megabytes; its entries are cut out of its bytes, and only one of them is held in memory.

Source: http://www.softwareishard.com/blog/har-12-spec/ (entries, postData, params); the messages of
WebSockets are Chrome's `_webSocketMessages`.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote, unquote_plus

from piiforge import files
from piiforge.logs.records import MARK, Item, Manner, Mark, Reason, item, marked
from piiforge.logs.rows import bounded, parsed, written

URL, HEADERS, BODY = "request.url", "request.headers", "request.postData"
QUERY, COOKIES, PARAMS = "request.queryString", "request.cookies", "request.postData.params"
SENT, RECEIVED = "webSocket.sent", "webSocket.received"
ENTRY_BYTES = 64 * 1024 * 1024  # an entry carries its response, which is not read
_CHUNK = 64 * 1024
_SIGN = re.compile(rb'["{}\[\]]')
_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NAME_BYTES = 64


def rows(stream: io.BufferedReader, manner: Manner, _start: Mark) -> Iterator[Item]:
    """Yield the parts of each entry; entries are numbered from 1.

    With `manner.column` one part alone is read, as "request.url", or those inside it.

    Raises:
        OSError: the stream is broken.
    """
    for number, piece in enumerate(_entries(stream), 1):
        said = piece if isinstance(piece, Reason) else piece.decode(errors="surrogateescape")
        entry = said if isinstance(said, Reason) else marked(said)
        for part, value in _parts(entry, responses=manner.responses):
            asked = manner.column in {"", part} or part.startswith(f"{manner.column}.")
            if asked or not part:
                row = 0 if piece is Reason.FORMAT else number
                content = bounded(value, manner.row_limit_bytes)
                is_odd = entry != said and isinstance(content, str) and MARK in content
                lost = (Reason.BYTES,) if is_odd else ()
                if found := item(row, content, part=part, lost=lost):
                    yield found


def views(limit_bytes: int, content: str) -> list[str]:
    """Return what is read of an entry that stands in a document of JSON: its parts, all of them."""
    said = parsed(content)
    held = _inside(said, "log")
    listed = held.get("entries") if held else None
    found = [
        bounded(value, limit_bytes)
        for entry in (listed if isinstance(listed, list) else ())
        for part, value in _parts(written(entry), responses=True)
        if part
    ]
    return [each for each in found if isinstance(each, str) and each]


def _parts(said: str | Reason, *, responses: bool) -> Iterator[tuple[str, object]]:
    """Yield the parts of an entry that were sent, "" for all of it; or why it can't be read."""
    if isinstance(said, Reason):
        yield "", said
        return
    entry = parsed(said)
    request = _inside(entry, "request")
    if request is None:
        yield "", Reason.FORMAT
        return
    url, headers = str(request.get("url") or ""), _listed(request.get("headers"))
    yield URL, url
    yield HEADERS, _object([pair for pair in headers if not pair[0].startswith(":")])
    yield QUERY, _object(_without_copy(_listed(request.get("queryString")), url))
    said = " ".join(value for name, value in headers if name.lower() in {"cookie", ":path"})
    yield COOKIES, _object(_without_copy(_listed(request.get("cookies")), said))
    yield from _body(request.get("postData"))
    messages = entry.get("_webSocketMessages") if isinstance(entry, Mapping) else None
    for message in messages if isinstance(messages, list) else ():
        sent = isinstance(message, Mapping) and message.get("type") != "receive"
        if sent or responses:
            yield SENT if sent else RECEIVED, _message(message)
    if responses and (response := _inside(entry, "response")):
        yield "response.headers", _object(_listed(response.get("headers")))
        yield "response.cookies", _object(_listed(response.get("cookies")))
        yield "response.redirectURL", response.get("redirectURL") or ""
        yield "response.content", _text(_inside(response, "content") or {})


def _body(data: object) -> Iterator[tuple[str, object]]:
    """Yield the body as a text, and its parameters where they are no copy of it."""
    if not isinstance(data, Mapping):
        yield BODY, data
        return
    text, params = _text(data), _listed(data.get("params"))
    yield BODY, text or _object(params)
    if isinstance(text, Reason):
        yield PARAMS, _object(params)
    elif text:
        yield PARAMS, _object(_without_copy(params, text))


def _text(data: Mapping[str, object]) -> str | Reason:
    text = data.get("text")
    if not isinstance(text, str):
        return written(text)
    return _unpacked(text) if data.get("encoding") == "base64" else text


def _message(message: object) -> str | Reason:
    """Return what a WebSocket message says; a binary one comes as base64."""
    if not isinstance(message, Mapping):
        return written(message)
    data = written(message.get("data"))
    return _unpacked(data) if message.get("opcode") == 2 else data


def _unpacked(text: str) -> str | Reason:
    try:
        return base64.b64decode(text).decode(errors="surrogateescape")
    except (binascii.Error, ValueError):
        return Reason.ENCODING


def _listed(listed: object) -> list[tuple[str, str]]:
    """Return a HAR list of {name, value}, or an object in its place; a file's name is a value."""
    if isinstance(listed, Mapping):
        return [(str(name), written(value)) for name, value in listed.items()]
    found: list[tuple[str, str]] = []
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, Mapping):
            found.append(("", written(each)))
            continue
        name = written(each.get("name"))
        found.append((name, written(each.get("value"))))
        if file := written(each.get("fileName")):
            stem, dot, suffix = file.rpartition(".")  # an address before .pdf is one
            told = [("fileName", stem), ("suffix", dot + suffix)] if stem else [("fileName", file)]
            found += [(f"{name}.{kind}" if name else kind, said) for kind, said in told]
    return found


def _object(pairs: Sequence[tuple[str, str]]) -> object:
    """Return pairs as one object, of which none is lost; "" for none."""
    return files.named(pairs) if pairs else ""


def _without_copy(pairs: Sequence[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Return the pairs of which name or value stand nowhere in `text`, encoded or not."""
    copies = (text, unquote(text), unquote_plus(text))
    return [
        pair for pair in pairs if not any(all(each in copy for each in pair) for copy in copies)
    ]


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
