"""The findings of a scan as they grow, and the point from which a killed one goes on.

`OUT.part` holds the findings as JSON lines, `OUT.part.json` the state: how was asked, at which mark
of which file reading stands, how long the part was then, and the counts. The part is on the disk
before the state that speaks of it, and the state takes its place whole; so whatever a kill leaves,
going on cuts the part to what the state knows and reads on from there. Marks are set between
batches alone: a scan that was stopped asks in the same batches as one that was not.
"""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import orjson

from piiforge import jsonl, logs
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.pipeline.scan_records import Found, Tally

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
        told = jsonl.read_json(self._summary) if self._summary.is_file() else {}
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
        told = jsonl.read_json(self._place)
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
