"""Laws of --state: whatever a rotation does between two scans, each row is read once."""

import gzip
import json
import os
import re
import shutil
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scan_logs import access_lines, archive, drawn

from piiforge import scan as room
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.scan import run, state

MAILS = [drawn("email", seed) for seed in range(5)]


class Site:
    """A log that is written to and rotated; each row names its number."""

    def __init__(self, folder, mean=40):
        self.folder, self.rows, self.half, self._mean = folder, 0, False, mean
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "in").mkdir(parents=True)
        self.log = folder / "in" / "access.log"
        self.log.touch()

    def line(self):
        self.rows += 1
        return f"{self.rows} GET /a?email={MAILS[self.rows % 5]}&x={'y' * self._mean}"

    def write(self, count=3):
        with self.log.open("a") as out:
            out.write("\n" * self.half + "".join(f"{self.line()}\n" for _ in range(count)))
        self.half = False

    def begin(self):
        """Write a line without its end."""
        if not self.half:
            with self.log.open("a") as out:
                out.write(self.line())
        self.half = True

    def _older(self):
        first, second = self.log.with_name("access.log.1"), self.log.with_name("access.log.2.gz")
        if first.exists():
            packed = gzip.compress(first.read_bytes(), mtime=0)
            if second.exists():
                second.rename(self.log.with_name(f"access.log.{self.rows}.gz"))
            second.write_bytes(packed)
            first.unlink()
        return first

    def rotate(self):
        self.log.rename(self._older())
        self.log.touch()
        self.half = False

    def copy(self):
        """Copy and truncate, as logrotate's copytruncate does."""
        shutil.copy(self.log, self._older())
        os.truncate(self.log, 0)
        self.half = False

    def copied(self):
        """Copy, with the truncation still to come."""
        shutil.copy(self.log, self._older())

    def truncate(self):
        os.truncate(self.log, 0)
        self.half = False

    def pack(self):
        """Pack what was rotated, and leave it there as well."""
        for path in self.folder.glob("in/access.log.1"):
            path.with_name("access.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))

    def scan(self, **how):
        asked = {"categories": ("email",), "show_values": True, "batch": 2, "piece_bytes": 200}
        asked |= {"state": self.folder / "state.json", "keys": False}
        return run(state.Scan([str(self.folder / "in")], self.folder / "out.jsonl", **asked), **how)

    def told(self):
        lines = (self.folder / "out.jsonl").read_text().splitlines()
        return [int(re.match(r"\d+", json.loads(line)["content"])[0]) for line in lines]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "site")


STEPS = ("write", "begin", "rotate", "copy", "scan", "pack")


@settings(max_examples=25)
@given(st.lists(st.sampled_from(STEPS), max_size=14), st.sampled_from([40, 2000]))
@example(["write", "scan", "write", "rotate", "write", "scan", "rotate", "scan"], 40)
@example(["write", "scan", "write", "copy", "write", "scan", "copy", "scan"], 2000)
@example(["begin", "scan", "scan", "write", "scan", "rotate", "scan", "pack", "scan"], 40)
def test_each_row_is_told_once_whatever_happens_between_two_scans(tmp_path_factory, steps, mean):
    site = Site(tmp_path_factory.getbasetemp() / "rotated", mean)
    for step in ("write", "scan", *steps, "write", "scan", "scan"):
        getattr(site, step)()
    assert sorted(site.told()) == list(range(1, site.rows + 1))


def test_a_copy_that_is_not_truncated_yet_is_read_once(site):
    site.write(20)
    site.scan()
    site.write(20)
    site.copied()
    site.write(20)
    site.scan()
    site.truncate()
    site.write(20)
    for _ in range(2):
        site.scan()
    assert sorted(site.told()) == list(range(1, site.rows + 1))


def test_rows_keep_their_numbers_over_scans(site):
    for _ in range(3):
        site.write(7)
        site.scan()
    lines = [json.loads(line) for line in (site.folder / "out.jsonl").read_text().splitlines()]
    assert [one["row"] for one in lines] == list(range(1, 22))


def test_workers_go_on_with_a_state_as_well(site):
    for step in ("write", "scan", "write", "copied", "write", "scan", "rotate", "write", "scan"):
        how = {"workers": room.Workers(Ahead())} if step == "scan" else {}
        getattr(site, step)(**how)
    site.scan()
    assert sorted(site.told()) == list(range(1, site.rows + 1))


class Ahead:
    """An engine in this process that takes all that is asked before it answers."""

    def run(self, start, asked):
        work = start()
        yield from [(at, work(task)) for at, task in reversed(list(enumerate(asked)))]


def test_nothing_new_changes_no_finding(site):
    site.write()
    site.scan()
    before = (site.folder / "out.jsonl").read_bytes()
    done = site.scan()
    assert (done.tally.total.rows, done.tally.total.findings) == (0, 0)
    assert (site.folder / "out.jsonl").read_bytes() == before


def test_two_logs_with_the_same_rows_are_both_read(site):
    site.write()
    shutil.copy(site.log, site.folder / "in" / "b.log")
    site.scan()
    assert sorted(site.told()) == [1, 1, 2, 2, 3, 3]
    site.write()
    shutil.copy(site.log, site.folder / "in" / "b.log")
    site.scan()
    assert sorted(site.told()) == sorted([*range(1, 7), *range(1, 7)])


def test_an_archive_is_read_anew_only_where_it_changed(site):
    path = site.folder / "in" / "a.tar"
    path.write_bytes(archive({"a.log": site.line().encode()}))
    site.scan()
    shutil.copy(path, site.folder / "in" / "b.tar")
    site.scan()
    assert site.told() == [1]
    path.write_bytes(archive({"a.log": site.line().encode()}))
    site.scan()
    assert site.told() == [1, 2]


def test_a_file_that_is_still_being_packed_waits(site):
    packed = gzip.compress("".join(f"{site.line()}\n" for _ in range(99)).encode())
    path = site.folder / "in" / "old.log.gz"
    path.write_bytes(packed[: len(packed) // 2])
    site.scan()
    assert site.told() == []
    path.write_bytes(packed)
    site.scan()
    assert site.told() == list(range(1, 100))
    path.write_bytes(packed[:-9])
    os.utime(path, (time.time() - 999,) * 2)
    assert site.scan().tally.total.unscanned == 1


class Killed(BaseException):
    """Nothing that anyone catches."""


@pytest.mark.parametrize("stop", [1, 2, 5, 9])
def test_a_scan_that_is_stopped_is_gone_on_with(site, monkeypatch, stop):
    monkeypatch.setattr(room.follow, "EVERY_S", 0.0)
    site.write(20)
    site.rotate()
    site.write(12)
    left = [stop]

    def move(_moved):
        left[0] -= 1
        if not left[0]:
            raise Killed

    with pytest.raises(Killed):
        site.scan(progress=move)
    with (site.folder / "out.jsonl").open("ab") as out:
        out.write(b'{"torn')
    site.scan()
    assert sorted(site.told()) == list(range(1, 33))


def test_the_state_holds_no_content(site):
    site.write(9)
    site.scan()
    kept = (site.folder / "state.json").read_text()
    assert not any(mail in kept for mail in MAILS)
    assert set(re.findall(r"@|GET|yyy", kept)) == set()


def test_two_scans_on_one_state_are_refused(site):
    site.write()
    with (
        room.follow.locked(site.folder / "state.json"),
        pytest.raises(AskedWrongly, match="another scan is at work"),
    ):
        site.scan()


def test_a_state_of_other_options_or_findings_is_refused(site):
    site.write()
    site.scan()
    asked = state.Scan([str(site.folder)], site.folder / "out.jsonl", categories=("ssn",),
                       state=site.folder / "state.json")  # fmt: skip
    with pytest.raises(AskedWrongly, match="asked otherwise"):
        run(asked)
    (site.folder / "out.jsonl").write_text("other\n" * 99)
    with pytest.raises(AskedWrongly, match="does not hold the findings"):
        site.scan()
    (site.folder / "out.jsonl").unlink()
    site.write()
    site.scan()
    assert site.told() == [4, 5, 6]
    (site.folder / "state.json").unlink()
    with pytest.raises(FolderExists):
        site.scan()


@pytest.mark.parametrize(("words", "told"), [
    (["--out", "out.parquet"], "JSONL"), (["-", "--out", "out.jsonl"], "for files"),
    (["--out", "out.jsonl", "--resume"], "no --resume"), ([], "goes with --out"),
])  # fmt: skip
def test_what_a_state_is_not_for_is_said(run, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("\n".join(access_lines(9)))
    said = run("scan", "a.log", "--state", "s.json", *words)
    assert said.code == 2
    assert told in said.err


def test_the_exit_code_is_that_of_what_is_new(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text(f"email={drawn('email', 1)}\n")
    words = ("scan", "a.log", "--state", "s.json", "--out", "o.jsonl", "--fail-on-found")
    assert [run(*words).code, run(*words).code] == [1, 0]
    assert json.loads(Path("o.summary.json").read_text())["findings"] == 1


def test_random_appends_in_pieces_lose_nothing(site):
    rng = Random(4)
    for _ in range(6):
        site.write(rng.randrange(30))
        if rng.random() < 0.5:
            site.begin()
        site.scan()
    site.write()
    site.scan()
    assert site.told() == list(range(1, site.rows + 1))


def test_a_line_without_its_end_waits_for_it(site):
    site.write(2)
    with site.log.open("a") as out:
        out.write("3 GET /a?ema")
    site.scan()
    with site.log.open("a") as out:
        out.write(f"il={MAILS[0]}\n4 GET /a?email={MAILS[1]}")
    site.scan()
    assert site.told() == [1, 2, 3]
    site.scan()
    assert site.told() == [1, 2, 3, 4]


def test_a_log_that_was_written_anew_behind_the_same_beginning_is_read_anew(site):
    banner = "# " + "=" * 5000 + "\n"
    site.log.write_text(banner)
    site.write(9)
    site.scan()
    site.log.write_text(banner)
    site.write(40)
    site.scan()
    assert site.told() == list(range(1, 50))
