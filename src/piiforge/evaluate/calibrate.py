"""Calibration: make p_sensitive mean what it says, and choose the threshold of the verdict.

All is learned on validation and then kept. The form is the simplest that holds up on groups left
out: temperature (one scale), Platt (a scale and a bias), or Platt with a shrunken bias for each
category. A scale is never negative and biases are by category, so within a category nothing ever
changes places.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from piiforge.errors import AskedWrongly
from piiforge.evaluate.metrics import groups_of, steps
from piiforge.evaluate.records import Bools, Floats, Ints, gold, match, shown
from piiforge.rng import digest
from piiforge.types import Case, Prediction

# Logistic fits of few parameters, and which of several forms holds up on groups left out.
#
# Sources:
#     Platt, Probabilistic outputs for support vector machines, 1999 (targets that are not quite 0
#     and 1, so that a perfect separation has a finite fit).
#     Guo et al., On calibration of modern neural networks, 2017 (temperature).
#     Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., 7.10 (one
#     standard error).


FORMS = ("temperature", "platt", "category")
FLATTEST = 0.01  # least scale: a calibration may blunt p, never turn its order round
SHRINKAGE = 1.0  # precision of the normal prior on a category's bias: one logit either way
_EDGE = 1e-12
_ROUNDS = 60
Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """logit(p) * scale + bias + the bias of the category, in the order of `categories`."""

    scale: float
    bias: float
    biases: Floats

    def logits(self, logit: Floats, category: Ints) -> Floats:
        """Return what the fit makes of logits."""
        return np.asarray(logit * self.scale + self.bias + self.biases[category])


def logit(p: Floats) -> Floats:
    """Return log(p / (1 - p)); p is kept 1e-12 away from 0 and 1."""
    kept = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))


def fit_mapping(form: str, logits: Floats, gold: Bools, category: Ints, categories: int) -> Fit:
    """Fit one of FORMS by greatest likelihood, a category's bias shrunken towards 0."""
    wide = {"temperature": 1, "platt": 2, "category": 2 + categories}[form]
    table = np.zeros((len(logits), 2 + categories))
    table[:, 0], table[:, 1] = logits, 1
    table[np.arange(len(logits)), 2 + category] = 1
    ridge = np.array([0.0, 0.0] + [SHRINKAGE] * categories)
    target = _targets(gold)
    found = np.zeros(2 + categories)
    found[:wide] = _newton(table[:, :wide], target, ridge[:wide], np.zeros(len(logits)))
    if found[0] < FLATTEST:
        held = FLATTEST * logits
        found[:] = 0
        found[0] = FLATTEST
        found[1:wide] = _newton(table[:, 1:wide], target, ridge[1:wide], held)
    return Fit(float(found[0]), float(found[1]), found[2:])


def losses_of(logits: Floats, gold: Bools) -> Floats:
    """Return the log loss of each row, in nats."""
    return np.logaddexp(0, np.where(gold, -logits, logits))


def left_out(
    form: str, logits: Floats, gold: Bools, category: Ints, categories: int, fold: Ints
) -> Floats:
    """Return the log loss of each row under the fit of the folds that it is not in."""
    found = np.zeros(len(logits))
    for at in range(int(fold.max()) + 1):
        out = fold == at
        fitted = fit_mapping(form, logits[~out], gold[~out], category[~out], categories)
        found[out] = losses_of(fitted.logits(logits[out], category[out]), gold[out])
    return found


def folds(group: Ints, wanted: int, seed: int) -> Ints:
    """Return the fold of each row: a group stands in one, and folds have alike many groups."""
    groups = int(group.max()) + 1
    rng = np.random.default_rng(digest(seed, "folds", groups))
    return np.asarray((rng.permutation(groups) % min(wanted, groups))[group], dtype=np.int64)


def pays(simple: Floats, other: Floats, group: Ints) -> bool:
    """Say whether `other` loses less than `simple` by more than one standard error over groups."""
    gain = np.bincount(group, simple - other)
    if len(gain) < 2:
        return False
    error = np.std(gain, ddof=1) * np.sqrt(len(gain))
    return bool(gain.sum() > error)


