"""From the part of a scan to its findings: the same lines, or one Parquet file."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import cast

import orjson

_ROWS = 8192


def place(part: Path, out: Path) -> None:
    """Put the findings of `part` in the place of `out`, in the format of its name."""
    if out.suffix == ".jsonl":
        part.replace(out)
        return
    draft = out.with_name(f".{out.name}.whole")
    _write_parquet(part, draft)
    draft.replace(out)


def _write_parquet(part: Path, draft: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema(
        [
            pa.field("kind", text, nullable=False),
            pa.field("file", text, nullable=False),
            pa.field("row", pa.int64(), nullable=False),
            ("part", text),
            ("category", text),
            pa.field("keys", pa.list_(text), nullable=False),
            ("p_sensitive", pa.float64()),
            ("verdict", pa.bool_()),
            ("decided_by", text),
            ("reference", text),
            ("reason", text),
            ("content", text),
        ]
    )
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for records in _batches(part):
            writer.write_batch(pa.RecordBatch.from_pylist(records, schema=schema))


def _batches(part: Path) -> Iterator[list[dict[str, object]]]:
    with part.open("rb") as lines:
        while some := list(islice(lines, _ROWS)):
            yield [cast("dict[str, object]", orjson.loads(line)) for line in some]
