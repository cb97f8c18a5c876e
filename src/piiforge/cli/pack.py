"""`piiforge pack`: make a trained model into what the processor's engine loads."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt
from piiforge.cli.telling import progress, tell


def pack(
    source: Annotated[
        Path,
        typer.Argument(
            help="A run of `piiforge train`, or a merged model folder.", show_default=False
        ),
    ],
    out: OutFileOpt,
    data: Annotated[
        Path | None,
        typer.Option(help="A built folder to measure and calibrate on. Default: the run's own."),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Its split. Default: val.", show_default=False)
    ] = "val",
    rows: Annotated[
        int,
        typer.Option(
            min=0, help="Rows to measure on; 0 is none. Default: 400.", show_default=False
        ),
    ] = 400,
    bits: Annotated[
        int, typer.Option(help="8, or 32 for the reference. Default: 8.", show_default=False)
    ] = 8,
    precision: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Precision that the threshold keeps. Default: 0.95.",
            show_default=False,
        ),
    ] = 0.95,
    order: Annotated[
        str,
        typer.Option(help="category_first or content_first. Default: as the data asks.",
                     show_default=False),
    ] = "",
    most_tokens: Annotated[
        int,
        typer.Option(
            min=64, help="Longer rows get no verdict. Default: 2048.", show_default=False
        ),
    ] = 2048,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:  # fmt: skip
    """Make a trained model into what `scan`, `serve` and Python load: int8, calibrated, hashed."""
    from piiforge import pack

    asked = pack.Packing(source, data, split, rows, bits, precision, order, most_tokens)
    with progress("pack") as move:
        made = pack.pack(asked, out, force=force, progress=move)
    tell(pack.packed_text(made), pack.pack_record(made), as_json=as_json)
