"""The findings of a scan as they grow, and the point from which a killed one goes on.

`OUT.part` holds the findings as JSON lines, `OUT.part.json` the state: how was asked, at which mark
of which file reading stands, how long the part was then, and the counts. The part is on the disk
before the state that speaks of it, and the state takes its place whole; so whatever a kill leaves,
going on cuts the part to what the state knows and reads on from there. Marks are set between
batches alone: a scan that was stopped asks in the same batches as one that was not.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO, Self, cast

import orjson

from piiforge import files, logs, predict
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.types import Option

# What a scan is asked, what it counts on its way, and what one finding looks like in a file.


OTHER_KEYS = "(other keys)"
NO_VERDICT = "no verdict: over the model's context, or an answer that could not be read"
MOST_KEYS = 5_000  # distinct (file, key, category) that are counted apart: the memory has an end
BATCH_RULES, BATCH = 512, 32
WHOLE = "whole"  # the place of what leaked without a key: a part or a column as a whole


@dataclass(frozen=True, slots=True)
class Scan:
    """What is asked.

    `paths` are files, folders or "-". `batch` rows are judged at once; 0 is the system's default.
    `keys`: the pairs of a positive row are asked alone, to find the key that leaked.
    `reference_key` makes a keyed digest of each found content; b"" makes none. `emit` has files to
    write redaction settings to, by their kind. `prefilter`: a model is asked only where a value
    could stand.
    """

    paths: Annotated[
        Sequence[str],
        Option(
            "Files, folders, or - for standard input: plain logs, JSONL, CSV, TSV, Parquet, HAR, "
            "each also in gzip or zstd.",
            argument=True,
        ),
    ]
    out: Annotated[Path, Option("The findings: FILE.jsonl or FILE.parquet.", flag="--out -o")]
    system: predict.SystemName = "rules"
    categories: predict.CategoryNames = ()
    manner: logs.Manner = field(default_factory=logs.Manner)
    batch: Annotated[
        int, Option("Rows judged at once.", default="512 with rules, else 32", least=0)
    ] = 0
    keys: Annotated[bool, Option("Ask the pairs of a positive row again, to find its key.")] = True
    show_values: Annotated[bool, Option("Put the content of each finding into --out.")] = False
    reference_key: bytes = b""
    calibration: predict.CalibrationFile = None
    emit: Mapping[str, Path] = field(default_factory=dict)
    prefilter: predict.UsePrefilter = True

    @property
    def rows_at_once(self) -> int:
        """How many rows are judged at once."""
        return self.batch or (BATCH_RULES if self.system == "rules" else BATCH)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the findings: a finding, or a row that was not scanned (`reason` says why).

    `category` "" of an unscanned one stands for all that were asked. `keys` are those that leaked,
    none where it was the whole row alone. `reference` is equal for equal contents under one key.
    """

    file: str
    row: int
    part: str = ""
    category: str = ""
    p_sensitive: float | None = None
    decided_by: str = ""
    keys: tuple[logs.Pair, ...] = ()
    reference: str | None = None
    reason: str = ""
    content: str | None = None

    def record(self) -> dict[str, object]:
        """Return it as one JSON object, with the same fields whatever it is."""
        return {
            "kind": "unscanned" if self.reason else "finding",
            "file": self.file,
            "row": self.row,
            "part": self.part or None,
            "category": self.category or None,
            "keys": list(dict.fromkeys(pair.key for pair in self.keys)),
            "p_sensitive": self.p_sensitive,
            "verdict": None if self.reason else True,
            "decided_by": self.decided_by or None,
            "reference": self.reference,
            "reason": self.reason or None,
            "content": self.content,
        }


