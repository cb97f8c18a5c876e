"""The command of a person's review: the page, the terminal, the count, and what is given on."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli import options
from piiforge.cli.terminal import say, table, tell
from piiforge.cli.use import secret, token_from
from piiforge.errors import AskedWrongly
from piiforge.files import draft, read_json, refuse_existing
from piiforge.files import write as write_lines
from piiforge.types import Option

if TYPE_CHECKING:
    from piiforge import build, review
else:
    build, review = options.rooms("build", "review")

KEYS = {"r": "right", "w": "wrong", "u": "unsure", "n": "note", "s": "skip", "q": "quit"}
ENDS = {"", "\x04"}  # the terminal is gone; Ctrl-D
_MANIFEST = "manifest.json"
_BUILT = (_MANIFEST, "rows.parquet")
_LABELS = {True: "sensitive", False: "not sensitive", None: "no label"}
_WRONG_ARE = {"findings": "findings are false alarms", "lines": "lines are not as claimed"}


def review_(
    place: Annotated[
        Path,
        Option(
            "A folder that `piiforge build` or `write` wrote; what `piiforge scan` found, or "
            "called clean; or JSONL with id, category and content.",
            argument=True,
        ),
    ],
    where: partial[review.Listening],
    open_: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open",
            help="Open the browser. Default: in a terminal, where there is a screen.",
            show_default=False,
        ),
    ] = None,
    terminal: Annotated[bool, Option("Ask in the terminal; of a data set's sample alone.")] = False,
    reviewer: Annotated[
        str, Option("Who decides: two reviewers are compared.", default="who is logged in")
    ] = "",
    tally: Annotated[bool, Option("Count the decisions, ask nothing.")] = False,
    bound: Annotated[
        float | None,
        Option(
            "Share of wrong labels, false alarms or missed rows that --tally allows.",
            default="of labels the manifest's, else 0.02; else 1",
            least=0,
            most=1,
        ),
    ] = None,
    to_adapt: Annotated[
        Path | None, Option("Write what is decided as lines for `piiforge adapt`.", default="no")
    ] = None,
    to_suppress: Annotated[
        Path | None,
        Option("Add the false alarms to this file, without a value in clear.", default="no"),
    ] = None,
    export_label_studio: Annotated[
        Path | None, Option("Write tasks of Label Studio; they hold the contents.", default="no")
    ] = None,
    import_label_studio: Annotated[
        Path | None, Option("Take in the decisions of Label Studio's JSON export.", default="no")
    ] = None,
    reference_key: Annotated[
        Path | None,
        Option("The secret file of the scan: rows are proved, false alarms keyed.", default="none"),
    ] = None,
    token_variable: Annotated[
        str, Option("Where your own token stands, for a --host that others reach.")
    ] = "PIIFORGE_TOKEN",
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Decide row by row on a local page, keyboard first. With --tally: exit 1 over the bound.

    y the label is right, n wrong, u unsure, z undo, ? all keys. Every decision is on the disk
    before the next row shows; the next call goes on at the first open one. A finding's row is read
    again from its log, and refused if that was changed since.

    Example: piiforge review found.jsonl
    """
    outs = (to_adapt, export_label_studio)
    for out in filter(None, outs):
        refuse_existing(out, force=force)
    path = _sampled(place)
    if terminal:
        _decide(review.find(path))
        found = review.tally(review.load(review.find(path)), _limit(review.find(path), bound))
        tell(f"{path}: {found.said}", found.record(), as_json=as_json)
        say(f"Count them with `piiforge review {place} --tally`.")
        return
    given_on = any((*outs, to_suppress, import_label_studio))
    needs_content = not tally or any(outs) or to_suppress
    opened = review.open(path, reference_key=secret(reference_key), shown=bool(needs_content))
    if import_label_studio:
        _take_in(import_label_studio, opened)
    if given_on:
        _give_on(opened, to_adapt, to_suppress, export_label_studio, force=force)
    if tally:
        passed = _count(opened, bound, as_json=as_json)
        raise typer.Exit(0 if passed else 1)
    if not given_on:
        listening = where(token=token_from(os.environ, token_variable))
        desk = review.Desk(opened, reviewer or review.whoever(), _descriptions(opened.path))
        _page(desk, listening, wanted=open_, as_json=as_json)
        say(f"Count them with `piiforge review {place} --tally`.")


def _page(
    desk: review.Desk, where: review.Listening, *, wanted: bool | None, as_json: bool
) -> None:
    """Serve the page until Ctrl-C."""

    def listening(url: str, _stop: Callable[[], None]) -> None:
        count = len(desk.opened.items)
        told = f"{url} shows {count:,} row{'s' * (count != 1)} of {desk.opened.path}."
        tell(told, {"url": url, "rows": count, "kind": desk.opened.kind}, as_json=as_json)
        sys.stdout.flush()
        say("The address lets its holder in. Ctrl-C ends; what is decided is kept.")
        screen = os.name == "nt" or sys.platform == "darwin" or "DISPLAY" in os.environ
        screen = screen or "WAYLAND_DISPLAY" in os.environ
        if wanted or (wanted is None and screen and sys.stderr.isatty() and not as_json):
            webbrowser.open(url)

    review.serve(desk, where, listening=listening)
    for one in desk.overview()["progress"]["agreement"]:  # type: ignore[index]
        say(one)
    say(f"Stopped. The decisions are in {desk.opened.journal}.")


