"""`piiforge review`: decisions asked for in a real terminal, and their tally."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from piiforge import review
from piiforge.review import Decision, Sample
from piiforge.types import Cue

PIIFORGE = Path(sys.executable).with_name("piiforge")
MENU = "q quit"
PATIENCE_S = 30


class Terminal:
    """`piiforge review` in a pseudo-terminal: `until` reads the screen, `press` types."""

    def __init__(self, *words):
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80", "TERM": "dumb"}
        self._run = subprocess.Popen(
            [PIIFORGE, "review", "--terminal", *map(str, words)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def until(self, marker):
        """Return what is shown up to and with `marker`."""
        shown, end = "", monotonic() + PATIENCE_S
        while marker not in shown:
            assert monotonic() < end, f"never shown: {marker!r}; shown: {shown!r}"
            shown += self._read(end - monotonic())
        return shown.replace("\r\n", "\n")

    def press(self, key):
        """Type `key` once the terminal waits for single keys: what is typed earlier is dropped."""
        end = monotonic() + PATIENCE_S
        while termios.tcgetattr(self._ours)[3] & termios.ICANON:
            assert monotonic() < end, "never waits for a key"
            sleep(0.005)
        self.type(key)

    def type(self, text):
        os.write(self._ours, text.encode())

    def end(self):
        """Wait for the end; return what was still shown, and the exit code."""
        shown, end = "", monotonic() + PATIENCE_S
        while (piece := self._read(end - monotonic())) or self._run.poll() is None:
            shown += piece
            assert monotonic() < end, f"does not end; shown: {shown!r}"
        return shown.replace("\r\n", "\n"), self._run.wait()

    def close(self):
        self._run.kill()
        self._run.wait()
        os.close(self._ours)

    def _read(self, seconds):
        ready, _, _ = select.select([self._ours], [], [], min(1, max(0, seconds)))
        try:
            return os.read(self._ours, 65536).decode() if ready else ""
        except OSError:  # Linux says so where the other side is closed
            return ""


@pytest.fixture
def terminal():
    opened = []

    def start(*words):
        opened.append(Terminal(*words))
        return opened[-1]

    yield start
    for found in opened:
        found.close()


@pytest.fixture
def folder(tmp_path):
    """Return a folder with four open rows."""
    rows = [
        Sample(f"row-{n}", "ssn", f"ssn_{n}=666-12-3456\x1b[2J", n % 2 == 0, "Area 666.", "en",
               "xhr", Cue.CONFIRM, "the reader finds nothing" if n == 1 else "")
        for n in range(4)
    ]  # fmt: skip
    review.write(tmp_path / review.FILE, rows)
    return tmp_path


def decisions(folder):
    return [row.decision.value for row in review.load(folder / review.FILE)]


def decide(folder, *said):
    rows = review.load(folder / review.FILE)
    changed = [replace(row, decision=Decision(word)) for row, word in zip(rows, said, strict=True)]
    review.write(folder / review.FILE, changed)


def test_every_row_is_shown_and_each_decision_saved_at_once(terminal, folder):
    screen = terminal(folder)
    shown = screen.until(MENU)
    assert "[1/4] ssn: sensitive (xhr, en, cue confirm)" in shown
    assert "ssn_0=666-12-3456⟨U+001B⟩[2J" in shown
    screen.press("r")
    shown = screen.until(MENU)
    assert "[2/4] ssn: not sensitive" in shown
    assert "disputed  the reader finds nothing" in shown
    assert decisions(folder) == ["right", "", "", ""]
    screen.press("W")
    screen.until(MENU)
    assert decisions(folder) == ["right", "wrong", "", ""]
    screen.press("u")
    screen.until(MENU)
    screen.press("s")
    shown, code = screen.end()
    assert decisions(folder) == ["right", "wrong", "unsure", ""]
    assert code == 0
    assert "1 of 2 decided labels are wrong: 0.500" in shown
    assert "--tally" in shown


def test_a_review_goes_on_at_the_first_open_row(terminal, folder):
    decide(folder, "right", "", "wrong", "")
    screen = terminal(folder / review.FILE)
    assert "[2/4]" in screen.until(MENU)
    screen.press("r")
    assert "[4/4]" in screen.until(MENU)
    screen.press("q")
    _, code = screen.end()
    assert (decisions(folder), code) == (["right", "right", "wrong", ""], 0)


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x04", 0), ("\x03", None)])
def test_whoever_stops_loses_no_decision(terminal, folder, key, code):
    screen = terminal(folder)
    screen.until(MENU)
    screen.press("w")
    screen.until(MENU)
    screen.press(key)
    shown, ended = screen.end()
    assert decisions(folder) == ["wrong", "", "", ""]
    assert ended == code if code is not None else ended != 0
    assert "Traceback" not in shown


@pytest.mark.parametrize("key", ["x", "\x1b[A", "rr", "7", "é"])
def test_a_key_that_stands_for_nothing_decides_nothing(terminal, folder, key):
    screen = terminal(folder)
    screen.until(MENU)
    screen.press(key)
    assert "stands for nothing" in screen.until(MENU)
    assert decisions(folder) == [""] * 4


def test_a_note_is_kept_with_the_decision_that_follows(terminal, folder):
    screen = terminal(folder)
    screen.until(MENU)
    screen.press("n")
    screen.until("Note")
    screen.type("an order number\n")
    screen.until(MENU)
    assert review.load(folder / review.FILE)[0].note == "an order number"
    screen.press("w")
    assert "[2/4]" in screen.until(MENU)
    first = review.load(folder / review.FILE)[0]
    assert (first.decision, first.note) == ("wrong", "an order number")


def test_without_a_terminal_it_says_how_to_decide(run, folder):
    before = (folder / review.FILE).read_bytes()
    said = run("review", folder, "--terminal")
    assert (said.code, said.out) == (2, "")
    assert f'Set "decision" in {folder / review.FILE} to "right", "wrong" or "unsure"' in said.err
    assert (folder / review.FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("said", "bound", "code"),
    [
        (("", "", "", ""), "1", 1),
        (("unsure", "unsure", "", ""), "1", 1),
        (("right", "right", "", ""), "0", 0),
        (("right", "wrong", "right", "right"), "0.25", 0),
        (("right", "wrong", "right", "right"), "0.24", 1),
    ],
    ids=str,
)
def test_a_tally_ends_by_its_bound(run, folder, said, bound, code):
    decide(folder, *said)
    assert run("review", folder, "--tally", "--bound", bound).code == code


def test_the_bound_is_the_manifests_unless_another_is_given(run, folder):
    decide(folder, "right", "wrong", "right", "right")
    recipe = {"writing": {"wrong_labels": 0.3}}
    (folder / "manifest.json").write_text(json.dumps({"recipe": recipe}))
    assert run("review", folder, "--tally").code == 0
    assert run("review", folder, "--tally", "--bound", "0.2").code == 1
    (folder / "manifest.json").unlink()
    assert json.loads(run("review", folder, "--tally", "--json").out)["bound"] == 0.02


def test_a_tally_shows_counts_share_interval_and_bound(run, folder):
    decide(folder, "right", "wrong", "unsure", "")
    said = run("review", folder, "--tally")
    assert re.search(r"^ ssn +not sensitive +0 +1 +0 +1 *$", said.out, re.MULTILINE)
    assert re.search(r"^ ssn +sensitive +1 +0 +1 +0 *$", said.out, re.MULTILINE)
    assert re.search(r"^ disputed +0 +1 +0 +0 *$", said.out, re.MULTILINE)
    assert "1 of 2 decided labels are wrong: 0.500 (95 % interval 0.095 to 0.905)" in said.out
    assert "over the bound of 0.02; 1 still open, 1 unsure." in said.out


def test_a_tally_in_json_is_the_same_tally(run, folder):
    decide(folder, "right", "wrong", "unsure", "")
    said = run("review", folder, "--tally", "--json")
    expected = review.tally(review.load(folder / review.FILE), 0.02).record()
    assert (said.code, json.loads(said.out)) == (1, expected)


def test_a_broken_line_or_no_review_is_asked_wrongly(run, folder, tmp_path_factory):
    with (folder / review.FILE).open("a") as out:
        out.write("{}\n")
    said = run("review", folder, "--tally")
    assert (said.code, said.out) == (2, "")
    assert "review.jsonl:5: id is missing" in said.err
    said = run("review", tmp_path_factory.mktemp("empty"), "--tally")
    assert (said.code, said.out) == (2, "")
    assert "holds no review.jsonl" in said.err


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Return the folder of a log with two card numbers, a generator's, and stand in it."""
    from random import Random

    from piiforge import categories

    card = categories.get("credit_card").draw(Random(7)).parts[0].text
    rows = [f"card_number={card}&n={n}" for n in range(2)] + [f"user {n} in" for n in range(20)]
    (tmp_path / "a.log").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scanned(run, *more):
    return run("scan", "a.log", "--with", "rules", "--category", "credit_card", "--out",
               "found.jsonl", *more)  # fmt: skip


