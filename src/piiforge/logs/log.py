"""One log, read item by item from any mark, whatever its form and compression.

`find` gives the files that the paths of a command name, in an order that never changes. Each form
is one reader in `READERS`; Parquet alone is read from a file that can be entered anywhere.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Self

from piiforge.errors import AskedWrongly
from piiforge.logs import har, parquet, rows
from piiforge.logs.records import Item, Manner, Mark, Reason, Unread
from piiforge.logs.streams import Bytes, format_of

STDIN = "-"
READERS: Mapping[str, Callable[[io.BufferedReader, Manner, Mark], Iterator[Item]]]
READERS = MappingProxyType(
    {
        "lines": rows.lines,
        "jsonl": rows.json_lines,
        "csv": rows.table,
        "tsv": partial(rows.table, delimiter="\t"),
        "har": har.rows,
    }
)


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
            every = (
                each for each in sorted(path.rglob("*")) if each.is_symlink() or not each.is_dir()
            )
            inside = [each for each in every if each.resolve() not in left_out]
        elif path.exists() or path.is_symlink():
            inside = [path]
        else:
            raise AskedWrongly(f"{given} is not there.", "Check the path; - is standard input.")
        for each in inside:
            found.setdefault(str(each.resolve()), _source(each))
    if not found:
        raise AskedWrongly("nothing to scan: no file in what was named.", "Check the paths.")
    return list(found.values())


def _source(path: Path) -> Source:
    name = path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        told = None if path.is_dir() else path.stat()  # a link to a folder is not followed
    except OSError:
        told = None
    if told is None:
        return Source(name, path, refused=Reason.UNREADABLE)
    return Source(name, path, told.st_size, told.st_mtime_ns)


class Log:
    """One source, open or not to be opened. A context manager.

    Whatever is wrong with it comes as an Unread item; nothing is raised for what a file holds.
    """

    def __init__(self, source: Source, manner: Manner) -> None:
        """Open it."""
        self._manner, self._name = manner, source.name
        self._bytes: Bytes | None = None
        self._refused = source.refused
        if self._refused is None:
            try:
                self._bytes = Bytes(source.path, manner.encoding)
                looked = self._bytes.broken or not manner.format
                self._refused = self._bytes.refusal(source.name) if looked else None
            except OSError:
                self._refused = Reason.UNREADABLE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bytes is not None:
            self._bytes.close()

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
            for one in self._from(self._bytes, start):
                number = one.row
                yield one
        except OSError:
            yield Unread(number + 1, Reason.CUT)

    def after(self, mark: Mark, last: Item, count: int) -> Mark:
        """Return the mark behind `last`, the last of `count` items that were given after `mark`."""
        enterable = self._bytes is not None and self._bytes.enterable
        return Mark(mark.items + count, last.row, last.end if enterable else None)

    def _from(self, taken: Bytes, start: Mark) -> Iterator[Item]:
        kind = self._manner.format or format_of(self._name, taken.head)
        if kind == "parquet":
            with taken.seekable() as file:
                yield from parquet.rows(file, self._manner, start)
        elif start.items and start.end and taken.enterable:
            yield from READERS[kind](taken.stream, self._manner, start)
        else:
            found = READERS[kind](taken.stream, self._manner, Mark())
            yield from islice(found, start.items, None)
