"""Laws of workers: whoever judges, and however many, the same bytes come out."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import scan_logs
from scan_logs import access_lines, archive, compressed, har, records, write

from piiforge import files, scan
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.scale import engines
from piiforge.scan import run, state

WRITTEN = ("out.jsonl", "out.summary.json", "out.report.html")
PIECES = (300, 5000)


class Mixed:
    """An engine in this process that answers in the worst order: the last asked first."""

    def __init__(self, at_once):
        self._at_once = at_once

    def run(self, start, asked):
        work, taken = start(), []
        for place, task in enumerate(asked):
            taken.append((place, task))
            if len(taken) == self._at_once:
                yield from ((at, work(each)) for at, each in reversed(taken))
                taken.clear()
        yield from ((at, work(each)) for at, each in reversed(taken))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with every format in it, some of it broken."""
    place = tmp_path_factory.mktemp("logs") / "in"
    place.mkdir()
    rows = records(60)
    for packed in ("", "gz"):
        for kind in ("jsonl", "csv", "parquet"):
            write(place, rows, kind, packed)
    lines = access_lines(60, every=4)
    (place / "access.log").write_text("\n".join(lines) + "\n\n\n")
    (place / "b.log").write_bytes(b"one\r\n\xff\r\n\r\n" * 50 + lines[0].encode())
    (place / "c.log").write_bytes("\r".join(lines).encode())
    (place / "d.log").write_text("\n".join(lines), "utf-16")
    (place / "e.tgz").write_bytes(
        compressed(archive({"a.log": "\n".join(lines).encode(), "b.log": b"\xff\n"}), "gz")
    )
    (place / "f.har").write_bytes(har([row["path"] for row in rows]))
    (place / "g.png").write_bytes(b"\x89PNG")
    (place / "h.log").write_bytes(b"")
    return place


def written(tmp_path):
    return [(tmp_path / name).read_bytes() for name in WRITTEN]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("far", [False, True])
def test_workers_in_any_order_find_the_same(tmp_path, folder, piece, far):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=5, piece_bytes=piece)
    expected, first = run(asked), written(tmp_path)
    assert expected.tally.total.findings > 100
    for at_once in (1, 3, 8):
        done = run(asked, force=True, workers=scan.Workers(Mixed(at_once), far))
        assert written(tmp_path) == first
        assert (done.first, done.tally) == (expected.first, expected.tally)


@pytest.mark.parametrize("count", [2, 3])
def test_processes_find_the_same(tmp_path, folder, count):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=50, piece_bytes=2000)
    run(asked)
    first = written(tmp_path)
    run(asked, force=True, workers=scan.Workers(engines.get("processes", count)))
    assert written(tmp_path) == first


@pytest.mark.slow
def test_ray_finds_the_same(tmp_path, folder):
    pytest.importorskip("ray")
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=50, piece_bytes=5000)
    run(asked)
    first = written(tmp_path)
    run(asked, force=True, workers=scan.Workers(engines.get("ray", 2), far=True))
    assert written(tmp_path) == first


class Killed(BaseException):
    """Nothing that anyone catches."""


def test_what_one_number_of_workers_began_another_ends(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=7, piece_bytes=700)
    total = []
    run(asked, progress=lambda _moved: total.append(1))
    first = written(tmp_path)
    (tmp_path / "out.jsonl").unlink()
    left = [0]

    def move(_moved):
        left[0] -= 1
        if not left[0]:
            raise Killed

    for stop in range(3, len(total), 11):
        (tmp_path / "out.jsonl").unlink(missing_ok=True)
        for at, one in enumerate((None, Mixed(4), Mixed(2), None)):
            left[0] = stop if at < 2 else 3 if at == 2 else 0
            workers = scan.Workers(one) if one else None
            try:
                run(asked, resume=at > 0, force=at == 0, progress=move, workers=workers)
            except Killed:
                continue
        assert written(tmp_path) == first


