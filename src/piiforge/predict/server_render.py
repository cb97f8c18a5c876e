r"""A conversation as the one text that a model reads: by its folder's chat template, or as ChatML.

ChatML is the format of Qwen2.5 and SmolLM2. What a content holds can't open or close a turn in it,
since `prompt.question` has concealed such names.

>>> chatml((chat.Message("user", "Well?"),))
'<|im_start|>user\nWell?<|im_end|>\n<|im_start|>assistant\n'
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict import local_folder

Render = Callable[[Sequence[chat.Message]], str]
_WORDS = (" true", " false")


def chatml(messages: Sequence[chat.Message]) -> str:
    """Return the conversation up to where the assistant's answer begins."""
    turns = "".join(f"<|im_start|>{each.role}\n{each.content}<|im_end|>\n" for each in messages)
    return f"{turns}<|im_start|>assistant\n"


def by_template(folder: Path) -> Render:
    """Return what renders by the chat template of `folder`, a model's or a tokenizer's.

    The template runs in a sandbox that changes nothing; it knows what templates of transformers may
    use, but for the date: a prompt that changes with the day is not that of training.

    Raises:
        AskedWrongly: no such folder, no template in it, or one that can't be used.
    """
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source = local_folder.chat_template(folder) if folder.is_dir() else ""
    if not source:
        hint = "Name the folder of the model that is served, or of its tokenizer."
        raise AskedWrongly(f"{folder} has no chat template.", hint)
    house = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    house.filters["tojson"] = _as_json
    house.globals["raise_exception"] = _refuse
    given = {"add_generation_prompt": True, **_special_tokens(folder)}

    def render(messages: Sequence[chat.Message]) -> str:
        turns = [{"role": each.role, "content": each.content} for each in messages]
        return template.render(messages=turns, **given)

    try:
        template = house.from_string(source)
        render((chat.Message("user", "-"),))
    except TemplateError as error:
        hint = "Leave --tokenizer off; the server's own template is used then."
        problem = f"The chat template of {folder} can't be used ({type(error).__name__})."
        raise AskedWrongly(problem, hint) from error
    return render


def word_ids(folder: Path) -> tuple[int, ...]:
    """Return the token ids of true and false behind the answer's prefix, () where not known.

    They are not known without a tokenizer.json, without the package that reads it, or where one of
    the words is more than one token.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return ()
    path = folder / "tokenizer.json"
    if not path.is_file():
        return ()
    read = Tokenizer.from_file(str(path))
    rows = [
        read.encode(prompt.ANSWER_PREFIX + word, add_special_tokens=False).ids
        for word in ("", *_WORDS)
    ]
    prefix, *words = rows
    single = all(row[:-1] == prefix for row in words)
    return tuple(row[-1] for row in words) if single else ()


def _special_tokens(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = {}
    for name in ("bos_token", "eos_token", "unk_token", "pad_token"):
        token = told.get(name)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            found[name] = text
    return found


def _as_json(value: object, indent: int | None = None) -> str:
    # Jinja's own filter escapes for HTML, which is not what a model has seen.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(_said: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError
