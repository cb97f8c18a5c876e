"""The build: plan, compose, check, make up for what was dropped, prove, export.

`asked = kept + dropped` holds at every step; what gates drop is drawn again from the same spec, so
that the asked counts are met exactly. Specs are composed in blocks by one process or several. The
random state of a block comes from its first spec's number and the attempt, so that the rows are the
same for any number of workers and any order in which blocks come back.

In this order: a build from a recipe to a folder; a second round's data; the stages as steps over
files, for who wants to look or step in between; short accounts for the command line.
"""

import math
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from html import escape
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, TypeVar, cast

import numpy as np

from piiforge import __version__, categories, checks, compose, files
from piiforge.build import croissant, folder, report
from piiforge.build.card import card
from piiforge.build.order import (
    additions_to,
    coverage_of,
    descriptions_of,
    frames_of,
    inputs_of,
    plan_of,
    plugins_of,
    refuse_absent,
    weights_of,
)
from piiforge.compose import Spec
from piiforge.errors import AskedWrongly, GateFailed, QuotaUnmet, VerifyFailed
from piiforge.recipe import Recipe, make
from piiforge.rng import child, digest
from piiforge.types import SPLITS, TEST, TRAIN, VAL, Dropped, Example, Progress, silent

BLOCK = 128
_BIN = 32  # tokens
_FRAME_ATTEMPTS = 1
_ROUNDED = 0.0051  # what a figure may differ by on another machine
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


@dataclass(slots=True, repr=False)
class Built:
    """A finished set: rows in file order, what was dropped, and what the gates measured.

    `sizes` are rows by their tokens, as far as they were counted when rows were made. `certificate`
    and `measured` are parts of the manifest, once the set is judged. `added` are the ids of rows
    that mined cells asked for beside the plan: they lean towards mistakes by design, so that gates
    are held against the others.
    """

    rows: list[Example]
    dropped: list[Dropped]
    review: list[str]
    probes: tuple[checks.Probe, ...] = ()
    twins: tuple[checks.whole_set.Twins, ...] = ()
    sizes: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    certificate: dict[str, object] = field(default_factory=dict)
    measured: dict[str, object] = field(default_factory=dict)
    added: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        found = [f"{count:,} {name}" for name, count in _counted(self)[0].items()]
        return f"<Built: {', '.join(found) or 'no rows'}; {len(self.dropped):,} dropped>"

    def _repr_html_(self) -> str:
        """Show the set in a notebook: rows of each split, and why rows were dropped."""
        told = {**_counted(self)[0], **{f"dropped: {k}": n for k, n in self.reasons.items()}}
        cells = "".join(f"<tr><th>{escape(k)}</th><td>{n:,}</td></tr>" for k, n in told.items())
        return f"<table>{cells}</table>"

    @property
    def planned(self) -> list[Example]:
        """The rows of the plan itself."""
        return [row for row in self.rows if row.id not in self.added] if self.added else self.rows

    @property
    def asked(self) -> int:
        """How many rows were composed in all: kept and dropped."""
        return len(self.rows) + len(self.dropped)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows each check dropped, the commonest first."""
        return dict(Counter(dropped.reason for dropped in self.dropped).most_common())


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one spec: its rows, and the reason against them, "" where there is none."""

    spec: compose.Spec
    rows: tuple[Example, ...]
    reason: str = ""
    detail: str = ""
    review: tuple[str, ...] = ()  # ids of rows that an eye should see
    tokens: tuple[int, ...] = ()  # of each row, if there is no reason


@dataclass(frozen=True, slots=True)
class Job:
    """One block of specs to be made, at the given attempt."""

    attempt: int
    specs: tuple[compose.Spec, ...]


Makers = Callable[[Sequence[Job]], Iterator[list[Made]]]  # results in the order of the jobs


