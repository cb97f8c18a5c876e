"""Figures: every number of a figure stands in its text, geometry is counted by hand."""

import re
from itertools import pairwise

import pytest

from piiforge import page
from piiforge.page.figures import LEVELS, legend

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


def drawn(kind: str, **more: str) -> str:
    """Return the named figure, with something in it."""
    limits = page.Limits()
    made = {
        "heat_map": lambda: page.heat_map(MATRIX, caption="What it is", corner="c", **more),
        "share_map": lambda: page.share_map(
            ("a",), ("b",), {("a", "b"): page.Share(1, 2)}, caption="What it is", corner="c", **more
        ),
        "bars": lambda: page.bars([page.Bar("a", 1.0, "1")], caption="What it is", **more),
        "histogram": lambda: page.histogram(
            [(0.0, 1.0, 1)], caption="What it is", unit="ms", limits=limits, **more
        ),
        "curves": lambda: page.curves(
            [page.Line("a", [(0, 0), (1, 1)])], caption="What it is", across="x", up="y", **more
        ),
        "scatter": lambda: page.scatter(
            [page.Dot("a", 1.0, 0.5)], caption="What it is", across="x", up="y", **more
        ),
        "spreads": lambda: page.spreads(
            [page.Spread("a", [1.0])], caption="What it is", across="x", unit="ms", **more
        ),
        "courses": lambda: page.courses(
            ["one"], [page.Course("F1", [(0.5, 0.4, 0.6)])], caption="What it is", **more
        ),
    }  # fmt: skip
    return str(made[kind]())


FIGURES = ("heat_map", "share_map", "bars", "histogram", "curves", "scatter", "spreads", "courses")


@pytest.mark.parametrize("kind", FIGURES)
def test_what_there_is_to_see_stands_over_what_it_is_and_both_over_the_figure(kind: str) -> None:
    markup = drawn(kind, says="Most: <b>, 1 of 2.")
    head = re.search(r"<(fig)?caption>.*?</(fig)?caption>", markup, flags=re.DOTALL)
    assert head is not None
    assert "<strong>Most: &lt;b&gt;, 1 of 2.</strong> <small>What it is</small>" in head[0]
    assert "<svg" not in markup[: head.start()]
    assert "<strong>" not in drawn(kind)


@pytest.mark.parametrize("kind", ["spreads", "courses"])
def test_a_figure_of_nothing_says_so(kind: str) -> None:
    empty = {
        "spreads": page.spreads([page.Spread("a", [])], caption="c", across="x", unit="ms"),
        "courses": page.courses(["one"], [page.Course("F1", [None])], caption="c"),
    }
    assert "Not measured." in empty[kind]


def test_a_spread_counts_every_row_and_tells_its_percentiles() -> None:
    # eight columns a power of ten: 1 stands in the first, 10 and 11 in the ninth
    markup = page.spreads([page.Spread("a", [1.0, 10.0, 11.0])], caption="c", across="x", unit="ms")
    heights = re.findall(r'height="([\d.]+)" style', markup)
    assert list(map(float, heights)) == [17.0, 34.0]
    assert "p50 10, p95 10.9 ms, 3 rows" in markup


def test_a_long_name_is_cut_where_it_is_drawn_and_whole_where_it_is_told() -> None:
    name = "x" * 90
    markup = page.spreads([page.Spread(name, [1.0])], caption="c", across="x", unit="ms")
    assert f"<title>{name}</title>{'x' * 55}…" in markup


def test_a_course_goes_through_its_values_and_its_names_do_not_touch() -> None:
    items = [page.Course(str(at), [(0.0, None, None), None, (1.0, 0.9, 1.0)]) for at in range(3)]
    markup = page.courses(["a", "b", "c"], items, caption="c")
    heights = {y for path in re.findall(r'<path d="M([^"Z]+)" fill="none"', markup)
               for y in re.findall(r" (\S+?)(?:L|$)", path)}  # fmt: skip
    assert heights == {"250", "14"}
    bases = sorted(float(y) for y in re.findall(r'class="name" x="612" y="([\d.]+)"', markup))
    assert [after - before for before, after in pairwise(bases)] == [15, 15]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rgb or #rrggbb. Source: WCAG 2.2, relative luminance."""
    digits = colour if len(colour) == 6 else "".join(each * 2 for each in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palette(dark: bool) -> dict[str, float]:
    """Return the luminance of every colour of the style sheet."""
    light, _, night = str(page.style()).partition("prefers-color-scheme: dark")
    found = dict(re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", light.partition("}")[0]))
    if dark:
        found |= dict(re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", night.partition("}")[0]))
    return {name: luminance(colour) for name, colour in found.items()}


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_lines_have_the_contrast_that_weak_eyes_need(dark: bool) -> None:
    ink = palette(dark)
    for name in ("ink", "soft", "accent", "bad", "good", "positive", "negative"):
        assert contrast(ink[name], ink["paper"]) >= 4.5, name
    for tone in "pns":
        for level in range(1, LEVELS + 1):
            text = ink["low" if level < 5 else "high"]
            assert contrast(text, ink[f"{tone}{level}"]) >= 4.5, f"{tone}{level}"
    for at in range(1, 7):
        assert contrast(ink[f"c{at}"], ink["paper"]) >= 3, f"c{at}"