def chosen(of_form: dict[str, Floats], group: Ints) -> str:
    """Return the simplest form that no richer one beats: see `pays`."""
    best = FORMS[0]
    for form in FORMS[1:]:
        if pays(of_form[best], of_form[form], group):
            best = form
    return best


def _targets(gold: Bools) -> Floats:
    above, below = int(gold.sum()), int((~gold).sum())
    return np.where(gold, (above + 1) / (above + 2), 1 / (below + 2))


def _newton(table: Table, target: Floats, ridge: Floats, offset: Floats) -> Floats:
    """Minimise the penalised log loss; it is convex, and a step that doesn't lower it is halved."""
    if not table.shape[1]:
        return np.zeros(0)
    found = np.zeros(table.shape[1])
    here = _objective(found, table, target, ridge, offset)
    for _ in range(_ROUNDS):
        p = sigmoid(table @ found + offset)
        slope = table.T @ (p - target) + ridge * found
        bend = (table * (p * (1 - p))[:, None]).T @ table + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while (there := _objective(found - size * step, table, target, ridge, offset)) > here:
            size /= 2
            if size < 1e-8:
                return found
        found, done = found - size * step, here - there < 1e-10 * (1 + abs(here))
        here = there
        if done:
            break
    return found


def _objective(found: Floats, table: Table, target: Floats, ridge: Floats, offset: Floats) -> float:
    logits = table @ found + offset
    loss = np.logaddexp(0, logits) - target * logits
    return float(loss.sum() + (ridge * found**2).sum() / 2)


def categories_of(names: Sequence[str], known: Sequence[str]) -> Ints:
    """Return the place of each name among `known`."""
    place = {name: at for at, name in enumerate(known)}
    return np.array([place[name] for name in names], dtype=np.int64)


VERSION = 1
PRECISION = 0.95
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """p becomes sigmoid(logit(p) * scale + bias + biases[category]); sensitive from `threshold` on.

    `form` is one of fitting.FORMS. `reached` says whether validation held a threshold of
    `wanted_precision`; where it didn't, `threshold` is the one of best precision. `precision` and
    `recall` are the threshold's on validation, `rows` how many rows that had. `losses` are the
    log losses in nats on groups left out, by form, and "before" of p as it came.
    """

    form: str
    scale: float
    bias: float
    threshold: float
    wanted_precision: float
    reached: bool
    precision: float
    recall: float
    rows: int
    biases: Mapping[str, float] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return it as one JSON object; `read` takes it back."""
        return {"version": VERSION, **asdict(self)}

    def p(self, p: Floats, categories: Sequence[str]) -> Floats:
        """Return the calibrated p; a category that validation didn't have gets no bias."""
        biases = np.array([self.biases.get(name, 0.0) for name in categories], dtype=np.float64)
        return sigmoid(logit(p) * self.scale + self.bias + biases)

    @property
    def said(self) -> str:
        """One sentence about the threshold."""
        if self.reached:
            return (
                f"threshold {self.threshold:.4f}: recall {self.recall:.3f} at precision "
                f"{self.precision:.3f} on validation (at least {self.wanted_precision:g} was asked)"
            )
        return (
            f"no threshold reaches precision {self.wanted_precision:g} on validation; "
            f"{self.threshold:.4f} has the best, {self.precision:.3f}, with recall "
            f"{self.recall:.3f}"
        )


@dataclass(frozen=True, slots=True)
class _Choice:
    threshold: float
    precision: float
    recall: float
    reached: bool


