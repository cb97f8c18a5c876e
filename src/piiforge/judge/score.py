"""Judging files: predictions joined with their cases, scored, calibrated, mined, written down."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import yaml
from markupsafe import Markup

from piiforge import __version__, build, categories, disguises, evaluate, files, page
from piiforge.errors import AskedWrongly
from piiforge.evaluate import Comparison, Difference, Figure, Score
from piiforge.judge.cases import read_cases, read_predictions
from piiforge.types import EVENTS, LANGUAGES, Case, Cue, Option, Prediction

# The report of a score: one page with every measure, its interval, curves and what went wrong.
#
# It needs no network and no script, and the same input gives the same bytes. The line of a case,
# its slices and what was explained of it stand there only where `show_content` allows; its id and
# category always do. The values of slices stand there as heads of tables: they are names, not
# text.


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
_ABOUT = ("variant", "disguises", "cue", "language", "event", "format", "source")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong answer. `sure` is how sure it was of it, 0 to 1; None where it did not parse."""

    case: Case
    said: Prediction
    sure: float | None


@dataclass(frozen=True, slots=True)
class _System:
    score: Score
    maps: Sequence[Markup]
    mistakes: Sequence[Mistake]
    wrong: int


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    rows: int
    groups: int
    figures: Sequence[tuple[Figure, Figure, Figure]]


def render(
    cases: Sequence[Case],
    systems: Mapping[str, Sequence[Prediction]],
    done: Comparison,
    *,
    calibration: evaluate.Calibration | None = None,
    show_content: bool = False,
) -> str:
    """Return the page of a comparison and of what it was made of."""
    answers = {name: _in_order(cases, said) for name, said in systems.items()}
    return page.render(
        "score_report.html",
        version=__version__,
        done=done,
        systems=[_system(cases, answers[score.system], score) for score in done.scores],
        measures=MEASURES,
        overall=[one for one in done.differences if one.axis == evaluate.OVERALL],
        by_category=_by_category(done.differences),
        curves=_curves(cases, answers),
        axes=_axes(done.scores),
        calibration=calibration,
        show_content=show_content,
        about=_ABOUT,
        worst=WORST,
        line=_line,
        told=told,
        signed=signed,
    )


def told(figure: Figure, digits: int = 3) -> Markup:
    """Write a measure with its interval, "–" where it has no value."""
    if figure.value is None:
        return Markup("–")
    text = Markup("{:.{}f}").format(figure.value, digits)
    if figure.low is None or figure.high is None:
        return text
    small = Markup(" <small>{:.{}f}–{:.{}f}</small>")
    return text + small.format(figure.low, digits, figure.high, digits)


def signed(figure: Figure) -> Markup:
    """Write a difference with its interval."""
    if figure.value is None:
        return Markup("–")
    text = Markup("{:+.3f}").format(figure.value)
    if figure.low is None or figure.high is None:
        return text
    return text + Markup(" <small>{:+.3f} to {:+.3f}</small>").format(figure.low, figure.high)


def mistakes(cases: Sequence[Case], said: Sequence[Prediction]) -> list[Mistake]:
    """Return the wrong answers, the surest of itself first, those that did not parse last."""
    found = [
        Mistake(case, one, _sureness(case, one))
        for case, one in zip(cases, said, strict=True)
        if one.is_sensitive is not case.label
    ]
    return sorted(found, key=lambda one: -1.0 if one.sure is None else one.sure, reverse=True)


def _sureness(case: Case, said: Prediction) -> float | None:
    if said.is_sensitive is None:
        return None
    if said.p_sensitive is not None:
        return abs(said.p_sensitive - bool(case.label))
    return said.confidence_score or 0.0


def _in_order(cases: Sequence[Case], said: Sequence[Prediction]) -> list[Prediction]:
    by_id = {one.id: one for one in said}
    return [by_id[case.id] for case in cases]


def _system(cases: Sequence[Case], said: Sequence[Prediction], score: Score) -> _System:
    wrong = mistakes(cases, said)
    return _System(score, _maps(cases, said), wrong[:WORST], len(wrong))


def _maps(cases: Sequence[Case], said: Sequence[Prediction]) -> list[Markup]:
    """Return recall by category and disguise, and false alarms by category and variant."""
    kinds = (
        ("disguise", True, "Recall of positives in percent, by disguise", "positive"),
        ("variant", False, "False alarms among negatives in percent, by variant", "negative"),
    )
    return [
        _map(cases, said, axis, label=label, caption=caption, tone=tone)
        for axis, label, caption, tone in kinds
        if any(_places(case, axis) and case.label is label for case in cases)
    ]


