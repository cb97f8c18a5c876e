"""Export: a folder that LLaMA-Factory trains from as it lies there."""

import json
from collections import Counter
from pathlib import PurePath

import pytest
import yaml
from hand_made import CATEGORIES, DROPPED, make_rows

from piiforge import build, files, prompt
from piiforge.types import SPLITS

DESCRIPTIONS = dict.fromkeys(CATEGORIES, "a number")
ROWS = build.folder.ordered(make_rows())
LINE = {"instruction", "input", "output"}
FILES = {
    "train.jsonl", "val.jsonl", "test.jsonl", "rows.parquet", "dropped.jsonl", "dataset_info.json",
    "train_qwen2.5-0.5b.yaml", "train_qwen2.5-1.5b.yaml",
}  # fmt: skip
every_order = pytest.mark.parametrize("order", [*prompt.ORDERS, "both"])


def write(folder, order="category_first"):
    build.folder.write(folder, ROWS, DROPPED, DESCRIPTIONS, order=order, max_tokens=480)
    return folder


def lines(folder):
    return [line for split in SPLITS for line in files.read(folder / f"{split}.jsonl")]


def settings(folder):
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yaml"))]


def starts(line):
    return line["input"].split()[0]


@every_order
def test_every_line_has_exactly_three_texts(tmp_path, order):
    for line in lines(write(tmp_path, order)):
        assert set(line) == LINE
        assert all(isinstance(text, str) and text for text in line.values())


def test_the_files_are_those_of_the_design(tmp_path):
    assert {path.name for path in write(tmp_path).iterdir()} == FILES


@every_order
def test_every_line_is_the_row_of_the_table_in_its_place(tmp_path, order):
    table = build.folder.read_parquet(write(tmp_path, order) / "rows.parquet")
    assert [build.folder.from_record(record) for record in table] == ROWS
    for line, record in zip(lines(tmp_path), table, strict=True):
        row = build.folder.from_record(record)
        assert prompt.parse(line["output"]) == row.verdict
        assert line["input"] == prompt.question(
            row.category, "a number", row.content, order=record["order"]
        )


def test_the_built_folder_is_in_step_with_its_table(tiny):
    table = build.folder.read_parquet(tiny.folder / "rows.parquet")
    assert [build.folder.from_record(record) for record in table] == tiny.built.rows
    for line, row in zip(lines(tiny.folder), tiny.built.rows, strict=True):
        assert prompt.conceal(row.content) in line["input"]
        assert line["output"] == prompt.answer(row.verdict)


def test_the_instruction_is_the_same_in_every_line(tiny):
    assert {line["instruction"] for line in lines(tiny.folder)} == {prompt.INSTRUCTION}


@pytest.mark.parametrize(
    ("order", "first"), [("category_first", "Category:"), ("content_first", "Content:")]
)
def test_one_order_writes_every_line_alike(tmp_path, order, first):
    assert {starts(line) for line in lines(write(tmp_path, order))} == {first}


def test_both_orders_take_turns(tiny):
    orders = Counter(build.folder.order_of(row, "both") for row in tiny.built.rows)
    assert set(orders) == set(prompt.ORDERS)
    assert max(orders.values()) <= 0.56 * len(tiny.built.rows)


def test_twins_are_asked_in_the_same_order(tiny):
    orders = {}
    for row in tiny.built.rows:
        if row.twin_id:
            orders.setdefault(row.twin_id, set()).add(build.folder.order_of(row, "both"))
    assert orders
    assert all(len(seen) == 1 for seen in orders.values())


def test_rows_are_sorted_by_split_and_mixed_within(tiny):
    places = [(SPLITS.index(row.split), row.id) for row in tiny.built.rows]
    assert places == sorted(places)
    assert len({row.category for row in tiny.built.rows[:30]}) >= 6


def test_the_data_set_file_points_at_files_that_are_there(tmp_path):
    info = json.loads((write(tmp_path) / "dataset_info.json").read_text("utf-8"))
    assert set(info) == {"piiforge_train", "piiforge_val", "piiforge_test"}
    for entry in info.values():
        assert (tmp_path / entry["file_name"]).is_file()
        assert set(entry["columns"].values()) == LINE


def test_the_training_files_name_data_sets_that_exist(tmp_path):
    info = files.read_json(write(tmp_path) / "dataset_info.json")
    assert len(settings(tmp_path)) == 2
    for found in settings(tmp_path):
        assert found["dataset"] == "piiforge_train"
        assert found["dataset"] in info
        assert found["cutoff_len"] == 480
        assert "eval_dataset" not in found, "the validation rows are judged by their verdicts"
        assert "val_size" not in found, "it splits twins"


def test_the_training_files_run_no_code_of_others_and_stay_in_the_folder(tmp_path):
    for found in settings(write(tmp_path)):
        assert found["trust_remote_code"] is False
        assert found["dataset_dir"] == "."
        assert isinstance(found["learning_rate"], float)
        for name in ("dataset_dir", "output_dir"):
            path = PurePath(found[name])
            assert not path.is_absolute()
            assert ".." not in path.parts


def test_no_file_names_the_machine_it_was_made_on(tiny):
    for path in tiny.folder.iterdir():
        found = path.read_bytes()
        assert str(tiny.folder.parent).encode() not in found, path.name


def test_what_was_dropped_is_kept_with_its_reason(tmp_path):
    found = list(files.read(write(tmp_path) / "dropped.jsonl"))
    assert [record["reason"] for record in found] == ["length", "length", "second_look"]
    assert [build.folder.from_record(record) for record in found] == [d.example for d in DROPPED]


def test_a_set_without_rows_is_still_a_folder(tmp_path):
    build.folder.write(tmp_path, [], [], DESCRIPTIONS, order="both", max_tokens=512)
    assert build.folder.read_parquet(tmp_path / "rows.parquet") == []