def fit(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    precision: float = PRECISION,
    seed: int = 0,
) -> Calibration:
    """Learn a calibration from labelled cases, which must be none that are scored later.

    The threshold is that of greatest recall among those with at least `precision`.

    Raises:
        AskedWrongly: a case lacks a label or p_sensitive, only one label is there, or cases and
            predictions don't match.
    """
    truth = gold(cases)
    answers = match(cases, predictions)
    if truth.all() or not truth.any():
        raise AskedWrongly("calibration needs cases of both labels.", "Use the validation split.")
    if not answers.ranks:
        lacking = cases[int(np.argmax(np.isnan(answers.p)))].id
        raise AskedWrongly(f"{shown(lacking)} has no p_sensitive.",
                           "Calibration needs one for every case.")  # fmt: skip
    known = sorted({case.category for case in cases})
    category = categories_of([case.category for case in cases], known)
    logits, group = logit(answers.p), groups_of(cases)
    form, losses = _form(logits, truth, category, group, seed)
    found = fit_mapping(form, logits, truth, category, len(known))
    calibrated = sigmoid(found.logits(logits, category))
    choice = _threshold(truth, calibrated, precision)
    return Calibration(
        form=form,
        scale=found.scale,
        bias=found.bias,
        threshold=choice.threshold,
        wanted_precision=precision,
        reached=choice.reached,
        precision=choice.precision,
        recall=choice.recall,
        rows=len(cases),
        biases=dict(zip(known, map(float, found.biases), strict=True))
        if form == "category"
        else {},
        losses={"before": float(losses_of(logits, truth).mean()), **losses},
    )


def apply(
    calibration: Calibration, cases: Sequence[Case], predictions: Iterable[Prediction]
) -> Iterable[Prediction]:
    """Yield the predictions with p_sensitive calibrated, and verdict and confidence made from it.

    `cases` say the category of each id. An answer that did not parse keeps no verdict; one without
    p_sensitive stays as it is.

    Raises:
        AskedWrongly: a prediction of no case.
    """
    categories = {case.id: case.category for case in cases}
    for one in predictions:
        if one.id not in categories:
            raise AskedWrongly(f"{shown(one.id)} is no case.", "Use the file that was predicted.")
        if one.p_sensitive is None:
            yield one
            continue
        p = float(calibration.p(np.array([one.p_sensitive]), [categories[one.id]])[0])
        verdict = None if one.is_sensitive is None else p >= calibration.threshold
        yield replace(one, is_sensitive=verdict, p_sensitive=p, confidence_score=max(p, 1 - p))


def read(record: Mapping[str, object]) -> Calibration:
    """Return the calibration that `record()` gave.

    Raises:
        AskedWrongly: it is not one, or of another version.
    """
    fields = {key: value for key, value in record.items() if key != "version"}
    try:
        found = Calibration(**cast("dict[str, float]", fields))  # type: ignore[arg-type]
        numbers = [found.scale, found.bias, found.threshold, *found.biases.values()]
        sound = record["version"] == VERSION and bool(np.isfinite(numbers).all())
    except (TypeError, KeyError, AttributeError) as error:
        raise AskedWrongly("this is no calibration.", "Make one with --calibrate-from.") from error
    if not sound or found.scale <= 0 or found.form not in FORMS:
        raise AskedWrongly("this is no calibration of this version.", "Make it again.")
    return found


def _form(
    logits: Floats, truth: Bools, category: Ints, group: Ints, seed: int
) -> tuple[str, dict[str, float]]:
    """Return the form to use and the loss of each on groups left out; none with one group."""
    if int(group.max()) == 0:
        return FORMS[0], {}
    fold = folds(group, FOLDS, seed)
    wide = int(category.max()) + 1
    losses = {form: left_out(form, logits, truth, category, wide, fold) for form in FORMS}
    means = {form: float(loss.mean()) for form, loss in losses.items()}
    return chosen(losses, group), means


def _threshold(truth: Bools, p: Floats, wanted: float) -> _Choice:
    """Choose among the distinct p; the threshold lies half way to the next lower one."""
    found = steps(p)
    hits, alarms = np.cumsum(found.count(truth)), np.cumsum(found.count(~truth))
    precision, recall = hits / (hits + alarms), hits / hits[-1]
    good = precision >= wanted
    if good.any():
        at = int(np.flatnonzero(good & (recall == recall[good].max()))[0])
    else:
        at = int(np.flatnonzero(precision == precision.max())[-1])
    below = float(found.p[at + 1]) if at + 1 < len(found.p) else 0.0
    middle = (float(found.p[at]) + below) / 2
    threshold = middle if middle > below else float(found.p[at])
    return _Choice(threshold, float(precision[at]), float(recall[at]), bool(good.any()))
