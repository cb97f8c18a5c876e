"""Calibration: make p_sensitive mean what it says, and choose the threshold of the verdict.

All is learned on validation and then kept. The form is the simplest that holds up on groups left
out: temperature (one scale), Platt (a scale and a bias), or Platt with a shrunken bias for each
category. A scale is never negative and biases are by category, so within a category nothing ever
changes places. The fit is ours: scikit-learn's logistic regression takes neither targets between 0
and 1 nor a penalty on some of the weights alone.

Sources:
    Platt, Probabilistic outputs for support vector machines, 1999 (targets that are not quite 0
    and 1, so that a perfect separation has a finite fit).
    Guo et al., On calibration of modern neural networks, 2017 (temperature).
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., 7.10 (one
    standard error).

>>> Calibration("platt", 2.0, 0.0, 0.5, 0.95, True, 1.0, 1.0, 10).p(np.array([0.5, 0.75]), "ab")
array([0.5, 0.9])
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from pydantic import ConfigDict, Field

from piiforge import files
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.evaluate.metrics import groups_of, steps
from piiforge.evaluate.records import Bools, Floats, Ints, gold, match, refuse_unranked, shown
from piiforge.rng import digest
from piiforge.types import Case, Prediction

Form = Literal["temperature", "platt", "category"]
FORMS: tuple[Form, ...] = get_args(Form)  # the simplest first
VERSION = 1
PRECISION = 0.95
FOLDS = 5
FLATTEST = 0.01  # least scale: a calibration may blunt p, never turn its order round
SHRINKAGE = 1.0  # precision of the normal prior on a category's bias: one logit either way
_EDGE = 1e-12
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Calibration:
    """p becomes sigmoid(logit(p) * scale + bias + biases[category]); sensitive from `threshold` on.

    `reached` says whether validation held a threshold of `wanted_precision`; where it didn't,
    `threshold` is the one of best precision. `precision` and `recall` are the threshold's on
    validation, `rows` how many rows that had. `losses` are the log losses in nats on groups left
    out, by form, and "before" of p as it came.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    form: Form
    scale: Annotated[float, Field(gt=0)]
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
        """Return it as one JSON object, as `read` takes it from a file."""
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


def read(path: Path) -> Calibration:
    """Return the calibration of which `record()` was written to `path`.

    Raises:
        AskedWrongly: it is not there, is not one, or is of another version.
    """
    record = files.read_json(path)
    hint = "This is no calibration of this version: make one with --calibrate-from."
    if record.pop("version", None) != VERSION:
        raise BadRecord(path, None, f"version is not {VERSION}.", hint)
    return files.parsed(record, Calibration, path, hint=hint)


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
    p, truth, group = match(cases, predictions).p, gold(cases), groups_of(cases)
    if truth.all() or not truth.any():
        raise AskedWrongly("calibration needs cases of both labels.", "Use the validation split.")
    refuse_unranked(cases, p, "", "Calibration needs one for every case.")
    known, category = np.unique([case.category for case in cases], return_inverse=True)
    logits = logit(p)
    losses = _left_out(logits, truth, category, group, seed)
    form = _simplest(losses, group)
    found = fit_mapping(form, logits, truth, category, len(known))
    threshold, reached, recall = _threshold(
        truth, sigmoid(_mapped(found, logits, category)), precision
    )
    biases = dict(zip(known.tolist(), found[2:].tolist(), strict=True))
    return Calibration(
        form=form,
        scale=float(found[0]),
        bias=float(found[1]),
        threshold=threshold,
        wanted_precision=precision,
        reached=reached >= precision,
        precision=reached,
        recall=recall,
        rows=len(cases),
        biases=biases if form == "category" else {},
        losses={
            "before": float(_losses(logits, truth).mean()),
            **{form: float(loss.mean()) for form, loss in losses.items()},
        },
    )


