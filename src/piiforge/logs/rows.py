"""Lines and JSON lines, row by row, and what all forms share: lines, texts, JSON, contents.

Each reader takes a stream of UTF-8, how it is to be read and the mark to begin behind, and yields
rows with the byte at which the next begins: the longest line of a file takes no more memory. A hole
of NULs, as a log has that was cut while it was written to, is no part of a line, however long.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from piiforge import files
from piiforge.logs.records import (
    CELL,
    HOLE,
    NULS,
    UNDECODED,
    Item,
    Manner,
    Mark,
    Passage,
    Reason,
    Row,
    Unread,
    item,
)
from piiforge.types import Edit, applied

_CHUNK = 64 * 1024
_HOLE = HOLE.decode(errors="surrogateescape")
_ESCAPED = re.compile(  # begins with a sign as it is: the search skips to where one stands
    r"[\x1b\x9b\[\\#^](?:(?<=[\x1b\x9b])|(?<=\[)[0-9;]{1,16}m|(?<=[\\#^])(?:[ux]00)?\w{0,3}\[)"
)
_ESCAPES = re.compile(  # ECMA-48, 5.4, and how loggers write the escape character
    r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|\\e|#033|\^\[)"
    r"(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()][0-9AB]"
    r"|[=>78cMDE])"
    r"|\x9b[0-?]{0,32}[ -/]{0,4}[@-~]|\[[0-9]{1,3}(?:;[0-9]{1,3}){0,8}m"
)


def lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line; where a column is asked for, which lines don't have, each as unread."""
    for line in _whole_lines(stream, manner, start):
        lacks = manner.column and isinstance(line, Row)
        yield Unread(line.row, Reason.COLUMN, end=line.end) if lacks else line


def json_lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line, or what stands in it under the key `manner.column`."""
    for line in _whole_lines(stream, manner, start):
        if not manner.column or isinstance(line, Unread):
            yield line
            continue
        record = parsed(line.content)
        found = dug(record, manner.column) if isinstance(record, Mapping) else Reason.JSON
        content = found if isinstance(found, Reason) else written(found)
        if told := item(line.row, content, end=line.end, lost=line.lost):
            yield told


def _whole_lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line as a row; empty ones are left out, and counted in the numbers."""
    for line in cut(stream, manner.row_limit_bytes, start):
        if told := item(line.number, line.text(), end=line.end):
            yield told


class Line(NamedTuple):
    """One line as it stands, its end included, HOLE for a hole; None where it is over the limit.

    `end` is the byte behind it, counted in the stream that it was read from.
    """

    number: int
    raw: bytes | None
    end: int

    def text(self) -> str | Reason:
        """Return its text, or why it has none."""
        return Reason.LONG if self.raw is None else text_of(self.raw)


def cut(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Line]:
    """Yield the lines behind `start`.

    Raises:
        OSError: the stream is broken; all lines that were whole have been given.
    """
    number, end = start.row, start.end or 0
    if end:
        stream.seek(end)
    elif stream.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
        end = len(stream.read(len(codecs.BOM_UTF8)))
    while raw := stream.readline(limit_bytes + 2):
        number += 1
        end += len(raw)
        if len(raw) <= limit_bytes and b"\x00" not in raw:
            yield Line(number, raw, end)
            continue
        line = bytearray(holed(raw))
        going = len(raw) > limit_bytes
        while going and not raw.endswith(b"\n") and (raw := stream.readline(_CHUNK)):
            end += len(raw)
            if len(line) <= limit_bytes + 2:
                line += holed(raw, behind=line)
        closing = 2 if line.endswith(b"\r\n") else line.endswith(b"\n")
        yield Line(number, bytes(line) if len(line) - closing <= limit_bytes else None, end)


def lines_again(stream: io.BufferedReader, manner: Manner) -> Iterator[Passage]:
    """Yield every line, blank ones too, each with what writes it again."""
    for line in cut(stream, manner.row_limit_bytes, Mark()):
        yield line_again(line, item(line.number, line.text(), end=line.end))


