"""What LLaMA-Factory would train on without a word, and should not: looked for before training.

Here is all that needs no tokenizer: keys, answers, rows that come twice or contradict each other.
Rows that are too long or hold control tokens are found by `parity`, with the model's tokenizer.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from piiforge import files, prompt
from piiforge.errors import AskedWrongly, GateFailed

# The folder of a run: what lies where.


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder. `model` is the result; it appears only when all else has passed."""

    folder: Path

    @property
    def training(self) -> Path:
        """The file that LLaMA-Factory trains by."""
        return self.folder / "train.yaml"

    @property
    def merging(self) -> Path:
        """The file that LLaMA-Factory merges by."""
        return self.folder / "merge.yaml"

    @property
    def checkpoints(self) -> Path:
        """LLaMA-Factory's own output: adapters, optimiser, its log of steps."""
        return self.folder / "checkpoints"

    @property
    def fp32(self) -> Path:
        """The model to be tuned, seen as fp32; links, no copy."""
        return self.folder / "base"

    @property
    def model(self) -> Path:
        """The merged model."""
        return self.folder / "model"

    @property
    def draft(self) -> Path:
        """The merged model before it has passed."""
        return self.folder / ".model.part"

    @property
    def margins(self) -> Path:
        """What each checkpoint said of each row of validation, a line a checkpoint."""
        return self.folder / "margins.jsonl"

    @property
    def record(self) -> Path:
        """What was done and what came out."""
        return self.folder / "run.json"

    @property
    def log(self) -> Path:
        """What LLaMA-Factory and the workers printed."""
        return self.folder / "llamafactory.log"

    @property
    def cache(self) -> Path:
        """Where the data sets library keeps its copies; removed at the end."""
        return self.folder / ".cache"


