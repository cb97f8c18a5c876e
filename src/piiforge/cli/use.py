"""Commands that put a model to use: scan logs, serve verdicts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from piiforge.cli.options import EmitOpt, EngineOpt, ForceOpt, JsonOpt, ResumeOpt, rooms
from piiforge.cli.terminal import bar_of, say, table, tell
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.types import Option

if TYPE_CHECKING:
    from piiforge import doctor, logs, predict, scale, scan, scrub, serve
else:
    doctor, logs, predict, scale, scan, scrub, serve = rooms(
        "doctor", "logs", "predict", "scale", "scan", "scrub", "serve"
    )

PackOpt = Annotated[str, Option("The same as --with pack:PACK.", default="none")]
LEAST_BYTES = 8 << 20  # of files, for which workers are started unasked
_NEED_OUT = ("resume", "show_values", "state", "shard", "estimate_missed")
_SHOWN = 20
_SPEED = "{task.fields[rows]:,} rows, {task.fields[speed]:,.0f}/s"
_FOUND = "{task.fields[found]:,} found, {task.fields[unscanned]:,} unscanned"


def scan_(
    asked: partial[scan.Scan],
    out: Annotated[
        Path | None,
        Option(
            "Keep the findings: FILE.jsonl or FILE.parquet, with a report beside.",
            default="nothing is kept; a summary and the first findings, masked, are shown",
            flag="--out -o",
        ),
    ] = None,
    pack: PackOpt = "",
    reference_key: Annotated[
        Path | None,
        Option("A secret file; equal contents then get equal references.", default="none"),
    ] = None,
    emit: EmitOpt = None,
    workers: Annotated[
        int,
        Option(
            "Processes that read and judge; the same comes out for any number. 1 is this process.",
            default="one a core for over 8 MB of files without a model, else 1",
            least=1,
        ),
    ] = 0,
    engine: EngineOpt = "processes",
    estimate_missed: Annotated[
        int,
        Option(
            "Draw so many rows that were called clean, by risk, for `piiforge review` to judge.",
            default="none",
            least=0,
        ),
    ] = 0,
    lines: Annotated[
        bool, Option("Show a line a finding: file:row, category, key with its value masked.")
    ] = False,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    fail_on_found: Annotated[bool, Option("Exit 1 where anything was found.")] = False,
    fail_on: Annotated[
        str, Option("Exit 1 where one of these was found, as ssn,credit_card.", default="none")
    ] = "",
    fail_on_unscanned: Annotated[bool, Option("Exit 1 where a row was not scanned.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """Find the rows of logs that hold personal data, and the keys that leaked it.

    Verdicts that no stage was sure of are listed apart; they are no findings. No value is written
    or shown without --show-values. A row that can't be read is told as
    unscanned. --resume goes on after any stop and ends with the same findings.

    Example: piiforge scan access.log
    """
    if pack and "system" in asked.keywords:
        raise AskedWrongly("--with and --pack exclude each other.", "Give one of them.")
    named = {"system": f"pack:{pack}"} if pack else {}
    needing = {"resume": resume, "estimate_missed": estimate_missed, **asked.keywords}
    for name in _NEED_OUT:
        if out is None and needing.get(name):
            option = name.replace("_", "-")
            raise AskedWrongly(f"--{option} goes with --out.", "Name a file: --out FILE.jsonl.")
    with _kept(out) as place:
        wanted = asked(
            out=place, reference_key=secret(reference_key), emit=scan.emits(emit or ()), **named
        )
        if wanted.manner.format and wanted.manner.format not in logs.FORMATS:
            raise UnknownName("format", wanted.manner.format, logs.FORMATS, "--format")
        failing = _failing(fail_on, wanted)
        if estimate_missed:
            scan.refuse_draw(wanted, estimate_missed)
        flows = out is None and scan.flows(wanted.paths)
        shown = _shown(as_json=as_json) if flows or lines else None
        try:
            with nullcontext() if shown else _bar() as move:
                done = scan.run(
                    wanted,
                    resume=resume,
                    force=force,
                    progress=move,
                    workers=_workers(workers, engine, wanted.system),
                    shown=shown,
                )
        except KeyboardInterrupt:
            if out:
                say(f"What was found is in {out}.part; --resume goes on with it.")
            raise
        drawn = scan.draw(wanted, estimate_missed) if estimate_missed else None
    try:
        showing = _Showing(as_json=as_json, line=shown is not None, tables=not lines)
        _scanned(done, showing, kept=out is not None)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # of rich: who read it is gone, no fault of the scan
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if wanted.shard:
        say(f"Next, when all shards are done: piiforge gather {out}.shards")
    if drawn:
        say(f"{drawn.rows:,} of {drawn.clean:,} rows called clean are in {drawn.path}.")
        say(f"Next: piiforge review {drawn.path}")
    total, found = done.tally.total, done.by_category()
    failed = any(found[name] for name in failing) or (fail_on_found and total.findings)
    raise typer.Exit(1 if failed or (fail_on_unscanned and total.unscanned) else 0)


def _failing(names: str, wanted: scan.Scan) -> list[str]:
    """Return the categories whose findings are to fail."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    known = predict.knows(wanted.system, wanted.categories) if asked else {}
    for name in asked:
        if name not in known:
            raise UnknownName("category", name, known, "--fail-on")
    return asked


