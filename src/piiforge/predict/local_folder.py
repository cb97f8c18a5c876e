"""Is a folder a model that may be loaded? Decided by its files, before torch is imported.

Weights are read as safetensors only: a pickle runs code when it is opened. Code that a model brings
is never run (`auto_map`). Nothing is fetched: a name on a hub is no folder.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from piiforge.errors import AskedWrongly

SYSTEMS = (
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def check(folder: Path) -> None:
    """Refuse what is no plain, safe chat model.

    Raises:
        AskedWrongly: not there, only an adapter, a GGUF file or pickles, brings code of its own,
            or has no chat template. Says what to do.
    """
    if not folder.is_dir():
        hint = "Give a folder; a model on a hub is downloaded first (`hf download ID --local-dir`)."
        raise AskedWrongly(f"{folder} is not a model folder.", hint)
    if not (folder / "config.json").is_file():
        _refuse_without_config(folder)
    _refuse_code(folder)
    _refuse_weights(folder)
    if not chat_template(folder):
        hint = "Take the instruct model of the family, or put its chat_template.jinja there."
        raise AskedWrongly(f"{folder} has no chat template.", hint)


def chat_template(folder: Path) -> str:
    """Return the folder's chat template, "" where it has none."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _read(folder / name).get("chat_template")
        if isinstance(found, list):  # several named ones; the default is what is used
            named = {each.get("name"): each.get("template") for each in found}
            found = named.get("default")
        if isinstance(found, str) and found:
            return found
    return ""


def system_of(folder: Path) -> str:
    """Return the family's own system text (one of SYSTEMS), "" for an unknown family.

    It is the text that the model's template puts first by itself and that training writes out.
    """
    template = chat_template(folder)
    return next((text for text in SYSTEMS if text in template), "")


def _refuse_without_config(folder: Path) -> None:
    if (folder / "adapter_config.json").is_file():
        hint = "Merge it into its base model first (`llamafactory-cli export`)."
        raise AskedWrongly(f"{folder} holds a LoRA adapter, not a model.", hint)
    if any(folder.glob("*.gguf")):
        hint = "Serve it (llama.cpp, ollama) and ask it as chat:URL#MODEL."
        raise AskedWrongly(f"{folder} holds a GGUF model, which is not read here.", hint)
    raise AskedWrongly(f"{folder} has no config.json.", "Give the folder of a whole model.")


def _refuse_code(folder: Path) -> None:
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        if "auto_map" in _read(folder / name):
            hint = "Code that a model brings is never run; take a model that transformers knows."
            raise AskedWrongly(f"{folder / name} asks for code of its own (auto_map).", hint)


def _refuse_weights(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    if any(path for pattern in _PICKLES for path in folder.glob(pattern)):
        hint = "A pickle can run code when it is read: convert it to safetensors elsewhere."
        raise AskedWrongly(f"{folder} has its weights as pickles only.", hint)
    raise AskedWrongly(f"{folder} has no weights (*.safetensors).", "Was it copied whole?")


def _read(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AskedWrongly(f"{path} is not JSON.", "Was it copied whole?") from error
    if not isinstance(found, dict):
        raise AskedWrongly(f"{path} is not a JSON object.", "Was it copied whole?")
    return cast("Mapping[str, object]", found)
