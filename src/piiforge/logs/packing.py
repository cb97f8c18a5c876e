r"""What logs are packed in: gzip, zstd, bzip2, xz; tar and zip. Unpacked as a stream, in pieces.

Which it is, the first bytes say. A packed stream may be many frames one after the other, with
zeros between or behind them; frames of zstd that hold no data are passed over. What stands behind
the last frame and is neither is not read, and `Unpacked.rest` says so. An archive is given member
by member. How much may come out of one file in all is bounded, by a `Spent` that all share.

Sources:
    RFC 1952 (gzip), RFC 8878 section 3.1 (frames of zstd)
    POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"

>>> kind_of(b"\x1f\x8b\x08\x00"), kind_of(b"GET /a")
('gzip', '')
"""

import bz2
import io
import lzma
import re
import struct
import zipfile
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol

from piiforge.logs.records import Reason

if TYPE_CHECKING:
    from _typeshed import SupportsRead

DEEPEST = 4  # layers, one packed in the other
FREE_BYTES, TIMES = 4 << 30, 1000  # out of one file: so many bytes, or so many times its own
PIECE = 16 * 1024  # what a break in a stream may cost beyond itself
TAR, ZIP = "tar", "zip"
_CHUNK = 64 * 1024
_SIGNS: Mapping[str, re.Pattern[bytes]] = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    ZIP: re.compile(rb"PK\x03\x04"),
}
_BREAKS = (
    zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error, EOFError, ValueError,
    RuntimeError, ArithmeticError, LookupError,
)  # fmt: skip
_BLOCK = 512  # of a tar
_NOTE_BYTES = 64 * 1024  # of a long name or a pax header
_NAME, _SIZE, _SUM, _TYPE, _PREFIX = (
    slice(100), slice(124, 136), slice(148, 156), slice(156, 157), slice(345, 500),
)  # fmt: skip
_PAX = re.compile(rb"(\d{1,9}) ([^=\n]{1,99})=")


def kind_of(head: bytes) -> str:
    """Return what begins with `head`: a key of `_SIGNS`, TAR, or "" where it is not packed."""
    named = next((kind for kind, sign in _SIGNS.items() if sign.match(head)), "")
    return named or (TAR if _header(head[:_BLOCK]) else "")


class Stopped(OSError):
    """Reading ends here for a reason of ours, not because the stream is broken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(slots=True)
class Spent:
    """Bytes that went into the unpacking of one file, and that came out of it, all layers."""

    taken: int = 0
    given: int = 0

    def over(self) -> bool:
        """Whether more came out than may."""
        return self.given > FREE_BYTES + TIMES * self.taken

    def give(self, size: int) -> None:
        """Count what comes out.

        Raises:
            Stopped: it is more than may.
        """
        self.given += size
        if self.over():
            raise Stopped(Reason.MUCH)


class _Engine(Protocol):
    """Unpacks one frame: what `bz2` and `lzma` have."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Inflate:
    """The same for one member of a gzip file."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(31)
        self._tail = b""

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._tail

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        piece = self._object.decompress(self._tail + data, max_length)
        self._tail = self._object.unconsumed_tail
        return piece


_ENGINES: Mapping[str, Callable[[], _Engine]] = {
    "gzip": _Inflate, "bzip2": bz2.BZ2Decompressor, "xz": lzma.LZMADecompressor,
}  # fmt: skip


def unpacked(
    stream: "SupportsRead[bytes]", kind: str, spent: Spent, *, outermost: bool
) -> "Unpacked":
    """Return what a packed stream holds. `outermost`: what it takes comes from the file itself."""
    source = _Source(stream, spent if outermost else None)
    return _Zstd(source, spent) if kind == "zstd" else _Frames(source, kind, spent)


class Unpacked(io.RawIOBase):
    """What frames unpack to. OSError where they are broken, Stopped at the bound."""

    def __init__(self, spent: Spent) -> None:
        self._spent = spent
        self._broken: OSError | None = None

    @property
    def rest(self) -> bool:
        """Whether there are bytes behind the last frame; known at the end."""
        return False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` with at most PIECE bytes."""
        if self._broken:
            raise self._broken
        try:
            piece = self._next(min(len(buffer), PIECE))
            self._spent.give(len(piece))
        except OSError as error:
            self._broken = error
            raise
        except _BREAKS as error:
            self._broken = OSError("broken")
            raise self._broken from error
        buffer[: len(piece)] = piece
        return len(piece)

    @abstractmethod
    def _next(self, size: int) -> bytes:
        """Return at most `size` bytes that come next, b"" at the end."""


