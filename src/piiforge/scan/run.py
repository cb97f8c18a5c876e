"""Scan: files in, findings out; judged in batches, resumable at any point, in constant memory.

A row goes one way: `logs` gives it out of a file, `Judge` asks a batch of them, then the pairs of
the positive ones; what was found is written to the `Journal` and counted in the `Tally`.

Files are cut into pieces, and pieces into batches, by the files and the options alone. So it is the
same who judges a batch: this process, or a worker that an engine runs. A worker reads a piece
itself where that is no detour; of what can be read from its beginning only (packed, a table, a
document, standard input) this process reads batches and sends them. What comes back is joined in
order, and written and counted here.
"""

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar, cast

import orjson

from piiforge import __version__, files, logs, predict, prompt
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.predict import Detection, Detector
from piiforge.scan import known, missed, report, sarif, shards, state
from piiforge.scan.follow import Following, locked
from piiforge.scan.pipe import Pipe, ended_by_signal
from piiforge.scan.report import Scanned
from piiforge.scan.shards import Share
from piiforge.scan.state import Found, Journal, Scan, State, Tally

SUFFIXES = (".jsonl", ".parquet")
_REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a scan is. `total_bytes` is 0 where standard input makes it unknown."""

    file: str
    rows: int
    findings: int
    unscanned: int
    done_bytes: int
    total_bytes: int


Progress = Callable[[Moved], None]
Task = TypeVar("Task")
Line = TypeVar("Line")


class Engine(Protocol):
    """Runs tasks in workers: each calls `start` once, and does with what that gave task by task.

    It yields (place of a task, what was made of it), in any order.
    """

    def run(
        self, start: Callable[[], Callable[[Task], Line]], asked: Iterable[Task]
    ) -> Iterator[tuple[int, Line]]:
        """Run every task of `asked`, which are taken as workers become free."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who judges in the place of this process, where files are over `least_bytes` in all.

    `far`: no row is sent to them, every file is read there.
    """

    engine: Engine
    far: bool = False
    least_bytes: int = 0


def run(
    asked: Scan,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    workers: Workers | None = None,
    shown: Callable[[Sequence[Found]], None] | None = None,
) -> Scanned:
    """Judge every row of `asked.paths`; write the findings, their summary and a report.

    `asked.out` comes into being when all is done; until then the findings lie in `asked.out`.part,
    and `resume` goes on from there, with the same workers or others. A row that can't be read or
    judged is written as unscanned. A pipe may never end: what is found in it is `shown` as it
    comes, and Ctrl-C, SIGTERM or a closed pipe behind `shown` ends the scan as its end would.

    Raises:
        AskedWrongly: a path or option that can't be, an unfinished scan, or one asked otherwise.
        UnknownName: no such system, category or kind of settings.
        FolderExists: something is in the place of the output, and force is not set.
        MissingExtra: what the system needs is not installed.
        GateFailed: workers were killed again and again.
    """
    _check(asked, resume=resume, force=force)
    sources = logs.find(asked.paths, but=_written(asked))
    before = known.load(asked, datetime.now(UTC).date())
    key = _hash(asked, sources, before)
    how = _How(progress, workers, shown, before)
    if asked.shard:
        place = Share.read(asked.shard).path(asked.out)
        key, asked = f"{key} {asked.shard}", replace(asked, out=place)
    if asked.state:
        with locked(asked.state):
            following = Following(asked.state, asked.out, key, asked.manner, force=force)
            return _through(asked, sources, following, key, how)
    journal = Journal(asked.out, key, resume=resume, force=force)
    told = journal.finished() if resume and not force else None
    if told is not None:
        names = tuple(cast("Mapping[str, int]", told["by_category"]))
        tally = Tally.read(told["tally"], state.summary_of(asked.out))
        return report.summarised(asked, names, tally, before)
    return _through(asked, sources, journal, key, how)


@dataclass(frozen=True, slots=True)
class _How:
    """Who judges, and who is told while that goes on."""

    progress: Progress | None
    workers: Workers | None
    shown: Callable[[Sequence[Found]], None] | None
    before: known.Known


def _through(
    asked: Scan, sources: Sequence[logs.Source], journal: Journal, key: str, how: _How
) -> Scanned:
    """Scan what is left of `sources`, and write what stands beside the findings."""
    categories = tuple(predict.knows(asked.system, asked.categories))
    predict.refuse_no_model(asked.system)
    reading = _Reading(asked, sources, journal, how.shown, how.before)
    first: tuple[report.Sight, ...] = ()
    before, workers = journal.state.tally.total.rows, how.workers
    if workers and sum(source.size_bytes for source in sources) < workers.least_bytes:
        workers = None
    with closing(_apart(reading, workers) if workers else _here(reading)) as batches, journal:
        began = time.perf_counter()
        if not journal.state.done:
            first = _scan(batches, reading, how.progress)
        journal.end()
        took_s = time.perf_counter() - began
        new = journal.state.tally.total.rows - before
        speed = round(new / took_s, 3) if new and took_s > 0 else None
        done = report.summarised(asked, categories, journal.state.tally, how.before, speed, first)
        every = journal.tally if isinstance(journal, Following) else journal.state.tally
        if asked.shard:
            _finish_shard(reading, done, key)
        else:
            told = report.summarised(asked, categories, every, how.before)
            done = replace(done, left_out=_finish(reading, told, key))
    return done


def _check(asked: Scan, *, resume: bool, force: bool) -> None:
    if asked.out.suffix not in SUFFIXES:
        raise AskedWrongly(f"--out {asked.out} is neither JSONL nor Parquet.", "End it so.")
    if len(asked.reference_key) > hashlib.blake2b.MAX_KEY_SIZE:
        raise AskedWrongly("the reference key is over 64 bytes.", "Use 32 random bytes.")
    logs.check_encoding(asked.manner.encoding)
    if asked.state and (asked.out.suffix != ".jsonl" or logs.STDIN in asked.paths or resume):
        problem = "--state is for files, adds to an --out of JSONL and needs no --resume."
        raise AskedWrongly(problem, "Name files or folders, and --out FILE.jsonl.")
    if asked.shard:
        Share.read(asked.shard)
        if asked.emit or asked.state:
            problem = "--shard goes with neither --emit nor --state."
            raise AskedWrongly(problem, "Give --emit to `piiforge gather`.")
        if asked.out.suffix != ".jsonl" or logs.STDIN in asked.paths:
            problem = "--shard is for files, and its --out is JSONL."
            raise AskedWrongly(problem, "Name files or folders, and --out FILE.jsonl.")
    for path in asked.emit.values():
        if path.exists() and not (resume or force or asked.state):
            raise FolderExists(path)


def _written(asked: Scan) -> list[Path]:
    """Return every file that a scan to this output writes: none of them is scanned."""
    growing = [asked.out.with_name(f"{asked.out.name}{end}") for end in (".part", ".part.json")]
    beside = [report.report_of(asked.out), state.summary_of(asked.out), missed.missed_of(asked.out)]
    if asked.shard:
        growing += asked.out.with_name(asked.out.name + shards.FOLDER).glob("*")
    if asked.state:
        growing += [asked.state, asked.state.with_name(f"{asked.state.name}.lock")]
    return [asked.out, *growing, *beside, *asked.emit.values()]


def _hash(asked: Scan, sources: Sequence[logs.Source], before: known.Known) -> str:
    """Return a hash that is equal where findings of two runs may stand in one file."""
    kind, _, name = asked.system.removeprefix(predict.CASCADE).partition(":")
    own = asked.choices.context
    manner = asdict(asked.manner)
    manner["head"] = manner.pop("header")  # its first name: so an earlier version's scan goes on
    if not asked.manner.responses:
        del manner["responses"]
    told: Mapping[str, object] = {
        "system": asked.system,
        "weights": files.stamps(Path(name)) if kind in {"pack", "local"} else [],
        "prompt": prompt.VERSION,
        "categories": asked.categories,
        "manner": manner,
        "batch": asked.rows_at_once,
        "keys": asked.keys,
        "prefilter": asked.prefilter,
        "choices": {
            **asdict(asked.choices),
            "context": files.sha256(own) if own and own.is_file() else "",
        },
        "show_values": asked.show_values,
        "reference": hashlib.sha256(asked.reference_key).hexdigest() if asked.reference_key else "",
        "calibration": files.sha256(asked.calibration) if asked.calibration else "",
        "out": asked.out.suffix,
        "sources": [(each.name, each.size_bytes, each.changed_ns) for each in sources],
    }
    if asked.state:  # which knows what it read, and goes on with more, and with other suppressions
        told = {**told, "sources": []}
    elif asked.suppress or asked.baseline:
        told = {**told, "known": before.stamp}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that was judged; `mark` lies behind it. `ends`: none, but the end of its file.

    `rows` are counted by what their file is called.
    """

    at: int
    mark: logs.Mark
    found: Sequence[Found] = ()
    repeated: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    taken_bytes: int = 0
    ends: bool = False


