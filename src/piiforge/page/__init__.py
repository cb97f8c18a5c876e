r"""Page: what every report shares. Templates, figures, one style sheet; nothing from the network.

A page is one file of HTML with its style inside. What is put into it is untrusted text: templates
escape it, `visible` and `highlight` show what would not show by itself. Heat maps are tables; bars,
histograms, curves and scatters are tables and inline SVG. Numbers always stand in the text too, so
that a figure reads without colour, on paper and aloud.

>>> print(visible("6\u200b6"))
6<span class="ghost" title="U+200B ZERO WIDTH SPACE">ZWSP</span>6
>>> print(highlight("id=666", [Mark(3, 6)]))
id=<mark>666</mark>
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import product
from math import ceil, floor, log10

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from piiforge import files

__all__ = [
    "Bar",
    "Dot",
    "Limits",
    "Line",
    "Mark",
    "Matrix",
    "Piece",
    "Share",
    "bars",
    "curves",
    "heat_map",
    "highlight",
    "histogram",
    "pieces",
    "render",
    "scatter",
    "share_map",
    "style",
    "visible",
]

NOT_MEASURED = "not measured"
LEVELS = 6
# Upper ends of a share's levels, fixed so that two maps can be compared. The sixth is all above.
ENDS = (0.0, 0.02, 0.05, 0.10, 0.25)
_FINEST = 1 / 600  # two points of a curve nearer than that look like one
# Colours of the style sheet; a second sign beside colour is the dash
_INKS = (
    ("--p6", "none"),
    ("--n5", "7 3"),
    ("--ghost-ink", "2 3"),
    ("--bad", "9 3 2 3"),
    ("--s5", "4 4"),
)
# Marks of a scatter, about 10 wide, around (0, 0): shape tells what colour would
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
# Every character of the classes Cc, Cf, Co, Cs, Zl, Zp and Zs but the space; those that Unicode
# lets a reader ignore (fillers, variation selectors, tags); and dashes that pass for a hyphen.
_GHOST = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2011\u2012\u2028-\u202f\u205f-\u206f\u2800"
    "\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
# What a badge says: a short name where there is one, else the code point
_SHORT: Mapping[str, str] = {
    chr(int(code, 16)): name for code, name in files.shipped_tsv(__package__, "ghosts.tsv")
}
_BADGE = Markup('<span class="ghost" title="{}">{}</span>')
_MARK, _TITLED = Markup("<mark{}>{}</mark>"), Markup(' class="{}" title="{}"')


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to be marked: half-open, in code points. `tone` is a class of the style sheet."""

    start: int
    end: int
    tone: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text as it is shown where no HTML may be: to be put in as text alone.

    `title` is not "" where the character doesn't show by itself: then `text` is its badge, and
    `breaks` says that the line ends behind it. `mark` is the one that the stretch stands in.
    """

    text: str
    title: str = ""
    mark: Mark | None = None
    breaks: bool = False


def pieces(text: str, marks: Sequence[Mark] = ()) -> list[Piece]:
    r"""Return `text` as `highlight` shows it, piece by piece.

    >>> [(piece.text, piece.title) for piece in pieces("6\u200b6")]
    [('6', ''), ('ZWSP', 'U+200B ZERO WIDTH SPACE'), ('6', '')]
    """
    return [
        Piece(*_named(each), mark, each == "\n") if is_ghost else Piece(each, mark=mark)
        for stretch, mark in _stretches(text, marks)
        for each, is_ghost in _ghosts(stretch)
    ]


def visible(text: str) -> Markup:
    """Escape `text`; a character that does not show becomes a badge with its name.

    A line feed keeps its line break behind the badge.
    """
    return Markup("").join(
        _badge(each) if is_ghost else escape(each) for each, is_ghost in _ghosts(text)
    )


def highlight(text: str, marks: Sequence[Mark]) -> Markup:
    """Write `text` as `visible` does, with `marks` in it; one that overlaps an earlier is left out.

    Marks may come in any order and may reach beyond the text.
    """
    pieces: list[Markup] = []
    for stretch, mark in _stretches(text, marks):
        if mark is None:
            pieces.append(visible(stretch))
            continue
        kind = _TITLED.format(mark.tone, mark.title) if mark.tone else ""
        pieces.append(_MARK.format(kind, visible(stretch)))
    return Markup("").join(pieces)


def _stretches(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, Mark | None]]:
    """Yield the stretches of `text`, each with the mark that it stands in."""
    done = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        if mark.start < done or mark.start >= min(mark.end, len(text)):
            continue
        yield text[done : mark.start], None
        yield text[mark.start : mark.end], mark
        done = mark.end
    yield text[done:], None


def _ghosts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what shows, and each character that doesn't (True)."""
    done = 0
    for found in _GHOST.finditer(text):
        if found.start() > done:
            yield text[done : found.start()], False
        yield found[0], True
        done = found.end()
    if done < len(text):
        yield text[done:], False


