"""Laws of damaged and odd files: what can be read is read in its place, and what can't is told."""

import codecs
import gzip
import json
import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from piiforge import logs
from piiforge.logs import Manner, Mark, Row, Unread
from piiforge.logs.records import Reason

HEAD, FIRST, SECOND = (
    "id,mail,ssn",
    '{"id":"1","mail":"x","ssn":"y"}',
    '{"id":"2","mail":"","ssn":"z"}',
)
TABLE = "id,mail,ssn\n1,x,y\n2,,z\n"


@pytest.fixture
def read(tmp_path):
    def reading(content, name="a.log", **manner):
        (tmp_path / name).write_bytes(content)
        (source,) = logs.find([str(tmp_path / name)])
        with logs.Log(source, Manner(**manner)) as log:
            whole = list(log.items())
        for taken in range(1, len(whole) + 1)[:9]:  # reading goes on from every mark
            with logs.Log(source, Manner(**manner)) as log:
                mark = log.after(Mark(), whole[taken - 1], taken)
                assert list(log.items(mark)) == whole[taken:]
        return whole

    return reading


def contents(items):
    return [(item.row, item.content) for item in items if isinstance(item, Row)]


def told(items):
    """Return (row, reason) of all that was not read, of a row as of a part of one."""
    return [
        (item.row, why)
        for item in items
        for why in ([item.reason] if isinstance(item, Unread) else item.lost)
    ]


@pytest.mark.parametrize("size", [16, 2000, 8192, 70_000, 3_000_000])
@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_log_that_begins_with_a_hole_is_read_behind_it(read, size, packed):
    found = read(packed(b"\x00" * size + b"one\n" + b"two\n" * 3))
    assert contents(found) == [(1, "one"), (2, "two"), (3, "two"), (4, "two")]
    assert told(found) == [(1, Reason.HOLE)]


@pytest.mark.parametrize(
    ("line", "content"),
    [(b"a %s b", "a \ufffd b"), (b"ab %s", "ab "), (b"%s", None), (b"%s a %s", " a ")],
)
def test_a_hole_anywhere_costs_nothing_but_itself(read, line, content):
    found = read(b"one\n" + line.replace(b"%s", b"\x00" * 5000) + b"\nend\n", row_limit_bytes=1000)
    assert contents(found) == [(1, "one"), *([(2, content)] if content else []), (3, "end")]
    assert told(found) == [(2, Reason.HOLE)]


def test_a_hole_of_100_mb_takes_no_memory(tmp_path):
    path = tmp_path / "a.log"
    with path.open("wb") as out:
        out.truncate(100_000_000)
        out.seek(0, os.SEEK_END)
        out.write(b"one\ntwo\n")
    (source,) = logs.find([str(path)])
    tracemalloc.start()
    with logs.Log(source, Manner()) as log:
        found = list(log.items())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (contents(found), told(found)) == ([(1, "one"), (2, "two")], [(1, Reason.HOLE)])
    assert most < 6_000_000


def test_a_hole_in_a_file_of_records_is_none_of_the_record(read):
    lines = b'{"said": "x"}\n' + b"\x00" * 99 + b'{"said": "y"}\n'
    for column in ("", "said"):
        found = read(lines, "a.jsonl", column=column)
        assert [row for row, _ in contents(found)] == [1, 2]
        assert told(found) == [(2, Reason.HOLE)]


def test_a_binary_rest_among_lines_leaves_the_lines(read):
    rest = bytes(at for at in range(32) if at not in b"\r\n") * 40 + b"\n"
    lines = [f"line {at} of this log" for at in range(300)]
    found = read(rest + "\n".join(lines).encode())
    assert contents(found)[-300:] == list(enumerate(lines, 2))


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(read, coding):
    assert contents(read("one line\nsecond é\n".encode(coding))) == [
        (1, "one line"),
        (2, "second é"),
    ]


@pytest.mark.parametrize("name", ["a.log", "a.jsonl", "a.csv", "a.tsv"])
def test_a_row_with_one_odd_byte_is_read_with_it_marked_and_told(read, name):
    mark = "\t" if name == "a.tsv" else ","
    record = {"a.jsonl": '{"n": "señal"}', "a.log": "señal"}.get(name, f"1{mark}señal")
    head = f"a{mark}n\n" if name[-2:] == "sv" else ""
    found = read(f"{head}{record}\n{record}\n".encode("latin-1"), name)
    rows = [item for item in found if item.row]
    assert [item.lost for item in rows] == [(Reason.BYTES,)] * 2
    assert all("se\ufffdal" in item.content for item in rows)
    assert read(f"{head}{record}\n".encode(), name)[-1].lost == ()


def test_an_odd_byte_in_a_head_is_told_of_the_head_alone(read):
    found = read("id,größe\n1,x\n".encode("latin-1"), "a.csv")
    assert told(found) == [(0, Reason.BYTES)]
    assert json.loads(contents(found)[1][1]) == {"id": "1", "gr\ufffd\ufffde": "x"}


