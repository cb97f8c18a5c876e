"""What decisions are given on as: read by who takes it, and without a value where none may be."""

import json
from dataclasses import replace

import pytest
from review_rows import drawn, made

from piiforge import files, judge, review, scan
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.review import Decision, Journal

OPEN, RIGHT, WRONG, UNSURE = Decision
KEY = b"a key of at least sixteen bytes"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Scan ten rows with a card each; return the review of what was found."""
    monkeypatch.chdir(tmp_path)
    rows = [f"n={n} card_number={drawn('credit_card')}\n" for n in range(10)]
    (tmp_path / "a.log").write_text("".join(rows))
    out = tmp_path / "found.jsonl"
    scan.run(scan.Scan(["a.log"], out, "rules", ("credit_card",)))
    return review.open(out, reference_key=KEY)


@pytest.fixture
def sampled(tmp_path):
    rows = [made(n, "ssn", n % 2 == 0) for n in range(6)]
    review.write(tmp_path / review.FILE, rows)
    return review.open(tmp_path)


def decide(opened, *words):
    journal = Journal(opened.journal)
    for item, word in zip(opened.items, words, strict=False):
        if word:
            journal.say(item.id, word, "ada", reason="an order number")
    return journal


def test_lines_for_adapting_have_the_label_that_was_meant_and_are_read_as_cases(sampled, tmp_path):
    journal = decide(sampled, RIGHT, RIGHT, WRONG, WRONG, UNSURE)
    path = tmp_path / "adapt.jsonl"
    files.write(path, review.to_adapt(sampled, journal))
    cases = judge.read_cases(path)
    assert [(case.id, case.label) for case in cases] == [
        (item.id, label)
        for item, label in zip(sampled.items[:4], (True, False, False, True), strict=True)
    ]  # fmt: skip
    assert [case.content for case in cases] == [item.content for item in sampled.items[:4]]


def test_a_line_without_a_label_gets_the_one_that_is_said(tmp_path):
    path = tmp_path / "l.jsonl"
    files.write(path, [{"id": f"{n}", "category": "ssn", "content": "x"} for n in range(3)])
    opened = review.open(path)
    told = list(review.to_adapt(opened, decide(opened, RIGHT, WRONG, UNSURE)))
    assert [each["label"] for each in told] == [True, False]


def test_false_alarms_alone_are_suppressed_and_hold_no_value(found):
    told = list(review.false_alarms(found, decide(found, WRONG, RIGHT, UNSURE)))
    (alarm,) = told
    item = found.items[0]
    assert alarm | {"time": ""} == {
        "kind": "false-alarm", "category": "credit_card", "file": "a.log", "key": "card_number",
        "reference": item.reference, "time": "", "reviewer": "ada", "reason": "an order number",
    }  # fmt: skip
    assert drawn("credit_card") not in json.dumps(told)
    assert len(item.reference) == 32


def test_a_false_alarm_that_is_known_is_not_added_again_and_what_stands_there_stays(
    found, tmp_path
):
    path = tmp_path / "quiet.jsonl"
    path.write_bytes(b'{"kind": "key",  "key": "order_id"}')  # another's record, no line end
    journal = decide(found, WRONG, WRONG)
    assert review.keep_false_alarms(path, review.false_alarms(found, journal)) == 2
    once = path.read_bytes()
    assert once.startswith(b'{"kind": "key",  "key": "order_id"}\n')
    assert review.keep_false_alarms(path, review.false_alarms(found, journal)) == 0
    assert path.read_bytes() == once
    assert len(list(files.read(path))) == 3


def exported(opened, journal):
    spans = {item.id: review.spans_of(item, opened.categories) for item in opened.items}
    return review.to_label_studio(opened, journal, spans)


def test_tasks_of_label_studio_mark_the_value_as_javascript_counts(tmp_path):
    path = tmp_path / "l.jsonl"
    value = drawn("email")
    files.write(path, [{"id": "1", "category": "email", "content": f"\U0001f600 to={value}"}])
    opened = review.open(path)
    (task,) = exported(opened, Journal(opened.journal))
    (mark,) = task["predictions"][0]["result"]
    units = task["data"]["text"].encode("utf-16-le")
    start, end = mark["value"]["start"], mark["value"]["end"]
    assert units[2 * start : 2 * end].decode("utf-16-le") == mark["value"]["text"] == value


def test_what_label_studio_gives_back_is_what_was_said(sampled, tmp_path):
    journal = decide(sampled, RIGHT, WRONG, UNSURE)
    path = tmp_path / "tasks.json"
    review.write_tasks(path, exported(sampled, journal))
    sampled.journal.unlink()
    fresh = Journal(sampled.journal)
    done = review.from_label_studio(path, sampled, fresh)
    assert (done.new, done.known, done.lost) == (3, 0, 0)
    assert [replace(one, undoes=None) for one in fresh.entries] == journal.entries
    done = review.from_label_studio(path, sampled, Journal(sampled.journal))
    assert (done.new, done.known) == (0, 3)


def task(row_id, choice="right", **more):
    value = {"choices": [choice]}
    result = [{"from_name": "decision", "to_name": "text", "type": "choices", "value": value}]
    return {"data": {"id": row_id}, "annotations": [{"result": result} | more]}


def test_an_export_of_its_own_is_taken_in_by_who_annotated(sampled, tmp_path):
    ids = [item.id for item in sampled.items]
    tasks = [
        task(ids[0], completed_by=7),
        task(ids[1], "wrong", completed_by={"email": "ada@example.com"}),
        task(ids[2], was_cancelled=True),
        task("gone"),
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    journal = Journal(sampled.journal)
    done = review.from_label_studio(path, sampled, journal)
    assert (done.new, done.lost) == (2, 1)
    assert journal.reviewers == ["label-studio:7", "ada@example.com"]


@pytest.mark.parametrize(
    ("content", "error", "problem"),
    [
        ("", AskedWrongly, "can't be read as JSON"),
        ("{}", AskedWrongly, "is no list of tasks"),
        ("[{}]", BadRecord, r"export\.json:1: no task of ours"),
        (json.dumps([task("a"), task("a", "perhaps")]), BadRecord, r"export\.json:2: no task"),
        ("[7]", BadRecord, r"export\.json:1: no task"),
    ],
    ids=str,
)
def test_what_is_no_export_is_told_and_nothing_is_taken_in(
    sampled, tmp_path, content, error, problem
):
    path = tmp_path / "export.json"
    path.write_text(content)
    with pytest.raises(error, match=problem):
        review.from_label_studio(path, sampled, Journal(sampled.journal))
    assert not sampled.journal.exists()
