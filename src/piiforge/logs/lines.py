"""Lines of bytes, each within a bound: the longest line of a file takes no more memory."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from piiforge.logs.records import Item, Mark, Reason, Row, Unread

_BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands, its end included; None where it is over the limit.

    `end` is the byte behind it, counted in the stream that it was read from.
    """

    number: int
    raw: bytes | None
    end: int


def cut(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Line]:
    """Yield the lines from where the stream stands, numbered after `start`.

    Raises:
        OSError: the stream is broken; all lines that were whole have been given.
    """
    number, end = start.row, start.end or 0
    if not end and stream.peek(len(_BOM)).startswith(_BOM):
        end = len(stream.read(len(_BOM)))
    while raw := stream.readline(limit_bytes + 2):
        number += 1
        end += len(raw)
        if _length(raw) <= limit_bytes:
            yield Line(number, raw, end)
            continue
        while not raw.endswith(b"\n"):
            raw = stream.readline(_CHUNK)
            if not raw:
                break
            end += len(raw)
        yield Line(number, None, end)


def text_of(raw: bytes) -> str | Reason:
    """Return the text of a line without its end, or why it has none."""
    if raw.endswith(b"\n"):
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    if b"\x00" in raw and 3 * raw.count(0) >= len(raw):
        return Reason.BINARY  # UTF-16 without a mark, or a hole in a log: no reader would see it
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Reason.ENCODING


def rows(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[Item]:
    """Yield each line as a row; empty ones are left out, and counted in the numbers."""
    for line in cut(stream, limit_bytes, start):
        if line.raw is None:
            yield Unread(line.number, Reason.LONG, end=line.end)
            continue
        text = text_of(line.raw)
        if isinstance(text, Reason):
            yield Unread(line.number, text, end=line.end)
        elif text and not text.isspace():
            yield Row(line.number, text, end=line.end)


def _length(raw: bytes) -> int:
    if raw.endswith(b"\r\n"):
        return len(raw) - 2
    return len(raw) - raw.endswith(b"\n")
