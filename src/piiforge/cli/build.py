"""`piiforge build`: from a recipe to a data set."""

from pathlib import Path

import typer

from piiforge.cli.options import (
    DryRunOpt,
    ForceOpt,
    JsonOpt,
    OutOpt,
    OverridesArg,
    RecipeArg,
    ResumeOpt,
    SeedOpt,
    WorkersOpt,
)
from piiforge.cli.telling import progress, say, table, tell


def build(
    recipe: RecipeArg,
    overrides: OverridesArg = None,
    out: OutOpt = None,
    seed: SeedOpt = None,
    workers: WorkersOpt = 0,
    force: ForceOpt = False,
    resume: ResumeOpt = False,
    dry_run: DryRunOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Build a recipe's data set: compose, check, split, export, report.

    Needs no key, no network and no GPU. The folder appears whole or not at all.
    """
    from piiforge import build
    from piiforge.recipe import load

    asked = load(recipe, [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])])
    if dry_run:
        _show_plan(build.plan_table(asked), as_json=as_json)
        return
    folder = out or Path("out") / asked.name
    if resume and build.is_built(folder, asked):
        tell(f"{folder} is whole and of this recipe.", {"out": str(folder)}, as_json=as_json)
        raise typer.Exit(0)
    with progress("build") as move:
        built = build.build(asked, folder, workers=workers, force=force, progress=move)
    facts = build.summary(built, asked, folder)
    tell(build.summary_text(facts), facts, as_json=as_json)
    say(f"Look at {folder / 'report.html'}; prove it again with `piiforge verify {folder}`.")
    raise typer.Exit(0)


def _show_plan(cells: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        tell("", {"cells": cells}, as_json=True)
        return
    head = list(cells[0])
    table("", head, [[cell[name] for name in head] for cell in cells])
