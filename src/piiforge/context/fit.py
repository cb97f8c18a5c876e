"""Fitting a context to rows that `build` made, and adapting one to a few lines of one's own.

`fit` is a logistic regression over the slots of `features`, regularised for lines of others rather
than for our own test rows, then calibrated on validation rows: a scale, and a shrunken bias for
each category. `adapt` keeps what was learned as a prior: it moves the biases alone, or weights of
what stands in the lines too, and takes only what lowers the loss on lines left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from piiforge import evaluate, reader
from piiforge.context.features import SLOTS, seen, slots
from piiforge.context.model import POINTS, Context, Floats
from piiforge.errors import AskedWrongly
from piiforge.types import Case, Progress, silent

if TYPE_CHECKING:  # it takes long to import, and a verdict needs none of it
    from scipy.sparse import csr_array

STRENGTH = 0.3  # inverse weight of the penalty; 3 is better on our own rows and worse on others'
MOST_ROWS = 8000  # more add nothing
UNSURE = (-1.0, 2.0)  # log odds between which a word is unsure; below are lines without a finding
FEWEST_LINES = 20
FOLDS, REPEATS = 5, 4
FORMS = ("as it is", "biases", "words")
_BIAS_PENALTY, _WORD_PENALTY = 1.0, 4.0


def fit(
    train: Sequence[Case],
    validation: Sequence[Case],
    *,
    about: Mapping[str, object] | None = None,
    progress: Progress = silent,
) -> Context:
    """Fit a context; the same cases give the same bytes. At most MOST_ROWS are learned from.

    Raises:
        AskedWrongly: a category of `train` has one label alone, or `validation` lacks labels.
    """
    from sklearn.linear_model import LogisticRegression  # takes long to import

    categories = tuple(sorted({case.category for case in train}))
    for name, cases in (("training", train), ("validation", validation)):
        _refuse_one_sided(cases, name)
    known = [case for case in validation if case.category in categories]
    wanted = min(MOST_ROWS, len(train))
    chosen = [train[at * len(train) // wanted] for at in range(wanted)]  # spread over all
    table = _table(chosen, "train", progress)
    model = LogisticRegression(C=STRENGTH, solver="liblinear", fit_intercept=False)
    model.fit(table, _truth(chosen))
    weights = np.asarray(model.coef_[0], dtype=np.float64)
    raw = _table(known, "validate", progress) @ weights
    truth, place = _truth(known), np.array([categories.index(case.category) for case in known])
    mapped = evaluate.calibrate.fit_mapping("category", raw, truth, place, len(categories))
    scale, biases = mapped[0], mapped[1] + mapped[2:]
    weights = (weights * scale).astype(np.float16).astype(np.float64)
    scores = raw * scale + biases[place]
    curves = [_curve(scores[place == at], truth[place == at]) for at in range(len(categories))]
    bands = np.tile([0.0, *UNSURE], (len(categories), 1))
    told = {"rows": len(chosen), "validation": len(known), "strength": STRENGTH}
    return Context(categories, weights, biases, bands, np.array(curves), {**told, **(about or {})})


def _refuse_one_sided(cases: Sequence[Case], name: str) -> None:
    if len({case.label for case in cases if case.label is not None}) < 2:
        hint = "Give labelled rows, sensitive ones and others."
        raise AskedWrongly(f"The {name} rows are of one label alone.", hint)


def _truth(cases: Sequence[Case]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([bool(case.label) for case in cases])


def _table(cases: Sequence[Case], told_as: str, progress: Progress) -> "csr_array":
    """Return the slots of each case, a row a case."""
    from scipy.sparse import csr_array

    ends, found = [0], list[int]()
    for at, case in enumerate(cases):
        names = seen(case.content, case.category, reader.find(case.content, case.category))
        found += slots(names)
        ends.append(len(found))
        if at % 500 == 0:
            progress(told_as, at, len(cases))
    progress(told_as, len(cases), len(cases))
    places, starts = np.array(found, np.int32), np.array(ends, np.int32)  # liblinear's width
    return csr_array((np.ones(len(found)), places, starts), shape=(len(cases), SLOTS))


def _curve(
    scores: Floats, truth: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[Floats, Floats, Floats]:
    """Return thresholds, rising, with the precision and recall that each has on validation."""
    if not truth.any():
        return np.zeros(POINTS), np.zeros(POINTS), np.zeros(POINTS)
    thresholds = np.quantile(scores, np.linspace(0, 1, POINTS)) - 1e-6
    said = scores[None, :] >= thresholds[:, None]
    hits = (said & truth).sum(axis=1)
    precision = hits / np.maximum(said.sum(axis=1), 1)
    return thresholds, precision, hits / truth.sum()


@dataclass(frozen=True, slots=True)
class Adapted:
    """What adapting came to, by cross-validation over groups of `lines` labelled lines.

    `form` is the one that was taken: "as it is" where the lines bear no claim. `losses` are mean
    log losses in nats on lines left out, by form; `gain` is how much lower that of the form taken
    is, `low` to `high` its 95 % interval over groups. `right` is the share of right verdicts on
    lines left out, before and after.
    """

    context: Context
    lines: int
    categories: tuple[str, ...]
    form: str
    losses: Mapping[str, float]
    gain: float
    low: float
    high: float
    right: tuple[float, float]

    def text(self) -> str:
        """Say what came of it."""
        before, after = self.losses[FORMS[0]], min(self.losses.values())
        left = (
            f"On lines left out ({FOLDS} folds, {REPEATS} times) the log loss is {before:.3f} as "
            f"it is, {after:.3f} at best adapted: {before - after:+.3f} lower "
            f"({self.low:+.3f} to {self.high:+.3f}, 95 %)."
        )
        if self.form == FORMS[0]:
            return f"{self.lines} lines. {left} They bear no claim: the context stays as it is."
        return (
            f"{self.lines} lines. {left} Taken: {self.form}. Right verdicts on lines left out: "
            f"{self.right[0]:.1%} before, {self.right[1]:.1%} after."
        )

    def record(self) -> dict[str, object]:
        """Return it as one JSON object, without the context."""
        found = asdict(replace(self, context=cast("Context", None)))
        del found["context"]
        return found


def adapt(
    prior: Context, cases: Sequence[Case], *, seed: int = 0, progress: Progress = silent
) -> Adapted:
    """Adapt a context to labelled lines of one's own; nothing is taken that the lines don't bear.

    Raises:
        AskedWrongly: under FEWEST_LINES lines, a line without a label, or labels of one kind alone.
        UnknownName: a category that the context doesn't know.
    """
    if len(cases) < FEWEST_LINES:
        hint = f"Label at least {FEWEST_LINES}; 50 to 200 are usual."
        raise AskedWrongly(f"{len(cases)} lines are too few to adapt to.", hint)
    if any(case.label is None for case in cases):
        raise AskedWrongly("A line has no label.", "Give each `label`: true or false.")
    _refuse_one_sided(cases, "given")
    place = np.array([prior.place(case.category) for case in cases])
    table, truth = _table(cases, "read", progress), _truth(cases)
    scores = table @ prior.weights + prior.biases[place]
    groups = evaluate.groups(cases)
    losses = {form: np.zeros(len(cases)) for form in FORMS}
    right = {form: np.zeros(len(cases)) for form in FORMS}
    for repeat in range(REPEATS):
        fold = evaluate.folds(cases, FOLDS, seed, repeat)
        for at in range(FOLDS):
            progress("leave out", repeat * FOLDS + at, REPEATS * FOLDS)
            kept, out = fold != at, fold == at
            for form in FORMS:
                step = _step(form, table[kept], scores[kept], truth[kept], place[kept], prior)
                moved = scores[out] + table[out] @ step[0] + step[1][place[out]]
                losses[form][out] += evaluate.log_loss(moved, truth[out]) / REPEATS
                right[form][out] += ((moved > 0) == truth[out]) / REPEATS
    best = min(FORMS, key=lambda form: losses[form].mean())
    gain = evaluate.gain(losses[FORMS[0]], losses[best], groups)
    form = best if gain.is_borne else FORMS[0]
    words, biases = _step(form, table, scores, truth, place, prior)
    told = {**prior.about, "adapted_to": len(cases), "form": form}
    context = replace(
        prior, weights=prior.weights + words, biases=prior.biases + biases, about=told
    )
    return Adapted(
        context=context,
        lines=len(cases),
        categories=tuple(dict.fromkeys(case.category for case in cases)),
        form=form,
        losses={name: float(loss.mean()) for name, loss in losses.items()},
        gain=gain.mean if form != FORMS[0] else 0.0,
        low=gain.low,
        high=gain.high,
        right=(float(right[FORMS[0]].mean()), float(right[form].mean())),
    )


def _step(
    form: str,
    table: "csr_array",
    scores: Floats,
    truth: np.ndarray[tuple[int], np.dtype[np.bool_]],
    place: np.ndarray[tuple[int], np.dtype[np.int64]],
    prior: Context,
) -> tuple[Floats, Floats]:
    """Return what is added to the weights and to the biases; the prior is that nothing is.

    The log loss over lines, penalised by the squares of what is added, is lowest there.
    """
    from scipy.optimize import minimize

    words, biases = np.zeros(SLOTS), np.zeros(len(prior.categories))
    if form == FORMS[0]:
        return words, biases
    used = np.unique(table.indices) if form == FORMS[2] else np.zeros(0, dtype=np.int64)
    narrow, sign = table[:, used], np.where(truth, 1.0, -1.0)
    count = len(biases)

    def objective(found: Floats) -> tuple[float, Floats]:
        own, common, added = found[:count], found[count], found[count + 1 :]
        moved = scores + own[place] + common + narrow @ added
        pull = -sign * evaluate.calibrate.sigmoid(-sign * moved)
        loss = evaluate.log_loss(moved, truth).sum() + _BIAS_PENALTY * (own @ own + common**2) / 2
        slope = [np.bincount(place, pull, count) + _BIAS_PENALTY * own]
        slope += [np.array([pull.sum() + _BIAS_PENALTY * common])]
        slope += [narrow.T @ pull + _WORD_PENALTY * added]
        return float(loss + _WORD_PENALTY * (added @ added) / 2), np.concatenate(slope)

    found = minimize(objective, np.zeros(count + 1 + len(used)), jac=True, method="L-BFGS-B").x
    words[used] = found[count + 1 :]
    return words, found[:count] + found[count]
