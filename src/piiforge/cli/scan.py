"""`piiforge scan`: find the rows of logs that hold personal data, and the keys that leaked it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt, PrefilterOpt
from piiforge.cli.telling import say, table, tell
from piiforge.errors import AskedWrongly, UnknownName

if TYPE_CHECKING:
    from piiforge import scan as room


PathsArg = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, or - for standard input: plain logs, JSONL, CSV, TSV, Parquet, HAR, "
        "each also in gzip or zstd.",
        show_default=False,
    ),
]
OutOpt = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="The findings: FILE.jsonl or FILE.parquet.", show_default=False
    ),
]
WithOpt = Annotated[
    str | None,
    typer.Option(
        "--with",
        help="rules, presidio, chat:URL#MODEL, server:URL#MODEL, local:PATH or pack:PATH. "
        "Default: rules.",
        show_default=False,
    ),
]
PackOpt = Annotated[str | None, typer.Option(help="The same as --with pack:PACK. Default: none.")]
CategoryOpt = Annotated[
    list[str] | None,
    typer.Option("--category", "-c", help="One category; may be repeated. Default: all."),
]
ColumnOpt = Annotated[
    str,
    typer.Option(
        help="Read this column or key alone; a.b goes into objects. Default: the whole row.",
        show_default=False,
    ),
]
FormatOpt = Annotated[
    str,
    typer.Option(
        "--format",
        help="lines, jsonl, csv, tsv, parquet or har. Default: by name and first bytes.",
        show_default=False,
    ),
]
EncodingOpt = Annotated[
    str, typer.Option(help="Of text files. Default: utf-8, or by a byte order mark.",
                      show_default=False)
]  # fmt: skip
HeadOpt = Annotated[
    bool,
    typer.Option(
        "--header/--no-header", help="A CSV's first record names its columns. Default: yes.",
        show_default=False,
    ),
]  # fmt: skip
LimitOpt = Annotated[
    int,
    typer.Option(
        min=1_000,
        help="Bytes of a row; a longer one is told as unscanned. Default: 1000000.",
        show_default=False,
    ),
]
BatchOpt = Annotated[
    int,
    typer.Option(
        min=0, help="Rows judged at once. Default: 512 with rules, else 32.", show_default=False
    ),
]
KeysOpt = Annotated[
    bool,
    typer.Option(
        "--keys/--no-keys",
        help="Ask the pairs of a positive row again, to find its key. Default: yes.",
        show_default=False,
    ),
]
ValuesOpt = Annotated[
    bool,
    typer.Option("--show-values", help="Put the content of each finding into --out. Default: no."),
]
ReferenceOpt = Annotated[
    Path | None,
    typer.Option(
        "--reference-key",
        help="A secret file; equal contents then get equal references. Default: none.",
    ),
]
CalibrationOpt = Annotated[
    Path | None, typer.Option(help="A stored calibration to apply. Default: none.")
]
EmitOpt = Annotated[
    list[str] | None,
    typer.Option(
        help="ga4=FILE or otel=FILE: redaction settings of the keys that leaked. Default: none."
    ),
]
ResumeOpt = Annotated[
    bool, typer.Option("--resume", help="Go on with a scan that was stopped. Default: no.")
]
FoundOpt = Annotated[
    bool, typer.Option("--fail-on-found", help="Exit 1 where anything was found. Default: no.")
]
UnscannedOpt = Annotated[
    bool,
    typer.Option("--fail-on-unscanned", help="Exit 1 where a row was not scanned. Default: no."),
]
_SHOWN = 20


def scan(
    paths: PathsArg,
    out: OutOpt,
    predictor: WithOpt = None,
    pack: PackOpt = None,
    category: CategoryOpt = None,
    column: ColumnOpt = "",
    file_format: FormatOpt = "",
    encoding: EncodingOpt = "utf-8",
    header: HeadOpt = True,
    row_limit: LimitOpt = 1_000_000,
    batch: BatchOpt = 0,
    keys: KeysOpt = True,
    show_values: ValuesOpt = False,
    reference_key: ReferenceOpt = None,
    calibration: CalibrationOpt = None,
    prefilter: PrefilterOpt = True,
    emit: EmitOpt = None,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    fail_on_found: FoundOpt = False,
    fail_on_unscanned: UnscannedOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Find the rows of logs that hold personal data, and the keys that leaked it.

    No value is written or shown without --show-values. A row that can't be read is told as
    unscanned. --resume goes on after any stop and ends with the same findings.
    """
    from piiforge import logs
    from piiforge import scan as room

    if file_format and file_format not in logs.FORMATS:
        raise UnknownName("format", file_format, logs.FORMATS, "--format")
    asked = room.Scan(
        paths,
        out,
        _system(predictor, pack),
        tuple(category or ()),
        logs.Manner(file_format, column, encoding, header, row_limit),
        batch,
        keys,
        show_values,
        _secret(reference_key),
        calibration,
        emit=room.emits(emit or ()),
        prefilter=prefilter,
    )
    try:
        with _bar() as move:
            done = room.run(asked, resume=resume, force=force, progress=move)
    except KeyboardInterrupt:
        say(f"What was found is in {out}.part; --resume goes on with it.")
        raise
    _tell(done, as_json=as_json)
    total = done.tally.total
    failed = (fail_on_found and total.findings) or (fail_on_unscanned and total.unscanned)
    raise typer.Exit(1 if failed else 0)


