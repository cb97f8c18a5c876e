"""Scrub: files in, the same files out without the values; whole or not there at all.

Each file is written to a draft beside its place and moved there when it is done, so a stop leaves
no half of one. `OUT.scrub.json` says which files are done, how it was asked, and what was counted:
`--resume` passes over those, and `--force` replaces nothing that does not stand there. What was not
read or has no verdict is in no file that is written: it stands in `OUT.unscanned.jsonl`, with its
reason, for its owner alone.
"""

import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

import orjson

from piiforge import files, logs, predict, scan
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.scrub.cleaner import Cleaned, Cleaner
from piiforge.scrub.modes import FEWEST_KEY_BYTES, PSEUDONYM, Modes, modes_of
from piiforge.scrub.state import Count, Scrub, Scrubbed, Sight, State, hash_of
from piiforge.types import Edit, applied

STDIO = "-"
CHANGED = "it changed while it was scrubbed: not written"
NO_VERDICT = "no verdict: over the model's context, or an answer that could not be read"
STUCK = "a value that no edit of the row takes out, in the name of a column for example"
_FIRST = 8
_NO_NAMES = str.maketrans("<>:*", "[]__")  # signs that no name of a file may have everywhere
_ROWS, _ROWS_OF_A_MODEL = 512, 32


