"""Verify: is a built folder still what its manifest says, and does it keep what it promises?"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from piiforge import __version__, dataset, jsonl, prompt
from piiforge.errors import AskedWrongly, VerifyFailed
from piiforge.pipeline.ordering import inputs_of
from piiforge.recipe import Recipe
from piiforge.types import Example

_PROVED = ("name", "seed", "counts", "certificate", "asked", "dropped")


def verify(folder: Path) -> dict[str, object]:
    """Prove a built folder again and return what was proved.

    Every file by its hash; every JSONL row as alpaca and strict JSON, in step with rows.parquet;
    the leak certificate afresh.

    Raises:
        AskedWrongly: not a built folder.
        VerifyFailed: names each file and what is off.
    """
    if not (folder / jsonl.MANIFEST).is_file():
        raise AskedWrongly(
            f"{folder} has no {jsonl.MANIFEST}.", "Give a folder that `piiforge build` wrote."
        )
    manifest = jsonl.read_json(folder / jsonl.MANIFEST)
    problems = dataset.broken(folder, manifest)
    if problems:
        raise VerifyFailed(problems)
    rows = read_rows(folder)
    problems = [*_files(folder, rows), *_told(folder, rows, manifest)]
    if problems:
        raise VerifyFailed(problems)
    outputs = cast("Mapping[str, object]", manifest["outputs"])
    return {"folder": str(folder), "files": len(outputs), "rows": len(rows), "leaks": 0}


def is_built(folder: Path, recipe: Recipe) -> bool:
    """Say whether `folder` is whole and was built by this version from `recipe` as it is today.

    The seeds and written lines that the recipe draws on count as part of it.
    """
    if not (folder / jsonl.MANIFEST).is_file():
        return False
    manifest = jsonl.read_json(folder / jsonl.MANIFEST)
    told = (manifest.get("recipe"), manifest.get("inputs"), manifest.get("piiforge"))
    if told != (recipe.model_dump(mode="json"), inputs_of(recipe), __version__):
        return False
    return not dataset.broken(folder, manifest)


def read_rows(folder: Path) -> list[Example]:
    """Read the rows of a built folder, in file order.

    Raises:
        AskedWrongly: rows.parquet is missing or not one that was built.
    """
    path = folder / "rows.parquet"
    if not path.is_file():
        raise AskedWrongly(f"{path} is missing.", "Give a folder that `piiforge build` wrote.")
    try:
        return [dataset.from_record(record) for record in dataset.read_parquet(path)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise AskedWrongly(f"{path} is not a table of rows.", "Build it again.") from error


def _files(folder: Path, rows: list[Example]) -> list[str]:
    problems: list[str] = []
    for split in dataset.SPLITS:
        name = f"{split}.jsonl"
        mine = [row for row in rows if row.split == split]
        records = list(jsonl.read(folder / name))
        if len(records) != len(mine):
            problems.append(f"{name} has {len(records)} rows, rows.parquet {len(mine)}")
            continue
        problems.extend(
            f"{name}:{number}: {problem}"
            for number, (record, row) in enumerate(zip(records, mine, strict=True), 1)
            if (problem := _problem(record, row))
        )
    return problems


def _problem(record: Mapping[str, object], row: Example) -> str:
    if set(record) != {"instruction", "input", "output"}:
        return "not exactly instruction, input and output"
    if not all(isinstance(text, str) for text in record.values()):
        return "a field is not a text"
    try:
        verdict = prompt.parse(str(record["output"]))
    except prompt.UnreadableAnswer as error:
        return f"the output is {error}"
    if verdict != row.verdict or prompt.conceal(row.content) not in str(record["input"]):
        return "not the row that rows.parquet has in its place"
    return ""


def _told(folder: Path, rows: list[Example], manifest: Mapping[str, object]) -> list[str]:
    """Compare what the manifest tells with what the rows and the dropped rows say."""
    facts = dataset.facts(rows, _mapping(manifest.get("recipe")), {})
    reasons = Counter(str(row.get("reason")) for row in jsonl.read(folder / "dropped.jsonl"))
    facts |= {"asked": len(rows) + reasons.total(), "dropped": dict(reasons)}
    problems = [
        f"{jsonl.MANIFEST}: {name} is not what the rows say"
        for name in _PROVED
        if manifest.get(name) != facts[name]
    ]
    certificate = _mapping(facts["certificate"])
    return problems if certificate["clean"] else ["something stands in two splits", *problems]


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, Mapping) else {}
