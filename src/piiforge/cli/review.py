"""`piiforge review`: a person confirms a sample of labels, and the decisions are counted."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import JsonOpt
from piiforge.cli.telling import say, table, tell
from piiforge.errors import AskedWrongly

if TYPE_CHECKING:
    from piiforge.review import Tally


KEYS = {"r": "right", "w": "wrong", "u": "unsure", "n": "note", "s": "skip", "q": "quit"}
ENDS = {"", "\x04"}  # the terminal is gone; Ctrl-D


def review(
    place: Annotated[
        Path,
        typer.Argument(
            help="A folder that `piiforge write` or `build` wrote, or its review.jsonl.",
            show_default=False,
        ),
    ],
    tally: Annotated[
        bool, typer.Option("--tally", help="Count the decisions, ask nothing. Default: no.")
    ] = False,
    bound: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of wrong labels allowed. Default: the manifest's, else 0.02."
        ),
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Confirm a sample of labels, row by row. With --tally: exit 1 if too many are wrong.

    Every decision is saved at once; the next call goes on at the first open row.
    """
    from piiforge import review as room

    path = room.find(place)
    limit = room.recorded_bound(path) if bound is None else bound
    if not tally:
        _ask(path)
    found = room.tally(room.load(path), limit)
    if tally and not as_json:
        _show(found)
    tell(f"{path}: {found.said}", found.record(), as_json=as_json)
    if tally:
        raise typer.Exit(0 if found.passed else 1)
    say(f"Count them with `piiforge review {place} --tally`.")


def _ask(path: Path) -> None:
    """Show the open rows one by one until all have been seen or the person stops."""
    from piiforge import review as room

    rows = room.load(path)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        hint = f'Set "decision" in {path} to "right", "wrong" or "unsure"; --tally counts them.'
        raise AskedWrongly("decisions are asked for in a terminal, and this is none.", hint)
    for at, row in enumerate(rows, 1):
        if row.decision:
            continue
        say(room.card(row, at, len(rows)))
        if not _settle(path, row.id):
            return


def _settle(path: Path, row_id: str) -> bool:
    """Write down what is said of one row; return False where the person stops."""
    from piiforge import review as room

    while True:
        word = _word()
        if word == "note":
            note = typer.prompt("Note", default="", show_default=False, err=True)
            room.decide(path, row_id, room.Decision.OPEN, note)
            continue
        if word not in {"skip", "quit"}:
            room.decide(path, row_id, room.Decision(word))
        return word != "quit"


def _word() -> str:
    """Wait for one of KEYS and return what it stands for."""
    menu = ", ".join(f"{key} {word}" for key, word in KEYS.items())
    say(f"Is the label right? {menu}")
    while True:
        try:
            key = typer.getchar().lower()
        except EOFError:
            return "quit"
        if key in ENDS:
            return "quit"
        if key in KEYS:
            say(KEYS[key] + "\n")
            return KEYS[key]
        say(f"That key stands for nothing. {menu}")


def _show(found: "Tally") -> None:
    head = ["category", "label", "right", "wrong", "unsure", "open"]
    rows: list[list[object]] = []
    for cell in found.cells:
        counts = cell.counts
        label = "sensitive" if cell.label else "not sensitive"
        rows.append([cell.category, label, counts.right, counts.wrong, counts.unsure, counts.open])
    for name, counts in (("disputed", found.disputed), ("undisputed", found.undisputed)):
        rows.append([name, "", counts.right, counts.wrong, counts.unsure, counts.open])
    table("", head, rows)
