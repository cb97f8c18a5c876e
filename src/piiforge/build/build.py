"""The build: plan, compose, check, make up for what was dropped, prove, export.

`asked = kept + dropped` holds at every step; what gates drop is drawn again from the same spec, so
that the asked counts are met exactly.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import categories, checks, compose, files
from piiforge.build import card, report
from piiforge.build.folder import facts_of, ordered, read_rows, write, write_manifest
from piiforge.build.make import Made, Maker, Makers, jobs, makers
from piiforge.build.order import additions_to, inputs_of, plan_of
from piiforge.build.rows import Fence, certify, dropped_record, from_record, read, to_record
from piiforge.checks import Probe
from piiforge.errors import AskedWrongly, GateFailed, QuotaUnmet
from piiforge.recipe import Recipe
from piiforge.rng import digest
from piiforge.types import Dropped, Example, Progress, silent

# What a build comes to.


@dataclass(slots=True)
class Built:
    """A finished set: rows in file order, what was dropped, and what the gates measured."""

    rows: list[Example]
    dropped: list[Dropped]
    review: list[str]
    probes: tuple[Probe, ...] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many rows were composed in all: kept and dropped."""
        return len(self.rows) + len(self.dropped)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows each check dropped, the commonest first."""
        return dict(Counter(dropped.reason for dropped in self.dropped).most_common())


# What a built set measures: gates, diversity, lengths, as the manifest and the report tell it.


_BIN = 32


def measured(built: Built, recipe: Recipe) -> dict[str, object]:
    """Return the measured part of the manifest."""
    distinct, top, families = checks.whole_set.diversity(built.rows)
    return {
        "descriptions": categories.descriptions(),
        "asked": built.asked,
        "dropped": built.reasons,
        "gates": {
            "probes": {
                probe.name: {
                    "pooled": round(probe.pooled, 4),
                    "by_category": {
                        name: None if share is None else round(share, 4)
                        for name, share in probe.by_category.items()
                    },
                }
                for probe in built.probes
            },
            "distinct_skeletons": round(distinct, 4),
            "top_ten_skeletons": round(top, 4),
            "families": families,
            "review": len(built.review),
        },
        "tokens": lengths(built.rows, recipe),
    }


def lengths(rows: Sequence[Example], recipe: Recipe) -> dict[str, object]:
    """Return the distribution of tokens a row, prompt and answer together."""
    counter, told = checks.row.counter(recipe.tokenizer), categories.descriptions()
    found = [checks.row.tokens_of(row, counter, told[row.category]) for row in rows]
    counts = np.array(found or [0])
    edges = np.arange(0, max(recipe.limits.tokens, int(counts.max())) + _BIN, _BIN)
    bins, _ = np.histogram(counts, edges)
    return {
        "counted_by": counter.name,
        "median": int(np.median(counts)),
        "p95": int(np.percentile(counts, 95)),
        "max": int(counts.max()),
        "limit": recipe.limits.tokens,
        "histogram": [
            [int(low), int(high), int(count)]
            for low, high, count in zip(edges[:-1], edges[1:], bins, strict=True)
        ],
    }


_FRAME_ATTEMPTS = 1


def build(
    recipe: Recipe, out: Path, *, workers: int = 0, force: bool = False, progress: Progress = silent
) -> Built:
    """Build the recipe's data set into `out`, whole or not at all.

    Raises:
        FolderExists: `out` is there and `force` is not set.
        QuotaUnmet: the counts can't be met.
        GateFailed: the set as a whole breaks a bound.
    """
    files.refuse_existing(out, force=force)
    specs = plan_of(recipe)
    more = additions_to(specs, recipe)
    with makers(recipe, workers) as pool:
        built = make_rows(recipe, specs, pool, progress, more)
    progress("prove", 0, 1)
    judge(built, recipe)
    if built.problems:
        raise GateFailed(
            "The set was not written: " + "; ".join(built.problems) + ".",
            "Loosen the bound under `gates` or change the shares.",
        )
    progress("prove", 1, 1)
    with files.folder(out, force=force) as folder:
        export(folder, built, recipe)
    return built


def make_rows(
    recipe: Recipe,
    specs: Sequence[compose.Spec],
    pool: Makers,
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
    sieve = _Sieve(sum(spec.rows for spec in (*specs, *more)), progress)
    sieve.learn(known)
    for part in (specs, more):
        _pass(recipe, part, pool, sieve)
    return Built(ordered(sieve.kept), sieve.dropped, sieve.review)


def _pass(recipe: Recipe, specs: Sequence[compose.Spec], pool: Makers, sieve: "_Sieve") -> None:
    """Make the rows of `specs` until every one has passed the sieve."""
    waiting = list(specs)
    for attempt in range(recipe.limits.tries):
        failed: list[Made] = []
        for made in pool.run(jobs(waiting, attempt)):
            failed.extend(sieve.sift(made))
        waiting = [_again(made.spec, attempt) for made in failed]
        if not waiting:
            return
    spec, last = waiting[0], failed[0]
    cell = f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind}"
    why = f"{len(waiting)} rows failed {recipe.limits.tries} times, this one at {last.reason}"
    raise QuotaUnmet(cell, f"{why} ({last.detail})", "Raise limits.tries or drop the variant.")


def _again(spec: compose.Spec, attempt: int) -> compose.Spec:
    """Return what to try next: what its seed or written line can't carry goes to the rules."""
    return replace(spec, frame="") if attempt >= _FRAME_ATTEMPTS else spec


