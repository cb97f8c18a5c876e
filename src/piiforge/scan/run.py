"""Scan: files in, findings out; judged in batches, resumable at any point, in constant memory."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import cast

import orjson

from piiforge import __version__, files, logs, predict, prompt
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.predict import Detection, Detector, load
from piiforge.scan.report import Scanned, emits, render, report_of, summarised, write_settings
from piiforge.scan.state import (
    NO_VERDICT,
    WHOLE,
    Found,
    Journal,
    Scan,
    State,
    Tally,
    place,
    summary_of,
)

# A batch of rows in, its findings out: rows are judged, then the pairs of positive ones.


_REFERENCE_BYTES = 16


class Judge:
    """Judges batches with one detector. The same batch always gives the same findings."""

    def __init__(self, detector: Detector, asked: Scan) -> None:
        """Take a detector that is open."""
        self._detector, self._asked = detector, asked

    def findings(self, file: str, items: Sequence[logs.Item]) -> tuple[list[Found], int]:
        """Return what is to be written of `items`, in their order, and how many were repeated.

        Equal contents are asked once: what differs between two rows is then only where they stand.
        """
        rows = [item for item in items if isinstance(item, logs.Row)]
        contents = list(dict.fromkeys(row.content for row in rows))
        said = dict(zip(contents, self._detector.judge(contents), strict=True)) if contents else {}
        leaks = self._leaks(said) if self._asked.keys else {}
        found: list[Found] = []
        for item in items:
            if isinstance(item, logs.Unread):
                reason = item.reason.value
                found.append(Found(file, item.row, item.part, reason=reason))
            else:
                found += self._of_row(file, item, said[item.content], leaks)
        return found, len(rows) - len(contents)

    def _of_row(
        self,
        file: str,
        row: logs.Row,
        said: Mapping[str, Detection],
        leaks: Mapping[tuple[str, str], tuple[logs.Pair, ...]],
    ) -> list[Found]:
        silent = [name for name, one in said.items() if one.is_sensitive is None]
        if len(silent) == len(said):
            return [Found(file, row.row, row.part, reason=NO_VERDICT)]
        found: list[Found] = []
        for name, one in said.items():
            if one.is_sensitive is None:
                found.append(Found(file, row.row, row.part, name, reason=NO_VERDICT))
            elif one.is_sensitive:
                keys = leaks.get((name, row.content), ()) or self._whole(row)
                found.append(self._finding(file, row, one, keys))
        return found

    def _finding(
        self, file: str, row: logs.Row, said: Detection, keys: tuple[logs.Pair, ...]
    ) -> Found:
        return Found(
            file,
            row.row,
            row.part,
            said.category,
            said.p_sensitive,
            said.decided_by,
            keys,
            self._reference(row.content),
            content=_encodable(row.content) if self._asked.show_values else None,
        )

    def _whole(self, row: logs.Row) -> tuple[logs.Pair, ...]:
        """Return what stands for the key where no pair leaked alone: the part or the column."""
        name = row.part or self._asked.manner.column
        return (logs.Pair(name, WHOLE, ""),) if name else ()

    def _reference(self, content: str) -> str | None:
        key = self._asked.reference_key
        if not key:
            return None
        text = content.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=_REFERENCE_BYTES, key=key).hexdigest()

    def _leaks(
        self, said: Mapping[str, Mapping[str, Detection]]
    ) -> dict[tuple[str, str], tuple[logs.Pair, ...]]:
        """Return the pairs that are positive alone, by (category, content)."""
        parts = {
            content: logs.pairs(content)
            for content, verdicts in said.items()
            if any(one.is_sensitive for one in verdicts.values())
        }
        asked = list(
            dict.fromkeys(
                (name, pair.text)
                for content, pairs in parts.items()
                for name, one in said[content].items()
                for pair in pairs
                if one.is_sensitive
            )
        )
        answers = self._detector.verdicts(asked) if asked else []
        positive = {each for each, one in zip(asked, answers, strict=True) if one.is_sensitive}
        return {
            (name, content): _innermost(pairs, [(name, pair.text) in positive for pair in pairs])
            for content, pairs in parts.items()
            for name in said[content]
        }


def _encodable(text: str) -> str:
    """Return `text` with its lone surrogates, which no file of ours can hold, as "?"."""
    return text.encode("utf-8", "replace").decode()


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


__all__ = ["Moved", "Progress", "Scan", "Scanned", "emits", "run"]
SUFFIXES = (".jsonl", ".parquet")


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


def run(
    asked: Scan, *, resume: bool = False, force: bool = False, progress: Progress | None = None
) -> Scanned:
    """Judge every row of `asked.paths`; write the findings, their summary and a report.

    `asked.out` comes into being when all is done; until then the findings lie in `asked.out`.part,
    and `resume` goes on from there. A row that can't be read or judged is written as unscanned.

    Raises:
        AskedWrongly: a path or option that can't be, an unfinished scan, or one asked otherwise.
        UnknownName: no such system, category or kind of settings.
        FolderExists: something is in the place of the output, and force is not set.
        MissingExtra: what the system needs is not installed.
    """
    _check(asked, resume=resume, force=force)
    sources = logs.find(asked.paths, but=_written(asked))
    key = _hash(asked, sources)
    journal = Journal(asked.out, key, resume=resume, force=force)
    told = journal.finished() if resume and not force else None
    if told is not None:
        names = tuple(cast("Mapping[str, int]", told["by_category"]))
        return summarised(asked, names, Tally.read(cast("Mapping[str, object]", told["tally"])))
    with _opened(asked) as detector:
        names = detector.categories
        before = journal.state.tally.total.rows
        began = time.perf_counter()
        with journal:
            passed = list(accumulate((each.size_bytes for each in sources), initial=0))
            judge = Judge(detector, asked)
            going = _Going(asked, sources, judge, journal, progress or _silent, passed)
            if not journal.state.done:
                going.on()
            journal.end()
        took_s = time.perf_counter() - began
    new = journal.state.tally.total.rows - before
    speed = round(new / took_s, 3) if new and took_s > 0 else None
    done = summarised(asked, names, journal.state.tally, speed)
    _finish(asked, done, journal, key)
    return done


@dataclass(frozen=True, slots=True)
class _Going:
    """One detector over the files that are left. `passed` bytes stand before each, and in all."""

    asked: Scan
    sources: Sequence[logs.Source]
    judge: Judge
    journal: Journal
    progress: Progress
    passed: Sequence[int]

    def on(self) -> None:
        """Scan what comes after the journal's state."""
        state = self.journal.state
        for at in range(state.file, len(self.sources)):
            self._file(at, state.mark if at == state.file else logs.Mark())

    def _file(self, at: int, mark: logs.Mark) -> None:
        source, tally = self.sources[at], self.journal.state.tally
        tally.see(source.name, 0, 0)
        part_bytes = self.journal.state.part_bytes
        with logs.Log(source, self.asked.manner) as log:
            items = log.items(mark)
            while batch := list(islice(items, self.asked.rows_at_once)):
                found, repeated = self.judge.findings(source.name, batch)
                part_bytes = self.journal.add(found)
                tally.see(source.name, len(batch), repeated)
                tally.add(found)
                mark = log.after(mark, batch[-1], len(batch))
                self.journal.reached(State(at, mark, part_bytes, False, tally))
                self._tell(at, log.taken_bytes())
        self.journal.reached(State(at + 1, logs.Mark(), part_bytes, False, tally))

    def _tell(self, at: int, taken_bytes: int) -> None:
        total = self.journal.state.tally.total
        self.progress(
            Moved(
                self.sources[at].name,
                total.rows,
                total.findings,
                total.unscanned,
                self.passed[at] + taken_bytes,
                0 if any(source.path is None for source in self.sources) else self.passed[-1],
            )
        )


