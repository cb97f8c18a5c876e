"""The card: front matter that the hub reads, real rows, columns as they are written."""

import json
import re

import pytest
import yaml
from hand_made import FACTS, make_rows, replaced

from piiforge import prompt
from piiforge.build import card
from piiforge.build.card import size_category
from piiforge.build.folder import MODELS, alpaca, to_record
from piiforge.build.report import Facts

ROWS = make_rows()
CARD = card(ROWS, Facts.model_validate(FACTS))
DESCRIPTIONS = {"ssn": "a number", "phone": "a number", "credit_card": "a number"}


def told(facts, rows=ROWS):
    return card(rows, Facts.model_validate(facts))


def front(text: str) -> dict[str, object]:
    return yaml.safe_load(text.split("---\n")[1])


def rows_shown(text: str) -> list[dict[str, str]]:
    return [
        json.loads(block) for block in re.findall(r"^`{3,}json\n(.*?)\n`{3,}$", text, re.M | re.S)
    ]


def test_the_front_matter_names_files_languages_and_size() -> None:
    found = front(CARD)
    assert found["license"] == "apache-2.0"
    assert found["language"] == ["en", "es", "zh"]
    assert found["size_categories"] == ["n<1K"]
    assert found["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "test", "path": "test.jsonl"},
    ]


@pytest.mark.parametrize(
    ("count", "name"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (82_000, "10K<n<100K"), (10**9, "1B<n<10B")],
)
def test_size_categories_are_the_hubs(count: int, name: str) -> None:
    assert size_category(count) == name


def test_the_columns_named_are_the_columns_written() -> None:
    named = CARD.partition("## Columns")[2].partition("## Counts")[0]
    alpaca_columns = list(alpaca(ROWS[0], "x", "category_first"))
    assert re.findall(r"^\| `(\w+)` \|", named, re.M) == alpaca_columns
    columns = re.findall(r"^\| (\w+) \|", named, re.M)
    assert sorted(columns) == sorted([*to_record(ROWS[0]), "order", "column", "column"])


def test_one_real_row_of_each_label_is_shown() -> None:
    shown = rows_shown(CARD)
    assert [prompt.parse(row["output"]).is_sensitive for row in shown] == [True, False]
    assert {row["content"] for row in shown} <= {row.content for row in ROWS}


def test_with_descriptions_the_rows_are_those_of_the_files() -> None:
    shown = rows_shown(told({**FACTS, "descriptions": DESCRIPTIONS}))
    written = [alpaca(row, "a number", "category_first") for row in ROWS]
    assert all(row in written for row in shown)


def test_a_row_that_holds_a_fence_stays_inside_its_own() -> None:
    row = replaced(ROWS[0], content="```` ``` # not a heading")
    assert rows_shown(told(FACTS, [row]))[0]["content"] == row.content


def test_counts_add_up() -> None:
    total = re.search(r"^\| all \| (\d+) / (\d+) \| (\d+) / (\d+) \| (\d+) \|$", CARD, re.M)
    assert total is not None
    *parts, whole = map(int, total.groups())
    assert sum(parts) == whole == len(ROWS)


def test_what_the_manifest_lacks_is_said_to_be_not_measured() -> None:
    text = told({})
    assert text.count("not measured") >= 9
    assert "holds" not in re.findall(r"\| (\w+) \|$", text, re.M)


def test_a_broken_promise_is_said() -> None:
    assert CARD.count("**broken**") == 2
    leaking = {**FACTS, "certificate": {"clean": False, "axes": {"value": {"in_two_splits": 1}}}}
    assert "**Something stands in two splits.**" in told(leaking)


def test_training_names_every_training_file() -> None:
    assert all(f"llamafactory-cli train train_{name}.yaml" in CARD for name in MODELS)


def test_a_set_without_rows_still_has_a_card() -> None:
    assert front(told({}, []))["size_categories"] == ["n<1K"]


def test_the_same_input_gives_the_same_card() -> None:
    assert told(FACTS) == CARD
