"""The folder of a data set: rows as records, the files that LLaMA-Factory trains from, the proof.

A built folder is its own `dataset_dir`: rows in one of FORMS (alpaca, with exactly instruction,
input and output; or chat messages); `dataset_info.json`; one training file a model, with relative
paths and `trust_remote_code: false`. `rows.parquet` has, row by row in the same order, all that is
known of each. `manifest.json` says what the set was made from, what was measured, and the SHA-256
of every file; `verify` proves it.

Nothing that could be learned by heart stands in two of train, val and test. Families are dealt to
the splits before composing (`compose.pools`); here it is kept (`Fence`) and proved (`certify`) for
every axis: family, skeleton, drawn value, twin, and the seed or written line that a row was made
from (frame). Documented placeholders are finite, so they may stand in several splits; the
certificate lists how many do.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from pydantic import TypeAdapter

from piiforge import __version__, checks, files, plugins, prompt, train
from piiforge.build.order import inputs_of
from piiforge.errors import AskedWrongly, BadRecord, VerifyFailed
from piiforge.recipe import Recipe
from piiforge.types import FINITE, SPLITS, TRAIN, Dropped, Example

if TYPE_CHECKING:
    import pyarrow as pa

MODELS: Mapping[str, str] = {
    "qwen2.5-0.5b": "Qwen/Qwen2.5-0.5B-Instruct",
    "qwen2.5-1.5b": "Qwen/Qwen2.5-1.5B-Instruct",
}
AXES: Mapping[str, Callable[[Example], Sequence[str]]] = {
    "family": lambda row: (row.family,),
    "skeleton": lambda row: (row.skeleton,),
    "value": lambda row: row.unique_values,
    "twin": lambda row: (row.twin_id,) if row.twin_id else (),
    "frame": lambda row: (row.frame,) if row.frame else (),
}
# Stands in what describes a set (card, manifest, Parquet's metadata) and never in a row: who keeps
# our rows out of a corpus, or asks whether a model has seen a published set, searches for it.
CANARY = "piiforge:4e3d83f8-6263-4551-aee3-912c7fe664ce"
LICENSE = "Apache-2.0"
PERSONAL_DATA = (
    "None was collected: every value was drawn by a generator from the seed. A drawn number can by "
    "chance be one that is in use; nothing links it to anybody."
)
BESIDE = (
    "review.jsonl",
    "review.decisions.jsonl",
    files.TALLY,
)  # what `piiforge review` keeps in a folder
TRAINED = "models/"  # where the training files of a folder put what they train
_TEXTS = (
    "id", "split", "category", "language", "event", "format", "family", "skeleton", "variant",
    "twin_id", "source", "frame",
)  # fmt: skip
_OTHERS = ("content", "disguises", "cue", "key_names", "hard", "injection")
_VERDICT = {"is_sensitive": "label", "confidence_score": "confidence", "explanation": "explanation"}
_MENTION = ("category", "kind", "key", "origin")
_texts_of, _verdict_of, _mention_of = (attrgetter(*names) for names in (_TEXTS, _VERDICT, _MENTION))
_PROVED = ("name", "seed", "counts", "certificate", "asked", "dropped")
_EXAMPLE = TypeAdapter(Example)
_CASE = "A case is a line of JSON with its text under content."
_TRAINING = """\
# LoRA fine-tuning of {model} with LLaMA-Factory 0.9.5, from inside this folder:
#     llamafactory-cli train {file}
# These are the settings of `piiforge train` on a GPU.
"""


def to_record(row: Example) -> dict[str, object]:
    """Return the row as one flat JSON object, the same in files and in rows.parquet."""
    return {
        **dict(zip(_TEXTS, _texts_of(row), strict=True)),
        **dict(zip(_VERDICT.values(), _verdict_of(row.verdict), strict=True)),
        "content": row.content,
        "disguises": list(row.disguises),
        "cue": row.cue.value,
        "key_names": list(row.key_names),
        "values": [
            dict(zip(_MENTION, _mention_of(mention), strict=True))
            | {"spans": [[span.start, span.end] for span in mention.spans]}
            for mention in row.values
        ],
        "hard": row.hard,
        "injection": row.injection,
    }


def dropped_record(dropped: Dropped) -> dict[str, object]:
    """Return what did not pass: the reason first, then the row."""
    return {"reason": dropped.reason, "detail": dropped.detail, **to_record(dropped.example)}


def from_record(record: Mapping[str, Any]) -> Example:
    """Read a row back, strictly.

    Raises:
        KeyError, TypeError, ValueError: the record is not one that `to_record` wrote.
    """
    nested = {name: record[name] for name in (*_TEXTS, *_OTHERS)}
    nested["verdict"] = {field: record[name] for field, name in _VERDICT.items()}
    nested["values"] = [
        {name: value[name] for name in _MENTION}
        | {"spans": [{"start": start, "end": end} for start, end in value["spans"]]}
        for value in record["values"]
    ]
    return _EXAMPLE.validate_json(orjson.dumps(nested), strict=True)


def read(path: Path) -> list[Example]:
    """Read a file of rows.

    Raises:
        BadRecord: a line is not a row; names the line.
    """
    return [row for row, _ in _read(path)]


def read_dropped(path: Path) -> list[Dropped]:
    """Read a file of rows that did not pass; errors as `read`."""
    return [
        Dropped(row, str(record["reason"]), str(record["detail"])) for row, record in _read(path)
    ]


def _read(path: Path) -> Iterator[tuple[Example, dict[str, object]]]:
    for number, record in files.numbered(path):
        try:
            yield from_record(record), record
        except (KeyError, TypeError, ValueError) as error:
            hint = "Rows come from `piiforge compose`."
            raise BadRecord(path, number, "not a row of piiforge.", hint) from error


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


def read_parquet(path: Path) -> list[dict[str, object]]:
    """Read rows.parquet back as records."""
    import pyarrow.parquet as pq

    found: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return found


def ordered(rows: Iterable[Example]) -> list[Example]:
    """Return `rows` in the order of the files: by split, then by id, which mixes all else."""
    return sorted(rows, key=lambda row: (SPLITS.index(row.split), row.id))


def paired(rows: Iterable[Example]) -> list[list[Example]]:
    """Return the rows in groups: twins together, at the place of the first, every other alone."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[row.twin_id or row.id].append(row)
    return list(groups.values())


