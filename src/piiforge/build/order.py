"""From a recipe to a plan, every name checked against the room that holds it.

At the end: what `piiforge categories show` tells of one category.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from piiforge import categories, compose, disguises, files, plugins, seeds
from piiforge.errors import AskedWrongly, BadRecipe, GateFailed, near
from piiforge.recipe import Recipe, load_mined
from piiforge.rng import child
from piiforge.types import (
    COMBINED,
    HARD_VARIANTS,
    SEEDS,
    TEST,
    TRAIN,
    VAL,
    WRITTEN,
    Category,
    Disguise,
    Example,
    Part,
)

_SHIPPED = "presidio"
_DRAWN = 4
_TRIES = 40


def asked_of(recipe: Recipe, shard: compose.Shard = compose.WHOLE) -> compose.Order:
    """Return what the recipe asks for, of the whole set or one shard, every name known.

    Raises:
        BadRecipe: an unknown category, variant or category under `variants`, with the near name.
    """
    both = recipe.rows.per_category * len(categories_of(recipe))
    val = round(both * recipe.rows.validation)
    _check_variants(recipe)
    return compose.Order(
        seed=recipe.seed,
        rows={TRAIN: both - val, VAL: val, TEST: recipe.rows.test},
        positive=recipe.positive,
        easy=recipe.negatives.model_dump(),
        languages=cast("Mapping[str, float]", recipe.languages),
        events=cast("Mapping[str, float]", recipe.events),
        groups=recipe.variants,
        hard=recipe.hard,
        lengths=recipe.lengths.model_dump() if recipe.lengths else {},
        content=recipe.limits.content,
        twins=recipe.twins,
        uncued=recipe.uncued,
        injections=recipe.injections,
        bystanders=recipe.bystanders,
        partial_mask=recipe.switches.partial_mask,
        shard=shard,
    )


def categories_of(recipe: Recipe) -> tuple[Category, ...]:
    """Return the categories that the recipe names, in its order."""
    known = {category.id: category for category in categories.every()}
    for place, name in enumerate(recipe.categories):
        _refuse_unknown(f"categories.{place}", "category", name, known)
    return tuple(known[name] for name in recipe.categories)


def _check_variants(recipe: Recipe) -> None:
    if "default" not in recipe.variants:
        raise BadRecipe("variants", "default is missing.", "It holds for categories not named.")
    known = {
        "variants": [*disguises.GROUPS, COMBINED, *(one.name for one in disguises.ALL)],
        "hard": HARD_VARIANTS,
    }
    owned = {"variants": compose.writings_of, "hard": compose.hard_variants_of}
    owners = ["default", *(category.id for category in categories.every())]
    for key, table in (("variants", recipe.variants), ("hard", recipe.hard)):
        for owner, weights in table.items():
            _refuse_unknown(f"{key}.{owner}", "category", owner, owners)
            for name in weights:
                _refuse_unknown(f"{key}.{owner}.{name}", "kind", name, known[key])
                mine = owned[key](categories.get(owner)) if owner != "default" else (name,)
                if weights[name] and name not in mine:
                    raise BadRecipe(
                        f"{key}.{owner}.{name}", f"{owner} has no {name}.", near(name, mine)
                    )


def weights_of(recipe: Recipe) -> dict[str, dict[str, float]]:
    """Return the weights of each category's variants, of positives and hard negatives together."""
    tables = (recipe.variants, recipe.hard)
    return {
        name: {
            variant: weight
            for table in tables
            for variant, weight in (table.get(name) or table.get("default", {})).items()
        }
        for name in recipe.categories
    }