def _map(
    cases: Sequence[Case],
    said: Sequence[Prediction],
    axis: str,
    *,
    label: bool,
    caption: str,
    tone: str,
) -> Markup:
    counts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case, one in zip(cases, said, strict=True):
        if case.label is label:
            for name in _places(case, axis) or (NO_DISGUISE,):
                counts[name, case.category].append(one.is_sensitive is not label)
    shares = {place: page.Share(sum(wrong), len(wrong)) for place, wrong in counts.items()}
    return page.share_map(
        sorted({name for name, _ in shares}),
        list(dict.fromkeys(case.category for case in sorted(cases, key=lambda c: c.category))),
        shares,
        caption=caption,
        corner=axis,
        tone=tone,
        right=label,
    )


def _places(case: Case, axis: str) -> tuple[str, ...]:
    found = case.slices.get("disguises" if axis == "disguise" else axis, "")
    return tuple(dict.fromkeys(found.split("+"))) if found else ()


def _curves(
    cases: Sequence[Case], answers: Mapping[str, Sequence[Prediction]]
) -> dict[str, Markup]:
    """Return the curves of the systems whose every answer has p_sensitive."""
    gold = np.array([bool(case.label) for case in cases])
    ranked = {
        name: np.array([one.p_sensitive for one in said], dtype=np.float64)
        for name, said in answers.items()
        if all(one.p_sensitive is not None for one in said)
    }
    bins = {name: evaluate.bins(gold, p) for name, p in ranked.items()}
    return {
        "precision": page.curves(
            [page.Line(name, evaluate.precision_curve(gold, p)) for name, p in ranked.items()],
            caption="Precision and recall",
            across="recall",
            up="precision",
        ),
        "roc": page.curves(
            [page.Line(name, evaluate.roc_curve(gold, p)) for name, p in ranked.items()],
            caption="ROC",
            across="false alarms among negatives",
            up="recall",
            diagonal=True,
        ),
        "reliability": page.curves(
            [
                page.Line(name, [(one.mean_p, one.sensitive) for one in found], dots=True)
                for name, found in bins.items()
            ],
            caption="Reliability",
            across="mean p_sensitive of a bin",
            up="share that is sensitive",
            diagonal=True,
        ),
    }


def _axes(scores: Sequence[Score]) -> dict[str, list[_Row]]:
    """Return each axis with its slices, and of each the systems' precision, recall and F1."""
    found: dict[str, list[_Row]] = {}
    for parts in zip(*(score.slices for score in scores), strict=True):
        first = parts[0]
        figures = [(part.precision, part.recall, part.f1) for part in parts]
        row = _Row(first.name, first.counts.rows, first.groups, figures)
        found.setdefault(first.axis, []).append(row)
    return found


def _by_category(differences: Sequence[Difference]) -> list[tuple[str, str, list[Difference]]]:
    """Return (base, system, differences of F1 by category), a pair of systems at a time."""
    found: dict[tuple[str, str], list[Difference]] = {}
    for one in differences:
        if one.axis == "category" and one.measure == "f1":
            found.setdefault((one.base, one.system), []).append(one)
    return [(base, system, some) for (base, system), some in found.items()]


def _line(case: Case) -> Markup:
    """Return the line of a case, cut where it is very long."""
    over = len(case.content) - LONGEST
    shown = page.visible(case.content[:LONGEST])
    cut = Markup('<span class="cut"> … {} more characters</span>')
    return shown + cut.format(over) if over > 0 else shown


TEST, VALIDATION = "test", "val"
COMBINED = "combined"
NEGATIVE_VARIANTS = (
    "impossible", "placeholder", "incomplete", "masked", "uncued", "vetoed", "named", "misleading",
    "other", "absent", "benign",
)  # fmt: skip
_MINED_HEAD = """\
# Where a system is surely worse than elsewhere: quotas for the next build (`mined:` in a recipe).
# {cases} cases of {place}, {mistakes} judged wrongly. Holds no row, no value and no id.
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


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison and what it was made of. `drawn`: generators drew every value of the cases."""

    cases: Sequence[Case]
    systems: Mapping[str, Sequence[Prediction]]
    comparison: evaluate.Comparison
    calibration: evaluate.Calibration | None
    drawn: bool

    def record(self) -> dict[str, object]:
        """Return it as one JSON object: measures, and no case."""
        found = None if self.calibration is None else self.calibration.record()
        return {**self.comparison.record(), "calibration": found}


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
    return Judged(cases, systems, done, calibration, is_drawn(asked.cases))