def gather_scan(
    folder: Path, out: str | None, emit: Sequence[str] | None, *, force: bool, as_json: bool
) -> None:
    """Join the shards of a scan, and tell what it came to."""
    place = Path(out) if out else None
    done = scan.gather(folder, scan.emits(emit or ()), place, force=force)
    _scanned(done, _Showing(as_json=as_json), kept=True)


def scrub_(
    asked: partial[scrub.Scrub],
    pack: PackOpt = "",
    key: Annotated[
        Path | None,
        Option("A secret file for pseudonyms: one value gets one token.", default="none"),
    ] = None,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    dry_run: Annotated[bool, Option("Write nothing; show the first changes, masked.")] = False,
    fail_on_found: Annotated[bool, Option("Exit 1 where anything was taken out.")] = False,
    fail_on_unscanned: Annotated[bool, Option("Exit 1 where a row was not scanned.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """Write logs again without the personal data in them, in the form that they have.

    What the detector finds is taken out, and what it is unsure of too (--no-unsure leaves that).
    Each changed row is judged again, until nothing is found in it. A row that can't be read or
    judged is never passed through: it is told, and stands in OUT.unscanned.jsonl.

    Example: piiforge scrub logs/ --out clean --mode mask --mode email=label
    """
    if pack and "system" in asked.keywords:
        raise AskedWrongly("--with and --pack exclude each other.", "Give one of them.")
    named = {"system": f"pack:{pack}"} if pack else {}
    wanted = asked(key=secret(key, "--key"), **named)
    to_stdout = wanted.out == scrub.STDIO and not dry_run
    if to_stdout and as_json:
        raise AskedWrongly("--json and --out - both write to standard output.", "Give --out FILE.")
    try:
        with _bar("scrub") as move:
            done = scrub.run(wanted, resume=resume, force=force, dry=dry_run, progress=move)
    except KeyboardInterrupt:
        if not to_stdout and not dry_run and Path(wanted.out).exists():
            say(f"The files that were done are in {wanted.out}; --resume goes on behind them.")
        raise
    _scrubbed(done, wanted, dry=dry_run, quiet=to_stdout, as_json=as_json)
    total = done.total
    failed = (fail_on_found and total.changed) or (fail_on_unscanned and total.unscanned)
    raise typer.Exit(1 if failed else 0)


def _scrubbed(
    done: scrub.Scrubbed, wanted: scrub.Scrub, *, dry: bool, quiet: bool, as_json: bool
) -> None:
    if quiet:
        say(done.headline)
    else:
        if not as_json:
            if dry:
                sights = [(f"{one.file}:{one.row}", one.masked, one.now) for one in done.first]
                _table("First changes, masked", ("place", "what stands there", "becomes"), sights)
            _table("By category", ("category", "mode", "values"), done.by_category())
            files = [
                (name, one.rows, one.changed, one.removed, one.unscanned)
                for name, one in done.files.items()
            ]
            _table("By file", ("file", "rows", "changed", "emptied", "unscanned"), files)
            _table("Unscanned", ("reason", "rows"), list(done.reasons.items()))
        tell(done.headline, done.record(), as_json=as_json)
    if done.skipped:
        say(f"Done by an earlier run: {done.skipped:,} files.")
    if done.total.unscanned:
        where = done.unscanned_file or "no file: they are in none that was written"
        say(f"Rows not scanned, and not passed through: {done.total.unscanned:,}, in {where}.")
    if done.rows_per_s:
        say(f"{done.rows_per_s:,.0f} rows/s.")
    say(done.second_look)
    say("Nothing was written." if dry else f"Scrubbed: {wanted.out}")


@contextmanager
def _kept(out: Path | None) -> Iterator[Path]:
    """Give where the findings go: `out`, or a place that is taken away again."""
    if out:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="piiforge-") as folder:
        yield Path(folder) / "found.jsonl"


def _workers(count: int, engine: str, system: str) -> scan.Workers | None:
    """Return who judges; None is this process."""
    if engine == "processes" and (count == 1 or (not count and predict.is_model(system))):
        return None
    least = LEAST_BYTES if engine == "processes" and not count else 0
    return scan.Workers(scale.engines.get(engine, count), engine == "ray", least)


def _shown(*, as_json: bool) -> Callable[[Sequence[scan.Found]], None]:
    """Return what shows findings as they come: a JSON object a line, or place, category, form."""

    def show(found: Sequence[scan.Found]) -> None:
        for one in found:
            if as_json:
                typer.echo(orjson.dumps(one.record(), default=str).decode())
            elif one.kind in {"finding", "unscanned"}:
                said = one.reason or scan.shown_of(one) or "(no key)"
                typer.echo(f"{_plain_text(one.file)}:{one.row} {one.category} {_plain_text(said)}")
        sys.stdout.flush()

    return show


def secret(path: Path | None, option: str = "--reference-key") -> bytes:
    """Return the secret that a file holds; b"" without a file. `option` named the file."""
    if path is None:
        return b""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise AskedWrongly(f"{path} can't be read.", f"{option} names a file.") from error
    if len(secret) < 16:
        raise AskedWrongly(f"{path} holds under 16 bytes.", "Use 32 random bytes.")
    return secret


def token_from(variables: Mapping[str, str], name: str) -> str:
    """Return the token that the variable `name` holds, "" where it is not set.

    Raises:
        AskedWrongly: it is set and blank, which is a slip and would let everyone in.
    """
    if name not in variables:
        return ""
    if not variables[name].strip():
        raise AskedWrongly(f"{name} is set and empty.", "Give it a token, or unset it.")
    return variables[name].strip()


@dataclass(frozen=True, slots=True)
class _Showing:
    """How a scan is told: whether findings were shown a `line` each, and tables are wanted."""

    as_json: bool
    line: bool = False
    tables: bool = True


def _scanned(done: scan.Scanned, how: _Showing, *, kept: bool) -> None:
    total = done.tally.total
    read = len(done.tally.files)
    text = f"{done.headline} {read:,} file{'s' * (read != 1)}, by {done.system}."
    told = done.record() | ({} if kept else {"out": None, "report": None})
    if how.tables and not how.as_json:
        if not kept and not how.line:
            sights = [
                (f"{one.file}:{one.row}" + (f" and {one.more:,} more" if one.more else ""),
                 one.category, one.masked or "(no key)")
                for one in done.first
            ]  # fmt: skip
            _table("First findings, masked", ("place", "category", "what stands there"), sights)
        found = [(name, count) for name, count in done.by_category().items() if count]
        _table("By category", ("category", "findings"), found)
        counts: Counter[tuple[str, str]] = Counter()
        for one in done.by_key():
            counts[one.key, one.category] += one.findings
        keys = [(*each, count) for each, count in counts.most_common()]
        if done.tally.keyless:
            keys.append(("(no key)", "any", done.tally.keyless))
        _table("By key", ("key", "category", "findings"), keys)
        files = [
            (name, one.rows, one.findings, one.unsure, one.unscanned)
            for name, one in done.by_file()
        ]
        _table("By file", ("file", "rows", "findings", "unsure", "unscanned"), files)
        apart = [(*place, count) for place, count in done.tally.suppressed.most_common()]
        _table("Suppressed, no finding", ("category", "entry", "findings"), apart)
        _table("Unsure, no finding", ("category", "verdicts"), list(done.by_unsure().items()))
        _table("Unscanned", ("reason", "rows", "files"), list(done.by_reason()))
    if how.as_json and how.line:
        typer.echo(orjson.dumps({"kind": "summary"} | told).decode())
    else:
        tell(text, told, as_json=how.as_json)
    _say_known(done)
    if total.unscanned:
        say(f"Rows not scanned, neither clean nor sensitive: {total.unscanned:,}.")
    if done.rows_per_s:
        speed = done.rows_per_s
        say(f"{speed:,.0f} rows/s." if speed >= 10 else f"{speed:.2g} rows/s.")
    for kind, path in done.emitted.items():
        if kind == scan.SARIF:
            more = f"; {done.left_out:,} findings are left out" if done.left_out else ""
            say(f"The findings as SARIF are in {path}{more}.")
            continue
        say(f"Settings for {kind} are in {path}; findings without a key: {done.tally.keyless:,}.")
    if kept:
        report = f"  Report: {done.report}" if done.report.exists() else ""
        say(f"Findings: {done.out}{report}")
    else:
        say("Nothing was kept: --out found.jsonl keeps every finding and writes a report.")


def _say_known(done: scan.Scanned) -> None:
    """Tell what of a baseline is gone, and which suppressions no longer do anything."""
    if done.leaks is not None:
        gone = "" if done.gone is None else f", {done.gone:,} of its {done.leaks:,} leaks are gone"
        say(f"Against the baseline: {done.tally.total.findings:,} findings are new, "
            f"{done.known:,} were known{gone}.")  # fmt: skip
    for what, entries in (("expired", done.expired), ("suppressed nothing", done.unused)):
        for entry in entries[:_SHOWN]:
            say(f"Suppression {what}: {_plain_text(entry)}.")
        if len(entries) > _SHOWN:
            say(f"Suppressions that {what}: {len(entries):,}; the summary has all.")


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    more = f" (the first {_SHOWN} of {len(rows):,})" if len(rows) > _SHOWN else ""
    table(title + more, head, [[_plain(each) for each in row] for row in rows[:_SHOWN]])


def _plain(cell: object) -> object:
    """Return a name as it may be shown: brackets are no markup, and no sign moves the cursor."""
    from rich.markup import escape

    return escape(_plain_text(cell)) if isinstance(cell, str) else cell


def _plain_text(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


@contextmanager
def _bar(what: str = "scan") -> Iterator[scan.Progress]:
    """Show rows, rows a second and the time left on stderr; nothing without a terminal."""
    from rich import progress as bars

    shown = (what, bars.BarColumn(), bars.TaskProgressColumn(), _SPEED, _FOUND)
    fields = {"rows": 0, "speed": 0.0, "found": 0, "unscanned": 0}
    with bar_of(*shown, bars.TimeRemainingColumn()) as bar:
        task = bar.add_task(what, total=None, **fields)  # type: ignore[arg-type]
        kept: list[int] = []

        def move(at: scan.Moved) -> None:
            kept[:] = kept or [at.rows]
            took_s = bar.tasks[0].elapsed or 0.0
            bar.update(
                task,
                completed=at.done_bytes,
                total=at.total_bytes or None,
                rows=at.rows,
                speed=(at.rows - kept[0]) / took_s if took_s else 0.0,
                found=at.findings,
                unscanned=at.unscanned,
            )

        yield move


def serve_(
    settings: partial[serve.Settings],
    choices: predict.Choices,
    system: predict.SystemName = "",
    pack: PackOpt = "",
    categories: predict.CategoryNames = (),
    calibration: predict.CalibrationFile = None,
    prefilter: predict.UsePrefilter = True,
    token_variable: Annotated[
        str, Option("Where the token stands; who asks has to send it.")
    ] = "PIIFORGE_TOKEN",
    as_json: JsonOpt = False,
) -> None:
    """Answer verdicts over HTTP, and Presidio's requests. A page to try it stands at /.

    Nothing that is sent is kept or logged. Ctrl-C or SIGTERM answers what was accepted, then ends.

    Example: piiforge serve --port 8000
    """
    if system and pack:
        raise AskedWrongly("--with and --pack exclude each other.", "Give one of them.")
    name = f"pack:{pack}" if pack else system or predict.DEFAULT
    predict.refuse_no_model(name)
    wanted = settings(token=token_from(os.environ, token_variable))

    def load() -> predict.Detector:
        return predict.load(
            name,
            categories=categories,
            calibration=calibration,
            prefilter=prefilter,
            choices=choices,
        )

    def listening(place: serve.Place) -> None:
        asks = "asks for a token" if wanted.token else "asks for no token"
        data = {"url": place.url, "system": name, "token": bool(wanted.token)}
        tell(f"{place.url} answers with {name} and {asks}.", data, as_json=as_json)
        say(f"Open {place.url}/ to try a line, {place.url}/docs for the routes.")

    serve.run(load, wanted, listening=listening)
    say("Stopped: what was accepted has been answered.")


def doctor_(
    pack: Annotated[
        Path | None, Option("Measure a verdict of this pack, too.", default="none")
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Say what is installed, what each extra lacks, and what this machine can run and how fast.

    Exit 0 where all that is lacking are extras, 1 where something has to be mended.

    Example: piiforge doctor
    """
    found = doctor.examine(pack)
    lines = [f"piiforge {found.version} in {found.place}, {found.recipes} recipes."]
    if not as_json:
        core = [(one.name, one.version or "missing", one.wanted) for one in found.core]
        table("Core", ("package", "version", "wanted"), core)
        extras = [
            (one.name, "lacks " + ", ".join(one.lacks) if one.lacks else "there", one.gives)
            for one in found.extras
        ]
        table("Extras", ("extra", "state", "for"), [[_plain(one) for one in row] for row in extras])
    lines += [f"  {one.line}" for one in found.extras if one.line]
    if here := found.machine:
        memory = "unknown" if here.memory_gb is None else f"{here.memory_gb:g} GB"
        wide = ", ".join(here.instructions) or "none of AVX2, VNNI, AMX"
        gpus = "; ".join(here.gpus) or "none"
        lines.append(f"{here.system}, Python {here.python}: {here.processor}, {here.cores} cores,")
        lines.append(f"{memory} of memory, {wide}; GPU: {gpus}.")
    if speed := found.speed:
        lines.append(f"Scanning: {speed.rows_per_s:,.0f} rows/s of sample lines, in one process.")
        if speed.pack_p50_ms is not None:
            p50, p95 = speed.pack_p50_ms, speed.pack_p95_ms
            lines.append(f"A verdict of the pack, asked alone: {p50:g} ms, p95 {p95:g} ms.")
    ills = "; ".join(found.ills)
    lines.append(f"To be mended: {ills}." if ills else "Nothing is amiss.")
    tell("\n".join(lines), found.record(), as_json=as_json)
    raise typer.Exit(1 if found.ills else 0)
