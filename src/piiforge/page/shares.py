"""Heat maps of shares: a table whose cells show a share and are shaded by what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from piiforge.page.rendering import render

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
