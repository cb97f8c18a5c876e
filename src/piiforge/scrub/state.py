"""What a scrub is asked, what became of each file, and which files are done.

`OUT.scrub.json` holds the counts of every file that is done, and a hash of how it was asked;
`OUT.unscanned.jsonl` what of them was not read or has no verdict. Both are written after the file
that they speak of has taken its place: what a stop leaves is done again.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Annotated, BinaryIO, cast

import orjson

from piiforge import __version__, files, logs, predict
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.scrub.modes import LABEL
from piiforge.types import Option


@dataclass(frozen=True, slots=True)
class Scrub:
    """What is asked. `out` "-" is standard output."""

    paths: Annotated[
        Sequence[str],
        Option(
            "Files, folders, or - for standard input: every form that scan reads.", argument=True
        ),
    ]
    out: Annotated[
        str,
        Option("The folder to write to, or for one input the file; - is standard output.",
               flag="--out -o"),
    ]  # fmt: skip
    mode: Annotated[
        tuple[str, ...],
        Option(
            "label, mask, pseudonym or drop-key; for one category CATEGORY=MODE; or a YAML file. "
            "May be repeated.",
            default=LABEL,
        ),
    ] = ()
    keep_format: Annotated[
        bool, Option("Pseudonyms look like the value, out of ranges that are never issued.")
    ] = False
    unsure: Annotated[bool, Option("Take out too what the detector is unsure of.")] = True
    verify: Annotated[bool, Option("Judge each changed row again.")] = True
    system: predict.SystemName = predict.DEFAULT
    categories: predict.CategoryNames = ()
    format: Annotated[
        str,
        Option("lines, jsonl, json, csv, tsv, parquet or har.", default="by name and first bytes"),
    ] = ""
    encoding: Annotated[str, Option("Of text files.", default="utf-8, or by a byte order mark")] = (
        "utf-8"
    )
    header: Annotated[bool, Option("A CSV's first record names its columns.")] = True
    row_limit_bytes: Annotated[
        int, Option("Bytes of a row; a longer one is told as unscanned.", least=1_000)
    ] = logs.Manner().row_limit_bytes
    key: bytes = b""
    calibration: predict.CalibrationFile = None
    prefilter: predict.UsePrefilter = True
    choices: predict.Choices = field(default_factory=predict.Choices)

    @property
    def manner(self) -> logs.Manner:
        """How files are read. What came back to a browser is scrubbed as well."""
        return logs.Manner(self.format, "", self.encoding, self.header, True, self.row_limit_bytes)


@dataclass(slots=True)
class Count:
    """What became of a file. `rows` were read, `changed` of them; `removed` gave up all values."""

    rows: int = 0
    changed: int = 0
    removed: int = 0
    unscanned: int = 0
    size_bytes: int = 0
    changed_ns: int = 0
    written: str | None = None
    by_category: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """An edit as a terminal may show it: the value masked, and what stands there now."""

    file: str
    row: int
    masked: str
    now: str


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The summary; none of it holds a value. `skipped` files were done by an earlier run."""

    out: str
    system: str
    modes: Mapping[str, str]
    files: Mapping[str, Count]
    reasons: Mapping[str, int]
    verified: bool
    unscanned_file: Path | None = None
    skipped: int = 0
    rows_per_s: float | None = None
    first: tuple[Sight, ...] = ()

    @property
    def total(self) -> Count:
        """Return the counts of all files together."""
        some = self.files.values()
        counts: Counter[str] = Counter()
        for one in some:
            counts.update(one.by_category)
        sums = {
            name: sum(getattr(one, name) for one in some)
            for name in ("rows", "changed", "removed", "unscanned")
        }
        return Count(**sums, by_category=dict(counts))

    @property
    def headline(self) -> str:
        """Say how many rows were changed, and what was taken out."""
        total = self.total
        values = sum(total.by_category.values())
        removed = f", {total.removed:,} rows without any of theirs" if total.removed else ""
        return (
            f"{total.changed:,} of {total.rows:,} rows changed: {values:,} values taken out"
            f"{removed}; {total.unscanned:,} unscanned."
        )

    @property
    def second_look(self) -> str:
        """Say whether what was written was judged again."""
        if not self.verified:
            return "No second look: --no-verify."
        return f"Second look: nothing found in {self.total.changed:,} changed rows."

    def by_category(self) -> list[tuple[str, str, int]]:
        """Return (category, mode, values), the most values first."""
        found = self.total.by_category.items()
        return [
            (name, self.modes.get(name, LABEL), count)
            for name, count in sorted(found, key=lambda each: (-each[1], each[0]))
        ]

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        total = self.total
        return {
            "out": self.out,
            "system": self.system,
            "rows": total.rows,
            "changed": total.changed,
            "removed": total.removed,
            "unscanned": total.unscanned,
            "by_category": [
                {"category": name, "mode": mode, "values": count}
                for name, mode, count in self.by_category()
            ],
            "by_file": [{"file": name, **asdict(one)} for name, one in self.files.items()],
            "unscanned_by_reason": dict(self.reasons),
            "unscanned_file": str(self.unscanned_file) if self.unscanned_file else None,
            "skipped": self.skipped,
            "verified": self.verified,
            "rows_per_s": self.rows_per_s,
        }


