"""Laws of going on: whatever stops a scan, the findings end as if nothing had."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import scan_logs
from scan_logs import COMPRESSIONS, access_lines, har, records, write

from piiforge import logs
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.scan import run, state

COMMAND = (sys.executable, scan_logs.__file__, "scan")
SLOWLY = {**os.environ, scan_logs.SLOW: "0.03"}
WRITTEN = ("out.jsonl", "out.summary.json", "out.report.html")


class Killed(BaseException):
    """Nothing that anyone catches."""


def stopped_at(asked, count, **how):
    """Scan until `count` batches are through, and stop there."""
    left = [count]

    def move(_moved):
        left[0] -= 1
        if not left[0]:
            raise Killed

    with pytest.raises(Killed):
        run(asked, progress=move, **how)


def batches(asked):
    count = []
    run(asked, force=True, progress=lambda _moved: count.append(1))
    return len(count)


def await_change(path, process):
    """Wait until the process has written `path`, or written it anew."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    while not path.exists() or path.stat().st_mtime_ns == before:
        time.sleep(0.02)
        assert process.poll() is None, "the scan was over before it could be stopped"


def feed(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.fixture
def folder(tmp_path):
    """Return a folder with every format in it, some of it broken."""
    place = tmp_path / "in"
    place.mkdir()
    rows = records(23)
    for packed in COMPRESSIONS:
        write(place, rows, "jsonl", packed)
        write(place, rows, "csv", packed)
        write(place, rows, "parquet", packed)
    (place / "a.har").write_bytes(har([row["path"] for row in rows]))
    (place / "b.csv").write_text('a,b\n1,"open\n2,"a\nb"\n3,"open\n4,d\n')
    (place / "c.log").write_bytes(b"one\n\xff\n\n\ntwo\n")
    (place / "d.png").write_bytes(b"\x89PNG")
    (place / "e.log").write_bytes("x\nemail\n".encode("utf-16"))
    (place / "f.log").write_bytes(b"\x00" * 99 + b"one\ntwo \xff\n" + b"\x00" * 99 + b"\n")
    packed = scan_logs.archive({"a.log": b"one\n\xff\n" * 4, "b.csv": b'a\n1\n"2'})
    (place / "g.tgz").write_bytes(scan_logs.compressed(packed, "gz") + b"\x00" * 9)
    (place / "h.zip").write_bytes(b"PK\x03\x04")
    return place


def test_a_scan_that_is_stopped_after_any_batch_ends_with_the_same_bytes(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=5)
    total = batches(asked)
    expected = [(tmp_path / name).read_bytes() for name in WRITTEN]
    assert total > 50
    for count in range(1, total):
        stopped_at(asked, count, force=True)
        assert (tmp_path / "out.jsonl.part").exists()
        run(asked, resume=True)
        assert [(tmp_path / name).read_bytes() for name in WRITTEN] == expected
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["in", *WRITTEN])


