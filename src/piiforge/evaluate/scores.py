"""Score systems: counts, ratios and ranking by slice, with intervals and paired differences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np

from piiforge.errors import AskedWrongly, UnknownName
from piiforge.evaluate import metrics
from piiforge.evaluate.metrics import (
    OUTCOMES,
    Draws,
    average_precision,
    figure,
    groups_of,
    ratios,
    redraw,
    resample,
    roc_auc,
    steps,
    totals,
)
from piiforge.evaluate.records import (
    OVERALL,
    Answers,
    Bools,
    Comparison,
    Counts,
    Difference,
    Floats,
    Ints,
    Latency,
    Pairs,
    Score,
    Slice,
    gold,
    match,
)
from piiforge.types import Case, Prediction

# Slices: which cases stand together. A case may stand in several slices of one axis.


AXES = ("category", "language", "disguise", "event", "hard", "source")
KEYS: Mapping[str, str] = MappingProxyType({"disguise": "disguises"})
MOST = 80  # slices of one axis; the smaller ones are put together
OTHERS = "(others)"
JOINED = "+"


@dataclass(frozen=True, slots=True)
class Membership:
    """Which rows stand in which slice: pairs of `row` and `slice`; slice 0 is all rows."""

    names: tuple[tuple[str, str], ...]
    row: Ints
    slice: Ints

    def rows(self) -> list[Ints]:
        """Return the rows of each slice, in order."""
        order = np.argsort(self.slice, kind="stable")
        ends = np.cumsum(np.bincount(self.slice, minlength=len(self.names)))
        return list(np.split(self.row[order], ends[:-1]))


def values(case: Case, axis: str) -> tuple[str, ...]:
    """Return where a case stands on an axis; nowhere if it says nothing of it.

    >>> values(Case("1", "ssn", "", slices={"disguises": "percent+words_en"}), "disguise")
    ('percent', 'words_en')
    """
    if axis == "category":
        return (case.category,)
    found = case.slices.get(KEYS.get(axis, axis), "")
    if not found:
        return ()
    return tuple(dict.fromkeys(found.split(JOINED))) if axis == "disguise" else (found,)


def cut(cases: Sequence[Case], by: Iterable[str] = ()) -> Membership:
    """Return the slices of every axis of AXES that the cases know, and of those in `by`.

    An axis with more than MOST values keeps its largest; the rest are one slice, OTHERS.

    Raises:
        UnknownName: no case says anything of an axis in `by`.
    """
    asked = tuple(by)
    names: list[tuple[str, str]] = [(OVERALL, "")]
    rows: list[int] = list(range(len(cases)))
    places: list[int] = [0] * len(cases)
    for axis in dict.fromkeys((*AXES, *asked)):
        standing = [values(case, axis) for case in cases]
        counts = Counter(name for found in standing for name in found)
        if not counts and axis in asked:
            known = {key for case in cases for key in case.slices} | set(AXES)
            raise UnknownName("slice", axis, known)
        place = _places(counts, len(names))
        names += [(axis, name) for name in dict.fromkeys(_shown(counts))]
        for row, found in enumerate(standing):
            spots = [place[name] for name in found]
            rows += [row] * len(set(spots))
            places += dict.fromkeys(spots)
    return Membership(tuple(names), np.array(rows, np.int64), np.array(places, np.int64))


def _shown(counts: Counter[str]) -> list[str]:
    if len(counts) <= MOST:
        return sorted(counts)
    largest = sorted(counts, key=lambda name: (-counts[name], name))[: MOST - 1]
    return [*sorted(largest), OTHERS]


def _places(counts: Counter[str], first: int) -> dict[str, int]:
    """Return the slice of each value: its own, or the last where it has none."""
    shown = {name: first + at for at, name in enumerate(_shown(counts))}
    return {name: shown.get(name, first + len(shown) - 1) for name in counts}


# Twins: lines that differ in one thing. A pair counts as right only where every line is.


@dataclass(frozen=True, slots=True)
class Twins:
    """The pairs among some cases: `pair` is the pair of each row, -1 for none.

    `sizes` says how many rows a pair has, `first` which row stands first (its group is the pair's).
    """

    pair: Ints
    sizes: Ints
    first: Ints

    def right(self, right: Bools) -> Bools:
        """Return of each pair whether all of its rows are right."""
        return np.asarray(self._count(np.flatnonzero(right)) == self.sizes)

    def among(self, rows: Ints, right: Bools) -> Pairs:
        """Return how the pairs that stand wholly among `rows` were judged."""
        whole = self._count(rows) == self.sizes
        kept, good = int(whole.sum()), int((whole & self.right(right)).sum())
        return Pairs(kept, good, good / kept if kept else None)

    def _count(self, rows: Ints) -> Ints:
        paired = self.pair[rows]
        return np.bincount(paired[paired >= 0], minlength=len(self.sizes)).astype(np.int64)


def find(cases: Sequence[Case]) -> Twins:
    """Return the pairs; a case whose twin is not among the cases is in none."""
    rows: dict[str, list[int]] = defaultdict(list)
    for at, case in enumerate(cases):
        if case.twin:
            rows[case.twin].append(at)
    pairs = [found for found in rows.values() if len(found) > 1]
    pair = np.full(len(cases), -1, dtype=np.int64)
    for number, found in enumerate(pairs):
        pair[found] = number
    sizes = np.array([len(found) for found in pairs], dtype=np.int64)
    return Twins(pair, sizes, np.array([found[0] for found in pairs], dtype=np.int64))


# Measures of systems over all cases and over every resample of them, by slice.


SUMMED = ("macro_f1", "pairs", "roc_auc", "average_precision")


@dataclass(frozen=True, slots=True)
class Field:
    """What all systems are judged on: the cases as arrays, and the resamples."""

    gold: Bools
    group: Ints
    drawn: Draws
    cut: Membership
    twins: Twins

    @property
    def groups(self) -> int:
        """How many groups are resampled."""
        return int(self.drawn.shape[1])

    @property
    def categories(self) -> list[int]:
        """The slices that are categories."""
        return [at for at, (axis, _) in enumerate(self.cut.names) if axis == "category"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One system's measures: of the cases as they are, and of each resample.

    `values` have one entry a slice, `draws` are (draws, slices); `summed` and `summed_draws` are of
    all cases, by the names of SUMMED; NaN where a base is empty.
    """

    answers: Answers
    counts: Ints
    values: Mapping[str, Floats]
    draws: Mapping[str, Floats]
    summed: Mapping[str, float]
    summed_draws: Mapping[str, Floats]


def right(truth: Bools, answers: Answers) -> Bools:
    """Return which answers parsed and are right."""
    return np.asarray(answers.parsed & (answers.said == truth), dtype=np.bool_)


def measure_all(field: Field, systems: Sequence[Answers]) -> list[Measured]:
    """Count every system's outcomes by slice, at once for all resamples."""
    wide = len(field.cut.names) * OUTCOMES
    whole = wide + 2  # the last two: pairs right, pairs wrong
    owners, cells = [], []
    for number, answers in enumerate(systems):
        good = right(field.gold, answers)
        outcome = np.where(field.gold, np.where(good, 0, 1), np.where(good, 3, 2))
        owners += [field.group[field.cut.row], field.group[field.twins.first]]
        cells += [
            number * whole + field.cut.slice * OUTCOMES + outcome[field.cut.row],
            number * whole + wide + np.where(field.twins.right(good), 0, 1),
        ]
    count = whole * len(systems)
    cell = np.concatenate(cells)
    drawn = totals(field.drawn, np.concatenate(owners), cell, count)
    seen = np.bincount(cell, minlength=count)
    return [
        _measured(field, answers, seen[at : at + whole], drawn[:, at : at + whole])
        for at, answers in zip(range(0, count, whole), systems, strict=True)
    ]


def _measured(field: Field, answers: Answers, seen: Ints, drawn: Floats) -> Measured:
    counts = seen[:-2].reshape(-1, OUTCOMES)
    values = ratios(counts.astype(np.float64))
    draws = ratios(drawn[:, :-2].reshape(len(drawn), -1, OUTCOMES))
    ranked, ranked_draws = _ranked(field, answers)
    with np.errstate(invalid="ignore"):
        pairs, pair_draws = seen[-2] / seen[-2:].sum(), drawn[:, -2] / drawn[:, -2:].sum(axis=1)
    at = field.categories
    return Measured(
        answers, counts, values, draws,
        {"macro_f1": float(_mean(values["f1"][None, at])[0]), "pairs": float(pairs), **ranked},
        {"macro_f1": _mean(draws["f1"][:, at]), "pairs": pair_draws, **ranked_draws},
    )  # fmt: skip


def _mean(table: Floats) -> Floats:
    """Return the mean of each row without its NaN; NaN where that leaves nothing."""
    known = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, table, 0).sum(axis=1) / known.sum(axis=1))


