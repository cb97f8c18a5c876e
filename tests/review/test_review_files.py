"""review.jsonl: what is written is read back; what is off is named by its line."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_rows import made

from piiforge import review
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.review import Decision, Sample
from piiforge.types import Cue

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SAMPLES = st.builds(
    Sample, TEXTS, TEXTS, TEXTS, st.booleans(), TEXTS, TEXTS, TEXTS, st.sampled_from(Cue), TEXTS,
    st.sampled_from(Decision), TEXTS,
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    found = tmp_path / review.FILE
    review.write(found, [made(number, "ssn", True) for number in range(3)])
    return found


def spoil(path, number, change):
    """Change the record on the line `number`, from 1; None takes a key away."""
    lines = path.read_text("utf-8").splitlines()
    record = json.loads(lines[number - 1]) | change
    lines[number - 1] = json.dumps({k: v for k, v in record.items() if v is not None})
    path.write_text("\n".join(lines), "utf-8")


@given(st.lists(SAMPLES, unique_by=lambda row: row.id))
def test_a_file_reads_back_as_its_rows(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("review") / review.FILE
    assert review.write(path, rows) == len(rows)
    assert review.load(path) == rows


def test_a_line_has_the_documented_keys_in_their_order(path):
    first = json.loads(path.read_text("utf-8").splitlines()[0])
    assert list(first) == [
        "id", "category", "content", "label", "explanation", "language", "event", "cue", "why",
        "decision", "note",
    ]  # fmt: skip
    assert (first["decision"], first["cue"]) == ("", "confirm")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"decision": "rihgt"}, "decision is none of right, wrong, unsure.* Did you mean 'right'"),
        ({"decision": "WRONG "}, "decision is none .* Did you mean 'wrong'"),
        ({"decision": "ok"}, "decision is none .* Known: right, unsure, wrong"),
        ({"decision": True}, "decision is not a text"),
        ({"decision": None}, "decision is missing"),
        ({"decison": "right"}, "has a key that is none .* Did you mean 'decision'"),
        ({"label": "yes"}, "label is not true or false"),
        ({"label": None}, "label is missing"),
        ({"content": 5}, "content is not a text"),
        ({"cue": "vetoed"}, "cue is none .* Did you mean 'veto'"),
        ({"id": "000000"}, "has the id of an earlier line"),
    ],
    ids=str,
)
def test_what_is_off_is_named_by_its_line(path, change, told):
    spoil(path, 3, change)
    with pytest.raises(BadRecord, match=rf"review\.jsonl:3: {told}"):
        review.load(path)


def test_blank_lines_count_where_a_line_is_named(path):
    spoil(path, 2, {"decision": "yes"})
    path.write_text("\n\r\n" + path.read_text("utf-8"), "utf-8", newline="")
    with pytest.raises(BadRecord, match=r"review\.jsonl:4: decision"):
        review.load(path)


def test_what_is_off_is_never_shown_itself(path):
    for change in ({"decision": "666-12-3456"}, {"666-12-3456": ""}, {"cue": "666-12-3456"}):
        before = path.read_bytes()
        spoil(path, 1, change)
        with pytest.raises(BadRecord) as caught:
            review.load(path)
        assert "666" not in str(caught.value)
        path.write_bytes(before)


def test_a_line_that_is_no_json_is_named(path):
    path.write_text(path.read_text("utf-8") + "{", "utf-8")
    with pytest.raises(BadRecord, match=r"review\.jsonl:4: not JSON"):
        review.load(path)


def test_a_decision_changes_its_row_alone_and_leaves_no_draft(path):
    rows = review.load(path)
    review.decide(path, rows[1].id, Decision.WRONG, "an order number")
    changed = replace(rows[1], decision=Decision.WRONG, note="an order number")
    assert review.load(path) == [rows[0], changed, rows[2]]
    names = {found.name for found in path.parent.iterdir()}
    assert names == {review.FILE, review.journal_of(path).name}


def test_a_decision_keeps_the_note_and_what_others_wrote_meanwhile(path):
    rows = review.load(path)
    spoil(path, 1, {"decision": "unsure", "note": "by hand"})
    review.decide(path, rows[2].id, Decision.RIGHT)
    review.decide(path, rows[0].id, Decision.RIGHT)
    assert [(row.decision, row.note) for row in review.load(path)] == [
        ("right", "by hand"), ("", ""), ("right", ""),
    ]  # fmt: skip


def test_a_decision_on_a_row_that_is_gone_is_refused(path):
    before = path.read_bytes()
    with pytest.raises(AskedWrongly, match="no longer has the row"):
        review.decide(path, "gone", Decision.RIGHT)
    assert path.read_bytes() == before


def test_a_write_that_fails_leaves_the_file_as_it_was(path):
    def broken():
        yield made(9, "ssn", True)
        raise OSError("the disk is full")

    before = path.read_bytes()
    with pytest.raises(OSError, match="full"):
        review.write(path, broken())
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == [review.FILE]


def test_a_link_stays_a_link(path, tmp_path):
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    review.decide(link, review.load(path)[0].id, Decision.RIGHT)
    assert link.is_symlink()
    assert review.load(path)[0].decision is Decision.RIGHT


def test_a_folder_and_its_file_are_the_same_review(path):
    assert review.find(path.parent) == review.find(path) == path


def test_what_holds_no_review_is_asked_wrongly(tmp_path):
    with pytest.raises(AskedWrongly, match=r"holds no review\.jsonl"):
        review.find(tmp_path)
    with pytest.raises(AskedWrongly, match="is not there"):
        review.find(tmp_path / "none")


@pytest.mark.parametrize(
    ("manifest", "bound"),
    [
        ({}, 0.02),
        ({"wrong_labels": 0.1}, 0.1),
        ({"recipe": {"writing": {"wrong_labels": 0.05}}}, 0.05),
        ({"wrong_labels": 0, "recipe": {"writing": {"wrong_labels": 0.05}}}, 0),
        ({"recipe": {"writing": None}}, 0.02),
    ],
    ids=str,
)
def test_the_bound_is_the_manifests(path, manifest, bound):
    assert review.recorded_bound(path) == 0.02
    path.with_name("manifest.json").write_text(json.dumps(manifest))
    assert review.recorded_bound(path) == bound


@pytest.mark.parametrize("bound", ["0.1", True, -0.1, 1.5, [0.1]])
def test_a_bound_that_is_no_share_is_asked_wrongly(path, bound):
    path.with_name("manifest.json").write_text(json.dumps({"wrong_labels": bound}))
    with pytest.raises(AskedWrongly, match="no number from 0 to 1"):
        review.recorded_bound(path)


def test_a_new_sample_keeps_what_was_decided_on_the_same_rows_alone(path):
    rows = review.load(path)
    review.decide(path, rows[0].id, Decision.RIGHT, "seen")
    review.decide(path, rows[1].id, Decision.WRONG)
    other = replace(rows[1], content="another line of that name")
    review.rewrite(path, [rows[2], other, rows[0]])
    assert [(row.id, row.decision, row.note) for row in review.load(path)] == [
        (rows[2].id, "", ""), (rows[1].id, "", ""), (rows[0].id, "right", "seen"),
    ]  # fmt: skip
    aside = path.with_name("review.decisions.1.jsonl")
    assert [entry.decision for entry in review.Journal(aside).entries] == ["right", "wrong"]


def test_the_same_sample_again_leaves_the_journal_in_its_place(path):
    rows = review.load(path)
    review.decide(path, rows[0].id, Decision.RIGHT)
    review.rewrite(path, rows[:2])
    assert review.journal_of(path).exists()
    assert [row.decision for row in review.load(path)] == ["right", ""]
