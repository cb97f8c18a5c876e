"""What goes into a run, proved: the rows, the model, and the tokens that both come to.

Files first; nothing is loaded. LLaMA-Factory would train without a word on rows that come twice,
contradict each other or lack a text: `read` finds all that needs no tokenizer. A model is refused
(`look`) where it has pickled weights (loading one runs its code) or brings code of its own.

Then tokens: training, local inference and a server write the same ones for the same row. The
commonest silent fault of such projects is a template that differs by a space: the loss falls, and
the served model is asked something that it was never trained on. Every row is encoded by
LLaMA-Factory itself (none cut, none with a forged control token), a sample also by the model's chat
template and as a server renders it, with the system text and without (`prove_tokens`).
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from piiforge import files, prompt
from piiforge.errors import AskedWrongly, GateFailed, UnknownName
from piiforge.train.environment import Record, Worker
from piiforge.train.settings import Scalar
from piiforge.types import EASY_VARIANTS

FILES = ("train.jsonl", "val.jsonl")
REGISTRY = "dataset_info.json"  # where LLaMA-Factory looks a data set up
EASY = frozenset({"plain", "separators", *EASY_VARIANTS})  # written plainly, and no lookalike
SHOWN = 5  # lines named of each kind of problem
SAMPLE = 1000  # rows whose tokens are compared
_OFF = {
    "forged": "a chat control token in a text",
    "over": "over cutoff_len {cutoff_len}, would be cut",
}
_KEYS = ("instruction", "input", "output")
ALPACA = "alpaca"
# Source: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md ("OpenAI format")
_TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user",
    "assistant_tag": "assistant", "system_tag": "system",
}  # fmt: skip
_AGAIN = "LLaMA-Factory would not have said so. Build the folder again."
_Question = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """A folder that can be trained from: rows by file, the gold verdicts of validation, its limit.

    `cutoff` is the most tokens that its recipe allowed a row, None where no manifest says so.
    `manifest` is the SHA-256 of its manifest, "" where it has none.
    """

    folder: Path
    rows: dict[str, int]
    verdicts: Sequence[bool]
    cutoff: int | None
    manifest: str


@dataclass(frozen=True, slots=True)
class Model:
    """A local model folder, and what its files say. `dtype` is that of its configuration."""

    folder: Path
    chat_template: str
    dtype: str


def registry(splits: Sequence[str], form: str = ALPACA) -> dict[str, object]:
    """Return what LLaMA-Factory is told of a folder that has a file of rows for each split.

    `form` is how they are written: "alpaca", or "messages" with the names that OpenAI gave.
    """
    told: dict[str, object] = {
        "columns": dict(zip(("prompt", "query", "response"), _KEYS, strict=True))
    }
    if form != ALPACA:
        told = {"formatting": "sharegpt", "columns": {"messages": form}, "tags": _TAGS}
    return {f"piiforge_{split}": {"file_name": f"{split}.jsonl", **told} for split in splits}


def read(folder: Path) -> Data:
    """Read what is trained from and judged by, and prove that it says one thing.

    Raises:
        AskedWrongly: a file of the folder is missing, or it is written as chat messages.
        GateFailed: rows without the three texts, answers that are not the strict JSON, rows that
            come twice or contradict each other; names the lines.
    """
    for name in (*FILES, REGISTRY):
        if not (folder / name).is_file():
            hint = "Give a folder that `piiforge build` wrote."
            raise AskedWrongly(f"{folder} has no {name}.", hint)
    if any("formatting" in entry for entry in files.read_json(folder / REGISTRY).values()
           if isinstance(entry, dict)):  # fmt: skip
        hint = "Build it with format=alpaca, or train on it with LLaMA-Factory or TRL itself."
        raise AskedWrongly(f"{folder} is written as chat messages, which are not read here.", hint)
    first: dict[_Question, tuple[str, str]] = {}
    verdicts: dict[str, list[bool]] = {name: [] for name in FILES}
    off: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name in FILES:
        for line, row in files.numbered(folder / name):
            try:
                verdicts[name].append(_verdict(row, name, first))
            except ValueError as problem:
                off[name, str(problem)].append(line)
    refuse(folder, [named(*place, lines) for place, lines in off.items()])
    for name, found in verdicts.items():
        if not found:
            raise AskedWrongly(f"{folder / name} has no rows.", "Build with more rows.")
    manifest = folder / files.MANIFEST
    cutoff = None
    match files.read_json(manifest) if manifest.is_file() else {}:
        case {"recipe": {"limits": {"tokens": int(tokens)}}}:
            cutoff = tokens
    return Data(
        folder.absolute(),
        {name: len(found) for name, found in verdicts.items()},
        tuple(verdicts["val.jsonl"]),
        cutoff,
        files.sha256(manifest) if manifest.is_file() else "",
    )


def _verdict(row: Mapping[str, object], file: str, first: dict[_Question, tuple[str, str]]) -> bool:
    """Return the verdict of a row. `first` has the output and file of each question so far.

    Raises:
        ValueError: what is off.
    """
    texts = [text for key in _KEYS if isinstance(text := row.get(key), str) and text.strip()]
    if len(row) != len(_KEYS) or len(texts) != len(_KEYS):
        raise ValueError("not exactly instruction, input and output, as texts")
    *question, output = texts
    try:
        verdict = prompt.parse(output)
    except prompt.UnreadableAnswer as error:
        raise ValueError(f"the output is {error}") from error
    asked = (question[0], question[1])
    if asked in first:
        before, where = first[asked]
        if before != output:
            raise ValueError("the question of an earlier row with another answer")
        raise ValueError("a row that comes twice" if where == file else f"a row of {where} again")
    first[asked] = (output, file)
    return verdict.is_sensitive


def about(folder: Path) -> dict[str, list[tuple[str, str, bool]]]:
    """Return of each row, by split: its category, the name it shares with its twin, is it easy.

    The last two are known by rows.parquet; a row that is not in it is alone, and not easy.

    Raises:
        AskedWrongly: rows.parquet is no table of rows.
    """
    known: dict[tuple[str, str], tuple[str, bool]] = {}
    path = folder / "rows.parquet"
    if path.is_file():
        import pyarrow.parquet as pq  # takes long to import

        names = ["category", "content", "twin_id", "variant"]
        try:
            rows = pq.read_table(path, columns=names).to_pylist()
            known = {
                (row["category"], prompt.conceal(row["content"])): (
                    row["twin_id"],
                    row["variant"] in EASY,
                )
                for row in rows
            }
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise AskedWrongly(f"{path} is not a table of rows.", "Build it again.") from error
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for name in FILES:
        asked = [prompt.asked(str(row["input"])) for row in files.read(folder / name)]
        found[Path(name).stem] = [(one[0], *known.get(one, ("", False))) for one in asked]
    return found


def named(file: str, what: str, lines: Sequence[int]) -> str:
    """Say what is off with a file and on which lines (from 1): the first, and how many there are.

    >>> named("val.jsonl", "a row that comes twice", [3, 4, 5, 6, 7, 8])
    'val.jsonl: a row that comes twice (lines 3, 4, 5, 6, 7 and 1 more)'
    """
    shown, more = ", ".join(map(str, lines[:SHOWN])), len(lines) - SHOWN
    end = f" and {more} more" if more > 0 else ""
    return f"{file}: {what} (line{'s' * (len(lines) > 1)} {shown}{end})"


def refuse(folder: Path, problems: Sequence[str], hint: str = _AGAIN) -> None:
    """Raise where there are problems.

    Raises:
        GateFailed: names each.
    """
    if problems:
        raise GateFailed(f"{folder} can't be trained on: {'; '.join(problems)}.", hint)


def is_folder(name: str) -> bool:
    """Say whether `name` means a folder; else it is an id on the hub, such as `org/model`."""
    parts = name.split("/")
    return Path(name).exists() or len(parts) != 2 or not all(parts) or name.startswith((".", "~"))


def look(folder: Path) -> Model:
    """Read what the files of a model folder say.

    Raises:
        AskedWrongly: not there, not all of its weights, or else as `prompt.check_model`.
    """
    if not folder.is_dir():
        hint = "Give a folder, or an id such as org/model."
        raise AskedWrongly(f"There is no model at {folder}.", hint)
    prompt.check_model(folder)
    index = folder / "model.safetensors.index.json"
    places = files.read_json(index).get("weight_map") if index.is_file() else None
    wanted = {str(name) for name in places.values()} if isinstance(places, dict) else set()
    if missing := wanted - {path.name for path in folder.glob("*.safetensors")}:
        what = f"{folder} lacks {len(missing)} of its weight files, such as {min(missing)}."
        raise AskedWrongly(what, "Fetch the folder again.")
    config = files.read_json(folder / "config.json")
    dtype = str(config.get("dtype") or config.get("torch_dtype") or "")
    return Model(folder, prompt.chat_template(folder), dtype)


def in_fp32(model: Model, view: Path) -> Path:
    """Return `view`, a folder that loads the same weights as fp32.

    LLaMA-Factory trains and merges in the type that config.json names; there is no setting for it.
    So the view has a configuration of its own, and links for everything else: no weight is copied.
    """
    view.mkdir(parents=True, exist_ok=True)
    for path in sorted(model.folder.iterdir()):
        link = view / path.name
        if path.is_file() and path.name != "config.json" and not link.exists():
            link.symlink_to(os.path.realpath(path))
    config = files.read_json(model.folder / "config.json")
    config.pop("torch_dtype", None)
    files.write_json(view / "config.json", {**config, "dtype": "float32"})
    return view


def prove_tokens(worker: Worker, made: Mapping[str, Scalar], folder: Path) -> Record:
    """Prove that LLaMA-Factory would train on just what is asked later. `made` is a training file.

    Returns "parity", which counts rows compared and tokens (median and most), and "device", the
    GPU's name or "".

    Raises:
        UnknownName: a key of `made` that LLaMA-Factory does not have.
        AskedWrongly: it refuses the settings, or the environment lacks CUDA.
        GateFailed: a row is cut, forged or lost; or the tokens differ, with both texts shown.
    """
    request = {
        "settings": dict(made),
        "files": [str(folder / name) for name in FILES],
        "sample": SAMPLE,
    }
    *_, found = worker.ask("encode", request, "compare tokens")
    if "unknown" in found:
        known = cast("Sequence[str]", found["known"])
        raise UnknownName("setting of LLaMA-Factory", str(found["unknown"]), known)
    if "refused" in found:
        problem = f"LLaMA-Factory refuses the settings: {found['refused']}"
        raise AskedWrongly(problem, "Change them.")
    if "no_cuda" in found:
        raise AskedWrongly(
            f"The environment at {worker.environment.folder} sees no CUDA device.",
            "Make one with `piiforge train --setup --cuda`, or train with profile=cpu.",
        )
    most = cast("Mapping[str, int]", found["parity"])["most_tokens"]
    longest = f"With this model's tokenizer the longest row has {most} tokens"
    refuse(folder, problems(found, made, "forged"))
    refuse(folder, problems(found, made, "over"), f"{longest}: cutoff={most} holds it.")
    refuse_difference(found, made)
    return found


def problems(found: Record, made: Mapping[str, Scalar], kind: str) -> list[str]:
    """Name the rows that are off in one way, "over" or "forged", from the worker's reply."""
    lines_of = cast("Mapping[str, Sequence[int]]", found[kind])
    what = _OFF[kind].format(**made)
    return [named(Path(file).name, what, lines) for file, lines in lines_of.items() if lines]


