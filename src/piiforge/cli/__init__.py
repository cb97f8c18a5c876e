"""The command line: one file a command, in pipeline order. A command parses, calls and tells."""

import errno
import os
import sys

import typer

from piiforge.cli import (
    bench,
    build,
    categories,
    check,
    compose,
    export,
    loop,
    mine,
    pack,
    predict,
    report,
    review,
    scan,
    score,
    seeds,
    serve,
    split,
    train,
    verify,
    write,
)
from piiforge.errors import PiiforgeError

__all__ = ["app", "main"]


app = typer.Typer(
    name="piiforge",
    help="Build the data that teaches small models to find personal data in web-analytics lines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(categories.app, name="categories")
app.command("seeds")(seeds.seeds)
app.command("compose")(compose.compose)
app.command("check")(check.check)
app.command("split")(split.split)
app.command("export")(export.export)
app.command("build")(build.build)
app.command("write")(write.write)
app.command("verify")(verify.verify)
app.command("report")(report.report)
app.command("review")(review.review)
app.command("train")(train.train)
app.command("predict")(predict.predict)
app.command("score")(score.score)
app.command("mine")(mine.mine)
app.command("loop")(loop.loop)
app.command("pack")(pack.pack)
app.command("scan")(scan.scan)
app.command("serve")(serve.serve)
app.command("bench")(bench.bench)


def main() -> None:
    """Run the command line; every error that is ours ends as one sentence and an exit code."""
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
        sys.exit(1)