def write_score_report(
    judged: Judged, out: Path, *, show_content: bool = False, force: bool = False
) -> None:
    """Write the report. Content is shown of drawn cases, of any other only with `show_content`."""
    files.refuse_existing(out, force=force)
    page = render(
        judged.cases,
        judged.systems,
        judged.comparison,
        calibration=judged.calibration,
        show_content=show_content or judged.drawn,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def write_calibration(calibration: evaluate.Calibration, path: Path, *, force: bool) -> None:
    """Write a calibration as JSON."""
    files.refuse_existing(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, calibration.record())


def read_calibration(path: Path) -> evaluate.Calibration:
    """Read what `write_calibration` wrote. Raises AskedWrongly where it is none."""
    return evaluate.calibrate.read(files.read_json(path))


def mine_files(
    cases: Path, said: Path, *, split: str = "", rows: int = evaluate.mine.ROWS
) -> evaluate.Mined:
    """Return the cells where the predictions are surely worse than elsewhere.

    `split` "" is val in a folder and all of a file.

    Raises:
        AskedWrongly, BadRecord, UnknownName: see `score_files`.
    """
    found = read_cases(cases, split_of(cases, split, VALIDATION))
    return evaluate.mine.find(
        list(map(_planned, found)),
        read_predictions(said),
        known=known(),
        rows=rows,
        system=said.name,
    )


def write_mined(mined: evaluate.Mined, out: Path, *, split: str, force: bool = False) -> None:
    """Write the quotas as `build` reads them under `mined:`."""
    files.refuse_existing(out, force=force)
    head = _MINED_HEAD.format(
        cases=f"{mined.cases:,}", mistakes=f"{mined.mistakes:,}", place=split or "a file"
    )
    text = yaml.safe_dump(
        mined.quotas(), sort_keys=False, default_flow_style=None, width=200, allow_unicode=True
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(head + text, encoding="utf-8")


def known() -> dict[str, Collection[str]]:
    """Return the names that a mined file may hold, by axis: those that a build can plan."""
    return {
        "category": {category.id for category in categories.ALL},
        "variant": {*disguises.GROUPS, COMBINED, *NEGATIVE_VARIANTS},
        "disguise": {disguise.name for disguise in disguises.ALL},
        "cue": {cue.value for cue in Cue},
        "language": set(LANGUAGES),
        "event": set(EVENTS),
    }


def split_of(cases: Path, asked: str, usual: str) -> str:
    """Return the split to read: `usual` of a folder where none is asked for."""
    return asked or (usual if cases.is_dir() else "")


def is_drawn(cases: Path) -> bool:
    """Say whether it is a built folder whose files are those of its manifest."""
    if not (cases / files.MANIFEST).is_file():
        return False
    return not build.broken(cases, files.read_json(cases / files.MANIFEST))


def _planned(case: Case) -> Case:
    """Drop the disguises of a combination: which ones are combined, a plan doesn't say."""
    if case.slices.get("variant") != COMBINED:
        return case
    return replace(case, slices={k: v for k, v in case.slices.items() if k != "disguises"})


def _names(asked: Judging) -> list[str]:
    """Return one name a system: as asked, else the file's, with its folder's where two agree."""
    if asked.names:
        names = list(asked.names)
    else:
        stems = [path.stem for path in asked.said]
        unique = len(set(stems)) == len(stems)
        names = stems if unique else [f"{path.parent.name}/{path.stem}" for path in asked.said]
    if not names or len(names) != len(asked.said) or len(set(names)) < len(names):
        raise AskedWrongly(
            f"{len(asked.said)} files of predictions and {len(set(names))} names.",
            "Give --name once for each file, all different.",
        )
    return names


def _calibration(asked: Judging, scored: Sequence[Case]) -> evaluate.Calibration:
    assert asked.calibrate
    place, said = asked.calibrate
    cases = read_cases(place, split_of(place, "", VALIDATION))
    if {case.id for case in cases} & {case.id for case in scored}:
        raise AskedWrongly(f"{place} holds cases that are scored.",
                           "Calibrate on validation, never on what is scored.")  # fmt: skip
    return evaluate.calibrate.fit(cases, read_predictions(said), precision=asked.precision)
