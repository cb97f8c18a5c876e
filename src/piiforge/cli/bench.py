"""`piiforge bench`: what a verdict costs on this machine, beside the peers."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import JsonOpt
from piiforge.cli.telling import progress, tell


def bench(
    pack: Annotated[Path, typer.Argument(help="A pack of `piiforge pack`.", show_default=False)],
    data: Annotated[
        Path, typer.Option(help="A built folder, or JSONL of cases, to ask. Default: none.")
    ],
    split: Annotated[
        str, typer.Option(help="Its split. Default: test.", show_default=False)
    ] = "test",
    rows: Annotated[
        int, typer.Option(min=1, help="Rows to ask. Default: 30.", show_default=False)
    ] = 30,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            help="Another system: presidio, local:PATH, ... May be repeated. Default: rules.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Measure latency, throughput and memory of a pack, beside the peers on the same rows."""
    from piiforge.pack import Benching, bench, bench_text

    asked = Benching(pack, data, split, rows, tuple(beside or ("rules",)))
    with progress("bench") as move:
        done = bench(asked, move)
    tell(bench_text(done), done.record(), as_json=as_json)
