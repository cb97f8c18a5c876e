"""What can be reviewed: found again by file and row, or refused with the reason."""

import gzip
import json
import os
import zipfile

import pytest
from review_rows import drawn

from piiforge import logs, review, scan
from piiforge.errors import AskedWrongly, BadRecord

ROWS = [f"2026-01-21 INFO user {n} logged in" for n in range(40)]
CARD = f"POST /pay card_number={drawn('credit_card')}"
KEY = b"a key of at least sixteen bytes"


def forms(folder):
    """Yield a file of every form with the same rows, and what its scan is told."""
    rows = [*ROWS[:20], CARD, *ROWS[20:]]
    plain = "\n".join(rows) + "\n"
    (folder / "a.log").write_text(plain)
    (folder / "a.log.gz").write_bytes(gzip.compress(plain.encode()))
    (folder / "a.jsonl").write_text("".join(json.dumps({"m": row}) + "\n" for row in rows))
    (folder / "a.csv").write_text("m,n\n" + "".join(f'"{row}",1\n' for row in rows))
    with zipfile.ZipFile(folder / "a.zip", "w") as packed:
        packed.writestr("inner.log", plain)


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Scan a folder of every form with a key; return where the findings are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    forms(tmp_path / "in")
    out = tmp_path / "found.jsonl"
    scan.run(scan.Scan(["in"], out, "rules", ("credit_card",), reference_key=KEY))
    return out


def test_a_finding_of_every_form_is_read_again(found):
    opened = review.open(found, reference_key=KEY)
    assert opened.kind == review.FINDINGS
    assert {item.place.file for item in opened.items} == {
        "in/a.log", "in/a.log.gz", "in/a.jsonl", "in/a.csv", "in/a.zip!inner.log",
    }  # fmt: skip
    assert all(CARD in item.content and not item.refused for item in opened.items)


@pytest.mark.usefixtures("found")
def test_findings_in_parquet_are_reviewed_as_well(tmp_path):
    out = tmp_path / "found.parquet"
    scan.run(scan.Scan(["in/a.log"], out, "rules", ("credit_card",)))
    (item,) = review.open(out).items
    assert item.content == CARD


def change(path, how):
    told = path.stat()
    match how:
        case "longer":
            path.write_text(path.read_text() + "more\n")
        case "touched":
            os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
        case "gone":
            path.unlink()
        case "other content of that size and time":
            path.write_text(path.read_text().replace("POST", "post"))
            os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("longer", "changed since"),
        ("touched", "changed since"),
        ("gone", "is not there"),
        ("other content of that size and time", "not what was scanned"),
    ],
)
def test_a_row_of_a_file_that_is_another_now_is_refused(found, tmp_path, how, why):
    change(tmp_path / "in" / "a.log", how)
    items = review.open(found, reference_key=KEY).items
    refused = [item for item in items if item.refused]
    assert [item.place.file for item in refused] == ["in/a.log"]
    assert why in refused[0].refused
    assert refused[0].content == ""


def test_where_no_row_can_be_shown_the_review_does_not_begin(found, tmp_path):
    for path in (tmp_path / "in").iterdir():
        change(path, "gone")
    with pytest.raises(AskedWrongly, match=r"no row of .* can be shown"):
        review.open(found)
    assert len(review.open(found, shown=False).items) == 5


def test_findings_without_their_summary_are_told_so(found):
    found.with_suffix(".summary.json").unlink()
    with pytest.raises(AskedWrongly, match=r"found\.summary\.json is not there"):
        review.open(found)


def test_a_decision_is_none_on_the_same_place_of_a_later_file(found, tmp_path):
    before = {item.id for item in review.open(found).items}
    log = tmp_path / "in" / "a.log"
    log.write_text(log.read_text().replace("logged in", "logged on"))
    scan.run(scan.Scan(["in"], found, "rules", ("credit_card",)), force=True)
    after = {item.id for item in review.open(found).items}
    assert {one.partition(":")[0] for one in before ^ after} == {"in/a.log"}


def test_contents_that_were_kept_need_no_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "a.log"
    log.write_text(CARD + "\n")
    out = tmp_path / "found.jsonl"
    scan.run(scan.Scan(["a.log"], out, "rules", ("credit_card",), show_values=True))
    log.unlink()
    assert review.open(out).items[0].content == CARD


def lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def case(number, **more):
    return {"id": f"{number}", "category": "ssn", "content": f"n={number}"} | more


def test_lines_with_and_without_a_label_are_opened_and_twins_found(tmp_path):
    path = lines(tmp_path / "l.jsonl", case(1), case(2, label=True, twin="a"), case(3, twin="a"))
    opened = review.open(path)
    assert (opened.kind, [item.label for item in opened.items]) == (
        review.LINES, [None, True, None],
    )  # fmt: skip
    assert [item.twin and item.twin.id for item in opened.items] == [None, "3", "2"]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"id": "1"}, "id, category or content is no text"),
        (case(2, label="yes"), "label is not true or false"),
        (case(1), "has the id of an earlier line"),
        (case(2, content=""), "id, category or content is no text"),
    ],
    ids=str,
)
def test_a_line_that_is_off_is_named(tmp_path, record, problem):
    path = lines(tmp_path / "l.jsonl", case(1), record)
    with pytest.raises(BadRecord, match=rf"l\.jsonl:2: {problem}"):
        review.open(path)


def test_more_than_can_be_reviewed_is_left_out_and_told(tmp_path):
    path = lines(tmp_path / "l.jsonl", *map(case, range(10_003)))
    opened = review.open(path)
    assert (len(opened.items), opened.left_out) == (10_000, 3)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_told_so(tmp_path, content):
    path = tmp_path / "l.jsonl"
    path.write_text(content)
    with pytest.raises(AskedWrongly, match="nothing to review"):
        review.open(path)


def test_a_folder_that_is_no_data_set_is_told_so(tmp_path):
    with pytest.raises(AskedWrongly, match=r"holds no review\.jsonl"):
        review.open(tmp_path)


def test_a_sample_of_a_built_folder_has_its_places_and_twins(tiny, tmp_path):
    from piiforge import build

    rows = build.read_rows(tiny.folder)
    twin = next(row for row in rows if row.twin_id and row.values)
    (other,) = [row for row in rows if row.twin_id == twin.twin_id and row.id != twin.id]
    sample = review.Sample(
        twin.id, twin.category, twin.content, twin.verdict.is_sensitive, "why", cue=twin.cue
    )
    (tmp_path / "rows.parquet").symlink_to(tiny.folder / "rows.parquet")
    review.write(tmp_path / review.FILE, [sample])
    (item,) = review.open(tmp_path).items
    assert item.spans == twin.values[0].spans
    assert (item.twin.id, item.twin.content) == (other.id, other.content)


def test_what_the_summary_keeps_says_how_files_were_read(found):
    told = json.loads(found.with_suffix(".summary.json").read_text())
    assert logs.Manner(**told["manner"]) == logs.Manner()
    assert [name for name, *_ in told["sources"]] == sorted(name for name, *_ in told["sources"])