class _Sieve:
    """Keeps what passes the checks over rows, in the order of the specs."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.kept: list[Example] = []
        self.dropped: list[Dropped] = []
        self.review: list[str] = []
        self._seen, self._fence = checks.Seen(), Fence()
        self._total, self._progress = total, progress

    def learn(self, rows: Sequence[Example]) -> None:
        """Take note of rows that are there already, in file order."""
        groups: dict[str, list[Example]] = {}
        for row in rows:
            groups.setdefault(row.twin_id or row.id, []).append(row)
        for group in groups.values():
            self._fence.leak(group)
            self._seen.repeats(group)

    def sift(self, batch: Sequence[Made]) -> list[Made]:
        """Keep what may stay, note what may not, return the latter."""
        failed = [made for made in map(self._judge, batch) if made.reason]
        self._progress("compose", len(self.kept), self._total)
        return failed

    def _judge(self, made: Made) -> Made:
        reason, detail = made.reason, made.detail
        if not reason:
            detail = self._fence.leak(made.rows)
            reason = "leak" if detail else ""
        if not reason:
            detail = self._seen.repeats(made.rows)
            reason = "duplicate" if detail else ""
        if reason:
            self.dropped.extend(Dropped(row, reason, detail) for row in made.rows)
            return Made(made.spec, made.rows, reason, detail)
        self.kept.extend(made.rows)
        self.review.extend(made.review)
        return made


def judge(built: Built, recipe: Recipe) -> None:
    """Measure the set as a whole and note which bounds it breaks."""
    gates = recipe.gates
    bounds = checks.Bounds(gates.per_disguise, gates.skeletons, gates.top_skeletons, gates.families)
    built.problems = checks.whole_set.problems(built.rows, bounds)
    train = [row for row in built.rows if row.split == "train"]
    test = [row for row in built.rows if row.split == "test"]
    if test:
        built.probes = checks.whole_set.probe(train, test)
    for probe in built.probes:
        if probe.pooled > gates.probe:
            built.problems.append(
                f"a probe that sees only the {probe.name} reaches {probe.pooled:.2f}, "
                f"over {gates.probe:.2f}"
            )
    certificate = certify(built.rows)
    if not certificate["clean"]:
        built.problems.append("something stands in two splits")


def export(folder: Path, built: Built, recipe: Recipe) -> None:
    """Write every file of a built folder, the manifest last."""
    asked = recipe.model_dump(mode="json")
    write(
        folder,
        built.rows,
        built.dropped,
        categories.descriptions(),
        order=recipe.order,
        max_tokens=recipe.limits.tokens,
    )
    facts = facts_of(built.rows, asked, {**measured(built, recipe), "inputs": inputs_of(recipe)})
    text = report.render(built.rows, built.dropped, facts)
    (folder / "report.html").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(card.render(built.rows, facts), encoding="utf-8")
    write_manifest(folder, facts)


# A second round's data: new rows for what a model got wrong, and a replay of what it knows.
#
# The new rows are made beside a built folder: none repeats one of its values or texts, and none
# holds anything that stands in its validation or test rows, so the same test set may judge both
# rounds.


TRAIN, VAL = "train", "val"


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

    For each new row `replay` training rows of `base` come along, twins together, so that a second
    training does not unlearn the first. Validation rows are those of `base`; there are no test
    rows. Gates are measured, not enforced: the set is a supplement.

    Raises:
        AskedWrongly: the recipe names no mined file, or its cells add nothing.
    """
    files.refuse_existing(out, force=force)
    known = read_rows(base)
    more = additions_to(plan_of(recipe), recipe)
    if not more:
        raise AskedWrongly("There is nothing to add.", "Set mined=FILE, from `piiforge mine`.")
    with makers(recipe, workers) as pool:
        made = make_rows(recipe, (), pool, progress, more, known)
    rows = [*made.rows, *replayed(known, round(replay * len(made.rows)), recipe.seed)]
    rows += [row for row in known if row.split == VAL]
    built = Built(ordered(rows), made.dropped, made.review)
    judge(built, recipe)
    with files.folder(out, force=force) as folder:
        export(folder, built, recipe)
    return built