def run(
    asked: Scrub,
    *,
    resume: bool = False,
    force: bool = False,
    dry: bool = False,
    progress: scan.Progress | None = None,
) -> Scrubbed:
    """Write every file of `asked.paths` again without its values; `dry` writes nothing.

    Raises:
        AskedWrongly: a path or option that can't be; an output that is an input, holds one or lies
            in one; an unfinished run, or one asked otherwise; something in the place of the output
            that an earlier run did not write.
        UnknownName: no such system, category, mode or format.
        FolderExists: the output is there, and neither resume nor force is set.
        MissingExtra: what the system needs is not installed.
    """
    if asked.format and asked.format not in logs.FORMATS:
        raise UnknownName("format", asked.format, logs.FORMATS, "--format")
    logs.check_encoding(asked.encoding)
    sources = logs.find(asked.paths)
    with predict.load(
        asked.system,
        categories=asked.categories,
        calibration=asked.calibration,
        prefilter=asked.prefilter,
        choices=asked.choices,
    ) as detector:
        by_category = modes_of(asked.mode, detector.categories)
        modes = Modes(by_category, asked.key, asked.keep_format)
        _check_key(modes, detector.categories)
        cleaner = Cleaner(detector, modes, unsure=asked.unsure, verify=asked.verify)
        work = _Run(asked, sources, cleaner, progress)
        if dry:
            for source in sources:
                work.scrub(source, _Nowhere())
        elif asked.out == STDIO:
            if len(sources) > 1:
                raise AskedWrongly("--out - takes one file.", "Name a folder: --out DIR.")
            work.scrub(sources[0], sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            work.to_files(resume=resume, force=force)
        return work.summary({name: modes.of(name) for name in detector.categories})


def _check_key(modes: Modes, categories: Sequence[str]) -> None:
    if any(modes.of(name) == PSEUDONYM for name in categories):
        if len(modes.key) < FEWEST_KEY_BYTES:
            hint = f"Give a file with {FEWEST_KEY_BYTES} random bytes or more: --key FILE."
            raise AskedWrongly("pseudonyms need a secret key.", hint)
    elif modes.keep_format:
        raise AskedWrongly("--keep-format is for pseudonyms.", "Add --mode pseudonym.")


class _Nowhere:
    """Takes bytes, and keeps none."""

    def write(self, _data: bytes, /) -> None:
        """Take them."""


class _Changed(Exception):
    """A source is not what it was when it was opened."""


class _Run:
    """One run: what is counted, and where it goes."""

    def __init__(
        self,
        asked: Scrub,
        sources: Sequence[logs.Source],
        cleaner: Cleaner,
        progress: scan.Progress | None,
    ) -> None:
        self._asked, self._sources, self._cleaner = asked, sources, cleaner
        self._progress = progress
        self._files: dict[str, Count] = {}
        self._reasons: Counter[str] = Counter()
        self._sights: list[Sight] = []
        self._unscanned: IO[bytes] = cast("IO[bytes]", _Nowhere())
        self._skipped, self._rows, self._took_s = 0, 0, 0.0
        self._passed = 0
        known = all(source.path is not None for source in sources)
        self._every = sum(source.size_bytes for source in sources) if known else 0
        self._place: Path | None = None

    def scrub(self, source: logs.Source, out: logs.Sink) -> bool:
        """Write one source to `out`; False where nothing of it may be written.

        Raises:
            _Changed: it changed meanwhile.
        """
        count = self._files[source.name] = Count(0, 0, 0, 0, source.size_bytes, source.changed_ns)
        began = time.perf_counter()
        by_model = predict.is_model(self._asked.system)
        again = logs.Again(
            source,
            self._asked.manner,
            lambda items, form: self._change(source, count, again, items, form),
            at_once=_ROWS_OF_A_MODEL if by_model else _ROWS,
            renamed=self._name,
        )
        written = again.write(out)
        self._took_s += time.perf_counter() - began
        self._rows += count.rows
        self._passed += source.size_bytes
        if source.path is not None and source.refused is None and not _as_it_was(source):
            raise _Changed
        return written

    def _change(
        self,
        source: logs.Source,
        count: Count,
        again: logs.Again,
        items: Sequence[logs.Item],
        form: logs.Form,
    ) -> list[tuple[Edit, ...] | None]:
        rows = [item for item in items if isinstance(item, logs.Row)]
        contents = [row.content for row in rows]
        cleaned = iter(self._cleaner.clean(contents, views=form.views, members=form.members))
        found: list[tuple[Edit, ...] | None] = []
        for item in items:
            count.rows += 1
            if isinstance(item, logs.Unread):
                self._lose(source, count, item, item.reason.value)
                found.append(None)
                continue
            for why in item.lost:
                self._lose(source, count, item, why.value)
            found.append(self._count(source, count, item, next(cleaned)))
        if self._progress:
            total = self._files.values()
            counts = (
                sum(each.rows for each in total),
                sum(sum(each.by_category.values()) for each in total),
                sum(each.unscanned for each in total),
            )
            done = self._passed + again.taken_bytes()
            self._progress(scan.Moved(source.name, *counts, done, self._every))
        return found

    def _count(
        self, source: logs.Source, count: Count, row: logs.Row, done: Cleaned
    ) -> tuple[Edit, ...] | None:
        if done.unread or done.stuck:
            self._lose(source, count, row, STUCK if done.stuck else NO_VERDICT, row.content)
            return None
        if done.edits:
            count.changed += 1
            count.removed += done.removed
            for name, values in done.counts.items():
                count.by_category[name] = count.by_category.get(name, 0) + values
            if len(self._sights) < _FIRST:
                edit = done.edits[0]
                masked = scan.masked(row.content[edit.start : edit.end])
                self._sights.append(Sight(_named(source.name, row), row.row, masked, edit.text))
        return done.edits

    def _lose(
        self, source: logs.Source, count: Count, item: logs.Item, why: str, content: str = ""
    ) -> None:
        count.unscanned += 1
        self._reasons[why] += 1
        told = {
            "file": _named(source.name, item),
            "row": item.row,
            "reason": why,
            "content": content or None,
        }
        self._unscanned.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    def _name(self, name: str) -> str:
        """Return the name of a file without the values in it, as it is or before its suffixes."""
        place = PurePosixPath(name)
        stems = [name[: len(name) - len("".join(place.suffixes[-count:]))] for count in (1, 2, 3)]
        for stem in dict.fromkeys((name, *stems)):
            [done] = self._cleaner.clean([stem]) if stem else [Cleaned()]
            if done.stuck or done.unread:
                return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
            if done.edits:
                said = applied(stem, done.edits).translate(_NO_NAMES)
                return said + name[len(stem) :]
        return name

    def to_files(self, *, resume: bool, force: bool) -> None:
        """Write every source to its place under `asked.out`."""
        out = Path(self._asked.out)
        places = self._places(out)
        state = State(out, hash_of(self._asked), self._asked.out)
        with state.alone():
            state.open(self._sources, list(places.values()), resume=resume, force=force)
            self._place = state.unscanned
            self._to(places, state)
            state.close()

    def _to(self, places: Mapping[str, Path], state: State) -> None:
        """Write every source that is not done."""
        for source in self._sources:
            before = state.files.get(source.name)
            if before is not None:
                self._files[source.name] = before
                self._reasons.update(state.reasons_of(source.name))
                self._skipped += 1
                self._passed += source.size_bytes
                continue
            with tempfile.TemporaryFile() as spool:
                self._unscanned = cast("IO[bytes]", spool)
                self._write(source, places[source.name])
                spool.seek(0)
                state.done(source.name, self._files[source.name], cast("BinaryIO", spool))

    def _write(self, source: logs.Source, place: Path) -> None:
        count = Count()
        try:
            with _drafted(place) as (file, give_up):
                if not self.scrub(source, file):
                    give_up()
                count = self._files[source.name]
                count.written = None if give_up.given else str(place)
        except _Changed:
            count = self._files[source.name] = Count(0, 0, 0, 0, -1, -1)
            self._lose(source, count, logs.Unread(0, logs.Reason.UNREADABLE), CHANGED)

    def _places(self, out: Path) -> dict[str, Path]:
        """Return where each source goes; raise where that can't be."""
        given = [Path(path) for path in self._asked.paths if path != STDIO]
        is_folder = (
            len(self._asked.paths) > 1
            or any(path.is_dir() for path in given)
            or out.is_dir()
            or self._asked.out.endswith(("/", os.sep))
        )
        real = Path(os.path.realpath(out))
        hint = "Choose a place of its own: --out DIR."
        for path in given:
            own = Path(os.path.realpath(path))
            if real == own or (path.exists() and out.exists() and out.samefile(path)):
                raise AskedWrongly(f"--out {out} is what is to be read.", hint)
            if path.is_dir() and real.is_relative_to(own):
                raise AskedWrongly(f"--out {out} lies in {path}, which is to be read.", hint)
        places: dict[str, Path] = {}
        taken: dict[str, str] = {}
        for source in self._sources:
            place = out / self._relative(source, given) if is_folder else out
            key = os.path.realpath(place)
            if key in taken:
                problem = f"{taken[key]} and {source.name} would both be written to {place}."
                raise AskedWrongly(problem, "Scrub them one by one.")
            if source.path is not None and place.exists() and place.samefile(source.path):
                raise AskedWrongly(f"{place} is what is to be read.", hint)
            taken[key] = source.name
            places[source.name] = place
        return places

    def _relative(self, source: logs.Source, given: Sequence[Path]) -> PurePosixPath:
        if source.path is None:
            return PurePosixPath("stdin")
        folder = next(
            (one for one in given if one.is_dir() and source.path.is_relative_to(one)), None
        )
        if folder is None:
            return PurePosixPath(self._name(source.path.name))
        inner = source.path.relative_to(folder)
        first = (folder.resolve().name,) if len(given) > 1 else ()
        return PurePosixPath(*(self._name(part) for part in (*first, *inner.parts)))

    def summary(self, modes: Mapping[str, str]) -> Scrubbed:
        """Return what it came to."""
        speed = round(self._rows / self._took_s, 3) if self._rows and self._took_s else None
        some = sum(count.unscanned for count in self._files.values())
        return Scrubbed(
            self._asked.out,
            self._asked.system,
            modes,
            self._files,
            dict(self._reasons.most_common()),
            self._asked.verify,
            self._place if some else None,
            self._skipped,
            speed,
            tuple(self._sights),
        )


def _named(file: str, item: logs.Item) -> str:
    return f"{file}!{item.member}" if item.member else file


def _as_it_was(source: logs.Source) -> bool:
    try:
        told = cast("Path", source.path).stat()
    except OSError:
        return False
    is_file = bool(source.size_bytes or told.st_size)
    return not is_file or (told.st_size, told.st_mtime_ns) == (source.size_bytes, source.changed_ns)


class _GiveUp:
    """Called where a draft is not to take its place."""

    def __init__(self) -> None:
        self.given = False

    def __call__(self) -> None:
        self.given = True


class _Given(Exception):
    """Nothing of a file may be written."""


@contextmanager
def _drafted(place: Path) -> Iterator[tuple[BinaryIO, _GiveUp]]:
    """Give a file that takes its place when all is written, unless it is given up."""
    give_up = _GiveUp()
    try:
        with files.draft(place) as part:
            with part.open("wb") as file:
                yield file, give_up
            if give_up.given:
                raise _Given
    except _Given:
        pass