@dataclass(slots=True)
class Counted:
    """What is known of one file. `rows` are contents: of HAR, the parts of its requests."""

    rows: int = 0
    rows_found: int = 0
    findings: int = 0
    unscanned: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of a scan so far.

    `repeated` contents stood in a batch already and were not asked again. `keyless` findings have
    no key that could be named; no settings can be made of them.
    """

    files: dict[str, Counted] = field(default_factory=dict)
    total: Counted = field(default_factory=Counted)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: int = 0
    keyless: int = 0

    def see(self, file: str, rows: int, repeated: int) -> None:
        """Count the rows of a batch."""
        self.files.setdefault(file, Counted()).rows += rows
        self.total.rows += rows
        self.repeated += repeated

    def add(self, found: Sequence[Found]) -> None:
        """Count the findings and unscanned rows of a batch."""
        for one in found:
            counted = self.files.setdefault(one.file, Counted())
            if one.reason:
                counted.unscanned += 1
                self.total.unscanned += 1
                self.reasons[one.file, one.reason] += 1
                continue
            counted.findings += 1
            self.total.findings += 1
            self.categories[one.file, one.category] += 1
            self.keyless += not any(is_name(pair.key, pair.place) for pair in one.keys)
            for key, place in dict.fromkeys((pair.key, pair.place) for pair in one.keys):
                self._count_key((one.file, key, place, one.category))
        for file, rows in _rows_found(found).items():
            self.files[file].rows_found += rows
            self.total.rows_found += rows

    def record(self) -> dict[str, object]:
        """Return the counts as one JSON object."""
        return {
            "files": {
                name: [each.rows, each.rows_found, each.findings, each.unscanned]
                for name, each in self.files.items()
            },
            "categories": [[*place, count] for place, count in self.categories.items()],
            "keys": [[*place, count] for place, count in self.keys.items()],
            "reasons": [[*place, count] for place, count in self.reasons.items()],
            "repeated": self.repeated,
            "keyless": self.keyless,
        }

    @classmethod
    def read(cls, record: Mapping[str, object]) -> "Tally":
        """Return what `record` wrote.

        Raises:
            AskedWrongly: it is not what this version writes.
        """
        try:
            files = {name: Counted(*counts) for name, counts in record["files"].items()}  # type: ignore[attr-defined]
            return cls(
                files,
                total_of(files),
                Counter({(a, b): count for a, b, count in record["categories"]}),  # type: ignore[attr-defined]
                Counter({(a, b, c, d): count for a, b, c, d, count in record["keys"]}),  # type: ignore[attr-defined]
                Counter({(a, b): count for a, b, count in record["reasons"]}),  # type: ignore[attr-defined]
                int(record["repeated"]),  # type: ignore[call-overload]
                int(record["keyless"]),  # type: ignore[call-overload]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AskedWrongly(
                "the state of the scan was not written by this version.", "Use --force."
            ) from error

    def _count_key(self, place: tuple[str, str, str, str]) -> None:
        file, _, _, category = place
        if place not in self.keys and len(self.keys) >= MOST_KEYS:
            place = (file, OTHER_KEYS, "", category)
        self.keys[place] += 1


def is_name(key: str, place: str) -> bool:
    """Say whether this is the name of one key, and may stand in settings."""
    return place in {logs.PARAMETER, logs.FIELD} and bool(key) and logs.UNSAFE not in key


def total_of(files: Mapping[str, Counted]) -> Counted:
    """Return the counts over all files."""
    return Counted(
        sum(each.rows for each in files.values()),
        sum(each.rows_found for each in files.values()),
        sum(each.findings for each in files.values()),
        sum(each.unscanned for each in files.values()),
    )


def _rows_found(found: Sequence[Found]) -> Counter[str]:
    rows = {(one.file, one.row, one.part) for one in found if not one.reason}
    return Counter(file for file, _, _ in rows)


# From the part of a scan to its findings: the same lines, or one Parquet file.


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


_EVERY_S = 1.0
_SHARE = 20  # committing takes at most one part in so many of the time


@dataclass(slots=True)
class State:
    """Where a scan stands: at `mark` in the file at `file`. `done`: after the last."""

    file: int = 0
    mark: logs.Mark = field(default_factory=logs.Mark)
    part_bytes: int = 0
    done: bool = False
    tally: Tally = field(default_factory=Tally)


class Journal:
    """The part and its state. A context manager. `kept`: an earlier run is gone on with."""

    def __init__(self, out: Path, asked: str, *, resume: bool, force: bool) -> None:
        """Look at what is there.

        Raises:
            FolderExists: `out` is there, and neither resume nor force was given.
            AskedWrongly: an unfinished scan is there and neither was given, or it was asked
                otherwise.
        """
        self._out, self._asked = out, asked
        self.part = out.with_name(f"{out.name}.part")
        self._place = out.with_name(f"{out.name}.part.json")
        self._summary = summary_of(out)
        self._stream: BinaryIO | None = None
        self._next_s = 0.0
        self.state = State()
        self.kept = False
        self._steady = True
        self._refuse(resume=resume, force=force)
        if resume and not force and self._place.exists():
            self.state, self.kept = self._read(), True

    def finished(self) -> Mapping[str, object] | None:
        """Return the summary of an earlier scan that was asked the same and came to its end."""
        if self._place.exists() or not self._out.exists():
            return None
        told = files.read_json(self._summary) if self._summary.is_file() else {}
        if told.get("asked") != self._asked:
            raise _otherwise(self._out)
        return told

    def __enter__(self) -> Self:
        self._out.parent.mkdir(parents=True, exist_ok=True)
        if self.kept and not (self.state.done and not self.part.exists()):
            self._stream = self.part.open("r+b")
            self._stream.truncate(self.state.part_bytes)
            self._stream.seek(self.state.part_bytes)
        elif not self.kept:
            self._place.unlink(missing_ok=True)
            self._stream = self.part.open("wb")
        self._next_s = time.monotonic() + _EVERY_S
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._stream is None:
            return
        if kind is not None and self._steady:
            with suppress(OSError, ValueError):
                self._stream.truncate(self.state.part_bytes)
                self._stream.seek(self.state.part_bytes)
                self.commit()
        self._stream.close()
        self._stream = None
        if not self.kept and not self.state.file and not self.state.mark.items:
            self.part.unlink(missing_ok=True)  # nothing to go on with
            self._place.unlink(missing_ok=True)

    def add(self, found: Sequence[Found]) -> int:
        """Write the findings of a batch; return how long the part is now.

        Until `reached` says so they do not count: what stops the scan before leaves the state that
        is on the disk.
        """
        assert self._stream is not None, "the journal is not open"
        self._steady = False
        for one in found:
            record = orjson.dumps(one.record(), default=str, option=orjson.OPT_APPEND_NEWLINE)
            self._stream.write(record)
        return self._stream.tell()

    def reached(self, state: State) -> None:
        """Remember that all before `state` is written; now and then, put it on the disk."""
        self.state = state
        self._steady = True
        if time.monotonic() >= self._next_s:
            self.commit()

    def commit(self) -> None:
        """Put the part and then the state on the disk."""
        assert self._stream is not None, "the journal is not open"
        began = time.monotonic()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._write()
        ended = time.monotonic()
        self._next_s = ended + max(_EVERY_S, _SHARE * (ended - began))

    def end(self) -> None:
        """Remember that everything was scanned."""
        if self._stream is not None:
            self.state.done = True
            self.commit()
            self._stream.close()
            self._stream = None

    def forget(self) -> None:
        """Take the part and its state away: the findings have their place."""
        self.part.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)

    def _write(self) -> None:
        mark = self.state.mark
        told = {
            "asked": self._asked,
            "file": self.state.file,
            "mark": [mark.items, mark.row, mark.end],
            "part_bytes": self.state.part_bytes,
            "done": self.state.done,
            "tally": self.state.tally.record(),
        }
        draft = self._place.with_name(f".{self._place.name}.draft")
        with draft.open("wb") as file:
            file.write(orjson.dumps(told))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._place)

    def _read(self) -> State:
        told = files.read_json(self._place)
        if told.get("asked") != self._asked:
            raise _otherwise(self.part)
        items, row, end = cast("tuple[int, int, int | None]", told["mark"])
        tally = Tally.read(cast("Mapping[str, object]", told["tally"]))
        return State(
            cast("int", told["file"]),
            logs.Mark(items, row, end),
            cast("int", told["part_bytes"]),
            bool(told["done"]),
            tally,
        )

    def _refuse(self, *, resume: bool, force: bool) -> None:
        if self._out.is_dir() or (self._out.exists() and not (resume or force)):
            raise FolderExists(self._out)
        if self.part.exists() and not (resume or force):
            hint = "--resume goes on with it, --force starts over."
            raise AskedWrongly(f"{self.part} is an unfinished scan.", hint)


def summary_of(out: Path) -> Path:
    """Return where the summary of the findings in `out` stands."""
    return out.with_suffix(".summary.json")


def _otherwise(path: Path) -> AskedWrongly:
    return AskedWrongly(
        f"{path} was asked otherwise (another system, setting or option), or a file that it read "
        "was changed since.",
        "Use --force to start over, or choose another --out.",
    )
