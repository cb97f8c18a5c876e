"""The journal: what was said is on the disk, in order, whoever writes and whenever it is killed."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge.errors import AskedWrongly, BadRecord
from piiforge.review import Decision, Journal, Overtaken

OPEN, RIGHT, WRONG, UNSURE = Decision
SAID = st.tuples(
    st.sampled_from(["a", "b", "c"]), st.sampled_from(Decision), st.sampled_from(["ada", "bo"])
)
STEPS = st.lists(SAID | st.sampled_from(["ada", "bo"]), max_size=8)  # a name alone undoes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "found.decisions.jsonl"


def take(journal, steps):
    for step in steps:
        if isinstance(step, str):
            journal.undo(step)
        else:
            row_id, decision, reviewer = step
            journal.say(row_id, decision, reviewer, reason=f"of {row_id}")


def told(journal):
    return {
        (row_id, name): (entry.decision, entry.reason)
        for row_id in "abc"
        for name, entry in journal.said(row_id).items()
    }


@given(STEPS)
def test_read_again_it_says_the_same(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("journal") / "x.jsonl"
    journal = Journal(path)
    take(journal, steps)
    again = Journal(path)
    assert (again.entries, told(again)) == (journal.entries, told(journal))


@given(STEPS, STEPS)
def test_undoing_all_that_came_after_leaves_what_was_said_before(tmp_path_factory, before, after):
    journal = Journal(tmp_path_factory.mktemp("journal") / "x.jsonl")
    take(journal, before)
    was = told(journal)
    said = [step for step in after if not isinstance(step, str)]
    take(journal, said)
    for _, _, reviewer in reversed(said):
        assert journal.undo(reviewer)
    blank = (OPEN, "")
    assert {place: told(journal).get(place, blank) for place in {*was, *told(journal)}} == {
        place: was.get(place, blank) for place in {*was, *told(journal)}
    }


def test_there_is_nothing_to_take_back_where_nothing_was_said(path):
    assert Journal(path).undo("ada") is None
    assert path.read_bytes() == b""


def test_a_line_has_the_documented_keys_in_their_order(path):
    Journal(path).say("a", RIGHT, "ada", reason="plain")
    (line,) = path.read_text("utf-8").splitlines()
    assert list(json.loads(line)) == ["id", "decision", "reviewer", "time", "reason", "undoes"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_half_a_line_that_a_kill_left_is_no_decision_and_goes(path, cut):
    journal = Journal(path)
    journal.say("a", RIGHT, "ada")
    whole = path.read_bytes()
    journal.say("b", WRONG, "ada", reason="long " * 99)
    path.write_bytes(path.read_bytes()[:-cut])
    again = Journal(path)
    assert again.ids() == ["a"]
    again.say("c", UNSURE, "ada")
    assert path.read_bytes().startswith(whole)
    assert path.read_bytes().endswith(b"}\n")
    assert Journal(path).ids() == (["a", "c"] if cut > 1 else ["a", "b", "c"])


def test_who_is_killed_loses_nothing_that_was_answered(path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom piiforge.review import Decision, Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(10**6):\n"
        "    journal.say(f'{number}', Decision.RIGHT, 'ada')\n"
        "    print(number, flush=True)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    )
    answered = [running.stdout.readline() for _ in range(20)]
    running.kill()
    answered += running.communicate()[0].splitlines()
    assert len(Journal(path).entries) >= len(answered) >= 20


def test_two_that_write_at_a_time_read_each_other(path):
    one, other = Journal(path), Journal(path)
    one.say("a", RIGHT, "ada")
    other.say("a", WRONG, "bo")
    one.say("b", RIGHT, "ada")
    other.catch_up()
    assert told(one) == told(other) == told(Journal(path))
    assert one.reviewers == ["ada", "bo"]


def test_a_tab_that_saw_less_is_told_and_nothing_is_written(path):
    one, other = Journal(path), Journal(path)
    one.say("a", RIGHT, "ada", seen=0)
    before = path.read_bytes()
    with pytest.raises(Overtaken):
        other.say("a", WRONG, "ada", seen=0)
    with pytest.raises(Overtaken):
        Journal(path).undo("ada", seen=0)
    assert path.read_bytes() == before
    other.say("a", WRONG, "ada", seen=1)


def test_another_reviewer_overtakes_nobody(path):
    Journal(path).say("a", RIGHT, "ada", seen=0)
    assert Journal(path).say("a", WRONG, "bo", seen=0)


@pytest.mark.parametrize(
    ("words", "settled"),
    [
        ({}, None),
        ({"ada": OPEN}, None),
        ({"ada": RIGHT}, RIGHT),
        ({"ada": UNSURE}, UNSURE),
        ({"ada": WRONG, "bo": UNSURE}, WRONG),
        ({"ada": RIGHT, "bo": RIGHT}, RIGHT),
        ({"ada": RIGHT, "bo": WRONG}, UNSURE),
    ],
    ids=str,
)
def test_what_counts_of_several_words(path, words, settled):
    journal = Journal(path)
    for name, decision in words.items():
        journal.say("a", decision, name)
    said = journal.settled("a")
    assert (said and said.decision) == settled


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"id": "666-12-3456"}', "decision is missing"),
        (b'{"id":"a","decision":"yes","reviewer":"","time":"","reason":"","undoes":null}',
         "decision is not one of"),
        (b'{"id":"a","decision":"","reviewer":"","time":"","reason":"","undoes":7}',
         "undoes is no line"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_off_is_named_by_its_line_and_never_shown(path, line, problem):
    Journal(path).say("a", RIGHT, "ada")
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(BadRecord, match=rf"decisions\.jsonl:2: {problem}") as caught:
        Journal(path)
    assert "666" not in str(caught.value)


@pytest.mark.parametrize("how", ["cut", "replaced", "gone"])
def test_a_journal_that_is_another_while_it_is_open_is_left_alone(path, how):
    journal = Journal(path)
    journal.say("a", RIGHT, "ada")
    if how == "cut":
        path.write_bytes(b"")
    else:
        path.rename(path.with_suffix(".old"))
    if how == "replaced":
        path.write_bytes(b"")
    with pytest.raises(AskedWrongly, match="replaced or cut"):
        journal.say("b", RIGHT, "ada")
    assert not path.exists() or path.read_bytes() == b""
