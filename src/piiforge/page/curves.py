"""Curves of one or more systems on a unit square, as inline SVG: ROC, precision and recall."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from piiforge.page.rendering import render

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
