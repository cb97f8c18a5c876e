r"""One log, read item by item from any mark, whatever its form and what it is packed in.

`find` gives the files that the paths of a command name, in an order that never changes. What a file
is, its first bytes say, and where they say little its name. Compression, archives and Parquet go by
the bytes alone; then JSONL, where the first line is an object; then CSV, TSV and HAR by the last
part of the name that says anything (`users.csv.2` is a CSV); then JSON documents and CSV by their
first lines. What is left is plain lines. Bytes come in and UTF-8 bytes go out: unpacked,
transcoded, and counted as they leave the disk. Each form is one reader in `READERS`; Parquet and
zip alone are read from a file that can be entered anywhere.

>>> format_of("orders.csv.gz", b"id,email")
'csv'
>>> format_of("app.log", b'{"a": 1}\n{"a": 2}')
'jsonl'
"""

import codecs
import io
import os
import re
import select
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from piiforge.errors import AskedWrongly
from piiforge.logs import documents, har, packing, parquet, rows, tables
from piiforge.logs.records import NULS, UNDECODED, Item, Manner, Mark, Piece, Reason, Unread

if TYPE_CHECKING:
    from _typeshed import SupportsRead

STDIN = "-"
READERS: Mapping[str, Callable[[io.BufferedReader, Manner, Mark], Iterator[Item]]] = {
    "lines": rows.lines,
    "jsonl": rows.json_lines,
    "csv": tables.rows,
    "tsv": partial(tables.rows, delimiter="\t"),
    "har": har.rows,
    "json": documents.rows,
}
HEAD_BYTES = 64 * 1024
_PACKED = (b"7z\xbc\xaf\x27\x1c", b"\x04\x22\x4d\x18", b"Rar!", b"MSCF", b"\x1f\x9d", b"LZIP")
_BINARY = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"SQLite format 3", b"RIFF", b"MZ",
    b"OggS", b"ID3", b"\x00\x00\x01\x00", b"wOF", b"ORC", b"Obj\x01", b"ARROW1",
)  # fmt: skip
_SUFFIXES: Mapping[str, str] = {
    "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "tsv", "tab": "tsv",
    "parquet": "parquet", "pq": "parquet", "har": "har", "log": "", "txt": "", "json": "",
}  # fmt: skip
_SUFFIX = re.compile(r"[a-z]+(?![a-z])")  # `csv-20260121` and `csv~` say csv
_COMPRESSED = {"gz", "gzip", "zst", "zstd", "bz", "xz"}
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\x0b\x0c\r\b\x1b")
_HANDED = re.compile(r"/dev/stdin|/(?:dev|proc/self)/fd/\d+")  # a pipe that a shell hands over
_CHUNK = 64 * 1024
_SOON_S = 0.1
_MARKED = "piiforge.undecodable"
_BY_LINES = frozenset({"lines", "jsonl"})  # what can be cut where a line begins
_WHOLE = Piece()


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `name` is what it is called in every result; `path` None is standard input.

    `refused` says why it can't even be opened. It is read up to byte `upto` and no further, where
    that is said, and only where it is the file numbered `inode`, wherever in its folder that was
    moved to.
    """

    name: str
    path: Path | None
    size_bytes: int = 0
    changed_ns: int = 0
    refused: Reason | None = None
    upto: int | None = None
    inode: int | None = None


def find(paths: Iterable[str], *, but: Iterable[Path] = ()) -> list[Source]:
    """Return the files that `paths` name; folders are walked.

    Hidden files are taken too. What can't be read comes as refused: a folder, a link to one or to
    nothing, a file that is none (a pipe, a socket, a device; a pipe that a shell hands over by its
    number is read). A file that is named twice comes once; those in `but` are left out of folders.

    Raises:
        AskedWrongly: a path that is not there, nothing at all, or standard input twice.
    """
    left_out = {os.path.realpath(path) for path in but}
    found: dict[str, Source] = {}
    for given in paths:
        if given == STDIN:
            found.setdefault(STDIN, Source(STDIN, None))
            continue
        path = Path(given)
        try:
            told = path.lstat()
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            hint = "Check the path; - is standard input."
            raise AskedWrongly(f"{given} is not there.", hint) from error
        except OSError:
            told = None  # behind a folder that can't be entered
        for each in [_source(path, given=True)] if told is None else _walked(path):
            real = os.path.realpath(cast("Path", each.path))
            if each.path == path or real not in left_out:
                found.setdefault(real, each)
    if not found:
        raise AskedWrongly("nothing to scan: no file in what was named.", "Check the paths.")
    return list(found.values())


def _walked(given: Path) -> Iterator[Source]:
    """Yield a file, or what a folder holds, in the order of their names."""
    left = [given]
    while left:
        path = left.pop()
        try:
            told = path.stat() if path is given else path.lstat()
        except OSError:
            told = None
        if told is None or not stat.S_ISDIR(told.st_mode):
            yield _source(path, given=path is given)
            continue
        try:
            left += sorted(path.iterdir(), reverse=True)
        except OSError:
            yield Source(_named(path), path, refused=Reason.FOLDER)


def _source(path: Path, *, given: bool) -> Source:
    name = _named(path)
    try:
        told = path.stat()
    except OSError:
        return Source(name, path, refused=Reason.UNREADABLE)
    if stat.S_ISDIR(told.st_mode):  # a link to a folder is not followed
        return Source(name, path, refused=Reason.UNREADABLE)
    handed = given and stat.S_ISFIFO(told.st_mode) and _HANDED.fullmatch(str(path))
    if not stat.S_ISREG(told.st_mode) and not handed:
        return Source(name, path, refused=Reason.SPECIAL)
    return Source(name, path, told.st_size, told.st_mtime_ns)


def is_pipe(source: Source) -> bool:
    """Say whether a source comes over time: a pipe, a socket or a terminal, and no file."""
    try:
        told = source.path.stat() if source.path else os.fstat(sys.stdin.fileno())
        return source.refused is None and not stat.S_ISREG(told.st_mode)
    except (OSError, ValueError):
        return False


def _named(path: Path) -> str:
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Log:
    """One source, open or not to be opened. A context manager.

    Whatever is wrong with it comes as an Unread item; nothing is raised for what a file holds.
    """

    def __init__(self, source: Source, manner: Manner) -> None:
        """Open it."""
        self._manner, self._name = manner, source.name
        self._file: BinaryIO | None = None
        self._refused = source.refused
        self._owned = source.path is not None or is_pipe(source)
        self._spent = packing.Spent()
        self._enterable = False
        if self._refused is not None:
            return
        try:
            pipe = is_pipe(source)
            self._file = _found(source) if source.path else _stdin(pipe=pipe)
            entered = source.path is not None and not pipe and self._file.seekable()
            self._content = _Content(self._file, entered=entered, pipe=pipe)
        except OSError:
            self._refused = Reason.UNREADABLE
            return
        plain = not packing.kind_of(self._content.head)
        coded = _coding(self._content.head, manner.encoding)
        self._enterable = plain and not coded and self._content.file is not None
        self._size_bytes = source.size_bytes
        self._span: _Span | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None and self._owned:
            self._file.close()

    def text(self) -> BinaryIO | None:
        """Return what the file holds, unpacked, where more of it may come behind: lines or a table.

        None for what is whole as it is: an archive, Parquet, a document. It is read once, and then
        nothing else of this log. Broken packing raises OSError, here or when it is read.
        """
        if self._refused is not None:
            return None
        content, layers = self._content, 0
        while kind := packing.kind_of(content.head):
            if kind in {packing.TAR, packing.ZIP} or layers == packing.DEEPEST:
                return None
            inner = packing.unpacked(content.stream, kind, self._spent, outermost=not layers)
            content, layers = _Content(inner), layers + 1
        if content.broken is not None:
            raise content.broken
        head, asked = content.head, self._manner.format
        if coded := _coding(head, self._manner.encoding):
            head = head.decode(coded, "replace").encode()
        grows = (asked or format_of(self._name, head)) in _BY_LINES | {"csv", "tsv"}
        return content.stream if grows and (asked or not _refusal(head)) else None

    @property
    def is_enterable(self) -> bool:
        """Whether it is read as it stands, so that marks in it name a byte."""
        return self._enterable

    @property
    def file(self) -> BinaryIO | None:
        """The file itself, where it is one that can be entered anywhere."""
        return None if self._refused is not None else self._content.file

    def taken_bytes(self) -> int:
        """Return how many bytes were taken from the disk; 0 where that can't be told."""
        try:
            return self._file.tell() if self._file else 0
        except (OSError, ValueError):
            return 0

    def pieces(self, size: int, after: Mark | None = None) -> Iterator[Piece]:
        """Yield the pieces of about `size` bytes, from the one in which `after` lies.

        Where they are cut depends on the file and on `size` alone. What can't be read by itself is
        one piece: a table, a document, what is packed or in another encoding.
        """
        after, kind = after or Mark(), self._kind
        if kind in _BY_LINES:
            starts: Sequence[int] = range(0, max(1, self._size_bytes), size)
            passed = after.end or 0
        elif kind == "parquet":
            with self._content.whole() as file:
                starts = parquet.starts(file, size)
            passed = after.row
        else:
            yield Piece()
            return
        for start, stop in zip_longest(starts, starts[1:]):
            if stop is None or passed < stop:
                yield Piece(start, stop)

    def is_apart(self, piece: Piece, size: int) -> bool:
        """Say whether another process does well to read `piece` itself: it is no long way there."""
        return self._enterable and (not piece.is_whole or self._size_bytes <= size)

    def items(self, start: Mark | None = None, piece: Piece | None = None) -> Iterator[Item]:
        """Yield what comes after `start`, a mark that `after` gave for this file, and in `piece`.

        A file that can be entered at a byte is; another is read again and passed over. Of a piece
        that is read without a mark, lines are numbered from 1.
        """
        start, piece = start or Mark(), piece or Piece()
        self._span = None
        if self._refused is not None:
            if not start.items:
                yield Unread(0, self._refused)
        elif not piece.is_whole and self._kind in _BY_LINES:
            yield from self._lines(start, piece)
        elif self._enterable:
            yield from self._plain(self._content, self._name, start, piece)
        else:
            found = self._unpacked(self._content, self._name, layers=0, outermost=True)
            yield from islice(found, start.items, None)

    def after(self, mark: Mark, last: Item, count: int) -> Mark:
        """Return the mark behind `last`, the last of `count` items that were given after `mark`."""
        return Mark(mark.items + count, last.row, last.end if self._enterable else None)

    def behind(self, mark: Mark) -> Mark:
        """Return the mark behind the piece that was read to its end, `mark` behind its last item.

        Lines without content stand between the two, and are counted in `row`.
        """
        return Mark(mark.items, *self._span.passed()) if self._span else mark

    @cached_property
    def _kind(self) -> str:
        """The format of a file that can be entered anywhere; "" where it can't, or is no log."""
        if not self._enterable:
            return ""
        head, asked = self._content.head, self._manner.format
        kind = asked or format_of(self._name, head)
        return "" if not asked and kind != "parquet" and _refusal(head) else kind

    def _lines(self, start: Mark, piece: Piece) -> Iterator[Item]:
        """Yield the items of a piece of lines: after `start`, where it is given."""
        head, kind = self._content.head, self._kind
        sign = b"\r" if _ends_in_cr(head, kind) else b"\n"
        file = cast("BinaryIO", self._content.file)
        begin = start.end or 0
        if begin < piece.start:
            begin = _line_from(file, piece.start, piece.stop, sign=sign)
        end = piece.stop
        if end is None or begin < end:  # else no line begins in it
            end = _line_from(file, end, sign=sign)
        self._span = _Span(file, start.row, begin, max(begin, end), sign)
        stream = cast("io.BufferedReader", io.BufferedReader(self._span, _CHUNK))
        if sign == b"\r":
            stream = cast("io.BufferedReader", io.BufferedReader(_Returns(stream), _CHUNK))
        number = start.row
        try:
            for one in READERS[kind](stream, self._manner, Mark(start.items, start.row, begin)):
                number = one.row
                yield one
        except OSError as error:
            yield Unread(number + 1, _why(error))

    def _unpacked(
        self, content: "_Content", name: str, *, layers: int, outermost: bool
    ) -> Iterator[Item]:
        """Yield the items of a content that is packed `layers` deep; of an archive, all members'.

        `outermost`: what is taken comes from the file itself, and counts as such.
        """
        kind = packing.kind_of(content.head)
        if content.broken is not None:
            yield Unread(0, _why(content.broken))
        elif not kind:
            yield from self._plain(content, name, Mark())
        elif layers == packing.DEEPEST:
            yield Unread(0, Reason.MUCH)
        elif kind in {packing.TAR, packing.ZIP}:
            yield from self._members(content, kind, layers=layers, outermost=outermost)
        else:
            stream = packing.unpacked(content.stream, kind, self._spent, outermost=outermost)
            last: Item | None = None
            inner = _Content(stream)
            for last in self._unpacked(inner, name, layers=layers + 1, outermost=False):
                yield last
            if stream.rest:
                yield Unread(last.row + 1 if last and not last.member else 0, Reason.REST)

    def _members(
        self, content: "_Content", kind: str, *, layers: int, outermost: bool
    ) -> Iterator[Item]:
        direct = outermost and kind == packing.TAR
        try:
            for one in self._files(content, kind, outermost=outermost):
                if one.refused is not None:
                    yield Unread(0, one.refused, member=one.name)
                    continue
                inner = _Content(one.stream)
                for each in self._unpacked(inner, one.name, layers=layers + 1, outermost=direct):
                    member = f"{one.name}!{each.member}" if each.member else one.name
                    yield replace(each, member=member)
                if self._spent.over():
                    raise packing.Stopped(Reason.MUCH)
        except OSError as error:
            yield Unread(0, _why(error))

    def _files(
        self, content: "_Content", kind: str, *, outermost: bool
    ) -> Iterator[packing.Member]:
        if kind == packing.TAR:
            yield from packing.tarred(content.stream)
            return
        with content.whole() as file:
            yield from packing.zipped(file, self._spent, outermost=outermost)

    def _plain(
        self, content: "_Content", name: str, start: Mark, piece: Piece = _WHOLE
    ) -> Iterator[Item]:
        """Yield the items after `start` of a content that is not packed."""
        stream, head = content.stream, content.head
        if coded := _coding(head, self._manner.encoding):
            stream = io.BufferedReader(_Recoded(stream, coded), _CHUNK)
            head = head.decode(coded, "replace").encode()
        kind = self._manner.format or format_of(name, head)
        if not self._manner.format and kind != "parquet" and (why := _refusal(head)):
            if not start.items:
                yield Unread(0, why)
            return
        if kind in {"csv", "tsv", "lines", "jsonl"} and _ends_in_cr(head, kind):
            stream = io.BufferedReader(_Returns(stream), _CHUNK)
        number = start.row
        try:
            for one in self._read(content, stream, kind, start, piece):
                number = one.row
                yield one
            while not self._enterable and stream.read(_CHUNK):
                pass  # what a reader left may be broken, too
        except OSError as error:
            yield Unread(number + 1, _why(error))

    def _read(
        self, content: "_Content", stream: io.BufferedReader, kind: str, start: Mark, piece: Piece
    ) -> Iterator[Item]:
        if kind == "parquet":
            with content.whole() as file:
                yield from parquet.rows(file, self._manner, start, piece)
        elif start.items and start.end and self._enterable:
            yield from READERS[kind](stream, self._manner, start)
        else:
            yield from islice(READERS[kind](stream, self._manner, Mark()), start.items, None)


