"""Verify: is a built folder still what its manifest says, and does it keep what it promises?"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from piiforge import __version__, files, prompt, train
from piiforge.build.order import inputs_of
from piiforge.build.rows import certify, dropped_record, from_record, to_record
from piiforge.errors import AskedWrongly, VerifyFailed
from piiforge.files import MANIFEST, sha256, write_json
from piiforge.recipe import Recipe
from piiforge.types import Dropped, Example

# The folder that LLaMA-Factory trains from: a data set that is its own `dataset_dir`.
#
# Alpaca rows with exactly instruction, input and output; `dataset_info.json`; one training file a
# model, with relative paths and `trust_remote_code: false`. `rows.parquet` has, row by row in the
# same order, all that is known of each.


SPLITS = ("train", "val", "test")
MODELS: Mapping[str, str] = {
    "qwen2.5-0.5b": "Qwen/Qwen2.5-0.5B-Instruct",
    "qwen2.5-1.5b": "Qwen/Qwen2.5-1.5B-Instruct",
}
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
_TRAINING = """\
# LoRA fine-tuning of {model} with LLaMA-Factory 0.9.5, from inside this folder:
#     llamafactory-cli train {file}
# These are the settings of `piiforge train` on a GPU.
"""


def ordered(rows: Iterable[Example]) -> list[Example]:
    """Return `rows` in the order of the files: by split, then by id, which mixes all else."""
    return sorted(rows, key=lambda row: (SPLITS.index(row.split), row.id))


def alpaca(row: Example, description: str, order: str) -> dict[str, str]:
    """Return the training row: exactly instruction, input and output, all texts."""
    return {
        "instruction": prompt.INSTRUCTION,
        "input": prompt.question(row.category, description, row.content, order=order),
        "output": prompt.answer(row.verdict),
    }


def order_of(row: Example, order: str) -> str:
    """Return the prompt order of one row: under "both" half of the rows have each, twins alike."""
    if order != "both":
        return order
    return prompt.ORDERS[int((row.twin_id or row.id)[-1], 16) % 2]


def write(
    folder: Path,
    rows: Sequence[Example],
    dropped: Sequence[Dropped],
    descriptions: Mapping[str, str],
    *,
    order: str,
    max_tokens: int,
) -> None:
    """Write the data files and the training files into `folder`. `rows` come from `ordered`."""
    for split in SPLITS:
        files.write(
            folder / f"{split}.jsonl",
            (
                alpaca(row, descriptions[row.category], order_of(row, order))
                for row in rows
                if row.split == split
            ),
        )
    files.write(folder / "dropped.jsonl", map(dropped_record, dropped))
    write_parquet(folder / "rows.parquet", rows, order)
    files.write_json(
        folder / "dataset_info.json",
        {
            f"piiforge_{split}": {"file_name": f"{split}.jsonl", "columns": _COLUMNS}
            for split in SPLITS
        },
    )
    for name, model in MODELS.items():
        file = f"train_{name}.yaml"
        made = train.shipped(model, output=f"models/{name}", cutoff=max_tokens)
        text = train.text(made, _TRAINING.format(model=model, file=file))
        (folder / file).write_text(text, encoding="utf-8")


def write_parquet(path: Path, rows: Sequence[Example], order: str) -> None:
    """Write all that is known of each row, in the order of the JSONL files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    span = pa.list_(pa.list_(pa.int32()))
    value = pa.struct(
        [*((name, pa.string()) for name in ("category", "kind", "key", "origin")), ("spans", span)]
    )
    typed: dict[str, object] = {
        "label": pa.bool_(),
        "confidence": pa.float64(),
        "hard": pa.bool_(),
        "injection": pa.bool_(),
        "disguises": pa.list_(pa.string()),
        "key_names": pa.list_(pa.string()),
        "values": pa.list_(value),
    }
    records = [{**to_record(row), "order": order_of(row, order)} for row in rows]
    names = list(records[0]) if records else ["id"]
    schema = pa.schema([(name, typed.get(name, pa.string())) for name in names])
    pq.write_table(pa.Table.from_pylist(records, schema=schema), path, compression="zstd")


def read_parquet(path: Path) -> list[dict[str, object]]:
    """Read rows.parquet back as records."""
    import pyarrow.parquet as pq

    found: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return found


