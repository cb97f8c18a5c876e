"""Figures: every number of a figure stands in its text, geometry is counted by hand."""

import re

import pytest

from piiforge import page
from piiforge.page import LEVELS, legend

MATRIX = page.Matrix(
    ("ssn", "phone"), ("plain", "split"), {("ssn", "plain"): 12, ("phone", "split"): 3}
)


def test_a_heat_map_is_a_table_with_caption_heads_and_totals() -> None:
    markup = page.heat_map(MATRIX, caption="Rows", corner="category")
    assert "<caption><span>Rows</span></caption>" in markup
    assert markup.count('scope="row"') == 3
    assert re.findall(r'<td class="total">(\d+)</td>', markup) == ["12", "3", "12", "3", "15"]


def test_the_fullest_cell_has_the_highest_level_and_an_empty_one_none() -> None:
    markup = page.heat_map(MATRIX, caption="Rows", corner="category")
    assert re.findall(r'<td class="h(\d)">([^<]+)</td>', markup) == [
        ("6", "12"), ("0", "·"), ("0", "·"), ("2", "3")
    ]  # fmt: skip


def test_rows_of_a_group_stand_under_its_heading() -> None:
    grouped = page.Matrix(MATRIX.rows, MATRIX.columns, MATRIX.counts, {"phone": "dialled"})
    markup = page.heat_map(grouped, caption="Rows", corner="category")
    assert markup.index('scope="rowgroup" colspan="4">dialled') < markup.index(">phone<")


@pytest.mark.parametrize("most", [1, 2, 5, 6, 7, 40, 97, 1000])
def test_the_legend_names_the_level_of_every_count(most: int) -> None:
    named = {
        count: level
        for level, text in legend(most)
        for low, *high in [[int(n.replace(",", "")) for n in text.split("–")]]
        for count in range(low, (high or [low])[0] + 1)
    }
    assert named == {count: 1 + (count - 1) * LEVELS // most for count in range(1, most + 1)}


def test_a_heat_map_without_rows_is_still_a_table() -> None:
    assert "<tfoot>" in page.heat_map(page.Matrix((), (), {}), caption="None", corner="category")


def test_bars_are_drawn_to_scale_and_carry_their_text() -> None:
    bars = [page.Bar("keys", 0.55, "0.550", (0.8,)), page.Bar("words", None, "not measured")]
    markup = page.bars(bars, caption="Probes", top=1.0)
    assert re.findall(r'class="bar" y="3" width="([\d.]+)%"', markup) == ["55.00", "0.00"]
    assert 'x1="80.00%"' in markup
    assert "not measured" in markup


def test_a_bar_never_leaves_its_track() -> None:
    markup = page.bars([page.Bar("a", 3.0, "3"), page.Bar("b", -1.0, "-1")], caption="c", top=1.0)
    assert re.findall(r'class="bar" y="3" width="([\d.]+)%"', markup) == ["100.00", "0.00"]


def test_a_histogram_marks_its_limits_and_names_every_bin() -> None:
    bins = [(0.0, 100.0, 4), (100.0, 200.0, 8)]
    limits = page.Limits(limit=256, median=90)
    markup = page.histogram(bins, caption="Lengths", unit="tokens", limits=limits)
    assert "limit 256" in markup
    assert "median 90" in markup
    assert "p95" not in markup
    assert "<title>100 to 200 tokens: 8</title>" in markup


def test_the_highest_column_is_twice_as_high_as_one_of_half_its_count() -> None:
    bins = [(0.0, 100.0, 4), (100.0, 200.0, 8)]
    markup = page.histogram(bins, caption="Lengths", unit="tokens", limits=page.Limits())
    low, high = map(float, re.findall(r'class="bar"[^>]* height="([\d.]+)"', markup))
    assert high == pytest.approx(2 * low)


def test_what_figures_are_given_is_escaped() -> None:
    evil = "<script>"
    matrix = page.Matrix((evil,), (evil,), {(evil, evil): 1}, {evil: evil})
    for markup in (
        page.heat_map(matrix, caption=evil, corner=evil),
        page.bars([page.Bar(evil, 1.0, evil)], caption=evil, corner=evil),
        page.histogram([(0.0, 1.0, 1)], caption=evil, unit=evil, limits=page.Limits()),
    ):
        assert evil not in markup