def line_again(line: Line, read: Item | None) -> Passage:
    """Return a line with what writes it again."""
    raw = line.raw or b""

    def write(edits: Sequence[Edit]) -> bytes:
        if not isinstance(read, Row):
            return b""
        bare = raw[: -2 if raw.endswith(b"\r\n") else -1] if raw.endswith(b"\n") else raw
        return edited(bare, read.content, edits) + raw[len(bare) :]

    return Passage(read, raw, write)


def edited(raw: bytes, content: str, edits: Sequence[Edit]) -> bytes:
    """Return bytes with `edits` made in the content that was read of them, uncoloured and marked.

    What could not be read becomes what the content has for it: U+FFFD.
    """
    text = raw.decode(errors="surrogateescape")
    if text == content:
        return applied(text, edits).encode("utf-8", "replace")
    shown = text.replace(_HOLE, "\ufffd").replace(CELL, "\ufffd")
    shown = UNDECODED.sub("\ufffd", shown)
    coloured = (
        [match.span() for match in _ESCAPES.finditer(shown)] if _ESCAPED.search(shown) else []
    )
    places: list[int] = []
    done = 0
    for start, end in (*coloured, (len(shown), len(shown))):
        places += range(done, start)
        done = end
    left = len(places) - len(content)  # holes at the ends, which the content has not
    begin = 1 if left and content[:1] != shown[places[0] : places[0] + 1] else 0
    if "".join(shown[at] for at in places[begin : begin + len(content)]) != content:
        return applied(content, edits).encode("utf-8", "replace")  # its colours are lost
    places = places[begin : begin + len(content)]
    made = [
        Edit(places[each.start], places[each.end - 1] + 1, each.text)
        for each in edits
        if each.start < each.end
    ]
    return applied(shown, made).encode("utf-8", "replace")


def holed(raw: bytes, *, behind: bytes | bytearray = b"") -> bytes:
    r"""Return bytes with HOLE for each hole of NULs, but for the rest of one that `behind` ends in.

    >>> begun = holed(b"a" + b"\x00" * 20)
    >>> begun, holed(b"\x00" * 20 + b"b", behind=begun)
    (b'a\xc0\x80', b'b')
    """
    return NULS.sub(HOLE, raw.lstrip(b"\x00") if behind.endswith(HOLE) else raw)


def text_of(raw: bytes) -> str | Reason:
    """Return the text of a line without its end and its colours, or why it has none."""
    if raw.endswith(b"\n"):
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    if b"\x00" in raw and 3 * raw.count(0) >= len(raw):
        return Reason.BINARY  # a line of UTF-16 among others: no reader would see what it says
    return uncoloured(raw.decode(errors="surrogateescape"))


def uncoloured(text: str) -> str:
    r"""Return a text as a terminal shows it: without the escapes that colour it and move in it.

    >>> uncoloured("\x1b[1;31mtel\x1b[0m=5550100"), uncoloured(r"\u001b[33m5550100 #033[0m")
    ('tel=5550100', '5550100 ')
    """
    return _ESCAPES.sub("", text) if _ESCAPED.search(text) else text


def parsed(text: str) -> object:
    """Return what `text` says as JSON, every value of it; Reason.JSON where it is none."""
    try:
        return files.json_value(text, every_name=True)
    except ValueError:
        return Reason.JSON


def dug(record: Mapping[str, object], key: str) -> object:
    """Return what stands under `key`, or by its dots in the objects inside; else Reason.COLUMN.

    What stands there several times comes as a list.

    >>> dug({"request": {"url": "/a"}}, "request.url")
    '/a'
    """
    if key in record:
        return _every(record, key)
    found: object = record
    for name in key.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return Reason.COLUMN
        found = _every(found, name)
    return found


def _every(record: Mapping[str, object], name: str) -> object:
    again = record.again.get(name, ()) if isinstance(record, files.Repeated) else ()
    return [record[each] for each in (name, *again)] if again else record[name]


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


def bounded(value: object, limit_bytes: int) -> str | Reason:
    """Return a value of a record as a content: "" for a blank one, a reason for one too long."""
    if isinstance(value, Reason):
        return value
    text = written(value)
    if len(text.encode("utf-8", "replace")) > limit_bytes:
        return Reason.LONG
    return "" if text.isspace() else text
