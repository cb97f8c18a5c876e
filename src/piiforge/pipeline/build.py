"""The build: plan, compose, check, make up for what was dropped, prove, export.

`asked = kept + dropped` holds at every step; what gates drop is drawn again from the same spec, so
that the asked counts are met exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from piiforge import categories, checks, compose, dataset, jsonl
from piiforge.errors import GateFailed, QuotaUnmet
from piiforge.pipeline.made import Built
from piiforge.pipeline.making import Made, Makers, jobs, makers
from piiforge.pipeline.measuring import measured
from piiforge.pipeline.ordering import additions_to, inputs_of, plan_of
from piiforge.recipe import Recipe
from piiforge.types import Dropped, Example

Progress = Callable[[str, int, int], None]
_FRAME_ATTEMPTS = 1


def silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def build(
    recipe: Recipe,
    out: Path,
    *,
    workers: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> Built:
    """Build the recipe's data set into `out`, whole or not at all.

    Raises:
        FolderExists: `out` is there and `force` is not set.
        QuotaUnmet: the counts can't be met.
        GateFailed: the set as a whole breaks a bound.
    """
    jsonl.refuse_existing(out, force=force)
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
    with jsonl.folder(out, force=force) as folder:
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
    return Built(dataset.ordered(sieve.kept), sieve.dropped, sieve.review)


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
        self._seen, self._fence = checks.Seen(), dataset.Fence()
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
    built.problems = checks.balance.problems(built.rows, bounds)
    train = [row for row in built.rows if row.split == "train"]
    test = [row for row in built.rows if row.split == "test"]
    if test:
        built.probes = checks.shortcut.probe(train, test)
    for probe in built.probes:
        if probe.pooled > gates.probe:
            built.problems.append(
                f"a probe that sees only the {probe.name} reaches {probe.pooled:.2f}, "
                f"over {gates.probe:.2f}"
            )
    certificate = dataset.certify(built.rows)
    if not certificate["clean"]:
        built.problems.append("something stands in two splits")


def export(folder: Path, built: Built, recipe: Recipe) -> None:
    """Write every file of a built folder, the manifest last."""
    asked = recipe.model_dump(mode="json")
    dataset.write(
        folder,
        built.rows,
        built.dropped,
        categories.descriptions(),
        order=recipe.order,
        max_tokens=recipe.limits.tokens,
    )
    facts = dataset.facts(
        built.rows, asked, {**measured(built, recipe), "inputs": inputs_of(recipe)}
    )
    text = dataset.report.render(built.rows, built.dropped, facts)
    (folder / "report.html").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(dataset.card.render(built.rows, facts), encoding="utf-8")
    dataset.write_manifest(folder, facts)
