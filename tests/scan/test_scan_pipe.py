"""Laws of a pipe that may never end: what comes is judged in time, and a stop loses nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import scan_logs
from hypothesis import given
from hypothesis import strategies as st
from scan_logs import access_lines, drawn

from piiforge import logs
from piiforge.scan import pipe, run, state

COMMAND = (sys.executable, scan_logs.__file__, "scan", "-", "-c", "email")
LINE = f"GET /a?email={drawn('email', 3)}\n".encode()


@pytest.fixture
def stdin(monkeypatch):
    """Return what writes into standard input."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as opened, os.fdopen(writer, "wb", 0) as given_:
        monkeypatch.setattr(sys, "stdin", opened)
        yield given_


def flowing(most):
    (source,) = logs.find(["-"])
    return pipe.Pipe(source, logs.Manner(), logs.Mark(), most)


def test_rows_are_given_before_the_batch_is_full(stdin):
    flow = flowing(512)
    batches = (rows for rows, _ in flow.batches() if rows)
    for at in range(1, 4):
        stdin.write(LINE)
        assert [one.row for one in next(batches)] == [at]
    stdin.write(LINE * 2)
    stdin.close()
    assert [one.row for one in next(batches)] == [4, 5]
    assert list(batches) == []


def test_a_full_batch_does_not_wait(stdin, monkeypatch):
    monkeypatch.setattr(pipe, "QUIET_S", 999)
    monkeypatch.setattr(pipe, "OLDEST_S", 999)
    flow = flowing(5)
    stdin.write(LINE * 12)
    batches = flow.batches()
    assert [len(next(batches)[0]) for _ in range(2)] == [5, 5]
    stdin.close()
    assert [len(rows) for rows, _ in batches] == [2]


def test_what_was_read_before_a_stop_is_given(stdin):
    flow = flowing(5)
    stdin.write(LINE * 3)
    batches = flow.batches()
    assert len(next(rows for rows, _ in batches if rows)) == 3
    flow.stop()
    assert list(batches) == []


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 6), st.data())
def test_equal_rows_count_the_same_however_time_parts_them(values, most, data):
    """Batches by time are parts of full ones: what stood in a full one before is told of each."""
    flow = pipe.Pipe(logs.Source("-", None), logs.Manner(), logs.Mark(), most)
    left = [logs.Row(at, str(value)) for at, value in enumerate(values, 1)]
    flow._reader = threading.Thread(target=lambda: None)
    flow._ended = True

    def wait(room):
        count = data.draw(st.integers(1, room))
        rows, left[:] = left[:count], left[count:]
        return rows or None

    flow._wait = wait
    told = 0
    for rows, again in flow.batches():
        told += len(rows) - len({row.content for row in rows}) + again
    full = [values[at : at + most] for at in range(0, len(values), most)]
    assert told == sum(len(each) - len(set(each)) for each in full)


def test_a_pipe_is_scanned_as_a_file_is(stdin, tmp_path):
    content = "\n".join(access_lines(300, every=3)).encode()
    (tmp_path / "-").write_bytes(content)
    feeder = threading.Thread(target=lambda: (stdin.write(content), stdin.close()))
    feeder.start()
    by_pipe = run(state.Scan(["-"], tmp_path / "pipe.jsonl", batch=7))
    feeder.join()
    by_file = run(state.Scan([str(tmp_path / "-")], tmp_path / "file.jsonl", batch=7))
    assert by_pipe.tally.total == by_file.tally.total
    assert by_pipe.tally.repeated == by_file.tally.repeated
    told = [
        [json.loads(line) | {"file": ""} for line in path.read_text().splitlines()]
        for path in (tmp_path / "pipe.jsonl", tmp_path / "file.jsonl")
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_what_was_found_in_its_place(tmp_path, number):
    words = [*COMMAND, "-o", "o.jsonl", "--fail-on-found"]
    process = subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    process.stdin.write(LINE * 3)
    process.stdin.flush()
    part = tmp_path / "o.jsonl.part"
    while not part.exists() or part.read_bytes().count(b"\n") < 3:  # put on the disk by time
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 1
    assert b"3 of 3 scanned rows" in out
    assert b"Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "o.jsonl", "o.report.html", "o.summary.json",
    ]  # fmt: skip


@pytest.mark.parametrize("as_json", [False, True])
def test_without_a_place_findings_are_shown_as_they_come(as_json):
    process = subprocess.Popen([*COMMAND, *["--json"] * as_json], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    for at in (1, 2):
        process.stdin.write(LINE)
        process.stdin.flush()
        line = process.stdout.readline().decode()  # it is told while the pipe is open
        told = json.loads(line) if as_json else line
        assert (told["row"] if as_json else told.partition(" ")[0]) == (
            at if as_json else f"-:{at}"
        )
    out, _ = process.communicate()
    assert process.returncode == 0
    if as_json:
        assert json.loads(out)["findings"] == 2
    assert drawn("email", 3) not in line + out.decode()


def test_a_closed_pipe_behind_it_ends_it():
    process = subprocess.Popen([*COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    process.stdout.close()
    process.stdin.write(LINE)
    process.stdin.flush()
    with process.stderr:
        err = process.stderr.read()
    process.wait()
    process.stdin.close()
    assert process.returncode == 0
    assert b"Traceback" not in err
    assert b"Exception" not in err