class _Source:
    """A packed stream at a place; `rest` where what comes next is no frame."""

    def __init__(self, stream: "SupportsRead[bytes]", spent: Spent | None) -> None:
        self._stream, self._spent = stream, spent
        self._chunk, self._at = b"", 0
        self.rest = False

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, b"" at the end."""
        if self._at == len(self._chunk):
            self._chunk, self._at = self._stream.read(_CHUNK), 0
            if self._spent:
                self._spent.taken += len(self._chunk)
        piece = self._chunk[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def put_back(self, piece: bytes) -> None:
        """Let `piece` come next."""
        before = self._at - len(piece)
        if before >= 0 and self._chunk.startswith(piece, before):
            self._at = before
        else:
            self._chunk, self._at = piece + self._chunk[self._at :], 0

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end."""
        found = b""
        while len(found) < size and (piece := self.read(size - len(found))):
            found += piece
        return found

    def at_frame(self, kind: str) -> bool:
        """Say whether another frame comes; zeros in front of it are passed over."""
        head = self.exactly(10)
        while head and not head.strip(b"\x00"):
            self.rest = True
            head = self.read(_CHUNK)
        dense = head.lstrip(b"\x00")
        self.rest = self.rest or dense != head
        self.put_back(dense)
        head = self.exactly(10)
        self.put_back(head)
        another = bool(_SIGNS[kind].match(head))
        self.rest = self.rest or bool(head and not another)
        return another


class _Frames(Unpacked):
    """Frames of gzip, bzip2 or xz."""

    def __init__(self, source: _Source, kind: str, spent: Spent) -> None:
        super().__init__(spent)
        self._source, self._kind = source, kind
        self._engine: _Engine | None = None

    @property
    def rest(self) -> bool:
        return self._source.rest

    def _next(self, size: int) -> bytes:
        while True:
            if self._engine is not None and self._engine.eof:
                self._source.put_back(self._engine.unused_data)
                self._engine = None
            if self._engine is None:
                if not self._source.at_frame(self._kind):
                    return b""
                self._engine = _ENGINES[self._kind]()
            hungry = self._engine.needs_input
            data = self._source.read(_CHUNK) if hungry else b""
            piece = self._engine.decompress(data, size)
            if piece:
                return piece
            if hungry and not data and not self._engine.eof:
                raise OSError("cut short")


class _Zstd(Unpacked):
    """Frames of zstd: cut out here, those without data left out, and unpacked by Arrow."""

    def __init__(self, source: _Source, spent: Spent) -> None:
        import pyarrow as pa

        super().__init__(spent)
        self._source = source
        self._frames = _ZstdFrames(source)
        frames = io.BufferedReader(self._frames, _CHUNK)
        self._inflated = pa.CompressedInputStream(pa.PythonFile(frames, "r"), "zstd")

    @property
    def rest(self) -> bool:
        return self._source.rest

    def _next(self, size: int) -> bytes:
        piece: bytes = self._inflated.read(size)
        if not piece and self._frames.cut:
            raise OSError("cut short")
        return piece


class _ZstdFrames(io.RawIOBase):
    """The frames of a zstd stream that hold data, as they are. `cut`: it ends within another."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._passing = 0  # bytes of a piece that was measured
        self._in_frame = self._summed = self.cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._passing:
            if not (self._block() if self._in_frame else self._frame()):
                return 0
        piece = self._source.read(min(self._passing, len(buffer)))
        self._passing -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def _frame(self) -> bool:
        """Measure the header of the next frame with data; False where there is none."""
        while self._source.at_frame("zstd"):
            head = self._source.exactly(8)
            if head[1:4] == b"\x2a\x4d\x18":
                left = int.from_bytes(head[4:], "little")
                while left and (piece := self._source.read(left)):
                    left -= len(piece)
                self.cut = left > 0 or len(head) < 8
                continue
            self._source.put_back(head)
            flags = head[4] if len(head) > 4 else 0
            single = flags >> 5 & 1
            self._summed, self._in_frame = bool(flags >> 2 & 1), True
            dictionary, size = (0, 1, 2, 4)[flags & 3], (single, 2, 4, 8)[flags >> 6]
            self._passing = 5 + (not single) + dictionary + size
            return True
        return False

    def _block(self) -> bool:
        """Measure the next block; False where the stream was cut before it."""
        head = self._source.exactly(3)
        self._source.put_back(head)
        if len(head) < 3:
            return False
        told = int.from_bytes(head, "little")
        last, kind, size = told & 1, told >> 1 & 3, told >> 3
        self._passing = 3 + (1 if kind == 1 else size) + (4 if last and self._summed else 0)
        self._in_frame = not last
        return True


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, to be read before the next is asked for. `refused` as in a source."""

    name: str
    stream: "SupportsRead[bytes]"
    refused: Reason | None = None


