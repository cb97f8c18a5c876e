"""Figures: tables that are coloured and drawings that are told, all from templates.

>>> legend(3)
[(1, '1'), (3, '2'), (5, '3')]
"""

from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import ceil, dist, floor, log10

from markupsafe import Markup

from piiforge.page.text import render

LEVELS = 6
# Upper ends of a share's levels, fixed so that two maps can be compared. The sixth is all above.
ENDS = (0.0, 0.02, 0.05, 0.10, 0.25)
_FINEST = 1 / 600  # two points of a curve nearer than that look like one
# Of what stands for the nth system: a colour of the style sheet, and a dash beside it
_INKS = (
    ("--c1", "none"),
    ("--c2", "7 3"),
    ("--c3", "2 3"),
    ("--c4", "9 3 2 3"),
    ("--c5", "4 4"),
    ("--c6", "12 3"),
)
# Its mark, about 10 wide, around (0, 0): shape tells what colour would; hollow from the 7th on
_MARKS = (
    "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
    "M-4.5 -4.5H4.5V4.5H-4.5Z",
    "M0 -6L5.5 4.5H-5.5Z",
    "M0 -6L6 0L0 6L-6 0Z",
    "M0 6L5.5 -4.5H-5.5Z",
    "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
)
_SVG = "http://www.w3.org/2000/svg"  # a name, not an address: nothing is fetched
_SIGN = 7.2  # of a name in a scatter: how wide a character is, generously
_LONGEST = 56  # characters of a name that a drawing holds; its title has all
_BINS = 8  # of a spread, a power of ten


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts by (row, column); a cell that is not there is 0. `groups` gives rows a heading."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Mapping[tuple[str, str], int]
    groups: Mapping[str, str] = field(default_factory=dict)


