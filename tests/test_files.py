"""Files of records: read back as written, and a folder is there whole or not at all."""

import errno
import hashlib
import math
import os
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from piiforge import files
from piiforge.errors import AskedWrongly, BadRecord, FolderExists

OF_A_SET = ("piiforge", "recipe", "outputs")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
RECORDS = st.lists(
    st.dictionaries(TEXTS, TEXTS | st.booleans() | st.none() | st.integers(-(2**53), 2**53))
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("jsonl") / "rows.jsonl"


@given(records=RECORDS)
def test_records_read_back_as_written(path, records):
    assert files.write(path, records) == len(records)
    assert list(files.read(path)) == records


def test_empty_lines_are_skipped_but_counted(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1}\n\n  \n{"b":2}\nnot JSON\n')
    rows = files.read(path)
    assert [next(rows), next(rows)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(BadRecord, match=r"rows\.jsonl:5: not JSON"):
        next(rows)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b'{"a": nan}', "not JSON"),
        (b"\xef\xbb\xbf{", "not JSON"),
        (b'{"a":' * 5000, "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
    ],
)
def test_a_bad_line_is_named_and_never_repeated(tmp_path, line, problem):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1}\n' + line + b"\n")
    with pytest.raises(BadRecord, match=f"rows.jsonl:2: {problem}"):
        list(files.read(path))


DIALECTS = pytest.mark.parametrize(
    ("line", "value"),
    [
        (b'\xef\xbb\xbf{"a": "x"}\r', "x"),
        (b'{"a": -Infinity}', -math.inf),
        (rb'{"a": "x \ud83d"}', "x \ufffd"),
        (rb'{"a": "\uDC00\ud83d\ude00"}', "\ufffd\U0001f600"),
        (b'{"a": "x\ty"}', "x\ty"),
        (rb'{"a": "{\x22b\x22: \xC3\xA9}"}', '{"b": é}'),
        (rb'{"a": "\\x41\xC3"}', "\\x41\ufffd"),
        (b'{"a": 12345678901234567890123}', 12345678901234567890123),
    ],
    ids=["mark", "infinite", "half", "halves", "control", "bytes", "backslash", "long"],
)


@DIALECTS
def test_a_line_is_read_in_every_dialect_of_json(tmp_path, line, value):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line + b"\n")
    if isinstance(value, int):  # the fast parser rounds it: only where every digit counts
        assert files.json_value(line, every_name=True) == {"a": value}
    else:
        assert list(files.read(path)) == [{"a": value}]


def test_a_number_that_is_none_is_one_all_the_same():
    assert math.isnan(files.json_value('{"a": NaN}')["a"])


def test_a_name_that_stands_twice_keeps_both_values():
    said = '{"b": [{"a": 1, "a_2": 2, "a": {"x": 3}, "a": 4}]}'
    (found,) = files.json_value(said, every_name=True)["b"]
    assert found == {"a": 1, "a_2": 2, "a_3": {"x": 3}, "a_4": 4}
    assert found.again == {"a": ["a_3", "a_4"]}


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_2_2", ""])))
def test_names_told_apart_are_all_different_and_the_first_stays(names):
    told = files.told_apart(names)
    assert len(set(told)) == len(told) == len(names)
    assert all(one.startswith(name) for one, name in zip(told, names, strict=True))
    assert {told[names.index(name)] for name in names} == set(names)


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 64)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "' + "x" * 64 + '"}\n')
    with pytest.raises(BadRecord, match="over 32 MiB"):
        list(files.read(path))


def test_a_file_that_is_not_there_is_asked_wrongly(tmp_path):
    with pytest.raises(AskedWrongly, match="is not a file"):
        list(files.read(tmp_path / "none.jsonl"))


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"\xff"])
def test_a_json_file_that_is_no_object_is_asked_wrongly(tmp_path, content):
    path = tmp_path / "one.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AskedWrongly, match=r"one\.json"):
        files.read_json(path)


def test_one_object_reads_back_with_its_keys_in_order(tmp_path):
    files.write_json(tmp_path / "one.json", {"b": 1, "a": {"c": [1, "é"]}})
    assert list(files.read_json(tmp_path / "one.json").items()) == [
        ("b", 1),
        ("a", {"c": [1, "é"]}),
    ]


def test_the_hash_is_that_of_the_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"abc" * 100_000)
    assert files.sha256(tmp_path / "x") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_a_folder_takes_its_place_when_complete(tmp_path):
    with files.folder(tmp_path / "deep" / "out") as draft:
        (draft / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert (tmp_path / "deep" / "out" / "a").read_text() == "1"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, MemoryError])
