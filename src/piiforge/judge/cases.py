"""Cases to be judged: from a built folder, or from anyone's JSONL.

A JSONL line has `id`, `category` and `content`, all texts; `label` is true, false, 1 or 0 where
there is one; `group` and `twin` (or `family` and `twin_id`, as our own rows have them) say which
lines belong together. Every other key with one text, number or truth value is a slice; a list of
texts is one too, joined by "+".
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from piiforge import categories, files
from piiforge.build import read_rows
from piiforge.errors import AskedWrongly, BadRecord, UnknownName
from piiforge.types import Case, Example, Prediction

_NO_SLICES = frozenset(
    {
        *("id", "category", "content", "label", "group", "twin", "twin_id"),
        *("explanation", "confidence", "skeleton", "frame"),  # of our own rows: one text a row
    }
)
_LABELS: Mapping[object, bool] = {True: True, False: False}  # 1 and 0 are equal to these


def read_cases(path: Path, split: str = "") -> list[Case]:
    """Read what is to be judged. `split` keeps train, val or test; "" keeps all.

    Raises:
        AskedWrongly: nothing there, or no row of that split.
        BadRecord: a line is no case, or its id came before; names the line, never the content.
        UnknownName: a category that is neither ours nor described in the folder.
    """
    cases = _of_folder(path, split) if path.is_dir() else _of_file(path, split)
    if not cases:
        which = f" of the split {split!r}" if split else ""
        raise AskedWrongly(f"{path} has no rows{which}.", "The splits are train, val and test.")
    return cases


def read_examples(path: Path, split: str = "train") -> list[Example]:
    """Read the rows of one split of a built folder, with their verdicts."""
    return [row for row in read_rows(path) if row.split == split]


def descriptions_of(path: Path) -> dict[str, str]:
    """Return the words for each category: a built folder's own, ours for all the others."""
    ours = categories.descriptions()
    manifest = path / files.MANIFEST
    told = files.read_json(manifest).get("descriptions") if manifest.is_file() else None
    if not isinstance(told, Mapping):
        return ours
    return ours | {str(name): str(words) for name, words in told.items()}


def _of_folder(path: Path, split: str) -> list[Case]:
    known = descriptions_of(path)
    rows = [row for row in read_rows(path) if split in {"", row.split}]
    for row in rows:
        if row.category not in known:
            raise UnknownName("category", row.category, known, str(path))
    return [_of_example(row) for row in rows]


def _of_example(row: Example) -> Case:
    return Case(
        id=row.id,
        category=row.category,
        content=row.content,
        label=row.verdict.is_sensitive,
        group=row.twin_id or row.family,
        twin=row.twin_id,
        slices={
            "language": row.language,
            "event": row.event,
            "variant": row.variant,
            "disguises": "+".join(row.disguises),
            "cue": row.cue.value,
            "format": row.format,
            "family": row.family,
            "hard": _text(row.hard),
            "source": row.source,
            "injection": _text(row.injection),
        },
    )


def _of_file(path: Path, split: str) -> list[Case]:
    known = descriptions_of(path)
    lines: dict[str, int] = {}
    cases: list[Case] = []
    for number, record in enumerate(files.read(path), 1):
        if split and record.get("split") != split:
            continue
        case = _of_record(record, path, number, known)
        if case.id in lines:
            problem = f"the id {case.id!r} is that of line {lines[case.id]}."
            raise BadRecord(path, number, problem, "Every id stands once.")
        lines[case.id] = number
        cases.append(case)
    return cases


def _of_record(record: Mapping[str, object], path: Path, number: int, known: Iterable[str]) -> Case:
    texts: dict[str, str] = {}
    for name in ("id", "category", "content"):
        found = record.get(name)
        if not isinstance(found, str) or not (found or name == "content"):
            hint = "A case has id, category and content."
            raise BadRecord(path, number, f"{name} is not a text.", hint)
        texts[name] = found
    if texts["category"] not in known:
        raise UnknownName("category", texts["category"], known, f"{path}:{number}")
    twin = _word(record, "twin") or _word(record, "twin_id")
    return Case(
        **texts,
        label=_label(record.get("label"), path, number),
        group=_word(record, "group") or twin or _word(record, "family"),
        twin=twin,
        slices={
            name: _text(found)
            for name, found in record.items()
            if name not in _NO_SLICES and _is_slice(found)
        },
    )


def _label(found: object, path: Path, number: int) -> bool | None:
    if found is None:
        return None
    if not isinstance(found, bool | int) or found not in _LABELS:
        raise BadRecord(
            path, number, "label is not true, false, 1 or 0.", "Leave it off or mend it."
        )
    return _LABELS[found]


def _is_slice(found: object) -> bool:
    if isinstance(found, list):
        return all(isinstance(each, str) for each in found)
    return isinstance(found, str | int | float)


def _text(found: object) -> str:
    """Write a slice's value.

    >>> _text(True), _text(3), _text(["percent", "html"])
    ('true', '3', 'percent+html')
    """
    if isinstance(found, bool):
        return "true" if found else "false"
    return "+".join(map(str, found)) if isinstance(found, list) else str(found)


def _word(record: Mapping[str, object], name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


# Predictions as files: read strictly, whoever wrote them.
#
# A line has `id` and `is_sensitive` (true, false, or null where the answer did not parse) and may
# have `p_sensitive`, `confidence_score`, `explanation`, `raw` and `latency_ms`. Nothing is
# guessed: a verdict under another name, or as 0 and 1, is refused by name. Other keys are
# ignored, unless one looks like a known key misspelled.


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
    for number, record in enumerate(files.read(path), 1):
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
        explanation=_text_predictions(record, "explanation", path, number),
        raw=_text_predictions(record, "raw", path, number),
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


def _text_predictions(record: Mapping[str, object], key: str, path: Path, number: int) -> str:
    found = record.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadRecord(path, number, f"{key} is not a text.", _MEND)
    return found
