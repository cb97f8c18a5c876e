"""Score systems: counts, ratios and ranking by slice, with intervals and paired differences.

A slice is the cases that share a value on an axis (a language, a disguise); a case may stand in
several slices of one axis. Twins are lines that differ in one thing: a pair of them counts as right
only where every line is. All measures are of the cases as they are and of every resample of their
groups (see `metrics`), and all systems share the resamples, so that differences are paired.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from piiforge.errors import AskedWrongly, UnknownName
from piiforge.evaluate import metrics, records
from piiforge.evaluate.records import OVERALL, Answers, Bools, Floats, Ints
from piiforge.types import Case, Prediction

AXES = ("category", "language", "disguise", "event", "hard", "source")
MOST = 80  # slices of one axis; the smaller ones are put together
OTHERS = "(others)"
DRAWS = 1000
COMPARED = ("precision", "recall", "f1", "accuracy")
SUMMED = ("macro_f1", "pairs", "roc_auc", "average_precision")  # of all cases alone


def score(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    system: str = "predictions",
    threshold: float | None = None,
    by: Iterable[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> records.Score:
    """Score one system's predictions, matched to the cases by id.

    With a threshold, p_sensitive decides the verdict. `by` names further slices.

    Raises:
        AskedWrongly: a case lacks its label, or cases and predictions don't match one to one.
        UnknownName: no case has a slice that `by` names.
    """
    said = {system: predictions}
    return compare(cases, said, threshold=threshold, by=by, draws=draws, seed=seed).scores[0]


def compare(
    cases: Sequence[Case],
    systems: Mapping[str, Iterable[Prediction]],
    *,
    threshold: float | None = None,
    by: Iterable[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> records.Comparison:
    """Score systems on the same cases and the same resamples, and the differences between them.

    A difference is what a later system has more than an earlier one; a disagreement counts the
    cases that one of a pair alone judges right. `threshold` as in `score`.

    Raises:
        AskedWrongly: no system; a case lacks its label; cases and predictions don't match.
        UnknownName: no case has a slice that `by` names.
    """
    if not systems:
        raise AskedWrongly("there are no predictions to score.", "Name one file or more.")
    answers = [
        records.match(cases, said, system=name, threshold=threshold)
        for name, said in systems.items()
    ]
    truth, group = records.gold(cases), metrics.groups_of(cases)
    names, rows = _slices(cases, by)
    groups = [len(np.unique(group[some])) for some in rows]
    drawn = metrics.resample(groups[0], draws, seed)
    field = _Field(truth, group, groups, drawn, names, rows, _pairs(cases))
    measured = [_measured(field, one) for one in answers]
    return records.Comparison(
        cases=len(cases),
        sensitive=int(truth.sum()),
        groups=groups[0],
        draws=draws,
        seed=seed,
        scores=tuple(_score(field, one, threshold) for one in measured),
        differences=tuple(
            difference
            for base, other in combinations(measured, 2)
            for difference in _differences(field, base, other)
        ),
        disagreements=tuple(_disagreement(*pair) for pair in combinations(answers, 2)),
    )


@dataclass(frozen=True, slots=True)
class _Field:
    """What all systems are judged on. `names` are (axis, value) of each slice; slice 0 is all.

    `rows` and `groups` say of each slice which rows it has, and how many groups they are of.
    `drawn` is what `metrics.resample` gives; `pair` says which pair a row is of, 0 for none.
    """

    gold: Bools
    group: Ints
    groups: Sequence[int]
    drawn: metrics.Draws
    names: Sequence[tuple[str, str]]
    rows: Sequence[Ints]
    pair: Ints

    @property
    def categories(self) -> list[int]:
        """The slices that are categories."""
        return [at for at, (axis, _) in enumerate(self.names) if axis == "category"]

    def whole(self, rows: Ints | Bools) -> Bools:
        """Return of each pair whether all of it stands among `rows`."""
        sizes = np.bincount(self.pair)
        return np.asarray(np.bincount(self.pair[rows], minlength=len(sizes)) == sizes)[1:]


def _slices(
    cases: Sequence[Case], by: Iterable[str]
) -> tuple[list[tuple[str, str]], Sequence[Ints]]:
    """Return (axis, value) and rows of every slice of AXES that the cases know, and of `by`.

    An axis with more than MOST values keeps its largest; the rest are one slice, OTHERS.

    Raises:
        UnknownName: no case says anything of an axis in `by`.
    """
    asked = tuple(by)
    rows: dict[tuple[str, str], dict[int, None]] = {(OVERALL, ""): dict.fromkeys(range(len(cases)))}
    for axis in dict.fromkeys((*AXES, *asked)):
        standing = [records.values(case, axis) for case in cases]
        counts = Counter(name for found in standing for name in found)
        if not counts and axis in asked:
            known = {key for case in cases for key in case.slices} | set(AXES)
            raise UnknownName("slice", axis, known)
        shown = sorted(counts)
        if len(counts) > MOST:
            largest = sorted(counts, key=lambda name: (-counts[name], name))[: MOST - 1]
            shown = [*sorted(largest), OTHERS]
        rows |= {(axis, name): {} for name in shown}
        for row, found in enumerate(standing):
            for name in found:
                rows[(axis, name) if (axis, name) in rows else (axis, OTHERS)][row] = None
    return list(rows), [np.array(list(some), np.int64) for some in rows.values()]


def _pairs(cases: Sequence[Case]) -> Ints:
    """Return the pair of each case, from 1; 0 where its twin is not among the cases."""
    counts = Counter(case.twin for case in cases if case.twin)
    numbers = {twin: at for at, twin in enumerate((t for t in counts if counts[t] > 1), 1)}
    return np.array([numbers.get(case.twin, 0) for case in cases], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Measured:
    """One system's measures. `counts` has the outcomes of each slice as (slices, OUTCOMES).

    Each of `measures` is (1 + draws, slices), as `metrics.resample` has them; those of SUMMED have
    the one slice of all cases. NaN where a base is empty.
    """

    answers: Answers
    counts: Ints
    measures: Mapping[str, Floats]


def _measured(field: _Field, answers: Answers) -> _Measured:
    """Count a system's outcomes by slice, at once for all resamples."""
    wide = len(field.names) * metrics.OUTCOMES  # two cells more: pairs right, pairs wrong
    outcome = np.where(field.gold, np.where(answers.right, 0, 1), np.where(answers.right, 3, 2))
    member = np.concatenate(field.rows)
    place = np.repeat(np.arange(len(field.names)), [len(rows) for rows in field.rows])
    first = np.unique(np.append(0, field.pair), return_index=True)[1][1:] - 1  # row of each pair
    owner = field.group[np.concatenate((member, first))]
    failed = ~field.whole(answers.right)
    cell = np.concatenate((place * metrics.OUTCOMES + outcome[member], wide + failed))
    seen = metrics.totals(field.drawn, owner, cell, wide + 2)
    counts, pairs = seen[:, :wide].reshape(len(seen), -1, metrics.OUTCOMES), seen[:, wide:]
    measures = metrics.ratios(counts)
    with np.errstate(invalid="ignore"):
        measures["pairs"] = pairs[:, :1] / pairs.sum(axis=1, keepdims=True)
    f1 = measures["f1"][:, field.categories]  # NumPy adds up one row in another order than many:
    measures["macro_f1"] = np.concatenate((_mean(f1[:1]), _mean(f1[1:])))  # told figures stay
    measures |= metrics.ranked(field.gold, answers.p, field.group, field.drawn)
    return _Measured(answers, counts[0].astype(np.int64), measures)