# The manifest: what a built folder holds, what it was made from, the proof that it is whole.


def facts_of(
    rows: Sequence[Example], recipe: Mapping[str, object], measured: Mapping[str, object]
) -> dict[str, object]:
    """Return what is true of the set itself: all of the manifest but the files' hashes."""
    counts = Counter(row.split for row in rows)
    return {
        "name": recipe.get("name", ""),
        "piiforge": __version__,
        "prompt": prompt.VERSION,
        "seed": recipe.get("seed", 0),
        "recipe": recipe,
        "counts": dict(sorted(counts.items())),
        "certificate": certify(rows),
        **measured,
    }


def write_manifest(folder: Path, told: Mapping[str, object]) -> None:
    """Write the manifest of `folder`: `told` and the SHA-256 of every file that lies there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    outputs = {
        path.relative_to(folder).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size}
        for path in files
    }
    write_json(folder / MANIFEST, {**told, "outputs": outputs})


def broken(folder: Path, manifest: Mapping[str, object]) -> list[str]:
    """Return one sentence for each file that is not what the manifest says."""
    outputs = manifest.get("outputs")
    if not isinstance(outputs, Mapping):
        return [f"{files.MANIFEST} lists no outputs"]
    found: list[str] = []
    for name, entry in outputs.items():
        path = folder / str(name)
        if not path.is_file():
            found.append(f"{name} is missing")
        elif not isinstance(entry, Mapping) or files.sha256(path) != entry.get("sha256"):
            found.append(f"{name} was changed: its SHA-256 is not the manifest's")
    return found + _strangers(folder, outputs)


def _strangers(folder: Path, outputs: Iterable[str]) -> list[str]:
    known = {*map(str, outputs), files.MANIFEST}
    return [
        f"{name} is not listed in the manifest"
        for name in sorted(path.name for path in folder.glob("*.jsonl"))
        if name not in known
    ]


_PROVED = ("name", "seed", "counts", "certificate", "asked", "dropped")


def verify(folder: Path) -> dict[str, object]:
    """Prove a built folder again and return what was proved.

    Every file by its hash; every JSONL row as alpaca and strict JSON, in step with rows.parquet;
    the leak certificate afresh.

    Raises:
        AskedWrongly: not a built folder.
        VerifyFailed: names each file and what is off.
    """
    if not (folder / files.MANIFEST).is_file():
        raise AskedWrongly(
            f"{folder} has no {files.MANIFEST}.", "Give a folder that `piiforge build` wrote."
        )
    manifest = files.read_json(folder / files.MANIFEST)
    problems = broken(folder, manifest)
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
    if not (folder / files.MANIFEST).is_file():
        return False
    manifest = files.read_json(folder / files.MANIFEST)
    told = (manifest.get("recipe"), manifest.get("inputs"), manifest.get("piiforge"))
    if told != (recipe.model_dump(mode="json"), inputs_of(recipe), __version__):
        return False
    return not broken(folder, manifest)


def read_rows(folder: Path) -> list[Example]:
    """Read the rows of a built folder, in file order.

    Raises:
        AskedWrongly: rows.parquet is missing or not one that was built.
    """
    path = folder / "rows.parquet"
    if not path.is_file():
        raise AskedWrongly(f"{path} is missing.", "Give a folder that `piiforge build` wrote.")
    try:
        return [from_record(record) for record in read_parquet(path)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise AskedWrongly(f"{path} is not a table of rows.", "Build it again.") from error


def _files(folder: Path, rows: list[Example]) -> list[str]:
    problems: list[str] = []
    for split in SPLITS:
        name = f"{split}.jsonl"
        mine = [row for row in rows if row.split == split]
        records = list(files.read(folder / name))
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
    facts = facts_of(rows, _mapping(manifest.get("recipe")), {})
    reasons = Counter(str(row.get("reason")) for row in files.read(folder / "dropped.jsonl"))
    facts |= {"asked": len(rows) + reasons.total(), "dropped": dict(reasons)}
    problems = [
        f"{files.MANIFEST}: {name} is not what the rows say"
        for name in _PROVED
        if manifest.get(name) != facts[name]
    ]
    certificate = _mapping(facts["certificate"])
    return problems if certificate["clean"] else ["something stands in two splits", *problems]


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, Mapping) else {}
