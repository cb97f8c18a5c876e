"""The stages of a build as steps over files, for who wants to look or step in between."""

from dataclasses import asdict, dataclass
from pathlib import Path

from piiforge import categories, checks, dataset, jsonl
from piiforge.pipeline.build import Progress, export, judge, silent
from piiforge.pipeline.made import Built
from piiforge.pipeline.making import Maker, jobs
from piiforge.pipeline.ordering import additions_to, plan_of
from piiforge.pipeline.verify import read_rows
from piiforge.recipe import Recipe
from piiforge.types import Dropped, Example


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
    jsonl.refuse_existing(out, force=force)
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
    jsonl.refuse_existing(out, force=force)
    inspector = checks.Inspector(categories.descriptions(), max_tokens=max_tokens)
    seen = checks.Seen()
    kept: list[Example] = []
    dropped: list[Dropped] = []
    for group in twins(dataset.read(rows)):
        found = next((i for i in map(inspector.inspect, group) if i.reason), None)
        reason, detail = (found.reason, found.detail) if found else ("", seen.repeats(group))
        if reason or detail:
            dropped.extend(Dropped(row, reason or "duplicate", detail) for row in group)
        else:
            kept.extend(group)
    with jsonl.folder(out, force=force) as folder:
        jsonl.write(folder / "rows.jsonl", map(dataset.to_record, kept))
        jsonl.write(folder / "dropped.jsonl", map(dataset.dropped_record, dropped))
    return Tally(len(kept), len(dropped))


def split_file(rows: Path, out: Path, *, force: bool = False) -> Tally:
    """Drop the rows of a file that stand in two splits; the first one read stays."""
    jsonl.refuse_existing(out, force=force)
    fence = dataset.Fence()
    found = dataset.read(rows)
    kept = [row for group in twins(found) if not fence.leak(group) for row in group]
    _write(out, kept)
    return Tally(len(kept), len(found) - len(kept))


def export_file(rows: Path, recipe: Recipe, out: Path, *, force: bool = False) -> int:
    """Write the rows of a file as a built folder; gates are measured, not enforced."""
    jsonl.refuse_existing(out, force=force)
    built = Built(dataset.ordered(dataset.read(rows)), [], [])
    judge(built, recipe)
    with jsonl.folder(out, force=force) as folder:
        export(folder, built, recipe)
    return len(built.rows)


def write_report(folder: Path, page: Path, *, force: bool = False) -> None:
    """Write the report of a built folder to `page`."""
    jsonl.refuse_existing(page, force=force)
    facts = jsonl.read_json(folder / jsonl.MANIFEST)
    rows = read_rows(folder)
    dropped = [
        Dropped(dataset.from_record(record), str(record["reason"]), str(record["detail"]))
        for record in jsonl.read(folder / "dropped.jsonl")
    ]
    page.write_text(dataset.report.render(rows, dropped, facts), encoding="utf-8")


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
        count = jsonl.write(draft, map(dataset.to_record, rows))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return count