def format_of(name: str, head: bytes) -> str:
    """Return the format of what begins with `head` once decompressed."""
    if head.startswith(b"PAR1"):
        return "parquet"
    text = NULS.sub(b"", head.removeprefix(codecs.BOM_UTF8)).lstrip()
    lines = text.replace(b"\r", b"\n" if b"\n" not in text else b"").split(b"\n")
    is_record = isinstance(rows.parsed(lines[0].decode(errors="replace")), Mapping)
    if (named := _format_by(name)) and not (is_record and named in {"csv", "tsv"}):
        return named
    packed = b"".join(text[:400].split())
    if packed.startswith(b'{"log":{') and b'"version"' in packed and b'"creator"' in packed:
        return "har"
    cut = len(head) >= HEAD_BYTES
    if documents.is_document(b"\n".join(lines), cut=cut):
        return "json"
    if is_record or (cut and len(lines) == 1 and text.startswith(b"{")):
        return "jsonl"
    return "csv" if tables.is_table(lines[:-1] if cut else lines) else "lines"


def _format_by(name: str) -> str:
    """Return the format that a name says, whatever a rotation or a backup put behind it, or "".

    >>> [_format_by(name) for name in ("a.csv.1.gz", "a.csv-20260121", "a.tsv.bak", "a.csv.txt")]
    ['csv', 'csv', 'tsv', '']
    """
    endings = [part for part in name.lower().split(".")[1:] if part not in _COMPRESSED]
    for behind, ending in enumerate(reversed(endings)):
        word = _SUFFIX.match(ending)
        named = _SUFFIXES.get(word[0]) if word else None
        if named is not None and not (behind and named in {"parquet", "har"}):
            return named
    return ""


