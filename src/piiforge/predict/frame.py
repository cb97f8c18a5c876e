"""The words that a model's chat template puts around a question, rendered without the model."""

from pathlib import Path

from piiforge import jsonl
from piiforge.errors import AskedWrongly
from piiforge.predict import local_folder

_MARK = "\ue000"
_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token")


def frame(folder: Path, system: str) -> tuple[str, str]:
    """Return what stands before and behind a user's turn, up to where the answer begins.

    The template runs in a sandbox. `system` "" writes no system turn.

    Raises:
        AskedWrongly: no template, one that fails, or one that changes what the user wrote.
    """
    local_folder.check(folder)
    rendered = _rendered(folder, system, f" {_MARK}\n ")
    before, mark, after = rendered.partition(_MARK)
    if not mark or not before.endswith(" ") or not after.startswith("\n ") or _MARK in after:
        hint = "Ask it through a server that renders it (server:URL#MODEL)."
        raise AskedWrongly(f"The chat template of {folder} changes what the user wrote.", hint)
    return before[:-1], after[2:]


def _rendered(folder: Path, system: str, user: str) -> str:
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refused(message: str) -> str:
        raise TemplateError(message)

    room = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    room.globals["raise_exception"] = refused
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": user})
    try:
        return room.from_string(local_folder.chat_template(folder)).render(
            messages=turns, add_generation_prompt=True, **_specials(folder)
        )
    except TemplateError as error:
        hint = "Take the instruct model of the family."
        raise AskedWrongly(f"The chat template of {folder} fails.", hint) from error


def _specials(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    told = jsonl.read_json(path) if path.is_file() else {}
    found = {name: told.get(name) for name in _TOKENS}
    return {
        name: str(each.get("content", "") if isinstance(each, dict) else each or "")
        for name, each in found.items()
    }