def test_a_scan_may_be_stopped_again_and_again(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.parquet", batch=3)
    total = batches(asked)
    expected = (tmp_path / "out.parquet").read_bytes()
    (tmp_path / "out.parquet").unlink()
    for _ in range(total // 4):
        stopped_at(asked, 3, resume=True)
    run(asked, resume=True)
    assert (tmp_path / "out.parquet").read_bytes() == expected


def test_what_was_written_behind_the_last_mark_is_cut_off(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(state, "_EVERY_S", 0.0)
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=5)
    batches(asked)
    expected = (tmp_path / "out.jsonl").read_bytes()
    stopped_at(asked, 9, force=True)
    with (tmp_path / "out.jsonl.part").open("ab") as part:
        part.write(b'{"kind":"finding","file":"torn' * 9999)
    run(asked, resume=True)
    assert (tmp_path / "out.jsonl").read_bytes() == expected


def test_a_scan_that_failed_in_the_middle_of_a_batch_goes_on_from_the_disk(tmp_path, monkeypatch):
    path = write(tmp_path, records(60), "jsonl")
    asked = state.Scan([str(path)], tmp_path / "out.jsonl", batch=10)
    run(asked)
    expected = [(tmp_path / name).read_bytes() for name in WRITTEN]
    counting = state.Tally.add

    def failing(tally, found):
        counting(tally, found)
        if tally.total.rows > 30:
            raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(state.Tally, "add", failing)
        with pytest.raises(Killed):
            run(asked, force=True)
    run(asked, resume=True)
    assert [(tmp_path / name).read_bytes() for name in WRITTEN] == expected


def test_an_unfinished_scan_is_not_gone_on_with_by_accident(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=5)
    stopped_at(asked, 4)
    with pytest.raises(AskedWrongly, match="unfinished scan"):
        run(asked)


def test_no_other_scan_has_a_part_before_it_is_in_its_place(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl")
    run(asked)
    expected = asked.out.read_bytes()

    class Meanwhile(dict):
        def items(self):
            """Let another begin where findings are written, and their report is made."""
            with pytest.raises(AskedWrongly, match="being written by another process"):
                run(asked, force=True)
            return super().items()

    run(replace(asked, emit=Meanwhile(ga4=tmp_path / "ga4.json")), force=True)
    assert asked.out.read_bytes() == expected


def test_a_scan_that_was_slower_than_another_writes_nothing_over(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", categories=("email",))
    slower = [
        state.Journal(asked.out, "another", resume=resume, force=False) for resume in (False, True)
    ]
    run(asked)
    for journal in slower:
        with pytest.raises(FolderExists), journal:
            pass
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["in", *WRITTEN])


@pytest.mark.parametrize(
    "other",
    [{"categories": ("email",)}, {"batch": 6}, {"show_values": True}, {"keys": False},
     {"manner": logs.Manner(header=False)}],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_a_scan_that_is_asked_otherwise_is_not_gone_on_with(tmp_path, folder, other):
    asked = {"paths": [str(folder)], "out": tmp_path / "out.jsonl", "batch": 5}
    stopped_at(state.Scan(**asked), 4)
    with pytest.raises(AskedWrongly, match="asked otherwise"):
        run(state.Scan(**(asked | other)), resume=True)


def test_a_file_that_was_changed_since_is_not_gone_on_with(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=5)
    stopped_at(asked, 4)
    (folder / "c.log").write_text("other\n")
    with pytest.raises(AskedWrongly, match="changed since"):
        run(asked, resume=True)


def test_going_on_with_what_is_done_says_it_again(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl")
    done = run(asked)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in WRITTEN}
    again = run(asked, resume=True)
    assert again.record() | {"rows_per_s": 0} == done.record() | {"rows_per_s": 0}
    assert before == {name: (tmp_path / name).stat().st_mtime_ns for name in WRITTEN}


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_loses_nothing(tmp_path, monkeypatch, kills):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("\n".join(access_lines(4000 * kills)))
    words = ("a.log", "-o", "out.jsonl", "--batch", "64")
    run(state.Scan(["a.log"], Path("out.jsonl"), batch=64))
    expected = [Path(name).read_bytes() for name in WRITTEN]
    for name in WRITTEN:
        Path(name).unlink()
    rng = Random(kills)
    for _ in range(kills):
        scan = subprocess.Popen([*COMMAND, *words, "--resume"], env=SLOWLY,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        await_change(Path("out.jsonl.part.json"), scan)
        time.sleep(rng.uniform(0, 0.4))
        os.kill(scan.pid, signal.SIGKILL)
        scan.wait()
    assert Path("out.jsonl.part").exists()
    subprocess.run([*COMMAND, *words, "--resume"], check=True, capture_output=True)
    assert [Path(name).read_bytes() for name in WRITTEN] == expected


def test_ctrl_c_keeps_what_was_found_and_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("\n".join(access_lines(8000)))
    scan = subprocess.Popen([*COMMAND, "a.log", "-o", "out.jsonl", "--batch", "64"], env=SLOWLY,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    await_change(Path("out.jsonl.part.json"), scan)
    scan.send_signal(signal.SIGINT)
    out, err = scan.communicate()
    assert (scan.returncode, out) == (130, "")
    assert "--resume goes on with it" in err
    assert "Traceback" not in err
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "a.log", "out.jsonl.part", "out.jsonl.part.json",
    ]  # fmt: skip


def test_standard_input_is_read_again_and_passed_over(tmp_path, monkeypatch):
    content = "\n".join(access_lines(400)).encode()
    asked = state.Scan(["-"], tmp_path / "out.jsonl", batch=64)
    found = set()
    for packed in COMPRESSIONS:
        for stop in (0, 3):
            feed(monkeypatch, scan_logs.compressed(content, packed))
            if stop:
                stopped_at(asked, stop, force=True)
                feed(monkeypatch, scan_logs.compressed(content, packed))
            run(asked, resume=bool(stop), force=not stop)
            found.add((tmp_path / "out.jsonl").read_bytes())
    (only,) = found
    assert only.count(b'"file":"-"') > 10


def _peak_mb(path, out):
    """Return the most memory that a scan of `path` took, in MB."""
    words = [*COMMAND, str(path), "-o", str(out), "--force", "-c", "email"]
    scan = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(scan.pid, 0)
    scan.returncode = os.waitstatus_to_exitcode(status)
    assert scan.returncode == 0
    return used.ru_maxrss / 1024


@pytest.mark.slow
@pytest.mark.parametrize("packed", COMPRESSIONS)
def test_memory_does_not_grow_with_the_file(tmp_path, packed):
    lines = "".join(f"{line:<1023}\n" for line in access_lines(8)).encode() * 125
    sizes = {}
    for megabytes in (20, 1000):
        path = tmp_path / f"{megabytes}.log"
        with path.open("wb") as out:
            for _ in range(megabytes // 20):
                out.write(scan_logs.compressed(lines * 20, packed))
        sizes[megabytes] = _peak_mb(path, tmp_path / "out.jsonl")
    assert sizes[1000] <= sizes[20] * 1.05
