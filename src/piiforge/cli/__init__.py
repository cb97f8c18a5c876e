"""The command line: one file a group of commands. A command parses, calls a room and tells."""

import errno
import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from piiforge import __version__, plugins
from piiforge.cli import data, judge, model, review, use
from piiforge.cli.options import add
from piiforge.errors import PiiforgeError

__all__ = ["app", "main"]

DATA, MODEL, JUDGE, USE = "Data", "Model", "Judge", "Use"  # the groups of the help
# Of sysexits.h, and of a shell's for Ctrl-C. 1 is a gate that said no, such as a finding
BUG, DISK, STOPPED = 70, 74, 130

app = typer.Typer(
    name="piiforge",
    help="Build the data that teaches small models to find personal data in web-analytics lines,\n"
    "and find it in logs.",
    epilog="Begin with: piiforge scan access.log, or piiforge build tiny. Each command's -h has an "
    "example.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
add(app, DATA, data.build_, data.gather, data.preview)
app.add_typer(data.recipes_, name="recipes", rich_help_panel=DATA)
app.add_typer(data.categories_, name="categories", rich_help_panel=DATA)
add(app, DATA, data.verify, data.push, data.report, data.seeds_, data.write_, review.review_)
add(app, DATA, data.compose_, data.check, data.split, data.export)
add(app, MODEL, model.train_, model.loop_, model.adapt, model.pack_, model.bench)
add(app, JUDGE, judge.predict_, judge.score, judge.mine)
add(app, USE, use.scan_, use.scrub_, use.serve_, use.doctor_)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"piiforge {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001  its callback has answered
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            callback=_version,
            is_eager=True,
            show_default=False,
        ),
    ] = False,
    plugin: Annotated[
        list[str] | None,
        typer.Option(
            "--plugin",
            help="A Python file with categories, formats or detectors of your own; repeatable. "
            "Default: $PIIFORGE_PLUGINS, and those of installed packages.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Hold what goes before a command."""
    if plugin:  # before any room is imported; worker processes inherit it
        named = [os.environ.get(plugins.VARIABLE, ""), *plugin]
        os.environ[plugins.VARIABLE] = os.pathsep.join(filter(None, named))


def main() -> None:
    """Run the command line; every error ends as one sentence and an exit code."""
    ended: list[int] = []

    def terminate(sign: int, _frame: FrameType | None) -> NoReturn:
        ended.append(sign)
        raise KeyboardInterrupt  # what is under way is put down as after Ctrl-C

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        _run()
    except (KeyboardInterrupt, SystemExit) as left:
        if isinstance(left, SystemExit) and left.code != STOPPED:  # typer's word for Ctrl-C, too
            raise
        sys.stderr.write("piiforge: stopped; nothing that looks finished was left behind.\n")
        sys.exit(128 + ended[0] if ended else STOPPED)
    finally:
        signal.signal(signal.SIGTERM, before)


def _run() -> None:
    try:
        app()
    except PiiforgeError as error:
        sys.stderr.write(f"piiforge: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = " Free some space, or give an --out elsewhere." if full else ""
        sys.stderr.write(f"piiforge: {error.strerror or error}{where}.{hint}\n")
        sys.exit(DISK)
    except Exception as error:
        if os.environ.get("PIIFORGE_DEBUG"):
            raise
        name = type(error).__name__
        hint = "PIIFORGE_DEBUG=1 shows where; please report it."
        sys.stderr.write(f"piiforge: a bug in piiforge ({name}). {hint}\n")
        sys.exit(BUG)
