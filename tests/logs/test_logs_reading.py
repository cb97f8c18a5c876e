"""Laws of reading logs: what stands in a file comes out, and what does not is told in place."""

import base64
import codecs
import gzip
import io
import json
import tracemalloc
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import logs
from piiforge.logs import Manner, Mark, Row, Unread, documents
from piiforge.logs.records import Reason

KINDS = ("lines", "jsonl", "csv", "tsv", "parquet", "har")
every_kind = pytest.mark.parametrize("kind", KINDS)
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\x85\ufeff"),
    min_size=1,
).filter(lambda text: not text.isspace())


def read(path, manner=None, start=None):
    (source,) = logs.find([str(path)])
    with logs.Log(source, manner or Manner()) as log:
        return list(log.items(start))


def contents(items):
    return [(item.row, item.content) for item in items if isinstance(item, Row)]


def unread(items):
    return [(item.row, item.reason) for item in items if isinstance(item, Unread)]


def packed(content, how):
    if how == "gzip":
        return gzip.compress(content, mtime=0)
    if how == "zstd":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as out:
            out.write(content)
        return sink.getvalue().to_pybytes()
    return content


def quoted(text):
    return '"{}"'.format(text.replace('"', '""'))


def written(values, kind):
    """Return a file of `kind` whose column `said` holds `values`."""
    if kind == "lines":
        return "".join(f"{value}\n" for value in values).encode()
    if kind == "jsonl":
        return "".join(json.dumps({"n": 1, "said": value}) + "\n" for value in values).encode()
    if kind in {"csv", "tsv"}:
        mark = "\t" if kind == "tsv" else ","
        rows = [f"n{mark}said", *(f"1{mark}{quoted(value)}" for value in values)]
        return "".join(f"{row}\r\n" for row in rows).encode()
    if kind == "parquet":
        sink = io.BytesIO()
        pq.write_table(pa.table({"n": [1] * len(values), "said": list(values)}), sink,
                       row_group_size=3)  # fmt: skip
        return sink.getvalue()
    entries = [{"request": {"url": value, "headers": []}, "response": {}} for value in values]
    return json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}}).encode()


def column(kind):
    return {"lines": "", "har": "request.url"}.get(kind, "said")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@every_kind
@given(values=st.lists(texts, min_size=1, max_size=12), how=st.sampled_from(["", "gzip", "zstd"]))
def test_what_was_written_is_read_in_every_format_and_compression(place, kind, values, how):
    path = place / f"x.{kind}"
    path.write_bytes(packed(written(values, kind), how))
    found = read(path, Manner(kind, column(kind)))
    assert contents(found) == list(enumerate(values, 1))


@every_kind
@pytest.mark.parametrize("how", ["", "gzip", "zstd"])
def test_reading_goes_on_from_every_mark(place, kind, how):
    path = place / f"marks.{kind}"
    path.write_bytes(packed(written([f"row {at}, it's {at}" for at in range(10)], kind), how))
    (source,) = logs.find([str(path)])
    manner = Manner(kind)
    whole = read(path, manner)
    for taken in range(1, len(whole) + 1):
        with logs.Log(source, manner) as log:
            some = list(islice(log.items(), taken))
            mark = log.after(Mark(), some[-1], taken)
        assert some + read(path, manner, mark) == whole