def replayed(rows: list[Example], count: int, seed: int) -> list[Example]:
    """Return about `count` training rows, chosen by a digest of their ids, twins together."""
    train = [row for row in rows if row.split == TRAIN]
    order = sorted(train, key=lambda row: (digest(seed, "replay", row.twin_id or row.id), row.id))
    chosen = order[:count]
    last = chosen[-1].twin_id if chosen else ""
    return chosen + [row for row in order[count : count + 1] if last and row.twin_id == last]


# Short accounts of a plan and of a finished build, for the command line.


def plan_table(recipe: Recipe) -> list[dict[str, object]]:
    """Return the planned rows by split, category, label and variant, each twin on its side."""
    cells: Counter[tuple[str, str, str, str]] = Counter()
    specs = plan_of(recipe)
    for spec in (*specs, *additions_to(specs, recipe)):
        cells[spec.split, spec.category, _label(spec.label), spec.variant] += 1
        if spec.twin:
            cells[spec.split, spec.category, "positive", "(twin)"] += 1
    return [
        {"split": split, "category": category, "label": label, "variant": variant, "rows": count}
        for (split, category, label, variant), count in sorted(cells.items())
    ]


def summary(built: Built, recipe: Recipe, folder: Path) -> dict[str, object]:
    """Return what a build came to, as one JSON object."""
    return {
        "out": str(folder),
        "rows": dict(Counter(row.split for row in built.rows)),
        "sources": dict(Counter(row.source for row in built.rows).most_common()),
        **measured(built, recipe),
    }


def summary_text(facts: Mapping[str, object]) -> str:
    """Return the summary in a few lines."""
    gates = cast("Mapping[str, object]", facts["gates"])
    probes = cast("Mapping[str, Mapping[str, float]]", gates["probes"])
    rows = ", ".join(
        f"{count} {name}" for name, count in cast("dict[str, int]", facts["rows"]).items()
    )
    dropped = cast("dict[str, int]", facts["dropped"])
    reasons = ", ".join(f"{name} {count}" for name, count in dropped.items()) or "none"
    sides = ", ".join(f"{name} {probe['pooled']:.2f}" for name, probe in probes.items())
    sources = cast("dict[str, int]", facts["sources"])
    total = sum(sources.values())
    shares = ", ".join(f"{name} {count / total:.0%}" for name, count in sources.items())
    return "\n".join(
        (
            f"{facts['out']}: {rows}" + (f" ({shares})" if len(sources) > 1 else ""),
            f"  dropped and made up for: {reasons} (of {facts['asked']} composed)",
            f"  skeletons: {cast('float', gates['distinct_skeletons']):.0%} distinct, "
            f"ten commonest {cast('float', gates['top_ten_skeletons']):.1%}; "
            f"{gates['families']} families; no leak between splits",
            f"  probes of one side (balanced accuracy): {sides}",
        )
    )


