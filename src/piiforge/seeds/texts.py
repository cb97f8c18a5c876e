"""Opens a file of somebody else's: packed or not, in whatever encoding, never more than a line.

A line is read as UTF-8, else as Windows-1252, else as Latin-1 (which reads any byte); UTF-16 only
with its mark. What is no text at all is refused by name, what is wrong in it by line.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from piiforge.errors import AskedWrongly, BadRecord

MOST_IN_LINE = 32 * 1024 * 1024
MOST_IN_DOCUMENT = 64 * 1024 * 1024
_LOOK = 64 * 1024
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_MOST_ODD = 0.3
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is not blank; breaks are left off.

    Raises:
        AskedWrongly: the file is not there, empty, no text, or packed and damaged.
        BadRecord: a line is over 32 MiB or holds a NUL byte.
    """
    with _opened(path) as (stream, wide):
        any_line = False
        for number, raw in enumerate(iter(lambda: stream.readline(MOST_IN_LINE + 1), b""), 1):
            if len(raw) > MOST_IN_LINE:
                raise BadRecord(path, number, "the line is over 32 MiB.", "Split or drop it.")
            text = _text(path, number, raw, wide)
            if text.strip():
                any_line = True
                yield number, text
        if not any_line:
            raise AskedWrongly(f"{path} is empty.", "Leave it out.")


def document(path: Path) -> str:
    """Return a whole file, at most 64 MiB; errors as `lines`."""
    parts: list[str] = []
    size, last = 0, 0
    for number, line in lines(path):
        parts.append("\n" * (number - last - 1 if last else number - 1) + line)
        last = number
        size += len(line)
        if size > MOST_IN_DOCUMENT:
            raise BadRecord(path, number, "the document is over 64 MiB.", "Split it.")
    return "\n".join(parts)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    """Give the bytes of a file, unpacked and as UTF-8 if they were UTF-16."""
    if not path.is_file():
        raise AskedWrongly(f"{path} is not a file.", "Check the path.")
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        opened = gzip.GzipFile(fileobj=plain) if packed else plain
        stream = io.BufferedReader(cast("io.RawIOBase", opened), _LOOK)
        try:
            head = stream.peek(_LOOK)
            codec = _WIDE.get(head[:2], "")
            if codec:
                yield cast("IO[bytes]", _Narrowed(stream, codec)), True
                return
            _check_text(path, head)
            yield stream, False
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise AskedWrongly(f"{path} is damaged: it can't be unpacked.", "") from error
        except UnicodeError as error:
            raise AskedWrongly(
                f"{path} is not the UTF-16 that it says.", "Save as UTF-8."
            ) from error


class _Narrowed:
    """The lines of a UTF-16 stream, as UTF-8."""

    def __init__(self, stream: IO[bytes], codec: str) -> None:
        stream.read(2)
        self._text = codecs.getreader(codec)(stream)

    def readline(self, size: int) -> bytes:
        """Return the next line, its break kept, or what fits in `size`."""
        out = bytearray()
        while len(out) < size:
            piece = self._text.readline(size=_LOOK, keepends=True)
            out += piece.encode()
            if not piece or piece.endswith(("\n", "\r")):
                break
        return bytes(out)


def _check_text(path: Path, head: bytes) -> None:
    """Refuse a file whose beginning is no text: a picture, a database, an archive."""
    odd = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
    if head and odd > _MOST_ODD * len(head):
        raise AskedWrongly(f"{path} is not a text file.", "Seeds are read from texts.")


def _text(path: Path, number: int, raw: bytes, wide: bool) -> str:
    if b"\0" in raw:
        raise BadRecord(path, number, "a NUL byte.", "Is it a text file?")
    if number == 1 and not wide:
        raw = raw.removeprefix(codecs.BOM_UTF8)
    for codec in ("utf-8", "cp1252"):
        try:
            return raw.decode(codec).rstrip("\r\n")
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1").rstrip("\r\n")
