"""Commands that judge: ask a system about every row, score what it said, mine what it got wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import EngineOpt, ForceOpt, JsonOpt, OutFileOpt, ResumeOpt, rooms
from piiforge.cli.terminal import progress, say, table, tell
from piiforge.errors import AskedWrongly
from piiforge.types import Option

if TYPE_CHECKING:
    from piiforge import evaluate, files, judge, recipe, scale
else:
    evaluate, files, judge, recipe, scale = rooms("evaluate", "files", "judge", "recipe", "scale")

TOLD = ("precision", "recall", "f1", "macro_f1", "pairs")
HEAD = (
    "system", "preci-\nsion", "recall", "F1", "macro\nF1", "AUC", "un-\nparsed", "pairs", "p50\nms",
    "p95\nms",
)  # fmt: skip
RARE = ("un-\nparsed", "pairs")  # columns that are left out where no system has any
NONE = {0, "–"}
FEW = 3  # systems whose every difference is shown: of ten there are 45 pairs


def predict_(
    asked: judge.Question,
    out: Annotated[Path, Option("The file to write.", flag="--out -o")],
    workers: Annotated[
        int, Option("Processes that ask; 0 is one a core. Not for remote models.", least=0)
    ] = 1,
    engine: EngineOpt = "processes",
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Ask rules, Presidio or a model about every row. Next: `piiforge score`.

    Predictions are written as they come; --resume goes on after any stop, and answers of a remote
    model are never paid twice.

    Example: piiforge predict out/base --split val --out said-val.jsonl
    """
    apart = engine != "processes" or workers != 1
    spread = scale.engines.get(engine, 0 if workers == 1 else workers).run if apart else None
    try:
        with progress("predict") as move:
            done = judge.predict_file(
                asked, out, resume=resume, force=force, progress=move, spread=spread
            )
    except KeyboardInterrupt:
        say(f"What was answered is in {out}.part; --resume goes on with it.")
        raise
    tell(_predicted(done), done.record(), as_json=as_json)
    say(f"Next: piiforge score {asked.source} {out}")


def _predicted(done: judge.Predicted) -> str:
    speed = f"{done.rows_per_s:.1f} rows/s" if done.rows_per_s else "no new rows"
    took = "not timed alone"
    if done.latency_p50_ms is not None and done.latency_p95_ms is not None:
        took = (
            f"{done.latency_p50_ms:.2f} ms a row alone (p95 {done.latency_p95_ms:.2f}, "
            f"{done.timed} rows)"
        )
    return (
        f"{done.rows} rows by {done.predictor}: {done.sensitive} sensitive, {done.unparsed} "
        f"without a verdict; {speed}, {took}. In {done.out}."
    )


