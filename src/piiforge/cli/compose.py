"""`piiforge compose`: the first stage of a build."""

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt, OverridesArg, RecipeArg, SeedOpt
from piiforge.cli.telling import progress, tell


def compose(
    recipe: RecipeArg,
    out: OutFileOpt,
    overrides: OverridesArg = None,
    seed: SeedOpt = None,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Compose a recipe's rows, unchecked, into one JSONL file. Next: `piiforge check`."""
    from piiforge import build
    from piiforge.recipe import load

    asked = load(recipe, [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])])
    with progress("compose") as move:
        count = build.compose_file(asked, out, force=force, progress=move)
    text = f"{count} rows in {out}. Next: piiforge check {out} --out DIR."
    tell(text, {"rows": count, "out": str(out)}, as_json=as_json)
