"""The records of a judgement: what goes in, as arrays with one entry a case, and what comes out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.errors import AskedWrongly
from piiforge.types import Case, Prediction

OVERALL = "all"
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LONGEST_ID = 80


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its 95 % interval.

    `value` is None where the base is empty (a precision where nothing was called sensitive).
    `low` and `high` are None where there is no value, or only one group to resample.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by outcome. `unparsed` answers are among `misses` and `false_alarms` already."""

    hits: int
    misses: int
    false_alarms: int
    passes: int
    unparsed: int

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return self.hits + self.misses + self.false_alarms + self.passes


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well `p_sensitive` orders and how true it is. None where one label is missing.

    `recall_at_95` is the largest recall at any threshold whose precision is at least 0.95, 0 where
    no threshold reaches it. `calibration_error` is the expected calibration error over 15 bins.
    """

    roc_auc: float | None
    average_precision: float | None
    recall_at_95: float | None
    recall_at_99: float | None
    brier: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Twins of which all lines were judged; consistent is a pair with every answer right."""

    pairs: int
    right: int
    consistency: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of the answers that say how long they took, in ms."""

    rows: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows that share the value `name` on `axis`, and how they were judged."""

    axis: str
    name: str
    groups: int
    counts: Counts
    precision: Figure
    recall: Figure
    f1: Figure
    accuracy: Figure
    ranking: Ranking | None
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Score:
    """One system over one set of cases. Ratios are 0 to 1; one with an empty base is None.

    An answer that did not parse counts as wrong (a miss if gold is sensitive, else a false alarm)
    and is also counted in `unparsed`. `macro_f1` is the mean over the categories that have an F1.
    `threshold` is the one that verdicts were made with, None where they are the system's own.
    `notes` say what was not measured, and why.
    """

    system: str
    overall: Slice
    macro_f1: Figure
    roc_auc: Figure
    average_precision: Figure
    pairs: Figure
    latency: Latency | None
    slices: tuple[Slice, ...]
    threshold: float | None = None
    notes: tuple[str, ...] = ()

    def of(self, axis: str) -> tuple[Slice, ...]:
        """Return the slices of one axis."""
        return tuple(part for part in self.slices if part.axis == axis)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more `system` has of `measure` than `base`, on the same resamples of the cases.

    `axis` and `name` say over which slice; OVERALL and "" for all cases.
    """

    base: str
    system: str
    measure: str
    axis: str
    name: str
    figure: Figure

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        low, high = self.figure.low, self.figure.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The cases that one of two systems alone judges right, and how likely chance parts them so.

    `p` is of McNemar's exact test, two-sided: were both as good, a case that only one gets right
    would be either's with one half. It takes every case for independent evidence, so that twins and
    families make it too small; the interval of a Difference does not. 1 without such a case.
    """

    base: str
    system: str
    base_alone: int
    system_alone: int
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One or more systems over the same cases. `groups` is what was resampled, `draws` times."""

    cases: int
    sensitive: int
    groups: int
    draws: int
    seed: int
    scores: tuple[Score, ...]
    differences: tuple[Difference, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    def record(self) -> Mapping[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one system said of the cases, in their order. `p` is NaN where none was given.

    `right` answers parsed and say what is gold.
    """

    system: str
    right: Bools
    parsed: Bools
    p: Floats
    latency_ms: Floats

    @property
    def ranks(self) -> bool:
        """Whether every case has a p_sensitive."""
        return not np.isnan(self.p).any()


def match(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    system: str = "predictions",
    threshold: float | None = None,
) -> Answers:
    """Return what `predictions` say of `cases`; with a threshold, p_sensitive decides the verdict.

    An answer that did not parse stays unparsed under a threshold too.

    Raises:
        AskedWrongly: a case without a label, without a prediction or with two, a prediction of no
            case, or a case without p_sensitive where a threshold is given. Names system and id.
    """
    truth = gold(cases)
    found: dict[str, Prediction] = {}
    for prediction in predictions:
        if prediction.id in found:
            problem = f"{system}: {shown(prediction.id)} has two predictions."
            raise AskedWrongly(problem, "Every case is predicted once.")
        found[prediction.id] = prediction
    hint = "Score the file and split that were predicted."
    known = {case.id: None for case in cases}
    if lost := [name for name in known if name not in found]:
        raise AskedWrongly(f"{system}: no prediction for {shown(lost[0])}{_more(lost)}.", hint)
    if strange := [name for name in found if name not in known]:
        raise AskedWrongly(f"{system}: {shown(strange[0])} is no case{_more(strange)}.", hint)
    told = [found[name] for name in known]
    p = _floats(one.p_sensitive for one in told)
    verdicts = np.array([bool(one.is_sensitive) for one in told], dtype=np.bool_)
    if threshold is not None:
        refuse_unranked(cases, p, f"{system}: ", "A threshold needs one for every case.")
        verdicts = p >= threshold
    parsed = np.array([one.is_sensitive is not None for one in told], dtype=np.bool_)
    latency_ms = _floats(one.latency_ms for one in told)
    return Answers(system, parsed & (verdicts == truth), parsed, p, latency_ms)


def refuse_unranked(cases: Sequence[Case], p: Floats, who: str, hint: str) -> None:
    """Raise AskedWrongly where a case has no p_sensitive; names the first."""
    if np.isnan(p).any():
        lacking = cases[int(np.argmax(np.isnan(p)))].id
        raise AskedWrongly(f"{who}{shown(lacking)} has no p_sensitive.", hint)


def gold(cases: Sequence[Case]) -> Bools:
    """Return the gold verdicts.

    Raises:
        AskedWrongly: no case at all, a case without a label, or two cases of one id.
    """
    if not cases:
        raise AskedWrongly("there is no case to score.", "Check the file and --split.")
    name, times = Counter(case.id for case in cases).most_common(1)[0]
    if times > 1:
        raise AskedWrongly(f"{times} cases have the id {shown(name)}.", "Give each its own id.")
    if blank := [case.id for case in cases if case.label is None]:
        problem = f"case {shown(blank[0])} has no label{_more(blank)}."
        raise AskedWrongly(problem, "Only labelled cases can be scored.")
    return np.array([case.label for case in cases], dtype=np.bool_)


def values(case: Case, axis: str) -> tuple[str, ...]:
    """Return where a case stands on an axis; nowhere if it says nothing of it.

    >>> values(Case("1", "ssn", "", slices={"disguises": "percent+words_en"}), "disguise")
    ('percent', 'words_en')
    """
    if axis == "category":
        return (case.category,)
    found = case.slices.get("disguises" if axis == "disguise" else axis, "")
    if not found:
        return ()
    return tuple(dict.fromkeys(found.split("+"))) if axis == "disguise" else (found,)


def shown(name: str) -> str:
    """Return an id as an error message shows it, cut where it is long."""
    return repr(name if len(name) <= _LONGEST_ID else name[:_LONGEST_ID] + "…")


def _more(names: Sequence[str]) -> str:
    return f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""


def _floats(numbers: Iterable[float | None]) -> Floats:
    return np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)