def score(
    asked: judge.Judging,
    report: Annotated[
        Path | None, Option("Write a self-contained page there.", default="none")
    ] = None,
    show_content: Annotated[
        bool, Option("Show lines in the page though they were not built here.")
    ] = False,
    calibration: Annotated[
        Path | None, Option("Write the calibration there.", default="nowhere")
    ] = None,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Score predictions: precision, recall, F1 and more, with 95 % intervals.

    Resampled are groups (families, twin pairs), for the differences between systems too.

    Example: piiforge score out/base said.jsonl --report score.html
    """
    for out in filter(None, (report, calibration)):
        files.refuse_existing(out, force=force)
    if calibration and not asked.calibrate:
        raise AskedWrongly("--calibration needs --calibrate-from.", "Name validation files.")
    judged = judge.score_files(asked)
    if report:
        judge.write_score_report(judged, report, show_content=show_content, force=force)
    if calibration and judged.calibration:
        judge.write_calibration(judged.calibration, calibration, force=force)
    if as_json:
        tell("", judged.record(), as_json=True)
    else:
        _compared(judged.comparison, asked.by)
        if judged.calibration:
            typer.echo(f"{judged.calibration.form} calibration, {judged.calibration.said}.")
    say(f"Open {report}." if report else "A page with curves and mistakes: --report OUT.html.")


def _compared(done: evaluate.Comparison, by: tuple[str, ...]) -> None:
    title = (
        f"{done.cases:,} cases, {done.sensitive:,} sensitive; 95 % intervals over "
        f"{done.groups:,} groups"
    )
    rows = [_scored(one, few=len(done.scores) <= FEW) for one in done.scores]
    told = [
        at
        for at, name in enumerate(HEAD)
        if name not in RARE or any(row[at] not in (0, "–") for row in rows)
    ]
    table(title, [HEAD[at] for at in told], [[row[at] for at in told] for row in rows])
    for one in done.scores:
        for note in one.notes:
            say(f"{one.system}: {note}")
    for axis in by:
        parts = [
            [part.name, one.system, part.counts.rows]
            + [_told(figure) for figure in (part.precision, part.recall, part.f1)]
            for one in done.scores
            for part in one.of(axis)
        ]
        table(f"by {axis}", [axis, "system", "cases", "precision", "recall", "F1"], parts)
    if len(done.scores) <= FEW:
        shown = [one for one in done.differences if one.axis == "all" and one.measure in TOLD]
        if shown:
            head = ["system", "more than", "measure", "difference", "95 %", "0 outside"]
            table("Paired differences", head, [_difference(one) for one in shown])
    if done.disagreements:
        title = "One of two alone right (* 0 is outside the 95 % interval; p: McNemar)"
        head = ["system", "against", "macro F1", "it alone", "the other", "p"]
        gained = {
            (one.base, one.system): one
            for one in done.differences
            if (one.axis, one.measure) == ("all", "macro_f1")
        }
        table(title, head, [
            [one.system, one.base, _gain(gained[one.base, one.system]), one.system_alone,
             one.base_alone, judge.chance(one.p)]
            for one in done.disagreements
        ])  # fmt: skip


def _gain(one: evaluate.Difference) -> str:
    if one.figure.value is None:
        return "–"
    return f"{one.figure.value:+.3f}{'*' if one.clear else ''}"


def _scored(one: evaluate.Score, *, few: bool) -> list[object]:
    """Return the row of a system, with intervals where `few` leaves room for them."""
    overall, latency = one.overall, one.latency
    shown = (overall.precision, overall.recall, overall.f1)
    alone = (one.macro_f1.value, one.roc_auc.value)
    took = () if latency is None else (latency.p50_ms, latency.p95_ms)
    return [
        one.system,
        *(map(_told, shown) if few else (_number(figure.value) for figure in shown)),
        *map(_number, alone),
        overall.counts.unparsed,
        _number(one.pairs.value),
        *([f"{ms:.2f}" for ms in took] or ["–", "–"]),
    ]


def _difference(one: evaluate.Difference) -> list[object]:
    found = one.figure
    if found.value is None:
        return [one.system, one.base, one.measure, "–", "–", "–"]
    wide = "–" if found.low is None else f"{found.low:+.3f} to {found.high:+.3f}"
    clear = "yes" if one.clear else "no"
    return [one.system, one.base, one.measure, f"{found.value:+.3f}", wide, clear]


def _told(figure: evaluate.Figure) -> str:
    """Write a figure, and under it two digits of its interval: room for others."""
    if figure.low is None or figure.high is None:
        return _number(figure.value)
    return f"{_number(figure.value)}\n{_number(figure.low, 2)}–{_number(figure.high, 2)}"


def _number(value: float | None, digits: int = 3) -> str:
    """Write a share without the zero before its point."""
    return "–" if value is None else f"{value:.{digits}f}".removeprefix("0")


def _next_build(cases: Path, out: Path) -> str:
    """Return the command that builds with what was mined: by the name of the folder's recipe."""
    if not cases.is_dir():
        return f"piiforge build RECIPE mined={out} --out DIR"
    told = files.read_json(cases / files.MANIFEST).get("name")
    name = told if told in recipe.shipped() else "RECIPE"
    return f"piiforge build {name} mined={out} --out {cases.with_name(f'{cases.name}-mined')}"


def mine(
    cases: Annotated[
        Path, Option("A built folder, or JSONL with id, category, content, label.", argument=True)
    ],
    said: Annotated[Path, Option("Predictions of one system: JSONL.", argument=True)],
    out: OutFileOpt,
    split: Annotated[str, Option("Split to mine.", default="val of a folder, all of a file")] = "",
    rows: Annotated[int, Option("New rows to ask for.", least=1)] = 400,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Write where a system is surely worse than elsewhere, as quotas: never rows or values.

    The file goes into a recipe under `mined:`; the next build makes new rows of those kinds.

    Example: piiforge mine out/base said-val.jsonl --out mined.yaml
    """
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
    text = f"{found.mistakes:,} of {found.cases:,} wrong; " + (
        f"{len(found.cells)} cells, {found.rows} new rows asked for. "
        f"Next: {_next_build(cases, out)}"
        if found.cells
        else "no cell is surely worse than the rest, so no rows are asked for."
    )
    tell(text, {**found.record(), "out": str(out)}, as_json=as_json)
