"""The report of a score: one page with every measure, its interval, curves and what went wrong.

It needs no network and no script, and the same input gives the same bytes. The line of a case, its
slices and what was explained of it stand there only where `show_content` allows; its id and
category always do. The values of slices stand there as heads of tables: they are names, not text.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from piiforge import __version__, evaluate, page
from piiforge.evaluate import Comparison, Difference, Figure, Score
from piiforge.types import Case, Prediction

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
