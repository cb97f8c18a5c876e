"""`piiforge mine`: from what a system got wrong to quotas for the next build."""

from pathlib import Path
from typing import Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, OutFileOpt
from piiforge.cli.telling import say, table, tell


def mine(
    cases: Annotated[
        Path,
        typer.Argument(
            help="A built folder, or JSONL with id, category, content, label.", show_default=False
        ),
    ],
    said: Annotated[
        Path, typer.Argument(help="Predictions of one system: JSONL.", show_default=False)
    ],
    out: OutFileOpt,
    split: Annotated[
        str, typer.Option(help="Split to mine. Default: val of a folder, all of a file.")
    ] = "",
    rows: Annotated[int, typer.Option(min=1, help="New rows to ask for. Default: 400.")] = 400,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Write where a system is surely worse than elsewhere, as quotas: never rows or values.

    The file goes into a recipe under `mined:`; the next build makes new rows of those kinds.
    """  # fmt: skip
    from piiforge import files, judge

    files.refuse_existing(out, force=force)
    if split == "test":
        say("Mining the test set tunes the next data to it: it can't judge that model any more.")
    found = judge.mine_files(cases, said, split=split, rows=rows)
    judge.write_mined(found, out, split=judge.split_of(cases, split, "val"), force=force)
    if found.cells and not as_json:
        head = ["category", "label", "cell", "wrong", "of", "surely over", "elsewhere", "rows"]
        table("", head, [
            [one.category, "sensitive" if one.label else "not sensitive",
             ", ".join(one.fixed.values()) or "any", one.misses, one.of, f"{one.low:.2f}",
             f"{one.rest:.2f}", one.rows]
            for one in found.cells
        ])  # fmt: skip
    text = f"{found.mistakes:,} of {found.cases:,} wrong; "
    text += (
        f"{len(found.cells)} cells, {found.rows} new rows asked for. "
        f"Next: piiforge build RECIPE mined={out}."
        if found.cells
        else "no cell is surely worse than the rest, so no rows are asked for."
    )
    tell(text, {**found.record(), "out": str(out)}, as_json=as_json)
