"""The journal: one process at a time, this version alone, and no key, question or header in it."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from asking import ask_once, connect, question, questions

from fault_server import FaultServer, key_of
from piiforge.chat.journal import Bill, Journal
from piiforge.chat.records import Probe, Reply
from piiforge.errors import AskedWrongly


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "calls.sqlite"


def test_a_second_process_is_refused_and_let_in_when_the_first_has_closed(path):
    code = (
        "import sys, pathlib; from piiforge.chat.journal import Journal;"
        "Journal(pathlib.Path(sys.argv[1])).close()"
    )
    words = [sys.executable, "-c", code, str(path)]
    first = Journal(path)
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    first.close()
    assert f"{path} is in use by another process. Wait for it, or stop it." in refused.stderr
    assert subprocess.run(words, check=False).returncode == 0


def test_a_second_client_in_the_same_process_is_refused(tmp_path):
    with (
        FaultServer() as server,
        connect(server, tmp_path),
        pytest.raises(AskedWrongly, match="in use by another process"),
    ):
        connect(server, tmp_path)


def test_a_journal_of_another_version_is_refused_by_name(path):
    journal = Journal(path)
    journal.sent("a" * 64, None)
    journal.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(AskedWrongly, match=r"calls.sqlite is a journal of version 99, this reads"):
        Journal(path)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" * 99])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(AskedWrongly, match=r"notes.txt is not a journal"):
        Journal(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path):
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE things (a)")
        database.commit()
    with pytest.raises(AskedWrongly, match="is not a journal"):
        Journal(path)


def test_a_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(AskedWrongly, match="can't be opened"):
        Journal(tmp_path)


def test_what_was_only_sent_counts_as_lost_when_opened_again(path):
    journal = Journal(path)
    journal.sent("a" * 64, 0.5)
    journal.sent("b" * 64, 0.25, batch="token")
    journal.close()
    again = Journal(path)
    told = again.spent(None)
    again.close()
    assert (told.calls, told.unsure_usd, told.held_usd) == (2, 0.5, 0.25)


@pytest.mark.parametrize(
    ("kept", "fill"),
    [
        (False, lambda _: None),
        (False, lambda each: each.settle(each.sent("k", 0.5), Bill("free"))),
        (True, lambda each: each.settle(each.sent("k", 0.5), Bill("lost"))),
        (True, lambda each: each.settle(each.sent("k", 0.5), Bill("paid", 3, 4, None))),
        (True, lambda each: each.sent("k", None, batch="token")),
        (True, lambda each: each.keep_probe(("here", "m", True), Probe(True, "", "", True))),
        (True, lambda each: each.keep_batch("token", "", "creating")),
    ],
    ids=["nothing", "free", "lost", "paid", "in a batch", "a probe", "a batch"],
)
def test_a_journal_in_which_nothing_is_paid_for_is_taken_away(path, kept, fill):
    journal = Journal(path)
    fill(journal)
    journal.close()
    journal.close()
    assert [each.name for each in path.parent.iterdir()] == ["calls.sqlite"] * kept


def test_one_that_waits_for_a_journal_that_is_taken_away_makes_its_own(path):
    other = Journal(path)

    class Late(Journal):
        """It has the file open when the other one takes it away."""

        def _open(self) -> None:
            other.close()
            super()._open()

    late = Late(path)
    late.settle(late.sent("k", None), Bill("paid"))
    late.close()
    again = Journal(path)
    assert again.was_sent("k")
    again.close()


def test_a_final_reply_is_read_back_as_it_was(path):
    reply = Reply("truncated", "half \u4e2d\x00 of it", "length", 3, 4)
    journal = Journal(path)
    journal.settle(journal.sent("k", None), Bill("paid", 3, 4, None), "k", reply)
    assert journal.answer("k") == reply
    journal.close()


def test_the_text_of_a_cut_off_answer_is_kept(tmp_path):
    with FaultServer(script=["ok", "length"], keep=True) as server:
        ask_once(server, tmp_path, [question(1)])
    journal = Journal(tmp_path / "calls.sqlite")
    kept = journal.answer(key_of(server.seen[1][1]))
    journal.close()
    assert kept.text.startswith("answer ")


def test_the_key_of_a_call_is_the_hash_of_what_was_sent(tmp_path):
    with FaultServer() as server:
        ask_once(server, tmp_path, questions(5))
    with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as journal:
        keys = {key for (key,) in journal.execute("SELECT key FROM answers")}
    assert len(keys & set(server.calls)) == 5