def _ranked(field: Field, answers: Answers) -> tuple[dict[str, float], dict[str, Floats]]:
    """Return ROC AUC and average precision, of the cases and of each resample."""
    names = ("roc_auc", "average_precision")
    if not answers.ranks:
        return dict.fromkeys(names, np.nan), {n: np.full(len(field.drawn), np.nan) for n in names}
    order = steps(answers.p).order
    found, positive = steps(answers.p[order]), field.gold[order].astype(np.float64)

    def both(weights: Floats) -> tuple[float, float]:
        above, every = found.sums(weights * positive), found.sums(weights)
        area = roc_auc(above, every - above)
        mean = average_precision(above, every - above)
        return (np.nan if area is None else area, np.nan if mean is None else mean)

    drawn = redraw(field.drawn, field.group[order], both)
    return (
        dict(zip(names, both(np.ones(len(order))), strict=True)),
        {name: drawn[:, at] for at, name in enumerate(names)},
    )


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
    truth, group = gold(cases), groups_of(cases)
    answers = [
        match(cases, said, system=name, threshold=asked.get(name)) for name, said in systems.items()
    ]
    drawn = resample(int(group.max()) + 1, draws, seed)
    field = Field(truth, group, drawn, cut(cases, by), find(cases))
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
        name: figure(one.summed[name], one.summed_draws[name], groups=field.groups)
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
        measure: figure(float(one.values[measure][at]), one.draws[measure][:, at], groups=groups)
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
        ranking=metrics.measure(field.gold[rows], one.answers.p[rows]) if ranks else None,
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
            found = figure(value, drawn, groups=groups)
            yield Difference(*names, name, *field.cut.names[at], found)
    for name in SUMMED:
        value = other.summed[name] - base.summed[name]
        drawn = other.summed_draws[name] - base.summed_draws[name]
        found = figure(value, drawn, groups=field.groups)
        yield Difference(*names, name, OVERALL, "", found)
