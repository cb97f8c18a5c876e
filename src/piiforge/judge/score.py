"""Judging files: predictions joined with their cases, scored, calibrated, mined, written down.

The report of a score is one page: pictures first, each with what there is to see in it, then every
measure with its interval and what went wrong. It
needs no network and no script, and the same input gives the same bytes. The line of a case, its
slices and what was explained of it stand there only where `show_content` allows; its id and
category always do. The values of slices stand there as heads of tables: they are names, not text.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import yaml
from markupsafe import Markup
from numpy.typing import NDArray

from piiforge import __version__, build, categories, disguises, evaluate, files, page, types
from piiforge.errors import AskedWrongly
from piiforge.evaluate import Figure
from piiforge.judge.cases import read_cases, read_predictions
from piiforge.types import TEST, VAL, Case, Cue, Option, Prediction

WORST = 50
LONGEST = 2400  # characters of a line shown
NO_DISGUISE = "(none told)"
MEASURES: Mapping[str, str] = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "pairs": "pairs right",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
}
_LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "zh": "Chinese", "mixed": "mixed"}
_FEW = 5  # rows of a bin whose share says little
_COURSES = ("precision", "recall", "f1")
_Points = Callable[[NDArray[np.bool_], NDArray[np.float64]], list[tuple[float, float]]]
_ABOUT = ("variant", "disguises", "cue", "language", "event", "format", "source")
_MINED_HEAD = """\
# Where a system is surely worse than elsewhere: quotas for the next build (`mined:` in a recipe).
# {cases:,} cases of {place}, {mistakes:,} judged wrongly. Holds no row, no value and no id.
"""


@dataclass(frozen=True, slots=True)
class Judging:
    """What to score: a file or built folder, and what systems said of it.

    `names` are the systems' names, by default their files'. `split` "" is test in a folder and all
    of a file. `calibrate` is (cases, predictions) of validation; it needs one system, and adds
    "<name>, calibrated" with `precision` as the least precision of its threshold.
    """

    cases: Annotated[
        Path, Option("A built folder, or JSONL with id, category, content, label.", argument=True)
    ]
    said: Annotated[
        tuple[Path, ...],
        Option("Predictions, one file a system: JSONL with id and is_sensitive.", argument=True),
    ]
    names: Annotated[
        tuple[str, ...],
        Option("A system's name, once for each file.", flag="--name", default="the file's name"),
    ] = ()
    split: Annotated[str, Option("Split to score.", default="test of a folder, all of a file")] = ""
    by: Annotated[
        tuple[str, ...],
        Option("A slice to show and score by; may be repeated.", default="none is shown"),
    ] = ()
    calibrate: Annotated[
        tuple[Path, Path] | None,
        Option(
            "Validation cases and their predictions; adds the system calibrated on them.",
            flag="--calibrate-from",
            default="none",
        ),
    ] = None
    precision: Annotated[
        float, Option("Least precision of a calibrated threshold.", least=0, most=1)
    ] = evaluate.calibrate.PRECISION
    draws: Annotated[int, Option("Resamples.", least=100, most=100_000)] = 1000
    seed: Annotated[int, Option("Seed of the resamples.")] = 0


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """A comparison and what it was made of. `drawn`: generators drew every value of the cases.

    `rows` are those of a drawn folder, by id: they know where the values stand.
    """

    cases: Sequence[Case]
    systems: Mapping[str, Sequence[Prediction]]
    comparison: evaluate.Comparison
    calibration: evaluate.Calibration | None
    drawn: bool
    rows: Mapping[str, types.Example] = field(default_factory=dict)

    def __repr__(self) -> str:
        told = (f"{name} F1 {_figure(f1)}" for name, f1, *_ in self._figures())
        return f"<Judged {len(self.cases):,} cases: {', '.join(told)}>"

    def _repr_html_(self) -> str:
        """Show the systems in a notebook, a row each."""
        rows = "".join(
            f"<tr><th>{escape(name)}</th>{''.join(f'<td>{_figure(one)}</td>' for one in figures)}"
            for name, *figures in self._figures()
        )
        head = "".join(f"<th>{name}</th>" for name in ("system", "F1", "precision", "recall"))
        return f"<table><tr>{head}</tr>{rows}</table>"

    def _figures(self) -> Iterator[tuple[str, float | None, float | None, float | None]]:
        for one in self.comparison.scores:
            found = one.overall
            yield one.system, found.f1.value, found.precision.value, found.recall.value

    def record(self) -> dict[str, object]:
        """Return it as one JSON object: measures, and no case."""
        found = None if self.calibration is None else self.calibration.record()
        return {**self.comparison.record(), "calibration": found}


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def score_files(asked: Judging) -> Judged:
    """Read cases and predictions, calibrate where asked, and score.

    Raises:
        AskedWrongly: files that don't fit together, or calibration on cases that are scored.
        BadRecord, UnknownName: see `read_cases` and `read_predictions`.
    """
    names = _names(asked)
    if asked.calibrate and len(names) > 1:
        raise AskedWrongly("--calibrate-from goes with one system.", "Score the others apart.")
    cases = read_cases(asked.cases, split_of(asked.cases, asked.split, TEST))
    systems = {name: read_predictions(path) for name, path in zip(names, asked.said, strict=True)}
    calibration = _calibration(asked, cases) if asked.calibrate else None
    if calibration:
        made = evaluate.calibrate.apply(calibration, cases, systems[names[0]])
        systems[f"{names[0]}, calibrated"] = list(made)
    done = evaluate.compare(cases, systems, by=asked.by, draws=asked.draws, seed=asked.seed)
    drawn = is_drawn(asked.cases)
    rows = {row.id: row for row in build.read_rows(asked.cases)} if drawn else {}
    return Judged(cases, systems, done, calibration, drawn, rows)


def _names(asked: Judging) -> list[str]:
    """Return one name a system: as asked, else the file's, with its folder's where two agree."""
    stems = [path.stem for path in asked.said]
    if len(set(stems)) < len(stems):
        stems = [f"{path.parent.name}/{path.stem}" for path in asked.said]
    names = list(asked.names) or stems
    if not names or len(names) != len(asked.said) or len(set(names)) < len(names):
        raise AskedWrongly(
            f"{len(asked.said)} files of predictions and {len(set(names))} names.",
            "Give --name once for each file, all different.",
        )
    return names


def split_of(cases: Path, asked: str, usual: str) -> str:
    """Return the split to read: `usual` of a folder where none is asked for."""
    return asked or (usual if cases.is_dir() else "")


def _calibration(asked: Judging, scored: Sequence[Case]) -> evaluate.Calibration:
    assert asked.calibrate
    place, said = asked.calibrate
    cases = read_cases(place, split_of(place, "", VAL))
    if {case.id for case in cases} & {case.id for case in scored}:
        hint = "Calibrate on validation, never on what is scored."
        raise AskedWrongly(f"{place} holds cases that are scored.", hint)
    return evaluate.calibrate.fit(cases, read_predictions(said), precision=asked.precision)


def is_drawn(cases: Path) -> bool:
    """Say whether it is a built folder whose files are those of its manifest."""
    manifest = cases / files.MANIFEST
    return manifest.is_file() and not build.broken(cases, files.read_json(manifest))


def write_calibration(calibration: evaluate.Calibration, path: Path, *, force: bool) -> None:
    """Write a calibration as JSON."""
    with files.draft(path, force=force) as draft:
        files.write_json(draft, calibration.record())


def score_of(cases: Path | str, *said: Path | str, split: str = "") -> Judged:
    """Score files of predictions about `cases`, a built folder or a file; see `score_files`.

    `split` "" is test in a folder and all of a file.
    """
    return score_files(Judging(Path(cases), tuple(map(Path, said)), split=split))


def mine_files(
    cases: Path, said: Path, *, split: str = "", rows: int = evaluate.mine.ROWS
) -> evaluate.Mined:
    """Return the cells where the predictions are surely worse than elsewhere.

    `split` "" is val in a folder and all of a file.

    Raises:
        AskedWrongly, BadRecord, UnknownName: see `score_files`.
    """
    found = read_cases(cases, split_of(cases, split, VAL))
    planned = list(map(_planned, found))
    predictions = read_predictions(said)
    return evaluate.mine.find(planned, predictions, known=known(), rows=rows, system=said.name)


def _planned(case: Case) -> Case:
    """Drop the disguises of a combination: which ones are combined, a plan doesn't say."""
    if case.slices.get("variant") != types.COMBINED:
        return case
    return replace(case, slices={k: v for k, v in case.slices.items() if k != "disguises"})


