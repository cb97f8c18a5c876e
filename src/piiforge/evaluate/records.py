"""The records of a judgement: what was counted, with what certainty, over which rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

OVERALL = "all"


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

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


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
class Comparison:
    """One or more systems over the same cases. `groups` is what was resampled, `draws` times."""

    cases: int
    sensitive: int
    groups: int
    draws: int
    seed: int
    scores: tuple[Score, ...]
    differences: tuple[Difference, ...] = ()

    def record(self) -> Mapping[str, object]:
        """Return it as one JSON object."""
        return asdict(self)
