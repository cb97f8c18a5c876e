"""Scan: files in, findings out; judged in batches, resumable at any point, in constant memory.

A row goes one way: `logs` gives it out of a file, `Judge` asks a batch of them, then the pairs of
the positive ones; what was found is written to the `Journal` and counted in the `Tally`.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import orjson

from piiforge import __version__, files, logs, predict, prompt
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.predict import Detection, Detector
from piiforge.scan import report, state
from piiforge.scan.report import Scanned
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
        return report.summarised(
            asked, names, Tally.read(told["tally"], state.summary_of(asked.out))
        )
    with predict.load(
        asked.system,
        categories=asked.categories,
        calibration=asked.calibration,
        prefilter=asked.prefilter,
        choices=asked.choices,
    ) as detector:
        first: tuple[report.Sight, ...] = ()
        before, began = journal.state.tally.total.rows, time.perf_counter()
        with journal:
            if not journal.state.done:
                first = _scan(asked, sources, Judge(detector, asked), journal, progress)
            journal.end()
        took_s = time.perf_counter() - began
    new = journal.state.tally.total.rows - before
    speed = round(new / took_s, 3) if new and took_s > 0 else None
    done = report.summarised(asked, detector.categories, journal.state.tally, speed, first)
    _finish(asked, done, journal, key)
    return done


def _check(asked: Scan, *, resume: bool, force: bool) -> None:
    if asked.out.suffix not in SUFFIXES:
        raise AskedWrongly(f"--out {asked.out} is neither JSONL nor Parquet.", "End it so.")
    if len(asked.reference_key) > hashlib.blake2b.MAX_KEY_SIZE:
        raise AskedWrongly("the reference key is over 64 bytes.", "Use 32 random bytes.")
    logs.check_encoding(asked.manner.encoding)
    for path in asked.emit.values():
        if path.exists() and not (resume or force):
            raise FolderExists(path)


def _written(asked: Scan) -> list[Path]:
    """Return every file that a scan to this output writes: none of them is scanned."""
    growing = [asked.out.with_name(f"{asked.out.name}{end}") for end in (".part", ".part.json")]
    beside = [report.report_of(asked.out), state.summary_of(asked.out)]
    return [asked.out, *growing, *beside, *asked.emit.values()]


def _hash(asked: Scan, sources: Sequence[logs.Source]) -> str:
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
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _scan(
    asked: Scan,
    sources: Sequence[logs.Source],
    judge: "Judge",
    journal: Journal,
    progress: Progress | None,
) -> tuple[report.Sight, ...]:
    """Scan what comes after the journal's state; return its first findings, masked."""
    sights: tuple[report.Sight, ...] = ()
    first, tally, part_bytes = journal.state.file, journal.state.tally, journal.state.part_bytes
    passed = sum(source.size_bytes for source in sources[:first])
    unknown = any(source.path is None for source in sources)
    every = 0 if unknown else sum(source.size_bytes for source in sources)
    for at, source in enumerate(sources[first:], first):
        mark = journal.state.mark
        with logs.Log(source, asked.manner) as log:
            items = log.items(mark)
            while batch := list(islice(items, asked.rows_at_once)):
                found, repeated = judge.findings(source.name, batch)
                sights = report.sights(found, sights, report.FIRST)
                part_bytes = journal.add(found)
                for name, rows in Counter(_named(source.name, one) for one in batch).items():
                    tally.see(name, rows)
                tally.repeated += repeated
                tally.add(found)
                mark = log.after(mark, batch[-1], len(batch))
                journal.reached(State(at, mark, part_bytes, False, tally))
                if progress:
                    total, done = tally.total, passed + log.taken_bytes()
                    counts = total.rows, total.findings, total.unscanned
                    progress(Moved(source.name, *counts, done, every))
        if not mark.items:
            tally.see(source.name, 0)  # read, and empty; an archive is told by its members
        journal.reached(State(at + 1, logs.Mark(), part_bytes, False, tally))
        passed += source.size_bytes
    return sights


def _finish(asked: Scan, done: Scanned, journal: Journal, key: str) -> None:
    """Write what stands beside the findings, then put them in their place."""
    done.report.write_text(report.render(done, asked), encoding="utf-8")
    counts = done.by_key()
    for kind, path in asked.emit.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report.KINDS[kind](counts), encoding="utf-8")
    kept: Mapping[str, object] = {
        "asked": key,
        "piiforge": __version__,
        **{name: value for name, value in done.record().items() if name != "rows_per_s"},
        "tally": done.tally.record(),
    }
    files.write_json(state.summary_of(asked.out), kept)
    if journal.part.exists():
        state.place(journal.part, asked.out)
    journal.forget()


def _named(file: str, item: logs.Item) -> str:
    """Return what the file of an item is called: in an archive `archive!member`."""
    return f"{file}!{item.member}" if item.member else file


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
        # no file of ours can hold a lone surrogate
        shown = content.encode("utf-8", "replace").decode() if self._asked.show_values else None
        return Found(
            file,
            row.row,
            row.part,
            said.category,
            said.p_sensitive,
            said.decided_by,
            keys or ((logs.Pair(whole, state.WHOLE, ""),) if whole else ()),
            reference,
            content=shown,
            verdict=said.is_sensitive is True,
            unsure=said.unsure,
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