def check_encoding(name: str) -> None:
    """Raise AskedWrongly where Python knows no such text encoding."""
    try:
        "".encode(name)
    except LookupError as error:
        hint = "Try utf-8, latin-1, cp1252 or utf-16."
        raise AskedWrongly(f"no encoding named {name!r}.", hint) from error


def _found(source: Source) -> BinaryIO:
    """Return a file open, up to where it is to be read.

    Raises:
        OSError: it can't be opened, or is no longer there.
    """
    path = cast("Path", source.path)
    file = _opened(path)
    if source.inode is not None and os.fstat(file.fileno()).st_ino != source.inode:
        file.close()
        moved = (each for each in path.parent.iterdir() if each.lstat().st_ino == source.inode)
        file = _opened(next(moved, path.with_name("")))
    if source.upto is None:
        return file
    return cast("BinaryIO", io.BufferedReader(_Upto(file, source.upto), _CHUNK))


def _opened(path: Path) -> BinaryIO:
    """Return a file open; what is none is never waited for.

    Raises:
        OSError: it can't be opened, or is no file.
    """

    def opener(name: str, flags: int) -> int:
        number = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
        mode = os.fstat(number).st_mode
        if stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and _HANDED.fullmatch(str(path))):
            os.set_blocking(number, True)
            return number
        os.close(number)
        raise OSError("not a regular file")

    return path.open("rb", _CHUNK) if os.name == "nt" else open(path, "rb", _CHUNK, opener=opener)


