"""The command line: one file a group of commands. A command parses, calls a room and tells."""

import errno
import os
import sys

import typer

from piiforge.cli import data, judge, model, use
from piiforge.cli.options import add
from piiforge.errors import PiiforgeError

__all__ = ["app", "main"]

BUG = 70  # of sysexits.h: 1 is a gate that said no, such as a finding where none may be

app = typer.Typer(
    name="piiforge",
    help="Build the data that teaches small models to find personal data in web-analytics lines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
add(app, data.seeds_, data.compose_, data.check, data.split, data.export, data.preview, data.build_)
add(
    app,
    data.write_,
    data.verify,
    data.report,
    data.review_,
    model.train_,
    judge.predict_,
    judge.score,
)
add(app, judge.mine, model.loop_, model.pack_, model.adapt, use.scan_, use.serve_, model.bench)
app.add_typer(data.categories_, name="categories")


def main() -> None:
    """Run the command line; every error ends as one sentence and an exit code."""
    try:
        app()
    except PiiforgeError as error:
        sys.stderr.write(f"piiforge: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("piiforge: stopped; nothing half-written was left behind.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = " Free some space, or give an --out elsewhere." if full else ""
        sys.stderr.write(f"piiforge: {error.strerror or error}{where}.{hint}\n")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("PIIFORGE_DEBUG"):
            raise
        name = type(error).__name__
        hint = "PIIFORGE_DEBUG=1 shows where; please report it."
        sys.stderr.write(f"piiforge: a bug in piiforge ({name}). {hint}\n")
        sys.exit(BUG)
