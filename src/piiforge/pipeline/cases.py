"""Cases to be judged: from a built folder, or from anyone's JSONL.

A JSONL line has `id`, `category` and `content`, all texts; `label` is true, false, 1 or 0 where
there is one; `group` and `twin` (or `family` and `twin_id`, as our own rows have them) say which
lines belong together. Every other key with one text, number or truth value is a slice; a list of
texts is one too, joined by "+".
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from piiforge import categories, jsonl
from piiforge.errors import AskedWrongly, BadRecord, UnknownName
from piiforge.pipeline.verify import read_rows
from piiforge.types import Case, Example

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
    manifest = path / jsonl.MANIFEST
    told = jsonl.read_json(manifest).get("descriptions") if manifest.is_file() else None
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
    for number, record in enumerate(jsonl.read(path), 1):
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
