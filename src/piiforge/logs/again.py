"""A log written again in its own form, with edits made in the contents of its rows.

What reads a row gives what writes it, too: a line keeps its end and its colours, a table its quotes
and delimiters, JSON every sign that no edit touches, Parquet its schema, row groups and metadata.
What a file is packed in or encoded in is put on again, layer by layer; an archive gets the members
that could be written. Which edits are made, `change` says, a batch of rows at a time; this room
knows no category.

A row that was not read is never written. Of a row that was read but for a part of it, that part
becomes U+FFFD. Folders and links of an archive, and the names that gzip keeps, are not written.
"""

import bz2
import codecs
import gzip
import io
import lzma
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import IO, BinaryIO, Protocol, cast

from piiforge.logs import documents, har, log, packing, parquet, rows, tables
from piiforge.logs.records import Item, Manner, Passage, Reason, Unread
from piiforge.types import Edit

_CHUNK = 64 * 1024
_AGAIN: dict[str, Callable[[io.BufferedReader, Manner], Iterator[Passage]]] = {
    "lines": rows.lines_again,
    "jsonl": rows.lines_again,
    "csv": tables.again,
    "tsv": partial(tables.again, delimiter="\t"),
}


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take them."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows of a batch may be changed.

    `members`: the names in them are their own, and may be changed too; else they are those of
    columns. `views` gives what is read out of a content besides it.
    """

    members: bool = True
    views: Callable[[str], Sequence[str]] | None = None


Change = Callable[[Sequence[Item], Form], Sequence[Sequence[Edit] | None]]
"""Gives for each item the edits of its content; None: it is not written."""


class Again:
    """Writes one source again. Reading it raises nothing, as for `Log`; writing may."""

    def __init__(
        self,
        source: log.Source,
        manner: Manner,
        change: Change,
        *,
        at_once: int,
        renamed: Callable[[str], str] = str,
    ) -> None:
        """`at_once` rows are given to `change` together; `renamed` names members of archives."""
        self._source, self._manner = source, manner
        self._change, self._at_once, self._renamed = change, at_once, renamed
        self._file: BinaryIO | None = None
        self._spent = packing.Spent()
        self._member = ""

    def write(self, out: Sink) -> bool:
        """Write all of it to `out`; False where nothing of it may be written."""
        if self._source.refused is not None:
            return self._refuse(self._source.refused)
        owned = self._source.path is not None
        try:
            file = log._opened(self._source.path) if self._source.path else sys.stdin.buffer
        except OSError:
            return self._refuse(Reason.UNREADABLE)
        self._file = file
        try:
            content = log._Content(file, entered=owned and file.seekable())
            return self._unpacked(content, self._source.name, out, layers=0, outermost=True)
        finally:
            if owned:
                file.close()

    def taken_bytes(self) -> int:
        """Return how many bytes were taken from the disk; 0 where that can't be told."""
        try:
            return self._file.tell() if self._file else 0
        except (OSError, ValueError):
            return 0

    def _refuse(self, reason: Reason, row: int = 0) -> bool:
        self._tell([Unread(row, reason)], Form())
        return False

    def _tell(self, items: Sequence[Item], form: Form) -> Sequence[Sequence[Edit] | None]:
        return self._change([replace(each, member=self._member) for each in items], form)

    def _unpacked(
        self, content: log._Content, name: str, out: Sink, *, layers: int, outermost: bool
    ) -> bool:
        kind = packing.kind_of(content.head)
        if content.broken is not None:
            return self._refuse(log._why(content.broken))
        if not kind:
            return self._plain(content, name, out)
        if layers == packing.DEEPEST:
            return self._refuse(Reason.MUCH)
        if kind in {packing.TAR, packing.ZIP}:
            return self._members(content, kind, out, layers=layers, outermost=outermost)
        stream = packing.unpacked(content.stream, kind, self._spent, outermost=outermost)
        with _packed(kind, out) as sink:
            inner = log._Content(stream)
            written = self._unpacked(inner, name, sink, layers=layers + 1, outermost=False)
        if stream.rest:
            self._refuse(Reason.REST)
        return written

    def _members(
        self, content: log._Content, kind: str, out: Sink, *, layers: int, outermost: bool
    ) -> bool:
        direct, around = outermost and kind == packing.TAR, self._member
        with _archive(kind, out) as add:
            try:
                for one in self._files(content, kind, outermost=outermost):
                    self._member = f"{around}!{one.name}" if around else one.name
                    if one.refused is not None:
                        self._refuse(one.refused)
                        continue
                    inner = log._Content(one.stream)
                    with tempfile.TemporaryFile() as spool:  # a tar tells the size before
                        sink = cast("Sink", spool)
                        if self._unpacked(
                            inner, one.name, sink, layers=layers + 1, outermost=direct
                        ):
                            add(self._renamed(one.name), cast("IO[bytes]", spool))
                    if self._spent.over():
                        raise packing.Stopped(Reason.MUCH)
            except packing.Stopped as error:
                self._refuse(error.reason)
            except OSError as error:
                self._refuse(log._why(error))
            finally:
                self._member = around
        return True

    def _files(
        self, content: log._Content, kind: str, *, outermost: bool
    ) -> Iterator[packing.Member]:
        if kind == packing.TAR:
            yield from packing.tarred(content.stream)
            return
        with content.whole() as file:
            yield from packing.zipped(file, self._spent, outermost=outermost)

    def _plain(self, content: log._Content, name: str, out: Sink) -> bool:
        stream, head = content.stream, content.head
        coded = log._coding(head, self._manner.encoding)
        if coded:
            stream = io.BufferedReader(log._Recoded(stream, coded), _CHUNK)
            out = _Encoded(out, coded, head)
            head = head.decode(coded, "replace").encode()
        kind = self._manner.format or log.format_of(name, head)
        if not self._manner.format and kind != "parquet" and (why := log._refusal(head)):
            return self._refuse(why)
        if kind in {*_AGAIN} and log._ends_in_cr(head, kind):
            stream, out = io.BufferedReader(log._Returns(stream), _CHUNK), _InReturns(out)
        if kind == "parquet":
            with content.whole() as file:
                sink = _Writable(out)
                return parquet.again(file, self._manner, sink, self._of_columns, self._at_once)
        if kind in _AGAIN:
            self._passages(_AGAIN[kind](stream, self._manner), kind, head, out)
        else:
            self._document(stream, kind, out)
        return True

    def _of_columns(self, items: Sequence[Item]) -> Sequence[Sequence[Edit] | None]:
        return self._tell(items, Form(members=False))

    def _passages(self, found: Iterator[Passage], kind: str, head: bytes, out: Sink) -> None:
        """Write passage after passage; what comes behind a break is not written."""
        form, broken = Form(members=kind not in {"csv", "tsv"}), None
        if head.startswith(codecs.BOM_UTF8):
            out.write(codecs.BOM_UTF8)
        number = 0

        def following() -> Iterator[Passage]:
            nonlocal broken
            try:
                yield from found
            except OSError as error:
                broken = log._why(error)

        source = following()
        while batch := list(islice(source, self._at_once)):
            items = [one.item for one in batch if one.item is not None]
            edits = iter(self._tell(items, form) if items else ())
            for one in batch:
                if one.item is None:
                    out.write(one.raw)
                    continue
                number, made = one.item.row, next(edits)
                if isinstance(one.item, Unread) or made is None:
                    continue
                kept = not made and not one.item.lost
                out.write(one.raw if kept or one.write is None else one.write(made))
        if broken is not None:
            self._refuse(broken, number + 1)

    def _document(self, stream: io.BufferedReader, kind: str, out: Sink) -> None:
        """Write a document of JSON, or the lines where its first is an object."""
        limit = self._manner.row_limit_bytes
        if kind == "json":
            first = stream.readline(limit + 2)
            stream = io.BufferedReader(documents.Again(first, stream), _CHUNK)
            if isinstance(rows.parsed(first.decode("utf-8", "replace")), dict):
                self._passages(rows.lines_again(stream, self._manner), "jsonl", first, out)
                return
        form = Form(views=partial(har.views, limit) if kind == "har" else None)
        held = _Held(stream)
        source = documents.pieces(io.BufferedReader(held, _CHUNK), limit)
        number, cut = 0, False
        broken: Reason | None = None
        while True:
            batch: list[documents.Piece] = []
            try:
                batch += islice(source, self._at_once)
            except OSError as error:
                broken = log._why(error)
            if not batch:
                break
            read = [documents.read(piece) for piece in batch]
            items = [each for each in read if each is not None]
            changes = iter(self._tell(items, form) if items else ())
            for piece, one in zip(batch, read, strict=True):
                made = next(changes) if one is not None else ()
                number, cut = piece.row, cut or piece.cut
                for told in documents.unread(piece):
                    self._tell([told], form)
                held.edit(piece, one, made)
            if batch[-1].marks:
                out.write(held.up_to(max(place for _, place in batch[-1].marks)))
            if broken is not None:
                break
        if broken is not None:
            self._refuse(broken, number + 1)
        elif not cut:
            out.write(held.rest())


