"""Page: what every report shares. Templates, figures, one style sheet; nothing from the network.

A page is one file of HTML with its style inside. What is put into it is untrusted text: templates
escape it, `visible` and `highlight` show what would not show by itself.
"""

from piiforge.page.figures import Bar, Limits, Matrix, bars, heat_map, histogram
from piiforge.page.rendering import render, style
from piiforge.page.writing import Mark, highlight, visible

__all__ = [
    "Bar",
    "Limits",
    "Mark",
    "Matrix",
    "bars",
    "heat_map",
    "highlight",
    "histogram",
    "render",
    "style",
    "visible",
]