def tarred(stream: io.BufferedReader) -> Iterator[Member]:
    """Yield the files of a tar; folders, links and devices hold nothing.

    Raises:
        OSError: it is broken; what was whole has been given.
        Stopped: what stands behind its end is neither zeros nor another tar.
    """
    noted: dict[str, bytes] = {}
    ended = False
    while block := stream.read(_BLOCK):
        if not block.strip(b"\x00"):
            ended = True  # zeros to the end, or another archive
            continue
        header = _header(block)
        if header is None:
            raise Stopped(Reason.REST) if ended else OSError("broken")
        notes = header.kind in b"LKxg"
        size = header.size if notes else int(noted.get("size", header.size))
        body = _Part(stream, size)
        if notes:
            note = body.read(_NOTE_BYTES) or b""
            noted |= {"path": note.rstrip(b"\x00")} if header.kind == b"L" else {}
            noted |= _pax(note) if header.kind == b"x" else {}
        else:
            name = (noted.get("path") or header.name).decode(errors="replace")
            noted.clear()
            sparse = header.kind == b"S"
            if sparse or (header.kind in b"07\x00" and not name.endswith("/")):
                yield Member(name, body, Reason.PACKED if sparse else None)
        body.pass_over()
        padding = -size % _BLOCK
        if len(stream.read(padding)) < padding:
            raise OSError("cut short")


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes


def _header(block: bytes) -> _Header | None:
    """Return what a block of a tar says, None where its sum does not hold."""
    try:
        told = int(block[_SUM].strip(b" \x00"), 8)
        raw = block[_SIZE]
        binary = raw[0] & 0x80
        size = int.from_bytes(raw[1:], "big") if binary else int(raw.strip(b" \x00") or b"0", 8)
    except (ValueError, IndexError):
        return None
    if len(block) < _BLOCK or told != sum(block) - sum(block[_SUM]) + 8 * 32 or size < 0:
        return None
    name, prefix = (block[part].partition(b"\x00")[0] for part in (_NAME, _PREFIX))
    posix = block[257:263] == b"ustar\x00"
    return _Header(prefix + b"/" + name if posix and prefix else name, size, block[_TYPE])


def _pax(note: bytes) -> dict[str, bytes]:
    """Return path and size of a pax header, where it has them."""
    found: dict[str, bytes] = {}
    at = 0
    while match := _PAX.match(note, at):
        end = at + max(int(match[1]), match.end() - at)
        key = match[2].decode(errors="replace")
        value = note[match.end() : end].removesuffix(b"\n")
        if key == "path" or (key == "size" and re.fullmatch(rb"\d{1,20}", value)):
            found[key] = value
        at = end
    return found


class _Part(io.RawIOBase):
    """So many bytes of a stream.

    OSError where it has fewer.
    """

    def __init__(self, stream: io.BufferedReader, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._stream.read1(min(len(buffer), self._left))
        if self._left and not piece:
            raise OSError("cut short")
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def pass_over(self) -> None:
        """Go to its end."""
        while self._left:
            self.read(_CHUNK)


def zipped(file: BinaryIO, spent: Spent, *, outermost: bool) -> Iterator[Member]:
    """Yield the files of a zip, which can be entered anywhere. `outermost` as for `unpacked`.

    Raises:
        OSError: it is broken.
    """
    if outermost:
        spent.taken += file.seek(0, io.SEEK_END)
    try:
        archive = zipfile.ZipFile(file)
    except (*_BREAKS, NotImplementedError) as error:
        raise OSError("broken") from error
    with archive:
        if not archive.infolist():
            raise OSError("broken")  # it begins with a file, and its index knows none
        for told in archive.infolist():
            if told.is_dir():
                continue
            try:
                stream = archive.open(told)
            except (RuntimeError, NotImplementedError):  # encrypted, or another method
                yield Member(told.filename, io.BytesIO(), Reason.PACKED)
                continue
            except (*_BREAKS, OSError):
                yield Member(told.filename, io.BytesIO(), Reason.CUT)
                continue
            with stream:
                yield Member(told.filename, _Inflated(stream, spent))


class _Inflated(Unpacked):
    """One file of a zip."""

    def __init__(self, stream: IO[bytes], spent: Spent) -> None:
        super().__init__(spent)
        self._stream = stream

    def _next(self, size: int) -> bytes:
        return self._stream.read(size)
