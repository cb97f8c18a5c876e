"""`piiforge export`: the last stage of a build."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt, OverridesArg, RecipeArg
from piiforge.cli.telling import tell


def export(
    rows: Annotated[Path, typer.Argument(help="Rows that `piiforge split` proved.")],
    recipe: RecipeArg,
    out: OutFileOpt,
    overrides: OverridesArg = None,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Write rows as a LLaMA-Factory data set with manifest and report."""
    from piiforge import build
    from piiforge.recipe import load

    count = build.export_file(rows, load(recipe, overrides or []), out, force=force)
    text = f"{count} rows in {out}. Prove it with `piiforge verify {out}`."
    tell(text, {"rows": count, "out": str(out)}, as_json=as_json)
