"""Parquet: a column, or each row as a JSON object; one batch of rows in memory at a time."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import BinaryIO, cast

from piiforge.logs.records import Item, Manner, Mark, Reason, Unread, item
from piiforge.logs.rows import bounded, dug

_ROWS = 512
_BUFFER_BYTES = 1 << 20


def rows(file: BinaryIO, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield the rows after `start.row`. What can't be decoded is unread to the file's end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = start.row
    try:
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        wanted = {manner.column, manner.column.partition(".")[0]}
        columns = [name for name in table.schema_arrow.names if name in wanted]
        if manner.column and not columns:
            yield Unread(0, Reason.COLUMN)
            return
        sizes = (table.metadata.row_group(at).num_rows for at in range(table.num_row_groups))
        passed = [0, *accumulate(sizes)]  # rows before each group, and in all
        group = bisect_right(passed, number) - 1
        groups, skip = list(range(group, table.num_row_groups)), number - passed[group]
        for batch in table.iter_batches(
            _ROWS, row_groups=groups, columns=columns if manner.column else None, use_threads=False
        ):
            for record in batch.slice(min(skip, len(batch))).to_pylist():
                number += 1
                value = _content(record, manner.column)
                if found := item(number, bounded(value, manner.row_limit_bytes)):
                    yield found
            skip = max(0, skip - len(batch))
    except (pa.ArrowException, OSError):
        reason = Reason.CUT if number else Reason.FORMAT
        yield Unread(number + 1 if number else 0, reason)


def _content(record: Mapping[str, object], column: str) -> object:
    """Return a record or its column with bytes as text; Reason.ENCODING where one is none."""
    try:
        return _decoded(dug(record, column) if column else record)
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
