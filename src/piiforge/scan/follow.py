"""A state that outlives a scan: what of each file was read, so that the next reads what is new.

A file is known by its content, not by its name: by a digest of its first bytes and one of the last
bytes before the place up to which it was read, unpacked in both cases, under a key of the state's
own. So what a rotation renames or packs is gone on with, and what it truncated, or wrote anew under
the old name, begins at its first row. A line whose end is not written yet waits until it is, or
until a later scan finds it as it was.

The findings grow in one file. The state says how long that file is, and takes its place whole after
the findings are on the disk: whatever a kill leaves behind it is cut off, and its rows read again.
"""

import fcntl
import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Self

import orjson

from piiforge import files, logs
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.scan.state import Journal, State, Tally

EDGE = 4096  # bytes that a digest is of
SURE = 256  # bytes that make a content one that is known under another name, too
FORGET_S = 30 * 24 * 3600  # after which a content that was not seen again is forgotten
SETTLED_S = 60  # after which a packed file that is cut short will not grow any more
EVERY_S = 1.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Known:
    """A content of which the first `read_bytes`, unpacked, were read, up to `mark`.

    `head` and `tail` are digests of its first `head_bytes` and of the last before `read_bytes`.
    `waits`: behind them stands a line without an end. The rest tells the file in which it was last
    seen; `inode` is 0 where it was not read to its end.
    """

    name: str
    size_bytes: int
    changed_ns: int
    inode: int
    seen_s: int
    mark: tuple[int, int, int | None] = (0, 0, 0)
    read_bytes: int = 0
    head_bytes: int = 0
    head: str = ""
    tail: str = ""
    waits: bool = False

    def is_of(self, told: os.stat_result) -> bool:
        """Whether a file is as it was when it was last seen, whatever its name is now."""
        return (self.inode, self.size_bytes, self.changed_ns) == (
            told.st_ino,
            told.st_size,
            told.st_mtime_ns,
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """The state as it stands in its file."""

    asked: str
    key: str
    out_bytes: int
    out_tail: str
    files: list[Known]
    tally: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is to be read of a file: of `source` all behind `mark`, so that it is then `known`."""

    source: logs.Source
    mark: logs.Mark
    known: Known
    is_enterable: bool = False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a state; the lock ends with the process, however it ends.

    Raises:
        AskedWrongly: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            problem = f"another scan is at work with the state {path}."
            raise AskedWrongly(problem, "Wait for it, or give each its own --state.") from error
        yield


class Following(Journal):
    """Findings that grow over many scans, and their state. A context manager, like a Journal.

    `part` is the file of the findings itself.
    """

    def __init__(
        self, path: Path, out: Path, asked: str, manner: logs.Manner, *, force: bool
    ) -> None:
        """Read what is there.

        Raises:
            AskedWrongly: the state is of another scan, or the findings are not those it speaks of.
            FolderExists: there are findings without a state.
        """
        self._path, self._out, self._asked, self._manner = path, out, asked, manner
        self.part, self.state, self.kept = out, State(), True
        self._stream: BinaryIO | None = None
        self._steady, self._is_new, self._next_s = True, False, 0.0
        self._parts: list[_Part] = []
        self._now_s = int(time.time())
        if path.exists() and not force:
            kept = files.parsed(files.read_json(path), _Kept, path, hint="Use --force.")
            if kept.asked != asked:
                why = "was asked otherwise (another system, setting or option)."
                hint = "Give another --state and --out, or --force to read everything anew."
                raise AskedWrongly(f"the state {path} {why}", hint)
        else:
            if out.exists() and not force:
                raise FolderExists(out)
            out.unlink(missing_ok=True)
            kept = _Kept(asked, secrets.token_hex(32), 0, "", [], Tally().record())
        self._key = bytes.fromhex(kept.key)
        self._before = Tally.read(kept.tally, path)
        self._files = {one.name: one for one in kept.files}
        self._old = tuple(kept.files)
        self._fresh: set[str] = set()  # names of contents that no earlier scan knew
        self.sources: list[logs.Source] = []
        self._begun = self._out_bytes(kept)
        self.state = State(part_bytes=self._begun)

    @property
    def tally(self) -> Tally:
        """What was counted by all scans with this state."""
        return self._before.joined(self.state.tally)

    def __enter__(self) -> Self:
        self._out.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._out.open("r+b" if self._out.exists() else "w+b")
        self._cut(self._stream)
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if self._stream is None:
            return
        if kind is not None:
            with suppress(OSError, ValueError):
                if self._steady:
                    self.commit()
                self._stream.truncate(self._begun)
        self._stream.close()
        self._stream = None

    def left(self, sources: Sequence[logs.Source]) -> Iterator[logs.Source]:
        """Yield, of `sources` one after the other, what of them is to be read.

        What is gone in the meantime, or is read already, is left out.
        """
        for source in sources:
            part = self._part(source)
            if part is not None:
                self._parts.append(part)
                self.sources.append(part.source)
                yield part.source

    def mark(self, at: int) -> logs.Mark:
        """Return the mark behind which the file at `at`, as `left` gave it, is to be read."""
        return self._parts[at].mark

    def commit(self) -> None:
        """Put the findings and then the state on the disk."""
        assert self._stream is not None, "the state is not open"
        at, mark = self.state.file, self.state.mark
        part = self._parts[at] if at < len(self._parts) else None
        within = part is not None and mark.items > part.mark.items
        if part and within and not (part.is_enterable and mark.end):
            return  # it can't be entered there: the state stays before it
        self._stream.flush()
        os.fsync(self._stream.fileno())
        if part and within and mark.end:
            with logs.Log(part.source, self._manner) as log:
                edges = _Edges(log.file or io.BytesIO(), mark.end, entered=True)
                self._learn(self._known(replace(part.source, inode=0), edges, mark, waits=False))
        self._begun = self.state.part_bytes
        told = _Kept(
            self._asked,
            self._key.hex(),
            self._begun,
            self._tail_of(self._stream, self._begun),
            [one for one in self._files.values() if self._now_s - one.seen_s < FORGET_S],
            self.tally.record(),
        )
        self._stream.seek(self._begun)
        with files.draft(self._path) as draft:
            draft.write_bytes(orjson.dumps(asdict(told)))
        self._is_new, self._next_s = False, time.monotonic() + EVERY_S

    def reached(self, state: State) -> None:
        """See Journal; the end of a file is where it is known up to its end."""
        for at in range(self.state.file, state.file):
            part = self._parts[at]
            mark = self.state.mark if at == self.state.file else part.mark
            mark = mark if mark.items else part.mark
            self._learn(replace(part.known, mark=(mark.items, mark.row, mark.end)))
        super().reached(state)

    def end(self) -> None:
        """Put everything on the disk."""
        assert self._stream is not None, "the state is not open"
        self.commit()
        self._stream.close()
        self._stream = None

    def forget(self) -> None:
        """Keep what there is: the next scan goes on from it."""

    def _out_bytes(self, kept: _Kept) -> int:
        """Return the length of the findings that the state speaks of; 0 where they were moved."""
        if not self._out.exists():
            return 0
        with self._out.open("rb") as stream:
            same = stream.seek(0, io.SEEK_END) >= kept.out_bytes
            if same and self._tail_of(stream, kept.out_bytes) == kept.out_tail:
                return kept.out_bytes
        problem = f"{self._out} does not hold the findings that the state {self._path} speaks of."
        raise AskedWrongly(problem, "Move it away, or give another --out.")

    def _learn(self, known: Known) -> None:
        self._files[known.name] = known

    def _part(self, source: logs.Source) -> _Part | None:
        """Return what is to be read of a file, None where there is nothing."""
        if source.path is None or source.refused is not None:
            return _Part(source, logs.Mark(), Known(source.name, 0, 0, 0, self._now_s))
        try:
            told = source.path.stat()
        except OSError:
            return None  # gone, or moved: the next scan finds it
        same = next((one for one in self._old if one.is_of(told)), None)
        if same and not same.waits:
            self._learn(replace(same, name=source.name, seen_s=self._now_s))
            return None
        inode, size_bytes, changed_ns = told.st_ino, told.st_size, told.st_mtime_ns
        source = replace(source, size_bytes=size_bytes, changed_ns=changed_ns, inode=inode)
        try:
            with logs.Log(source, self._manner) as log:
                text = log.text()
                return self._new(source, log, text, waited=same is not None)
        except OSError:  # cut short
            if time.time() - changed_ns / 1e9 < SETTLED_S:
                return None  # it is being packed
            known = Known(source.name, size_bytes, changed_ns, inode, self._now_s)
            return _Part(source, logs.Mark(), known)

    def _new(
        self, source: logs.Source, log: logs.Log, text: BinaryIO | None, *, waited: bool
    ) -> _Part | None:
        """Return what of a content no scan has read, None where there is nothing.

        Raises:
            OSError: its packing is broken.
        """
        upto, entered = None, log.file
        if text is None or text is entered:
            if entered is None:
                return _Part(source, logs.Mark(), Known(source.name, 0, 0, 0, self._now_s))
            upto = source.size_bytes
            if text is not None and not waited:
                upto = _last_end(entered, upto)
        stream = text if upto is None else entered
        edges = _Edges(stream, upto, entered=upto is not None, wanted=self._places)
        waits = upto is not None and upto < source.size_bytes
        found = self._match(source, edges)
        if text is None and found and found.read_bytes != edges.length:
            found = None  # it is whole, and another one
        mark = logs.Mark(*found.mark) if found else logs.Mark()
        known = self._known(source, edges, mark, waits=waits)
        if found is None:
            self._fresh.add(source.name)
        if edges.length == (found.read_bytes if found else 0):
            self._learn(known)
            return None
        if found and found.name != source.name and (other := self._elsewhere(edges)):
            if edges.length <= other.read_bytes:
                self._learn(known)
            return None  # what stands behind it the next scan reads
        if upto is not None:
            source = replace(source, size_bytes=upto, upto=upto)
        return _Part(source, mark, known, log.is_enterable)

    def _heads(self, head: bytes) -> list[Known]:
        """Return the contents that earlier scans knew and that begin with `head`."""
        gone_on = (one for one in self._files.values() if one.name not in self._fresh)
        return [
            one
            for one in dict.fromkeys((*self._old, *gone_on))
            if 0 < one.head_bytes <= len(head)
            and self._digest(head[: one.head_bytes]) == one.head
        ]  # fmt: skip

    def _places(self, head: bytes) -> set[int]:
        return {one.read_bytes for one in self._heads(head)}

    def _match(self, source: logs.Source, edges: "_Edges") -> Known | None:
        """Return what is known of a content: under its own name, its number, or any other."""
        tails = edges.tails(self._places(edges.head))
        found = [
            one
            for one in self._heads(edges.head)
            if one.read_bytes in tails
            and self._digest(tails[one.read_bytes]) == one.tail
            and (
                one.name == source.name or one.read_bytes >= SURE or not self._is_apart(one, edges)
            )
        ]
        return max(
            found,
            key=lambda one: (one.name == source.name, one.inode == source.inode, one.read_bytes),
            default=None,
        )

    def _is_apart(self, known: Known, edges: "_Edges") -> bool:
        """Say whether a short content still stands under its name, and is not surely this one."""
        with suppress(OSError), Path(known.name).open("rb") as file:
            other = _Edges(file, None, entered=True)
            common = min(len(other.head), len(edges.head))
            is_same = common >= SURE and other.head[:common] == edges.head[:common]
            tails = other.tails({known.read_bytes}).values()
            return not is_same and any(self._digest(tail) == known.tail for tail in tails)
        return False

    def _elsewhere(self, edges: "_Edges") -> Known | None:
        """Return what this scan reads of a content where it stands under another name, too."""
        for part in self._parts:
            place = min(part.known.read_bytes, edges.length)
            if not part.is_enterable or not place:
                continue
            with suppress(OSError), logs.Log(part.source, self._manner) as log:
                other = _Edges(log.file, None, entered=True)
                here = edges.tails({place}).get(place)
                if (
                    here == other.tails({place}).get(place)
                    and other.head[:place] == edges.head[:place]
                ):
                    return part.known
        return None

    def _known(
        self, source: logs.Source, edges: "_Edges", mark: logs.Mark, *, waits: bool
    ) -> Known:
        head = edges.head[: edges.length]
        return Known(
            source.name,
            source.size_bytes,
            source.changed_ns,
            source.inode or 0,
            self._now_s,
            (mark.items, mark.row, mark.end),
            edges.length,
            len(head),
            self._digest(head),
            self._digest(edges.tails({edges.length})[edges.length]),
            waits,
        )

    def _tail_of(self, stream: BinaryIO, end: int) -> str:
        return self._digest(_Edges(stream, end, entered=True).tails({end})[end])

    def _digest(self, piece: bytes) -> str:
        return hashlib.blake2b(piece, digest_size=16, key=self._key).hexdigest()


class _Edges:
    """The first bytes of a content, and the last before places of it; `length` is to its end.

    What can't be entered anywhere is read through once: of it, there are those before the places
    that `wanted` named, by its first bytes, and before the end.
    """

    def __init__(
        self,
        stream: BinaryIO | None,
        end: int | None,
        *,
        entered: bool,
        wanted: Callable[[bytes], set[int]] = lambda _head: set(),
    ) -> None:
        """Look at it.

        Raises:
            OSError: it is broken.
        """
        assert stream is not None, "there is a content"
        self._file, self._tails = stream if entered else None, dict[int, bytes]()
        if entered:
            self.length = stream.seek(0, io.SEEK_END) if end is None else end
            stream.seek(0)
        self.head = stream.read(min(EDGE, end) if end is not None else EDGE)
        if not entered:
            self.length, places = 0, wanted(self.head)
            window, chunk = b"", self.head
            while chunk:
                window += chunk
                behind = self.length + len(chunk)
                for place in places:
                    if self.length < place <= behind:
                        self._tails[place] = window[: len(window) - (behind - place)][-EDGE:]
                self.length, window = behind, window[-EDGE:]
                chunk = stream.read(_CHUNK)
            self._tails[self.length] = window

    def tails(self, places: set[int]) -> dict[int, bytes]:
        """Return the last bytes before each place that is not behind the end."""
        found: dict[int, bytes] = {}
        for place in places:
            if self._file is None:
                found |= {place: self._tails[place]} if place in self._tails else {}
            elif place <= self.length:
                self._file.seek(max(0, place - EDGE))
                found[place] = self._file.read(min(EDGE, place))
        return found


def _last_end(file: BinaryIO, size: int) -> int:
    """Return the byte behind the last line end before `size`, 0 where there is none."""
    file.seek(0)
    wide = file.read(2) == b"\xff\xfe"  # of UTF-16 the half that comes first says more
    while size > 0:
        begin = max(0, size - _CHUNK)
        file.seek(begin)
        found = file.read(size - begin).rfind(b"\n\x00" if wide else b"\n")
        if found >= 0:
            return begin + found + 1 + wide
        size = begin
    return 0
