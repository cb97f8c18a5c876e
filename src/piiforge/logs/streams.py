"""Bytes in, UTF-8 bytes out: decompressed, transcoded, and counted as they leave the disk."""

import codecs
import io
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, cast

from piiforge.errors import AskedWrongly
from piiforge.logs.kinds import HEAD_BYTES, compression, transcoded

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
