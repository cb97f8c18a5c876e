"""Laws of a scan of whatever lies in a folder: it ends, and every file is accounted for."""

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scan_logs import archive, drawn

from piiforge import scan as room
from piiforge.logs.records import Reason

MAIL = drawn("email", 7)
LINE = f"email={MAIL}\n".encode()


@pytest.fixture
def scan(run, tmp_path, monkeypatch):
    """Return a scan of a folder; of it, what is found and what is told by (file, row)."""
    monkeypatch.chdir(tmp_path)

    def scanned(files, *words):
        for name, content in files.items():
            Path("in", name).parent.mkdir(parents=True, exist_ok=True)
            Path("in", name).write_bytes(content)
        said = run("scan", "in", "--out", "out.jsonl", "--json", *words)
        assert said.code == 0, said.err
        told = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
        found = [(one["file"][3:], one["row"], *one["keys"]) for one in told
                 if one["kind"] == "finding" and one["category"] == "email"]  # fmt: skip
        unread = {(one["file"][3:], one["row"]): one["reason"] for one in told if one["reason"]}
        return found, unread, json.loads(said.out)

    return scanned


def odd_parquet(folder):
    """Write a table with a time that Python can't hold, bytes, and a name twice."""
    far = pa.array([1_767_000_000_123_456_789]).view(pa.timestamp("ns"))
    columns = [far, pa.array([b"\xff\xfe\x00\x01"]), pa.array(["x"]), pa.array([MAIL])]
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_arrays(columns, ["at", "raw", "email", "email"]),
                   folder / "a.parquet")  # fmt: skip


def test_every_file_is_read_in_part_or_told(scan, tmp_path):
    odd_parquet(tmp_path / "in")
    os.mkfifo(tmp_path / "in" / "pipe")
    table = f"id,email\n1,{MAIL}\n".encode()
    found, unread, summary = scan({
        "b.log": b"\x00" * 2000 + LINE + LINE,
        "c.log": b"se\xf1al " + LINE,
        "d.log": b"one\r" + LINE.strip() + b"\r",
        "e.log.gz": gzip.compress(gzip.compress(LINE)) + b"\x00" * 99,
        "f.tgz": gzip.compress(archive({"x/a.log": LINE, "u.csv.1": table, "p.png": b"\x89PNG"})),
        "g.csv.bak": table,
        "h.txt": table + b"2,none\n",
        "i.7z": b"7z\xbc\xaf\x27\x1c",
        "j.log": b"",
    })  # fmt: skip
    assert found == [
        ("a.parquet", 1, "email_2"), ("b.log", 1, "email"), ("b.log", 2, "email"),
        ("c.log", 1, "email"), ("d.log", 2, "email"), ("e.log.gz", 1, "email"),
        ("f.tgz!x/a.log", 1, "email"), ("f.tgz!u.csv.1", 1, "email"), ("g.csv.bak", 1, "email"),
        ("h.txt", 1, "email"),
    ]  # fmt: skip
    assert unread == {
        ("b.log", 1): Reason.HOLE.value, ("c.log", 1): Reason.BYTES.value,
        ("e.log.gz", 2): Reason.REST.value, ("f.tgz!p.png", 0): Reason.BINARY.value,
        ("i.7z", 0): Reason.PACKED.value, ("pipe", 0): Reason.SPECIAL.value,
    }  # fmt: skip
    assert sorted(one["file"][3:] for one in summary["by_file"]) == [
        "a.parquet", "b.log", "c.log", "d.log", "e.log.gz", "f.tgz!p.png", "f.tgz!u.csv.1",
        "f.tgz!x/a.log", "g.csv.bak", "h.txt", "i.7z", "j.log", "pipe",
    ]  # fmt: skip
    assert summary["unscanned"] == len(unread)


def test_a_folder_that_can_not_be_read_is_unscanned_and_not_nothing(scan, monkeypatch):
    def refusing(_path):
        raise PermissionError

    Path("in").mkdir()
    monkeypatch.setattr(Path, "iterdir", refusing)
    _, unread, summary = scan({})
    assert unread == {("", 0): Reason.FOLDER.value}
    assert summary["unscanned"] == 1


def test_a_row_read_in_part_counts_as_one_row_and_is_told(scan):
    _, unread, summary = scan({"a.log": b"a \xff b" + b"\x00" * 99 + b"\nc\n"})
    assert list(unread) == [("a.log", 1)]
    assert (summary["rows"], summary["unscanned"]) == (2, 2)  # two things of one row


def test_a_bug_in_a_scan_does_not_exit_as_a_finding_does(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("x\n")
    monkeypatch.setattr(room.run.__globals__["Judge"], "findings", lambda *_: 1 // 0)
    said = run("scan", "a.log", "--out", "out.jsonl", "--fail-on-found")
    assert said.code == 70
    assert said.err.startswith("piiforge: a bug in piiforge (ZeroDivisionError).")
