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
    Path | None, typer.Option("--out", "-o", help="Where to write. Default: out/<recipe's name>.")
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
PrefilterOpt = Annotated[
    bool,
    typer.Option(
        "--prefilter/--no-prefilter",
        help="Ask a model only where a value could stand. Default: yes.",
        show_default=False,
    ),
]
EnvOpt = Annotated[
    Path | None,
    typer.Option(
        help="LLaMA-Factory's environment. Default: $PIIFORGE_LF_ENV, or the user's cache.",
        show_default=False,
    ),
]

# Of a model behind an OpenAI-compatible endpoint
KeyOpt = Annotated[
    str,
    typer.Option(
        "--key-variable", help="Where the key stands. Default: OPENAI_API_KEY.", show_default=False
    ),
]
BudgetOpt = Annotated[
    float | None,
    typer.Option("--budget", min=0, help="Dollars that are never passed. Default: no bound."),
]
PriceInOpt = Annotated[
    float | None,
    typer.Option("--input-price", min=0, help="Dollars a million tokens. Default: looked up."),
]
PriceOutOpt = Annotated[
    float | None,
    typer.Option("--output-price", min=0, help="Dollars a million tokens. Default: looked up."),
]
AtOnceOpt = Annotated[
    int,
    typer.Option(
        "--most-at-once",
        min=1,
        help="Calls in flight at the most. Default: 32.",
        show_default=False,
    ),
]
TimeoutOpt = Annotated[
    float,
    typer.Option(
        "--timeout", min=1, help="Seconds that a call may take. Default: 120.", show_default=False
    ),
]