def test_a_csv_is_read_as_objects_and_its_head_as_row_0(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,note,\n1,"two\nlines, ""said""",x\n\n2,plain,y,more\n')
    assert contents(read(path)) == [
        (0, "id,note,"),
        (1, '{"id":"1","note":"two\\nlines, \\"said\\"","column_3":"x"}'),
        (2, '{"id":"2","note":"plain","column_3":"y","column_4":"more"}'),
    ]
    assert contents(read(path, Manner(column="note"))) == [
        (1, 'two\nlines, "said"'), (2, "plain"),
    ]  # fmt: skip


def test_a_csv_without_a_head_loses_no_record(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1;a\n2;b\n")
    assert contents(read(path, Manner(header=False))) == [
        (1, '{"column_1":"1","column_2":"a"}'), (2, '{"column_1":"2","column_2":"b"}'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("odd", "record"),
    [
        ('3,"open', ["3", '"open']), ('3,"shut" here', ["3", "shut here"]),
        ('3,a"b', ["3", 'a"b']), ('"3,"x"', ['"3', '"x"']), ('3,5" by 4"', ["3", '5" by 4"']),
        (r'3,"said \"a, b\" and left"', ["3", 'said "a, b" and left']),
        (r'3,"5\" pipe"', ["3", '5" pipe']), (r'3,"C:\dir\"', ["3", "C:\\dir\\"]),
        ('3, "a, b"', ["3", "a, b"]), ("3,'a, b'", ["3", "a, b"]),
        ("3,it's, so", ["3", "it's", " so"]),
    ],
)  # fmt: skip
def test_an_odd_quote_costs_nothing_and_the_rest_is_read(tmp_path, odd, record):
    path = tmp_path / "a.csv"
    lines = ["id,note", '1,"ok"', odd, '4,"fine, too"', "5,end"]
    path.write_text("\n".join(lines) + "\n")
    found = read(path)
    assert [row for row, _ in contents(found)] == [0, 1, 2, 3, 4]
    assert list(json.loads(contents(found)[2][1]).values()) == record
    assert json.loads(contents(found)[3][1])["note"] == "fine, too"


def test_a_quote_that_never_ends_is_given_up_at_the_row_limit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,note\n1,"open\n' + "2,plain\n" * 2000)
    found = read(path, Manner(row_limit_bytes=1000))
    assert unread(found) == []
    assert contents(found)[1] == (1, '{"id":"1","note":"\\"open"}')
    assert len(contents(found)) == 2002


@pytest.mark.parametrize(
    ("before", "head", "mark"),
    [
        (["sep=;"], "id;mail;note", ";"), (['"SEP=|"'], "id|mail|note", "|"),
        (["# exported, by team, for audit", "# 2 rows"], "id;mail;note", ";"),
        (["# a, b, c"], "id,mail,note", ","), (["#x"], "#id,mail,note", ","),
        (["Report of May", ""], "id\tmail\tnote", "\t"), ([], "id^mail^note", "^"),
        ([], "id~mail~note", "~"), ([], "id\x01mail\x01note", "\x01"),
    ],
)  # fmt: skip
def test_what_stands_before_the_head_of_a_table_is_read_and_no_head(tmp_path, before, head, mark):
    path = tmp_path / "a.csv"
    rows = [mark.join(["A", "b@fleet.example", "x y"]), mark.join(["B", "c@fleet.example", "z"])]
    path.write_text("\n".join([*before, head, *rows]))
    said = [text for text in before if text and not text.lower().strip('"').startswith("sep")]
    assert contents(read(path)) == [
        *((0, text) for text in said), (0, head),
        (1, '{"id":"A","mail":"b@fleet.example","note":"x y"}'),
        (2, '{"id":"B","mail":"c@fleet.example","note":"z"}'),
    ]  # fmt: skip
    column = read(path, Manner(column="mail"))
    assert column == [Row(1, "b@fleet.example", end=column[0].end), column[1]]
    for taken in range(1, 2 + len(said)):
        (source,) = logs.find([str(path)])
        with logs.Log(source, Manner()) as log:
            some = list(islice(log.items(), taken))
            after = log.after(Mark(), some[-1], taken)
        assert some + read(path, start=after) == read(path)


def test_the_fields_of_a_server_log_name_its_columns(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("#Version: 1.0\n#Fields: date cs-uri-query\n2026-01-21\tmail=x\n")
    assert contents(read(path))[2:] == [(1, '{"date":"2026-01-21","cs-uri-query":"mail=x"}')]


@pytest.mark.parametrize(
    "first", ["2026-01-21 10:10:24,GET,192.0.2.1", "1,jo@fleet.example,x", "7,5550100,8"]
)
def test_a_first_record_of_values_is_no_head(tmp_path, first):
    path = tmp_path / "a.csv"
    path.write_text(f"{first}\n{first}\n")
    assert [row for row, _ in contents(read(path))] == [1, 2]
    assert list(json.loads(contents(read(path))[0][1])) == ["column_1", "column_2", "column_3"]


@pytest.mark.parametrize(
    ("head", "names"),
    [("mail,mail_3,mail", ["mail", "mail_3", "mail_2"]), ("a,a,a", ["a", "a_2", "a_3"]),
     ("column_2,,x", ["column_2", "column_2_2", "x"]), ("a", ["a", "column_2", "column_3"]),
     ("column_2,b", ["column_2", "b", "column_3"])],
)  # fmt: skip
def test_every_value_of_a_table_has_a_key_of_its_own(tmp_path, head, names):
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\nu,v,w\n")
    (_, (_, record)) = contents(read(path))
    assert json.loads(record) == dict(zip(names, "uvw", strict=True))


def test_a_record_far_wider_than_its_head_loses_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("column_70,b\n" + ",".join(map(str, range(100))) + "\n")
    assert list(json.loads(contents(read(path))[1][1]).values()) == list(map(str, range(100)))


def test_a_column_that_stands_twice_is_read_twice(tmp_path):
    (tmp_path / "a.csv").write_text("mail,n,mail\nx,1,y\n")
    (tmp_path / "a.jsonl").write_text(
        '{"mail":"x","n":1,"mail":"y"}\n{"a":{"mail":"x","mail":"y"}}\n'
    )
    assert contents(read(tmp_path / "a.csv", Manner(column="mail"))) == [(1, '["x","y"]')]
    assert contents(read(tmp_path / "a.jsonl", Manner(column="mail")))[0] == (1, '["x","y"]')
    assert contents(read(tmp_path / "a.jsonl", Manner(column="a.mail"))) == [(2, '["x","y"]')]


RECORDS = [{"tel": f"{at}", "of": [{"n": at}], "note": 'a "}]{[ \\'} for at in range(40)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("around", "path"),
    [
        (lambda said: {"Records": said}, "Records"), (lambda said: {"a": {"b": said}}, "a.b"),
        (lambda said: said, ""), (lambda said: [said], ""),
    ],
    ids=["object", "deep", "list", "lists"],
)  # fmt: skip
def test_a_document_that_holds_records_is_read_record_by_record(tmp_path, around, path, indent):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(around(RECORDS), indent=indent))
    found = contents(read(file, Manner(row_limit_bytes=1000)))
    assert [(row, json.loads(content)) for row, content in found] == [
        (row, around([record])) for row, record in enumerate(RECORDS, 1)
    ]
    keys = {pair.key for _, content in found for pair in logs.pairs(content)}
    assert f"{path}.tel".strip(".") in keys
    column = read(file, Manner(column="tel", row_limit_bytes=1000))
    assert contents(column) == [(at + 1, f"{at}") for at in range(40)]


def test_what_stands_beside_the_records_is_read_too(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{\n "by": "x", "Records": [{"a": 1}, 7],\n "next": {"b": "c"}, "none": []}')
    assert contents(read(path)) == [
        (0, '{"by":"x","Records":[]}'), (1, '{"Records":[{"a":1}]}'), (2, '{"Records":[7]}'),
        (0, '{"next":{"b":"c"},"none":[]}'),
    ]  # fmt: skip


def test_objects_one_after_another_are_a_row_each(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"mail":"a"}{"mail":"b"}\n{\n"mail": "c"}')
    assert contents(read(path)) == [
        (1, '{"mail":"a"}'), (2, '{"mail":"b"}'), (3, '{"mail":"c"}'),
    ]  # fmt: skip


def test_a_document_that_is_cut_short_is_told_and_read_to_there(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{\n"Records": [{"a": 1}, {"b": "c"')
    found = read(path)
    assert contents(found) == [(1, '{"Records":[{"a":1}]}'), (2, '{"Records":[{"b":"c"}]}')]
    assert unread(found) == [(2, Reason.CUT)]


@pytest.mark.parametrize(
    "text", ["x" * 5000, "\\" * 5000, '"' * 3000], ids=["long", "back", "quotes"]
)
def test_a_text_over_the_limit_is_told_and_its_record_read(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"Records": [{"a": "b", "c": text, "d": "e"}, {"f": 1}]}, indent=1))
    found = read(path, Manner(row_limit_bytes=2000))
    assert unread(found) == [(1, Reason.LONG)]
    assert [row for row, _ in contents(found)][-1] == 2
    assert '"d":"e"' in "".join(content for _, content in contents(found))


json_values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


def leaves(value):
    if isinstance(value, dict | list):
        every = value if isinstance(value, list) else value.values()
        return [leaf for each in every for leaf in leaves(each)]
    return [value]


@given(values=st.lists(json_values, max_size=4), limit=st.sampled_from([40, 200, 9000]))
def test_no_value_of_a_document_is_lost_or_read_twice(values, limit):
    values = [value for value in values if isinstance(value, dict | list)]
    said = "\n".join(json.dumps(value, indent=1) for value in values).encode()
    pieces = list(documents.pieces(io.BufferedReader(io.BytesIO(said)), limit))
    if not any(piece.lost for piece in pieces):
        assert [leaf for piece in pieces for leaf in leaves(json.loads(piece.text))] == leaves(
            values
        )


def test_a_document_of_many_records_takes_no_memory(tmp_path):
    path = tmp_path / "a.json"
    with path.open("w") as out:
        out.write('{"Records": [{"a": 0}')
        for _ in range(2000):
            out.write(', {"pad": "' + "x" * 10_000 + '"}')
        out.write("]}")
    tracemalloc.start()
    (source,) = logs.find([str(path)])
    with logs.Log(source, Manner()) as log:
        count = sum(isinstance(item, Row) for item in log.items())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2001
    assert most < 8_000_000


@pytest.mark.parametrize(
    "said", ["[2026-01-21] INFO up\n[2026-01-22] INFO down\n", "{oops\n}\n", '{"a":1}\n{"b":2}\n',
             '[\n{"a":1},\n{"b":2},\n]\n', "[1,2]\n{}\n"]
)  # fmt: skip
def test_what_is_no_document_is_read_line_by_line(tmp_path, said):
    path = tmp_path / "a.json"
    path.write_text(said)
    lines = list(enumerate(said.splitlines(), 1))
    assert contents(read(path)) == lines


def test_lines_longer_than_what_a_file_is_told_by_stay_lines(tmp_path):
    path = tmp_path / "a.json"
    lines = [json.dumps({"items": [{"n": at}], "pad": "x" * 90_000}) for at in range(3)]
    path.write_text("\n".join(lines))
    whole = read(path)
    assert contents(whole) == list(enumerate(lines, 1))
    (source,) = logs.find([str(path)])
    with logs.Log(source, Manner()) as log:
        some = list(islice(log.items(), 1))
        mark = log.after(Mark(), some[-1], 1)
    assert some + read(path, start=mark) == whole


@pytest.mark.parametrize("name", ["a.log", "a.jsonl", "a.csv"])
def test_colours_are_no_content(tmp_path, name):
    path = tmp_path / name
    path.write_text(
        "id,said\n1,\x1b[33mtel\x1b[0m\n" if name.endswith("csv") else "\x1b[33mtel\x1b[0m\n"
    )
    assert "tel" in contents(read(path))[-1][1]
    assert "33m" not in contents(read(path))[-1][1]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_line_ends_and_the_byte_order_mark_are_no_content(tmp_path, ending, mark):
    path = tmp_path / "a.log"
    path.write_bytes(mark + f"one{ending}{ending}three".encode())
    assert contents(read(path)) == [(1, "one"), (3, "three")]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "latin-1", "cp1252", "utf-8-sig"])
def test_other_encodings_are_read_as_they_are_asked(tmp_path, coding):
    path = tmp_path / "a.log"
    path.write_bytes("señal\nnächste\n".encode(coding))
    assert contents(read(path, Manner(encoding=coding))) == [(1, "señal"), (2, "nächste")]


def test_a_mark_of_utf_16_is_believed(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes("{}\nsecond\n".encode("utf-16"))
    assert contents(read(path)) == [(1, "{}"), (2, "second")]


def test_what_is_no_text_is_unread_in_its_place(tmp_path):
    path = tmp_path / "a.log"
    bad = b"a\x00b and more\n" + "x".encode("utf-16-le") * 9
    path.write_bytes(b"one\n" + bad + b"\nend" + b"." * 200)
    found = read(path)
    assert unread(found) == [(3, Reason.BINARY)]
    assert contents(found) == [(1, "one"), (2, "a\x00b and more"), (4, "end" + "." * 200)]


@every_kind
def test_an_empty_file_holds_nothing(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"")
    found = read(path, Manner(kind))
    assert contents(found) == []
    assert unread(found) == ([(0, Reason.FORMAT)] if kind in {"parquet", "har"} else [])


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("kind", ["lines", "jsonl", "csv", "har"])
def test_a_stream_that_is_cut_short_is_told_behind_its_last_whole_row(tmp_path, kind, how):
    values = [base64.b85encode(bytes(str(at) * 40, "ascii")).decode() for at in range(4000)]
    content = packed(written(values, kind), how)
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content[: len(content) // 2])
    found = read(path, Manner(kind, column(kind)))
    rows = contents(found)
    assert 0 < len(rows) < len(values)
    assert unread(found) == [(rows[-1][0] + 1, Reason.CUT)]
    assert found[-1] == Unread(rows[-1][0] + 1, Reason.CUT)


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("size", [8, 11])
def test_a_stream_of_which_nothing_comes_is_told(tmp_path, how, size):
    path = tmp_path / "a.log"
    path.write_bytes(packed(b"some line that is there\n" * 30, how)[:size])
    assert unread(read(path)) == [(0, Reason.CUT)]


def test_one_line_of_100_mb_takes_no_memory(tmp_path):
    path = tmp_path / "a.log"
    with path.open("wb") as out:
        out.write(b"first\n")
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b"\nlast\n")
    tracemalloc.start()
    found = read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unread(found) == [(2, Reason.LONG)]
    assert contents(found) == [(1, "first"), (3, "last")]
    assert most < 5_000_000


@pytest.mark.parametrize("kind", ["lines", "jsonl", "csv", "parquet", "har"])
def test_a_row_at_the_limit_is_read_and_one_over_it_is_not(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(written(["x" * 2000, "y" * 3100, "z"], kind))
    found = read(path, Manner(kind, column(kind), row_limit_bytes=3000))
    assert [row for row, _ in contents(found)] == [1, 3]
    assert unread(found) == [(2, Reason.LONG)]
    exact = read(path, Manner(kind, column(kind), row_limit_bytes=3120))
    assert [row for row, _ in contents(exact)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [('{"said": ', Reason.JSON), ("[1]", Reason.JSON), ('{"other": 1}', Reason.COLUMN),
     ('{"a": ' * 5000, Reason.JSON)],
    ids=["cut", "list", "missing", "deep"],
)  # fmt: skip
def test_a_line_without_the_key_that_was_asked_is_unread(tmp_path, line, reason):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"said": "x"}}\n{line}\n{{"said": null}}\n{{"said": {{"b": NaN}}}}\n')
    found = read(path, Manner(column="said"))
    assert unread(found) == [(2, reason)]
    assert [row for row, _ in contents(found)] == [1, 4]


def test_keys_are_looked_for_inside_objects(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"request": {"url": "/a"}}\n{"request.url": "/b"}\n')
    assert contents(read(path, Manner(column="request.url"))) == [(1, "/a"), (2, "/b")]


@pytest.mark.parametrize("kind", ["csv", "parquet", "lines"])
def test_a_column_that_is_not_there_leaves_nothing_clean(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(written(["one"], kind))
    found = read(path, Manner(kind, column="siad"))
    assert [reason for _, reason in unread(found)] == [Reason.COLUMN]
    assert contents(found) == []


def test_parquet_values_of_any_type_are_read(tmp_path):
    path = tmp_path / "a.bin"  # known by its bytes
    table = pa.table(
        {"raw": [b"abc", b"\xff"], "inner": [{"tel": "1"}, None], "many": [["a"], []], "n": [1, 2]}
    )
    pq.write_table(table, path)
    assert contents(read(path)) == [
        (1, '{"raw":"abc","inner":{"tel":"1"},"many":["a"],"n":1}'),
        (2, '{"raw":"ff","inner":null,"many":[],"n":2}'),
    ]
    assert contents(read(path, Manner(column="inner.tel"))) == [(1, "1")]


def test_a_parquet_file_that_is_none_is_told(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"x" * 100)
    assert unread(read(path)) == [(0, Reason.FORMAT)]


def test_of_har_the_requests_are_read_and_the_responses_not(tmp_path):
    entries = [
        {
            "request": {
                "url": "https://a.example/?x=1",
                "headers": [{"name": ":path", "value": "/"}, {"name": "cookie", "value": "a=b"}],
                "postData": {"params": [{"name": "tel", "value": "5"}]},
            },
            "response": {"content": {"text": '}]}"\\'}},
        },
        {"request": {"url": "u", "postData": {"text": "aGk=", "encoding": "base64"}}},
        {"request": "none"},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"log": {"version": "1", "creator": {}, "entries": entries}}))
    found = read(path)
    assert [(item.row, item.part, item.content) for item in found if isinstance(item, Row)] == [
        (1, "request.url", "https://a.example/?x=1"), (1, "request.headers", '{"cookie":"a=b"}'),
        (1, "request.postData", '{"tel":"5"}'), (2, "request.url", "u"),
        (2, "request.postData", "hi"),
    ]  # fmt: skip
    assert unread(found) == [(3, Reason.FORMAT)]


def parts(tmp_path, entry, **manner):
    path = tmp_path / "a.har"
    path.write_text(json.dumps({"log": {"version": "1", "creator": {}, "entries": [entry]}}))
    return [(each.part, each.content) for each in read(path, Manner(**manner)) if each.row == 1]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"postData": {"params": [{"name": "a", "value": "+1 5"}, {"name": "a", "value": "é&"}]}},
         [("request.postData", '{"a":"+1 5","a_2":"é&"}')]),
        ({"postData": {"text": "a=1", "params": [{"name": "a", "value": "1"}]}},
         [("request.postData", "a=1")]),
        ({"postData": {"text": "a=1%202", "params": [{"name": "a", "value": "1 2"}]}},
         [("request.postData", "a=1%202")]),
        ({"postData": {"text": "a=1", "params": [{"name": "b", "value": "2"}]}},
         [("request.postData", "a=1"), ("request.postData.params", '{"b":"2"}')]),
        ({"postData": {"params": [{"name": None, "value": "2"}, {"name": "x", "value": None}]}},
         [("request.postData", '{"":"2","x":""}')]),
        ({"postData": {"params": [{"name": "cv", "fileName": "jo.pdf"}]}},
         [("request.postData", '{"cv":"","cv.fileName":"jo","cv.suffix":".pdf"}')]),
        ({"postData": "a=1"}, [("request.postData", "a=1")]), ({"postData": None}, []),
        ({"postData": {"text": {"a": 1}}}, [("request.postData", '{"a":1}')]),
        ({"postData": {"text": "", "params": {"a": 1}}}, [("request.postData", '{"a":"1"}')]),
        ({"url": "/?a=1",
          "queryString": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]},
         [("request.url", "/?a=1"), ("request.queryString", '{"b":"2"}')]),
        ({"cookies": [{"name": "a", "value": "1"}]}, [("request.cookies", '{"a":"1"}')]),
        ({"headers": [{"name": "Cookie", "value": "a=1"}],
          "cookies": [{"name": "a", "value": "1"}]},
         [("request.headers", '{"Cookie":"a=1"}')]),
        ({"headers": [{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]},
         [("request.headers", '{"x":"1","x_2":"2"}')]),
    ],
)  # fmt: skip
def test_of_har_all_that_a_visitor_sent_is_read_once(tmp_path, request_, expected):
    assert parts(tmp_path, {"request": request_}) == expected