def test_an_interrupted_folder_leaves_nothing(tmp_path, fault):
    def interrupted():
        with files.folder(tmp_path / "out") as draft:
            (draft / "a").write_text("half")
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def our_folder(folder):
    """Make a folder that holds a manifest of ours, and a file."""
    folder.mkdir(parents=True)
    files.write_json(folder / "manifest.json", {"piiforge": "0", "recipe": {}, "outputs": {}})
    (folder / "old").write_text("1")
    return folder


def test_an_interrupted_replacement_leaves_the_old_folder_as_it_was(tmp_path):
    our_folder(tmp_path / "out")

    def interrupted():
        with files.folder(tmp_path / "out", force=True) as draft:
            (draft / "new").write_text("2")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["manifest.json", "old", "out"]


def test_a_replacement_that_fails_at_the_last_step_brings_the_old_folder_back(tmp_path):
    out = our_folder(tmp_path / "out")

    def disk_is_full():
        with files.set_aside(out):
            assert not out.exists()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        disk_is_full()
    assert (out / "old").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_existing_folder_is_refused_unless_forced(tmp_path):
    our_folder(tmp_path / "out")
    with pytest.raises(FolderExists, match="--force"), files.folder(tmp_path / "out"):
        pass
    with files.folder(tmp_path / "out", force=True) as draft:
        (draft / "new").write_text("2")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new"]


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "out").mkdir()
    with files.folder(tmp_path / "out") as draft:
        (draft / "new").write_text("2")
    assert (tmp_path / "out" / "new").exists()


def foreign(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "manifest.json").write_text('{"name": "a web extension"}')
    return tmp_path / "thesis"


@pytest.mark.parametrize("place", [foreign, our_folder], ids=["foreign", "working folder"])
def test_force_never_replaces_what_is_not_a_result(tmp_path, monkeypatch, place):
    out = place(tmp_path / "out") if place is our_folder else place(tmp_path)
    if place is our_folder:
        monkeypatch.chdir(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(AskedWrongly, match="Choose another --out"), files.folder(out, force=True):
        pass
    assert sorted(out.rglob("*")) == before


@pytest.mark.parametrize("place", [Path(), Path(".."), Path("/"), Path.home()], ids=str)
def test_force_never_replaces_the_working_folder_what_holds_it_or_the_home(
    tmp_path, monkeypatch, place
):
    our_folder(tmp_path / "mine" / "work")
    monkeypatch.chdir(tmp_path / "mine" / "work")
    with pytest.raises(AskedWrongly, match="holds more than a result"):
        files.refuse_foreign(place)


def test_a_file_is_never_put_in_the_place_of_a_folder(tmp_path):
    with pytest.raises(AskedWrongly, match="is a folder"), files.draft(tmp_path):
        pass
    (tmp_path / "notes").write_text("1")
    with pytest.raises(AskedWrongly, match="is a file"):
        files.refuse_foreign(tmp_path / "notes")


@pytest.mark.parametrize("url", ["s3://bucket/x", "gs://bucket/x", "file:///tmp/x"])
@pytest.mark.parametrize(
    "write",
    [
        files.draft,
        files.folder,
        lambda out: nullcontext(files.growing(out, "scan", resume=True, force=False)),
    ],
    ids=["a file", "a folder", "what grows"],
)
def test_a_url_makes_no_folder_of_its_name(tmp_path, monkeypatch, url, write):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AskedWrongly, match="no place on this machine"), write(Path(url)):
        pass
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Told:
    """A record with a field of every sort."""

    id: Annotated[str, Field(min_length=1)]
    right: bool | None
    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    language: Literal["en", "es"] = "en"
    tags: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


GOOD = {"id": "a", "right": True, "share": 0.5, "language": "es", "tags": ["x"], "counts": {"n": 1}}


