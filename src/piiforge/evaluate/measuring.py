"""Measures of systems over all cases and over every resample of them, by slice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from piiforge.evaluate import interval, ranking, slices, twins
from piiforge.evaluate.matching import Answers, Bools, Floats, Ints

SUMMED = ("macro_f1", "pairs", "roc_auc", "average_precision")


@dataclass(frozen=True, slots=True)
class Field:
    """What all systems are judged on: the cases as arrays, and the resamples."""

    gold: Bools
    group: Ints
    drawn: interval.Draws
    cut: slices.Membership
    twins: twins.Twins

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
    wide = len(field.cut.names) * interval.OUTCOMES
    whole = wide + 2  # the last two: pairs right, pairs wrong
    owners, cells = [], []
    for number, answers in enumerate(systems):
        good = right(field.gold, answers)
        outcome = np.where(field.gold, np.where(good, 0, 1), np.where(good, 3, 2))
        owners += [field.group[field.cut.row], field.group[field.twins.first]]
        cells += [
            number * whole + field.cut.slice * interval.OUTCOMES + outcome[field.cut.row],
            number * whole + wide + np.where(field.twins.right(good), 0, 1),
        ]
    count = whole * len(systems)
    cell = np.concatenate(cells)
    drawn = interval.totals(field.drawn, np.concatenate(owners), cell, count)
    seen = np.bincount(cell, minlength=count)
    return [
        _measured(field, answers, seen[at : at + whole], drawn[:, at : at + whole])
        for at, answers in zip(range(0, count, whole), systems, strict=True)
    ]


def _measured(field: Field, answers: Answers, seen: Ints, drawn: Floats) -> Measured:
    counts = seen[:-2].reshape(-1, interval.OUTCOMES)
    values = interval.ratios(counts.astype(np.float64))
    draws = interval.ratios(drawn[:, :-2].reshape(len(drawn), -1, interval.OUTCOMES))
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
    order = ranking.steps(answers.p).order
    found, positive = ranking.steps(answers.p[order]), field.gold[order].astype(np.float64)

    def both(weights: Floats) -> tuple[float, float]:
        above, every = found.sums(weights * positive), found.sums(weights)
        area = ranking.roc_auc(above, every - above)
        mean = ranking.average_precision(above, every - above)
        return (np.nan if area is None else area, np.nan if mean is None else mean)

    drawn = interval.redraw(field.drawn, field.group[order], both)
    return (
        dict(zip(names, both(np.ones(len(order))), strict=True)),
        {name: drawn[:, at] for at, name in enumerate(names)},
    )