def test_what_another_encoding_can_not_say_is_marked_and_told(read):
    found = read("one ü\n".encode("cp1252") + b"two \x81 three\n", encoding="cp1252")
    assert contents(found)[0] == (1, "one ü")
    assert told(found) == [(2, Reason.BYTES)]
    assert contents(found)[1][1].startswith("two \ufffd")
    assert contents(found)[1][1].endswith("\ufffd three")


@pytest.mark.parametrize("how", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_carriage_returns_alone_end_lines(read, how, mark):
    lines = ["one", "", 'say "two\r', *(f"row {at:060}" for at in range(3000))]
    found = read(how(mark + "\r".join(lines).encode()))
    expected = "\r".join(lines).split("\r")
    assert contents(found) == [(at, line) for at, line in enumerate(expected, 1) if line]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a"])
def test_tables_with_carriage_returns_are_read(read, name):
    expected = [(0, HEAD), (1, FIRST), (2, SECOND)]
    assert contents(read(TABLE.replace("\n", "\r").encode(), name)) == expected


def test_a_quoted_line_feed_is_no_end_among_carriage_returns(read):
    found = read(b'id,note\r1,"two\nlines"\r2,x\r', "a.csv")
    assert contents(found)[1:] == [
        (1, '{"id":"1","note":"two\\nlines"}'),
        (2, '{"id":"2","note":"x"}'),
    ]


def test_a_carriage_return_within_a_line_is_no_end(read):
    assert contents(read(b"10 %\r20 %\r30 %\ndone\n")) == [(1, "10 %\r20 %\r30 %"), (2, "done")]


@pytest.mark.parametrize(
    "name",
    ["u.csv.1", "u.csv.12", "u.csv.bak", "u.csv.old", "u.csv.orig", "u.csv~", "u.csv.2026-01-21",
     "u.csv-20260121", "u.csv.20260121T1010", "u.csv.1.gz", "u.csv.gz.1", "u.csv-20260121.gz",
     "u.csv.zst.2026-01-21", "U.CSV.1", "u.csv (1)", "u_2.csv", "u.csv.web-7", "u.csv.tmp"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["", "ssn"])
def test_a_name_that_was_put_behind_takes_nothing_from_a_table(read, name, column):
    packed = gzip.compress if "gz" in name or "zst" in name else bytes
    found = read(packed(b"id\n1\n"), name)  # of one column: its content alone says nothing
    assert contents(found) == [(0, "id"), (1, '{"id":"1"}')]
    values = [(1, "y"), (2, "z")] if column else [(0, HEAD), (1, FIRST), (2, SECOND)]
    assert contents(read(packed(TABLE.encode()), name, column=column)) == values


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["u", "u.txt", "u.log.1", "u.txt.bak", "u.dat", "u.csv.txt"])
def test_a_table_is_told_by_its_lines_where_the_name_says_nothing(read, name, delimiter):
    found = read(TABLE.replace(",", delimiter).encode(), name)
    assert contents(found)[1:] == [(1, FIRST), (2, SECOND)]


def test_a_name_does_not_make_a_table_of_records(read):
    lines = b'{"mail": "x", "n": 1}\n{"mail": "y", "n": 2}\n'
    assert contents(read(lines, "a.csv", column="mail")) == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    "lines",
    ["INFO,started,ok\nINFO,stopped,ok\nWARN,stopped,ok\n", "Hello there, you\nagain, me\nso, on\n",
     "a=1,b=2,c=3\na=1,b=2,c=4\n", "GET /a?x=1,2 200\nGET /b?x=1,2 200\n", "one\ntwo\n",
     "Dear all,\nthe day came,\nand went,\n", "2026-01-21,x,y\n2026-01-22,x,y\n"],
)  # fmt: skip
def test_lines_that_are_no_table_stay_lines(read, lines):
    assert [line for _, line in contents(read(lines.encode()))] == lines.split("\n")[:-1]


def special(path, kind):
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
@pytest.mark.parametrize("named", [True, False])
def test_what_is_no_regular_file_is_told_and_never_waited_for(tmp_path, monkeypatch, kind, named):
    monkeypatch.chdir(tmp_path)  # a socket's name may not be long
    special(tmp_path / "a", kind)
    (tmp_path / "b.log").write_text("x\n")
    found = logs.find(["a", "b.log"] if named else ["."])
    assert [each.refused for each in found] == [Reason.SPECIAL, None]
    with logs.Log(found[0], Manner()) as log:
        assert list(log.items()) == [Unread(0, Reason.SPECIAL)]


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("x\n")
    (source,) = logs.find([str(path)])
    path.unlink()
    os.mkfifo(path)
    with logs.Log(source, Manner()) as log:
        assert list(log.items()) == [Unread(0, Reason.UNREADABLE)]