def _stdin(*, pipe: bool) -> BinaryIO:
    """Return standard input; of a pipe what there is already, without waiting for more.

    It is then read by another number, as its own object is locked while someone waits for it.
    """
    if not pipe:
        return sys.stdin.buffer
    return cast("BinaryIO", io.FileIO(os.dup(sys.stdin.fileno())))


def _why(error: OSError) -> Reason:
    return error.reason if isinstance(error, packing.Stopped) else Reason.CUT


class _Content:
    """A stream of bytes whose first, `head`, were looked at; `stream` begins with them again.

    `file` is what it is read from where that can be entered at a byte. `broken`: nothing comes.
    """

    def __init__(
        self, source: "SupportsRead[bytes]", *, entered: bool = False, pipe: bool = False
    ) -> None:
        looked = _Looked(source, pipe=pipe)
        self.head = looked.head
        self.broken = looked.error if not looked.head else None
        self.file = cast("BinaryIO", source) if entered else None
        if self.file:
            self.file.seek(0)
        stream = self.file or io.BufferedReader(looked, _CHUNK)
        self.stream = cast("io.BufferedReader", stream)

    @contextmanager
    def whole(self) -> Iterator[BinaryIO]:
        """Give all of it as a file that can be entered anywhere; spooled to disk if need be."""
        if self.file:
            self.file.seek(0)
            yield self.file
            return
        with tempfile.TemporaryFile() as spool:  # nameless, gone with its user
            while chunk := self.stream.read(_CHUNK):
                spool.write(chunk)
            spool.seek(0)
            yield cast("BinaryIO", spool)


