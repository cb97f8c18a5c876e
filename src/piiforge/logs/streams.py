r"""Bytes in, UTF-8 bytes out: decompressed, transcoded, and counted as they leave the disk.

>>> compression(b"\x1f\x8b\x08")
'gzip'
>>> format_of("orders.csv.gz", b"id,email")
'csv'
>>> format_of("app.log", b'{"a": 1}\n{"a": 2}')
'jsonl'
"""

import codecs
import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Protocol, Self, cast

import orjson

from piiforge.errors import AskedWrongly

# What a file is, by its name and its first bytes.
#
# Compression and Parquet go by the bytes, whatever the name says; CSV, TSV and HAR by the name,
# since their bytes say little. What is left is JSONL where its first line is an object, else
# plain lines.


HEAD_BYTES = 4096
_PACKED = (
    b"BZh",
    b"\xfd7zXZ\x00",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"\x04\x22\x4d\x18",
    b"Rar!",
)
_BINARY = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"SQLite format 3", b"RIFF", b"MZ",
    b"OggS", b"ID3", b"\x00\x00\x01\x00", b"wOF", b"ORC", b"Obj\x01", b"ARROW1",
)  # fmt: skip
_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "tsv", "tab": "tsv",
        "parquet": "parquet", "pq": "parquet", "har": "har", "log": "", "txt": "", "json": "",
    }
)  # fmt: skip
_COMPRESSED = {"gz", "gzip", "zst", "zstd"}


def compression(head: bytes) -> str:
    """Return "gzip", "zstd" or "" by the first bytes."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else ""


def format_of(name: str, head: bytes) -> str:
    """Return the format of what begins with `head` once decompressed."""
    if head.startswith(b"PAR1"):
        return "parquet"
    endings = [part for part in name.lower().split(".")[1:] if part not in _COMPRESSED]
    named = _SUFFIXES.get(endings[-1], "") if endings else ""
    if named:
        return named
    if _is_har(head):
        return "har"
    return "jsonl" if _begins_with_object(head) else "lines"


def is_packed(head: bytes) -> bool:
    """Say whether this is an archive or a compression that is not read."""
    return head.startswith(_PACKED)


def is_binary(head: bytes) -> bool:
    """Say whether this is no text at all. A log that begins with nothing but NULs may be one."""
    if head.startswith(_BINARY):
        return True
    zeros = head.count(0)
    return 10 * zeros > len(head) > zeros


def transcoded(head: bytes) -> str:
    """Return the encoding that a byte order mark names, "" for none and for UTF-8."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    return "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ""


def _is_har(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:400]
    packed = b"".join(start.split())
    return packed.startswith(b'{"log":{') and b'"version"' in packed and b'"creator"' in packed


def _begins_with_object(head: bytes) -> bool:
    first, ended, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        return False
    try:
        return isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        # A first line longer than the head can't be parsed here; a pretty-printed one is ended.
        return not ended and len(head) >= HEAD_BYTES


_CHUNK = 64 * 1024
_PIECE = 16 * 1024  # of a decompressed stream: what a break in it may cost beyond itself
_MARKED = "piiforge.undecodable"


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
        packed = compression(first)
        stream = self._again(first)
        if packed:
            first, stream = self._unpacked(stream, packed)
        coded = transcoded(first) or ("" if _is_utf8(encoding) else encoding)
        self.enterable = self._owned and not packed and not coded and self._raw.seekable()
        self.stream = _buffered(_Recoded(stream, coded)) if coded else stream
        self.head = first.decode(coded, "replace").encode() if coded else first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._owned:
            self._raw.close()

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

    def _unpacked(self, source: io.BufferedReader, packed: str) -> tuple[bytes, io.BufferedReader]:
        import pyarrow as pa

        inflated = pa.CompressedInputStream(pa.PythonFile(source, "r"), packed)
        try:
            first = inflated.read(HEAD_BYTES)
        except OSError:
            self.broken, first = True, b""
        return first, _buffered(_Rejoined(first, inflated))

    def _again(self, first: bytes) -> io.BufferedReader:
        """Return the file from its beginning, `first` having been read."""
        if self._owned and self._raw.seekable():
            self._raw.seek(0)
            return cast("io.BufferedReader", self._raw)
        return _buffered(_Rejoined(first, self._raw))


def check_encoding(name: str) -> None:
    """Raise AskedWrongly where Python knows no such text encoding."""
    try:
        "".encode(name)
    except LookupError as error:
        hint = "Try utf-8, latin-1, cp1252 or utf-16."
        raise AskedWrongly(f"no encoding named {name!r}.", hint) from error


class Source(Protocol):
    """Something that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class _Rejoined(io.RawIOBase):
    """What was read already, and then the rest."""

    def __init__(self, head: bytes, rest: "Source") -> None:
        self._head, self._rest = head, rest

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
        codecs.register_error(_MARKED, _mark)
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


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, _CHUNK)


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