def known() -> dict[str, Collection[str]]:
    """Return the names that a mined file may hold, by axis: those that a build can plan."""
    return {
        "category": {category.id for category in categories.every()},
        "variant": {*disguises.GROUPS, types.COMBINED, *types.HARD_VARIANTS, *types.EASY_VARIANTS},
        "disguise": {disguise.name for disguise in disguises.ALL},
        "cue": {cue.value for cue in Cue},
        "language": types.LANGUAGES,
        "event": types.EVENTS,
    }


def write_mined(mined: evaluate.Mined, out: Path, *, split: str, force: bool = False) -> None:
    """Write the quotas as `build` reads them under `mined:`."""
    place = split or "a file"
    head = _MINED_HEAD.format(cases=mined.cases, mistakes=mined.mistakes, place=place)
    text = yaml.safe_dump(
        mined.quotas(), sort_keys=False, default_flow_style=None, width=200, allow_unicode=True
    )
    with files.draft(out, force=force) as draft:
        draft.write_text(head + text, encoding="utf-8")


def write_score_report(
    judged: Judged,
    out: Path,
    *,
    show_content: bool = False,
    rounds: bool = False,
    force: bool = False,
) -> None:
    """Write the report. Content is shown of drawn cases, of any other only with `show_content`.

    `rounds` says that the systems are one model's, round after round, and shows its way.
    """
    cases, done = judged.cases, judged.comparison
    answers: dict[str, list[Prediction]] = {}
    for name, said in judged.systems.items():
        by_id = {one.id: one for one in said}
        answers[name] = [by_id[case.id] for case in cases]
    of_category = [one for one in done.differences if (one.axis, one.measure) == ("category", "f1")]
    pairs = groupby(of_category, key=lambda one: (one.base, one.system))
    text = page.render(
        "score_report.html",
        version=__version__,
        done=done,
        systems=[_system(cases, answers[score.system], score) for score in done.scores],
        measures=MEASURES,
        overall=[one for one in done.differences if one.axis == evaluate.OVERALL],
        by_category=[(base, system, list(some)) for (base, system), some in pairs],
        rounds=_rounds(done) if rounds else "",
        lead=_lead(done.scores),
        cost=cost_against_f1(done.scores),
        latencies=_latencies(answers),
        curves=_curves(cases, answers, done.scores),
        mistakes_by_system=_by_system(cases, answers),
        axes=_axes(done.scores),
        calibration=judged.calibration,
        show_content=show_content or judged.drawn,
        about=_ABOUT,
        worst=WORST,
        line=partial(_line, judged.rows),
        told=told,
        chance=chance,
        signed=lambda figure: _written(figure, "{:+.3f}", " to "),
    )
    with files.draft(out, force=force) as draft:
        draft.write_text(text, encoding="utf-8")


