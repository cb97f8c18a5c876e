r"""One log, read item by item from any mark, whatever its form and compression.

`find` gives the files that the paths of a command name, in an order that never changes. What a file
is, its name and its first bytes say. Compression and Parquet go by the bytes, whatever the name
says; CSV, TSV and HAR by the name, since their bytes say little. What is left is JSONL where its
first line is an object, else plain lines. Bytes come in and UTF-8 bytes go out: decompressed,
transcoded, and counted as they leave the disk. Each form is one reader in `READERS`; Parquet alone
is read from a file that can be entered anywhere.

>>> format_of("orders.csv.gz", b"id,email")
'csv'
>>> format_of("app.log", b'{"a": 1}\n{"a": 2}')
'jsonl'
"""

import codecs
import io
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, cast

import orjson

from piiforge.errors import AskedWrongly
from piiforge.logs import documents, har, rows
from piiforge.logs.records import Item, Manner, Mark, Reason, Unread

if TYPE_CHECKING:
    from _typeshed import SupportsRead

STDIN = "-"
READERS: Mapping[str, Callable[[io.BufferedReader, Manner, Mark], Iterator[Item]]] = {
    "lines": rows.lines,
    "jsonl": rows.json_lines,
    "csv": rows.table,
    "tsv": partial(rows.table, delimiter="\t"),
    "har": har.rows,
    "json": documents.rows,
}
HEAD_BYTES = 4096
_READABLE: Mapping[bytes, str] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_PACKED = (
    b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"\x04\x22\x4d\x18", b"Rar!",
)  # fmt: skip
_BINARY = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"SQLite format 3", b"RIFF", b"MZ",
    b"OggS", b"ID3", b"\x00\x00\x01\x00", b"wOF", b"ORC", b"Obj\x01", b"ARROW1",
)  # fmt: skip
_SUFFIXES: Mapping[str, str] = {
    "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "tsv", "tab": "tsv",
    "parquet": "parquet", "pq": "parquet", "har": "har", "log": "", "txt": "", "json": "",
}  # fmt: skip
_COMPRESSED = {"gz", "gzip", "zst", "zstd"}
_CHUNK = 64 * 1024
_PIECE = 16 * 1024  # of a decompressed stream: what a break in it may cost beyond itself
_MARKED = "piiforge.undecodable"


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

    def _from(self, taken: "Bytes", start: Mark) -> Iterator[Item]:
        kind = self._manner.format or format_of(self._name, taken.head)
        if kind == "parquet":
            with taken.seekable() as file:
                yield from rows.parquet(file, self._manner, start)
        elif start.items and start.end and taken.enterable:
            yield from READERS[kind](taken.stream, self._manner, start)
        else:
            found = READERS[kind](taken.stream, self._manner, Mark())
            yield from islice(found, start.items, None)


def format_of(name: str, head: bytes) -> str:
    """Return the format of what begins with `head` once decompressed."""
    if head.startswith(b"PAR1"):
        return "parquet"
    endings = [part for part in name.lower().split(".")[1:] if part not in _COMPRESSED]
    if named := _SUFFIXES.get(endings[-1], "") if endings else "":
        return named
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    packed = b"".join(text[:400].split())
    if packed.startswith(b'{"log":{') and b'"version"' in packed and b'"creator"' in packed:
        return "har"
    if documents.is_document(head, cut=len(head) >= HEAD_BYTES):
        return "json"
    first, ended, _ = text.partition(b"\n")
    try:
        return "jsonl" if isinstance(orjson.loads(first), dict) else "lines"
    except orjson.JSONDecodeError:
        # A first line longer than the head can't be parsed here; a pretty-printed one is ended.
        cut = first.startswith(b"{") and not ended and len(head) >= HEAD_BYTES
        return "jsonl" if cut else "lines"


def check_encoding(name: str) -> None:
    """Raise AskedWrongly where Python knows no such text encoding."""
    try:
        "".encode(name)
    except LookupError as error:
        hint = "Try utf-8, latin-1, cp1252 or utf-16."
        raise AskedWrongly(f"no encoding named {name!r}.", hint) from error


class Bytes:
    """One file or standard input, open. `head` are its first bytes, decompressed and in UTF-8.

    `enterable`: it can be entered at a byte, because what is read is what lies on the disk.
    `broken`: it is compressed, and nothing comes out of it.
    """

    def __init__(self, path: Path | None, encoding: str) -> None:
        """Open `path`, None for standard input.

        Raises:
            OSError: it can't be opened.
        """
        self._raw: BinaryIO = path.open("rb") if path else sys.stdin.buffer
        self._owned = path is not None
        self.broken = False
        first = self._raw.read(HEAD_BYTES)
        entered = self._owned and self._raw.seekable()
        if entered:
            self._raw.seek(0)
        stream = cast("io.BufferedReader", self._raw) if entered else _Rejoined.of(first, self._raw)
        packed = next((kind for sign, kind in _READABLE.items() if first.startswith(sign)), "")
        if packed:
            import pyarrow as pa

            inflated = pa.CompressedInputStream(pa.PythonFile(stream, "r"), packed)
            try:
                first = inflated.read(HEAD_BYTES)
            except OSError:
                self.broken, first = True, b""
            stream = _Rejoined.of(first, inflated)
        coded = _marked(first)
        if not coded and codecs.lookup(encoding).name not in {"utf-8", "utf-8-sig"}:
            coded = encoding
        self.enterable = entered and not packed and not coded
        recoded = io.BufferedReader(_Recoded(stream, coded), _CHUNK) if coded else stream
        self.stream = cast("io.BufferedReader", recoded)
        self.head = first.decode(coded, "replace").encode() if coded else first

    def close(self) -> None:
        """Close the file; standard input is left open."""
        if self._owned:
            self._raw.close()

    def refusal(self, name: str) -> Reason | None:
        """Return why this is no log, by its first bytes; None where it may be one."""
        zeros = self.head.count(0)  # a log that begins with nothing but NULs may be one
        if self.broken:
            return Reason.CUT
        if self.head.startswith(_PACKED):
            return Reason.PACKED
        binary = self.head.startswith(_BINARY) or 10 * zeros > len(self.head) > zeros
        return Reason.BINARY if binary and format_of(name, self.head) != "parquet" else None

    def taken(self) -> int:
        """Return how many bytes were taken from the disk; 0 where that can't be told."""
        try:
            return self._raw.tell()
        except (OSError, ValueError):
            return 0

    def seekable(self) -> BinaryIO:
        """Return the whole as a file that can be entered anywhere; spooled to disk if need be."""
        if self.enterable:
            self._raw.seek(0)
            return self._raw
        spool = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (nameless, gone with its user)
        while chunk := self.stream.read(_CHUNK):
            spool.write(chunk)
        spool.seek(0)
        return spool


def _marked(head: bytes) -> str:
    """Return the encoding that a byte order mark names, "" for none and for UTF-8."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    return "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ""


class _Rejoined(io.RawIOBase):
    """What was read already, and then the rest."""

    def __init__(self, head: bytes, rest: "SupportsRead[bytes]") -> None:
        self._head, self._rest = head, rest

    @classmethod
    def of(cls, head: bytes, rest: "SupportsRead[bytes]") -> io.BufferedReader:
        """Return both as one stream."""
        return io.BufferedReader(cls(head, rest), _CHUNK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), _PIECE)
        piece, self._head = self._head[:size], self._head[size:]
        piece = piece or self._rest.read(size)
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