class _Held(io.RawIOBase):
    """A stream, and what was read of it and is not yet written, with the edits to make in it."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._bytes, self._start = bytearray(), 0
        self._edits: list[tuple[int, int, bytes]] = []

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._source.read1(len(buffer))
        # a hole would move every place behind it: each of its NULs is a blank of its own
        piece = piece.replace(b"\x00", b" ")
        self._bytes += piece
        buffer[: len(piece)] = piece
        return len(piece)

    def edit(self, piece: documents.Piece, read: Item | None, made: Sequence[Edit] | None) -> None:
        """Note the edits of a piece, where it stood. None: all of its values go."""
        found = list(documents.placed(piece, read, made, self._token_end))
        if any(start < self._start for start, _, _ in found):  # in a name that is written already
            found = list(documents.placed(piece, read, None, self._token_end))
        self._edits += (one for one in found if one[0] >= self._start)

    def _token_end(self, start: int) -> int:
        """Return where a token that begins at a place of the stream ends."""
        return self._start + documents.token_end(self._bytes, start - self._start)

    def up_to(self, start: int) -> bytes:
        """Return what may be written up to the end of the token at `start`, edits made."""
        return self._taken(self._token_end(start))

    def rest(self) -> bytes:
        """Return all that is left."""
        return self._taken(self._start + len(self._bytes))

    def _taken(self, end: int) -> bytes:
        found, done = bytearray(), self._start
        for start, stop, new in sorted(self._edits):
            if start < done:
                continue
            found += self._bytes[done - self._start : start - self._start] + new
            done = stop
        end = max(end, done)
        found += self._bytes[done - self._start : end - self._start]
        del self._bytes[: end - self._start]
        self._start, self._edits = end, []
        return bytes(found)


class _Encoded:
    """A sink of UTF-8 whose bytes go on in another encoding, behind its byte order mark."""

    def __init__(self, out: Sink, coding: str, head: bytes) -> None:
        self._out = out
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        marks = {
            "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
            "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
        }
        mark, named = next(
            (
                each
                for each in marks.get(codecs.lookup(coding).name, ())
                if head.startswith(each[0])
            ),
            (b"", coding),
        )
        self._encoder = codecs.getincrementalencoder(named)("replace")
        if mark:
            out.write(mark)

    def write(self, data: bytes, /) -> None:
        """Write UTF-8 bytes on."""
        self._out.write(self._encoder.encode(self._decoder.decode(data)))


@dataclass(frozen=True, slots=True)
class _InReturns:
    """A sink whose lines end in carriage returns, as on an old Mac."""

    out: Sink

    def write(self, data: bytes, /) -> None:
        """Write on, with a carriage return for every line feed."""
        self.out.write(data.replace(b"\n", b"\r"))


@contextmanager
def _packed(kind: str, out: Sink) -> Iterator[Sink]:
    """Give a sink that packs into `out`."""
    match kind:
        case "gzip":
            with gzip.GzipFile("", "wb", fileobj=cast("IO[bytes]", out), mtime=0) as packed:
                yield packed
        case "bzip2":
            with bz2.BZ2File(cast("IO[bytes]", out), "wb") as bzipped:
                yield bzipped
        case "xz":
            with lzma.LZMAFile(cast("IO[bytes]", out), "wb") as xz:
                yield xz
        case _:
            import pyarrow as pa

            with pa.CompressedOutputStream(pa.PythonFile(_Writable(out), "w"), "zstd") as arrow:
                yield cast("Sink", arrow)


class _Writable(io.RawIOBase):
    """A sink as a file that Arrow may close."""

    def __init__(self, out: Sink) -> None:
        self._out, self._at = out, 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(cast("bytes", data))
        self._out.write(piece)
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._at


@contextmanager
def _archive(kind: str, out: Sink) -> Iterator[Callable[[str, IO[bytes]], None]]:
    """Give what adds a file by its name to an archive that is written into `out`."""
    sink = cast("IO[bytes]", _Writable(out))
    if kind == packing.ZIP:
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:

            def zipped(name: str, file: IO[bytes]) -> None:
                file.seek(0)
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                    while chunk := file.read(_CHUNK):
                        member.write(chunk)

            yield zipped
        return
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:

        def tarred(name: str, file: IO[bytes]) -> None:
            told = tarfile.TarInfo(name)
            told.size = file.seek(0, io.SEEK_END)
            file.seek(0)
            tar.addfile(told, file)

        yield tarred