def say(path, *words):
    opened = review.open(path)
    journal = review.Journal(opened.journal)
    for item, word in zip(opened.items, words, strict=False):
        journal.say(item.id, Decision(word), "ada")


def test_findings_are_counted_and_a_bound_on_false_alarms_ends_it(run, log):
    assert scanned(run).code == 0
    assert run("review", "found.jsonl", "--tally").code == 1  # nothing is decided
    say(log / "found.jsonl", "right", "wrong")
    said = run("review", "found.jsonl", "--tally")
    assert said.code == 0
    assert "1 of 2 decided findings are false alarms: 0.500" in said.out
    assert run("review", "found.jsonl", "--tally", "--bound", "0.4").code == 1
    (log / "a.log").unlink()
    assert run("review", "found.jsonl", "--tally").code == 0  # counting needs no log


def test_false_alarms_and_labelled_lines_are_given_on(run, log):
    scanned(run)
    say(log / "found.jsonl", "wrong", "right")
    said = run("review", "found.jsonl", "--to-suppress", "quiet.jsonl", "--to-adapt", "l.jsonl")
    assert (said.code, said.out) == (0, "")
    (alarm,) = map(json.loads, (log / "quiet.jsonl").read_text().splitlines())
    assert (alarm["kind"], alarm["key"]) == ("false-alarm", "card_number")
    assert len((log / "l.jsonl").read_text().splitlines()) == 2
    assert run("review", "found.jsonl", "--to-adapt", "l.jsonl").code == 2
    assert run("review", "found.jsonl", "--to-adapt", "l.jsonl", "--force").code == 0