def test_a_pipe_that_a_shell_hands_over_is_read():
    reader, writer = os.pipe()
    os.write(writer, b"one\ntwo\n")
    os.close(writer)
    (source,) = logs.find([f"/dev/fd/{reader}"])
    with logs.Log(source, Manner()) as log:
        assert contents(log.items()) == [(1, "one"), (2, "two")]
    os.close(reader)


@pytest.mark.parametrize("named", ["", "in", "in/closed"])
def test_a_folder_that_can_not_be_read_is_told(tmp_path, monkeypatch, named):
    closed = tmp_path / "in" / "closed"
    closed.mkdir(parents=True)
    (tmp_path / "in" / "a.log").write_text("x\n")
    listing = Path.iterdir

    def refusing(path):
        if path == closed:
            raise PermissionError
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", refusing)
    found = [each for each in logs.find([str(tmp_path / named)]) if each.refused]
    assert [(each.path, each.refused) for each in found] == [(closed, Reason.FOLDER)]


def test_links_that_lead_in_circles_are_told(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c.log").write_text("x\n")
    found = logs.find([str(tmp_path)])
    assert [each.refused for each in found] == [Reason.UNREADABLE] * 2 + [None]


DOCUMENT = '{{\n"Records": [\n{{"said": "{}", "n": 1}}, {{"said": "ok"}}]\n}}'
ENTRY = (
    '{{"log": {{"version": "1", "creator": {{}}, "entries": [{{"request": {{"url": "/{}"}}}}]}}}}'
)


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [("a.json", DOCUMENT, '{"Records":[{"said":"se\ufffdal","n":1}]}'),
     ("a.har", ENTRY, "/se\ufffdal"), ("a.csv", "id,of\n1,{}\n", '{"id":"1","of":"se\ufffdal"}')],
)  # fmt: skip
def test_an_odd_byte_in_what_is_cut_into_records_is_told_of_its_row(read, name, text, content):
    found = read(text.format("señal").encode("latin-1"), name)
    assert (1, content) in contents(found)
    assert told(found) == [(1, Reason.BYTES)]


def test_an_odd_byte_beside_the_column_of_a_document_is_told(read):
    found = read(DOCUMENT.format("señal").encode("latin-1"), "a.json", column="n")
    assert contents(found) == [(1, "1")]
    assert told(found) == [(1, Reason.BYTES), (2, Reason.COLUMN)]


@pytest.mark.parametrize("size", [16, 2000, 60_000])
def test_a_document_or_table_that_begins_with_a_hole_is_read_behind_it(read, size):
    hole = b"\x00" * size
    found = read(hole + DOCUMENT.format("x").encode(), "a.json")
    assert [json.loads(content) for row, content in contents(found) if row] == [
        {"Records": [{"said": "x", "n": 1}]}, {"Records": [{"said": "ok"}]}
    ]  # fmt: skip
    assert [why for _, why in told(found)] == [Reason.HOLE]
    for end in (b"", b"\n"):
        found = read(hole + end + TABLE.encode(), "a.csv")
        assert contents(found) == [(0, HEAD), (1, FIRST), (2, SECOND)]
        assert told(found) == [(0, Reason.HOLE)]


def test_a_hole_between_records_of_a_table_is_told(read):
    found = read(TABLE.encode() + b"\x00" * 99 + b"\n3,u,v\n", "a.csv")
    assert [row for row, _ in contents(found)] == [0, 1, 2, 4]
    assert told(found) == [(3, Reason.HOLE)]


@pytest.mark.parametrize("column", ["", "mail"])
def test_a_line_over_the_limit_before_a_head_is_told(read, column):
    found = read(b"# " + b"x" * 2000 + b"\n" + TABLE.encode(), "a.csv", column=column,
                 row_limit_bytes=1000)  # fmt: skip
    assert told(found) == [(0, Reason.LONG)]
    assert contents(found)[-1:] == ([(1, "x")] if column else [(2, SECOND)])


def test_objects_that_end_in_carriage_returns_are_lines(read):
    found = read(b'{"a": 1}\r\r{"b": 2}\r', "a.json")
    assert contents(found) == [(1, '{"a": 1}'), (3, '{"b": 2}')]


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (['"open'], [['"open']]),
        (["id,note", "1,a", '2,"open,x'], [["1", "a"], ["2", '"open', "x"]]),
    ],
)
def test_what_stands_behind_a_quote_that_is_left_open_on_the_last_line_is_read(read, lines, values):
    found = contents(read("\n".join(lines).encode(), "a.csv"))
    texts = [content for row, content in found if row] or [content for _, content in found]
    assert all(value in text.replace("\\", "") for text, row in zip(texts, values, strict=True)
               for value in row)  # fmt: skip
