"""CSV and TSV: records by RFC 4180, with the way back from a quote that never ends.

A record goes on while a quote is open. Where it passes the row limit or the file's end so, or comes
to other fields than a record of several lines may have, its first line is given as unread and
reading starts again at the next line: one broken quote costs one row, not the rest of the file.
"""

import io
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread

# Lines of bytes, each within a bound: the longest line of a file takes no more memory.


_BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands, its end included; None where it is over the limit.

    `end` is the byte behind it, counted in the stream that it was read from.
    """

    number: int
    raw: bytes | None
    end: int


def cut(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Line]:
    """Yield the lines from where the stream stands, numbered after `start`.

    Raises:
        OSError: the stream is broken; all lines that were whole have been given.
    """
    number, end = start.row, start.end or 0
    if not end and stream.peek(len(_BOM)).startswith(_BOM):
        end = len(stream.read(len(_BOM)))
    while raw := stream.readline(limit_bytes + 2):
        number += 1
        end += len(raw)
        if _length(raw) <= limit_bytes:
            yield Line(number, raw, end)
            continue
        while not raw.endswith(b"\n"):
            raw = stream.readline(_CHUNK)
            if not raw:
                break
            end += len(raw)
        yield Line(number, None, end)


def text_of(raw: bytes) -> str | Reason:
    """Return the text of a line without its end, or why it has none."""
    if raw.endswith(b"\n"):
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    if b"\x00" in raw and 3 * raw.count(0) >= len(raw):
        return Reason.BINARY  # UTF-16 without a mark, or a hole in a log: no reader would see it
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Reason.ENCODING


def rows(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Item]:
    """Yield each line as a row; empty ones are left out, and counted in the numbers."""
    for line in cut(stream, limit_bytes, start):
        if line.raw is None:
            yield Unread(line.number, Reason.LONG, end=line.end)
            continue
        text = text_of(line.raw)
        if isinstance(text, Reason):
            yield Unread(line.number, text, end=line.end)
        elif text and not text.isspace():
            yield Row(line.number, text, end=line.end)


def _length(raw: bytes) -> int:
    if raw.endswith(b"\r\n"):
        return len(raw) - 2
    return len(raw) - raw.endswith(b"\n")


# JSON lines, of which one key is read.


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


_DELIMITERS = ",;\t|"
_FIELD = '"([^"]*(?:""[^"]*)*)"|([^"{0}][^{0}]*|)'


@dataclass(frozen=True, slots=True)
class _Record:
    lines: tuple[Line, ...]
    fields: tuple[str, ...] | Reason


class Table:
    """The records of one file. `enter` moves its stream to a byte, where that can be done."""

    def __init__(self, stream: io.BufferedReader, manner: Manner, format: str) -> None:
        """Read the head: the first record, which names the columns where `manner.head` says so."""
        self._stream, self._manner = stream, manner
        self._delimiter = "\t" if format == "tsv" else ""
        self._width = 0  # fields of the first record: what a record of several lines must have

    def items(self, start: Mark) -> Iterator[Item]:
        """Yield the head as row 0, then the records; those before `start` only if need be."""
        records = self._records(Mark())
        first = next(records, None)
        if first is None:
            return
        names = self._names(first.fields)
        if self._manner.column and self._manner.column not in names:
            yield Unread(0, Reason.COLUMN)
            return
        number, rest = 0, records
        if start.items and start.end:  # only a file that can be entered has such a mark
            self._stream.seek(start.end)
            number, rest = start.row, self._records(Mark(start.items, 0, start.end))
        elif self._manner.head:
            yield from self._head(first)
        else:
            number += 1
            yield from self._item(first, number, names)
        for record in rest:
            number += 1
            yield from self._item(record, number, names)

    def _head(self, record: _Record) -> Iterator[Item]:
        if self._manner.column:
            return
        end = record.lines[-1].end
        if isinstance(record.fields, Reason):
            yield Unread(0, record.fields, end=end)
        elif text := self._delimiter.join(record.fields):
            yield Row(0, text, end=end)

    def _names(self, fields: tuple[str, ...] | Reason) -> tuple[str, ...]:
        if isinstance(fields, Reason):
            return ()
        taken: list[str] = []
        for at, name in enumerate(fields, 1):
            known = name.strip() if self._manner.head else ""
            known = known or f"column_{at}"
            taken.append(known if known not in taken else f"{known}_{at}")
        return tuple(taken)

    def _item(self, record: _Record, number: int, names: Sequence[str]) -> Iterator[Item]:
        end = record.lines[-1].end
        if isinstance(record.fields, Reason):
            yield Unread(number, record.fields, end=end)
            return
        if not any(record.fields):
            return
        named = dict(_named(record.fields, names))
        if not self._manner.column:
            yield Row(number, orjson.dumps(named).decode(), end=end)
        elif self._manner.column not in named:
            yield Unread(number, Reason.COLUMN, end=end)
        elif text := named[self._manner.column]:
            yield Row(number, text, end=end)

    def _records(self, start: Mark) -> Iterator[_Record]:
        source = cut(self._stream, self._manner.row_limit_bytes, start)
        again: deque[Line] = deque()
        while (line := again.popleft() if again else next(source, None)) is not None:
            if line.raw is None:
                yield _Record((line,), Reason.LONG)
                continue
            if not line.raw.strip(b"\r\n"):
                continue
            self._delimiter = self._delimiter or _delimiter_of(line.raw)
            lines, closed = self._gathered(line, again, source)
            fields = self._split(lines) if closed else Reason.QUOTE
            if len(lines) > 1 and not self._holds(fields):
                again.extendleft(reversed(lines[1:]))
                lines, fields = lines[:1], Reason.QUOTE
            if isinstance(fields, tuple):
                self._width = self._width or len(fields)
            yield _Record(tuple(lines), fields)

    def _holds(self, fields: tuple[str, ...] | Reason) -> bool:
        """Say whether several lines are one record, and not a quote that was never closed."""
        if isinstance(fields, Reason):
            return fields not in {Reason.QUOTE, Reason.LONG}
        return self._width in {0, len(fields)}

    def _gathered(
        self, line: Line, again: deque[Line], source: Iterator[Line]
    ) -> tuple[list[Line], bool]:
        """Return the lines of one record, and whether all its quotes are closed."""
        lines, size, quotes = [line], 0, 0
        while True:
            raw = lines[-1].raw
            if raw is None:
                return lines, False
            size += len(raw)
            quotes += raw.count(b'"')
            if quotes % 2 == 0:
                return lines, True
            if size > self._manner.row_limit_bytes:
                return lines, False
            following = again.popleft() if again else next(source, None)
            if following is None:
                return lines, False
            lines.append(following)

    def _split(self, lines: Sequence[Line]) -> tuple[str, ...] | Reason:
        raw = b"".join(line.raw or b"" for line in lines)
        if len(raw) > self._manner.row_limit_bytes + 2:
            return Reason.LONG
        text = text_of(raw)
        if isinstance(text, Reason):
            return text
        if '"' not in text:
            return tuple(text.split(self._delimiter))
        return _fields(text, self._delimiter)


def _fields(text: str, delimiter: str) -> tuple[str, ...] | Reason:
    """Return the fields of a record that has quotes.

    >>> _fields('a,"b, ""c"" ",', ",")
    ('a', 'b, "c" ', '')
    >>> _fields('a,"b"c', ",")
    <Reason.QUOTE: 'broken quote'>
    """
    field = re.compile(_FIELD.format(re.escape(delimiter)), re.DOTALL)
    found: list[str] = []
    at = 0
    while True:
        match = field.match(text, at)
        if match is None:
            return Reason.QUOTE
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if at == len(text):
            return tuple(found)
        if text[at] != delimiter:
            return Reason.QUOTE
        at += 1


def _named(fields: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, field in enumerate(fields):
        yield (names[at] if at < len(names) else f"column_{at + 1}"), field


def _delimiter_of(raw: bytes) -> str:
    counts = {each: raw.count(each.encode()) for each in _DELIMITERS}
    return max(_DELIMITERS, key=lambda each: counts[each])
