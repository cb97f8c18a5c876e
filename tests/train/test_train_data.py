"""The data check: what LLaMA-Factory lets pass in silence stops a run, by file and line."""

import pytest
from train_rows import row, write_rows

from piiforge.errors import AskedWrongly, GateFailed
from piiforge.train import data as proof
from piiforge.train.data import read


def test_good_rows_are_read_with_their_verdicts(data):
    found = read(data)
    assert found.rows == {"train.jsonl": 32, "val.jsonl": 16}
    assert found.verdicts == tuple(number % 2 == 0 for number in range(100, 116))
    assert found.cutoff == 300
    assert len(found.manifest) == 64


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({**row(50), "output": ""}, "not exactly instruction, input and output"),
        ({**row(50), "extra": "x"}, "not exactly instruction, input and output"),
        ({"input": "x", "output": "y"}, "not exactly instruction, input and output"),
        ({**row(50), "output": "true"}, "the output is keys are not"),
        ({**row(50), "output": "{"}, "the output is not JSON"),
        (row(3), "a row that comes twice"),
        (row(3, sensitive=False) | {"output": row(4)["output"]}, "with another answer"),
        (row(100), "a row of train.jsonl again"),
    ],
    ids=["empty", "more", "less", "other", "broken", "twice", "contradicts", "leaks"],
)
def test_a_bad_row_is_named_by_its_line(data, bad, said):
    write_rows(data, "train", [*(row(number) for number in range(9)), bad])
    with pytest.raises(GateFailed, match=said) as caught:
        read(data)
    leaked = "a row of train" in said
    assert ("val.jsonl" if leaked else "train.jsonl") in str(caught.value)
    assert ("(line 1)" if leaked else "(line 10)") in str(caught.value)


def test_of_many_lines_the_first_are_named(data):
    write_rows(data, "train", [row(1)] * 9)
    with pytest.raises(GateFailed, match=r"\(lines 2, 3, 4, 5, 6 and 3 more\)"):
        read(data)


def test_an_error_never_shows_a_row(data):
    write_rows(data, "train", [{**row(1), "output": "a secret"}])
    with pytest.raises(GateFailed) as caught:
        read(data)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["train.jsonl", "val.jsonl", "dataset_info.json"])
def test_a_missing_file_is_named(data, name):
    (data / name).unlink()
    with pytest.raises(AskedWrongly, match=name):
        read(data)


def test_no_rows_are_no_data(data):
    write_rows(data, "val", [])
    with pytest.raises(AskedWrongly, match=r"val.jsonl has no rows"):
        read(data)


def test_rows_that_would_be_cut_or_forge_a_turn_are_named():
    found = {"over": {"/d/train.jsonl": [3], "/d/val.jsonl": []}, "forged": {"/d/val.jsonl": [7]}}
    told = [*proof.problems(found, {"cutoff_len": 256}, "over")]
    told += proof.problems(found, {"cutoff_len": 256}, "forged")
    assert told == [
        "train.jsonl: over cutoff_len 256, would be cut (line 3)",
        "val.jsonl: a chat control token in a text (line 7)",
    ]
