"""What the README shows is what the product makes today."""

import json
from pathlib import Path

import pytest

from piiforge import build
from piiforge.recipe import load

README = Path(__file__).parents[1] / "README.md"


def shown_rows() -> list[dict[str, str]]:
    block = README.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]
    return [json.loads(row) for row in block.replace('}"}\n', '}"}\0').split("\0") if row.strip()]


@pytest.fixture(scope="module")
def base_rows(tmp_path_factory: pytest.TempPathFactory, recipes: Path) -> set[tuple[str, str]]:
    folder = tmp_path_factory.mktemp("base") / "base"
    build.build(load(recipes / "base.yaml"), folder)
    rows = [
        json.loads(line)
        for split in ("train", "val", "test")
        for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return {(row["input"], row["output"]) for row in rows}


def test_three_rows_are_shown():
    assert len(shown_rows()) == 3


@pytest.mark.parametrize("row", shown_rows(), ids=lambda row: row["input"].split()[1])
def test_a_shown_row_stands_in_a_build_of_the_base_recipe(row, base_rows):
    assert (row["input"], row["output"]) in base_rows
