"""Parquet: a record a row, as a JSON object of its columns; one batch of them is in memory.

Its index stands at the end, so the file is one that can be entered anywhere. A cell is read as
Python reads it, else as a text of our own: what Python has no type for (nanoseconds, years past
9999, zones that no table knows, two fields of one name, a text that is not UTF-8). Bytes are read
as text where they are one, else as hexadecimal digits. What can't be decoded costs its row group.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, cast

from piiforge import files
from piiforge.logs.records import CELL, Item, Manner, Mark, Piece, Reason, Unread, item
from piiforge.logs.rows import bounded, dug, written

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS = 512
_BUFFER_BYTES = 1 << 20
_PARTS = 16  # pieces of one row group at most
# What pyarrow raises where Python has no such value, or where it lacks a package to make one
_RAISED = (ValueError, ArithmeticError, LookupError, TypeError, RuntimeError, ImportError)
_ODD = 4  # of so many signs at most one is undecoded or not to be shown: then bytes are text
_UNITS: Mapping[str, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # in a second


def starts(file: BinaryIO, size: int) -> list[int]:
    """Return behind which rows the pieces begin: small groups in one, a large one in several.

    A piece is about `size` bytes as its columns unpack to, but none is under a 16th of its group,
    of which all that stands before has to be unpacked for it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.ParquetFile(file, pre_buffer=False).metadata
        groups = [told.row_group(at) for at in range(told.num_row_groups)]
        sizes = [(group.num_rows, group.total_byte_size) for group in groups]
    except (pa.ArrowException, OSError, *_RAISED):
        return [0]
    found, taken, passed = [0], 0, 0
    for count, weight in sizes:
        if taken and taken + weight > size:
            found.append(passed)
            taken = 0
        parts = min(_PARTS, max(1, weight // size))
        step = max(1, -(-count // (parts * _ROWS))) * _ROWS  # at the border of a batch
        found += range(passed + step, passed + count, step)
        taken += weight // parts
        passed += count
    return [row for row in dict.fromkeys(found) if row < passed] or [0]


def rows(file: BinaryIO, manner: Manner, start: Mark, piece: Piece) -> Iterator[Item]:
    """Yield the rows of `piece` after `start.row`, or a column of them.

    Of a row group that can't be decoded, the last row is told for all that were not read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = (pa.ArrowException, OSError, *_RAISED)
    try:
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        names = table.schema_arrow.names
        sizes = [table.metadata.row_group(at).num_rows for at in range(table.num_row_groups)]
    except broken:
        yield Unread(0, Reason.FORMAT)
        return
    wanted = {manner.column, manner.column.partition(".")[0]}
    columns = [name for name in dict.fromkeys(names) if name in wanted] if manner.column else None
    if columns == []:
        yield Unread(0, Reason.COLUMN)
        return
    passed = [0, *accumulate(sizes)]  # rows before each group, and in all
    first = max(start.row, piece.start)
    stop = passed[-1] if piece.stop is None else piece.stop
    for group in range(bisect_right(passed, first) - 1, bisect_left(passed, stop)):
        number = passed[group]
        try:
            for at, record in _records(table, group, columns, passed[group], first):
                number = at
                if number > stop:
                    break
                if record is None:
                    continue
                found = dug(record, manner.column) if columns else record
                if told := item(number, bounded(found, manner.row_limit_bytes)):
                    yield told
        except broken:
            if first <= number < stop:  # else the piece tells it that the break lies in
                yield Unread(passed[group + 1], Reason.GROUP)


def _records(
    table: "pq.ParquetFile", group: int, columns: list[str] | None, number: int, first: int
) -> Iterator[tuple[int, dict[str, object] | None]]:
    """Yield the records behind row `first` with their numbers; the group's begin behind `number`.

    Of a batch before them the last number comes, with None.
    """
    for batch in table.iter_batches(_ROWS, row_groups=[group], columns=columns, use_threads=False):
        if number + batch.num_rows <= first:
            number += batch.num_rows
            yield number, None
            continue
        for cells in zip(*map(_cells, batch.columns), strict=True):
            number += 1
            if number > first:
                yield number, files.named(list(zip(batch.schema.names, cells, strict=True)))


def _cells(array: "pa.Array[pa.Scalar[pa.DataType]]") -> list[object]:
    """Return the cells of a column; an object for a map, which Python reads as pairs."""
    if not _has_map(array.type):
        try:
            return [_decoded(value) for value in array.to_pylist()]
        except _RAISED:
            pass
    return [_cell(each) for each in array]


def _has_map(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_map(kind):
        return True
    return any(_has_map(kind.field(at).type) for at in range(kind.num_fields))


def _decoded(value: object) -> object:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, Mapping):
        return {name: _decoded(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value


def _text(raw: bytes) -> str:
    r"""Return bytes as text, undecoded ones as `item` takes them; else their hexadecimal digits.

    >>> _text(b"caf\xc3\xa9"), _text(b"\x00\xf1\xd2\xc3")
    ('café', '00f1d2c3')
    """
    text = raw.decode(errors="surrogateescape")
    odd = sum(not sign.isprintable() and sign not in "\t\r\n" for sign in text)
    return text if _ODD * odd <= len(text) else raw.hex()


def _cell(scalar: "pa.Scalar[pa.DataType]") -> object:
    """Return a cell part by part, as Python reads it or as text; CELL for a part that can't be."""
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    try:
        match scalar:
            case pa.MapScalar():
                pairs = scalar.values
                return files.named([(written(_cell(pair[0])), _cell(pair[1])) for pair in pairs])
            case pa.StructScalar():
                fields = enumerate(scalar.type)
                return files.named([(field.name, _cell(scalar[at])) for at, field in fields])
            case pa.ListScalar():
                return [_cell(each) for each in scalar.values]
            case pa.DictionaryScalar() | pa.ExtensionScalar():
                return _cell(scalar.value)
            case pa.BinaryScalar():
                return _text(scalar.as_buffer().to_pybytes())
            case _:
                return _plain(scalar)
    except _RAISED:
        return CELL


def _plain(scalar: "pa.Scalar[pa.DataType]") -> object:
    try:
        return scalar.as_py()
    except _RAISED:
        return _moment(scalar)


def _moment(scalar: "pa.Scalar[pa.DataType]") -> str:
    """Return a time that Python can't hold: as ISO 8601 has it, in UTC, or a span with its unit."""
    import numpy as np
    import pyarrow as pa

    kind, value = scalar.type, cast("int", scalar.value)
    if pa.types.is_date(kind):
        days = value if pa.types.is_date32(kind) else value // 86_400_000
        return str(np.datetime64(days, "D"))
    if pa.types.is_timestamp(kind):
        return str(np.datetime64(value, kind.unit)) + ("Z" if kind.tz else "")
    if pa.types.is_duration(kind):
        return f"{value} {kind.unit}"
    seconds, rest = divmod(value, _UNITS[kind.unit])
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{rest:0{len(str(_UNITS[kind.unit])) - 1}}" if rest else clock
