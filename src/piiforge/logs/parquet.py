"""Parquet: a record a row, as a JSON object of its columns; one batch of them is in memory.

Its index stands at the end, so the file is one that can be entered anywhere. A cell is read as
Python reads it, else as a text of our own: what Python has no type for (nanoseconds, years past
9999, zones that no table knows, two fields of one name, a text that is not UTF-8). Bytes are read
as text where they are one, else as hexadecimal digits. What can't be decoded costs its row group.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import TYPE_CHECKING, BinaryIO, cast

from piiforge import files
from piiforge.logs.records import CELL, MARK, Item, Manner, Mark, Piece, Reason, Row, Unread, item
from piiforge.logs.rows import bounded, dug, parsed, written
from piiforge.types import Edit, applied

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


def again(
    file: BinaryIO,
    manner: Manner,
    out: object,
    change: Callable[[Sequence[Item]], Sequence[Sequence[Edit] | None]],
    at_once: int,
) -> bool:
    """Write a file to `out` with the schema, row groups, compression and metadata that it has.

    A cell of text takes its edits; one of another type that they touch becomes null, or a zero
    where its column takes no null. False where it can't be read at all.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = (pa.ArrowException, OSError, *_RAISED)
    try:
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        sizes = [table.metadata.row_group(at).num_rows for at in range(table.num_row_groups)]
    except broken:
        change([Unread(0, Reason.FORMAT)])
        return False
    schema, told = table.schema_arrow, table.metadata
    packed = told.row_group(0).column(0).compression if sizes and told.num_columns else "snappy"
    packed = "none" if packed == "UNCOMPRESSED" else packed.lower()
    passed = 0
    with pq.ParquetWriter(out, schema, compression=packed) as writer:
        for group, size in enumerate(sizes):
            try:
                kept = _group_again(table, group, passed, manner, change, at_once)
            except broken:
                change([Unread(passed + size, Reason.GROUP)])
            else:
                writer.write_table(kept, row_group_size=max(1, kept.num_rows))
            passed += size
    return True


def _group_again(
    table: "pq.ParquetFile",
    group: int,
    passed: int,
    manner: Manner,
    change: Callable[[Sequence[Item]], Sequence[Sequence[Edit] | None]],
    at_once: int,
) -> "pa.Table":
    """Return a row group with its rows changed, those left out that may not be written."""
    import pyarrow as pa

    kept: list[bool] = []
    cells: dict[int, dict[int, object]] = {}  # by column, by row
    records = (record for _, record in _records(table, group, None, 0, 0) if record is not None)
    while batch := list(islice(records, at_once)):
        read = [
            item(passed + number, bounded(record, manner.row_limit_bytes))
            for number, record in enumerate(batch, len(kept) + 1)
        ]
        items = [one for one in read if one is not None]
        changes = iter(change(items) if items else ())
        for one in read:
            made = () if one is None else next(changes)
            if isinstance(one, Row) and (made or (one.lost and made is not None)):
                for column, value in _changed_columns(one, made):
                    cells.setdefault(column, {})[len(kept)] = value
            kept.append(made is not None and not isinstance(one, Unread))
    whole = table.read_row_group(group, use_threads=False)
    for column, changed in cells.items():
        array = whole.column(column).combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        field = whole.schema.field(column)
        new_cells = _made([array[at] for at in changed], list(changed.values()), field)
        places = {at: len(array) + index for index, at in enumerate(changed)}
        indices = pa.array([places.get(at, at) for at in range(len(array))])
        whole = whole.set_column(column, field, pa.concat_arrays([array, new_cells]).take(indices))
    if not all(kept):
        whole = whole.filter(pa.array(kept))
    for column, field in enumerate(whole.schema):
        if (cells or not all(kept)) and _has_dictionary(field.type):
            whole = whole.set_column(column, field, _compact(whole.column(column), field.type))
    return whole


def _has_dictionary(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return True
    return any(_has_dictionary(kind.field(at).type) for at in range(kind.num_fields))


def _compact(
    column: "pa.ChunkedArray[pa.Scalar[pa.DataType]]", kind: "pa.DataType"
) -> "pa.Array[pa.Scalar[pa.DataType]]":
    """Return a column whose dictionaries hold nothing but what its cells say."""
    import pyarrow as pa

    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], kind)
    if isinstance(array, pa.DictionaryArray):
        plain = array.dictionary_decode()
        return cast("pa.Array[pa.Scalar[pa.DataType]]", plain.dictionary_encode().cast(kind))
    return pa.array(array.to_pylist(), kind)


