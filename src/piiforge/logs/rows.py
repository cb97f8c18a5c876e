"""Lines, JSON lines, CSV and TSV, row by row.

Each reader takes a stream of UTF-8, how it is to be read and the mark to begin behind, and yields
rows with the byte at which the next begins: the longest line of a file takes no more memory. A hole
of NULs, as a log has that was cut while it was written to, is no part of a line, however long.

A record of CSV is one by RFC 4180 and goes on while a quote is open. Where it passes the row limit
or the file's end so, or comes to other fields than a record of several lines may have, its first
line is given as unread and reading starts again at the next line: one broken quote costs one row,
not the rest of the file.
"""

import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

import orjson

from piiforge.logs.records import HOLE, Item, Manner, Mark, Reason, Row, Unread, item, marked

_BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024
_DELIMITERS = ",;\t|"
_FIELD = '(?:"([^"]*(?:""[^"]*)*)"|([^"{0}][^{0}]*|))({0}|\\Z)'
_Fields = tuple[str, ...] | Reason
_NULS = re.compile(rb"\x00{16,}")


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
    for line in _cut(stream, manner.row_limit_bytes, start):
        text = Reason.LONG if line.raw is None else _text_of(line.raw)
        if told := item(line.number, text, end=line.end):
            yield told


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as it stands, its end included, HOLE for a hole; None where it is over the limit.

    `end` is the byte behind it, counted in the stream that it was read from.
    """

    number: int
    raw: bytes | None
    end: int


def _cut(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[_Line]:
    """Yield the lines behind `start`.

    Raises:
        OSError: the stream is broken; all lines that were whole have been given.
    """
    number, end = start.row, start.end or 0
    if end:
        stream.seek(end)
    elif stream.peek(len(_BOM)).startswith(_BOM):
        end = len(stream.read(len(_BOM)))
    while raw := stream.readline(limit_bytes + 2):
        number += 1
        end += len(raw)
        if len(raw) <= limit_bytes and b"\x00" not in raw:
            yield _Line(number, raw, end)
            continue
        line = bytearray(_NULS.sub(HOLE, raw))
        going = len(raw) > limit_bytes
        while going and not raw.endswith(b"\n") and (raw := stream.readline(_CHUNK)):
            end += len(raw)
            if len(line) <= limit_bytes + 2:
                line += _NULS.sub(HOLE, raw.lstrip(b"\x00") if line.endswith(HOLE) else raw)
        closing = 2 if line.endswith(b"\r\n") else line.endswith(b"\n")
        yield _Line(number, bytes(line) if len(line) - closing <= limit_bytes else None, end)


def _text_of(raw: bytes) -> str | Reason:
    """Return the text of a line without its end, or why it has none."""
    if raw.endswith(b"\n"):
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    if b"\x00" in raw and 3 * raw.count(0) >= len(raw):
        return Reason.BINARY  # a line of UTF-16 among others: no reader would see what it says
    return raw.decode(errors="surrogateescape")


def parsed(text: str) -> object:
    """Return what `text` says as JSON; Reason.JSON where it is none.

    The second parser takes what the first refuses and others write: NaN, lone surrogates.
    """
    try:
        return cast("object", orjson.loads(text))
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        pass
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return Reason.JSON


def dug(record: Mapping[str, object], key: str) -> object:
    """Return what stands under `key`, or by its dots in the objects inside; else Reason.COLUMN.

    >>> dug({"request": {"url": "/a"}}, "request.url")
    '/a'
    """
    if key in record:
        return record[key]
    found: object = record
    for name in key.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return Reason.COLUMN
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


def bounded(value: object, limit_bytes: int) -> str | Reason:
    """Return a value of a record as a content: "" for a blank one, a reason for one too long."""
    if isinstance(value, Reason):
        return value
    text = written(value)
    if len(text.encode("utf-8", "replace")) > limit_bytes:
        return Reason.LONG
    return "" if text.isspace() else text


def table(
    stream: io.BufferedReader, manner: Manner, start: Mark, *, delimiter: str = ""
) -> Iterator[Item]:
    """Yield the head of a CSV as row 0, then the records; "" tells the delimiter by the first line.

    With `manner.header` the first record names the columns, wherever reading begins.
    """
    whole = _Records(stream, manner.row_limit_bytes, delimiter)
    records: Iterator[tuple[_Fields, int]] = whole.behind(Mark())
    fields, end = next(records, (None, 0))
    if fields is None:
        return
    names = _names(fields, header=manner.header)
    if manner.column and manner.column not in names:
        yield Unread(0, Reason.COLUMN)
        return
    if start.end:
        records = whole.behind(start)
    elif not manner.header:
        records = chain([(fields, end)], records)
    elif not manner.column:
        content = fields if isinstance(fields, Reason) else whole.delimiter.join(fields)
        if head := item(0, content, end=end):
            yield head
    for number, (fields, end) in enumerate(records, start.row + 1):
        if told := item(number, _content(fields, names, manner.column), end=end):
            yield told


def _names(fields: _Fields, *, header: bool) -> list[str]:
    """Return a name for each column: as the head has it, else by its place."""
    taken: list[str] = []
    for at, name in enumerate(() if isinstance(fields, Reason) else fields, 1):
        known = (header and marked(name).strip()) or f"column_{at}"
        taken.append(known if known not in taken else f"{known}_{at}")
    return taken


def _content(fields: _Fields, names: Sequence[str], column: str) -> str | Reason:
    if isinstance(fields, Reason):
        return fields
    if not any(fields):
        return ""
    named = dict(zip(names, fields, strict=False))
    for at in range(len(names), len(fields)):
        named[f"column_{at + 1}"] = fields[at]
    return named.get(column, Reason.COLUMN) if column else written(named)


class _Records:
    """The records of one CSV. `delimiter` "" is told by the first line that has bytes."""

    def __init__(self, stream: io.BufferedReader, limit_bytes: int, delimiter: str) -> None:
        self._stream, self._limit_bytes = stream, limit_bytes
        self.delimiter = delimiter
        self._width = 0  # fields of the first record: what a record of several lines must have

    def behind(self, start: Mark) -> Iterator[tuple[_Fields, int]]:
        """Yield the fields of each record behind `start`, or why it has none, and its end."""
        source = _cut(self._stream, self._limit_bytes, start)
        again: deque[_Line] = deque()

        def following() -> _Line | None:
            return again.popleft() if again else next(source, None)

        for line in iter(following, None):
            if line.raw is None:
                yield Reason.LONG, line.end
                continue
            if not line.raw.strip(b"\r\n"):
                continue
            if not self.delimiter:
                counts = {each: line.raw.count(each.encode()) for each in _DELIMITERS}
                self.delimiter = max(_DELIMITERS, key=lambda each: counts[each])
            taken, fields = self._gathered(chain([line], iter(following, None)))
            broken = fields in {Reason.QUOTE, Reason.LONG}
            if isinstance(fields, tuple):
                broken = self._width not in {0, len(fields)}
            if broken and len(taken) > 1:  # no record of several lines: a quote was never closed
                again.extendleft(reversed(taken[1:]))
                taken, fields = taken[:1], Reason.QUOTE
            if isinstance(fields, tuple):
                self._width = self._width or len(fields)
            yield fields, taken[-1].end

    def _gathered(self, following: Iterable[_Line]) -> tuple[list[_Line], _Fields]:
        """Return the lines of one record and its fields, Reason.QUOTE where a quote stays open."""
        taken: list[_Line] = []
        size = quotes = 0
        for line in following:
            taken.append(line)
            if line.raw is None:
                break
            size += len(line.raw)
            quotes += line.raw.count(b'"')
            if quotes % 2 == 0:
                return taken, self._split(b"".join(each.raw or b"" for each in taken))
            if size > self._limit_bytes:
                break
        return taken, Reason.QUOTE

    def _split(self, raw: bytes) -> _Fields:
        if len(raw) > self._limit_bytes + 2:
            return Reason.LONG
        text = _text_of(raw)
        if isinstance(text, Reason):
            return text
        return _fields(text, self.delimiter) if '"' in text else tuple(text.split(self.delimiter))


def _fields(text: str, delimiter: str) -> _Fields:
    """Return the fields of a record that has quotes.

    >>> _fields('a,"b, ""c"" ",', ",")
    ('a', 'b, "c" ', '')
    >>> _fields('a,"b"c', ",")
    <Reason.QUOTE: 'broken quote'>
    """
    field = re.compile(_FIELD.format(re.escape(delimiter)))
    found: list[str] = []
    at = 0
    while match := field.match(text, at):
        quoted, plain, mark = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        if not mark:
            return tuple(found)
        at = match.end()
    return Reason.QUOTE
