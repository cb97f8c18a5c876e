"""The model to be tuned, as a folder: is it one that can be trained, merged and served safely?

Looked at as files only; nothing is loaded. Refused are pickled weights (loading one runs its code)
and models that bring code of their own (`auto_map`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from piiforge import jsonl
from piiforge.errors import AskedWrongly

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
    config = jsonl.read_json(folder / "config.json")
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
    config = jsonl.read_json(model.folder / "config.json")
    config.pop("torch_dtype", None)
    jsonl.write_json(view / "config.json", {**config, "dtype": "float32"})
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
    return jsonl.read_json(path) if path.is_file() else {}