def _silent(_moved: Moved) -> None:
    return None


def _check(asked: Scan, *, resume: bool, force: bool) -> None:
    if asked.out.suffix not in SUFFIXES:
        raise AskedWrongly(f"--out {asked.out} is neither JSONL nor Parquet.", "End it so.")
    if len(asked.reference_key) > hashlib.blake2b.MAX_KEY_SIZE:
        raise AskedWrongly("the reference key is over 64 bytes.", "Use 32 random bytes.")
    logs.check_encoding(asked.manner.encoding)
    for path in asked.emit.values():
        if path.exists() and not (resume or force):
            raise FolderExists(path)


def _opened(asked: Scan) -> predict.Detector:
    return load(
        asked.system,
        categories=asked.categories,
        calibration=asked.calibration,
        prefilter=asked.prefilter,
    )


def _written(asked: Scan) -> list[Path]:
    """Return every file that a scan to this output writes: none of them is scanned."""
    part = asked.out.with_name(f"{asked.out.name}.part")
    state = asked.out.with_name(f"{asked.out.name}.part.json")
    beside = [part, state, report_of(asked.out), summary_of(asked.out)]
    return [asked.out, *beside, *asked.emit.values()]


def _finish(asked: Scan, done: Scanned, journal: Journal, key: str) -> None:
    """Write what stands beside the findings, then put them in their place."""
    done.report.write_text(render(done, asked), encoding="utf-8")
    write_settings(done)
    kept: Mapping[str, object] = {
        "asked": key,
        "piiforge": __version__,
        **{name: value for name, value in done.record().items() if name != "rows_per_s"},
        "tally": done.tally.record(),
    }
    files.write_json(summary_of(asked.out), kept)
    if journal.part.exists():
        place(journal.part, asked.out)
    journal.forget()


def _hash(asked: Scan, sources: Sequence[logs.Source]) -> str:
    """Return a hash that is equal where findings of two runs may stand in one file."""
    told: Mapping[str, object] = {
        "system": asked.system,
        "weights": _weights(asked.system),
        "prompt": prompt.VERSION,
        "categories": asked.categories,
        "manner": asdict(asked.manner),
        "batch": asked.rows_at_once,
        "keys": asked.keys,
        "prefilter": asked.prefilter,
        "show_values": asked.show_values,
        "reference": hashlib.sha256(asked.reference_key).hexdigest() if asked.reference_key else "",
        "calibration": files.sha256(asked.calibration) if asked.calibration else "",
        "out": asked.out.suffix,
        "sources": [(each.name, each.size_bytes, each.changed_ns) for each in sources],
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _weights(system: str) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files behind a system: made anew it is another one."""
    kind, _, name = system.partition(":")
    if kind not in {"pack", "local"}:
        return []
    files = sorted(path for path in Path(name).glob("*") if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