def told(figure: Figure, digits: int = 3) -> Markup:
    """Write a measure with its interval, "–" where it has no value."""
    return _written(figure, f"{{:.{digits}f}}", "–")


def chance(p: float) -> str:
    """Write the p of a test.

    >>> chance(0.0421), chance(0.00004), chance(1)
    ('0.042', '<0.001', '1.000')
    """
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def _written(figure: Figure, form: str, between: str) -> Markup:
    if figure.value is None:
        return Markup("–")
    text = Markup(form).format(figure.value)
    if figure.low is None or figure.high is None:
        return text
    return text + Markup(f" <small>{form}{between}{form}</small>").format(figure.low, figure.high)


def _system(
    cases: Sequence[Case], said: Sequence[Prediction], score: evaluate.Score
) -> dict[str, object]:
    """Return what the page tells of one system: its score, maps, number of mistakes, the worst."""
    pairs = zip(cases, said, strict=True)
    wrong = [(case, one) for case, one in pairs if one.is_sensitive is not case.label]
    wrong.sort(key=lambda each: -1.0 if (sure := _sure(*each)) is None else sure, reverse=True)
    return {
        "score": score,
        "maps": _maps(cases, said),
        "wrong": len(wrong),
        "mistakes": [
            {"case": case, "said": one, "sure": _sure(case, one)} for case, one in wrong[:WORST]
        ],
    }