def hash_of(asked: Scrub) -> str:
    """Return a hash that is equal where files of two runs may lie in one folder."""
    own = asked.choices.context
    told = {
        **{name: getattr(asked, name) for name in (
            "mode", "keep_format", "unsure", "verify", "system", "categories", "prefilter"
        )},
        "manner": asdict(asked.manner),
        "choices": {**asdict(asked.choices), "context": files.sha256(own) if own else ""},
        "key": hashlib.sha256(b"scrub" + asked.key).hexdigest() if asked.key else "",
        "calibration": files.sha256(asked.calibration) if asked.calibration else "",
    }  # fmt: skip
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _counted(told: Mapping[str, object]) -> Count:
    return Count(**told)  # type: ignore[arg-type]  # its own fields, as they were written


def _is_done(count: Count, source: logs.Source) -> bool:
    there = count.written is None or Path(count.written).is_file()
    same = (count.size_bytes, count.changed_ns) == (source.size_bytes, source.changed_ns)
    return there and same and source.path is not None


class State:
    """`OUT.scrub.json`: which files are done, and how they were asked for."""

    def __init__(self, out: Path, key: str, said: str) -> None:
        base = Path(said.rstrip("/" + os.sep))
        self._out, self._key = out, key
        self._path = base.with_name(f"{base.name}.scrub.json")
        self._held = base.with_name(f".{base.name}.scrub.part")
        self.unscanned = base.with_name(f"{base.name}.unscanned.jsonl")
        self.files: dict[str, Count] = {}
        self._reasons: dict[str, Counter[str]] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the one run that writes there.

        Raises:
            AskedWrongly: another one is at it.
        """
        self._held.parent.mkdir(parents=True, exist_ok=True)
        with files.alone(self._held, self._out):
            yield
            self._held.unlink()

    def open(
        self, sources: Sequence[logs.Source], places: Sequence[Path], *, resume: bool, force: bool
    ) -> None:
        """Read what an earlier run left; raise where its files may not be gone on with."""
        there = files.read_json(self._path) if self._path.exists() else None
        ours: dict[str, Count] = {}
        if there is not None:
            said = cast("Mapping[str, Mapping[str, object]]", there.get("files") or {})
            ours = {name: _counted(each) for name, each in said.items()}
        taken = [place for place in places if place.exists()]
        if (taken or there is not None) and not (resume or force):
            if there is not None and there.get("finished") is False:
                hint = "--resume goes on with it, --force starts over."
                raise AskedWrongly(f"{self._out} is unfinished.", hint)
            raise FolderExists(taken[0] if taken else self._path)
        written = {one.written for one in ours.values()}
        for place in taken:
            if str(place) not in written:
                problem = f"{place} was not written by piiforge scrub; it is left alone."
                raise AskedWrongly(problem, "Choose another --out.")
        if resume and there is not None and not force:
            if there.get("asked") != self._key:
                raise files.asked_otherwise(self._out, "(modes, system, key or manner)")
            self.files = {
                one.name: ours[one.name]
                for one in sources
                if one.name in ours and _is_done(ours[one.name], one)
            }
        kept = [
            line for line in self._lines() if line.get("file") and self._is_of(line, self.files)
        ]
        for line in kept:
            name = str(line["file"]).partition("!")[0]
            self._reasons.setdefault(name, Counter())[str(line["reason"])] += 1
        self.unscanned.unlink(missing_ok=True)
        if kept:
            with self._private() as file:
                file.writelines(
                    orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in kept
                )
        self._keep(finished=False)

    def _lines(self) -> list[dict[str, object]]:
        return list(files.read(self.unscanned)) if self.unscanned.exists() else []

    @staticmethod
    def _is_of(line: Mapping[str, object], done: Mapping[str, Count]) -> bool:
        return str(line["file"]).partition("!")[0] in done

    def reasons_of(self, name: str) -> Counter[str]:
        """Return why rows of a file that is done were not scanned."""
        return self._reasons.get(name, Counter())

    def done(self, name: str, count: Count, unscanned: BinaryIO) -> None:
        """Note that a file is done, and what of it was not scanned."""
        if count.unscanned:
            with self._private() as file:
                while chunk := unscanned.read(1 << 16):
                    file.write(chunk)
        self.files[name] = count
        self._keep(finished=False)

    def _private(self) -> IO[bytes]:
        """Open the file of what was not scanned, for its owner alone: it may hold values."""
        opener = partial(os.open, mode=0o600)
        return open(self.unscanned, "ab", opener=opener)

    def close(self) -> None:
        """Note that all are done."""
        self._keep(finished=True)

    def _keep(self, *, finished: bool) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with files.draft(self._path) as part:
            files.write_json(
                part,
                {
                    "piiforge": __version__,
                    "asked": self._key,
                    "finished": finished,
                    "files": {name: asdict(count) for name, count in self.files.items()},
                },
            )