def build(
    recipe: Recipe, out: Path, *, workers: int = 0, force: bool = False, progress: Progress = silent
) -> Built:
    """Build the recipe's data set into `out`, whole or not at all.

    Raises:
        FolderExists: `out` is there and `force` is not set.
        QuotaUnmet: the counts can't be met.
        GateFailed: the set as a whole breaks a bound; says which overrides would do, and leaves
            its report beside `out`.
    """
    files.refuse_folder(out, force=force)
    progress("plan", 0, 1)
    specs = plan_of(recipe)
    more = additions_to(specs, recipe)
    with makers(recipe, workers) as make:
        built = make_rows(recipe, specs, make, progress, more)
    judge(built, recipe, progress, workers)
    if built.problems:
        page = leave_report(out, built, recipe)
        raise GateFailed(
            "The set was not written: " + "; ".join(built.problems) + ".",
            f"{would_do(built, recipe)} Its report is {page}.",
        )
    export(out, built, recipe, force=force, progress=progress)
    return built


@contextmanager
def makers(recipe: Recipe, workers: int) -> Iterator[Makers]:
    """Give what makes jobs with `workers` processes; 0 means one a core."""
    checks.row.counter(recipe.tokenizer)  # what is lacking is told here, not by a dead worker
    with _at_work(workers, _making, recipe) as make:

        def begun(jobs: Sequence[Job]) -> Iterator[list[Made]]:
            made = make(jobs)
            checks.probes.load()  # until the first of them is made, this process has time
            return made

        yield begun


def _making(recipe: Recipe) -> Callable[[Job], list["Made"]]:
    return Maker(recipe).make


@contextmanager
def _at_work(
    workers: int, load: Callable[..., Callable[[_Asked], _Answer]], *args: object
) -> Iterator[Callable[[Iterable[_Asked]], Iterator[_Answer]]]:
    """Give a map over `workers` processes, 0 for one a core, by what `load(*args)` returns there.

    Where processes are forked, they share what `args` hold instead of being sent it.
    """
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield partial(map, load(*args))
        return
    with ProcessPoolExecutor(count, initializer=_start, initargs=(load, args)) as pool:
        try:
            yield partial(pool.map, _work)
        except BrokenProcessPool as error:
            hint = "Free some memory or use --workers 1."
            raise GateFailed("a worker process was killed.", hint) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


_here: list[Callable[[Any], Any]] = []


