"""Curves and heat maps of shares: geometry by hand, every number in the text."""

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from piiforge import page
from piiforge.page import figures
from piiforge.page.figures import level, thinned

GOLDEN = Path(__file__).parents[1] / "golden" / "scatter.html"
DOTS = [
    page.Dot("quick", 0.1, 0.5, 0.4, 0.6),
    page.Dot("slow & <sure>", 100, 1.0),
    page.Dot("near", 0.11, 0.5),
]


def test_the_corners_of_the_square_are_where_they_belong():
    markup = page.curves(
        [page.Line("a", [(0, 0), (1, 1)])], caption="ROC", across="x", up="y", diagonal=True
    )
    assert 'd="M44 310L344 10"' in markup
    assert 'x1="44" y1="310" x2="344" y2="10"' in markup


def test_lines_differ_in_more_than_colour_and_names_are_escaped():
    lines = [page.Line(f"<b>{at}</b>", [(0, 0), (1, 1)]) for at in range(3)]
    markup = page.curves(lines, caption="c", across="x", up="y")
    dashes = re.findall(r'stroke-linejoin="round" stroke-dasharray="([^"]+)"', markup)
    assert len(set(dashes)) == 3
    assert "<b>" not in markup


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    points = [(at / 100_000, at / 100_000) for at in range(100_001)]
    kept = thinned(points)
    assert len(kept) < 700
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert thinned([]) == []
    assert thinned([(0.5, 0.5)]) == [(0.5, 0.5)]


def test_without_points_a_figure_says_that_it_was_not_measured():
    assert "Not measured." in page.curves([], caption="c", across="x", up="y")


SHARES = {("words", "ssn"): page.Share(1, 4), ("plain", "ssn"): page.Share(0, 6)}


@pytest.mark.parametrize(("right", "texts"), [(True, ["3/4", "6/6", "9/10"]),
                                              (False, ["1/4", "0/6", "1/10"])])  # fmt: skip
def test_a_share_is_written_with_what_it_is_of_and_totals_are_pooled(right, texts):
    markup = page.share_map(("words", "plain"), ("ssn", "phone"), SHARES, caption="c", corner="d",
                            right=right)  # fmt: skip
    cells = re.findall(r'<td class="h\d" title="([^"]+)">(\d+/\d+)', markup)
    assert cells == [("1 of 4 wrong, 25%", texts[0]), ("0 of 6 wrong, 0%", texts[1])]
    assert f'title="1 of 10 wrong, 10%">{texts[2]}' in markup
    assert markup.count('title="no rows">·') == 3


def test_shading_is_by_what_is_wrong_and_fixed():
    assert [level(share) for share in (0, 0.001, 0.02, 0.03, 0.1, 0.2, 0.25, 0.26)] == [
        1, 2, 2, 3, 4, 5, 5, 6,
    ]  # fmt: skip


def scattered(dots, **more):
    return page.scatter(dots, caption="Cost against F1", across="ms", up="F1", **more)


def test_a_scatter_is_the_recorded_one():
    text = f"{scattered(DOTS)}\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail("the record was missing; it is written now")
    assert GOLDEN.read_text(encoding="utf-8") == text


def test_ten_times_the_cost_is_as_far_anywhere_and_the_ends_are_on_the_axes():
    dots = [page.Dot(str(at), 10.0**at, 0.4 + at / 10) for at in range(-1, 4)]
    places = re.findall(r"translate\((\S+) (\S+)\)", scattered(dots))
    across = [float(x) for x, _ in places]
    assert (across[0], across[-1]) == (44, 696)
    assert {round(b - a) for a, b in pairwise(across)} == {163}


def test_neighbours_differ_in_shape_and_every_name_stands_in_the_text():
    dots = [page.Dot(f"system {at}", 2.0**at, 0.5) for at in range(6)]
    markup = scattered(dots)
    assert len(set(re.findall(r'<path d="([^"]+)"', markup))) == 6
    assert all(f">{dot.name}</text>" in markup for dot in dots)


def test_names_cover_no_point_and_no_other_name():
    dots = [page.Dot(f"system {at}", 1.0 + at / 50, 0.5 + at / 200) for at in range(10)]
    found = re.findall(r'class="name" x="(\S+)" y="(\S+)"[^>]*>([^<]+)', scattered(dots))
    boxes = [(float(x), float(y), float(x) + 5 * len(name)) for x, y, name in found]
    for one, other in combinations(boxes, 2):
        assert abs(one[1] - other[1]) >= 11 or one[2] <= other[0] or other[2] <= one[0]


def test_alone_it_is_a_file_of_its_own_and_nothing_is_fetched():
    text = str(scattered(DOTS, alone=True))
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "slow &amp; &lt;sure&gt;" in text
    assert not re.search(r"url\(|href|@import", text)


def test_a_system_is_drawn_alike_in_every_figure_and_like_no_other() -> None:
    inks = [tuple(figures._series(at).values()) for at in range(12)]
    assert len(set(inks)) == 12
    line = page.curves([page.Line("a", [(0, 0), (1, 1)], at=7)], caption="c", across="x", up="y")
    dot = scattered([page.Dot("a", 1.0, 0.5, at=7)])
    for markup in (line, dot):
        assert figures._series(7)["mark"] in markup
        assert "fill: var(--paper); stroke: var(--c2)" in markup


def test_marks_along_a_line_stand_on_it() -> None:
    points = [(float(at), 0.0) for at in range(101)]
    assert figures._along(points, 0) == [(5.0, 0.0), (39.0, 0.0), (72.0, 0.0)]
    assert figures._along(points[:1], 3) == [(0.0, 0.0)] * 3


def test_without_a_point_it_says_that_it_was_not_measured():
    assert "Not measured." in scattered([])
