"""The stages over files come to the same kind of folder as the build."""

import pytest

from piiforge import build, files
from piiforge.errors import BadRecord, FolderExists


@pytest.fixture(scope="module")
def staged(tiny, tmp_path_factory):
    """Run compose, check, split and export, each over the file of the one before."""
    room = tmp_path_factory.mktemp("stages")
    composed = build.compose_file(tiny.recipe, room / "1.jsonl")
    checked = build.check_file(room / "1.jsonl", room / "2", max_tokens=512)
    split = build.split_file(room / "2" / "rows.jsonl", room / "3.jsonl")
    exported = build.export_file(room / "3.jsonl", tiny.recipe, room / "4")
    return room, composed, checked, split, exported


def test_each_stage_accounts_for_every_row_of_the_one_before(staged):
    _, composed, checked, split, exported = staged
    assert composed == 1080
    assert checked.kept + checked.dropped == composed
    assert split.kept + split.dropped == checked.kept
    assert exported == split.kept
    assert checked.share > 0.8


def test_the_last_stage_gives_a_folder_that_verifies(staged):
    room, *_, exported = staged
    assert build.verify(room / "4")["rows"] == exported


def test_what_check_drops_is_kept_with_its_reason(staged):
    room, _, checked, *_ = staged
    dropped = list(files.read(room / "2" / "dropped.jsonl"))
    assert len(dropped) == checked.dropped
    assert all(record["reason"] and record["detail"] for record in dropped)


def test_check_drops_no_half_of_a_pair(staged):
    room, *_ = staged
    twins = [row.twin_id for row in build.folder.read(room / "2" / "rows.jsonl") if row.twin_id]
    assert all(twins.count(twin) == 2 for twin in set(twins))


def test_no_draft_is_left_behind(staged):
    room, *_ = staged
    assert sorted(path.name for path in room.iterdir()) == ["1.jsonl", "2", "3.jsonl", "4"]


def test_a_row_planted_in_two_splits_is_dropped(staged, tmp_path):
    rows = build.folder.read(staged[0] / "3.jsonl")
    train = next(row for row in rows if row.split == "train" and not row.twin_id)
    planted = {**build.folder.to_record(train), "split": "test", "id": "f" * 16}
    files.write(tmp_path / "in.jsonl", [*map(build.folder.to_record, rows), planted])
    found = build.split_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (found.kept, found.dropped) == (len(rows), 1)


def test_every_stage_refuses_to_overwrite(staged, tiny):
    room, *_ = staged
    for stage in (
        lambda: build.compose_file(tiny.recipe, room / "1.jsonl"),
        lambda: build.check_file(room / "1.jsonl", room / "2", max_tokens=512),
        lambda: build.split_file(room / "1.jsonl", room / "3.jsonl"),
        lambda: build.export_file(room / "3.jsonl", tiny.recipe, room / "4"),
        lambda: build.write_report(room / "4", room / "1.jsonl"),
    ):
        with pytest.raises(FolderExists):
            stage()


def test_a_file_that_holds_no_rows_is_named(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(BadRecord, match=r"in\.jsonl:1"):
        build.check_file(tmp_path / "in.jsonl", tmp_path / "out", max_tokens=512)
    assert not (tmp_path / "out").exists()


def test_the_report_made_again_is_the_one_that_was_built(tiny, tmp_path):
    build.write_report(tiny.folder, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == (tiny.folder / "report.html").read_bytes()