def _descriptions(path: Path) -> dict[str, str]:
    """Return the words that a built folder has for its categories."""
    beside = path.with_name(_MANIFEST)
    told = read_json(beside).get("descriptions") if beside.is_file() else None
    return {str(name): str(text) for name, text in told.items()} if isinstance(told, dict) else {}


def _sampled(place: Path) -> Path:
    """Return `place`; in a built folder without a review, a sample is drawn first."""
    made = place / review.FILE
    if not made.exists() and all((place / name).is_file() for name in _BUILT):
        samples = [
            review.Sample(
                row.id, row.category, row.content, row.verdict.is_sensitive,
                row.verdict.explanation, row.language, row.event, row.cue,
            )
            for row in build.read_rows(place)
        ]  # fmt: skip
        review.write(made, review.sample(samples, build.doubted(place), count=review.MOST, seed=0))
    return place


def _limit(path: Path, bound: float | None) -> float:
    return review.recorded_bound(path) if bound is None else bound


def _take_in(path: Path, opened: review.Opened) -> None:
    done = review.from_label_studio(path, opened, review.Journal(opened.journal))
    say(f"{done.new:,} decisions taken in from {path}, {done.known:,} were there already.")
    if done.lost:
        say(f"{done.lost:,} are of rows that are not in {opened.path}; they stay in {path} alone.")


def _give_on(
    opened: review.Opened,
    to_adapt: Path | None,
    to_suppress: Path | None,
    tasks: Path | None,
    *,
    force: bool,
) -> None:
    journal = review.Journal(opened.journal)
    if to_adapt:
        with draft(to_adapt, force=force) as part:
            count = write_lines(part, review.to_adapt(opened, journal))
        say(f"{count:,} labelled lines in {to_adapt}. Next: piiforge adapt {to_adapt}")
    if to_suppress:
        if opened.kind != review.FINDINGS:
            hint = "Name what `piiforge scan` found."
            raise AskedWrongly(f"{opened.path} holds no findings.", hint)
        count = review.keep_false_alarms(to_suppress, review.false_alarms(opened, journal))
        say(f"{count:,} false alarms added to {to_suppress}.")
    if tasks:
        shown = {
            item.id: review.spans_of(item, opened.categories)
            for item in opened.items
            if not item.refused
        }
        review.write_tasks(tasks, review.to_label_studio(opened, journal, shown), force=force)
        say(f"{len(shown):,} tasks in {tasks}, contents in clear. Label Studio's setting for them:")
        typer.echo(review.CONFIG)


def _count(opened: review.Opened, bound: float | None, *, as_json: bool) -> bool:
    """Tell what the decisions come to; return whether they are within the bound."""
    journal = review.Journal(opened.journal)
    lost = opened.lost(journal)
    if lost:
        say(f"{lost:,} decisions are of rows that are not in {opened.path}; they are kept.")
    items = opened.settled(journal)
    agreed = review.agreements(journal, [item.id for item in items])
    for one in agreed:
        say(one.said)
    if opened.kind == review.MISSED:
        path = opened.path
        told = review.estimate(items, review.rows_found(path), review.decided_findings(path))
        if not as_json:
            rows = [[one.name, one.rows, one.judged, one.missed] for one in told.strata]
            table("", ["rows with", "called clean", "judged", "missed"], rows)
        tell(told.said, told.record(), as_json=as_json)
        return told.recall is not None and 1 - told.recall <= (1.0 if bound is None else bound)
    sampled = opened.kind == review.SAMPLES
    limit = _limit(opened.path, bound) if sampled else 1.0 if bound is None else bound
    more = {} if sampled else {"wrong_are": _WRONG_ARE[opened.kind]}
    found = review.tally(items, limit, agreements=agreed, lost=lost, **more)
    if not as_json:
        _show_tally(found)
    tell(f"{opened.path}: {found.said}", found.record(), as_json=as_json)
    if sampled:
        review.keep(opened.path, found)
        if not found.passed:
            say("Until a count passes, no recipe that names this folder builds with its lines.")
    return found.passed


def _decide(path: Path) -> None:
    """Show the open rows one by one until all have been seen or the person stops."""
    rows = review.load(path)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        hint = f'Set "decision" in {path} to "right", "wrong" or "unsure"; --tally counts them.'
        raise AskedWrongly("decisions are asked for in a terminal, and this is none.", hint)
    for at, row in enumerate(rows, 1):
        if row.decision:
            continue
        say(review.card(row, at, len(rows)))
        while (word := _word()) == "note":
            note = typer.prompt("Note", default="", show_default=False, err=True)
            review.decide(path, row.id, review.Decision.OPEN, note)
        if word == "quit":
            return
        if word != "skip":
            review.decide(path, row.id, review.Decision(word))


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


def _show_tally(found: review.Tally) -> None:
    named = [(cell.category, _LABELS[cell.label], cell.counts) for cell in found.cells]
    named += [("disputed", "", found.disputed), ("undisputed", "", found.undisputed)]
    rows = [
        [name, label, counts.right, counts.wrong, counts.unsure, counts.open]
        for name, label, counts in named
    ]
    table("", ["category", "label", "right", "wrong", "unsure", "open"], rows)
