"""CSV and TSV: records by RFC 4180, with the way back from a quote that never ends.

A record goes on while a quote is open. Where it passes the row limit or the file's end so, or comes
to other fields than a record of several lines may have, its first line is given as unread and
reading starts again at the next line: one broken quote costs one row, not the rest of the file.
"""

import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from piiforge.logs.lines import Line, cut, text_of
from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread

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