@dataclass(slots=True)
class Fence:
    """Remembers which split holds what. Feed rows in one fixed order."""

    held: dict[str, dict[str, str]] = field(default_factory=lambda: {axis: {} for axis in AXES})

    def leak(self, rows: Sequence[Example]) -> str:
        """Say on which axis `rows` (one row or two twins) touch another split, "" if on none."""
        found = [(axis, key, row.split) for row in rows for axis in AXES for key in AXES[axis](row)]
        for axis, key, split in found:
            if self.held[axis].get(key, split) != split:
                return f"its {axis} stands in another split"
        for axis, key, split in found:
            self.held[axis][key] = split
        return ""


def certify(rows: Iterable[Example]) -> dict[str, object]:
    """Return the leak certificate: for each axis how many keys there are and how many leak."""
    held: dict[str, dict[str, str]] = {axis: {} for axis in AXES}
    leaking: dict[str, set[str]] = {axis: set() for axis in AXES}
    finite: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        split = row.split
        for axis, keys in AXES.items():
            for key in keys(row):
                if held[axis].setdefault(key, split) != split:
                    leaking[axis].add(key)
        if row.variant in FINITE and row.values:
            finite[f"{row.values[0].category}:{row.values[0].kind}"].add(split)
    axes = {axis: {"keys": len(held[axis]), "in_two_splits": len(leaking[axis])} for axis in AXES}
    return {
        "clean": not any(axis["in_two_splits"] for axis in axes.values()),
        "axes": axes,
        "exempt": sorted(key for key, splits in finite.items() if len(splits) > 1),
    }


