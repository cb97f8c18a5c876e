"""Laws of Parquet: no cell ends the reading, each is read as text or told; names stay apart."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from piiforge import logs
from piiforge.logs import Manner, Mark, Row, Unread, parquet
from piiforge.logs.records import CELL, Reason

FAR = {"s": 300_000_000_000, "ms": 10**15, "us": 10**18, "ns": 1_767_000_000_123_456_789}
MOMENTS = {"s": "11476-08-14T21:20:00", "ms": "33658-09-27T01:46:40.000",
           "us": "33658-09-27T01:46:40.000000", "ns": "2025-12-29T09:20:00.123456789"}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def reading(table, **manner):
        pq.write_table(table, tmp_path / "a.parquet", row_group_size=manner.pop("group", 4))
        (source,) = logs.find([str(tmp_path / "a.parquet")])
        with logs.Log(source, Manner(**manner)) as log:
            return list(log.items())

    return reading


def cells(items):
    assert not any(isinstance(item, Unread) or item.lost for item in items)
    return [json.loads(item.content)["x"] for item in items]


def column(values, kind):
    """Return a table of a column x, of numbers that stand for `kind`, beside another."""
    whole = pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    return pa.table({"x": whole, "mail": ["m"] * len(values)})


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [(pa.timestamp(unit), FAR[unit], MOMENTS[unit]) for unit in ("ms", "us", "ns")]
    + [
        (pa.timestamp("us", "UTC"), FAR["us"], MOMENTS["us"] + "Z"),
        (pa.timestamp("us", "Mars/Olympus"), 0, "1970-01-01T00:00:00.000000Z"),
        (pa.timestamp("ns", "UTC"), FAR["ns"], MOMENTS["ns"] + "Z"),
        (pa.time64("ns"), 3_600_000_000_001, "01:00:00.000000001"),
        (pa.duration("ns"), 1_000_000_001, "1000000001 ns"),
        (pa.duration("ms"), 2**62, f"{2**62} ms"),
        (pa.date32(), 3_000_000, "10183-09-21"),
        (pa.date32(), -800_000, "-221-09-04"),
        (pa.date64(), 3_000_000 * 86_400_000, "10183-09-21"),
    ],
    ids=str,
)
def test_a_time_that_python_can_not_hold_is_read_as_text(read, kind, value, text):
    found = cells(read(column([value, 0, None], kind)))
    assert found[0] == text
    assert found[1] is not None
    assert found[2] is None


def test_fields_and_columns_of_one_name_are_told_apart(read):
    kind = pa.struct([pa.field("mail", pa.string())] * 2)
    inner = pa.StructArray.from_arrays([pa.array(["a"]), pa.array(["b"])], fields=list(kind))
    table = pa.Table.from_arrays([inner, pa.array(["c"])], names=["x", "x"])
    (row,) = read(table)
    assert row.content == '{"x":{"mail":"a","mail_2":"b"},"x_2":"c"}'
    (row,) = read(table, column="x")
    assert row.content == '[{"mail":"a","mail_2":"b"},"c"]'


@pytest.mark.parametrize(
    "kind",
    [pa.list_, pa.large_list, lambda inner: pa.struct([("a", inner), ("b", pa.string())]),
     lambda inner: pa.map_(pa.string(), inner), lambda inner: pa.list_(pa.struct([("a", inner)]))],
)  # fmt: skip
def test_odd_cells_inside_others_are_read(read, kind):
    inner = kind(pa.timestamp("ns"))
    shape = {pa.types.is_struct: {"a": FAR["ns"]}, pa.types.is_map: [("a", FAR["ns"])]}
    value = next((value for is_kind, value in shape.items() if is_kind(inner)), None)
    if value is None:
        value = [{"a": FAR["ns"]}] if pa.types.is_struct(inner.value_type) else [FAR["ns"]]
    (found,) = cells(read(pa.table({"x": pa.array([value], inner)})))
    assert MOMENTS["ns"] in json.dumps(found)


def test_fixed_bytes_and_dictionaries_are_read(read):
    digits = pa.array([bytes(range(200, 216))], pa.binary(16))
    moments = pa.array([FAR["ns"]]).view(pa.timestamp("ns")).dictionary_encode()
    assert cells(read(pa.table({"x": digits}))) == [bytes(range(200, 216)).hex()]
    assert cells(read(pa.table({"x": moments}))) == [MOMENTS["ns"]]


def test_a_map_is_an_object_with_its_keys(read):
    kind = pa.map_(pa.string(), pa.string())
    table = pa.table({"x": pa.array([[("mail", "a"), ("mail", "b")], None, []], kind)})
    assert cells(read(table)) == [{"mail": "a", "mail_2": "b"}, None, {}]
    assert [item.content for item in read(table, column="x.mail")[:1]] == ['["a","b"]']


def test_maps_of_lists_of_odd_cells_are_read(read):
    kind = pa.map_(pa.int32(), pa.list_(pa.struct([("at", pa.timestamp("ns"))])))
    odd = pa.array([[(7, [{"at": FAR["ns"]}, None])]], kind)
    assert cells(read(pa.table({"x": odd}))) == [{"7": [{"at": MOMENTS["ns"]}, None]}]


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"plain text", "plain text"), ("día".encode(), "día"), (bytes(range(16)), None),
     (b"\xff\xfe\x00x", None), (b"", "")],
)  # fmt: skip
def test_bytes_are_text_or_their_digits(read, raw, text):
    table = pa.table({"x": pa.array([raw], pa.binary()), "mail": ["m"]})
    assert cells(read(table)) == [raw.hex() if text is None else text]


def test_a_text_with_one_odd_byte_is_read_and_told(read):
    raw = "the señal of someone".encode("latin-1")
    odd = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0" + bytes([len(raw), 0, 0, 0])),
                                      pa.py_buffer(raw))  # fmt: skip
    for each in (odd, pa.array([raw], pa.binary())):
        (row,) = read(pa.table({"x": each}))
        assert (row.content, row.lost) == ('{"x":"the se\ufffdal of someone"}', (Reason.BYTES,))


def test_a_cell_that_can_not_be_read_is_told_and_the_rest_read(read, monkeypatch):
    monkeypatch.setattr(parquet, "_moment", lambda _scalar: int("x"))
    (row,) = read(column([FAR["ns"]], pa.timestamp("ns")))
    assert (row.content, row.lost) == ('{"x":"\ufffd","mail":"m"}', (Reason.CELL,))
    assert "\udcc1" in CELL


def test_a_group_that_is_broken_costs_no_other(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"x": [f"{at:040}" for at in range(9)]})
    pq.write_table(table, path, row_group_size=3, compression="none", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 60] = b"\xff" * 60
    path.write_bytes(content)
    (source,) = logs.find([str(path)])
    with logs.Log(source, Manner()) as log:
        whole = list(log.items())
    assert [item.row for item in whole if isinstance(item, Row)] == [1, 2, 3, 7, 8, 9]
    assert [(item.row, item.reason) for item in whole if isinstance(item, Unread)] == [
        (6, Reason.GROUP)
    ]
    for taken in range(1, len(whole)):
        with logs.Log(source, Manner()) as log:
            assert list(log.items(log.after(Mark(), whole[taken - 1], taken))) == whole[taken:]
