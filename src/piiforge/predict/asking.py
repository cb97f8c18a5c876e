"""The one way a model is asked and its answer read, for remote and local models alike."""

import json
import re
from collections.abc import Mapping

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict.records import Settings
from piiforge.predict.shots import choose
from piiforge.types import Case, Prediction, Verdict

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