def alpaca(row: Example, description: str, order: str) -> dict[str, str]:
    """Return the training row: exactly instruction, input and output, all texts."""
    return {
        "instruction": prompt.INSTRUCTION,
        "input": prompt.question(row.category, description, row.content, order=order),
        "output": prompt.answer(row.verdict),
    }


def messages(row: Example, description: str, order: str) -> dict[str, object]:
    """Return the same row as a chat of two turns, as TRL, Unsloth and OpenAI's tuning read it.

    There is no system turn: a chat template that has a text of its own puts it there by itself.
    """
    record = alpaca(row, description, order)
    return {
        "messages": [
            {"role": "user", "content": prompt.turn(record["input"])},
            {"role": "assistant", "content": record["output"]},
        ]
    }


def _alpaca_texts(record: Mapping[str, object]) -> tuple[object, object]:
    """Return question and answer of a row; ValueError says what it is not."""
    if set(record) != {"instruction", "input", "output"}:
        raise ValueError("not exactly instruction, input and output")
    if record["instruction"] != prompt.INSTRUCTION:
        raise ValueError("another instruction than the prompt's")
    return record["input"], record["output"]


def _message_texts(record: Mapping[str, object]) -> tuple[object, object]:
    match record:
        case {
            "messages": [
                {"role": "user", "content": str(question), **rest},
                {"role": "assistant", "content": answer, **more},
            ],
            **others,
        } if not (rest or more or others):
            instruction, newline, asked = question.partition("\n")
            if instruction + newline != prompt.turn(""):
                raise ValueError("another instruction than the prompt's")
            return asked, answer
    raise ValueError("not exactly messages of user and assistant")


@dataclass(frozen=True, slots=True)
class Form:
    """How a row of the JSONL files is written, and read back as question and answer."""

    write: Callable[[Example, str, str], Mapping[str, object]]
    texts: Callable[[Mapping[str, object]], tuple[object, object]]


FORMS: Mapping[str, Form] = {
    train.ALPACA: Form(alpaca, _alpaca_texts),
    "messages": Form(messages, _message_texts),
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
    form: str = train.ALPACA,
) -> None:
    """Write the data files and the training files into `folder`.

    `rows` come from `ordered`; `form` is one of FORMS.
    """
    made = FORMS[form].write
    for split in SPLITS:
        mine = (row for row in rows if row.split == split)
        lines = (made(row, descriptions[row.category], order_of(row, order)) for row in mine)
        files.write(folder / f"{split}.jsonl", lines)
    files.write_json(folder / train.REGISTRY, train.registry(SPLITS, form))
    files.write(folder / "dropped.jsonl", map(dropped_record, dropped))
    write_parquet(folder / "rows.parquet", rows, order)
    for name, text in training_files(max_tokens).items():
        (folder / name).write_text(text, encoding="utf-8")


def training_files(max_tokens: int) -> dict[str, str]:
    """Return the files that LLaMA-Factory trains by, by name."""
    found: dict[str, str] = {}
    for name, model in MODELS.items():
        file = f"train_{name}.yaml"
        made = train.shipped(model, output=f"{TRAINED}{name}", cutoff=max_tokens)
        found[file] = train.text(made, _TRAINING.format(model=model, file=file))
    return found


def write_parquet(path: Path, rows: Sequence[Example], order: str) -> None:
    """Write all that is known of each row, in the order of the JSONL files."""
    import pyarrow.parquet as pq

    records = [{**to_record(row), "order": order_of(row, order)} for row in rows]
    pq.write_table(table(records), path, compression="zstd")


def table(records: Sequence[Mapping[str, object]]) -> "pa.Table":
    """Return records of rows, or of rows and more texts, as one table; all have the same keys."""
    import pyarrow as pa

    text, flag = pa.string(), pa.bool_()
    value = [*((name, text) for name in _MENTION), ("spans", pa.list_(pa.list_(pa.int32())))]
    typed: dict[str, object] = {
        "label": flag,
        "confidence": pa.float64(),
        "hard": flag,
        "injection": flag,
        "disguises": pa.list_(text),
        "key_names": pa.list_(text),
        "values": pa.list_(pa.struct(value)),
    }
    names = list(records[0]) if records else ["id"]
    about = {"canary": CANARY, "license": LICENSE, "personal_data": PERSONAL_DATA}
    told = {f"piiforge.{name}": words for name, words in about.items()}
    schema = pa.schema([(name, typed.get(name, text)) for name in names], metadata=told)
    return pa.Table.from_pylist(records, schema=schema)


def facts_of(
    rows: Sequence[Example],
    recipe: Mapping[str, object],
    certificate: Mapping[str, object],
    measured: Mapping[str, object],
) -> dict[str, object]:
    """Return what is true of the set itself: all of the manifest but the files' hashes."""
    counts = Counter(row.split for row in rows)
    return {
        "name": recipe.get("name", ""),
        "piiforge": __version__,
        "prompt": prompt.VERSION,
        "canary": CANARY,
        "license": LICENSE,
        "personal_data": PERSONAL_DATA,
        "seed": recipe.get("seed", 0),
        "recipe": recipe,
        "counts": dict(sorted(counts.items())),
        "certificate": certificate,
        **measured,
    }


