r"""How an answer of the model is read: strict as to its fields, patient as to what is around.

>>> text = '{"lines":[{"event":"xhr","language":"en","cue":"none","noun":"","text":"GET /"}]}'
>>> read(f"Sure!\n```json\n{text}\n```")[0].text
'GET /'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from piiforge.compose.written import EVENTS, LANGUAGES, tidied
from piiforge.types import Cue

NOT_JSON, WRONG_SHAPE = "not_json", "wrong_shape"
_FIELDS = ("event", "language", "cue", "noun", "text")
_CUES = frozenset({Cue.CONFIRM.value, Cue.VETO.value, Cue.NEUTRAL.value, Cue.NONE.value})


class UnreadableLines(ValueError):
    """An answer that holds no lines at all. The message is NOT_JSON or WRONG_SHAPE."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line as the model gave it, its slots tidied. `label` is its own claim, mode full only."""

    event: str
    language: str
    cue: Cue
    noun: str
    text: str
    label: bool | None = None


def read(answer: str) -> list[Delivered | None]:
    """Return the lines of an answer in their order; None stands for one of a wrong shape.

    Raises:
        UnreadableLines: there is no JSON in it, or the JSON is not {"lines": [...]}.
    """
    found = _json_of(answer, "lines")
    return [_delivered(item) for item in found]


def read_verdicts(answer: str) -> dict[int, bool]:
    """Return a judge's verdicts by line number, from 1; what it left out or spoiled is missing.

    Raises:
        UnreadableLines: there is no JSON in it, or the JSON is not {"verdicts": [...]}.
    """
    verdicts: dict[int, bool] = {}
    for item in _json_of(answer, "verdicts"):
        if isinstance(item, dict):
            line, said = item.get("line"), item.get("is_sensitive")
            if isinstance(line, int) and not isinstance(line, bool) and isinstance(said, bool):
                verdicts[line] = said
    return verdicts


def _json_of(answer: str, key: str) -> list[object]:
    start, end = answer.find("{"), answer.rfind("}")
    opened = answer.find("[")
    if 0 <= opened < start:  # a bare list of lines
        start, end = opened, answer.rfind("]")
    try:
        found = json.loads(answer[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        found = None
    if found is None:
        raise UnreadableLines(NOT_JSON)
    inner = found.get(key) if isinstance(found, dict) else found
    if not isinstance(inner, list):
        raise UnreadableLines(WRONG_SHAPE)
    return cast("list[object]", inner)


def _delivered(item: object) -> Delivered | None:
    if not isinstance(item, dict):
        return None
    record = cast("Mapping[str, object]", item)
    texts = {name: record.get(name, "" if name == "noun" else None) for name in _FIELDS}
    label = record.get("label")
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    event, language, cue, noun, text = (str(texts[name]) for name in _FIELDS)
    known = event in EVENTS and language in LANGUAGES and cue in _CUES
    if not known or not text.strip() or not (label is None or isinstance(label, bool)):
        return None
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return None
    return Delivered(event, language, Cue(cue), noun, tidied(text), label)
