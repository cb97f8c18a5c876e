"""Rows of a data set, made small."""

import json
from pathlib import Path

from piiforge import prompt
from piiforge.types import Verdict


def row(number: int, *, sensitive: bool | None = None) -> dict[str, str]:
    sensitive = number % 2 == 0 if sensitive is None else sensitive
    return {
        "instruction": prompt.INSTRUCTION,
        "input": prompt.question("ssn", "US SSN", f"field={'ssn' if sensitive else 'sku'}{number}"),
        "output": prompt.answer(Verdict(sensitive, 0.9, "Named by its key.")),
    }


def write_rows(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    text = "".join(json.dumps(one) + "\n" for one in rows)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
