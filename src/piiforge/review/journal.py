"""What people said, line by line: a file that only grows, beside the one that is reviewed.

`found.jsonl` has `found.decisions.jsonl`. One JSON object a line, with these six keys, as UTF-8:

| key | value |
|---|---|
| `id` | of what was looked at |
| `decision` | "right", "wrong", "unsure"; "" open: a note alone, or a decision taken back |
| `reviewer` | who said it |
| `time` | when, UTC, ISO 8601 |
| `reason` | free text, "" without |
| `undoes` | the line (from 1) that is taken back; then the rest is what counts again; else null |

A line is on the disk before it is answered, so a kill loses nothing; half a line that a kill left
was never answered and is cut off. Several reviewers, tabs and processes may write at a time: each
holds a lock while it reads what the others said and adds its own. Who decides names how many lines
of theirs on that row they have seen; where there are more, another tab was faster, and it is told.
"""

import getpass
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import orjson

from piiforge import files
from piiforge.errors import AskedWrongly, BadRecord

try:
    import fcntl
except ImportError:  # pragma: no cover  (Windows: one process at a time)
    fcntl = None  # type: ignore[assignment]

_HINT = "Mend or remove the line: the file holds what `piiforge review` wrote."


class Decision(StrEnum):
    """What a person said of a row's label. OPEN until somebody has looked."""

    OPEN = ""
    RIGHT = "right"
    WRONG = "wrong"
    UNSURE = "unsure"


DECIDED = (Decision.RIGHT, Decision.WRONG)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; see the table above."""

    id: str
    decision: Decision
    reviewer: str
    time: str
    reason: str = ""
    undoes: int | None = None


class Overtaken(AskedWrongly):
    """Somebody else, or another tab, wrote about the row after what was seen of it."""


def journal_of(reviewed: Path) -> Path:
    """Return where the decisions about a file stand; of a link, about the file it leads to."""
    place = reviewed.resolve() if reviewed.is_symlink() else reviewed
    return place.with_suffix(".decisions.jsonl")


def whoever() -> str:
    """Return the name that this machine has for the person at it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reviewer"