def _sure(case: Case, said: Prediction) -> float | None:
    """Return how sure an answer was of its verdict, 0 to 1; None where it did not parse."""
    if said.is_sensitive is None:
        return None
    if said.p_sensitive is not None:
        return abs(said.p_sensitive - bool(case.label))
    return said.confidence_score or 0.0


def _maps(cases: Sequence[Case], said: Sequence[Prediction]) -> list[Markup]:
    """Return where one system's mistakes are: by language, disguise and variant, and category."""
    maps: list[Markup] = []
    for axis, key, label, caption in (
        ("language", "language", None, "Mistakes, of the cases there are, by language"),
        ("disguise", "disguises", True, "Positives found, of those there are, by disguise"),
        ("variant", "variant", False, "False alarms, of the negatives there are, by variant"),
    ):
        counts: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for case, one in zip(cases, said, strict=True):
            if label is None or case.label is label:
                for name in dict.fromkeys((case.slices.get(key) or NO_DISGUISE).split("+")):
                    counts[name, case.category].append(one.is_sensitive is not case.label)
        rows = sorted({name for name, _ in counts})
        if rows in ([], [NO_DISGUISE]):
            continue
        shares = {place: page.Share(sum(wrong), len(wrong)) for place, wrong in counts.items()}
        columns = sorted({case.category for case in cases})
        tone = "neutral" if label is None else "positive" if label else "negative"
        kind = {None: "mistakes", True: "misses", False: "false alarms"}[label]
        maps.append(
            page.share_map(
                rows, columns, shares, caption=caption, corner=axis, tone=tone, right=bool(label),
                says=_most(shares, kind),
            )
        )  # fmt: skip
    return maps


def _most(shares: Mapping[tuple[str, str], page.Share], kind: str) -> str:
    """Say which cell of a map has most mistakes, and how many there are outside it.

    >>> _most({("zh", "phone"): page.Share(14, 60), ("en", "ssn"): page.Share(1, 80)}, "mistakes")
    'Most mistakes: phone in Chinese, 14 of 60; elsewhere 1 of 80.'
    """
    wrong, of = sum(one.wrong for one in shares.values()), sum(one.of for one in shares.values())
    if not wrong:
        return f"No {kind} in {of:,} cases."
    (row, column), worst = min(
        shares.items(), key=lambda each: (-each[1].wrong, each[1].of, each[0])
    )
    where = f"{column} in {_LANGUAGES[row]}" if row in _LANGUAGES else f"{column}, {row}"
    rest = f"; elsewhere {wrong - worst.wrong:,} of {of - worst.of:,}" if of > worst.of else ""
    return f"Most {kind}: {where}, {worst.wrong:,} of {worst.of:,}{rest}."


def _by_system(cases: Sequence[Case], answers: Mapping[str, Sequence[Prediction]]) -> Markup | None:
    """Return the mistakes of all systems by category; None of one system, whose own maps tell."""
    if len(answers) < 2:
        return None
    counts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for name, said in answers.items():
        for case, one in zip(cases, said, strict=True):
            counts[name, case.category].append(one.is_sensitive is not case.label)
    shares = {place: page.Share(sum(wrong), len(wrong)) for place, wrong in counts.items()}
    columns = sorted({case.category for case in cases})
    hardest = max(columns, key=lambda column: sum(shares[name, column].wrong for name in answers))
    wrong = sum(shares[name, hardest].wrong for name in answers)
    of = sum(shares[name, hardest].of for name in answers)
    says = (
        f"Hardest over all systems: {hardest}, {100 * wrong / of:.0f} % of the verdicts are wrong."
        if wrong
        else "No system made a mistake."
    )
    caption = "Mistakes, of the cases there are, by system"
    return page.share_map(
        list(answers), columns, shares, caption=caption, corner="system", says=says
    )