def _label(label: bool) -> str:
    return "positive" if label else "negative"


# The stages of a build as steps over files, for who wants to look or step in between.


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


def compose_file(
    recipe: Recipe, out: Path, *, force: bool = False, progress: Progress = silent
) -> int:
    """Compose the recipe's rows into one JSONL file, unchecked; return how many."""
    files.refuse_existing(out, force=force)
    specs = plan_of(recipe)
    more = additions_to(specs, recipe)
    maker, total = Maker(recipe), sum(spec.rows for spec in (*specs, *more))
    rows: list[Example] = []
    for job in (*jobs(specs, 0), *jobs(more, 0)):
        rows.extend(row for made in maker.compose(job) for row in made.rows)
        progress("rows", len(rows), total)
    return _write(out, rows)


def check_file(rows: Path, out: Path, *, max_tokens: int, force: bool = False) -> Tally:
    """Check the rows of a file one by one and for duplicates; twins fall together."""
    files.refuse_existing(out, force=force)
    inspector = checks.Inspector(categories.descriptions(), max_tokens=max_tokens)
    seen = checks.Seen()
    kept: list[Example] = []
    dropped: list[Dropped] = []
    for group in twins(read(rows)):
        found = next((i for i in map(inspector.inspect, group) if i.reason), None)
        reason, detail = (found.reason, found.detail) if found else ("", seen.repeats(group))
        if reason or detail:
            dropped.extend(Dropped(row, reason or "duplicate", detail) for row in group)
        else:
            kept.extend(group)
    with files.folder(out, force=force) as folder:
        files.write(folder / "rows.jsonl", map(to_record, kept))
        files.write(folder / "dropped.jsonl", map(dropped_record, dropped))
    return Tally(len(kept), len(dropped))


def split_file(rows: Path, out: Path, *, force: bool = False) -> Tally:
    """Drop the rows of a file that stand in two splits; the first one read stays."""
    files.refuse_existing(out, force=force)
    fence = Fence()
    found = read(rows)
    kept = [row for group in twins(found) if not fence.leak(group) for row in group]
    _write(out, kept)
    return Tally(len(kept), len(found) - len(kept))


def export_file(rows: Path, recipe: Recipe, out: Path, *, force: bool = False) -> int:
    """Write the rows of a file as a built folder; gates are measured, not enforced."""
    files.refuse_existing(out, force=force)
    built = Built(ordered(read(rows)), [], [])
    judge(built, recipe)
    with files.folder(out, force=force) as folder:
        export(folder, built, recipe)
    return len(built.rows)


def write_report(folder: Path, page: Path, *, force: bool = False) -> None:
    """Write the report of a built folder to `page`."""
    files.refuse_existing(page, force=force)
    facts = files.read_json(folder / files.MANIFEST)
    rows = read_rows(folder)
    dropped = [
        Dropped(from_record(record), str(record["reason"]), str(record["detail"]))
        for record in files.read(folder / "dropped.jsonl")
    ]
    page.write_text(report.render(rows, dropped, facts), encoding="utf-8")


def twins(rows: list[Example]) -> list[list[Example]]:
    """Return the rows in groups: twins together, at the place of the first, every other alone."""
    groups: dict[str, list[Example]] = {}
    for row in rows:
        groups.setdefault(row.twin_id or row.id, []).append(row)
    return list(groups.values())


def _write(out: Path, rows: list[Example]) -> int:
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.part")
    try:
        count = files.write(draft, map(to_record, rows))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return count
