"""`piiforge split`: the third stage of a build."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt
from piiforge.cli.telling import tell


def split(
    rows: Annotated[Path, typer.Argument(help="Rows that `piiforge check` kept.")],
    out: OutFileOpt,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Drop what stands in two splits and prove that nothing is left. Next: `piiforge export`."""
    from piiforge import build

    found = build.split_file(rows, out, force=force)
    text = f"kept {found.kept}, dropped {found.dropped} that leaked. Next: piiforge export {out}."
    tell(text, found.record(), as_json=as_json)