def _changed_columns(row: Row, made: Sequence[Edit]) -> Iterator[tuple[int, object]]:
    """Yield which columns of a row read otherwise with edits made, and what stands there then."""
    new = cast("Mapping[str, object]", parsed(applied(row.content, made)))
    old = cast("Mapping[str, object]", parsed(row.content))
    for column, (value, was) in enumerate(zip(new.values(), old.values(), strict=True)):
        if value != was or MARK in written(value):
            yield column, value


def _made(
    old: "Sequence[pa.Scalar[pa.DataType]]", new: Sequence[object], field: "pa.Field[pa.DataType]"
) -> "pa.Array[pa.Scalar[pa.DataType]]":
    """Return changed cells as an array of their column's type."""
    import pyarrow as pa

    made: list[object] = []
    for scalar, value in zip(old, new, strict=True):
        try:
            cell = _changed(scalar, value, field.type)
            pa.array([cell], field.type)
        except (pa.ArrowException, *_RAISED):
            cell = None
        made.append(cell)
    if not field.nullable:
        made = [_zero(field.type) if cell is None else cell for cell in made]
    return pa.array(made, field.type)


def _changed(scalar: "pa.Scalar[pa.DataType]", value: object, kind: "pa.DataType") -> object:
    """Return a cell as its type takes it, where it now reads as `value`; None for what can't be."""
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    if pa.types.is_dictionary(kind):
        return _changed(scalar.value, value, kind.value_type)
    if pa.types.is_map(kind) and isinstance(value, Mapping):
        pairs = [(pair[0].as_py(), pair[1]) for pair in scalar.values]
        said = list(value.values())
        return [
            (name, _changed(each, now, kind.item_type))
            for (name, each), now in zip(pairs, said, strict=False)
        ]
    if pa.types.is_struct(kind) and isinstance(value, Mapping):
        said = list(value.values())
        return {
            field.name: _changed(scalar[at], said[at] if at < len(said) else None, field.type)
            for at, field in enumerate(kind)
        }
    if isinstance(value, list) and hasattr(kind, "value_type"):
        return [
            _changed(each, now, kind.value_type)
            for each, now in zip(scalar.values or (), value, strict=False)
        ]
    if written(value) == written(_decoded(_cell(scalar))):
        return scalar.as_py()
    if isinstance(value, str) and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        return value.encode()
    if isinstance(value, str) and pa.types.is_fixed_size_binary(kind):
        return value.encode()[: kind.byte_width].ljust(kind.byte_width, b" ")
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return value if isinstance(value, str) and (is_text or kind == pa.string_view()) else None


def _zero(kind: "pa.DataType") -> object:
    import pyarrow as pa

    zeros: tuple[object, ...] = (0, "", b"", [], {}, 0.0, False)
    for least in zeros:
        try:
            return pa.scalar(least, kind).as_py()
        except (pa.ArrowException, *_RAISED):
            continue
    return None


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
    try:
        if coarser := _in_microseconds(array.type):
            array = array.cast(coarser)
        if not _by_parts(array.type):
            return [_decoded(value) for value in array.to_pylist()]
    except _RAISED:
        pass
    return [_cell(each) for each in array]


def _by_parts(kind: "pa.DataType") -> bool:
    """Whether a type holds a map or nanoseconds: Arrow's own reading of these won't do."""
    import pyarrow as pa

    if pa.types.is_map(kind) or _in_microseconds(kind):
        return True
    inner = [kind.field(at).type for at in range(kind.num_fields)]
    inner += [kind.value_type] if pa.types.is_dictionary(kind) else []
    return any(map(_by_parts, inner))


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
        if coarser := _in_microseconds(scalar.type):
            scalar = scalar.cast(coarser)  # raises where that would lose something
        return scalar.as_py()
    except _RAISED:
        return _moment(scalar)


def _in_microseconds(kind: "pa.DataType") -> "pa.DataType | None":
    """Return the type that Python can hold for one in nanoseconds, None for any other.

    Arrow would give pandas' own types for these, where pandas is installed.
    """
    import pyarrow as pa

    if getattr(kind, "unit", "") != "ns":
        return None
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")


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
