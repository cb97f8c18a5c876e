"""Parquet: a column, or each row as a JSON object; one batch of rows in memory at a time."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread
from piiforge.logs.rows import MISSING, dug, written

_ROWS = 512
_BUFFER_BYTES = 1 << 20


def rows(file: BinaryIO, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield the rows after `start.row`. What can't be decoded is unread to the file's end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = start.row
    try:
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        columns = _columns(table.schema_arrow.names, manner.column)
        if columns == []:
            yield Unread(0, Reason.COLUMN)
            return
        groups, passed = _left(table, start.row)
        skip = start.row - passed
        for batch in table.iter_batches(
            _ROWS, row_groups=groups, columns=columns, use_threads=False
        ):
            for record in batch.slice(min(skip, len(batch))).to_pylist():
                number += 1
                yield from _item(number, record, manner)
            skip = max(0, skip - len(batch))
    except (pa.ArrowException, OSError):
        reason = Reason.CUT if number else Reason.FORMAT
        yield Unread(number + 1 if number else 0, reason)


def _columns(names: list[str], wanted: str) -> list[str] | None:
    """Return the columns to read, None for all; none where `wanted` is not there."""
    if not wanted:
        return None
    return [name for name in names if name in {wanted, wanted.partition(".")[0]}]


def _left(table: object, row: int) -> tuple[list[int], int]:
    """Return the row groups that hold rows after `row`, and how many rows stand before them."""
    from pyarrow.parquet import ParquetFile

    assert isinstance(table, ParquetFile)
    passed = 0
    for group in range(table.num_row_groups):
        size = table.metadata.row_group(group).num_rows
        if passed + size > row:
            return list(range(group, table.num_row_groups)), passed
        passed += size
    return [], passed


def _item(number: int, record: Mapping[str, object], manner: Manner) -> Iterator[Item]:
    value = _plain(dug(record, manner.column) if manner.column else record)
    if value is MISSING:
        yield Unread(number, Reason.COLUMN)
        return
    if isinstance(value, Reason):
        yield Unread(number, value)
        return
    text = written(value)
    if len(text.encode("utf-8", "replace")) > manner.row_limit_bytes:
        yield Unread(number, Reason.LONG)
    elif text and not text.isspace():
        yield Row(number, text)


def _plain(value: object) -> object:
    """Return `value` with its bytes as text; Reason.ENCODING where one is none."""
    try:
        return _decoded(value)
    except UnicodeDecodeError:
        return Reason.ENCODING


def _decoded(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Mapping):
        return {name: _decoded(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value
