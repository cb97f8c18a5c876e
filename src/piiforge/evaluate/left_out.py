"""What a change gains on cases that it did not see: folds over groups, and the gain's interval.

Cases of one group (twins, lines of one family) are left out together, for one tells of the others.

>>> from piiforge.types import Case
>>> folds([Case(name, "ssn", "", group=name[0]) for name in ("a1", "a2", "b1")], 2).tolist()
[0, 0, 1]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.rng import digest
from piiforge.types import Case


@dataclass(frozen=True, slots=True)
class Gain:
    """How much lower the mean log loss is, in nats a case; `low` to `high`: 95 % over groups."""

    mean: float
    low: float
    high: float

    @property
    def is_borne(self) -> bool:
        """Whether zero is a standard error and more below: enough to take it, not to boast."""
        return self.mean - (self.high - self.low) / 4 > 0


def groups(cases: Sequence[Case]) -> NDArray[np.int64]:
    """Return the number of each case's group; a case without one is its own."""
    names = [case.group or f"\0{at}" for at, case in enumerate(cases)]
    return np.unique(names, return_inverse=True)[1]


def folds(cases: Sequence[Case], many: int, seed: int = 0, repeat: int = 0) -> NDArray[np.int64]:
    """Return the number of the fold, below `many`, in which each case is left out."""
    found = groups(cases)
    rng = np.random.default_rng(digest(seed, "adapt", repeat))
    return (rng.permutation(int(found.max()) + 1) % many)[found]


def log_loss(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log loss of log odds, a case each, in nats."""
    return np.asarray(np.logaddexp(0, np.where(truth, -scores, scores)))


def gain(before: NDArray[np.float64], after: NDArray[np.float64], group: NDArray[np.int64]) -> Gain:
    """Compare losses of the same cases; the interval is a normal one over sums of groups."""
    lower = np.bincount(group, before - after)
    mean = float(lower.sum() / len(before))
    wide = float(1.96 * np.std(lower) * np.sqrt(len(lower)) / len(before))
    return Gain(mean, mean - wide, mean + wide)