def _start(load: Callable[..., Callable[[Any], Any]], args: Sequence[object]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()
    _here.append(load(*args))


def _end_with_parent() -> None:
    """Leave where the parent was killed: its queues stay open, so nothing else would tell."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(asked: Any) -> Any:  # noqa: ANN401 (what is asked and told is the loaded one's)
    return _here[0](asked)


class Maker:
    """Makes jobs for one recipe. Holds what is loaded once a process."""

    def __init__(self, recipe: Recipe) -> None:
        self._seed, frames = recipe.seed, frames_of(recipe)
        self._composers = {
            split: compose.Composer(
                compose.make_pool(split, recipe.seed, frames),
                recipe.switches,
                recipe.seed,
                recipe.limits.content,
            )
            for split in SPLITS
        }
        self.inspector = checks.Inspector(
            categories.descriptions(),
            max_tokens=recipe.limits.tokens,
            tokenizer=recipe.tokenizer,
            switches=recipe.switches,
        )

    def compose(self, job: Job) -> list[Made]:
        """Compose every spec of a job, unchecked."""
        rng = child(self._seed, "rows", job.attempt, job.specs[0].number)
        return [Made(spec, self._composers[spec.split].compose(spec, rng)) for spec in job.specs]

    def make_one(self, spec: Spec, rng: Random) -> Made:
        """Compose and inspect one spec by itself."""
        return self.inspect(Made(spec, self._composers[spec.split].compose(spec, rng)))

    def make(self, job: Job) -> list[Made]:
        """Compose and inspect every spec of a job. Twins fall together."""
        return [self.inspect(made) for made in self.compose(job)]

    def inspect(self, made: Made) -> Made:
        """Return `made` with the first reason against one of its rows, else with its reviews."""
        review, tokens = list[str](), list[int]()
        for row in made.rows:
            seen = self.inspector.inspect(row)
            if seen.reason:
                return replace(made, reason=seen.reason, detail=seen.detail)
            if seen.review:
                review.append(row.id)
            tokens.append(seen.tokens)
        return replace(made, review=tuple(review), tokens=tuple(tokens))


def make_rows(
    recipe: Recipe,
    specs: Sequence[compose.Spec],
    make: Makers,
    progress: Progress = silent,
    more: Sequence[compose.Spec] = (),
    known: Sequence[Example] = (),
) -> Built:
    """Compose `specs` and check each row, again and again until every spec has passed; then `more`.

    What `more` adds changes no row of `specs`: a test set stays what it was. No row repeats one of
    `known` or leaks into its splits; those are not among the rows returned.

    Raises:
        QuotaUnmet: a spec failed in every one of `limits.tries` attempts; says which and why.
    """
    total = sum(spec.rows for spec in (*specs, *more))
    sieve = _Sieve(known)
    planned = 0
    for part in (specs, more):
        planned = len(sieve.kept)
        waiting, failed = list(part), list[Made]()
        for attempt in range(recipe.limits.tries):
            failed = []
            for batch in make(jobs(waiting, attempt)):
                failed += sieve.sift(batch)
                progress("compose", len(sieve.kept), total)
            # the next sentence in turn: one that no check lets through would fail every time
            waiting = [replace(made.spec, turn=made.spec.turn + 1) for made in failed]
            if attempt >= _FRAME_ATTEMPTS:  # what its seed or written line can't carry: the rules
                waiting = [replace(spec, frame="") for spec in waiting]
            if not waiting:
                break
        if failed:
            spec, last = failed[0].spec, failed[0]
            cell = f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind}"
            why = f"{len(failed)} rows failed {recipe.limits.tries} times, this one at"
            hint = "Raise limits.tries or drop the variant."
            raise QuotaUnmet(cell, f"{why} {last.reason} ({last.detail})", hint)
    added = frozenset(row.id for row in sieve.kept[planned:]) if specs else frozenset[str]()
    kept = folder.ordered(sieve.kept)
    return Built(kept, sieve.dropped, sieve.review, sizes=sieve.sizes, added=added)


def jobs(specs: Sequence[compose.Spec], attempt: int) -> list[Job]:
    """Cut specs, in order, into jobs."""
    return [Job(attempt, tuple(specs[at : at + BLOCK])) for at in range(0, len(specs), BLOCK)]


class _Sieve:
    """Keeps what passes the checks over rows, in the order of the specs."""

    def __init__(self, known: Sequence[Example]) -> None:
        self.kept: list[Example] = []
        self.dropped: list[Dropped] = []
        self.review: list[str] = []
        self.sizes = Counter[int]()
        self._seen, self._fence = checks.Seen(), folder.Fence()
        for rows in folder.paired(known):
            self._fence.leak(rows)
            self._seen.repeats(rows)

    def sift(self, batch: Sequence[Made]) -> list[Made]:
        """Keep what may stay, note what may not, return the latter."""
        failed: list[Made] = []
        for made in batch:
            reason, detail = made.reason, made.detail
            if not reason and (detail := self._fence.leak(made.rows)):
                reason = "leak"
            if not reason and (detail := self._seen.repeats(made.rows)):
                reason = "duplicate"
            if reason:
                failed.append(replace(made, reason=reason, detail=detail))
                self.dropped += [Dropped(row, reason, detail) for row in made.rows]
            else:
                self.kept += made.rows
                self.review += made.review
                self.sizes.update(made.tokens)
        return failed


def judge(built: Built, recipe: Recipe, progress: Progress = silent, workers: int = 1) -> None:
    """Measure the set as a whole and note which bounds it breaks.

    `workers` processes fit the probes while all else is counted here.
    """
    rows = built.planned
    train, test = ([row for row in rows if row.split == name] for name in (TRAIN, TEST))
    with _at_work(workers, partial, checks.probes.fitted, train, test) as probe:
        probes = probe(checks.probes.NAMES if test else ())
        progress("measure", 0, 1)
        built.problems = checks.whole_set.problems(rows, bounds_of(recipe))
        built.twins = checks.whole_set.twins(rows, recipe.twins)
        built.certificate = folder.certify(built.rows)
        if built.sizes.total() != len(built.rows):
            built.sizes = _sizes(built.rows, recipe)
        covered = coverage_of(built.rows, recipe)
        built.probes = checks.probes.told(probes, progress)
    built.measured = _measured(built, recipe, covered)
    built.problems += Measures(built.probes, built.twins, len(test)).problems(recipe)
    if not built.certificate["clean"]:
        built.problems.append("something stands in two splits")


def _sizes(rows: Sequence[Example], recipe: Recipe) -> Counter[int]:
    counter, told = checks.row.counter(recipe.tokenizer), categories.descriptions()
    return Counter(checks.row.tokens_of(row, counter, told[row.category]) for row in rows)


def _measured(built: Built, recipe: Recipe, covered: compose.Coverage) -> dict[str, object]:
    """Return the measured part of the manifest: gates, diversity, coverage, lengths."""
    distinct, top, families = checks.whole_set.diversity(built.rows)
    return {
        "descriptions": descriptions_of(recipe),
        "asked": built.asked,
        "dropped": built.reasons,
        "gates": {
            "probes": probes_told(built.probes),
            "distinct_skeletons": round(distinct, 4),
            "top_ten_skeletons": round(top, 4),
            "families": families,
            "review": len(built.review),
            "twins": twins_told(built.twins),
        },
        "coverage": coverage_told(covered),
        "tokens": lengths_told(built.sizes, recipe),
    }


def bounds_of(recipe: Recipe) -> checks.Bounds:
    """Return what the recipe promises of the whole set."""
    gates = recipe.gates
    return checks.Bounds(
        gates.per_disguise, gates.skeletons, gates.top_skeletons, gates.families, weights_of(recipe)
    )


def would_do(built: Built, recipe: Recipe) -> str:
    """Say under which overrides the set would pass, each bound moved no more than it must be."""
    rows = built.planned
    uneven = checks.whole_set.uneven(rows, weights_of(recipe))
    return moved(
        checks.whole_set.counted(rows),
        Measures(built.probes, built.twins, sum(row.split == TEST for row in rows)),
        recipe,
        fixed=bool(uneven) or not built.certificate["clean"],
    )


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of a set beside its counts. `asked` test rows were put to the probes."""

    probes: tuple[checks.Probe, ...]
    twins: tuple[checks.whole_set.Twins, ...]
    asked: int

    def problems(self, recipe: Recipe) -> list[str]:
        """Return one sentence for each gate of the recipe that they break."""
        gates = recipe.gates
        told = "the probe {} reaches {:.2f}, over {:.2f}"
        return [
            told.format(one.name, one.pooled, getattr(gates, checks.probes.BOUNDED[one.name]))
            for one in checks.probes.over(self.probes, gates.model_dump(), self.asked)
        ] + [
            f"{one.split}: {one.pairs} pairs of twins, under {gates.twins:.0%} of the {one.asked} "
            "asked"
            for one in self.twins
            if one.kept is not None and one.kept < gates.twins
        ]


def moved(
    found: checks.whole_set.Counted, measures: Measures, recipe: Recipe, *, fixed: bool
) -> str:
    """Say the same of a set so counted and measured; `fixed`: something is off that none moves."""
    bounds = recipe.gates.model_dump()
    most = {"top_skeletons": found.top}
    for one in checks.probes.over(measures.probes, bounds, measures.asked):
        field = checks.probes.BOUNDED[one.name]
        most[field] = max(most.get(field, 0.0), one.pooled)
    kept = [one.kept for one in measures.twins if one.kept is not None]
    counts = {"families": found.families, "per_disguise": min(found.disguises.values(), default=0)}
    least = {"skeletons": found.distinct, "twins": min(kept, default=1.0)}
    moved = {name: math.ceil(100 * found) / 100 for name, found in most.items()
             if found > bounds[name]}  # fmt: skip
    moved |= {name: math.floor(100 * found) / 100 for name, found in least.items()
              if found < bounds[name]}  # fmt: skip
    moved |= {name: found for name, found in counts.items() if found < bounds[name]}
    words = " ".join(f"gates.{name}={bound:g}" for name, bound in moved.items())
    if not words:
        return "Change the shares or ask for more rows."
    rest = "; change the shares or ask for more rows for the rest" if fixed else ""
    return f"It would pass with {words}{rest}."


def leave_report(out: Path, built: Built, recipe: Recipe) -> Path:
    """Write the report of a set that failed its gates beside `out`, over that of the last one."""
    page = out.with_name(f"{out.name}.failed-report.html")
    known = report.Facts.model_validate(_facts(built, recipe))
    with files.draft(page) as part:
        part.write_text(report.render(built.rows, built.dropped, known), encoding="utf-8")
    return page


def _facts(built: Built, recipe: Recipe) -> dict[str, object]:
    """Return the manifest of a judged set, but for the files' hashes."""
    found = {**built.measured, "inputs": inputs_of(recipe), **plugins_of(recipe, built.rows)}
    tree = recipe.model_dump(mode="json")
    return folder.facts_of(built.rows, tree, built.certificate, found)


def export(
    out: Path, built: Built, recipe: Recipe, *, force: bool, progress: Progress = silent
) -> None:
    """Put the built folder in the place of `out`: every file, the manifest last."""
    rows, dropped, told = built.rows, built.dropped, categories.descriptions()
    facts = _facts(built, recipe)
    known = report.Facts.model_validate(facts)
    with files.folder(out, force=force) as place:
        progress("write", 0, 2)
        folder.write(
            place,
            rows,
            dropped,
            told,
            order=recipe.order,
            max_tokens=recipe.limits.tokens,
            form=recipe.format,
        )
        progress("report", 1, 2)
        page = report.render(rows, dropped, known)
        (place / "report.html").write_text(page, encoding="utf-8")
        (place / "README.md").write_text(card(rows, known), encoding="utf-8")
        files.write_json(place / croissant.FILE, croissant.told(place, known))
        folder.write_manifest(place, facts)
    progress("report", 2, 2)


def probes_told(probes: Sequence[checks.Probe]) -> dict[str, object]:
    """Return what probes reach, as the manifest tells it."""
    return {
        probe.name: {
            "pooled": round(probe.pooled, 4),
            "by_category": {
                name: None if share is None else round(share, 4)
                for name, share in probe.by_category.items()
            },
        }
        for probe in probes
    }


def twins_told(twins: Sequence[checks.whole_set.Twins]) -> dict[str, object]:
    """Return the pairs of each split, as the manifest tells them."""
    return {
        one.split: {
            "share": round(one.share, 4),
            "pairs": one.pairs,
            "asked": one.asked,
            "kept": None if one.kept is None else round(one.kept, 4),
        }
        for one in twins
    }


def coverage_told(covered: compose.Coverage) -> dict[str, object]:
    """Return the pairs of values that occur, as the manifest tells them."""
    return {
        "share": round(covered.share, 4),
        "pairs": {
            axes: {"there": covered.there[axes], "possible": possible}
            for axes, possible in covered.possible.items()
        },
    }


def lengths_told(sizes: Mapping[int, int], recipe: Recipe) -> dict[str, object]:
    """Return the distribution of tokens a row, prompt and answer together, from rows by size."""
    values = np.array(sorted(sizes) or [0])
    counts = np.repeat(values, [sizes.get(int(value), 1) for value in values])
    edges = np.arange(0, max(recipe.limits.tokens, int(counts.max())) + _BIN, _BIN)
    bins, _ = np.histogram(counts, edges)
    return {
        "counted_by": checks.row.counter(recipe.tokenizer).name,
        "median": int(np.median(counts)),
        "p95": int(np.percentile(counts, 95)),
        "max": int(counts.max()),
        "limit": recipe.limits.tokens,
        "histogram": np.column_stack((edges[:-1], edges[1:], bins)).tolist(),
    }


def build_again(
    recipe: Recipe,
    base: Path,
    out: Path,
    *,
    replay: float = 1.0,
    workers: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> Built:
    """Build into `out` the rows that `recipe.mined` asks for, beside the folder `base`.

    The data of a second round: new rows for what a model got wrong, none of which repeats a value
    or text of `base` or holds anything that stands in its validation or test rows, so that the same
    test set may judge both rounds. For each new row `replay` training rows of `base` come along,
    twins together, so that a second training does not unlearn the first. Validation rows are those
    of `base`; there are no test rows. Gates are measured, not enforced: the set is a supplement.

    Raises:
        AskedWrongly: the recipe names no mined file, or its cells add nothing.
    """
    files.refuse_folder(out, force=force)
    progress("plan", 0, 1)
    known = folder.read_rows(base)
    more = additions_to(plan_of(recipe), recipe)
    if not more:
        raise AskedWrongly("There is nothing to add.", "Set mined=FILE, from `piiforge mine`.")
    with makers(recipe, workers) as make:
        made = make_rows(recipe, (), make, progress, more, known)
    rows = [*made.rows, *_replayed(known, round(replay * len(made.rows)), recipe.seed)]
    rows += [row for row in known if row.split == VAL]
    built = Built(folder.ordered(rows), made.dropped, made.review)
    judge(built, recipe, progress, workers)
    export(out, built, recipe, force=force, progress=progress)
    return built


def _replayed(rows: list[Example], count: int, seed: int) -> list[Example]:
    """Return about `count` training rows, chosen by a digest of their ids, twins together."""
    train = [row for row in rows if row.split == TRAIN]
    order = sorted(train, key=lambda row: (digest(seed, "replay", row.twin_id or row.id), row.id))
    chosen = order[:count]
    last = chosen[-1].twin_id if chosen else ""
    return chosen + [row for row in order[count : count + 1] if last and row.twin_id == last]


def compose_file(
    recipe: Recipe, out: Path, *, force: bool = False, progress: Progress = silent
) -> int:
    """Compose the recipe's rows into one JSONL file, unchecked; return how many."""
    with files.draft(out, force=force) as part:
        progress("plan", 0, 1)
        specs = plan_of(recipe)
        more = additions_to(specs, recipe)
        maker, total = Maker(recipe), sum(spec.rows for spec in (*specs, *more))
        rows: list[Example] = []
        for job in (*jobs(specs, 0), *jobs(more, 0)):
            rows.extend(row for made in maker.compose(job) for row in made.rows)
            progress("rows", len(rows), total)
        return files.write(part, map(folder.to_record, rows))


def check_file(rows: Path, out: Path, *, max_tokens: int, force: bool = False) -> "Tally":
    """Check the rows of a file one by one and for duplicates; twins fall together."""
    files.refuse_folder(out, force=force)
    inspector = checks.Inspector(categories.descriptions(), max_tokens=max_tokens)
    seen = checks.Seen()
    kept: list[Example] = []
    dropped: list[Dropped] = []
    for group in folder.paired(folder.read(rows)):
        found = next((i for i in map(inspector.inspect, group) if i.reason), None)
        reason, detail = (found.reason, found.detail) if found else ("", seen.repeats(group))
        if reason or detail:
            dropped.extend(Dropped(row, reason or "duplicate", detail) for row in group)
        else:
            kept.extend(group)
    with files.folder(out, force=force) as place:
        files.write(place / "rows.jsonl", map(folder.to_record, kept))
        files.write(place / "dropped.jsonl", map(folder.dropped_record, dropped))
    return Tally(len(kept), len(dropped))


def split_file(rows: Path, out: Path, *, force: bool = False) -> "Tally":
    """Drop the rows of a file that stand in two splits; the first one read stays."""
    with files.draft(out, force=force) as part:
        fence, found = folder.Fence(), folder.read(rows)
        kept = [row for group in folder.paired(found) if not fence.leak(group) for row in group]
        files.write(part, map(folder.to_record, kept))
    return Tally(len(kept), len(found) - len(kept))


def export_file(rows: Path, recipe: Recipe, out: Path, *, force: bool = False) -> int:
    """Write the rows of a file as a built folder; gates are measured, not enforced."""
    files.refuse_folder(out, force=force)
    built = Built(folder.ordered(folder.read(rows)), [], [])
    judge(built, recipe)
    export(out, built, recipe, force=force)
    return len(built.rows)


def verify(place: Path) -> dict[str, object]:
    """Prove a built folder again: its files and rows, and the figures that its manifest tells.

    Figures are measured afresh where this version built the folder from a recipe without mined
    rows, except those that were counted while rows were made (`review`).

    Raises:
        AskedWrongly: not a built folder.
        VerifyFailed: names each file, row or figure and what is off.
    """
    found = folder.verify(place)
    manifest = files.read_json(place / files.MANIFEST)
    refuse_absent(place, manifest)
    if problems := list(_figures_off(place, manifest)):
        raise VerifyFailed(problems)
    return found


def doubted(place: Path) -> dict[str, str]:
    """Return the ids of the rows of a built folder that an eye should see, and why.

    They are those that the manifest counts as for review: labels that the reader can't follow.
    """
    manifest = files.read_json(place / files.MANIFEST)
    refuse_absent(place, manifest)
    recipe = make(cast("dict[str, object]", manifest["recipe"]), files.MANIFEST)
    inspector = Maker(recipe).inspector
    why = "the reader can't follow the label"
    return {row.id: why for row in folder.read_rows(place) if inspector.inspect(row).review}


def _figures_off(place: Path, manifest: Mapping[str, object]) -> Iterator[str]:
    """Yield where a figure of the manifest is not what its rows give today."""
    tree = manifest.get("recipe")
    if manifest.get("piiforge") != __version__ or not isinstance(tree, dict) or tree.get("mined"):
        return
    if tree.get("tokenizer") and not Path(str(tree["tokenizer"])).is_file():
        return
    built = Built(folder.read_rows(place), [], [])
    recipe = make(tree, files.MANIFEST)
    judge(built, recipe)
    for name in ("descriptions", "gates", "coverage", "tokens"):
        for path in differences(name, manifest.get(name), built.measured[name]):
            if path != "gates.review":
                yield f"{files.MANIFEST}: {path} is not what the rows give"


def differences(path: str, told: object, found: object) -> Iterator[str]:
    """Yield the paths at which two trees of JSON differ; floats by more than rounding may do."""
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys((*told, *found)):
            yield from differences(f"{path}.{name}", told.get(name), found.get(name))
    elif isinstance(told, float) and isinstance(found, float):
        if not math.isclose(told, found, abs_tol=_ROUNDED):
            yield path
    elif told != found:
        yield path


def write_report(built: Path, page: Path, *, force: bool = False) -> None:
    """Write the report of a built folder to `page`.

    Raises:
        AskedWrongly, BadRecord: no built folder, or its manifest or dropped rows are off.
    """
    with files.draft(page, force=force) as part:
        manifest = built / files.MANIFEST
        facts = files.parsed(files.read_json(manifest), report.Facts, manifest)
        rows, dropped = folder.read_rows(built), folder.read_dropped(built / "dropped.jsonl")
        part.write_text(report.render(rows, dropped, facts), encoding="utf-8")


def summary(built: Built, out: Path) -> dict[str, object]:
    """Return what a build came to, as one JSON object."""
    rows, sources = _counted(built)
    return {"out": str(out), "rows": rows, "sources": sources, **built.measured}


def summary_text(built: Built, out: Path) -> str:
    """Return the same in a few lines."""
    gates = report.Measured.model_validate(built.measured["gates"])
    covered = report.Covered.model_validate(built.measured["coverage"])
    splits, sources = _counted(built)
    rows = ", ".join(f"{count} {name}" for name, count in splits.items())
    total = len(built.rows)
    shares = ", ".join(f"{name} {count / total:.0%}" for name, count in sources.items())
    reasons = ", ".join(f"{name} {count}" for name, count in built.reasons.items()) or "none"
    twins = ", ".join(f"{name} {one.share:.0%}" for name, one in gates.twins.items())
    sides = ", ".join(f"{name} {probe.pooled:.2f}" for name, probe in gates.probes.items())
    return "\n".join(
        (
            f"{out}: {rows}" + (f" ({shares})" if len(sources) > 1 else ""),
            f"  dropped and made up for: {reasons} (of {built.asked} composed)",
            f"  skeletons: {gates.distinct_skeletons:.0%} distinct, "
            f"ten commonest {gates.top_ten_skeletons:.1%}; "
            f"{gates.families} families; no leak between splits",
            f"  pairs of values on two axes: {covered.there} of {covered.possible} that can exist",
            f"  rows in twins: {twins}",
            f"  probes (balanced accuracy): {sides}",
        )
    )


def _counted(built: Built) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rows there are of each split and, the commonest first, of each source."""
    sources = Counter(row.source for row in built.rows)
    return dict(Counter(row.split for row in built.rows)), dict(sources.most_common())


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a stage kept and dropped."""

    kept: int
    dropped: int

    @property
    def share(self) -> float:
        """The share kept, 0 to 1; 1 where there was nothing."""
        total = self.kept + self.dropped
        return self.kept / total if total else 1.0

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {**asdict(self), "share_kept": self.share}
