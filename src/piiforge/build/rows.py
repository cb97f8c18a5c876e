"""Leak-proof splits: nothing that could be learned by heart stands in two of train, val and test.

Families are dealt to the splits before composing (`compose.pools`); here it is kept and proved for
every axis: family, skeleton, drawn value, twin, and the seed or written line that a row was made
from (frame). Documented placeholders are finite, so they may stand in several splits; the
certificate lists how many do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

from piiforge import files
from piiforge.errors import BadRecord
from piiforge.types import FINITE, Cue, Dropped, Example, Mention, Span, Verdict

# Examples as records: one flat JSON object a row, the same in files and in rows.parquet.


TEXTS = (
    "id", "split", "category", "language", "event", "format", "family", "skeleton", "variant",
    "twin_id", "source", "frame",
)  # fmt: skip


def to_record(row: Example) -> dict[str, object]:
    """Return the row as one JSON object."""
    record: dict[str, object] = {name: getattr(row, name) for name in TEXTS}
    record |= {
        "label": row.verdict.is_sensitive,
        "confidence": row.verdict.confidence_score,
        "explanation": row.verdict.explanation,
        "content": row.content,
        "disguises": list(row.disguises),
        "cue": row.cue.value,
        "key_names": list(row.key_names),
        "values": [
            {
                "category": mention.category,
                "kind": mention.kind,
                "key": mention.key,
                "origin": mention.origin,
                "spans": [[span.start, span.end] for span in mention.spans],
            }
            for mention in row.values
        ],
        "hard": row.hard,
        "injection": row.injection,
    }
    return record


def from_record(record: Mapping[str, object]) -> Example:
    """Read a row back.

    Raises:
        KeyError, TypeError, ValueError: the record is not one that `to_record` wrote.
    """
    texts = {name: _text(record[name]) for name in TEXTS}
    verdict = Verdict(
        _flag(record["label"]), float(cast("float", record["confidence"])),
        _text(record["explanation"]),
    )  # fmt: skip
    return Example(
        **texts,
        content=_text(record["content"]),
        verdict=verdict,
        disguises=tuple(cast("Sequence[str]", record["disguises"])),
        cue=Cue(_text(record["cue"])),
        key_names=tuple(cast("Sequence[str]", record["key_names"])),
        values=tuple(map(_mention, cast("Sequence[Mapping[str, object]]", record["values"]))),
        hard=_flag(record["hard"]),
        injection=_flag(record["injection"]),
    )


def read(path: Path) -> list[Example]:
    """Read a file of rows.

    Raises:
        BadRecord: a line is not a row; names the line.
    """
    rows: list[Example] = []
    for number, record in enumerate(files.read(path), 1):
        try:
            rows.append(from_record(record))
        except (KeyError, TypeError, ValueError) as error:
            hint = "Rows come from `piiforge compose`."
            raise BadRecord(path, number, "not a row of piiforge.", hint) from error
    return rows


def dropped_record(dropped: Dropped) -> dict[str, object]:
    """Return what did not pass: the reason first, then the row."""
    return {"reason": dropped.reason, "detail": dropped.detail, **to_record(dropped.example)}


def _mention(record: Mapping[str, object]) -> Mention:
    spans = cast("Sequence[Sequence[int]]", record["spans"])
    return Mention(
        category=_text(record["category"]),
        kind=_text(record["kind"]),
        key=_text(record["key"]),
        origin=_text(record["origin"]),
        spans=tuple(Span(start, end) for start, end in spans),
    )


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found


def _flag(found: object) -> bool:
    if not isinstance(found, bool):
        raise TypeError("not true or false")
    return found


AXES: Mapping[str, Callable[[Example], Sequence[str]]] = MappingProxyType(
    {
        "family": lambda row: (row.family,),
        "skeleton": lambda row: (row.skeleton,),
        "value": lambda row: row.unique_values,
        "twin": lambda row: (row.twin_id,) if row.twin_id else (),
        "frame": lambda row: (row.frame,) if row.frame else (),
    }
)


@dataclass(slots=True)
class Fence:
    """Remembers which split holds what. Feed rows in one fixed order."""

    held: dict[str, dict[str, str]] = field(default_factory=lambda: {axis: {} for axis in AXES})

    def leak(self, rows: Sequence[Example]) -> str:
        """Say on which axis `rows` (one row or two twins) touch another split, "" if on none."""
        for row in rows:
            for axis, keys in AXES.items():
                if any(self.held[axis].get(key, row.split) != row.split for key in keys(row)):
                    return f"its {axis} stands in another split"
        for row in rows:
            for axis, keys in AXES.items():
                self.held[axis].update(dict.fromkeys(keys(row), row.split))
        return ""


def certify(rows: Iterable[Example]) -> dict[str, object]:
    """Return the leak certificate: for each axis how many keys there are and how many leak."""
    places: dict[str, dict[str, set[str]]] = {axis: {} for axis in AXES}
    finite: dict[str, set[str]] = {}
    for row in rows:
        for axis, keys in AXES.items():
            for key in keys(row):
                places[axis].setdefault(key, set()).add(row.split)
        if row.variant in FINITE and row.values:
            key = f"{row.values[0].category}:{row.values[0].kind}"
            finite.setdefault(key, set()).add(row.split)
    leaks = {axis: sum(len(s) > 1 for s in held.values()) for axis, held in places.items()}
    return {
        "clean": not any(leaks.values()),
        "axes": {
            axis: {"keys": len(held), "in_two_splits": leaks[axis]} for axis, held in places.items()
        },
        "exempt": sorted(key for key, splits in finite.items() if len(splits) > 1),
    }
