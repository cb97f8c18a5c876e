"""Records: a row written is the row read back, and what is no row is named by its line."""

import json
from dataclasses import replace

import pytest
from hand_made import DROPPED, make_rows, row
from hypothesis import given
from hypothesis import strategies as st

from piiforge import build, files
from piiforge.errors import BadRecord
from piiforge.types import Cue, Verdict

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, st.booleans(), st.floats(0, 1), st.sampled_from(Cue), st.lists(TEXTS))
def test_a_record_reads_back_as_its_row(content, label, score, cue, names):
    made = replace(
        row(1, "ssn", "plain"), content=content, verdict=Verdict(label, score, content), cue=cue,
        key_names=tuple(names),
    )  # fmt: skip
    record = json.loads(json.dumps(build.folder.to_record(made)))
    assert build.folder.from_record(record) == made


def test_a_file_of_built_rows_reads_back(tiny, tmp_path):
    path = tmp_path / "rows.jsonl"
    files.write(path, map(build.folder.to_record, tiny.built.rows))
    assert build.folder.read(path) == tiny.built.rows


def test_a_dropped_row_opens_with_its_reason():
    record = build.folder.dropped_record(DROPPED[0])
    assert list(record.items())[:2] == [("reason", "length"), ("detail", "530 tokens, over 512")]
    assert build.folder.from_record(record) == DROPPED[0].example


@pytest.mark.parametrize(
    "change",
    [
        {"category": None},
        {"cue": "loud"},
        {"values": [{"kind": "x"}]},
        {"values": 5},
        {"values": [{"category": "ssn", "kind": "", "key": "", "origin": "", "spans": [[1]]}]},
        {"confidence": "high"},
        {"label": "no"},
    ],
    ids=str,
)
def test_what_is_no_row_is_named_by_its_line(tmp_path, change):
    path = tmp_path / "rows.jsonl"
    good = [build.folder.to_record(made) for made in make_rows()[:2]]
    files.write(path, [good[0], {**good[1], **change}])
    with pytest.raises(BadRecord, match=r"rows\.jsonl:2: not a row"):
        build.folder.read(path)


@pytest.mark.parametrize("field", ["id", "content", "label", "values", "twin_id", "hard"])
def test_a_missing_field_is_named_by_its_line(tmp_path, field):
    path = tmp_path / "rows.jsonl"
    record = build.folder.to_record(make_rows()[0])
    del record[field]
    files.write(path, [record])
    with pytest.raises(BadRecord, match=r"rows\.jsonl:1"):
        build.folder.read(path)
