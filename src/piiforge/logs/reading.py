"""One file, read item by item from any mark, whatever its format and compression."""

import io
from collections.abc import Iterator
from itertools import islice
from types import TracebackType
from typing import Self

from piiforge.logs import har, json_rows, kinds, lines, parquet
from piiforge.logs.delimited import Table
from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread
from piiforge.logs.streams import Bytes
from piiforge.logs.walking import Source


class Log:
    """One source, open or not to be opened. A context manager.

    Whatever is wrong with it comes as an Unread item; nothing is raised for what a file holds.
    """

    def __init__(self, source: Source, manner: Manner) -> None:
        """Open it."""
        self._manner = manner
        self._bytes: Bytes | None = None
        self._refused = source.refused
        self._name = source.name
        if self._refused is None:
            try:
                self._bytes = Bytes(source.path, manner.encoding)
                self._refused = self._looked(self._bytes)
            except OSError:
                self._refused = Reason.UNREADABLE

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bytes is not None:
            self._bytes.__exit__(kind, error, trace)

    def taken_bytes(self) -> int:
        """Return how many bytes were taken from the disk; 0 where that can't be told."""
        return self._bytes.taken() if self._bytes else 0

    def items(self, start: Mark | None = None) -> Iterator[Item]:
        """Yield what comes after `start`, a mark that `after` gave for this file.

        A file that can be entered at a byte is; another is read again and passed over.
        """
        start = start or Mark()
        if self._bytes is None or self._refused is not None:
            if not start.items:
                yield Unread(0, self._refused or Reason.UNREADABLE)
            return
        number = start.row
        try:
            for item in self._from(self._bytes, start):
                number = item.row
                yield item
        except OSError:
            yield Unread(number + 1, Reason.CUT)

    def after(self, mark: Mark, item: Item, count: int) -> Mark:
        """Return the mark behind `item`, the last of `count` that were given after `mark`."""
        enterable = self._bytes is not None and self._bytes.enterable
        return Mark(mark.items + count, item.row, item.end if enterable else None)

    def _looked(self, taken: Bytes) -> Reason | None:
        if taken.broken:
            return Reason.CUT
        if self._manner.format:
            return None
        if kinds.is_packed(taken.head):
            return Reason.PACKED
        is_parquet = kinds.format_of(self._name, taken.head) == "parquet"
        return Reason.BINARY if kinds.is_binary(taken.head) and not is_parquet else None

    def _from(self, taken: Bytes, start: Mark) -> Iterator[Item]:
        kind = self._manner.format or kinds.format_of(self._name, taken.head)
        if kind == "parquet":
            with taken.seekable() as file:
                yield from parquet.rows(file, self._manner, start)
            return
        entered = bool(start.items) and start.end is not None and taken.enterable
        if kind in {"csv", "tsv"}:
            found = Table(taken.stream, self._manner, kind).items(start if entered else Mark())
        else:
            if entered:
                taken.stream.seek(start.end or 0)
            found = self._rows(kind, taken.stream, start if entered else Mark())
        yield from found if entered else islice(found, start.items, None)

    def _rows(self, kind: str, stream: io.BufferedReader, start: Mark) -> Iterator[Item]:
        limit = self._manner.row_limit_bytes
        if kind == "har":
            return har.rows(stream, self._manner)
        if kind == "jsonl" and self._manner.column:
            return json_rows.of_key(stream, self._manner.column, limit, start)
        if self._manner.column:
            return _columnless(stream, limit, start)
        return lines.rows(stream, limit, start)


def _columnless(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Item]:
    """Yield every plain line as unread: a column was asked, and it has none."""
    for item in lines.rows(stream, limit_bytes, start):
        yield Unread(item.row, Reason.COLUMN, end=item.end) if isinstance(item, Row) else item
