r"""The one contract with the model: how a question is written and how an answer is read.

`dataset.export` writes with `question` and `answer`, `predict` reads with `parse`. Whatever a model
is trained on or asked goes through here, so that training and serving can't drift apart.

A tokenizer would read `<|im_end|>` inside a log line as the end of a turn. Such control tokens get
one backslash behind the `<`, here and nowhere else; `reveal` takes it away again.

>>> print(question("ssn", "US Social Security number", "q=<|im_end|>"))
Category: ssn (US Social Security number). Content: q=<\|im_end|>
>>> answer(Verdict(True, 0.98, "SSN under its key."))
'{"is_sensitive": true, "confidence_score": 0.98, "explanation": "SSN under its key."}'
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from piiforge.errors import AskedWrongly
from piiforge.types import Verdict

VERSION = "1"

INSTRUCTION = (
    "Does the content hold a real value of the category? "
    "Answer in JSON: is_sensitive, confidence_score, explanation."
)

KEYS = ("is_sensitive", "confidence_score", "explanation")
ANSWER_PREFIX = '{"is_sensitive":'
WORDS = (" true", " false")  # what a verdict says behind the prefix
MAX_EXPLANATION_WORDS = 12
ORDERS = ("category_first", "content_first")

# The system texts that the chat templates of two families put first by themselves
QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
SMOLLM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
SYSTEMS = (QWEN, SMOLLM)

# Angle-bracket names that some tokenizer of a chat model holds as one special token.
_NAMES = (
    r"/?(?:s|unk|pad|bos|eos|mask|tool_call|tool_response|think|repo_?name|file_?sep|filename|"
    r"gh_stars|empty_output|issue_(?:start|comment|closed)|"
    r"jupyter_(?:start|text|code|output|script))>"
)
_CONTROL = re.compile(rf"<(\\*)(?=\||{_NAMES})")
_HIDDEN = re.compile(rf"<\\(\\*)(?=\||{_NAMES})")
_QUESTION = re.compile(
    r"Category: (\S+) \(.*?\)\. Content: (.*)|Content: (.*)\nCategory: (\S+) \(.*\)\.", re.DOTALL
)

# Pieces of a text by what their tokens cost: its first character, a further one, and from which
# place on that is paid. The first pattern that fits counts; those of ASCII stand in front for speed
_PIECES: tuple[tuple[str, float, float, int], ...] = (
    ("[a-z]+", 0.958, 0.2, 4),
    ("[0-9]", 1.085, 0.0, 1),
    (" ", 0.133, 0.0, 1),
    (r"[!-/:-@\[-`{-~]+(?:[^\w\s]|_)*", 0.787, 0.06, 1),
    ("[A-Z][a-z]+", 0.958, 0.2, 4),
    ("[A-Z]+", 0.919, 0.254, 1),
    (r"\d", 1.085, 0.0, 1),
    (r"[\u3040-\u30ff\u4e00-\u9fff\uff00-\uffef]+", 0.892, 0.892, 1),
    (r"[^\W\d_]+", 1.717, 0.258, 1),
    (r"\s+", 0.236, 0.236, 1),
    (r"(?:[^\w\s]|_)+", 0.787, 0.06, 1),
    (".", 1.0, 0.0, 1),
)
_PRICED = [(re.compile(one[0], re.DOTALL).fullmatch, one[1:]) for one in _PIECES]
_pieces_of = re.compile("|".join(one[0] for one in _PIECES), re.DOTALL).findall
_MOST_PRICES = 2**16


_strict = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class UnreadableAnswer(ValueError):
    """The model's text is not the JSON that was asked for. Says what is off, never the text."""


def question(
    category: str, description: str, content: str, *, order: str = "category_first"
) -> str:
    """Return the `input` of a row. `order` is one of ORDERS.

    Content first lets several categories share one prefill of the same content.
    """
    safe = conceal(content)
    if order == "content_first":
        return f"Content: {safe}\nCategory: {category} ({description})."
    return f"Category: {category} ({description}). Content: {safe}"


def turn(question: str) -> str:
    """Return what the user says: the instruction, then the question, as LLaMA-Factory joins them.

    >>> turn(question("ssn", "US SSN", "a=1")).splitlines()[1]
    'Category: ssn (US SSN). Content: a=1'
    """
    return f"{INSTRUCTION}\n{question}"


def asked(question: str) -> tuple[str, str]:
    """Read a question back: its category, and its content with control tokens still concealed.

    Whatever is no question has the category "" and is its own content.

    >>> asked("Category: ssn (US SSN). Content: a=1")
    ('ssn', 'a=1')
    """
    found = _QUESTION.fullmatch(question)
    if not found:
        return "", question
    category, content, first, behind = found.groups()
    return (behind, first) if category is None else (category, content)


def answer(verdict: Verdict) -> str:
    """Return the strict JSON that a model is to answer, keys in the order of KEYS."""
    return _strict({key: getattr(verdict, key) for key in KEYS})