def write_manifest(folder: Path, told: Mapping[str, object]) -> None:
    """Write the manifest of `folder`: `told`, the SHA-256 of every file there, and of itself."""
    outputs = {
        path.relative_to(folder).as_posix(): {
            "sha256": files.sha256(path),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != files.MANIFEST
    }
    files.write_json(folder / files.MANIFEST, files.sealed({**told, "outputs": outputs}))


def verify(folder: Path) -> dict[str, object]:
    """Prove a built folder again and return what was proved.

    Every file by its hash; every JSONL row in its form and as strict JSON, in step with
    rows.parquet; the leak certificate afresh.

    Raises:
        AskedWrongly: not a built folder.
        VerifyFailed: names each file and what is off.
    """
    path = folder / files.MANIFEST
    if not path.is_file():
        hint = "Give a folder that `piiforge build` wrote."
        raise AskedWrongly(f"{folder} has no {files.MANIFEST}.", hint)
    manifest = files.read_json(path)
    if problems := broken(folder, manifest):
        raise VerifyFailed(problems)
    rows = read_rows(folder)
    if problems := [
        *_out_of_step(folder, rows, form_of(manifest)),
        *_not_as_told(folder, rows, manifest),
    ]:
        raise VerifyFailed(problems)
    count = len(cast("Mapping[str, object]", manifest["outputs"]))
    return {"folder": str(folder), "files": count, "rows": len(rows), "leaks": 0}


def form_of(manifest: Mapping[str, object]) -> str:
    """Return which of FORMS a set is written in; a manifest that does not say so is of alpaca."""
    recipe = manifest.get("recipe")
    told = recipe.get("format") if isinstance(recipe, Mapping) else None
    return told if isinstance(told, str) and told in FORMS else train.ALPACA


def compare(folder: Path, paths: Sequence[Path]) -> dict[str, checks.contamination.Met]:
    """Say, file by file, where cases meet the training rows of `folder`.

    A case is a line of JSON with a text under `content`; nothing else in it is looked at. Without
    any file the rows, which are held together, are not read.

    Raises:
        AskedWrongly, BadRecord: a file is not there, empty, or a line of it is no case.
    """
    if not paths:
        return {}
    held = checks.contamination.Held.by(row for row in read_rows(folder) if row.split == TRAIN)
    return {str(path): checks.contamination.compare(held, _contents(path)) for path in paths}


def refuse_no_cases(path: Path) -> None:
    """Raise where a file holds no cases, before anything long is begun; errors as `compare`."""
    if not any(True for _ in _contents(path)):
        raise AskedWrongly(f"{path} has no rows.", _CASE)


def _contents(path: Path) -> Iterator[tuple[int, str]]:
    for number, record in files.numbered(path):
        content = record.get("content")
        if not isinstance(content, str):
            raise BadRecord(path, number, "content is not a text.", _CASE)
        yield number, content


def broken(folder: Path, manifest: Mapping[str, object]) -> list[str]:
    """Return one sentence for each file that is not what the manifest says."""
    outputs = manifest.get("outputs")
    if not isinstance(outputs, Mapping):
        return [f"{files.MANIFEST} lists no outputs"]
    found: list[str] = []
    if files.SEAL not in manifest:
        found.append(f"{files.MANIFEST} has no seal: it is an earlier version's, or was changed")
    elif not files.is_sealed(folder / files.MANIFEST):
        found.append(f"{files.MANIFEST} was changed: its seal is not that of what it says")
    for name, entry in outputs.items():
        path = folder / str(name)
        if not path.is_file():
            found.append(f"{name} is missing")
        elif not isinstance(entry, Mapping) or files.sha256(path) != entry.get("sha256"):
            found.append(f"{name} was changed: its SHA-256 is not the manifest's")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    listed = {files.MANIFEST, *BESIDE, *outputs}
    strangers = sorted(name for name in there - listed if not name.startswith(TRAINED))
    return found + [f"{name} is not listed in the manifest" for name in strangers]


def _out_of_step(folder: Path, rows: list[Example], form: str) -> Iterator[str]:
    """Yield where a JSONL file is not what rows.parquet has in its place."""
    for split in SPLITS:
        name = f"{split}.jsonl"
        mine = [row for row in rows if row.split == split]
        records = list(files.read(folder / name))
        if len(records) != len(mine):
            yield f"{name} has {len(records)} rows, rows.parquet {len(mine)}"
            continue
        for number, (record, row) in enumerate(zip(records, mine, strict=True), 1):
            if problem := off(record, row, form):
                yield f"{name}:{number}: {problem}"


def off(record: Mapping[str, object], row: Example, form: str = train.ALPACA) -> str:
    """Say how a row of a JSONL file, written in a form, is not the given one, "" where it is."""
    try:
        question, answer = FORMS[form].texts(record)
    except ValueError as problem:
        return str(problem)
    if not isinstance(question, str) or not isinstance(answer, str):
        return "a field is not a text"
    try:
        verdict = prompt.parse(answer)
    except prompt.UnreadableAnswer as error:
        return f"the output is {error}"
    if verdict != row.verdict or prompt.conceal(row.content) not in question:
        return "not the row that rows.parquet has in its place"
    return ""


def _not_as_told(folder: Path, rows: list[Example], manifest: Mapping[str, object]) -> list[str]:
    """Compare what the manifest tells with what the rows and the dropped rows say."""
    recipe = manifest.get("recipe")
    facts = facts_of(rows, recipe if isinstance(recipe, Mapping) else {}, certify(rows), {})
    reasons = Counter(str(row.get("reason")) for row in files.read(folder / "dropped.jsonl"))
    facts |= {"asked": len(rows) + reasons.total(), "dropped": dict(reasons)}
    clean = cast("Mapping[str, object]", facts["certificate"])["clean"]
    problems = [] if clean else ["something stands in two splits"]
    return problems + [
        f"{files.MANIFEST}: {name} is not what the rows say"
        for name in _PROVED
        if manifest.get(name) != facts[name]
    ]


def is_built(folder: Path, recipe: Recipe) -> bool:
    """Say whether `folder` is whole and was built by this version from `recipe` as it is today.

    The seeds and written lines that the recipe draws on count as part of it.
    """
    if not (folder / files.MANIFEST).is_file():
        return False
    manifest = files.read_json(folder / files.MANIFEST)
    told = (manifest.get("recipe"), manifest.get("inputs"), manifest.get("piiforge"))
    brought = cast("Mapping[str, str]", manifest.get("plugins", {}))
    here = plugins.found().origins
    if any(here.get(name) != origin for name, origin in brought.items()):
        return False
    if told != (recipe.model_dump(mode="json"), inputs_of(recipe), __version__):
        return False
    return not broken(folder, manifest)
