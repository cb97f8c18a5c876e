"""Laws of reading in pieces: together they hold what the file holds, each item once."""

from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from piiforge.logs import Log, Manner, Mark, find
from piiforge.logs.records import Reason

BOM = b"\xef\xbb\xbf"
_TEXT = st.sampled_from(
    [b"", b" ", b"a", b"tel=1", "\u00e9\u4e2d".encode(), BOM, b"\xff", b"\x00" * 20, b"x" * 1001,
     b"y" * 300, b'{"a":"b"}', b"\r", b"a\rb"]
)  # fmt: skip
_ENDS = st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r", b""])
contents = st.lists(st.tuples(_TEXT, _ENDS), max_size=20).map(
    lambda lines: b"".join(text + end for text, end in lines)
)
SIZES = (1, 7, 300)
manners = st.sampled_from([Manner(row_limit_bytes=1000), Manner("lines"), Manner("jsonl", "a")])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("pieces") / "a.log"


def told(one, rows=0):
    return (one.row + rows, getattr(one, "content", None) or one.reason, one.end)


def whole(path, manner):
    with Log(find([str(path)])[0], manner) as log:
        return [told(one) for one in log.items()]


def apart(path, manner, size):
    """Read each piece by itself, as a worker does that knows of none before."""
    found, rows = [], 0
    source = find([str(path)])[0]
    with Log(source, manner) as cut:
        for piece in cut.pieces(size):
            with Log(source, manner) as log:
                found += [told(one, rows) for one in log.items(None, piece)]
                rows += 0 if piece.is_whole else log.behind(Mark()).row
    return found


def in_order(path, manner, size, *, every):
    """Read piece after piece, and begin anew from the mark behind each `every`th item."""
    found, mark = [], Mark()
    source = find([str(path)])[0]
    for _ in range(10_000):
        with Log(source, manner) as log:
            left = False
            for piece in log.pieces(size, mark):
                items = log.items(mark, piece)
                while some := list(islice(items, every)):
                    mark = log.after(mark, some[-1], len(some))
                    found += map(told, some)
                    if left := len(some) == every:
                        break
                if left:
                    break
                mark = log.behind(mark)
        if not left:
            break
    return found


@settings(max_examples=40)
@given(contents, manners)
@example(b"x" * 1500, Manner("lines"))
@example(b"\n" * 300, Manner("lines"))
@example(BOM + b"a\n" + BOM + b"b\n" * 200, Manner("lines"))
@example(b"a\rb\r\rc" * 90, Manner())
@example("e\u0301\n".encode("utf-16") * 70, Manner())
def test_pieces_hold_what_the_file_holds(path, content, manner):
    path.write_bytes(content)
    expected = whole(path, manner)
    for size in SIZES:
        assert apart(path, manner, size) == expected
        assert in_order(path, manner, size, every=3) == expected


@pytest.mark.parametrize("size", [1, 3000, 10**6])
@pytest.mark.parametrize("group", [100, 512, 1500, 9000])
def test_rows_of_parquet_come_once(tmp_path, size, group):
    rows = [{"at": str(at) if at % 7 else None, "on": "x"} for at in range(4000)]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)
    for manner in (Manner(), Manner(column="at")):
        expected = whole(path, manner)
        with Log(find([str(path)])[0], manner) as log:
            cut = len(list(log.pieces(size)))
            found = [told(one) for piece in log.pieces(size) for one in log.items(None, piece)]
        assert found == expected
        assert size > 3000 or cut > 1
        assert in_order(path, manner, size, every=700) == expected


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_broken_row_group_is_told_by_one_piece(tmp_path, at):
    path = Path(tmp_path, "a.parquet")
    table = pa.Table.from_pylist([{"a": f"{at:07}"} for at in range(8000)])
    pq.write_table(table, path, row_group_size=4000, compression="none", use_dictionary=False,
                   data_page_size=4096)  # fmt: skip
    raw = bytearray(path.read_bytes())
    place = raw.index(f"{1500 + 1700 * at:07}".encode())
    raw[place - 4096 : place + 4096] = b"\xff" * 8192
    path.write_bytes(raw)
    expected = whole(path, Manner())
    with Log(find([str(path)])[0], Manner()) as log:
        found = [told(one) for piece in log.pieces(1) for one in log.items(None, piece)]
    assert found == expected
    assert sum(one[1] is Reason.GROUP for one in found) in {1, 2}
