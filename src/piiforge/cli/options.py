"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

RecipeArg = Annotated[
    Path, typer.Argument(help="A recipe, such as recipes/base.yaml.", show_default=False)
]
OverridesArg = Annotated[
    list[str] | None,
    typer.Argument(
        help="key=value pairs that override the recipe, e.g. rows.test=100.", show_default=False
    ),
]
FolderArg = Annotated[
    Path, typer.Argument(help="A folder that `piiforge build` wrote.", show_default=False)
]
OutOpt = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Where to write. Default: out/<recipe's name>."),
]
OutFileOpt = Annotated[
    Path, typer.Option("--out", "-o", help="The file or folder to write.", show_default=False)
]
SeedOpt = Annotated[int | None, typer.Option(help="Seed. Default: the recipe's.")]
WorkersOpt = Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core. Default: 0.")]
ForceOpt = Annotated[bool, typer.Option("--force", help="Replace an existing --out. Default: no.")]
ResumeOpt = Annotated[
    bool,
    typer.Option("--resume", help="Keep an --out that is whole and of this recipe. Default: no."),
]
JsonOpt = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, for machines. Default: no.")
]
DryRunOpt = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and write nothing. Default: no.")
]