def _system(predictor: str | None, pack: str | None) -> str:
    if predictor and pack:
        raise AskedWrongly("--with and --pack exclude each other.", "Give one of them.")
    return f"pack:{pack}" if pack else predictor or "rules"


def _secret(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise AskedWrongly(f"{path} can't be read.", "--reference-key names a file.") from error
    if len(secret) < 16:
        raise AskedWrongly(f"{path} holds under 16 bytes.", "Use 32 random bytes.")
    return secret


def _tell(done: "room.Scanned", *, as_json: bool) -> None:
    total = done.tally.total
    text = (
        f"{total.rows:,} rows of {len(done.tally.files):,} files by {done.system}: "
        f"{total.findings:,} findings in {total.rows_found:,} rows, {total.unscanned:,} unscanned."
    )
    if not as_json:
        _tables(done)
    tell(text, done.record(), as_json=as_json)
    if total.unscanned:
        say(f"Rows not scanned, neither clean nor sensitive: {total.unscanned:,}.")
    if done.rows_per_s:
        speed = done.rows_per_s
        say(f"{speed:,.0f} rows/s." if speed >= 10 else f"{speed:.2g} rows/s.")
    for kind, path in done.emitted.items():
        say(f"Settings for {kind} are in {path}; findings without a key: {done.tally.keyless:,}.")
    say(f"Findings: {done.out}  Report: {done.report}")


def _tables(done: "room.Scanned") -> None:
    found = [(name, count) for name, count in done.by_category().items() if count]
    _table("By category", ("category", "findings"), found)
    keys = [(one.key, one.category, one.findings) for one in done.by_key()]
    _table("By key", ("key", "category", "findings"), keys)
    files = [(name, each.rows, each.findings, each.unscanned) for name, each in done.by_file()]
    _table("By file", ("file", "rows", "findings", "unscanned"), files)
    reasons = [(reason, rows, files) for reason, rows, files in done.by_reason()]
    _table("Unscanned", ("reason", "rows", "files"), reasons)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    more = f" (the first {_SHOWN} of {len(rows):,})" if len(rows) > _SHOWN else ""
    shown = [[_plain(each) for each in row] for row in rows[:_SHOWN]]
    table(title + more, head, shown)


def _plain(cell: object) -> object:
    """Return a name as it may be shown: brackets are no markup, and no sign moves the cursor."""
    from rich.markup import escape

    if not isinstance(cell, str):
        return cell
    return escape("".join(char if char.isprintable() else "\ufffd" for char in cell))


@contextmanager
def _bar() -> Iterator["room.Progress"]:
    """Show rows, rows a second and the time left on stderr; nothing without a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("scan"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f}/s"),
        TextColumn("{task.fields[found]:,} found, {task.fields[unscanned]:,} unscanned"),
        TimeRemainingColumn(),
    )
    fields = {"rows": 0, "speed": 0.0, "found": 0, "unscanned": 0}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("scan", total=None, **fields)  # type: ignore[arg-type]
        kept: list[int] = []

        def move(at: "room.Moved") -> None:
            kept[:] = kept or [at.rows]
            took_s = bar.tasks[0].elapsed or 0.0
            speed = (at.rows - kept[0]) / took_s if took_s else 0.0
            bar.update(
                task,
                completed=at.done_bytes,
                total=at.total_bytes or None,
                rows=at.rows,
                speed=speed,
                found=at.findings,
                unscanned=at.unscanned,
            )

        yield move