def now() -> str:
    """Return the time as it stands in a line."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Journal:
    """The decisions of one file, kept up with what others write."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a file comes into being with the first decision.

        Raises:
            BadRecord: a line is none of a journal's; names the line.
        """
        self.path = path
        self.entries: list[Entry] = []
        self._said: dict[str, dict[str, Entry]] = defaultdict(dict)  # by id and reviewer
        self._seen: dict[tuple[str, str], int] = defaultdict(int)
        self._live: dict[str, list[int]] = defaultdict(list)  # a reviewer's lines not taken back
        self._counts: dict[str, int] = defaultdict(int)
        self._bytes = 0
        self._file: tuple[int, int] | None = None
        self.catch_up()

    @property
    def reviewers(self) -> list[str]:
        """Everyone who said something, in the order in which they came."""
        return list(self._counts)

    def said(self, row_id: str) -> dict[str, Entry]:
        """Return what counts of what each reviewer said about a row."""
        return self._said.get(row_id, {})

    def ids(self) -> list[str]:
        """Return the ids of all rows that were spoken of."""
        return list(self._said)

    def version(self, row_id: str, reviewer: str) -> int:
        """Return how many lines a reviewer wrote about a row."""
        return self._seen.get((row_id, reviewer), 0)

    def count(self, reviewer: str) -> int:
        """Return how many lines a reviewer wrote."""
        return self._counts.get(reviewer, 0)

    def settled(self, row_id: str) -> Entry | None:
        """Return what counts of a row over all reviewers; None where nobody decided.

        Who is unsure leaves the word to those who are not. Where these disagree, it is unsure.
        """
        told = [entry for entry in self.said(row_id).values() if entry.decision]
        if not told:
            return None
        decided = [entry for entry in told if entry.decision in DECIDED]
        last = (decided or told)[-1]
        if len({entry.decision for entry in decided}) > 1:
            return Entry(row_id, Decision.UNSURE, last.reviewer, last.time, "reviewers disagree")
        return last

    def say(
        self,
        row_id: str,
        decision: Decision,
        reviewer: str,
        *,
        reason: str | None = None,
        seen: int | None = None,
        time: str = "",
    ) -> Entry:
        """Add what a reviewer said; it is on the disk when this returns.

        A `reason` of None leaves theirs as it is. `seen` is the version that they saw.

        Raises:
            Overtaken: it is no longer the version; nothing was written.
        """
        with self._held() as stream:
            if seen is not None and seen != self.version(row_id, reviewer):
                raise Overtaken("Another tab decided this row meanwhile.", "Look at it again.")
            before = self.said(row_id).get(reviewer)
            kept = before.reason if before else ""
            told = kept if reason is None else reason
            return self._add(stream, Entry(row_id, decision, reviewer, time or now(), told))

    def undo(self, reviewer: str, *, seen: int | None = None) -> Entry | None:
        """Take back the last that a reviewer said, as a line of its own; None: there is nothing.

        Raises:
            Overtaken: `seen` is not how many lines they wrote; nothing was written.
        """
        with self._held() as stream:
            if seen is not None and seen != self.count(reviewer):
                raise Overtaken("Another tab decided meanwhile.", "Look at it again.")
            if not self._live[reviewer]:
                return None
            number = self._live[reviewer][-1]
            row_id = self.entries[number - 1].id
            before = [
                self.entries[at - 1]
                for at in self._live[reviewer][:-1]
                if self.entries[at - 1].id == row_id
            ]
            said = (before[-1].decision, before[-1].reason) if before else (Decision.OPEN, "")
            return self._add(stream, Entry(row_id, said[0], reviewer, now(), said[1], number))

    def catch_up(self) -> None:
        """Read what was written since.

        Raises:
            BadRecord: a line is none of a journal's.
            AskedWrongly: the file is another one, or shorter than it was.
        """
        try:
            with self.path.open("rb") as stream:
                self._read(stream)
        except FileNotFoundError:
            if self._file is not None:
                raise self._replaced() from None

    def _read(self, stream: BinaryIO) -> bytes:
        """Take in the whole lines behind what is known; return the half of one that is left."""
        told = os.fstat(stream.fileno())
        if self._file not in (None, (told.st_dev, told.st_ino)) or told.st_size < self._bytes:
            raise self._replaced()
        self._file = (told.st_dev, told.st_ino)
        stream.seek(self._bytes)
        *lines, left = stream.read().split(b"\n")
        for line in lines:
            number = len(self.entries) + 1
            try:
                record = files.json_value(line)
                if not isinstance(record, dict):
                    raise ValueError
            except ValueError as error:
                raise BadRecord(self.path, number, "not a JSON object.", _HINT) from error
            self._take(files.parsed(record, Entry, self.path, number, _HINT))
            self._bytes += len(line) + 1
        return left

    def _take(self, entry: Entry) -> None:
        self.entries.append(entry)
        number, live = len(self.entries), self._live[entry.reviewer]
        self._counts[entry.reviewer] += 1
        self._seen[entry.id, entry.reviewer] += 1
        said = self._said[entry.id]
        said.pop(entry.reviewer, None)  # so that the order is that of the last words
        said[entry.reviewer] = entry
        if entry.undoes is None:
            live.append(number)
        elif live and live[-1] == entry.undoes:
            live.pop()
        else:
            raise BadRecord(self.path, number, "undoes is no line to be taken back.", _HINT)

    def _add(self, stream: BinaryIO, entry: Entry) -> Entry:
        line = orjson.dumps(asdict(entry), option=orjson.OPT_APPEND_NEWLINE)
        stream.seek(self._bytes)
        stream.truncate()
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())
        self._bytes += len(line)
        self._take(entry)
        return entry

    @contextmanager
    def _held(self) -> Iterator[BinaryIO]:
        """Give the file, locked and read to its end."""
        is_new = not self.path.exists()
        if is_new and self._file is not None:
            raise self._replaced()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(descriptor, "r+b") as stream:
            if fcntl:
                fcntl.flock(stream, fcntl.LOCK_EX)  # gone with the file, however it is closed
            left = self._read(stream)
            if left and _is_whole(left):  # an editor left off the last line's end
                stream.seek(0, os.SEEK_END)
                stream.write(b"\n")
                stream.flush()
                self._read(stream)
            yield stream
        if is_new and os.name != "nt":
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)

    def _replaced(self) -> AskedWrongly:
        problem = f"{self.path} was replaced or cut while it was in use."
        return AskedWrongly(problem, "Nothing more was written; start the review again.")


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(files.json_value(line), dict)
    except ValueError:
        return False
