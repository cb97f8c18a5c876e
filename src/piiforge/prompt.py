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

from piiforge.types import Verdict

VERSION = "1"

INSTRUCTION = (
    "Does the content hold a real value of the category? "
    "Answer in JSON: is_sensitive, confidence_score, explanation."
)

KEYS = ("is_sensitive", "confidence_score", "explanation")
ANSWER_PREFIX = '{"is_sensitive":'
MAX_EXPLANATION_WORDS = 12
ORDERS = ("category_first", "content_first")

# Angle-bracket names that some tokenizer of a chat model holds as one special token.
_NAMES = (
    r"/?(?:s|unk|pad|bos|eos|mask|tool_call|tool_response|think|repo_?name|file_?sep|filename|"
    r"gh_stars|empty_output|issue_(?:start|comment|closed)|"
    r"jupyter_(?:start|text|code|output|script))>"
)
_CONTROL = re.compile(rf"<(\\*)(?=\||{_NAMES})")
_HIDDEN = re.compile(rf"<\\(\\*)(?=\||{_NAMES})")


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


def answer(verdict: Verdict) -> str:
    """Return the strict JSON that a model is to answer, keys in the order of KEYS."""
    return json.dumps(
        {
            "is_sensitive": verdict.is_sensitive,
            "confidence_score": verdict.confidence_score,
            "explanation": verdict.explanation,
        },
        ensure_ascii=False,
        allow_nan=False,
    )


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
