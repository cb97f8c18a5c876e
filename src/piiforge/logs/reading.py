"""One file, read item by item from any mark, whatever its format and compression."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from piiforge.errors import AskedWrongly
from piiforge.logs import har, parquet
from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread
from piiforge.logs.rows import Table, of_key, rows
from piiforge.logs.streams import Bytes, format_of, is_binary, is_packed

# From the paths of a command to the files that they name, in an order that never changes.


STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `name` is what it is called in every result; `path` None is standard input.

    `refused` says why it can't even be opened.
    """

    name: str
    path: Path | None
    size_bytes: int = 0
    changed_ns: int = 0
    refused: Reason | None = None


def find(paths: Iterable[str], *, but: Iterable[Path] = ()) -> list[Source]:
    """Return the files that `paths` name; folders are walked.

    Hidden files are taken too; a link to a folder is not followed, but comes as refused. A file
    that is named twice comes once; those in `but` are left out of folders.

    Raises:
        AskedWrongly: a path that is not there, nothing at all, or standard input twice.
    """
    left_out = {path.resolve() for path in but}
    found: dict[str, Source] = {}
    for given in paths:
        if given == STDIN:
            found.setdefault(STDIN, Source(STDIN, None))
            continue
        path = Path(given)
        if path.is_dir():
            inside = [each for each in _inside(path) if each.resolve() not in left_out]
        elif path.exists() or path.is_symlink():
            inside = [path]
        else:
            raise AskedWrongly(f"{given} is not there.", "Check the path; - is standard input.")
        for each in inside:
            found.setdefault(str(each.resolve()), _source(each))
    if not found:
        raise AskedWrongly("nothing to scan: no file in what was named.", "Check the paths.")
    return list(found.values())


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path


def _source(path: Path) -> Source:
    name = path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if path.is_dir():
        return Source(name, path, refused=Reason.UNREADABLE)  # a link to a folder, inside one
    try:
        told = path.stat()
    except OSError:
        return Source(name, path, refused=Reason.UNREADABLE)
    return Source(name, path, told.st_size, told.st_mtime_ns)


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
        if is_packed(taken.head):
            return Reason.PACKED
        is_parquet = format_of(self._name, taken.head) == "parquet"
        return Reason.BINARY if is_binary(taken.head) and not is_parquet else None

    def _from(self, taken: Bytes, start: Mark) -> Iterator[Item]:
        kind = self._manner.format or format_of(self._name, taken.head)
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
            return of_key(stream, self._manner.column, limit, start)
        if self._manner.column:
            return _columnless(stream, limit, start)
        return rows(stream, limit, start)


def _columnless(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Item]:
    """Yield every plain line as unread: a column was asked, and it has none."""
    for item in rows(stream, limit_bytes, start):
        yield Unread(item.row, Reason.COLUMN, end=item.end) if isinstance(item, Row) else item