def _refuse_unknown(where: str, what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise BadRecipe(where, f"no {what} named {name!r}.", near(name, known))


def plan_of(recipe: Recipe, shard: compose.Shard = compose.WHOLE) -> tuple[compose.Spec, ...]:
    """Return the recipe's plan, spec by spec, with the seeds and written lines that carry some."""
    specs = compose.plan(asked_of(recipe, shard), categories_of(recipe))
    sources = recipe.sources
    return compose.assign(
        specs,
        frames_of(recipe),
        {WRITTEN: sources.written, SEEDS: sources.seeds},
        reuse=sources.reuse,
        seed=recipe.seed,
        shard=shard,
    )


def coverage_of(rows: Iterable[Example], recipe: Recipe) -> compose.Coverage:
    """Return which pairs of values occur in `rows`, of those that the recipe makes possible."""
    return compose.coverage(rows, asked_of(recipe), categories_of(recipe))


def additions_to(specs: Sequence[compose.Spec], recipe: Recipe) -> tuple[compose.Spec, ...]:
    """Return specs for the rows that the recipe's mined cells add to training, none without.

    Raises:
        AskedWrongly, BadRecipe: the file is not there or off; an unknown category.
    """
    if not recipe.mined:
        return ()
    cells = load_mined(Path(recipe.mined)).cells
    for place, cell in enumerate(cells):
        if cell.category not in recipe.categories:
            where = f"{recipe.mined}: cells.{place}.category"
            hint = near(cell.category, recipe.categories)
            raise BadRecipe(where, f"the recipe has no category {cell.category!r}.", hint)
    return compose.additions(specs, cells, recipe.seed)


def frames_of(recipe: Recipe) -> tuple[compose.Frame, ...]:
    """Return the seeds and written lines that the recipe names.

    Raises:
        AskedWrongly, BadRecord: a file is not there or not what it should be.
        GateFailed: written lines have failed their review.
    """
    for name in recipe.written:
        _refuse_failed_review(Path(name))
    return compose.frames.load(map(_seed_file, recipe.seeds), map(Path, recipe.written))


def idle_seeds(found: Iterable[seeds.Seed]) -> compose.Idle:
    """Return how many seeds can never carry a row of any build, and why."""
    return compose.frames.idle(map(compose.frames.from_seed, found))


def idle_seeds_of(recipe: Recipe) -> compose.Idle:
    """Return the same of all seeds that a recipe names; errors as `frames_of`."""
    files = map(_seed_file, recipe.seeds)
    return idle_seeds(seed for path in files for seed in seeds.load(path))


def _refuse_failed_review(written: Path) -> None:
    """Raise where the last tally of a review says no: such lines wait until one passes."""
    told = files.read_json(written / files.TALLY) if (written / files.TALLY).is_file() else {}
    if told.get("passed") is False:
        raise GateFailed(
            f"the lines in {written} failed their review: they are not used.",
            f"Decide or write anew until `piiforge review {written} --tally` passes.",
        )


def inputs_of(recipe: Recipe) -> dict[str, str]:
    """Return the SHA-256 of every file that the recipe draws on, by the name that it gives."""
    paths = {name: _seed_file(name) for name in recipe.seeds}
    paths |= {name: Path(name) / compose.frames.LINES_FILE for name in recipe.written}
    paths |= {recipe.mined: Path(recipe.mined)} if recipe.mined else {}
    return {name: files.sha256(path) for name, path in paths.items()}


def descriptions_of(recipe: Recipe) -> dict[str, str]:
    """Return the words for each category: ours, and those from outside that the recipe names."""
    ours = {category.id: category.description for category in categories.ALL}
    return ours | {category.id: category.description for category in categories_of(recipe)}


def plugins_of(recipe: Recipe, rows: Iterable[Example]) -> dict[str, object]:
    """Return what plug-ins gave to a set, as its manifest tells it: nothing without any.

    Under `plugins` the origin of each category that the recipe names, as "category NAME", and of
    each format that wrote a row.
    """
    origins = plugins.found().origins
    named = [f"category {name}" for name in recipe.categories]
    named += [f"format {name}" for name in sorted({row.format for row in rows})]
    told = {name: origins[name] for name in named if name in origins}
    return {"plugins": told} if told else {}


def refuse_absent(place: Path, manifest: Mapping[str, object]) -> None:
    """Raise AskedWrongly where what a plug-in gave to the set at `place` is not here today."""
    told = manifest.get("plugins")
    for name, origin in told.items() if isinstance(told, Mapping) else ():
        if name not in plugins.found().origins:
            source, _, digest = str(origin).partition(" sha256:")
            way = f"Name that file with --plugin {source}." if digest else f"Install {source}."
            raise AskedWrongly(f"{place} was built with the {name} of {source}, not here.", way)


def _seed_file(name: str) -> Path:
    """Return the file that a recipe's `seeds` names: a path, or the name of a shipped one."""
    return seeds.shipped() if name == _SHIPPED else Path(name)


@dataclass(frozen=True, slots=True)
class Shown:
    """One category with examples, all drawn from seed 0."""

    id: str
    description: str
    sources: tuple[str, ...]
    drawn: tuple[str, ...]
    lookalikes: tuple[tuple[str, str, str], ...]  # kind, example, what makes it negative
    disguised: tuple[tuple[str, str], ...]  # disguise, example


def shown(name: str) -> Shown:
    """Return what there is to show of the category called `name`.

    Raises:
        UnknownName: there is none of that name.
    """
    category = categories.get(name)
    rng = child(0, "show", name)
    return Shown(
        id=category.id,
        description=category.description,
        sources=category.sources,
        drawn=tuple(_text(category.draw(rng).parts) for _ in range(_DRAWN)),
        lookalikes=tuple(
            (
                look.kind,
                _text(look.draw(rng).parts),
                f"named as {', '.join(look.nouns)}" if look.nouns else look.group,
            )
            for look in category.lookalikes
        ),
        disguised=tuple(
            (disguise.name, text)
            for disguise in disguises.ALL
            if (text := _disguised(category, disguise))
        ),
    )


def _disguised(category: Category, disguise: Disguise) -> str:
    """Return the first value drawn that the disguise fits, written so; "" where there is none."""
    if disguises.CATEGORY_OF.get(disguise.name, category.id) != category.id:
        return ""
    rng = child(0, "show", category.id, disguise.name)
    for _ in range(_TRIES):
        parts = category.draw(rng).parts
        if all(map(disguise.fits, parts)):
            return _text(disguises.write(parts, (disguise,), rng))
    return ""


def _text(parts: Iterable[Part]) -> str:
    return " | ".join(part.text for part in parts)