def _scan(
    batches: Iterable[Judged], reading: "_Reading", progress: Progress | None
) -> tuple[report.Sight, ...]:
    """Write and count what was judged, in order; return its first findings, masked."""
    sights: tuple[report.Sight, ...] = ()
    sources, journal = reading.sources, reading.journal
    tally, part_bytes = journal.state.tally, journal.state.part_bytes
    passed = sum(source.size_bytes for source in sources[: journal.state.file])
    unknown = any(source.path is None for source in sources)
    every = 0 if unknown else sum(source.size_bytes for source in sources)
    for judged in batches:
        one = replace(judged, found=reading.before.sort(judged.found))
        source = reading.source(one.at)
        if one.ends:
            if not one.mark.items:
                tally.see(source.name, 0)  # read, and empty; an archive is told by its members
            journal.reached(State(one.at + 1, logs.Mark(), part_bytes, False, tally, one.mark))
            passed += source.size_bytes
            continue
        sights = report.sights(one.found, sights, report.FIRST)
        if reading.shown and not logs.is_pipe(source):
            reading.shown(one.found)
        part_bytes = journal.add(one.found)
        for name, rows in one.rows.items():
            tally.see(name, rows)
        tally.repeated += one.repeated
        tally.add(one.found)
        behind = journal.state.behind
        journal.reached(State(one.at, one.mark, part_bytes, False, tally, behind))
        if progress:
            total, done = tally.total, passed + one.taken_bytes
            counts = total.rows, total.findings, total.unscanned
            progress(Moved(source.name, *counts, done, every))
    return sights


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is to be read: of `sources` all that the journal's state does not know yet."""

    asked: Scan
    sources: Sequence[logs.Source]
    journal: Journal
    shown: Callable[[Sequence[Found]], None] | None = None
    before: known.Known = field(default_factory=known.Known)

    def left(self) -> Iterator[tuple[int, logs.Source]]:
        """Yield the files that are left, with their places."""
        if isinstance(self.journal, Following):
            return enumerate(self.journal.left(self.sources))
        first = self.journal.state.file
        return ((at, self.sources[at]) for at in self.share() if at >= first)

    def share(self) -> Iterator[int]:
        """Yield the places of the files of which anything is to be read at all."""
        for at, source in enumerate(self.sources):
            if not self.asked.shard:
                yield at
                continue
            with logs.Log(source, self.asked.manner) as log:
                if next(self.pieces(at, log, logs.Mark()), None):
                    yield at

    def pieces(self, at: int, log: logs.Log, after: logs.Mark) -> Iterator[logs.Piece]:
        """Yield the pieces of a file that are to be read, from the one in which `after` lies."""
        size = self.asked.bytes_at_once
        if not self.asked.shard:
            return log.pieces(size, after)
        share, every = Share.read(self.asked.shard), sum(one.size_bytes for one in self.sources)
        before = sum(one.size_bytes for one in self.sources[:at])
        count, own = sum(1 for _ in log.pieces(size)), self.sources[at].size_bytes
        mine = {
            piece.start
            for number, piece in enumerate(log.pieces(size))
            if share.has((before + number * own / count) / max(1, every))
        }
        return (piece for piece in log.pieces(size, after) if piece.start in mine)

    def source(self, at: int) -> logs.Source:
        """Return the file at a place that `left` gave."""
        return (self.journal if isinstance(self.journal, Following) else self).sources[at]

    def mark(self, at: int) -> logs.Mark:
        """Return the mark to go on from in a file."""
        if isinstance(self.journal, Following):
            return self.journal.mark(at)
        begun = self.journal.state
        return begun.mark if at == begun.file else logs.Mark()


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is asked: a piece of a file, to be read from `mark` on, or a batch of its rows.

    Without a mark, what is told of a piece counts from its beginning. `ends`: nothing is asked, it
    stands for the end of its file.
    """

    at: int
    source: logs.Source
    piece: logs.Piece = field(default_factory=logs.Piece)
    mark: logs.Mark | None = None
    batch: Sequence[logs.Item] = ()
    taken_bytes: int = 0
    ends: bool = False


def _here(reading: _Reading) -> Generator[Judged, None, None]:
    """Judge what is left in this process."""
    asked = reading.asked
    with _loaded(asked) as detector:
        judge = Judge(detector, asked)
        for at, source in reading.left():
            mark = reading.mark(at)
            if logs.is_pipe(source):
                if (yield from _flowing(judge, reading, _Task(at, source, mark=mark))):
                    return
                continue
            with logs.Log(source, asked.manner) as log:
                for piece in reading.pieces(at, log, mark):
                    for one in _piece(judge, asked, log, _Task(at, source, piece, mark)):
                        mark = one.mark
                        if not one.ends:
                            yield one
            yield Judged(at, mark, ends=True)


def _flowing(judge: "Judge", reading: _Reading, task: _Task) -> Generator[Judged, None, bool]:
    """Judge what comes out of a pipe, in time; return whether it was stopped before its end."""
    asked, mark = reading.asked, task.mark or logs.Mark()
    pipe = Pipe(task.source, asked.manner, mark, asked.rows_at_once)
    with ended_by_signal(pipe.stop):
        for rows, again in pipe.batches():
            if not rows:
                yield Judged(task.at, mark)  # so that what was found is put on the disk in time
                continue
            mark = logs.Mark(mark.items + len(rows), rows[-1].row, None)
            one = judge.batch(task, rows, mark, 0)
            try:
                if reading.shown:
                    reading.shown(reading.before.sort(one.found))
            except BrokenPipeError:
                pipe.stop()
            yield replace(one, repeated=one.repeated + again)
    yield Judged(task.at, mark, ends=True)
    return pipe.stopped


def _apart(reading: _Reading, workers: Workers) -> Generator[Judged, None, None]:
    """Let workers judge what is left; join what they say in order."""
    waiting: deque[_Task] = deque()  # what was asked and is not joined, and the ends of files
    done: dict[int, list[Judged]] = {}
    place, mark = 0, reading.journal.state.mark
    tasks = _tasks(reading, waiting, far=workers.far)
    lines = workers.engine.run(partial(_worker, reading.asked), tasks)
    try:
        for at, line in chain(lines, [(-1, [])]):  # the last ends may stand behind the last line
            done[at] = line
            while waiting and (waiting[0].ends or place in done):
                task = waiting.popleft()
                if task.ends:
                    yield Judged(task.at, mark, ends=True)
                    mark = logs.Mark()
                    continue
                begun = mark if task.mark is None else logs.Mark()
                for one in done.pop(place):
                    moved = _moved(one, begun)
                    mark = moved.mark
                    if not moved.ends:
                        yield moved
                place += 1
    finally:
        cast("Generator[object]", lines).close()  # which ends the workers


def _tasks(reading: _Reading, waiting: deque[_Task], *, far: bool) -> Iterator[_Task]:
    """Yield what workers are asked. It is put into `waiting` as well, and so are ends of files."""
    asked = reading.asked
    for at, source in reading.left():
        mark = reading.mark(at)
        with logs.Log(source, asked.manner) as log:
            for piece in reading.pieces(at, log, mark):
                if log.is_apart(piece, asked.bytes_at_once) or (far and source.path):
                    begun = mark if mark.items else None
                    waiting.append(_Task(at, source, piece, begun))
                    yield waiting[-1]
                    mark = logs.Mark()
                    continue
                items = log.items(mark, piece)
                while batch := list(islice(items, asked.rows_at_once)):
                    mark = log.after(mark, batch[-1], len(batch))
                    task = _Task(at, source, piece, mark, taken_bytes=log.taken_bytes())
                    waiting.append(task)
                    yield replace(task, batch=batch)
        waiting.append(_Task(at, source, ends=True))


def _worker(asked: Scan) -> Callable[[_Task], list[Judged]]:
    """Load the system; return what does a task."""
    judge = Judge(_loaded(asked), asked)

    def work(task: _Task) -> list[Judged]:
        if task.batch:
            assert task.mark, "a batch says where it ends"
            said = [judge.batch(task, task.batch, task.mark, task.taken_bytes)]
        else:
            with logs.Log(task.source, asked.manner) as log:
                said = list(_piece(judge, asked, log, task))
        return [replace(one, found=[_masked(found) for found in one.found]) for one in said]

    return work


def _piece(judge: "Judge", asked: Scan, log: logs.Log, task: _Task) -> Iterator[Judged]:
    """Judge a piece batch by batch; what comes last is its end."""
    mark = task.mark or logs.Mark()
    items = log.items(mark, task.piece)
    while batch := list(islice(items, asked.rows_at_once)):
        mark = log.after(mark, batch[-1], len(batch))
        yield judge.batch(task, batch, mark, log.taken_bytes())
    yield Judged(task.at, log.behind(mark), ends=True)


def _moved(one: Judged, begun: logs.Mark) -> Judged:
    """Return what was told of a piece as it is in its file, where the piece began at `begun`."""
    rows = begun.row if one.mark.end is not None else 0  # of Parquet they are numbered already
    mark = logs.Mark(one.mark.items + begun.items, one.mark.row + rows, one.mark.end)
    found = [replace(each, row=each.row + rows) for each in one.found] if rows else one.found
    return replace(one, mark=mark, found=found)


def _masked(found: Found) -> Found:
    """Return a finding as it may leave the process that found it: of a value stays its form."""
    return replace(
        found, keys=tuple(replace(pair, text=report.masked(pair.text)) for pair in found.keys)
    )


def _loaded(asked: Scan) -> Detector:
    return predict.load(
        asked.system,
        categories=asked.categories,
        calibration=asked.calibration,
        prefilter=asked.prefilter,
        choices=asked.choices,
    )


def _finish(reading: _Reading, done: Scanned, key: str) -> int:
    """Write what stands beside the findings, then put them in their place; see _write_beside."""
    asked, journal = reading.asked, reading.journal
    found = journal.part if journal.part.exists() else asked.out
    left_out = _write_beside(asked, done, key, _read_again(asked.manner, reading.sources), found)
    if journal.part.exists() and not asked.state:
        state.place(journal.part, asked.out)
    journal.forget()
    return left_out


def _read_again(manner: logs.Manner, sources: Sequence[logs.Source]) -> dict[str, object]:
    """Return how a row is found again, and by what it is known that a file is still the one."""
    stamps = [(each.name, each.size_bytes, each.changed_ns) for each in sources]
    return {"manner": asdict(manner), "sources": stamps}


def _write_beside(
    asked: Scan, done: Scanned, key: str, more: Mapping[str, object], found: Path
) -> int:
    """Write the report, what is to be emitted and the summary; `found` holds the findings.

    Return how many of them are left out of what was emitted.
    """
    left_out = 0
    with files.draft(done.report) as page:
        page.write_text(report.render(done, asked), encoding="utf-8")
    counts = done.by_key()
    for kind, path in asked.emit.items():
        with files.draft(path) as part:
            if kind == report.SARIF:
                left_out = sarif.write(part, state.read(found), asked, done)
            else:
                part.write_text(report.KINDS[kind](counts), encoding="utf-8")
    _write_summary(asked.out, done, key, more)
    return left_out


def _write_summary(out: Path, done: Scanned, key: str, more: Mapping[str, object]) -> None:
    kept: Mapping[str, object] = {
        "asked": key,
        "piiforge": __version__,
        **{name: value for name, value in done.record().items() if name != "rows_per_s"},
        "tally": done.tally.record(),
        **more,
    }
    with files.draft(state.summary_of(out)) as summary:
        files.write_json(summary, kept)


def _finish_shard(reading: _Reading, done: Scanned, key: str) -> None:
    """Put the findings of a shard in their place, and then its line."""
    asked, journal = reading.asked, reading.journal
    share, behind, mine = Share.read(asked.shard), journal.state.behind, list(reading.share())
    first, within, name = -1, False, ""
    if mine:
        first, name = mine[0], reading.sources[mine[0]].name
        with logs.Log(reading.sources[first], asked.manner) as log:
            within = next(reading.pieces(first, log, logs.Mark())).start > 0
    if journal.part.exists():
        state.place(journal.part, asked.out)
    line = shards.Line(
        share.number,
        share.of,
        key.partition(" ")[0],
        first,
        name,
        within,
        mine[-1] if mine else -1,
        0 if behind.end is None else behind.row,  # of Parquet the rows are numbered already
        files.sha256(asked.out),
    )
    unused = reading.before.unused(done.tally.suppressed)  # of this part: of all when it is joined
    more = {**_read_again(asked.manner, reading.sources), "keys": asked.keys, "unused": unused}
    _write_summary(asked.out, done, key, {**more, "shard": asdict(line)})
    journal.forget()


def gather(
    folder: Path, emit: Mapping[str, Path], out: Path | None = None, *, force: bool = False
) -> Scanned:
    """Join the shards in `folder`, OUT.shards, to what one scan would have written as OUT.

    Raises:
        AskedWrongly: a shard is missing, there twice, of another scan or not as it was written; or
            another process is writing the output.
        FolderExists: something is in the place of the output, and force is not set.
    """
    if not folder.name.endswith(shards.FOLDER):
        hint = "Name the folder that `piiforge scan --shard I/N` wrote: OUT.shards."
        raise AskedWrongly(f"{folder} holds no shard of a scan.", hint)
    out = out or folder.with_name(folder.name.removesuffix(shards.FOLDER))
    parts = shards.parts_in(folder)
    part = out.with_name(f"{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    with files.alone(part, out):
        for path in (out, *emit.values()):
            files.refuse_existing(path, force=force)
        try:
            return _gathered(parts, emit, out, part)
        finally:
            part.unlink(missing_ok=True)


def _gathered(
    parts: Sequence[shards.Part], emit: Mapping[str, Path], out: Path, part: Path
) -> Scanned:
    told, tally = parts[0].told, shards.join(parts, part)
    manner = logs.Manner(**cast("dict[str, str]", told["manner"]))  # type: ignore[arg-type]
    asked = Scan((), out, str(told["system"]), manner=manner, keys=bool(told["keys"]), emit=emit)
    categories = tuple(cast("Mapping[str, int]", told["by_category"]))
    leaks = cast("Mapping[str, int] | None", told.get("baseline"))
    done = replace(
        report.summarised(asked, categories, tally, known.Known()),
        leaks=leaks["leaks"] if leaks else None,
        expired=tuple(cast("Sequence[str]", told["expired"])),
        unused=tuple(
            entry
            for entry in cast("Sequence[str]", told["unused"])
            if all(entry in cast("Sequence[str]", part.told["unused"]) for part in parts)
        ),
    )
    more = {name: told[name] for name in ("manner", "sources")}
    left_out = _write_beside(asked, done, parts[0].line.whole, more, part)
    state.place(part, out)
    return replace(done, left_out=left_out)


def _named(file: str, item: logs.Item) -> str:
    """Return what the file of an item is called: in an archive `archive!member`."""
    return f"{file}!{item.member}" if item.member else file


class Judge:
    """Judges batches with one detector. The same batch always gives the same findings."""

    def __init__(self, detector: Detector, asked: Scan) -> None:
        """Take a detector that is open."""
        self._detector, self._asked = detector, asked

    def batch(
        self, task: _Task, items: Sequence[logs.Item], mark: logs.Mark, taken_bytes: int
    ) -> Judged:
        """Judge a batch of a task; `mark` lies behind it."""
        found, repeated = self.findings(task.source.name, items)
        rows = Counter(_named(task.source.name, one) for one in items)
        return Judged(task.at, mark, found, repeated, rows, taken_bytes)

    def findings(self, file: str, items: Sequence[logs.Item]) -> tuple[list[Found], int]:
        """Return what is to be written of `items`, in their order, and how many were repeated.

        Equal contents are asked once: what differs between two rows is then only where they stand.
        """
        rows = [item for item in items if isinstance(item, logs.Row)]
        contents = dict.fromkeys(row.content for row in rows)
        asked = self._detector.suspects(contents)
        said = dict(zip(asked, self._detector.judge(asked), strict=True)) if asked else {}
        leaks = self._leaks(said) if self._asked.keys else {}
        found: list[Found] = []
        for item in items:
            place = (_named(file, item), item.row, item.part)
            if isinstance(item, logs.Unread):
                found.append(Found(*place, reason=item.reason.value))
                continue
            found += [Found(*place, reason=why.value) for why in item.lost]
            verdicts = said.get(item.content)
            if verdicts is None:
                continue  # nothing, for sure
            if all(one.is_sensitive is None for one in verdicts.values()):
                found.append(Found(*place, reason=state.NO_VERDICT))
                continue
            for name, one in verdicts.items():
                if one.is_sensitive is None:
                    found.append(Found(*place, name, reason=state.NO_VERDICT))
                elif one.is_sensitive or one.unsure:
                    found.append(
                        self._finding(place[0], item, one, leaks.get((name, item.content), ()))
                    )
        return found, len(rows) - len(contents)

    def _finding(
        self, file: str, row: logs.Row, said: Detection, keys: tuple[logs.Pair, ...]
    ) -> Found:
        """Return a finding; where no pair leaked alone, the part or the column stands for a key."""
        whole = row.part or self._asked.manner.column
        content, reference = row.content, None
        if key := self._asked.reference_key:
            text = content.encode("utf-8", "surrogatepass")
            reference = hashlib.blake2b(text, digest_size=_REFERENCE_BYTES, key=key).hexdigest()
        leaked = keys or ((logs.Pair(whole, state.WHOLE, ""),) if whole else ())
        # no file of ours can hold a lone surrogate
        shown = content.encode("utf-8", "replace").decode() if self._asked.show_values else None
        return Found(
            file,
            row.row,
            row.part,
            said.category,
            said.p_sensitive,
            said.decided_by,
            leaked,
            reference,
            content=shown,
            verdict=said.is_sensitive is True,
            unsure=said.unsure,
            shapes=tuple(map(known.shape, leaked)),
        )

    def _leaks(
        self, said: Mapping[str, Mapping[str, Detection]]
    ) -> dict[tuple[str, str], tuple[logs.Pair, ...]]:
        """Return the pairs that are positive alone, by (category, content)."""
        suspects = [
            (name, content)
            for content, verdicts in said.items()
            for name, one in verdicts.items()
            if one.is_sensitive
        ]
        pairs = {content: logs.pairs(content) for content in dict.fromkeys(c for _, c in suspects)}
        asked = list(
            dict.fromkeys(
                (name, pair.text) for name, content in suspects for pair in pairs[content]
            )
        )
        answers = self._detector.verdicts(asked) if asked else []
        positive = {each for each, one in zip(asked, answers, strict=True) if one.is_sensitive}
        return {
            (name, content): _innermost(
                pairs[content], [(name, pair.text) in positive for pair in pairs[content]]
            )
            for name, content in suspects
        }


def _innermost(pairs: Sequence[logs.Pair], leaked: Sequence[bool]) -> tuple[logs.Pair, ...]:
    """Return the pairs that leaked, without those in whose value another one did."""
    outer = {pair.within for pair, leaks in zip(pairs, leaked, strict=True) if leaks}
    while grown := {pairs[at].within for at in outer if at >= 0} - outer:
        outer |= grown
    return tuple(
        pair
        for at, (pair, leaks) in enumerate(zip(pairs, leaked, strict=True))
        if leaks and at not in outer
    )
