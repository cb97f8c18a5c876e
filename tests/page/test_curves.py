"""Curves and heat maps of shares: geometry by hand, every number in the text."""

import re

import pytest

from piiforge import page
from piiforge.page import level, thinned


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


@pytest.mark.parametrize(("right", "texts"), [(True, ["75", "100", "90"]),
                                              (False, ["25", "0", "10"])])  # fmt: skip
def test_a_share_is_written_with_what_it_is_of_and_totals_are_pooled(right, texts):
    markup = page.share_map(("words", "plain"), ("ssn", "phone"), SHARES, caption="c", corner="d",
                            right=right)  # fmt: skip
    cells = re.findall(r'<td class="h\d" title="([^"]+)">(\d+)', markup)
    assert cells == [("1 of 4 wrong", texts[0]), ("0 of 6 wrong", texts[1])]
    assert f'title="1 of 10 wrong">{texts[2]}' in markup
    assert markup.count('title="no rows">·') == 3


def test_shading_is_by_what_is_wrong_and_fixed():
    assert [level(share) for share in (0, 0.001, 0.02, 0.03, 0.1, 0.2, 0.25, 0.26)] == [
        1, 2, 2, 3, 4, 5, 5, 6,
    ]  # fmt: skip
