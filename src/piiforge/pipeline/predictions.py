"""Predictions as files: read strictly, whoever wrote them.

A line has `id` and `is_sensitive` (true, false, or null where the answer did not parse) and may
have `p_sensitive`, `confidence_score`, `explanation`, `raw` and `latency_ms`. Nothing is guessed: a
verdict under another name, or as 0 and 1, is refused by name. Other keys are ignored, unless one
looks like a known key misspelled.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from piiforge import jsonl
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.types import Prediction

KEYS = tuple(field.name for field in fields(Prediction))
VERDICT = "is_sensitive"
OTHER_VERDICTS = ("label", "prediction", "predicted", "pred", "sensitive", "verdict", "answer")
_TOP: Mapping[str, float] = {
    "p_sensitive": 1.0,
    "confidence_score": 1.0,
    "latency_ms": float("inf"),
}
_NEAR = 0.8
_MEND = "Mend it or leave it off."
_HINT = 'A line is {"id": "...", "is_sensitive": true}; null where an answer did not parse.'


def read_predictions(path: Path) -> list[Prediction]:
    """Read what a system said.

    Raises:
        AskedWrongly: the file is not there or empty.
        BadRecord: a line is no prediction, or its id came before; names the line and the key.
    """
    lines: dict[str, int] = {}
    found: list[Prediction] = []
    for number, record in enumerate(jsonl.read(path), 1):
        one = _prediction(record, path, number)
        if one.id in lines:
            problem = f"the id {one.id[:80]!r} is that of line {lines[one.id]}."
            raise BadRecord(path, number, problem, "Every id is predicted once.")
        lines[one.id] = number
        found.append(one)
    if not found:
        raise AskedWrongly(f"{path} holds no prediction.", _HINT)
    return found


def record_of(prediction: Prediction) -> dict[str, object]:
    """Return a prediction as `read_predictions` takes it."""
    return asdict(prediction)


def _prediction(record: Mapping[str, object], path: Path, number: int) -> Prediction:
    for key in record:
        close = get_close_matches(key, KEYS, n=1, cutoff=_NEAR) if key not in KEYS else []
        if close and close[0] not in record:
            raise BadRecord(
                path, number, f"no key is named {key!r}.", f"Did you mean {close[0]!r}?"
            )
    name = record.get("id")
    if not isinstance(name, str) or not name:
        raise BadRecord(path, number, "id is not a text.", _HINT)
    return Prediction(
        id=name,
        is_sensitive=_verdict(record, path, number),
        p_sensitive=_number(record, "p_sensitive", path, number),
        confidence_score=_number(record, "confidence_score", path, number),
        explanation=_text(record, "explanation", path, number),
        raw=_text(record, "raw", path, number),
        latency_ms=_number(record, "latency_ms", path, number),
    )


def _verdict(record: Mapping[str, object], path: Path, number: int) -> bool | None:
    if VERDICT not in record:
        other = next((name for name in OTHER_VERDICTS if name in record), "")
        problem = f"{VERDICT} is missing" + (f", but there is {other!r}." if other else ".")
        raise BadRecord(path, number, problem, _HINT)
    found = record[VERDICT]
    if found is None or isinstance(found, bool):
        return found
    what = found if found in (0, 1) else f"a {type(found).__name__}"
    raise BadRecord(path, number, f"{VERDICT} is {what}, not true, false or null.", _HINT)


def _number(record: Mapping[str, object], key: str, path: Path, number: int) -> float | None:
    found = record.get(key)
    if found is None:
        return None
    top = _TOP[key]
    good = isinstance(found, int | float) and not isinstance(found, bool)
    if not good or not isfinite(value := float(str(found))) or not 0 <= value <= top:
        want = "0 to 1" if top == 1 else "0 or more"
        raise BadRecord(path, number, f"{key} is not a number of {want}.", _MEND)
    return value


def _text(record: Mapping[str, object], key: str, path: Path, number: int) -> str:
    found = record.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadRecord(path, number, f"{key} is not a text.", _MEND)
    return found