def _named(char: str) -> tuple[str, str]:
    """Return what the badge of a character says, and its title."""
    code = f"U+{ord(char):04X}"
    return _SHORT.get(char, code), f"{code} {unicodedata.name(char, '')}".strip()


def _badge(char: str) -> Markup:
    said, title = _named(char)
    badge = _BADGE.format(title, said)
    return badge + "\n" if char == "\n" else badge


def render(template: str, **values: object) -> str:
    """Fill the named template of this room. Values are escaped unless they are Markup.

    Raises:
        jinja2.TemplateNotFound: no template has the name.
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    return _environment().get_template(template).render(values)


@cache
def style() -> Markup:
    """Return the style sheet, to stand in a `<style>` element."""
    return Markup(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("piiforge.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(style=style)
    environment.filters.update(
        visible=visible, highlight=highlight, whole=whole, percent=percent, breakable=breakable
    )
    return environment


def whole(number: int | None) -> str:
    """Write a count with thin groups.

    >>> whole(7200)
    '7,200'
    """
    return NOT_MEASURED if number is None else f"{number:,}"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of 0 to 1 in percent.

    >>> percent(0.4375)
    '43.8 %'
    """
    return NOT_MEASURED if share is None else f"{share * 100:.{digits}f} %"


def breakable(name: str) -> Markup:
    """Let a long name break after its underscores.

    >>> breakable("bank_account")
    Markup('bank_<wbr>account')
    """
    return Markup("_<wbr>").join(name.split("_"))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts by (row, column); a cell that is not there is 0. `groups` gives rows a heading."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Mapping[tuple[str, str], int]
    groups: Mapping[str, str] = field(default_factory=dict)


def heat_map(matrix: Matrix, *, caption: str, corner: str, tone: str = "neutral") -> Markup:
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
    return _figure("bars.html", items=drawn, caption=caption, corner=corner)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is marked in a histogram, in the unit of its axis. None is left out."""

    limit: float | None = None
    median: float | None = None
    p95: float | None = None


def histogram(
    bins: Sequence[tuple[float, float, int]], *, caption: str, unit: str, limits: Limits
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
    """One line of a figure: points of (x, y), both 0 to 1. `dots` marks every point."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def curves(
    lines: Sequence[Line], *, caption: str, across: str, up: str, diagonal: bool = False
) -> Markup:
    """Return `lines` on axes of 0 to 1; `across` and `up` name the axes.

    `diagonal` draws where chance (ROC) or perfect calibration lies.
    """
    left, top, side = 44, 10, 300

    def place(x: float, y: float) -> tuple[float, float]:
        x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        return round(left + side * x, 1), round(top + side * (1 - y), 1)

    drawn = []
    for at, line in enumerate(lines):
        if not line.points:
            continue
        kept = [place(x, y) for x, y in thinned(line.points)]
        ink, dash = _INKS[at % len(_INKS)]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in kept)
        dots = kept if line.dots else ()
        drawn.append({"name": line.name, "path": path, "dots": dots, "ink": ink, "dash": dash})
    return _figure(
        "curves.html",
        lines=drawn,
        caption=caption,
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
    """One named point of a scatter: `x` above 0, `y` 0 to 1 with its interval, where there is."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


def scatter(
    dots: Sequence[Dot], *, caption: str, across: str, up: str, alone: bool = False
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
            "mark": _MARKS[at % len(_MARKS)],
            "at": begin,
            "base": base,
            "nearest": min(max(x(dot.x), begin), round(begin + _SIGN * len(dot.name), 1)),
        }
        for at, (dot, (begin, base)) in enumerate(zip(dots, names, strict=True))
    ]
    return _figure(
        "scatter.html",
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


def _figure(template: str, **values: object) -> Markup:
    return Markup(render(template, **values))
