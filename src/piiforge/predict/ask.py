"""The one way a model is asked and its answer read, for remote and local models alike."""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict.records import Settings, Shot
from piiforge.types import Case, Prediction, Verdict

# Which examples are shown to a model that was not tuned.


_LONGEST = 600  # characters: one long line would push the question out of a small model's sight


def choose(pool: Sequence[Shot], case: Case, count: int) -> tuple[Shot, ...]:
    """Return `count` examples for `case`, as many positives as negatives, its own category first.

    Where the category has too few, others fill up. The same case gets the same examples in the
    same order; the labels alternate in an order that the case's id decides, so that the last
    label shown tells nothing. Never the case's own content.
    """
    fitting = [shot for shot in pool if shot.content != case.content]
    fitting = [shot for shot in fitting if len(shot.content) <= _LONGEST] or fitting
    first = bool(_number(case.id, "order") % 2)
    sides = {label: _side(fitting, case, label) for label in (True, False)}
    chosen: list[Shot] = []
    while len(chosen) < count and any(sides.values()):
        label = first if len(chosen) % 2 == 0 else not first
        side = sides[label] or sides[not label]
        chosen.append(side.pop(0))
    return tuple(chosen)


def _side(pool: Sequence[Shot], case: Case, label: bool) -> list[Shot]:
    return sorted(
        (shot for shot in pool if shot.verdict.is_sensitive is label),
        key=lambda shot: (
            shot.category != case.category,
            _number(case.category, shot.category, shot.content),
        ),
    )


def _number(*words: str) -> int:
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "is_sensitive": {"type": "boolean"},
        "confidence_score": {"type": "number", "minimum": 0, "maximum": 1},
        "explanation": {"type": "string"},
    },
    "required": list(prompt.KEYS),
    "additionalProperties": False,
}
_OBJECT = re.compile(r"\{[^{}]*\}")


def messages(case: Case, settings: Settings, system: str) -> tuple[chat.Message, ...]:
    """Return the conversation that ends with the question about `case`.

    Each turn of the user is the instruction, a line break and the question, as in training.
    """
    turns = [chat.Message("system", system)] if system else []
    for shot in choose(settings.pool, case, settings.shots) if settings.shots else ():
        turns.append(chat.Message("user", _question(shot.category, shot.content, settings)))
        turns.append(chat.Message("assistant", prompt.answer(shot.verdict)))
    turns.append(chat.Message("user", _question(case.category, case.content, settings)))
    return tuple(turns)


def read(case_id: str, raw: str, *, lenient: bool) -> Prediction:
    """Return the prediction that `raw` makes; is_sensitive is None where it can't be read.

    `p_sensitive` comes from the confidence that the model wrote, at least 0.5 for its own verdict;
    it is not calibrated.
    """
    try:
        verdict = prompt.parse(raw)
    except prompt.UnreadableAnswer:
        found = _inside(raw) if lenient else None
        if found is None:
            return Prediction(case_id, None, raw=raw)
        verdict = found
    sure = max(verdict.confidence_score, 0.5)
    return Prediction(
        case_id,
        verdict.is_sensitive,
        p_sensitive=sure if verdict.is_sensitive else 1 - sure,
        confidence_score=verdict.confidence_score,
        explanation=verdict.explanation,
        raw=raw,
    )


def _question(category: str, content: str, settings: Settings) -> str:
    description = settings.descriptions.get(category)
    if description is None:
        hint = "Give its words in Settings.descriptions."
        raise AskedWrongly(f"The category {category!r} has no description.", hint)
    question = prompt.question(category, description, content, order=settings.order)
    return f"{prompt.INSTRUCTION}\n{question}"


def _inside(raw: str) -> Verdict | None:
    """Return the first flat JSON object in `raw` that says true or false, else None."""
    for found in _OBJECT.finditer(raw):
        try:
            answer = json.loads(found[0])
        except ValueError:
            continue
        label = answer.get("is_sensitive")
        if isinstance(label, bool):
            score, why = answer.get("confidence_score"), answer.get("explanation")
            usable = isinstance(score, int | float) and not isinstance(score, bool)
            sure = min(max(float(score), 0.0), 1.0) if usable else 0.5
            return Verdict(label, sure, why if isinstance(why, str) else "")
    return None