class _Looked(io.RawIOBase):
    """What was read of a stream already, `head`, and then the rest; an error comes in its place.

    The head of a pipe is one line at least, and what comes soon behind it.
    """

    def __init__(self, source: "SupportsRead[bytes]", *, pipe: bool = False) -> None:
        self._source = source
        self.head = b""
        self.error: OSError | None = None
        try:
            while len(self.head) < HEAD_BYTES and (piece := source.read(packing.PIECE)):
                self.head += piece
                if pipe and b"\n" in piece and not _comes(cast("BinaryIO", source)):
                    break
        except OSError as error:
            self.error = error
        self._left = self.head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), packing.PIECE)
        piece, self._left = self._left[:size], self._left[size:]
        if not piece and self.error:
            raise self.error
        piece = piece or self._source.read(size)
        buffer[: len(piece)] = piece
        return len(piece)


def _comes(pipe: BinaryIO) -> bool:
    """Say whether more of a pipe comes soon, or its end."""
    try:
        return bool(select.select([pipe], [], [], _SOON_S)[0])
    except (OSError, ValueError):  # of Windows: pipes can't be asked there
        return True


def _coding(head: bytes, asked: str) -> str:
    """Return the encoding that a byte order mark names, or UTF-16 without one, "" for UTF-8."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if codecs.lookup(asked).name not in {"utf-8", "utf-8-sig"}:
        return asked
    for coding, letters, zeros in (
        ("utf-16-le", head[::2], head[1::2]),
        ("utf-16-be", head[1::2], head[::2]),
    ):
        if (
            len(zeros) > 3
            and 10 * zeros.count(0) > 7 * len(zeros)
            and 20 * letters.count(0) < len(letters)
        ):
            return coding
    return ""


def _refusal(head: bytes) -> Reason | None:
    """Return why this is no log, by its first bytes; None where it may be one.

    Holes are passed over, and so are a few binary lines: what counts is what most of it is.
    """
    dense = NULS.sub(b"", head)
    if dense.startswith(_PACKED):
        return Reason.PACKED
    if head.startswith(_BINARY) or dense.startswith(_BINARY):
        return Reason.BINARY
    binary = sum(len(line) for line in dense.split(b"\n") if _is_binary(line))
    return Reason.BINARY if 2 * binary > len(dense) else None


def _is_binary(line: bytes) -> bool:
    if 10 * line.count(0) > len(line):
        return True
    controls = len(line) - len(line.translate(None, _CONTROLS))
    if 20 * controls <= len(line):
        return False
    return 5 * len(UNDECODED.findall(line.decode(errors="surrogateescape"))) > len(line)


def _ends_in_cr(head: bytes, kind: str) -> bool:
    """Whether lines end as on an old Mac: in carriage returns, and in nothing else."""
    probe = re.sub(rb'"[^"]*"', b"", head) if kind in {"csv", "tsv"} else head
    probe = probe[:-1] if len(head) >= HEAD_BYTES else probe  # its last may be half an end
    return b"\r" in probe and b"\n" not in probe


def _line_from(file: BinaryIO, place: int | None, stop: int | None = None, *, sign: bytes) -> int:
    """Return where the first line begins at `place` or behind it, `stop` where none does before.

    None for either is the end of the file. No more is read than up to `stop`.
    """
    end = file.seek(0, io.SEEK_END) if place is None or stop is None else stop
    if place is None:
        return end
    at = file.seek(max(0, place - 1))
    while place and at < end and (chunk := file.read(_CHUNK)):
        if (found := chunk.find(sign)) >= 0:
            return min(at + found + 1, end)
        at += len(chunk)
    return end if place else 0


class _Upto(io.RawIOBase):
    """A file as if it ended at a byte."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file, self._end = file, end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        begun = {io.SEEK_SET: 0, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._end}
        return self._file.seek(begun[whence] + place)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(max(0, min(len(buffer), self._end - self._file.tell())))
        buffer[: len(piece)] = piece
        return len(piece)


