"""What the room gives: rows with their content, and what could not be read, with the reason.

A row may be read but for a part of it: a byte that is not in the encoding, a hole of NULs, a cell
that is no text. Until `item` makes a row of it, such a byte is a lone surrogate (as Python's
"surrogateescape" has it) a hole is HOLE and a cell CELL; then all are marked by U+FFFD, and told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from piiforge.types import Edit, Option

ROW_LIMIT_BYTES = 1_000_000
FORMATS = ("lines", "jsonl", "json", "csv", "tsv", "parquet", "har")
NULS = re.compile(rb"\x00{16,}")  # a hole
HOLE = b"\xc0\x80"  # NUL as no UTF-8 may write it, so that no text can hold it
_HOLE = HOLE.decode(errors="surrogateescape")
CELL = b"\xc1\x80".decode(errors="surrogateescape")  # in the place of what can't be read at all
MARK = "\ufffd"  # in the content, for each of these
UNDECODED = re.compile("[\udc80-\udcff]")


class Reason(Enum):
    """Why something was not read. It is then neither clean nor sensitive: it is unscanned."""

    LONG = "over the row limit"
    ENCODING = "not in the encoding of the file"
    BINARY = "binary"
    JSON = "not JSON"
    COLUMN = "no such column"
    CUT = "broken or cut short: the rest was not read"
    UNREADABLE = "can't be read"
    PACKED = "packed in a way that is not read"
    FORMAT = "not of its format"
    SPECIAL = "not a regular file: a pipe, a socket or a device"
    FOLDER = "a folder that can't be read"
    MUCH = "packed too deep, or far more than what it is packed in: the rest was not read"
    REST = "bytes behind the end of what is packed: not read"
    BYTES = "bytes not in the encoding of the file: marked, the rest was read"
    HOLE = "a hole of NULs: what stood there is lost, the rest was read"
    CELL = "a cell that can't be read as text: marked, the rest was read"
    GROUP = "a row group that can't be decoded: to this row, its last, it was not read"


@dataclass(frozen=True, slots=True)
class Row:
    """One content to be judged.

    `row` is the 1-based line (plain, JSONL) or record (CSV, Parquet, HAR), 0 for a CSV's head.
    `part` says which part of a record this is, where it gives several. `end` is the byte at which
    the next row begins, None where the file can't be entered at a byte. `lost` says what of the row
    was not read; `member` which file of an archive this is.
    """

    row: int
    content: str
    part: str = ""
    end: int | None = None
    lost: tuple[Reason, ...] = ()
    member: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A row, or with row 0 a whole file, that was not read. `end` and `member` as in Row."""

    row: int
    reason: Reason
    part: str = ""
    end: int | None = None
    member: str = ""


Item = Row | Unread


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a log that is written again, and what was read in it; None for nothing.

    `write` gives its bytes with edits made in the content of the row; without it, it stays.
    """

    item: Item | None
    raw: bytes
    write: Callable[[Sequence[Edit]], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where reading stands in a file: after `items` items, the last of `row`, at byte `end`."""

    items: int = 0
    row: int = 0
    end: int | None = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file that can be read by itself; of the whole file, as it is without arguments.

    Of lines it has those that begin in the bytes from `start` to before `stop`, of Parquet the rows
    behind `start` up to `stop`; None is the end of the file. All pieces of a file hold each item
    once.
    """

    start: int = 0
    stop: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether this is all of the file."""
        return not self.start and self.stop is None


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are read.

    `format` is one of FORMATS, "" to go by name and first bytes. `column` is read alone: a column,
    or a key of JSON (`a.b` goes into objects); "" is the whole row. `header`: a CSV's first record
    names its columns. `responses`: of HAR what came back is read as well. `row_limit_bytes` bounds
    one row, so that no row can take the memory.
    """

    format: Annotated[
        str,
        Option("lines, jsonl, json, csv, tsv, parquet or har.", default="by name and first bytes"),
    ] = ""
    column: Annotated[
        str,
        Option("Read this column or key alone; a.b goes into objects.", default="the whole row"),
    ] = ""
    encoding: Annotated[str, Option("Of text files.", default="utf-8, or by a byte order mark")] = (
        "utf-8"
    )
    header: Annotated[bool, Option("A CSV's first record names its columns.")] = True
    responses: Annotated[bool, Option("Of HAR, read what came back as well.")] = False
    row_limit_bytes: Annotated[
        int, Option("Bytes of a row; a longer one is told as unscanned.", least=1_000)
    ] = ROW_LIMIT_BYTES


def item(
    row: int,
    content: str | Reason,
    *,
    part: str = "",
    end: int | None = None,
    lost: tuple[Reason, ...] = (),
) -> Item | None:
    r"""Return a content as a row, or why it was not read; None where there is none.

    >>> row = item(1, "caf\udce9")
    >>> row.content, row.lost == (Reason.BYTES,)
    ('caf�', True)
    """
    if isinstance(content, Reason):
        return Unread(row, content, part, end)
    if not content.isascii() and UNDECODED.search(content):
        lost += (Reason.HOLE,) * (_HOLE in content) + (Reason.CELL,) * (CELL in content)
        rest = content.replace(_HOLE, "").replace(CELL, "")
        lost += (Reason.BYTES,) * bool(UNDECODED.search(rest) and Reason.BYTES not in lost)
        content = marked(content)
    if content and not content.isspace():
        return Row(row, content, part, end, lost)
    return Unread(row, lost[0], part, end) if lost else None


def marked(text: str) -> str:
    """Return a text with U+FFFD for each undecoded byte and each hole that has text around it."""
    inner = text.removeprefix(_HOLE).removesuffix(_HOLE)
    return UNDECODED.sub(MARK, inner.replace(_HOLE, MARK).replace(CELL, MARK))
