"""Score systems: counts, ratios and ranking by slice, with intervals and paired differences."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from piiforge.errors import AskedWrongly
from piiforge.evaluate import interval, ranking, slices, twins
from piiforge.evaluate.matching import Answers, Bools, Floats, Ints, gold, match
from piiforge.evaluate.measuring import SUMMED, Field, Measured, measure_all, right
from piiforge.evaluate.records import (
    OVERALL,
    Comparison,
    Counts,
    Difference,
    Latency,
    Score,
    Slice,
)
from piiforge.types import Case, Prediction

DRAWS = 1000
COMPARED = ("precision", "recall", "f1", "accuracy")


def score(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    system: str = "predictions",
    threshold: float | None = None,
    by: Iterable[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> Score:
    """Score one system's predictions, matched to the cases by id.

    With a threshold, p_sensitive decides the verdict. `by` names further slices.

    Raises:
        AskedWrongly: a case lacks its label, or cases and predictions don't match one to one.
        UnknownName: no case has a slice that `by` names.
    """
    thresholds = {} if threshold is None else {system: threshold}
    done = compare(
        cases, {system: predictions}, thresholds=thresholds, by=by, draws=draws, seed=seed
    )
    return done.scores[0]


def compare(
    cases: Sequence[Case],
    systems: Mapping[str, Iterable[Prediction]],
    *,
    thresholds: Mapping[str, float] | None = None,
    by: Iterable[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Score systems on the same cases and the same resamples, and the differences between them.

    A difference is what a later system has more than an earlier one.

    Raises:
        AskedWrongly: no system; a case lacks its label; cases and predictions don't match.
        UnknownName: no case has a slice that `by` names.
    """
    if not systems:
        raise AskedWrongly("there are no predictions to score.", "Name one file or more.")
    asked = thresholds or {}
    truth, group = gold(cases), interval.groups_of(cases)
    answers = [
        match(cases, said, system=name, threshold=asked.get(name)) for name, said in systems.items()
    ]
    drawn = interval.resample(int(group.max()) + 1, draws, seed)
    field = Field(truth, group, drawn, slices.cut(cases, by), twins.find(cases))
    measured = measure_all(field, answers)
    return Comparison(
        cases=len(cases),
        sensitive=int(truth.sum()),
        groups=field.groups,
        draws=draws,
        seed=seed,
        scores=tuple(_score(field, one, asked.get(one.answers.system)) for one in measured),
        differences=tuple(
            difference
            for base, other in combinations(measured, 2)
            for difference in _differences(field, base, other)
        ),
    )


def _score(field: Field, one: Measured, threshold: float | None) -> Score:
    good = right(field.gold, one.answers)
    rows = field.cut.rows()
    parts = [_slice(field, one, at, rows[at], good) for at in range(len(rows))]
    figures = {
        name: interval.figure(one.summed[name], one.summed_draws[name], groups=field.groups)
        for name in SUMMED
    }
    return Score(
        system=one.answers.system,
        overall=parts[0],
        macro_f1=figures["macro_f1"],
        roc_auc=figures["roc_auc"],
        average_precision=figures["average_precision"],
        pairs=figures["pairs"],
        latency=_latency(one.answers.latency_ms),
        slices=tuple(parts[1:]),
        threshold=threshold,
        notes=tuple(_notes(field, one.answers)),
    )


def _slice(field: Field, one: Measured, at: int, rows: Ints, good: Bools) -> Slice:
    axis, name = field.cut.names[at]
    groups = len(np.unique(field.group[rows]))
    figures = {
        measure: interval.figure(
            float(one.values[measure][at]), one.draws[measure][:, at], groups=groups
        )
        for measure in COMPARED
    }
    hits, misses, alarms, passes = map(int, one.counts[at])
    unparsed = int((~one.answers.parsed[rows]).sum())
    ranks = one.answers.ranks
    return Slice(
        axis=axis,
        name=name,
        groups=groups,
        counts=Counts(hits, misses, alarms, passes, unparsed),
        precision=figures["precision"],
        recall=figures["recall"],
        f1=figures["f1"],
        accuracy=figures["accuracy"],
        ranking=ranking.measure(field.gold[rows], one.answers.p[rows]) if ranks else None,
        pairs=field.twins.among(rows, good),
    )


def _latency(latency_ms: Floats) -> Latency | None:
    known = latency_ms[~np.isnan(latency_ms)]
    if not len(known):
        return None
    p50, p95, p99 = map(float, np.percentile(known, (50, 95, 99)))
    return Latency(len(known), p50, p95, p99)


def _notes(field: Field, answers: Answers) -> Iterable[str]:
    lacking, cases = int(np.isnan(answers.p).sum()), len(answers.p)
    if lacking == cases:
        yield "No answer has p_sensitive: ranking and calibration are not measured."
    elif lacking:
        yield (
            f"{lacking:,} of {cases:,} answers lack p_sensitive: ranking and calibration are not "
            "measured."
        )
    if not len(field.twins.sizes):
        yield "No twins: pair consistency is not measured."
    timed = int((~np.isnan(answers.latency_ms)).sum())
    if 0 < timed < cases:
        yield f"Latency is of the {timed:,} answers that give it."


def _differences(field: Field, base: Measured, other: Measured) -> Iterable[Difference]:
    names = base.answers.system, other.answers.system
    rows = field.cut.rows()
    for at in (0, *field.categories):
        groups = len(np.unique(field.group[rows[at]]))
        for name in COMPARED:
            value = float(other.values[name][at] - base.values[name][at])
            drawn = other.draws[name][:, at] - base.draws[name][:, at]
            found = interval.figure(value, drawn, groups=groups)
            yield Difference(*names, name, *field.cut.names[at], found)
    for name in SUMMED:
        value = other.summed[name] - base.summed[name]
        drawn = other.summed_draws[name] - base.summed_draws[name]
        found = interval.figure(value, drawn, groups=field.groups)
        yield Difference(*names, name, OVERALL, "", found)
