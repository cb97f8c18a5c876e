"""`piiforge check`: the second stage of a build."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt
from piiforge.cli.telling import tell


def check(
    rows: Annotated[Path, typer.Argument(help="Rows that `piiforge compose` wrote.")],
    out: OutFileOpt,
    max_tokens: Annotated[int, typer.Option(help="Token limit of a row. Default: 512.")] = 512,
    min_kept: Annotated[
        float, typer.Option(min=0, max=1, help="Exit 1 if a smaller share is kept. Default: 0.8.")
    ] = 0.8,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Drop what may not pass, with the reason. Next: `piiforge split`."""
    from piiforge import build

    found = build.check_file(rows, out, max_tokens=max_tokens, force=force)
    text = (
        f"kept {found.kept} of {found.kept + found.dropped}; "
        f"reasons in {out / 'dropped.jsonl'}. Next: piiforge split {out / 'rows.jsonl'} --out FILE."
    )
    tell(text, found.record(), as_json=as_json)
    raise typer.Exit(0 if found.share >= min_kept else 1)
