"""Logistic fits of few parameters, and which of several forms holds up on groups left out.

Sources:
    Platt, Probabilistic outputs for support vector machines, 1999 (targets that are not quite 0
    and 1, so that a perfect separation has a finite fit).
    Guo et al., On calibration of modern neural networks, 2017 (temperature).
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., 7.10 (one
    standard error).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.evaluate.matching import Bools, Floats, Ints
from piiforge.rng import digest

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


def fit(form: str, logits: Floats, gold: Bools, category: Ints, categories: int) -> Fit:
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


def losses(logits: Floats, gold: Bools) -> Floats:
    """Return the log loss of each row, in nats."""
    return np.logaddexp(0, np.where(gold, -logits, logits))


def left_out(
    form: str, logits: Floats, gold: Bools, category: Ints, categories: int, fold: Ints
) -> Floats:
    """Return the log loss of each row under the fit of the folds that it is not in."""
    found = np.zeros(len(logits))
    for at in range(int(fold.max()) + 1):
        out = fold == at
        fitted = fit(form, logits[~out], gold[~out], category[~out], categories)
        found[out] = losses(fitted.logits(logits[out], category[out]), gold[out])
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
