"""`piiforge seeds`: patterns from other people's test sets, without their values."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt
from piiforge.cli.telling import progress, table, tell


def seeds(
    files: Annotated[
        list[Path],
        typer.Argument(help="Templates, tests, tables or logs, packed or not.", show_default=False),
    ],
    out: OutFileOpt,
    most: Annotated[
        int, typer.Option(min=1, help="Lines and sentences taken from one file. Default: 5000.")
    ] = 5_000,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Take shapes and cues from other people's test sets; values are thrown away."""
    from piiforge import seeds as room
    from piiforge.files import refuse_existing

    refuse_existing(out, force=force)
    with progress("reading") as on_progress:
        harvest = room.read(files, most=most, on_progress=on_progress)
    room.write(out, harvest, force=force)
    if not as_json:
        kept = [
            (kind, category, count)
            for kind, of_kind in harvest.kept.items()
            for category, count in of_kind.items()
        ]
        table("Seeds", ("kind", "category", "seeds"), kept)
        lost = [(name, count, room.REASONS[name]) for name, count in harvest.rejected.items()]
        table("Rejected", ("reason", "pieces", "which means"), lost)
    text = (
        f"{len(harvest.seeds)} seeds from {harvest.used} of {harvest.read} pieces in {out}. "
        f"Next: name it in a recipe (seeds: [{out}])."
    )
    tell(text, harvest.record(), as_json=as_json)
