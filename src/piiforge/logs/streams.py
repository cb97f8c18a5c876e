r"""Bytes in, UTF-8 bytes out: decompressed, transcoded, and counted as they leave the disk.

What a file is, its name and its first bytes say. Compression and Parquet go by the bytes, whatever
the name says; CSV, TSV and HAR by the name, since their bytes say little. What is left is JSONL
where its first line is an object, else plain lines.

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
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, cast

import orjson

from piiforge.errors import AskedWrongly
from piiforge.logs.records import Reason

if TYPE_CHECKING:
    from _typeshed import SupportsRead

HEAD_BYTES = 4096
_READABLE: Mapping[bytes, str] = MappingProxyType(
    {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
)
_PACKED = (
    b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"\x04\x22\x4d\x18", b"Rar!",
)  # fmt: skip
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
_CHUNK = 64 * 1024
_PIECE = 16 * 1024  # of a decompressed stream: what a break in it may cost beyond itself
_MARKED = "piiforge.undecodable"


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
