"""A second round's data: new rows for what a model got wrong, and a replay of what it knows.

The new rows are made beside a built folder: none repeats one of its values or texts, and none holds
anything that stands in its validation or test rows, so the same test set may judge both rounds.
"""

from pathlib import Path

from piiforge import dataset, jsonl
from piiforge.errors import AskedWrongly
from piiforge.pipeline.build import Progress, export, judge, make_rows, silent
from piiforge.pipeline.made import Built
from piiforge.pipeline.making import makers
from piiforge.pipeline.ordering import additions_to, plan_of
from piiforge.pipeline.verify import read_rows
from piiforge.recipe import Recipe
from piiforge.rng import digest
from piiforge.types import Example

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
    jsonl.refuse_existing(out, force=force)
    known = read_rows(base)
    more = additions_to(plan_of(recipe), recipe)
    if not more:
        raise AskedWrongly("There is nothing to add.", "Set mined=FILE, from `piiforge mine`.")
    with makers(recipe, workers) as pool:
        made = make_rows(recipe, (), pool, progress, more, known)
    rows = [*made.rows, *replayed(known, round(replay * len(made.rows)), recipe.seed)]
    rows += [row for row in known if row.split == VAL]
    built = Built(dataset.ordered(rows), made.dropped, made.review)
    judge(built, recipe)
    with jsonl.folder(out, force=force) as folder:
        export(folder, built, recipe)
    return built


def replayed(rows: list[Example], count: int, seed: int) -> list[Example]:
    """Return about `count` training rows, chosen by a digest of their ids, twins together."""
    train = [row for row in rows if row.split == TRAIN]
    order = sorted(train, key=lambda row: (digest(seed, "replay", row.twin_id or row.id), row.id))
    chosen = order[:count]
    last = chosen[-1].twin_id if chosen else ""
    return chosen + [row for row in order[count : count + 1] if last and row.twin_id == last]
