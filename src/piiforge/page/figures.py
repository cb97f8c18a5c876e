"""Figures as markup: heat maps are tables, bars and histograms are tables and inline SVG.

Numbers always stand in the text too, so that a figure reads without colour, on paper and aloud.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from piiforge.page.rendering import render

LEVELS = 6
_WIDTH, _HEIGHT = 720, 230  # of a histogram, in units of its own
_LEFT, _RIGHT, _TOP, _FLOOR = 46, 12, 40, 196
_UPPER, _LOWER = 12, 28  # base lines of the names of what is marked


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts by (row, column); a cell that is not there is 0. `groups` gives rows a heading."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Mapping[tuple[str, str], int]
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` None is drawn empty; `text` stands beside it; `marks` are lines across."""

    label: str
    value: float | None
    text: str
    marks: tuple[float, ...] = ()
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is marked in a histogram, in the unit of its axis. None is left out."""

    limit: float | None = None
    median: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class _Cell:
    count: int
    level: int


@dataclass(frozen=True, slots=True)
class _Column:
    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    at: float
    text: str
    kind: str
    y: int


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where a histogram's values and counts stand in its picture."""

    start: float
    end: float
    most: float

    def x(self, at: float) -> float:
        span = (self.end - self.start) or 1.0
        return round(_LEFT + (at - self.start) * (_WIDTH - _LEFT - _RIGHT) / span, 1)

    def y(self, count: float) -> float:
        return round(_FLOOR - count * (_FLOOR - _TOP) / self.most, 1)


def heat_map(matrix: Matrix, *, caption: str, corner: str, tone: str = "neutral") -> Markup:
    """Return `matrix` as a table whose cells are coloured by count; totals at the ends.

    `tone` is positive, negative or neutral; `corner` says what the rows are.
    """
    most = max(matrix.counts.values(), default=0)
    table = [(row, [_cell(matrix, row, column, most) for column in matrix.columns])
             for row in matrix.rows]  # fmt: skip
    groups: dict[str, list[tuple[str, list[_Cell]]]] = {}
    for row, cells in table:
        groups.setdefault(matrix.groups.get(row, ""), []).append((row, cells))
    totals = [sum(cells[at].count for _, cells in table) for at in range(len(matrix.columns))]
    return Markup(
        render(
            "heat_map.html",
            caption=caption,
            corner=corner,
            tone=tone,
            columns=matrix.columns,
            groups=groups,
            totals=totals,
            legend=legend(most),
        )
    )


def legend(most: int) -> list[tuple[int, str]]:
    """Return each level in use and the counts it stands for.

    >>> legend(3)
    [(1, '1'), (3, '2'), (5, '3')]
    """
    found: list[tuple[int, str]] = []
    for level in range(1, LEVELS + 1):
        low = -(-(level - 1) * most // LEVELS) + 1
        high = -(-level * most // LEVELS)
        if low <= high:
            found.append((level, f"{low:,}" if low == high else f"{low:,}–{high:,}"))
    return found


def bars(
    items: Sequence[Bar], *, caption: str, top: float | None = None, corner: str = ""
) -> Markup:
    """Return bars as a table, drawn from 0 to `top` (without it, to the largest value)."""
    reach = top or max((item.value or 0.0 for item in items), default=0.0) or 1.0
    drawn = [
        (
            item,
            100 * min(1.0, max(0.0, item.value or 0.0) / reach),
            [100 * mark / reach for mark in item.marks if 0 <= mark <= reach],
        )
        for item in items
    ]
    return Markup(render("bars.html", items=drawn, caption=caption, corner=corner))


def histogram(
    bins: Sequence[tuple[float, float, int]], *, caption: str, unit: str, limits: Limits
) -> Markup:
    """Return `bins` of (low, high, count), high excluded, as an SVG with the limits marked."""
    plane = _plane(bins, limits)
    columns = [
        _Column(
            plane.x(low),
            plane.y(count),
            round(max(0.5, plane.x(high) - plane.x(low) - 1), 1),
            round(_FLOOR - plane.y(count), 1),
            f"{low:g} to {high:g} {unit}: {count:,}",
        )
        for low, high, count in bins
    ]
    marked = (("median", limits.median), ("p95", limits.p95), ("limit", limits.limit))
    lines = [
        _Line(plane.x(at), f"{name} {at:g}", name, _LOWER if name == "p95" else _UPPER)
        for name, at in marked
        if at is not None and plane.start <= at <= plane.end
    ]
    return Markup(
        render(
            "histogram.html",
            caption=caption,
            unit=unit,
            columns=columns,
            lines=lines,
            ticks=[(plane.x(at), f"{at:g}") for at in steps(plane.start, plane.end)],
            heights=[(plane.y(at), f"{at:,.0f}") for at in steps(0, plane.most, wanted=4)],
            width=_WIDTH,
            height=_HEIGHT,
            left=_LEFT,
            right=_WIDTH - _RIGHT,
            floor=_FLOOR,
        )
    )


def steps(start: float, end: float, *, wanted: int = 8) -> list[float]:
    """Return round numbers from `start` to `end`, about `wanted` of them.

    >>> steps(0, 520)
    [0, 100, 200, 300, 400, 500]
    """
    span = end - start
    if span <= 0:
        return [start]
    size = next(
        step * 10**power
        for power in range(12)
        for step in (1, 2, 5)
        if span / (step * 10**power) <= wanted
    )
    first = -(-start // size)
    return [size * (first + at) for at in range(int((end - first * size) // size) + 1)]


def _cell(matrix: Matrix, row: str, column: str, most: int) -> _Cell:
    count = matrix.counts.get((row, column), 0)
    return _Cell(count, 1 + (count - 1) * LEVELS // most if count else 0)


def _plane(bins: Sequence[tuple[float, float, int]], limits: Limits) -> _Plane:
    start = min((low for low, _, _ in bins), default=0.0)
    ends = [high for _, high, _ in bins] + [limits.limit or 0.0]
    most = max((count for _, _, count in bins), default=0)
    return _Plane(start, max(ends) * 1.02, most or 1)
