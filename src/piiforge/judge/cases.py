"""What is judged and what was said of it: cases from a built folder or anyone's JSONL, predictions.

A line of cases has `id`, `category` and `content`, all texts; `label` is true, false, 1 or 0 where
there is one; `group` and `twin` (or `family` and `twin_id`, as our own rows have them) say which
lines belong together. Every other key with one text, number or truth value is a slice; a list of
texts is one too, joined by "+".

A line of predictions has `id` and `is_sensitive` (true, false, or null where the answer did not
parse) and may have `p_sensitive`, `confidence_score`, `explanation`, `raw` and `latency_ms`.
Nothing is guessed: a verdict under another name, or as 0 and 1, is refused by name. Other keys are
ignored, unless one looks like a known key misspelled.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from piiforge import categories, files
from piiforge.build import read_rows
from piiforge.errors import AskedWrongly, BadRecord, UnknownName
from piiforge.types import Case, Prediction

KEYS = tuple(field.name for field in fields(Prediction))
OTHER_VERDICTS = ("label", "prediction", "predicted", "pred", "sensitive", "verdict", "answer")
_SLICES = (
    "language", "event", "variant", "disguises", "cue", "format", "family", "hard", "source",
    "injection",
)  # fmt: skip
_NO_SLICES = frozenset(
    {
        *("id", "category", "content", "label", "group", "twin", "twin_id"),
        *("explanation", "confidence", "skeleton", "frame"),  # of our own rows: one text a row
    }
)
_NEAR = 0.8
_HINT = 'A line is {"id": "...", "is_sensitive": true}; null where an answer did not parse.'
_Line = TypeVar("_Line", Case, Prediction)


def read_cases(path: Path, split: str = "") -> list[Case]:
    """Read what is to be judged. `split` keeps train, val or test; "" keeps all.

    Raises:
        AskedWrongly: nothing there, or no row of that split.
        BadRecord: a line is no case, or its id came before; names the line, never the content.
        UnknownName: a category that is neither ours nor described in the folder.
    """
    known = descriptions_of(path)
    cases = _of_folder(path, split, known) if path.is_dir() else _of_file(path, split, known)
    if not cases:
        which = f" of the split {split!r}" if split else ""
        hint = "The splits are train, val and test." if split else "A case is a line of JSON."
        raise AskedWrongly(f"{path} has no rows{which}.", hint)
    return cases


def descriptions_of(path: Path) -> dict[str, str]:
    """Return the words for each category: a built folder's own, ours for all the others."""
    ours = categories.descriptions()
    manifest = path / files.MANIFEST
    told = files.read_json(manifest).get("descriptions") if manifest.is_file() else None
    if not isinstance(told, Mapping):
        return ours
    return ours | {str(name): str(words) for name, words in told.items()}


def _of_folder(path: Path, split: str, known: Iterable[str]) -> list[Case]:
    rows = [row for row in read_rows(path) if split in {"", row.split}]
    for row in rows:
        if row.category not in known:
            raise UnknownName("category", row.category, known, str(path))
    return [
        Case(
            id=row.id,
            category=row.category,
            content=row.content,
            label=row.verdict.is_sensitive,
            group=row.twin_id or row.family,
            twin=row.twin_id,
            slices={name: _text(getattr(row, name)) for name in _SLICES},
        )
        for row in rows
    ]


def _of_file(path: Path, split: str, known: Iterable[str]) -> list[Case]:
    def case(record: Mapping[str, object], number: int) -> Case | None:
        if split and record.get("split") != split:
            return None
        label = record.get("label")
        if label is not None and not (isinstance(label, int) and label in {0, 1}):
            problem = "label is not true, false, 1 or 0."
            raise BadRecord(path, number, problem, "Leave it off or mend it.")
        twin = _word(record, "twin", "twin_id")
        told = {
            **{name: record.get(name) for name in ("id", "category", "content")},
            "label": None if label is None else bool(label),
            "group": _word(record, "group") or twin or _word(record, "family"),
            "twin": twin,
            "slices": {
                name: _text(found)
                for name, found in record.items()
                if name not in _NO_SLICES and _is_slice(found)
            },
        }
        found = files.parsed(told, Case, path, number, "A case has id, category and content.")
        if found.category not in known:
            raise UnknownName("category", found.category, known, f"{path}:{number}")
        return found

    return _lines(path, case, "Every id stands once.")


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
    return "+".join(map(str, found)) if isinstance(found, list | tuple) else str(found)


def _word(record: Mapping[str, object], *names: str) -> str:
    """Return the first text under one of `names`, "" for none."""
    return next(
        (found for name in names if isinstance(found := record.get(name), str) and found), ""
    )


def read_predictions(path: Path) -> list[Prediction]:
    """Read what a system said.

    Raises:
        AskedWrongly: the file is not there or empty.
        BadRecord: a line is no prediction, or its id came before; names the line and the key.
    """

    def prediction(record: Mapping[str, object], number: int) -> Prediction:
        for key in record:
            close = get_close_matches(key, KEYS, n=1, cutoff=_NEAR) if key not in KEYS else []
            if close and close[0] not in record:
                hint = f"Did you mean {close[0]!r}?"
                raise BadRecord(path, number, f"no key is named {key!r}.", hint)
        if problem := _no_verdict(record):
            raise BadRecord(path, number, f"is_sensitive is {problem}.", _HINT)
        told = {name: found for name, found in record.items() if found is not None}
        told |= {name: record.get(name) for name in ("id", "is_sensitive")}
        hint = "Mend it or leave it off." if told.get("id") else _HINT
        return files.parsed(told, Prediction, path, number, hint)

    found = _lines(path, prediction, "Every id is predicted once.")
    if not found:
        raise AskedWrongly(f"{path} holds no prediction.", _HINT)
    return found


def _no_verdict(record: Mapping[str, object]) -> str:
    """Return what stands in the place of a verdict, "" where one does."""
    if "is_sensitive" not in record:
        other = next((name for name in OTHER_VERDICTS if name in record), "")
        return "missing" + (f", but there is {other!r}" if other else "")
    found = record["is_sensitive"]
    if found is None or isinstance(found, bool):
        return ""
    what = found if found in (0, 1) else f"a {type(found).__name__}"
    return f"{what}, not true, false or null"


def _lines(
    path: Path, parse: Callable[[Mapping[str, object], int], _Line | None], rule: str
) -> list[_Line]:
    """Return what `parse` makes of the records of a file and their line numbers.

    Raises:
        BadRecord: an id came before, which `rule` forbids; or as `parse` says.
    """
    found: dict[str, _Line] = {}
    lines: dict[str, int] = {}
    for number, record in files.numbered(path):
        one = parse(record, number)
        if one is None:
            continue
        if one.id in found:
            problem = f"the id {one.id[:80]!r} is that of line {lines[one.id]}."
            raise BadRecord(path, number, problem, rule)
        found[one.id], lines[one.id] = one, number
    return list(found.values())
