"""What a scan is asked, what it found and counted so far, and where a killed one goes on.

`OUT.part` holds the findings as JSON lines, `OUT.part.json` the state: how was asked, at which mark
of which file reading stands, how long the part was then, and the counts. The part is on the disk
before the state that speaks of it, and the state takes its place whole; so whatever a kill leaves,
going on cuts the part to what the state knows and reads on from there. Marks are set between
batches alone: a scan that was stopped asks in the same batches as one that was not, and as one with
other workers.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import astuple, dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, Self, cast

import orjson

from piiforge import files, logs, predict
from piiforge.errors import AskedWrongly
from piiforge.types import Option

OTHER_KEYS = "(other keys)"
NO_KEY = "(no key)"
NO_VERDICT = "no verdict: over the model's context, or an answer that could not be read"
MOST_KEYS = 5_000  # distinct (file, key, category) that are counted apart: the memory has an end
BATCH_RULES, BATCH = 512, 32
PIECE_RULES, PIECE = 1 << 20, 1 << 16  # bytes; of what a model reads for minutes, fewer
WHOLE = "whole"  # the place of what leaked without a key: a part or a column as a whole
_ROWS = 8192  # of one batch of Parquet
_EVERY_S = 1.0
_SHARE = 20  # committing takes at most one part in so many of the time


@dataclass(frozen=True, slots=True)
class Scan:
    """What is asked.

    `paths` are files, folders or "-". `batch` rows are judged at once; 0 is the system's default.
    `keys`: the pairs of a positive row are asked alone, to find the key that leaked.
    `reference_key` makes a keyed digest of each found content; b"" makes none. `emit` has files to
    write redaction settings to, by their kind. `prefilter`: a model is asked only where text tests,
    reader and context are unsure. `choices` are of the verdicts themselves. `state` is a file that
    outlives the scan; `out` then grows from scan to scan. `shard` is I/N. `piece_bytes` of a file
    are read together by one worker; 0 is the system's default.
    """

    paths: Annotated[
        Sequence[str],
        Option(
            "Files, folders, or - for standard input: plain logs, JSONL, CSV, TSV, Parquet, HAR, "
            "each also in gzip, zstd, bzip2, xz, tar or zip.",
            argument=True,
        ),
    ]
    out: Path
    system: predict.SystemName = predict.DEFAULT
    categories: predict.CategoryNames = ()
    manner: logs.Manner = field(default_factory=logs.Manner)
    batch: Annotated[
        int, Option("Rows judged at once.", default="512, with a model 32", least=0)
    ] = 0
    keys: Annotated[bool, Option("Ask the pairs of a positive row again, to find its key.")] = True
    show_values: Annotated[bool, Option("Put the content of each finding into --out.")] = False
    reference_key: bytes = b""
    calibration: predict.CalibrationFile = None
    emit: Mapping[str, Path] = field(default_factory=dict)
    prefilter: predict.UsePrefilter = True
    choices: predict.Choices = field(default_factory=predict.Choices)
    state: Annotated[
        Path | None,
        Option(
            "Remember there what was read: the next scan reads only what is new, whatever a "
            "rotation renamed, packed or truncated, and adds its findings to --out.",
            default="none",
        ),
    ] = None
    suppress: Annotated[
        Sequence[Path],
        Option(
            "Findings that somebody accepted: entries in YAML or JSONL, by key, path, shape or "
            "reference, or the false alarms of `piiforge review`. They are counted apart.",
            default="none",
        ),
    ] = ()
    baseline: Annotated[
        Path | None,
        Option("What an earlier scan wrote: only what is new is a finding.", default="none"),
    ] = None
    new_by: Annotated[
        Literal["key", "shape", "content"],
        Option(
            "What makes a finding new: another key or category; another shape of the value, too; "
            "or another content, by --reference-key."
        ),
    ] = "key"
    shard: Annotated[
        str,
        Option(
            "Scan the I-th of N parts alone, as 3/16: for a job array. Then: piiforge gather "
            "OUT.shards.",
            default="all",
        ),
    ] = ""
    piece_bytes: int = 0

    @property
    def bytes_at_once(self) -> int:
        """How many bytes of a file are a piece, which one worker reads; batches end with it."""
        return self.piece_bytes or (PIECE if predict.is_model(self.system) else PIECE_RULES)

    @property
    def rows_at_once(self) -> int:
        """How many rows are judged at once."""
        return self.batch or (BATCH if predict.is_model(self.system) else BATCH_RULES)


@dataclass(frozen=True, slots=True)
class Found:
    """One line: a finding, an unsure verdict, or a row that was not scanned (`reason` says why).

    `known` is "suppressed" (`reason` says by what) or "known", of what was found before; then it is
    no finding. `leak` is what tells it from others in the baseline, "" where that hasn't got it.

    `verdict` of an unsure one may be either; those without a doubt are written where it is true.
    `category` "" of an unscanned one stands for all that were asked. `keys` are those that leaked,
    none where it was the whole row alone; `shapes` are what their values look like. `reference` is
    equal for equal contents under one key.
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
    verdict: bool = True
    unsure: bool = False
    shapes: tuple[str, ...] = ()
    known: str = ""
    leak: str = ""

    @property
    def kind(self) -> str:
        """What the line is."""
        other = "unscanned" if self.reason else "unsure" if self.unsure else "finding"
        return self.known or other

    def record(self) -> dict[str, object]:
        """Return it as one JSON object, with the same fields whatever it is."""
        return {
            "kind": self.kind,
            "file": self.file,
            "row": self.row,
            "part": self.part or None,
            "category": self.category or None,
            "keys": list(dict.fromkeys(pair.key for pair in self.keys)),
            "shapes": list(dict.fromkeys(filter(None, self.shapes))),
            "p_sensitive": self.p_sensitive,
            "verdict": None if self.kind == "unscanned" else self.verdict,
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
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class _StoredTally:
    """A tally as it stands in a file: each counter as a list of names and their count."""

    files: dict[str, tuple[int, int, int, int, int]]
    categories: list[tuple[str, str, int]]
    keys: list[tuple[str, str, str, str, int]]
    reasons: list[tuple[str, str, int]]
    unsure: list[tuple[str, str, int]]
    repeated: int
    keyless: int
    suppressed: list[tuple[str, str, int]] = field(default_factory=list)
    known: list[tuple[str, int]] = field(default_factory=list)
    leaks: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Counts of a scan so far, by file and what was found there: a category, a key, a reason.

    `repeated` contents stood in a batch already and were not asked again. `keyless` findings have
    no key that could be named; no settings can be made of them. `unsure` verdicts are counted by
    (file, category), apart from findings; so are suppressed ones by (category, entry), known ones
    by category, and what of the baseline was seen by leak.
    """

    files: dict[str, Counted] = field(default_factory=dict)
    total: Counted = field(default_factory=Counted)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: int = 0
    keyless: int = 0
    suppressed: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)

    def see(self, file: str, rows: int) -> None:
        """Count the rows of a batch."""
        for counted in self._both(file):
            counted.rows += rows

    def add(self, found: Sequence[Found]) -> None:
        """Count the findings and unscanned rows of a batch."""
        for one in found:
            for counted in self._both(one.file):
                counted.unscanned += one.kind == "unscanned"
                counted.findings += one.kind == "finding"
                counted.unsure += one.kind == "unsure"
            if one.kind == "unscanned":
                self.reasons[one.file, one.reason] += 1
                continue
            if one.leak:
                self.leaks[one.leak] += 1
            if one.kind == "suppressed":
                self.suppressed[one.category, one.reason] += 1
                continue
            if one.kind == "known":
                self.known[one.category] += 1
                continue
            if one.kind == "unsure":
                self.unsure[one.file, one.category] += 1
                continue
            self.categories[one.file, one.category] += 1
            self.keyless += not any(is_name(pair.key, pair.place) for pair in one.keys)
            named = dict.fromkeys((pair.key, pair.place) for pair in one.keys)
            for key, place in named or {(NO_KEY, ""): None}:
                counted_as = (one.file, key, place, one.category)
                if counted_as not in self.keys and len(self.keys) >= MOST_KEYS:
                    counted_as = (one.file, OTHER_KEYS, "", one.category)
                self.keys[counted_as] += 1
        places = {(one.file, one.row, one.part) for one in found if one.kind == "finding"}
        for file, _, _ in places:
            for counted in self._both(file):
                counted.rows_found += 1

    def joined(self, later: "Tally") -> "Tally":
        """Return the counts of this and of `later`, as if all had been counted one by one."""
        found = Tally.read(orjson.loads(orjson.dumps(self.record())), Path())
        for name, each in later.files.items():
            for counted in found._both(name):
                for one in fields(Counted):
                    setattr(counted, one.name, getattr(counted, one.name) + getattr(each, one.name))
        for (file, *rest), count in later.keys.items():
            place = (file, *rest)
            if place not in found.keys and len(found.keys) >= MOST_KEYS:
                place = (file, OTHER_KEYS, "", rest[-1])
            found.keys[cast("tuple[str, str, str, str]", place)] += count
        found.categories.update(later.categories)
        found.reasons.update(later.reasons)
        found.unsure.update(later.unsure)
        found.suppressed.update(later.suppressed)
        found.known.update(later.known)
        found.leaks.update(later.leaks)
        found.repeated += later.repeated
        found.keyless += later.keyless
        return found

    def _both(self, file: str) -> tuple[Counted, Counted]:
        return self.files.setdefault(file, Counted()), self.total

    def record(self) -> dict[str, object]:
        """Return the counts as one JSON object."""
        return {
            "files": {name: list(astuple(each)) for name, each in self.files.items()},
            "categories": [[*place, count] for place, count in self.categories.items()],
            "keys": [[*place, count] for place, count in self.keys.items()],
            "reasons": [[*place, count] for place, count in self.reasons.items()],
            "unsure": [[*place, count] for place, count in self.unsure.items()],
            "repeated": self.repeated,
            "keyless": self.keyless,
            "suppressed": [[*place, count] for place, count in self.suppressed.items()],
            "known": list(self.known.items()),
            "leaks": list(self.leaks.items()),
        }

    @classmethod
    def read(cls, record: object, path: Path) -> "Tally":
        """Return what `record` gave and `path` holds.

        Raises:
            BadRecord: it is not what this version writes.
        """
        told = cast("Mapping[str, object]", record)
        stored = files.parsed(told, _StoredTally, path, hint="Use --force.")
        return cls(
            {name: Counted(*counts) for name, counts in stored.files.items()},
            Counted(*map(sum, zip(*stored.files.values(), strict=True))),
            Counter({(file, name): count for file, name, count in stored.categories}),
            Counter({(file, key, at, name): count for file, key, at, name, count in stored.keys}),
            Counter({(file, reason): count for file, reason, count in stored.reasons}),
            Counter({(file, name): count for file, name, count in stored.unsure}),
            stored.repeated,
            stored.keyless,
            Counter({(name, entry): count for name, entry, count in stored.suppressed}),
            Counter(dict(stored.known)),
            Counter(dict(stored.leaks)),
        )


def is_name(key: str, place: str) -> bool:
    """Say whether this is the name of one key, and may stand in settings."""
    return place in {logs.PARAMETER, logs.FIELD} and bool(key) and logs.UNSAFE not in key


@dataclass(slots=True)
class State:
    """Where a scan stands: at `mark` in the file at `file`. `done`: after the last.

    `behind` is the mark at the end of the file before.
    """

    file: int = 0
    mark: logs.Mark = field(default_factory=logs.Mark)
    part_bytes: int = 0
    done: bool = False
    tally: Tally = field(default_factory=Tally)
    behind: logs.Mark = field(default_factory=logs.Mark)


class Journal:
    """The part and its state. A context manager. `kept`: an earlier run is gone on with."""

    def __init__(self, out: Path, asked: str, *, resume: bool, force: bool) -> None:
        """Look at what is there.

        Raises:
            FolderExists, AskedWrongly: see `files.growing`; or what is there was asked otherwise.
        """
        self._out, self._asked = out, asked
        self.part = files.growing(out, "scan", resume=resume, force=force)
        self._place = out.with_name(f"{out.name}.part.json")
        self._stream: BinaryIO | None = None
        self._held = ExitStack()
        self._next_s = 0.0
        self._steady = True
        self._is_new = False  # against the disk
        self._force = force
        self.kept = resume and not force and self._place.exists()
        self.state = self._read() if self.kept else State()

    def finished(self) -> Mapping[str, object] | None:
        """Return the summary of an earlier scan that was asked the same and came to its end."""
        if self._place.exists() or not self._out.exists():
            return None
        return self._told(summary_of(self._out), self._out)

    def __enter__(self) -> Self:
        """Open the part.

        Raises:
            FolderExists: another scan was quicker.
            AskedWrongly: another scan is writing it, or it is shorter than it was.
        """
        self._out.parent.mkdir(parents=True, exist_ok=True)
        placed = self.kept and self.state.done and not self.part.exists()
        if not placed:
            with ExitStack() as held:
                held.enter_context(files.alone(self.part, self._out))
                if not self._place.exists():  # else `out` is what stood there before this scan
                    files.refuse_existing(self._out, force=self._force)
                self._open()
                self._held = held.pop_all()
        self._next_s = time.monotonic() + _EVERY_S
        return self

    def _open(self) -> None:
        if not self.kept:
            self._place.unlink(missing_ok=True)
            self._stream = self.part.open("wb")
            return
        self.state = self._read()  # anew: another scan may have reached more before our turn
        if self.part.stat().st_size < self.state.part_bytes:
            lost = f"{self.part} is shorter than {self._place.name} says: it was changed or lost."
            raise AskedWrongly(lost, "Use --force to start over.")
        self._stream = self.part.open("r+b")
        self._cut(self._stream)

    def __exit__(self, kind: object, *_error: object) -> None:
        with self._held:
            self._leave(kind)

    def _leave(self, kind: object) -> None:
        if self._stream is None:
            return
        if kind is not None and self._steady:
            with suppress(OSError, ValueError):
                self._cut(self._stream)
                self.commit()
        stream, self._stream = self._stream, None
        with suppress(OSError) if kind is not None else nullcontext():
            stream.close()  # a full disk fails once more
        if not self.kept and not self.state.file and not self.state.mark.items:
            self.forget()  # nothing to go on with

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
        self._is_new = self._is_new or (state.file, state.mark) != (
            self.state.file,
            self.state.mark,
        )
        self.state = state
        self._steady = True
        if self._is_new and time.monotonic() >= self._next_s:
            self.commit()

    def commit(self) -> None:
        """Put the part and then the state on the disk."""
        assert self._stream is not None, "the journal is not open"
        began = time.monotonic()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        told = {
            "asked": self._asked,
            "file": self.state.file,
            "mark": astuple(self.state.mark),
            "part_bytes": self.state.part_bytes,
            "done": self.state.done,
            "tally": self.state.tally.record(),
            "behind": astuple(self.state.behind),
        }
        with files.draft(self._place) as draft:
            draft.write_bytes(orjson.dumps(told))
        ended = time.monotonic()
        self._is_new = False
        self._next_s = ended + max(_EVERY_S, _SHARE * (ended - began))

    def end(self) -> None:
        """Remember that everything was scanned."""
        if self._stream is not None:
            self.state.done = True
            self.commit()
            self._stream.close()
            self._stream = None

    def forget(self) -> None:
        """Take the part and its state away: the findings have their place, or there are none."""
        self.part.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)

    def _cut(self, stream: BinaryIO) -> None:
        """Go back to the end of what the state knows."""
        stream.truncate(self.state.part_bytes)
        stream.seek(self.state.part_bytes)

    def _read(self) -> State:
        told = self._told(self._place, self.part)
        return State(
            cast("int", told["file"]),
            logs.Mark(*cast("tuple[int, int, int | None]", told["mark"])),
            cast("int", told["part_bytes"]),
            bool(told["done"]),
            Tally.read(told["tally"], self._place),
            logs.Mark(*cast("tuple[int, int, int | None]", told.get("behind", ()))),
        )

    def _told(self, path: Path, what: Path) -> Mapping[str, object]:
        """Return what a file says of `what`, which was asked the same."""
        told = files.read_json(path) if path.is_file() else {}
        if told.get("asked") != self._asked:
            why = "(another system, setting or option), or a file that it read was changed since"
            raise files.asked_otherwise(what, why)
        return told


def summary_of(out: Path) -> Path:
    """Return where the summary of the findings in `out` stands."""
    return out.with_suffix(".summary.json")


def read(out: Path) -> Iterator[Mapping[str, object]]:
    """Yield the records of `out`, findings in JSONL or Parquet, in their order."""
    if out.suffix != ".parquet":
        yield from files.read(out)
        return
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(out).iter_batches(_ROWS):
        yield from batch.to_pylist()


def place(part: Path, out: Path) -> None:
    """Put the findings of `part` in the place of `out`: the same lines, or one Parquet file."""
    if out.suffix == ".jsonl":
        files.move(part, out)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("kind", "file", "row", "part", "category", "keys", "shapes", "p_sensitive", "verdict",
             "decided_by", "reference", "reason", "content")  # fmt: skip
    kinds = {"row": pa.int64(), "keys": pa.list_(pa.string()),
             "shapes": pa.list_(pa.string()), "p_sensitive": pa.float64(),
             "verdict": pa.bool_()}  # fmt: skip
    always = {"kind", "file", "row", "keys", "shapes"}
    schema = pa.schema(
        pa.field(name, kinds.get(name, pa.string()), nullable=name not in always) for name in names
    )
    with (
        files.draft(out) as draft,
        pq.ParquetWriter(draft, schema, compression="zstd") as writer,
        part.open("rb") as lines,
    ):
        while some := [orjson.loads(line) for line in islice(lines, _ROWS)]:
            writer.write_batch(pa.RecordBatch.from_pylist(some, schema=schema))
