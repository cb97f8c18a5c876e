"""`piiforge score`: measures of one or more systems over the same cases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import ForceOpt, JsonOpt
from piiforge.cli.telling import say, table, tell

if TYPE_CHECKING:
    from piiforge.evaluate import Comparison, Difference, Figure, Score


TOLD = ("precision", "recall", "f1", "macro_f1", "pairs")

HEAD = (
    "system", "precision", "recall", "F1", "macro\nF1", "AUC", "un-\nparsed", "pairs", "p50\nms",
)  # fmt: skip


CasesArg = Annotated[
    Path,
    typer.Argument(
        help="A built folder, or JSONL with id, category, content, label.", show_default=False
    ),
]
SaidArg = Annotated[
    list[Path],
    typer.Argument(
        help="Predictions, one file a system: JSONL with id and is_sensitive.", show_default=False
    ),
]
SplitOpt = Annotated[
    str, typer.Option(help="Split to score. Default: test of a folder, all of a file.")
]
NameOpt = Annotated[
    list[str] | None,
    typer.Option(help="A system's name, once for each file. Default: the file's name."),
]
ByOpt = Annotated[
    list[str] | None,
    typer.Option(help="A slice to show and score by; may be repeated. Default: none is shown."),
]
ReportOpt = Annotated[
    Path | None, typer.Option(help="Write a self-contained page there. Default: none.")
]
ShowContentOpt = Annotated[
    bool,
    typer.Option(
        "--show-content",
        help="Show lines in the page though they were not built here. Default: no.",
    ),
]
CalibrateFromOpt = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        help="Validation cases and their predictions; adds the system calibrated on "
        "them. Default: none.",
        metavar="CASES SAID",
    ),
]
PrecisionOpt = Annotated[
    float,
    typer.Option(min=0, max=1, help="Least precision of a calibrated threshold. Default: 0.95."),
]
CalibrationOpt = Annotated[
    Path | None, typer.Option(help="Write the calibration there. Default: nowhere.")
]
DrawsOpt = Annotated[int, typer.Option(min=100, max=100_000, help="Resamples. Default: 1000.")]
SeedOpt = Annotated[int, typer.Option(help="Seed of the resamples. Default: 0.")]


def score(
    cases: CasesArg,
    said: SaidArg,
    split: SplitOpt = "",
    name: NameOpt = None,
    by: ByOpt = None,
    report: ReportOpt = None,
    show_content: ShowContentOpt = False,
    calibrate_from: CalibrateFromOpt = None,
    precision: PrecisionOpt = 0.95,
    calibration: CalibrationOpt = None,
    draws: DrawsOpt = 1000,
    seed: SeedOpt = 0,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Score predictions: precision, recall, F1 and more, with 95 % intervals.

    Resampled are groups (families, twin pairs), for the differences between systems too.
    """  # fmt: skip
    from piiforge import files, judge
    from piiforge.errors import AskedWrongly

    for out in filter(None, (report, calibration)):
        files.refuse_existing(out, force=force)
    if calibration and not calibrate_from:
        raise AskedWrongly("--calibration needs --calibrate-from.", "Name validation files.")
    asked = judge.Judging(
        cases=cases,
        said=tuple(said),
        names=tuple(name or ()),
        split=split,
        by=tuple(by or ()),
        calibrate=calibrate_from,
        precision=precision,
        draws=draws,
        seed=seed,
    )
    judged = judge.score_files(asked)
    if report:
        judge.write_score_report(judged, report, show_content=show_content, force=force)
    if calibration and judged.calibration:
        judge.write_calibration(judged.calibration, calibration, force=force)
    if as_json:
        tell("", judged.record(), as_json=True)
    else:
        _show(judged.comparison, tuple(by or ()))
        if judged.calibration:
            typer.echo(f"{judged.calibration.form} calibration, {judged.calibration.said}.")
    say(f"Open {report}." if report else "A page with curves and mistakes: --report OUT.html.")


def _show(done: "Comparison", by: tuple[str, ...]) -> None:
    title = (
        f"{done.cases:,} cases, {done.sensitive:,} sensitive; 95 % intervals over "
        f"{done.groups:,} groups"
    )
    table(title, HEAD, [_row(one) for one in done.scores])
    for one in done.scores:
        for note in one.notes:
            say(f"{one.system}: {note}")
    for axis in by:
        rows = [
            [part.name, one.system, part.counts.rows, *map(_told, (part.precision, part.recall,
                                                                   part.f1))]
            for one in done.scores
            for part in one.of(axis)
        ]  # fmt: skip
        table(f"by {axis}", [axis, "system", "cases", "precision", "recall", "F1"], rows)
    shown = [one for one in done.differences if one.axis == "all" and one.measure in TOLD]
    if shown:
        head = ["system", "more than", "measure", "difference", "95 %", "0 outside"]
        table("Paired differences", head, [_difference(one) for one in shown])


def _row(one: "Score") -> list[object]:
    overall, latency = one.overall, one.latency
    return [
        one.system,
        *map(_told, (overall.precision, overall.recall, overall.f1)),
        *map(_number, (one.macro_f1.value, one.roc_auc.value)),
        overall.counts.unparsed,
        _number(one.pairs.value),
        "–" if latency is None else f"{latency.p50_ms:.1f}",
    ]


def _difference(one: "Difference") -> list[object]:
    found = one.figure
    if found.value is None:
        return [one.system, one.base, one.measure, "–", "–", "–"]
    wide = "–" if found.low is None else f"{found.low:+.3f} to {found.high:+.3f}"
    clear = "yes" if one.clear else "no"
    return [one.system, one.base, one.measure, f"{found.value:+.3f}", wide, clear]


def _told(figure: "Figure") -> str:
    if figure.low is None or figure.high is None:
        return _number(figure.value)
    return f"{_number(figure.value)} {_short(figure.low)}–{_short(figure.high)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _short(share: float) -> str:
    """Write a share without the zero before its point, to leave room for others."""
    return f"{share:.3f}".removeprefix("0")
