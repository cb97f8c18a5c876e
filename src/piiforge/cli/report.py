"""`piiforge report`: the page of a built folder, made again."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import FolderArg, ForceOpt, JsonOpt
from piiforge.cli.telling import tell


def report(
    folder: FolderArg,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page. Default: <folder>.html beside it.")
    ] = None,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Write the self-contained report page of a built folder."""
    from piiforge import build

    page = out or folder.with_name(f"{folder.name}.html")
    build.write_report(folder, page, force=force)
    tell(f"Open {page}.", {"page": str(page)}, as_json=as_json)