def refuse_difference(found: Record, made: Mapping[str, Scalar]) -> None:
    """Raise where rows were lost, tokens added, or the token ids of a row differ.

    Raises:
        GateFailed: that; shows both texts of the first difference.
    """
    if found["lost"] or found["grew"]:
        lost = f"drops {found['lost']} rows"
        what = lost if found["lost"] else "adds tokens that the model does not have"
        hint = "Choose another with template=NAME."
        raise GateFailed(f"Template {made['template']} {what}.", hint)
    first = found["difference"]
    if isinstance(first, Mapping):
        compared = cast("Mapping[str, int]", found["parity"])["compared"]
        raise GateFailed(
            f"Token ids differ in {found['differ']} of {compared} rows. First: "
            f"{Path(first['file']).name}:{first['line']}, {first['what']}, "
            f"token {first['token']}. {first['left']}: {shown(first['left_text'])}. "
            f"{first['right']}: {shown(first['right_text'])}.",
            "Set template=NAME and system=TEXT to what the model's chat template writes.",
        )


def shown(text: str) -> str:
    r"""Write a text in one line, its control characters escaped.

    >>> shown("user\nWhat?")
    '"user\\nWhat?"'
    """
    return '"' + repr(text)[1:-1].replace('"', '\\"') + '"'