def _curves(
    cases: Sequence[Case],
    answers: Mapping[str, Sequence[Prediction]],
    scores: Sequence[evaluate.Score],
) -> dict[str, Markup]:
    """Return the curves of the systems whose every answer has p_sensitive."""
    gold = np.array([bool(case.label) for case in cases])
    ranked = {
        name: (at, np.array([one.p_sensitive for one in said], dtype=np.float64))
        for at, (name, said) in enumerate(answers.items())
        if all(one.p_sensitive is not None for one in said)
    }
    shown = [one for one in scores if one.system in ranked]
    errors = {
        one.system: -one.overall.ranking.calibration_error for one in shown if one.overall.ranking
    }
    kinds: dict[str, tuple[_Points, str, str, str, str]] = {
        "precision": (
            evaluate.precision_curve, "Precision and recall", "recall", "precision",
            _best({one.system: one.average_precision.value for one in shown}, "average precision"),
        ),
        "roc": (
            evaluate.roc_curve, "ROC; dotted is chance", "false alarms among negatives", "recall",
            _best({one.system: one.roc_auc.value for one in shown}, "area under the curve"),
        ),
        "reliability": (
            partial(evaluate.reliability, least=_FEW),
            f"Reliability, bins of {_FEW} rows or more; on the dotted line a p means what it says",
            "mean p_sensitive of a bin",
            "share that is sensitive",
            _best(errors, "calibration error", "Truest p"),
        ),
    }  # fmt: skip
    return {
        kind: page.curves(
            [
                page.Line(name, points(gold, p), dots=kind == "reliability", at=at)
                for name, (at, p) in ranked.items()
            ],
            caption=caption,
            across=across,
            up=up,
            diagonal=kind != "precision",
            says=says,
        )
        for kind, (points, caption, across, up, says) in kinds.items()
    }


def _best(figures: Mapping[str, float | None], measure: str, word: str = "Highest") -> str:
    """Say which system has the most of a measure and which the least; errors are below 0.

    >>> _best({"a": 0.9, "b": 0.7}, "area"), _best({"a": 0.9}, "area")
    ('Highest area: a, 0.900; lowest b, 0.700.', 'The area is 0.900.')
    """
    known = {name: value for name, value in figures.items() if value is not None}
    if not known:
        return ""
    best, least = max(known, key=lambda name: known[name]), min(known, key=lambda name: known[name])
    if len(known) == 1:
        return f"The {measure} is {abs(known[best]):.3f}."
    last = "farthest off" if known[best] <= 0 else "lowest"
    return (
        f"{word}{f' {measure}' if word == 'Highest' else ''}: {best}, "
        f"{'' if word == 'Highest' else f'{measure} '}{abs(known[best]):.3f}; "
        f"{last} {least}, {abs(known[least]):.3f}."
    )


def _lead(scores: Sequence[evaluate.Score]) -> str:
    """Say in a sentence what the page comes to."""
    ranked = [one for one in scores if one.macro_f1.value is not None]
    ranked.sort(key=lambda one: -(one.macro_f1.value or 0.0))
    if not ranked:
        quiet = min(scores, key=lambda one: one.overall.counts.false_alarms, default=None)
        if quiet is None or quiet.overall.counts.misses or quiet.overall.counts.hits:
            return ""
        counts = quiet.overall.counts
        return (
            f"No case is sensitive, so false alarms are all there is: {quiet.system} has "
            f"{counts.false_alarms:,} in {counts.rows:,} cases."
        )
    best = ranked[0]
    counts = best.overall.counts
    has = "the best macro F1," if len(scores) > 1 else "a macro F1 of"
    text = (
        f"{best.system} has {has} {_figure(best.macro_f1.value)}: it missed {counts.misses:,} and "
        f"raised {counts.false_alarms:,} false alarms in {counts.rows:,} cases."
    )
    if len(ranked) > 1:
        text += f" Next is {ranked[1].system}, {_figure(ranked[1].macro_f1.value)}."
    return text


