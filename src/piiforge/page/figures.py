"""Figures as markup: heat maps are tables, bars and histograms are tables and inline SVG.

Numbers always stand in the text too, so that a figure reads without colour, on paper and aloud.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from piiforge.page.html import render

# Curves of one or more systems on a unit square, as inline SVG: ROC, precision and recall.


_SIDE, _LEFT, _TOP = 300, 44, 10  # of the square, in units of its own
_WIDTH, _HEIGHT = 360, 352
_FINEST = 1 / 600  # two points nearer than that look like one
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# Colours of the style sheet; a second sign beside colour is the dash.
_INKS = ("--p6", "--n5", "--ghost-ink", "--bad", "--s5")
_DASHES = ("none", "7 3", "2 3", "9 3 2 3", "4 4")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure: points of (x, y), both 0 to 1. `dots` marks every point."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True, slots=True)
class _Drawn:
    name: str
    path: str
    dots: Sequence[tuple[float, float]]
    ink: str
    dash: str


def curves(
    lines: Sequence[Line], *, caption: str, across: str, up: str, diagonal: bool = False
) -> Markup:
    """Return `lines` on axes of 0 to 1; `across` and `up` name the axes.

    `diagonal` draws where chance (ROC) or perfect calibration lies.
    """
    return Markup(
        render(
            "curves.html",
            lines=[_drawn(line, at) for at, line in enumerate(lines) if line.points],
            caption=caption,
            across=across,
            up=up,
            diagonal=diagonal,
            ticks=[(_x(at), _y(at), f"{at:g}") for at in _TICKS],
            width=_WIDTH,
            height=_HEIGHT,
            left=_LEFT,
            right=_LEFT + _SIDE,
            top=_TOP,
            floor=_TOP + _SIDE,
        )
    )


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out points that can't be told from the one before; first and last are kept.

    >>> thinned([(0.0, 0.0), (0.0001, 0.0), (0.5, 0.5), (1.0, 1.0)])
    [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]
    """
    kept = list(points[:1])
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) >= _FINEST or abs(y - kept[-1][1]) >= _FINEST:
            kept.append((x, y))
    return kept + list(points[-1:] if len(points) > 1 else [])


def _drawn(line: Line, at: int) -> _Drawn:
    kept = [(_x(x), _y(y)) for x, y in thinned(line.points)]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in kept)
    tone = at % len(_INKS)
    return _Drawn(line.name, path, kept if line.dots else (), _INKS[tone], _DASHES[tone])


def _x(at: float) -> float:
    return round(_LEFT + _SIDE * min(1.0, max(0.0, at)), 1)


def _y(at: float) -> float:
    return round(_TOP + _SIDE * (1 - min(1.0, max(0.0, at))), 1)


# Heat maps of shares: a table whose cells show a share and are shaded by what goes wrong.


# Upper ends of the levels, fixed so that two maps can be compared. The sixth is all above.
ENDS = (0.0, 0.02, 0.05, 0.10, 0.25)


@dataclass(frozen=True, slots=True)
class Share:
    """`wrong` of `of` rows."""

    wrong: int
    of: int


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    of: int
    title: str
    level: int


def share_map(
    rows: Sequence[str],
    columns: Sequence[str],
    shares: Mapping[tuple[str, str], Share],
    *,
    caption: str,
    corner: str,
    tone: str = "neutral",
    right: bool = False,
) -> Markup:
    """Return a table of percentages by (row, column), shaded by the share that is wrong.

    With `right` the share that is right is written, and the shading stays. The last column and
    the last row are over all. How many rows a share is of stands beside it; none is a dot.
    """

    def over(some: Sequence[tuple[str, str]]) -> _Cell:
        found = [shares[place] for place in some if place in shares]
        return _cell(sum(one.wrong for one in found), sum(one.of for one in found), right=right)

    body = [
        (
            row,
            [over([(row, column)]) for column in columns],
            over([(row, column) for column in columns]),
        )
        for row in rows
    ]
    return Markup(
        render(
            "shares.html",
            caption=caption,
            corner=corner,
            tone=tone,
            columns=columns,
            body=body,
            totals=[over([(row, column) for row in rows]) for column in columns],
            whole=over([(row, column) for row in rows for column in columns]),
            legend=_legend(),
        )
    )


def level(wrong: float) -> int:
    """Return the level of a share, 1 for none wrong to 6.

    >>> [level(share) for share in (0.0, 0.01, 0.05, 0.051, 0.3)]
    [1, 2, 3, 4, 6]
    """
    return 1 + sum(wrong > end for end in ENDS)


def _cell(wrong: int, of: int, *, right: bool) -> _Cell:
    if not of:
        return _Cell("·", 0, "no rows", 0)
    shown = (of - wrong if right else wrong) / of
    return _Cell(f"{100 * shown:.0f}", of, f"{wrong:,} of {of:,} wrong", level(wrong / of))


def _legend() -> list[tuple[int, str]]:
    texts = ["none", *(f"≤ {100 * end:.0f} %" for end in ENDS[1:]), f"> {100 * ENDS[-1]:.0f} %"]
    return list(enumerate(texts, 1))


LEVELS = 6
_WIDTH_figures, _HEIGHT_figures = 720, 230  # of a histogram, in units of its own
_LEFT_figures, _RIGHT, _TOP_figures, _FLOOR = 46, 12, 40, 196
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
class _Cell_figures:
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
        return round(
            _LEFT_figures + (at - self.start) * (_WIDTH_figures - _LEFT_figures - _RIGHT) / span, 1
        )

    def y(self, count: float) -> float:
        return round(_FLOOR - count * (_FLOOR - _TOP_figures) / self.most, 1)


def heat_map(matrix: Matrix, *, caption: str, corner: str, tone: str = "neutral") -> Markup:
    """Return `matrix` as a table whose cells are coloured by count; totals at the ends.

    `tone` is positive, negative or neutral; `corner` says what the rows are.
    """
    most = max(matrix.counts.values(), default=0)
    table = [(row, [_cell_figures(matrix, row, column, most) for column in matrix.columns])
             for row in matrix.rows]  # fmt: skip
    groups: dict[str, list[tuple[str, list[_Cell_figures]]]] = {}
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
            width=_WIDTH_figures,
            height=_HEIGHT_figures,
            left=_LEFT_figures,
            right=_WIDTH_figures - _RIGHT,
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


def _cell_figures(matrix: Matrix, row: str, column: str, most: int) -> _Cell_figures:
    count = matrix.counts.get((row, column), 0)
    return _Cell_figures(count, 1 + (count - 1) * LEVELS // most if count else 0)


def _plane(bins: Sequence[tuple[float, float, int]], limits: Limits) -> _Plane:
    start = min((low for low, _, _ in bins), default=0.0)
    ends = [high for _, high, _ in bins] + [limits.limit or 0.0]
    most = max((count for _, _, count in bins), default=0)
    return _Plane(start, max(ends) * 1.02, most or 1)