def heat_map(
    matrix: Matrix, *, caption: str, corner: str, tone: str = "neutral", says: str = ""
) -> Markup:
    """Return `matrix` as a table whose cells are coloured by count; totals at the ends.

    `tone` is positive, negative or neutral; `corner` says what the rows are.
    """
    most = max(matrix.counts.values(), default=0)
    groups: dict[str, list[tuple[str, list[dict[str, int]]]]] = {}
    for row in matrix.rows:
        counts = [matrix.counts.get((row, column), 0) for column in matrix.columns]
        cells = [{"count": n, "level": 1 + (n - 1) * LEVELS // most if n else 0} for n in counts]
        groups.setdefault(matrix.groups.get(row, ""), []).append((row, cells))
    return _figure(
        "heat_map.html",
        caption=caption,
        says=says,
        corner=corner,
        tone=tone,
        columns=matrix.columns,
        groups=groups,
        totals=[
            sum(matrix.counts.get((row, column), 0) for row in matrix.rows)
            for column in matrix.columns
        ],
        legend=legend(most),
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


@dataclass(frozen=True, slots=True)
class Share:
    """`wrong` of `of` rows."""

    wrong: int
    of: int


def share_map(
    rows: Sequence[str],
    columns: Sequence[str],
    shares: Mapping[tuple[str, str], Share],
    *,
    caption: str,
    corner: str,
    tone: str = "neutral",
    right: bool = False,
    says: str = "",
) -> Markup:
    """Return a table of counts by (row, column), "3/11", shaded by the share that is wrong.

    With `right` the rows that are right are counted, and the shading stays. The last column and
    the last row are over all; a cell without rows is a dot.
    """

    def over(rows: Sequence[str], columns: Sequence[str]) -> dict[str, object]:
        found = [
            shares[row, column] for row in rows for column in columns if (row, column) in shares
        ]
        wrong, of = sum(one.wrong for one in found), sum(one.of for one in found)
        if not of:
            return {"text": "·", "title": "no rows", "level": 0}
        shown = of - wrong if right else wrong
        title = f"{wrong:,} of {of:,} wrong, {wrong / of:.0%}"
        return {"text": f"{shown:,}/{of:,}", "title": title, "level": level(wrong / of)}

    ends = [f"≤ {100 * end:.0f} %" for end in ENDS[1:]]
    return _figure(
        "shares.html",
        caption=caption,
        says=says,
        corner=corner,
        tone=tone,
        columns=columns,
        body=[
            (row, [over([row], [column]) for column in columns], over([row], columns))
            for row in rows
        ],
        totals=[over(rows, [column]) for column in columns],
        whole=over(rows, columns),
        legend=list(enumerate(["none", *ends, f"> {100 * ENDS[-1]:.0f} %"], 1)),
    )


def level(wrong: float) -> int:
    """Return the level of a share, 1 for none wrong to 6.

    >>> [level(share) for share in (0.0, 0.01, 0.05, 0.051, 0.3)]
    [1, 2, 3, 4, 6]
    """
    return 1 + sum(wrong > end for end in ENDS)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` None is drawn empty; `text` stands beside it; `marks` are lines across."""

    label: str
    value: float | None
    text: str
    marks: tuple[float, ...] = ()
    tone: str = "neutral"


def bars(
    items: Sequence[Bar],
    *,
    caption: str,
    top: float | None = None,
    corner: str = "",
    says: str = "",
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
    return _figure("bars.html", items=drawn, caption=caption, corner=corner, says=says)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is marked in a histogram, in the unit of its axis. None is left out."""

    limit: float | None = None
    median: float | None = None
    p95: float | None = None


def histogram(
    bins: Sequence[tuple[float, float, int]],
    *,
    caption: str,
    unit: str,
    limits: Limits,
    says: str = "",
) -> Markup:
    """Return `bins` of (low, high, count), high excluded, as an SVG with the limits marked."""
    left, right, top, floor = 46, 708, 40, 196
    start = min((low for low, _, _ in bins), default=0.0)
    end = max([limits.limit or 0.0, *(high for _, high, _ in bins)]) * 1.02
    most = max((count for _, _, count in bins), default=0) or 1
    span = (end - start) or 1.0

    def x(at: float) -> float:
        return round(left + (at - start) * (right - left) / span, 1)

    def y(count: float) -> float:
        return round(floor - count * (floor - top) / most, 1)

    columns = [
        {
            "x": x(low),
            "y": y(count),
            "width": round(max(0.5, x(high) - x(low) - 1), 1),
            "height": round(floor - y(count), 1),
            "text": f"{low:g} to {high:g} {unit}: {count:,}",
        }
        for low, high, count in bins
    ]
    marked = (("median", limits.median, 12), ("p95", limits.p95, 28), ("limit", limits.limit, 12))
    lines = [
        {"at": x(at), "text": f"{name} {at:g}", "kind": name, "y": base}
        for name, at, base in marked
        if at is not None and start <= at <= end
    ]
    return _figure(
        "histogram.html",
        caption=caption,
        says=says,
        unit=unit,
        columns=columns,
        lines=lines,
        ticks=[(x(at), f"{at:g}") for at in steps(start, end)],
        heights=[(y(at), f"{at:,.0f}") for at in steps(0, most, wanted=4)],
        width=720,
        height=230,
        left=left,
        right=right,
        floor=floor,
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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure: points of (x, y), both 0 to 1. `dots` marks every point.

    `at` is its place among the systems of the page, which gives it colour, dash and mark.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    at: int | None = None


def _series(at: int) -> dict[str, object]:
    """Return how the nth system is drawn: alike in every figure of a page."""
    ink, dash = _INKS[at % len(_INKS)]
    fill = "--paper" if at // len(_MARKS) % 2 else ink
    return {"ink": ink, "dash": dash, "mark": _MARKS[at % len(_MARKS)], "fill": fill}


def curves(
    lines: Sequence[Line],
    *,
    caption: str,
    across: str,
    up: str,
    diagonal: bool = False,
    says: str = "",
) -> Markup:
    """Return `lines` on axes of 0 to 1; `across` and `up` name the axes.

    `diagonal` draws where chance (ROC) or perfect calibration lies.
    """
    left, top, side = 44, 10, 300

    def place(x: float, y: float) -> tuple[float, float]:
        x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        return round(left + side * x, 1), round(top + side * (1 - y), 1)

    drawn = []
    for number, line in enumerate(lines):
        if not line.points:
            continue
        kept = [place(x, y) for x, y in thinned(line.points)]
        at = number if line.at is None else line.at
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in kept)
        dots = kept if line.dots else _along(kept, at)
        drawn.append({"name": line.name, "path": path, "dots": dots, **_series(at)})
    return _figure(
        "curves.html",
        lines=drawn,
        caption=caption,
        says=says,
        across=across,
        up=up,
        diagonal=diagonal,
        ticks=[(*place(at, at), f"{at:g}") for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)],
        width=360,
        height=352,
        left=left,
        right=left + side,
        top=top,
        floor=top + side,
    )


def _along(points: Sequence[tuple[float, float]], at: int) -> list[tuple[float, float]]:
    """Return three points of a drawn line to mark, elsewhere than its neighbours' are."""
    lengths = [0.0]
    for one, other in pairwise(points):
        lengths.append(lengths[-1] + dist(one, other))
    wanted = ((part + (1 + at % len(_MARKS)) / (1 + len(_MARKS))) / 3 for part in range(3))
    return [points[min(bisect(lengths, lengths[-1] * one), len(points) - 1)] for one in wanted]


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


@dataclass(frozen=True, slots=True)
class Dot:
    """One named point of a scatter: `x` above 0, `y` 0 to 1 with its interval, where there is.

    `at` is as in a `Line`.
    """

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    at: int | None = None


def scatter(
    dots: Sequence[Dot], *, caption: str, across: str, up: str, alone: bool = False, says: str = ""
) -> Markup:
    """Return named points over a logarithmic axis; the upright axis starts under the lowest.

    Every point has its name beside it and a shape of its own among the next ones, so that no colour
    need be told apart. `alone` gives an SVG file that brings its style, without figure and caption.
    """
    left, right, top, bottom = 44, 696, 14, 330
    reach = [dot.x for dot in dots] or [1.0]
    low, high = floor(log10(min(reach))), ceil(log10(max(reach)))
    high += low == high
    least = min((min(dot.y, dot.y if dot.low is None else dot.low) for dot in dots), default=0.0)
    least = max(0.0, floor(10 * least) / 10) if least < 1 else 0.9

    def x(at: float) -> float:
        return round(left + (log10(at) - low) * (right - left) / (high - low), 1)

    def y(at: float) -> float:
        return round(bottom - (at - least) * (bottom - top) / (1 - least), 1)

    names = _beside([(x(dot.x), y(dot.y), dot.name) for dot in dots], left, right, top, bottom)
    drawn = [
        {
            "name": dot.name,
            "told": f"{dot.name}: {dot.y:.3f} at {dot.x:.3g}",
            "x": x(dot.x),
            "y": y(dot.y),
            "low": None if dot.low is None else y(dot.low),
            "high": None if dot.high is None else y(dot.high),
            **_series(at if dot.at is None else dot.at),
            "at": begin,
            "base": base,
            "nearest": min(max(x(dot.x), begin), round(begin + _SIGN * len(dot.name), 1)),
        }
        for at, (dot, (begin, base)) in enumerate(zip(dots, names, strict=True))
    ]
    return _figure(
        "scatter.html",
        says=says,
        alone=alone,
        namespace=_SVG,
        dots=drawn,
        caption=caption,
        across=across,
        up=up,
        ticks=[(x(10**power), f"{10.0**power:,g}") for power in range(low, high + 1)],
        heights=[(y(at / 10), f"{at / 10:g}") for at in range(round(10 * least), 11)],
        width=720,
        height=366,
        left=left,
        right=right,
        top=top,
        floor=bottom,
    )


def _beside(
    places: Sequence[tuple[float, float, str]], left: float, right: float, top: float, bottom: float
) -> list[tuple[float, float]]:
    """Return where the name of each point begins, and its base line.

    A name stands to the right of its point, else to the left, moved up or down as far as need be to
    cover neither a point nor a name before it; where all is full, to the right.
    """
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y, _ in places]
    found: list[tuple[float, float]] = []
    shifts = sorted(range(-168, 169, 12), key=lambda shift: (abs(shift), shift))
    for x, y, name in places:
        wide = _SIGN * len(name)
        boxes = [
            (begin, y + shift - 7, begin + wide, y + shift + 7)
            for shift, begin in product(shifts, (x + 10, x - 10 - wide))
        ]
        free = (
            box
            for box in boxes
            if left <= box[0]
            and box[2] <= right
            and top - 8 <= box[1]
            and box[3] <= bottom
            and not any(_cover(box, other) for other in taken)
        )
        box = next(free, boxes[0])
        taken.append(box)
        found.append((round(box[0], 1), round(box[3] - 3, 1)))
    return found


def _cover(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@dataclass(frozen=True, slots=True)
class Spread:
    """What one system took, row by row; all above 0. `at` is as in a `Line`."""

    name: str
    values: Sequence[float]
    at: int | None = None


def spreads(
    items: Sequence[Spread], *, caption: str, across: str, unit: str, says: str = ""
) -> Markup:
    """Return a histogram a system, under one another on one logarithmic axis.

    A column's height is its share of its own system's rows; the median and the 95th percentile
    are marked and told.
    """
    left, right, row, high = 8, 712, 66, 34
    items = [item for item in items if item.values]
    every = [value for item in items for value in item.values] or [1.0]
    low, end = floor(log10(min(every))), ceil(log10(max(every)))
    end += low == end

    def x(at: float) -> float:
        return round(left + (log10(at) - low) * (right - left) / (end - low), 1)

    drawn = []
    for number, item in enumerate(items):
        base = (number + 1) * row
        counts = Counter(floor(_BINS * log10(value)) for value in item.values)
        most, ordered = max(counts.values()), sorted(item.values)
        p50, p95 = percentile(ordered, 0.5), percentile(ordered, 0.95)
        columns = [
            (x(10 ** (at / _BINS)), x(10 ** ((at + 1) / _BINS)), round(high * count / most, 1))
            for at, count in sorted(counts.items())
        ]
        told = f"p50 {p50:.3g}, p95 {p95:.3g} {unit}, {len(ordered):,} rows"
        marks = {"p50": x(p50), "p95": x(p95)}
        drawn.append(
            {"name": item.name, "short": _short(item.name), "told": told, "base": base,
             "columns": columns, **marks, **_series(number if item.at is None else item.at)}
        )  # fmt: skip
    return _figure(
        "spreads.html",
        spreads=drawn,
        caption=caption,
        says=says,
        across=across,
        ticks=[(x(10**power), f"{10.0**power:,g}") for power in range(low, end + 1)],
        width=720,
        height=len(items) * row + 36,
        floor=len(items) * row,
        left=left,
        right=right,
        high=high,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie, between two in proportion.

    >>> percentile([1.0, 2.0, 4.0], 0.5), percentile([1.0, 2.0], 0.95)
    (2.0, 1.95)
    """
    at = share * (len(ordered) - 1)
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low + (high - low) * (at - floor(at))


def _short(name: str, most: int = _LONGEST) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


@dataclass(frozen=True, slots=True)
class Course:
    """One measure from stage to stage: (value, low, high) each, 0 to 1; None is not measured."""

    name: str
    values: Sequence[tuple[float, float | None, float | None] | None]


def courses(
    stages: Sequence[str], items: Sequence[Course], *, caption: str, says: str = ""
) -> Markup:
    """Return measures over `stages` in their order, intervals as upright lines, names at the end.

    The upright axis starts under the lowest value.
    """
    left, right, top, bottom = 40, 590, 14, 250
    reached = [one[0] if one[1] is None else one[1] for item in items for one in item.values if one]
    least = max(0.0, min(0.9, floor(10 * min(reached, default=0.0)) / 10))

    def y(at: float) -> float:
        return round(bottom - (at - least) * (bottom - top) / (1 - least), 1)

    # side by side within a stage, so that intervals of equal height can be told apart
    step = (right - left) / max(1, len(stages))
    drawn: list[dict[str, object]] = []
    ends: list[tuple[float, int]] = []
    for number, item in enumerate(items):
        aside = (number - (len(items) - 1) / 2) * 9
        points = [
            (round(left + step * (at + 0.5) + aside, 1), y(one[0]),
             None if one[1] is None or one[2] is None else (y(one[1]), y(one[2])),
             f"{item.name}, {stage}: {one[0]:.3f}")
            for at, (stage, one) in enumerate(zip(stages, item.values, strict=True)) if one
        ]  # fmt: skip
        if points:
            ends.append((points[-1][1], len(drawn)))
            last = next(one[0] for one in reversed(item.values) if one)
            path = "M" + "L".join(f"{px:g} {py:g}" for px, py, *_ in points)
            drawn.append({"name": f"{item.name} {last:.3f}", "path": path, "points": points,
                          **_series(number)})  # fmt: skip
    base = -1.0
    for height, at in sorted(ends):
        base = max(base + 15, height + 4)
        drawn[at]["base"] = base
    return _figure(
        "courses.html",
        courses=drawn,
        caption=caption,
        says=says,
        stages=[
            (round(left + step * (at + 0.5), 1), name, _short(name, max(2, int(step / _SIGN))))
            for at, name in enumerate(stages)
        ],
        heights=[(y(at / 10), f"{at / 10:g}") for at in range(round(10 * least), 11)],
        width=720,
        height=284,
        left=left,
        right=right,
        floor=bottom,
    )


def _figure(template: str, **values: object) -> Markup:
    return Markup(render(template, **values))
