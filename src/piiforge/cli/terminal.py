"""How commands talk: results on stdout, talk and progress on stderr, none without a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson
import typer

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


def tell(text: str, data: Mapping[str, object], *, as_json: bool) -> None:
    """Print the result: `data` as one JSON object, or `text`."""
    if as_json:
        typer.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(text)


def say(text: str) -> None:
    """Print talk."""
    typer.echo(text, err=True)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on stdout; numbers to the right."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left", header_style="bold", box=None)
    for at, name in enumerate(head):
        numeric = all(isinstance(row[at], int | float) for row in rows) and bool(rows)
        shown.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*map(str, row))
    Console(soft_wrap=False).print(shown)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr while work goes on. What is yielded takes (step, done, total)."""
    from rich import progress as bars

    columns = (bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeElapsedColumn())
    with bar_of("{task.description}", *columns) as bar:
        task = bar.add_task(what, total=None)

        def move(step: str, done: int, total: int) -> None:
            bar.update(task, description=f"{what}: {step}", completed=done, total=total)

        yield move


def bar_of(*columns: "str | ProgressColumn") -> "Progress":
    """Return a bar on stderr with these columns, a text as a format; none without a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)