def test_a_record_is_what_its_fields_say():
    assert files.parsed(GOOD, Told, Path("told.jsonl"), 1) == Told(
        "a", True, 0.5, "es", ("x",), {"n": 1}
    )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("id", 5551234, "id is not a text"),
        ("id", "", "id is not a text"),
        ("right", 1, "right is not true or false"),
        ("share", 1.5, "share is over 1"),
        ("share", -1, "share is under 0"),
        ("share", "5551234", "share is not a number"),
        ("language", "5551234", "language is not one of 'en' or 'es'"),
        ("tags", "5551234", "tags is not a list"),
        ("counts", {"n": 0.5}, "counts.n is not a whole number"),
        ("counts", [5551234], "counts is not an object"),
    ],
)
def test_a_field_that_is_off_is_named_and_its_value_never(name, value, problem):
    with pytest.raises(BadRecord, match=rf"told.jsonl:7: {problem}. Mend it.") as caught:
        files.parsed({**GOOD, name: value}, Told, Path("told.jsonl"), 7, "Mend it.")
    assert "5551234" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_field_that_is_missing_is_named():
    with pytest.raises(BadRecord, match=r"told\.json: right is missing"):
        files.parsed({"id": "a"}, Told, Path("told.json"))


def test_a_second_writer_of_a_file_is_refused_and_the_first_goes_on(tmp_path):
    out = tmp_path / "out.jsonl"
    with files.draft(out) as part:
        part.write_text("first")
        with pytest.raises(AskedWrongly, match="written by another process"), files.draft(out):
            pass
    assert out.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("force", [True, False])
def test_a_file_that_another_one_was_quicker_to_write_is_replaced_only_with_leave(tmp_path, force):
    out = tmp_path / "out.jsonl"
    files.refuse_existing(out, force=force)  # nobody has written it yet
    with files.draft(out) as part:
        part.write_text("quick")
    with (
        nullcontext() if force else pytest.raises(FolderExists),
        files.draft(out, force=force) as part,
    ):
        part.write_text("slow")
    assert out.read_text() == ("slow" if force else "quick")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("write", [files.draft, files.folder], ids=["a file", "a folder"])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (errno.EPERM, AskedWrongly),
        (errno.ENOTSUP, AskedWrongly),
        (errno.EXDEV, AskedWrongly),
        (errno.ENOSPC, OSError),
        (errno.EROFS, OSError),
    ],
    ids=lambda each: errno.errorcode.get(each) if isinstance(each, int) else None,
)
def test_where_nothing_can_be_moved_into_its_place_that_is_said_and_nothing_left(
    tmp_path, monkeypatch, write, said, told
):
    def refused(*_: object) -> None:
        raise OSError(said, os.strerror(said))

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(told) as caught, write(tmp_path / "out") as part:
        (part / "a" if part.is_dir() else part).write_text("1")
    assert ("moved into its place" in str(caught.value)) == (told is AskedWrongly)
    assert list(tmp_path.iterdir()) == []


def test_of_two_writers_of_a_folder_the_slower_is_refused(tmp_path):
    out = tmp_path / "out"

    def write_slowly():
        with files.folder(out) as slow:
            (slow / "a").write_text("slow")
            with files.folder(out) as quick:
                files.write_json(quick / "manifest.json", dict.fromkeys(OF_A_SET))

    with pytest.raises(FolderExists):
        write_slowly()
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_writer_left_is_taken_away_and_nothing_else(tmp_path):
    (tmp_path / ".out-a1b2c3d4.part" / "deep").mkdir(parents=True)
    for name in (".out-x.part", ".other-a1b2c3d4.part", ".out-2-a1b2c3d4.part"):
        (tmp_path / name).mkdir()
    with files.folder(tmp_path / "out"), files.folder(tmp_path / "out", force=True):
        assert len(list(tmp_path.glob(".out-????????.part"))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".other-a1b2c3d4.part", ".out-2-a1b2c3d4.part", ".out-x.part", "out",
    ]  # fmt: skip


def test_a_folder_that_a_killed_writer_had_moved_aside_comes_back(tmp_path):
    our_folder(tmp_path / ".out-a1b2c3d4.old" / "out")
    with pytest.raises(FolderExists), files.folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "old").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_that_is_missed_while_a_draft_is_written_is_told(tmp_path):
    with pytest.raises(FileNotFoundError), files.draft(tmp_path / "out"):
        (tmp_path / "nothing").read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_forked_worker_that_outlives_its_parent_holds_no_lock(tmp_path):
    reading, writing = os.pipe()
    begun, begins = os.pipe()
    with files.alone(tmp_path / "part", tmp_path / "out"):
        worker = os.fork()
        if not worker:
            os.write(begins, b"x")
            os.read(reading, 1)
            os._exit(0)
        os.read(begun, 1)
    try:
        with files.alone(tmp_path / "part", tmp_path / "out"):
            pass
    finally:
        os.write(writing, b"x")
    assert os.waitpid(worker, 0)[1] == 0
