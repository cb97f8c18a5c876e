"""From a recipe to a plan: names checked against the rooms that hold them."""

from collections.abc import Mapping

from piiforge import categories, compose, disguises
from piiforge.errors import BadRecipe, near
from piiforge.recipe import Recipe
from piiforge.types import Category

COMBINED = "combined"


def order_of(recipe: Recipe) -> compose.Order:
    """Return what the recipe asks for, every name known.

    Raises:
        BadRecipe: an unknown category, variant or category under `variants`, with the near name.
    """
    chosen = categories_of(recipe)
    _check_variants(recipe.variants)
    both = recipe.rows.per_category * len(chosen)
    val = round(both * recipe.rows.validation)
    return compose.Order(
        seed=recipe.seed,
        rows={"train": both - val, "val": val, "test": recipe.rows.test},
        positive=recipe.positive,
        easy=recipe.negatives.model_dump(),
        languages={str(name): share for name, share in recipe.languages.items()},
        events={str(name): share for name, share in recipe.events.items()},
        groups=recipe.variants,
        twins=recipe.twins,
        uncued=recipe.uncued,
        injections=recipe.injections,
        bystanders=recipe.bystanders,
        partial_mask=recipe.switches.partial_mask,
    )


def plan_of(recipe: Recipe) -> tuple[compose.Spec, ...]:
    """Return the recipe's plan, spec by spec."""
    return compose.plan(order_of(recipe), categories_of(recipe))


def categories_of(recipe: Recipe) -> tuple[Category, ...]:
    """Return the categories that the recipe names, in its order."""
    known = {category.id: category for category in categories.ALL}
    for place, name in enumerate(recipe.categories):
        if name not in known:
            raise BadRecipe(
                f"categories.{place}", f"no category named {name!r}.", near(name, known)
            )
    return tuple(known[name] for name in recipe.categories)


def _check_variants(variants: Mapping[str, tuple[str, ...]]) -> None:
    owners = ["default", *(category.id for category in categories.ALL)]
    groups = [*disguises.GROUPS, COMBINED]
    if "default" not in variants:
        raise BadRecipe("variants", "default is missing.", "It holds for categories not named.")
    for owner, names in variants.items():
        if owner not in owners:
            hint = near(owner, owners)
            raise BadRecipe(f"variants.{owner}", f"no category named {owner!r}.", hint)
        for place, name in enumerate(names):
            if name not in groups:
                where = f"variants.{owner}.{place}"
                raise BadRecipe(where, f"no group of disguises named {name!r}.", near(name, groups))
