"""Page: what every report shares. Templates, figures, one style sheet; nothing from the network.

A page is one file of HTML with its style inside. What is put into it is untrusted text: templates
escape it, `visible` and `highlight` show what would not show by itself.
"""

from piiforge.page.markup import (
    Bar,
    Limits,
    Line,
    Mark,
    Matrix,
    Share,
    bars,
    curves,
    heat_map,
    highlight,
    histogram,
    render,
    share_map,
    style,
    visible,
)

__all__ = [
    "Bar",
    "Limits",
    "Line",
    "Mark",
    "Matrix",
    "Share",
    "bars",
    "curves",
    "heat_map",
    "highlight",
    "histogram",
    "render",
    "share_map",
    "style",
    "visible",
]