class _Span(io.RawIOBase):
    """The bytes of a file from a line's beginning to another's; counts the lines that end in it."""

    def __init__(self, file: BinaryIO, row: int, begin: int, end: int, sign: bytes) -> None:
        self._file, self._row, self._end, self._sign = file, row, end, sign
        self._at = file.seek(begin)

    def passed(self) -> tuple[int, int]:
        """Return the lines before the place where reading stands, and the place."""
        return self._row, self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        assert (place, whence) == (self._at, io.SEEK_SET), "it is read from its beginning on"
        return place

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(max(0, min(len(buffer), self._end - self._at)))
        self._at += len(piece)
        self._row += piece.count(self._sign)
        buffer[: len(piece)] = piece
        return len(piece)


class _Returns(io.RawIOBase):
    """A stream with a line feed for every carriage return: as many bytes."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._source.seekable()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(place, whence)

    def tell(self) -> int:
        return self._source.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._source.read1(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(piece)] = piece
        return len(piece)


class _Recoded(io.RawIOBase):
    """Another encoding as UTF-8. What can't be decoded becomes bytes that are no UTF-8."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        codecs.register_error(
            _MARKED, lambda error: ("\udcff", cast("UnicodeDecodeError", error).end)
        )
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)(_MARKED)
        self._left = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left and not self._ended:
            chunk = self._source.read(_CHUNK)
            self._ended = not chunk
            text = self._decoder.decode(chunk, final=self._ended)
            self._left = text.encode("utf-8", "surrogatepass")
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