def test_a_kill_with_workers_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("\n".join(access_lines(4000)))
    words = [sys.executable, scan_logs.__file__, "scan", "a.log", "-o", "out.jsonl", "--resume"]
    run(state.Scan(["a.log"], Path("out.jsonl"), piece_bytes=20_000))
    expected = [Path(name).read_bytes() for name in WRITTEN]
    for name in WRITTEN:
        Path(name).unlink()
    pieces = {**os.environ, scan_logs.PIECES: "20000"}
    slowly = {**pieces, scan_logs.SLOW: "0.03"}
    process = subprocess.Popen([*words, "--workers", "2"], env=slowly,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    while not Path("out.jsonl.part.json").exists():
        time.sleep(0.02)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run([*words, "--workers", "2"], check=True, capture_output=True, env=pieces)
    assert [Path(name).read_bytes() for name in WRITTEN] == expected


@pytest.mark.parametrize("text", ["tel=+1 (202) 555-0123", "a=b=c", "x" * 99, "", "k=" + "é" * 41])
def test_what_is_masked_stays_as_it_is(text):
    once = scan.report.masked(text)
    assert scan.report.masked(once) == once


def in_shards(asked, of, **how):
    for number in range(1, of + 1):
        run(replace(asked, shard=f"{number}/{of}"), **how)
    return scan.gather(asked.out.with_name("out.jsonl.shards"), {}, force=True)


@pytest.mark.parametrize("piece", [150, 3000])
@pytest.mark.parametrize("of", [1, 3, 16])
def test_shards_come_to_the_same(tmp_path, folder, of, piece):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", batch=9, piece_bytes=piece)
    run(asked)
    first = written(tmp_path)
    in_shards(asked, of, workers=scan.Workers(Mixed(3)) if of == 3 else None)
    assert written(tmp_path) == first


def test_shards_that_do_not_fit_are_not_mixed(tmp_path, folder):
    asked = state.Scan([str(folder / "access.log")], tmp_path / "out.jsonl", piece_bytes=300)
    shards = tmp_path / "out.jsonl.shards"
    with pytest.raises(AskedWrongly, match="holds no shard"):
        scan.gather(shards, {})
    run(replace(asked, shard="1/3"))
    run(replace(asked, shard="3/3"))
    with pytest.raises(AskedWrongly, match=r"1 of 3 shards are missing: 2\."):
        scan.gather(shards, {})
    run(replace(asked, shard="2/3", categories=("email",)))
    with pytest.raises(AskedWrongly, match="two scans"):
        scan.gather(shards, {})
    with pytest.raises(AskedWrongly, match="asked otherwise"):
        run(replace(asked, shard="2/3"), resume=True)
    run(replace(asked, shard="2/3"), force=True)
    (shards / "1-of-3.jsonl").write_bytes(b"{}\n")
    with pytest.raises(AskedWrongly, match="not what its line says"):
        scan.gather(shards, {})
    for wrong in ("0/3", "4/3", "3", "a/b"):
        with pytest.raises(AskedWrongly, match="no part of a whole"):
            run(replace(asked, shard=wrong))


def test_the_commands_of_a_job_array(run, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    words = ("scan", folder / "b.log", folder / "access.log", "-o", "out.jsonl")
    assert run(*words).code == 0
    first = written(tmp_path)
    for number in (2, 1):
        said = run(*words, "--shard", f"{number}/2")
        assert (said.code, "piiforge gather out.jsonl.shards" in said.err) == (0, True)
    assert run("gather", "out.jsonl.shards").code == 2
    said = run("gather", "out.jsonl.shards", "--force", "--emit", "ga4=ga4.json")
    assert said.code == 0
    assert Path("ga4.json").exists()
    assert written(tmp_path)[0] == first[0]
    for more in (("--state", "s"), ("--emit", "ga4=x")):
        assert run(*words, "--shard", "1/2", *more).code == 2


def test_shards_are_gathered_where_one_says_by_one_process_at_a_time(tmp_path, folder):
    asked = state.Scan([str(folder)], tmp_path / "out.jsonl", piece_bytes=3000)
    in_shards(asked, 2)
    shards, out = tmp_path / "out.jsonl.shards", tmp_path / "deep" / "all.jsonl"
    part = out.with_name("all.jsonl.part")
    part.parent.mkdir()
    with files.alone(part, out), pytest.raises(AskedWrongly, match="by another process"):
        scan.gather(shards, {}, out)
    scan.gather(shards, {}, out)
    assert out.read_bytes() == asked.out.read_bytes()
    with pytest.raises(FolderExists):
        scan.gather(shards, {}, out)
    assert not part.exists()