def _rounds(done: evaluate.Comparison) -> Markup:
    """Return how precision, recall and F1 went from round to round."""
    measured = {
        name: [cast(Figure, getattr(one.overall, name)) for one in done.scores] for name in _COURSES
    }
    first, *_, last = [one.value for one in measured["f1"]] * 2
    best = max(done.scores, key=lambda one: one.overall.f1.value or 0.0)
    ends = (done.scores[0].system, done.scores[-1].system)
    says = ""
    if first is not None and last is not None:
        says = f"F1 went from {first:.3f} ({ends[0]}) to {last:.3f} ({ends[1]})"
        says += "." if best.system == ends[1] else f"; best was {best.system}."
    return page.courses(
        [one.system for one in done.scores],
        [
            page.Course(
                MEASURES[name],
                [None if one.value is None else (one.value, one.low, one.high) for one in figures],
            )
            for name, figures in measured.items()
        ],
        caption="Rounds, judged on the same cases; upright lines are 95 % intervals",
        says=says,
    )


def _latencies(answers: Mapping[str, Sequence[Prediction]]) -> Markup | None:
    """Return how long single answers took, of the systems that were timed; None without any."""
    took = {
        name: [max(one.latency_ms, 0.001) for one in said if one.latency_ms is not None]
        for name, said in answers.items()
    }
    spread = [page.Spread(name, took[name], at) for at, name in enumerate(took) if took[name]]
    if not spread:
        return None
    middle = {one.name: float(np.percentile(one.values, 50)) for one in spread}
    quickest, slowest = min(middle, key=lambda n: middle[n]), max(middle, key=lambda n: middle[n])
    says = f"Half of the answers of {quickest} come within {middle[quickest]:.3g} ms"
    if len(spread) > 1:
        says += f", of {slowest} within {middle[slowest]:.3g}"
    return page.spreads(
        spread,
        caption="Latency, one line at a time; each system's columns are scaled to its own highest",
        across="ms a line (logarithmic)",
        unit="ms",
        says=f"{says}.",
    )


def cost_against_f1(scores: Sequence[evaluate.Score], *, alone: bool = False) -> Markup:
    """Return the picture of what systems cost and find: a point for each that was timed.

    `alone` gives an SVG file instead of a figure of a page.
    """
    timed = [
        (at, one.system, max(one.latency.p50_ms, 0.001), one.macro_f1, one.macro_f1.value)
        for at, one in enumerate(scores)
        if one.latency is not None
    ]
    dots = [
        page.Dot(name, ms, value, found.low, found.high, at)
        for at, name, ms, found, value in timed
        if value is not None
    ]
    says = ""
    if len(dots) > 1:
        best, cheapest = max(dots, key=lambda dot: dot.y), min(dots, key=lambda dot: dot.x)
        says = f"Best: {best.name}, {best.y:.3f} at {best.x:.3g} ms."
        if best is cheapest:
            says = f"{best.name} is both best and cheapest: {best.y:.3f} at {best.x:.3g} ms."
        else:
            says += f" Cheapest: {cheapest.name}, {cheapest.y:.3f} at {cheapest.x:.3g} ms."
    return page.scatter(
        dots,
        caption="Cost against F1",
        across="p50 ms a line, asked alone",
        up="macro F1 and its 95 % interval",
        alone=alone,
        says=says,
    )


def _axes(scores: Sequence[evaluate.Score]) -> dict[str, list[dict[str, object]]]:
    """Return each axis with its slices, and of each the systems' precision, recall and F1."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for parts in zip(*(score.slices for score in scores), strict=True):
        first = parts[0]
        figures = [(part.precision, part.recall, part.f1) for part in parts]
        row = {"name": first.name, "rows": first.counts.rows, "groups": first.groups}
        found[first.axis].append({**row, "figures": figures})
    return found


def _line(rows: Mapping[str, types.Example], case: Case) -> Markup:
    """Return the line of a case, cut where it is very long, its values marked where known."""
    if case.id in rows:
        return build.marked(rows[case.id])
    over = len(case.content) - LONGEST
    shown = page.visible(case.content[:LONGEST])
    cut = Markup('<span class="cut"> … {} more characters</span>')
    return shown + cut.format(over) if over > 0 else shown
