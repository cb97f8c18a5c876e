"""Shards: a scan in N parts, each a run of its own on any machine, and one result out of them all.

A part is a run of pieces: those that begin in its N-th of all bytes, so that parts are of about one
size and cut where pieces are. Its findings and its line lie in the folder `OUT`.shards. Rows of a
file that begins in an earlier part are numbered from its own first row until all are joined.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import orjson

from piiforge import files
from piiforge.errors import AskedWrongly
from piiforge.scan.state import Tally, summary_of

FOLDER = ".shards"


@dataclass(frozen=True, slots=True)
class Share:
    """The part `number`, from 1, of `of`."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read I/N.

        Raises:
            AskedWrongly: it is none.
        """
        number, slash, of = text.partition("/")
        if not (slash and number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
            hint = "Say I/N, I from 1 to N: --shard 1/16 and so on to 16/16."
            raise AskedWrongly(f"--shard {text} is no part of a whole.", hint)
        return cls(int(number), int(of))

    def has(self, place: float) -> bool:
        """Say whether what begins at this share of all bytes, 0 to 1, is of this part."""
        return min(self.of - 1, int(place * self.of)) == self.number - 1

    def path(self, out: Path) -> Path:
        """Return where the findings of this part lie."""
        return out.with_name(out.name + FOLDER) / f"{self.number}-of-{self.of}.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """What one part came to. `whole` is equal for the parts of one scan.

    It reads from file `first` (by its place, -1 where it has none), `within` it where its beginning
    is in another part, to file `last`, of which it passed `rows` lines. `name` is what `first` is
    called, `sha256` of the findings.
    """

    number: int
    of: int
    whole: str
    first: int
    name: str
    within: bool
    last: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it lies in its folder."""

    line: Line
    path: Path
    told: Mapping[str, object]


def is_sharded(folder: Path) -> bool:
    """Say whether a folder holds shards of a scan, whole or not."""
    return folder.name.endswith(FOLDER) and any(folder.glob("*-of-*.jsonl*"))


def parts_in(folder: Path) -> list[Part]:
    """Return the parts of one scan, in their order.

    Raises:
        AskedWrongly: one is missing, there twice, of another scan or not as it was written.
        BadRecord: a line is not one.
    """
    found: list[Part] = []
    for summary in sorted(folder.glob("*-of-*.summary.json")):
        told = files.read_json(summary)
        record = told.get("shard")
        line = files.parsed(record if isinstance(record, dict) else {}, Line, summary)
        path = summary.with_name(summary.name.replace(".summary.json", ".jsonl"))
        if summary_of(path) != summary or not path.is_file() or files.sha256(path) != line.sha256:
            raise AskedWrongly(f"{path} is not what its line says.", "Run its --shard again.")
        found.append(Part(line, path, told))
    if not found:
        hint = "Name the folder that `piiforge scan --shard I/N` wrote: OUT.shards."
        raise AskedWrongly(f"{folder} holds no shard of a scan.", hint)
    found.sort(key=lambda part: part.line.number)
    first = found[0].line
    if any((part.line.whole, part.line.of) != (first.whole, first.of) for part in found):
        hint = "Gather what was asked for alike, of files that were not changed."
        raise AskedWrongly(f"{folder} holds shards of two scans.", hint)
    there = [part.line.number for part in found]
    if missing := [number for number in range(1, first.of + 1) if number not in there]:
        some = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
        problem = f"{len(missing)} of {first.of} shards are missing: {some}."
        raise AskedWrongly(problem, "Run their --shard, with --resume where it was stopped.")
    if len(there) != first.of:
        raise AskedWrongly(f"{folder} holds a shard twice.", "Leave one of each.")
    return found


def join(parts: Sequence[Part], place: Path) -> Tally:
    """Write the findings of all parts to `place`, in order and numbered; return their counts."""
    tally, passed, last = Tally(), 0, -1
    with place.open("wb") as out:
        for part in parts:
            line = part.line
            if line.first < 0:
                continue
            passed = passed if line.within and line.first == last else 0
            out.writelines(_numbered(part, passed))
            tally = tally.joined(Tally.read(part.told["tally"], part.path))
            passed, last = line.rows + (passed if line.last == line.first else 0), line.last
    return tally


def _numbered(part: Part, passed: int) -> Iterator[bytes]:
    """Yield the findings of a part, those of its first file with their rows behind `passed`."""
    within = passed > 0
    with part.path.open("rb") as found:
        for raw in found:
            told = orjson.loads(raw) if within else {}
            within = within and told["file"] == part.line.name
            if within:
                moved = told | {"row": told["row"] + passed}
                yield orjson.dumps(moved, option=orjson.OPT_APPEND_NEWLINE)
            else:
                yield raw