def _mean(table: Floats) -> Floats:
    """Return the mean of each row without its NaN; NaN where that leaves nothing."""
    known = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        found = np.where(known, table, 0).sum(axis=1) / known.sum(axis=1)
    return np.asarray(found)[:, None]


def _score(field: _Field, one: _Measured, threshold: float | None) -> records.Score:
    parts = [_slice(field, one, at) for at in range(len(field.names))]
    return records.Score(
        system=one.answers.system,
        overall=parts[0],
        latency=_latency(one.answers.latency_ms),
        slices=tuple(parts[1:]),
        threshold=threshold,
        notes=tuple(_notes(field, one.answers)),
        **{name: metrics.figure(one.measures[name][:, 0], field.groups[0]) for name in SUMMED},
    )


def _slice(field: _Field, one: _Measured, at: int) -> records.Slice:
    rows, groups, answers = field.rows[at], field.groups[at], one.answers
    axis, name = field.names[at]
    hits, misses, alarms, passes = map(int, one.counts[at])
    unparsed = int((~answers.parsed[rows]).sum())
    whole = field.whole(rows)
    pairs, right = int(whole.sum()), int((whole & field.whole(answers.right)).sum())
    return records.Slice(
        axis=axis,
        name=name,
        groups=groups,
        counts=records.Counts(hits, misses, alarms, passes, unparsed),
        ranking=metrics.measure(field.gold[rows], answers.p[rows]) if answers.ranks else None,
        pairs=records.Pairs(pairs, right, right / pairs if pairs else None),
        **{name: metrics.figure(one.measures[name][:, at], groups) for name in COMPARED},
    )


def _latency(latency_ms: Floats) -> records.Latency | None:
    known = latency_ms[~np.isnan(latency_ms)]
    if not len(known):
        return None
    return records.Latency(len(known), *map(float, np.percentile(known, (50, 95, 99))))


def _notes(field: _Field, answers: Answers) -> Iterator[str]:
    lacking, cases = int(np.isnan(answers.p).sum()), len(answers.p)
    if lacking:
        some = f"{lacking:,} of {cases:,} answers lack" if lacking < cases else "No answer has"
        yield f"{some} p_sensitive: ranking and calibration are not measured."
    if not field.pair.any():
        yield "No twins: pair consistency is not measured."
    timed = int((~np.isnan(answers.latency_ms)).sum())
    if 0 < timed < cases:
        yield f"Latency is of the {timed:,} answers that give it."


def _differences(field: _Field, base: _Measured, other: _Measured) -> Iterator[records.Difference]:
    systems = base.answers.system, other.answers.system
    places = product((0, *field.categories), COMPARED)
    for at, name in (*places, *((0, name) for name in SUMMED)):
        found = other.measures[name][:, at] - base.measures[name][:, at]
        told = metrics.figure(found, field.groups[at])
        yield records.Difference(*systems, name, *field.names[at], told)


def _disagreement(base: Answers, other: Answers) -> records.Disagreement:
    alone = int((base.right & ~other.right).sum()), int((other.right & ~base.right).sum())
    return records.Disagreement(base.system, other.system, *alone, metrics.sign_test(*alone))
