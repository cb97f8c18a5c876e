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

from piiforge.errors import AskedWrongly
from piiforge.evaluate import fitting, interval, ranking
from piiforge.evaluate.matching import Bools, Floats, Ints, gold, match, shown
from piiforge.types import Case, Prediction

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
        return fitting.sigmoid(fitting.logit(p) * self.scale + self.bias + biases)

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
    category = fitting.categories_of([case.category for case in cases], known)
    logits, group = fitting.logit(answers.p), interval.groups_of(cases)
    form, losses = _form(logits, truth, category, group, seed)
    found = fitting.fit(form, logits, truth, category, len(known))
    calibrated = fitting.sigmoid(found.logits(logits, category))
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
        losses={"before": float(fitting.losses(logits, truth).mean()), **losses},
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
    if not sound or found.scale <= 0 or found.form not in fitting.FORMS:
        raise AskedWrongly("this is no calibration of this version.", "Make it again.")
    return found


def _form(
    logits: Floats, truth: Bools, category: Ints, group: Ints, seed: int
) -> tuple[str, dict[str, float]]:
    """Return the form to use and the loss of each on groups left out; none with one group."""
    if int(group.max()) == 0:
        return fitting.FORMS[0], {}
    fold = fitting.folds(group, FOLDS, seed)
    wide = int(category.max()) + 1
    losses = {
        form: fitting.left_out(form, logits, truth, category, wide, fold) for form in fitting.FORMS
    }
    means = {form: float(loss.mean()) for form, loss in losses.items()}
    return fitting.chosen(losses, group), means


def _threshold(truth: Bools, p: Floats, wanted: float) -> _Choice:
    """Choose among the distinct p; the threshold lies half way to the next lower one."""
    found = ranking.steps(p)
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