FILES = ("train.jsonl", "val.jsonl")
KEYS = frozenset({"instruction", "input", "output"})
_AGAIN = "LLaMA-Factory would not have said so. Build the folder again."
SHOWN = 5  # lines named of each kind of problem


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is off, and the lines (from 1) of the file that it is off in."""

    file: str
    what: str
    lines: Sequence[int]

    def __str__(self) -> str:
        """Name the first lines and how many there are."""
        named = ", ".join(map(str, self.lines[:SHOWN]))
        more = len(self.lines) - SHOWN
        end = f" and {more} more" if more > 0 else ""
        return f"{self.file}: {self.what} (line{'s' * (len(self.lines) > 1)} {named}{end})"


@dataclass(frozen=True, slots=True)
class Data:
    """A folder that can be trained from: rows by file, the gold verdicts of validation, its limit.

    `manifest` is the SHA-256 of its manifest, "" where it has none.
    """

    folder: Path
    rows: dict[str, int]
    verdicts: Sequence[bool]
    cutoff: int | None
    manifest: str


@dataclass(slots=True)
class _Seen:
    """What was read so far: each question with its first output, file and line; and the faults."""

    outputs: dict[tuple[str, str], tuple[str, str, int]] = field(default_factory=dict)
    found: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def note(self, file: str, what: str, line: int) -> None:
        self.found.setdefault((file, what), []).append(line)


def read(folder: Path) -> Data:
    """Read what is trained from and judged by, and prove that it says one thing.

    Raises:
        AskedWrongly: a file of the folder is missing.
        GateFailed: rows without the three texts, answers that are not the strict JSON, rows that
            come twice or contradict each other; names the lines.
    """
    for name in (*FILES, "dataset_info.json"):
        if not (folder / name).is_file():
            raise AskedWrongly(
                f"{folder} has no {name}.", "Give a folder that `piiforge build` wrote."
            )
    seen = _Seen()
    verdicts: dict[str, list[bool]] = {name: list(_verdicts(folder / name, seen)) for name in FILES}
    for name in FILES:
        if not verdicts[name] and not seen.found:
            raise AskedWrongly(f"{folder / name} has no rows.", "Build with more rows.")
    refuse(folder, [Problem(*place, lines) for place, lines in seen.found.items()])
    manifest = folder / files.MANIFEST
    return Data(
        folder.absolute(),
        {name: len(found) for name, found in verdicts.items()},
        tuple(verdicts["val.jsonl"]),
        _limit(manifest),
        files.sha256(manifest) if manifest.is_file() else "",
    )


def refuse(folder: Path, problems: Sequence[Problem], hint: str = _AGAIN) -> None:
    """Raise where there are problems.

    Raises:
        GateFailed: names each.
    """
    if problems:
        raise GateFailed(f"{folder} can't be trained on: {'; '.join(map(str, problems))}.", hint)


def _verdicts(path: Path, seen: _Seen) -> Iterator[bool]:
    """Yield the verdict of each good row and note what is off in the others."""
    for line, row in enumerate(files.read(path), 1):
        texts = [row.get(key) for key in ("instruction", "input", "output")]
        if set(row) != KEYS or not all(isinstance(text, str) and text.strip() for text in texts):
            seen.note(path.name, "not exactly instruction, input and output, as texts", line)
            continue
        asked, output = (str(texts[0]), str(texts[1])), str(texts[2])
        try:
            verdict = prompt.parse(output)
        except prompt.UnreadableAnswer as error:
            seen.note(path.name, f"the output is {error}", line)
            continue
        first = seen.outputs.setdefault(asked, (output, path.name, line))
        if first != (output, path.name, line):
            seen.note(path.name, _repeated(first, output, path.name), line)
        yield verdict.is_sensitive


def _repeated(first: tuple[str, str, int], output: str, file: str) -> str:
    if first[0] != output:
        return "the question of an earlier row with another answer"
    return "a row that comes twice" if first[1] == file else f"a row of {first[1]} again"


def _limit(manifest: Path) -> int | None:
    """Return the most tokens that the recipe allowed a row, None where no manifest says so."""
    told = files.read_json(manifest) if manifest.is_file() else {}
    recipe = told.get("recipe")
    limits = recipe.get("limits") if isinstance(recipe, dict) else None
    tokens = limits.get("tokens") if isinstance(limits, dict) else None
    return tokens if isinstance(tokens, int) else None


# The model to be tuned, as a folder: is it one that can be trained, merged and served safely?
#
# Looked at as files only; nothing is loaded. Refused are pickled weights (loading one runs its
# code) and models that bring code of their own (`auto_map`).


_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_SAVE_AGAIN = "Save it again with `save_pretrained`, or take another one."


@dataclass(frozen=True, slots=True)
class Model:
    """A local model folder, and what its files say. `dtype` is that of its configuration."""

    folder: Path
    chat_template: str
    dtype: str


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
        raise AskedWrongly(
            f"There is no model at {folder}.", "Give a folder, or an id such as org/model."
        )
    if not (folder / "config.json").is_file():
        kind = "a LoRA adapter" if (folder / "adapter_config.json").is_file() else "no model"
        raise AskedWrongly(f"{folder} has no config.json; it is {kind}.", "Give a whole model.")
    config = files.read_json(folder / "config.json")
    tokenizer = _read_if_there(folder / "tokenizer_config.json")
    _refuse_code(folder, {"config.json": config, "tokenizer_config.json": tokenizer})
    _refuse_weights(folder)
    template = _chat_template(folder, tokenizer)
    if not template:
        raise AskedWrongly(
            f"{folder} has no chat template.",
            "Take the Instruct version of the model: a base model has none.",
        )
    return Model(folder, template, str(config.get("dtype") or config.get("torch_dtype") or ""))


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


def _refuse_code(folder: Path, files: Mapping[str, Mapping[str, object]]) -> None:
    for name, content in files.items():
        if "auto_map" in content:
            raise AskedWrongly(
                f"{folder} wants to run code of its own (auto_map in {name}).",
                "piiforge runs no code of a model; take one that transformers knows by itself.",
            )


def _refuse_weights(folder: Path) -> None:
    found = {path.name for path in folder.glob("*.safetensors")} - {"adapter_model.safetensors"}
    if not found:
        pickled = any(any(folder.glob(pattern)) for pattern in _PICKLES)
        what = "pickled weights only, and loading those runs code" if pickled else "no weights"
        raise AskedWrongly(f"{folder} has {what}; safetensors are needed.", _SAVE_AGAIN)
    index = _read_if_there(folder / "model.safetensors.index.json")
    places = index.get("weight_map")
    missing = {str(name) for name in places.values()} - found if isinstance(places, dict) else set()
    if missing:
        raise AskedWrongly(
            f"{folder} lacks {len(missing)} of its weight files, such as {min(missing)}.",
            "Fetch the folder again.",
        )


def _chat_template(folder: Path, tokenizer: Mapping[str, object]) -> str:
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    held = tokenizer.get("chat_template") or _read_if_there(folder / "chat_template.json").get(
        "chat_template"
    )
    if isinstance(held, list):  # several by name
        named = {entry.get("name"): entry.get("template") for entry in held}
        held = named.get("default")
    return held if isinstance(held, str) else ""


def _read_if_there(path: Path) -> Mapping[str, object]:
    return files.read_json(path) if path.is_file() else {}