def test_of_har_the_messages_sent_are_read(tmp_path):
    messages = [
        {"type": "send", "opcode": 1, "data": "a"}, {"type": "receive", "opcode": 1, "data": "b"},
        {"type": "send", "opcode": 2, "data": base64.b64encode(b"c").decode()},
    ]  # fmt: skip
    entry = {"request": {"url": "u"}, "_webSocketMessages": messages}
    sent = [("webSocket.sent", "a"), ("webSocket.sent", "c")]
    assert parts(tmp_path, entry, column="webSocket.sent") == sent
    assert ("webSocket.received", "b") in parts(tmp_path, entry, responses=True)


def test_of_har_responses_are_read_where_they_are_asked_for(tmp_path):
    response = {
        "headers": [{"name": "x", "value": "1"}], "redirectURL": "/b",
        "cookies": [{"name": "c", "value": "2"}],
        "content": {"text": base64.b64encode(b"said").decode(), "encoding": "base64"},
    }  # fmt: skip
    entry = {"request": {"url": "u"}, "response": response}
    assert parts(tmp_path, entry) == [("request.url", "u")]
    assert parts(tmp_path, entry, responses=True)[1:] == [
        ("response.headers", '{"x":"1"}'), ("response.cookies", '{"c":"2"}'),
        ("response.redirectURL", "/b"), ("response.content", "said"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [("a.png", b"\x89PNG\r\n\x1a\n", Reason.BINARY), ("a.zip", b"PK\x03\x04..", Reason.CUT),
     ("a.xz", b"\xfd7zXZ\x00..", Reason.CUT), ("a.rar", b"Rar!\x1a\x07", Reason.PACKED),
     ("a", b"ab\x00\x01\x00\x02" * 99, Reason.BINARY)],
)  # fmt: skip
def test_files_that_are_no_logs_are_told_once(tmp_path, name, head, reason):
    path = tmp_path / name
    path.write_bytes(head)
    assert read(path) == [Unread(0, reason)]


def test_the_bytes_say_what_is_compressed_and_not_the_name(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(gzip.compress(b"one\n"))
    assert contents(read(path)) == [(1, "one")]
    other = tmp_path / "b.log.gz"
    other.write_bytes(b"two\n")
    assert contents(read(other)) == [(1, "two")]


def test_folders_are_walked_in_order_and_nothing_is_passed_over(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/x.log", "a.log", ".hidden.log"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    found = logs.find([str(tmp_path), str(tmp_path / "a.log")], but=[tmp_path / "b" / "x.log"])
    assert [Path(each.name).name for each in found] == [".hidden.log", "a.log", "gone", "loop"]
    assert [each.refused for each in found[2:]] == [Reason.UNREADABLE] * 2


def test_a_file_that_went_away_is_unread(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("x\n")
    (source,) = logs.find([str(path)])
    path.unlink()
    with logs.Log(source, Manner()) as log:
        assert list(log.items()) == [Unread(0, Reason.UNREADABLE)]