def _left_out(
    logits: Floats, truth: Bools, category: Ints, group: Ints, seed: int
) -> dict[Form, Floats]:
    """Return by form the loss of each row under the fit of the folds that it is not in.

    A group stands in one fold, and folds have alike many groups. Nothing where there is one group.
    """
    groups = int(group.max()) + 1
    if groups == 1:
        return {}
    rng = np.random.default_rng(digest(seed, "folds", groups))
    fold = (rng.permutation(groups) % min(FOLDS, groups))[group]
    losses: dict[Form, Floats] = {form: np.zeros(len(logits)) for form in FORMS}
    for form, at in product(FORMS, range(min(FOLDS, groups))):
        out = fold == at
        found = fit_mapping(
            form, logits[~out], truth[~out], category[~out], int(category.max()) + 1
        )
        losses[form][out] = _losses(_mapped(found, logits[out], category[out]), truth[out])
    return losses


def _simplest(losses: Mapping[Form, Floats], group: Ints) -> Form:
    """Return the simplest form that no richer one beats.

    It is beaten by one that loses less by more than one standard error over groups.
    """
    best = FORMS[0]
    for form in FORMS[1:] if losses else ():
        gain = np.bincount(group, losses[best] - losses[form])
        if gain.sum() > np.std(gain, ddof=1) * np.sqrt(len(gain)):
            best = form
    return best


def _threshold(truth: Bools, p: Floats, wanted: float) -> tuple[float, float, float]:
    """Choose among the distinct p; return the threshold, its precision and its recall.

    The threshold lies half way to the next lower p.
    """
    found = steps(p)
    hits, alarms = found.up_to(truth), found.up_to(~truth)
    precision, recall = hits / (hits + alarms), hits / hits[-1]
    good = precision >= wanted
    if good.any():
        at = int(np.flatnonzero(good & (recall == recall[good].max()))[0])
    else:
        at = int(np.flatnonzero(precision == precision.max())[-1])
    here, below = map(float, np.append(p[found.order[found.ends]], 0.0)[at : at + 2])
    middle = (here + below) / 2
    return middle if middle > below else here, float(precision[at]), float(recall[at])


def logit(p: Floats) -> Floats:
    """Return log(p / (1 - p)); p is kept 1e-12 away from 0 and 1."""
    kept = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))


def _mapped(found: Floats, logits: Floats, category: Ints) -> Floats:
    """Return what a fit makes of logits."""
    return np.asarray(logits * found[0] + found[1] + found[2:][category])


def _losses(logits: Floats, truth: Bools) -> Floats:
    """Return the log loss of each row, in nats."""
    return np.logaddexp(0, np.where(truth, -logits, logits))


def fit_mapping(
    form: Form, logits: Floats, truth: Bools, category: Ints, categories: int
) -> Floats:
    """Fit one of FORMS by greatest likelihood; return the scale, the bias, and each category's.

    A category's bias is shrunken towards 0. `categories` are all there are, not only those here.
    """
    wide = {"temperature": 1, "platt": 2, "category": 2 + categories}[form]
    table = np.zeros((len(logits), 2 + categories))
    table[:, 0], table[:, 1] = logits, 1
    table[np.arange(len(logits)), 2 + category] = 1
    ridge = np.array([0.0, 0.0] + [SHRINKAGE] * categories)
    above, below = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (above + 1) / (above + 2), 1 / (below + 2))
    found = np.zeros(2 + categories)
    found[:wide] = _newton(table[:, :wide], target, ridge[:wide], np.zeros(len(logits)))
    if found[0] < FLATTEST:
        found[0], held = FLATTEST, FLATTEST * logits
        found[1:wide] = _newton(table[:, 1:wide], target, ridge[1:wide], held)
    return found


def _newton(table: Floats, target: Floats, ridge: Floats, offset: Floats) -> Floats:
    """Minimise the penalised log loss; it is convex, and a step that doesn't lower it is halved."""

    def objective(found: Floats) -> float:
        logits = table @ found + offset
        loss = np.logaddexp(0, logits) - target * logits
        return float(loss.sum() + (ridge * found**2).sum() / 2)

    found = np.zeros(table.shape[1])
    here = objective(found)
    for _ in range(_ROUNDS if len(found) else 0):
        p = sigmoid(table @ found + offset)
        slope = table.T @ (p - target) + ridge * found
        bend = (table * (p * (1 - p))[:, None]).T @ table + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while (there := objective(found - size * step)) > here:
            size /= 2
            if size < 1e-8:
                return found
        found, done = found - size * step, here - there < 1e-10 * (1 + abs(here))
        here = there
        if done:
            break
    return found
