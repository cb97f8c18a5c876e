"""What a build would come to, before it is run: a few rows of it, its plan, lengths, time and size.

All of it is read off the plan and a few rows that are composed and inspected as the build does it;
nothing is written.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import process_time

import numpy as np
import orjson

from piiforge import categories, checks, compose
from piiforge.build import folder
from piiforge.build.build import Job, Maker
from piiforge.build.order import additions_to, categories_of, plan_of
from piiforge.errors import AskedWrongly, QuotaUnmet, UnknownName
from piiforge.recipe import Recipe
from piiforge.rng import child
from piiforge.types import SPLITS, TEST, TRAIN, Example

TOTAL = "all"
_SAMPLE = 60  # specs composed for the estimates
_MOST_PLANNED = 200  # rows a category that a preview plans: it shows a handful
_FOLDER_OVER_JSONL = 1.8  # bytes of a built folder for each of its three JSONL files, of base.yaml
# Seconds of one core (Zen 4), of base.yaml: until the first row is made, to load what probes are
# fitted with, and a row that is counted, proved and written
_START_S, _LOADED_S, _WRITTEN_ROW_S = 2.3, 1.3, 0.0001
# Microseconds of the same for each row that a probe takes
_PROBED_ROW_US = {
    "keys": 10, "values": 66, "length": 21, "words": 30, "facts": 36, "masked": 230, "content": 205,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One category of a split, or all of them: how many rows, positives, and rows in twins."""

    category: str
    rows: int
    positive: int
    twins: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a build is to come to. Tokens are of prompt and answer, of a sample of `sample` rows.

    `stages` tells what of the seconds goes where: start, compose, probe, write.
    """

    splits: Mapping[str, tuple[Line, ...]]  # the last line of each is of all categories
    cells: tuple[dict[str, object], ...]
    sample: int
    median_tokens: int
    p90_tokens: int
    counted_by: str
    seconds: float
    stages: Mapping[str, float]
    bytes: int

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        splits = {name: [asdict(line) for line in lines] for name, lines in self.splits.items()}
        return {**asdict(self), "splits": splits}

    @property
    def text(self) -> str:
        """The estimates, in two lines."""
        size = f"{self.bytes / 1e6:.0f} MB" if self.bytes >= 1e7 else f"{self.bytes / 1e6:.1f} MB"
        return (
            f"Of {self.sample} sampled rows: median {self.median_tokens} tokens, nine in ten up to "
            f"{self.p90_tokens} ({self.counted_by}).\n"
            f"About {self.seconds:.0f} s and {size}."
        )


def forecast(recipe: Recipe, workers: int = 0) -> Forecast:
    """Return what building `recipe` with `workers` processes (0: one a core) would come to."""
    planned = plan_of(recipe)
    specs = (*planned, *additions_to(planned, recipe))
    rows = sum(spec.rows for spec in specs)
    sampled, row_s = _sampled(specs, recipe)
    counter, told = checks.row.counter(recipe.tokenizer), categories.descriptions()
    tokens = [checks.row.tokens_of(row, counter, told[row.category]) for row in sampled] or [0]
    write = folder.FORMS[recipe.format].write
    lines = [
        len(orjson.dumps(write(row, told[row.category], folder.order_of(row, recipe.order))))
        for row in sampled
    ]
    count = workers or os.cpu_count() or 1
    by_split = Counter[str]()
    for spec in specs:
        by_split[spec.split] += spec.rows
    stages = {
        "start": _START_S,
        "compose": least_s((_LOADED_S,), rows * row_s, count),
        "probe": least_s(probed_s(by_split[TRAIN], by_split[TEST]), 0.0, count),
        "write": rows * _WRITTEN_ROW_S,
    }
    return Forecast(
        splits=_splits(specs, recipe),
        cells=tuple(plan_table(specs)),
        sample=len(sampled),
        median_tokens=int(np.median(tokens)),
        p90_tokens=int(np.percentile(tokens, 90)),
        counted_by=counter.name,
        seconds=round(sum(stages.values()), 1),
        stages={name: round(took_s, 2) for name, took_s in stages.items()},
        bytes=round(_FOLDER_OVER_JSONL * rows * sum(lines) / max(1, len(lines))),
    )


def probed_s(train: int, test: int) -> list[float]:
    """Return the seconds that each probe takes of one core with so many rows; none without test."""
    if not test:
        return []
    return [
        1e-6 * us * sum(len(checks.probes.taken(range(rows), name)) for rows in (train, test))
        for name, us in _PROBED_ROW_US.items()
    ]


def least_s(whole: Sequence[float], shared: float, workers: int) -> float:
    """Return how long `workers` cores take for tasks that are one core's each, and shared work.

    >>> least_s((1.0, 3.0), 2.0, 1), least_s((1.0, 3.0), 2.0, 2), least_s((1.0, 3.0), 2.0, 8)
    (6.0, 3.0, 3.0)
    """
    return max(*whole, (sum(whole) + shared) / workers, 0.0)


def _sampled(specs: Sequence[compose.Spec], recipe: Recipe) -> tuple[list[Example], float]:
    """Return rows of a few specs that pass their checks, and the seconds that such a row takes."""
    order = child(recipe.seed, "forecast").sample(range(len(specs)), min(_SAMPLE, len(specs)))
    maker, began, kept = Maker(recipe), 0.0, list[Example]()
    warm = len(order) // 2  # what is read once slows the first rows
    timed = 0
    for at, place in enumerate(order):
        if at == warm:
            began, timed = process_time(), len(kept)
        made = maker.make(Job(0, (specs[place],)))[0]
        kept += () if made.reason else made.rows
    return kept, (process_time() - began) / max(1, len(kept) - timed)


def _splits(specs: Sequence[compose.Spec], recipe: Recipe) -> dict[str, tuple[Line, ...]]:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for spec in specs:
        for name in (spec.category, TOTAL):
            counts[spec.split, name].update(
                rows=spec.rows,
                positive=int(spec.label or bool(spec.twin)),
                twins=2 * bool(spec.twin),
            )
    return {
        split: tuple(
            Line(name, *(counts[split, name][what] for what in ("rows", "positive", "twins")))
            for name in (*recipe.categories, TOTAL)
        )
        for split in SPLITS
        if counts[split, TOTAL]["rows"]
    }


def plan_table(specs: Sequence[compose.Spec]) -> list[dict[str, object]]:
    """Return the planned rows by split, category, label and variant, each twin on its side."""
    cells: Counter[tuple[str, str, str, str]] = Counter()
    for spec in specs:
        label = "positive" if spec.label else "negative"
        cells[spec.split, spec.category, label, spec.variant] += 1
        if spec.twin:
            cells[spec.split, spec.category, "positive", "(twin)"] += 1
    return [
        {"split": split, "category": category, "label": label, "variant": variant, "rows": count}
        for (split, category, label, variant), count in sorted(cells.items())
    ]


def preview(recipe: Recipe, count: int, category: str = "") -> list[Example]:
    """Return `count` rows such as a build of `recipe` has, of one category or of all in turn.

    They come from a smaller plan of the same shares, so they need not stand in the build.

    Raises:
        AskedWrongly: `count` is not 1 or more.
        UnknownName: the recipe has no such category.
        QuotaUnmet: none of the rows tried passes its checks.
    """
    if count < 1:
        raise AskedWrongly(f"{count} rows were asked for.", "Ask for 1 or more.")
    names = [known.id for known in categories_of(recipe)]
    if category and category not in names:
        raise UnknownName("category", category, names)
    planned = min(recipe.rows.per_category, max(_MOST_PLANNED, 2 * count))
    rows = recipe.rows.model_copy(update={"per_category": planned, "validation": 0.0, "test": 0})
    chosen = (category,) if category else recipe.categories
    small = recipe.model_copy(update={"rows": rows, "categories": chosen, "mined": ""})
    maker, found = Maker(small), list[Example]()
    for spec in _in_turn(plan_of(small), small):
        if made := _passing(maker, spec):
            found.append(made[len(found) % len(made)])  # of twins one, now this side and now that
        if len(found) == count:
            return found
    if not found:
        raise QuotaUnmet("preview", "no row passes its checks", "Raise limits.tokens.")
    return found


def _passing(maker: Maker, spec: compose.Spec) -> tuple[Example, ...]:
    made = maker.make(Job(0, (spec,)))[0]
    return () if made.reason else made.rows


def _in_turn(specs: Sequence[compose.Spec], recipe: Recipe) -> Iterator[compose.Spec]:
    """Yield the specs mixed, a category after the other, positives and negatives in turn."""
    mixed = list(specs)
    child(recipe.seed, "preview").shuffle(mixed)
    held: dict[tuple[str, bool], list[compose.Spec]] = defaultdict(list)
    for spec in mixed:
        held[spec.category, spec.label].append(spec)
    turn = 0
    while any(held.values()):
        for at, name in enumerate(recipe.categories):
            label = (turn + at) % 2 == 0
            for side in (label, not label):
                if held[name, side]:
                    yield held[name, side].pop()
                    break
        turn += 1
