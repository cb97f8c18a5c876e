"""What the room gives: rows with their content, and what could not be read, with the reason."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from piiforge.types import Option

ROW_LIMIT_BYTES = 1_000_000
FORMATS = ("lines", "jsonl", "json", "csv", "tsv", "parquet", "har")


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


@dataclass(frozen=True, slots=True)
class Row:
    """One content to be judged.

    `row` is the 1-based line (plain, JSONL) or record (CSV, Parquet, HAR), 0 for a CSV's head.
    `part` says which part of a record this is, where it gives several. `end` is the byte at which
    the next row begins, None where the file can't be entered at a byte.
    """

    row: int
    content: str
    part: str = ""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A row, or with row 0 a whole file, that was not read. `end` as in Row."""

    row: int
    reason: Reason
    part: str = ""
    end: int | None = None


Item = Row | Unread


@dataclass(frozen=True, slots=True)
class Mark:
    """Where reading stands in a file: after `items` items, the last of `row`, at byte `end`."""

    items: int = 0
    row: int = 0
    end: int | None = 0


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


def item(row: int, content: str | Reason, *, part: str = "", end: int | None = None) -> Item | None:
    """Return a content as a row, or why it was not read; None where there is none."""
    if isinstance(content, Reason):
        return Unread(row, content, part, end)
    return Row(row, content, part, end) if content else None
