"""Examples as records: one flat JSON object a row, the same in files and in rows.parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from piiforge import jsonl
from piiforge.errors import BadRecord
from piiforge.types import Cue, Dropped, Example, Mention, Span, Verdict

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
    for number, record in enumerate(jsonl.read(path), 1):
        try:
            rows.append(from_record(record))
        except (KeyError, TypeError, ValueError) as error:
            hint = "Rows come from `piiforge compose`."
            raise BadRecord(path, number, "not a row of piiforge.", hint) from error
    return rows


def dropped_record(dropped: Dropped) -> dict[str, object]:
    """Return what did not pass: the reason first, then the row."""
    return {
        "reason": dropped.reason,
        "detail": dropped.detail,
        **to_record(dropped.example),
    }


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