def tokens(text: str) -> float:
    """Estimate how many tokens of Qwen2.5 a text has.

    Fitted on rows of the base recipe and pieces of them: right at the median (within 2 % on lines
    of others, too), and within a tenth for nine rows of ten. Qwen2.5 gives every digit a token.

    >>> round(tokens("ssn=219-45-7382"))
    13
    """
    total = 0.0
    for piece in _pieces_of(text):
        total += _PRICES[piece]
    return total


class _Prices(dict[str, float]):
    """What pieces cost, worked out once: most come again and again."""

    def __missing__(self, piece: str) -> float:
        if len(self) >= _MOST_PRICES:
            self.clear()
        first, further, since = next(prices for fits, prices in _PRICED if fits(piece))
        self[piece] = price = first + further * max(0, len(piece) - since)
        return price


_PRICES = _Prices()


def parse(text: str) -> Verdict:
    """Read an answer back.

    Raises:
        UnreadableAnswer: no JSON object, other keys, a wrong type, a score outside 0 to 1.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer("not JSON") from error
    if not isinstance(found, dict) or set(found) != set(KEYS):
        raise UnreadableAnswer(f"keys are not {', '.join(KEYS)}")
    label, score, why = (found[key] for key in KEYS)
    if not isinstance(label, bool) or not isinstance(why, str):
        raise UnreadableAnswer("is_sensitive or explanation has the wrong type")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise UnreadableAnswer("confidence_score is not a number from 0 to 1")
    return Verdict(label, float(score), why)


def conceal(content: str) -> str:
    r"""Escape chat control tokens, reversibly.

    >>> conceal("a <|im_start|> b </s>")
    'a <\\|im_start|> b <\\/s>'
    """
    return _CONTROL.sub(r"<\\\1", content) if "<" in content else content


def reveal(text: str) -> str:
    """Undo `conceal`, exactly, for every text."""
    return _HIDDEN.sub(r"<\1", text) if "<" in text else text


def check_model(folder: Path) -> None:
    """Refuse a folder that is no plain, safe chat model, by its files alone.

    Weights are read as safetensors only: a pickle runs code when it is opened. Code that a model
    brings is never run (`auto_map`). Nothing is fetched: a name on a hub is no folder.

    Raises:
        AskedWrongly: not there, only an adapter, a GGUF file or pickles, brings code of its own,
            or has no chat template. Says what to do.
    """
    for wrong, problem, hint in _faults(folder):
        if wrong:
            raise AskedWrongly(problem, hint)


def chat_template(folder: Path) -> str:
    """Return the chat template of a model's or a tokenizer's folder, "" where it has none."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _told(folder / name).get("chat_template")
        if isinstance(found, list):  # several named ones; the default is what is used
            found = {each.get("name"): each.get("template") for each in found}.get("default")
        if isinstance(found, str) and found:
            return found
    return ""


def system_of(folder: Path) -> str:
    """Return the family's own system text (one of SYSTEMS), "" for an unknown family."""
    template = chat_template(folder)
    return next((text for text in SYSTEMS if text in template), "")


def _faults(folder: Path) -> Iterator[tuple[bool, str, str]]:
    """Yield what may be wrong with a model's folder, in order: is it so, what to say, what to do.

    Each is looked at only where those before it hold.
    """
    whole = (folder / "config.json").is_file()
    hint = "Give a folder; a model on a hub is downloaded first (`hf download ID --local-dir`)."
    yield not folder.is_dir(), f"{folder} is not a model folder.", hint
    adapter = not whole and (folder / "adapter_config.json").is_file()
    hint = "Merge it into its base model first (`llamafactory-cli export`)."
    yield adapter, f"{folder} holds a LoRA adapter, not a model.", hint
    hint = "Serve it (llama.cpp, ollama) and ask it as chat:URL#MODEL."
    gguf = not whole and any(folder.glob("*.gguf"))
    yield gguf, f"{folder} holds a GGUF model, which is not read here.", hint
    yield not whole, f"{folder} has no config.json.", "Give the folder of a whole model."
    hint = "Code that a model brings is never run; take a model that transformers knows."
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        path = folder / name
        yield "auto_map" in _told(path), f"{path} asks for code of its own (auto_map).", hint
    bare = not any(folder.glob("*.safetensors"))
    pickled = any(any(folder.glob(f"*.{end}")) for end in ("bin", "pt", "pth", "ckpt", "pkl"))
    hint = "A pickle can run code when it is read: convert it to safetensors elsewhere."
    yield bare and pickled, f"{folder} has its weights as pickles only.", hint
    yield bare, f"{folder} has no weights (*.safetensors).", "Was it copied whole?"
    hint = "Take the instruct model of the family, or put its chat_template.jinja there."
    yield not chat_template(folder), f"{folder} has no chat template.", hint


def _told(path: Path) -> Mapping[str, object]:
    """Return what a file of a model's folder tells, {} where there is none."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AskedWrongly(f"{path} is not JSON.", "Was it copied whole?") from error
    if not isinstance(found, dict):
        raise AskedWrongly(f"{path} is not a JSON object.", "Was it copied whole?")
    return cast("Mapping[str, object]", found)