def test_what_a_scan_missed_is_drawn_judged_and_told(run, log):
    said = scanned(run, "--estimate-missed", "10")
    assert "10 of 20 rows called clean are in found.missed.jsonl" in said.err
    say(log / "found.missed.jsonl", *["right"] * 10)
    said = run("review", "found.missed.jsonl", "--tally", "--json")
    told = json.loads(said.out)
    assert (said.code, told["missed"], told["recall"]) == (0, 0.0, 1.0)
    assert told["interval"]["low"] < 1
    say(log / "found.missed.jsonl", "wrong")
    assert run("review", "found.missed.jsonl", "--tally").code == 0
    assert run("review", "found.missed.jsonl", "--tally", "--bound", "0.1").code == 1


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--estimate-missed", "3"), "--estimate-missed 3 is too few"),
        (("-", "--estimate-missed", "20"), "standard input can't be"),
    ],
    ids=str,
)
def test_a_draw_that_can_not_be_is_refused_before_the_scan(run, log, more, problem):
    said = scanned(run, *more)
    assert (said.code, problem in said.err) == (2, True)
    assert not (log / "found.jsonl").exists()


def test_decisions_of_rows_that_are_not_there_are_kept_and_told(run, folder):
    review.Journal(review.journal_of(folder / review.FILE)).say("gone", Decision.WRONG, "ada")
    decide(folder, "right", "right", "right", "right")
    said = run("review", folder, "--tally", "--json")
    assert json.loads(said.out)["lost"] == 1
    assert "1 decisions are of rows that are not in" in said.err
    assert "gone" in review.journal_of(folder / review.FILE).read_text()


def test_label_studio_round_trip(run, folder):
    decide(folder, "", "", "", "")
    said = run("review", folder, "--export-label-studio", folder / "tasks.json")
    assert "<Choices name=" in said.out
    tasks = json.loads((folder / "tasks.json").read_text())
    value = {"choices": ["wrong"]}
    result = {"from_name": "decision", "to_name": "text", "type": "choices", "value": value}
    tasks[1]["annotations"] = [{"result": [result], "completed_by": 3}]
    (folder / "back.json").write_text(json.dumps(tasks))
    said = run("review", folder, "--import-label-studio", folder / "back.json", "--tally")
    assert "1 decisions taken in" in said.err
    assert decisions(folder) == ["", "wrong", "", ""]
