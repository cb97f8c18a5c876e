r"""Page: what every report shares. Templates, figures, one style sheet; nothing from the network.

A page is one file of HTML with its style inside. What is put into it is untrusted text: templates
escape it, `visible` and `highlight` show what would not show by itself. Heat maps are tables; bars,
histograms, curves and scatters are tables and inline SVG. Numbers always stand in the text too, so
that a figure reads without colour, on paper and aloud; what lines and dots stand for is told by
dash and shape as well. Over a figure stands what there is to see in it (`says`, made from the same
numbers), and under that what it is (`caption`). `visitors` says who may come to a page that is
served.

>>> print(visible("6\u200b6"))
6<span class="ghost" title="U+200B ZERO WIDTH SPACE">ZWSP</span>6
>>> print(highlight("id=666", [Mark(3, 6)]))
id=<mark>666</mark>
"""

from piiforge.page import visitors
from piiforge.page.figures import (
    Bar,
    Course,
    Dot,
    Limits,
    Line,
    Matrix,
    Share,
    Spread,
    bars,
    courses,
    curves,
    heat_map,
    histogram,
    scatter,
    share_map,
    spreads,
)
from piiforge.page.text import Mark, Piece, highlight, percent, pieces, render, style, visible

__all__ = [
    "Bar",
    "Course",
    "Dot",
    "Limits",
    "Line",
    "Mark",
    "Matrix",
    "Piece",
    "Share",
    "Spread",
    "bars",
    "courses",
    "curves",
    "heat_map",
    "highlight",
    "histogram",
    "percent",
    "pieces",
    "render",
    "scatter",
    "share_map",
    "spreads",
    "style",
    "visible",
    "visitors",
]
