"""What goes into a run, looked at as files alone: the data folder and the model; nothing is loaded.

LLaMA-Factory would train without a word on rows that come twice, contradict each other or lack a
text: `read` finds all that needs no tokenizer. Rows that are too long or hold control tokens are
found by `judge.prove_tokens`. A model is refused (`look`) where it has pickled weights (loading one
runs its code) or brings code of its own (`auto_map`).
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from piiforge import files, prompt
from piiforge.errors import AskedWrongly, GateFailed

FILES = ("train.jsonl", "val.jsonl")
SHOWN = 5  # lines named of each kind of problem
_KEYS = ("instruction", "input", "output")
_AGAIN = "LLaMA-Factory would not have said so. Build the folder again."
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
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


def read(folder: Path) -> Data:
    """Read what is trained from and judged by, and prove that it says one thing.

    Raises:
        AskedWrongly: a file of the folder is missing.
        GateFailed: rows without the three texts, answers that are not the strict JSON, rows that
            come twice or contradict each other; names the lines.
    """
    for name in (*FILES, "dataset_info.json"):
        if not (folder / name).is_file():
            hint = "Give a folder that `piiforge build` wrote."
            raise AskedWrongly(f"{folder} has no {name}.", hint)
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
    match _read_if_there(manifest):
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
        AskedWrongly: not there, no configuration, no chat template, no safetensors weights, or
            code of its own; says which.
    """
    if not folder.is_dir():
        hint = "Give a folder, or an id such as org/model."
        raise AskedWrongly(f"There is no model at {folder}.", hint)
    if not (folder / "config.json").is_file():
        kind = "a LoRA adapter" if (folder / "adapter_config.json").is_file() else "no model"
        raise AskedWrongly(f"{folder} has no config.json; it is {kind}.", "Give a whole model.")
    config = files.read_json(folder / "config.json")
    tokenizer = _read_if_there(folder / "tokenizer_config.json")
    for name, told in (("config.json", config), ("tokenizer_config.json", tokenizer)):
        if "auto_map" in told:
            raise AskedWrongly(
                f"{folder} wants to run code of its own (auto_map in {name}).",
                "piiforge runs no code of a model; take one that transformers knows by itself.",
            )
    _refuse_weights(folder)
    template = _chat_template(folder, tokenizer)
    if not template:
        hint = "Take the Instruct version of the model: a base model has none."
        raise AskedWrongly(f"{folder} has no chat template.", hint)
    return Model(folder, template, str(config.get("dtype") or config.get("torch_dtype") or ""))


def _refuse_weights(folder: Path) -> None:
    found = {path.name for path in folder.glob("*.safetensors")} - {"adapter_model.safetensors"}
    if not found:
        pickled = any(any(folder.glob(pattern)) for pattern in _PICKLES)
        what = "pickled weights only, and loading those runs code" if pickled else "no weights"
        hint = "Save it again with `save_pretrained`, or take another one."
        raise AskedWrongly(f"{folder} has {what}; safetensors are needed.", hint)
    places = _read_if_there(folder / "model.safetensors.index.json").get("weight_map")
    missing = {str(name) for name in places.values()} - found if isinstance(places, dict) else set()
    if missing:
        what = f"{folder} lacks {len(missing)} of its weight files, such as {min(missing)}."
        raise AskedWrongly(what, "Fetch the folder again.")


def _chat_template(folder: Path, tokenizer: Mapping[str, object]) -> str:
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    beside = _read_if_there(folder / "chat_template.json").get("chat_template")
    held = tokenizer.get("chat_template") or beside
    if isinstance(held, list):  # several by name
        held = {each.get("name"): each.get("template") for each in held}.get("default")
    return held if isinstance(held, str) else ""


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


def _read_if_there(path: Path) -> Mapping[str, object]:
    return files.read_json(path) if path.is_file() else {}
