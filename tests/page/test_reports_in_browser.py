"""Reports in a real browser: nothing cut, nothing over anything, nothing from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import browser
from piiforge import disguises, evaluate, judge, types
from piiforge.build import report
from piiforge.pack.bench import Benched, Rates, Timed, write_bench_report
from piiforge.types import Case, Cue, Example, Prediction, Verdict

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium")

LONG = "a-very-long-name/of-a-model-that-somebody-tuned-on-a-set-of-their-own-and-packed"
CATEGORIES = ("bank_account", "credit_card", "drivers_license", "email", "itin", "member_id",
              "passport", "phone", "ssn")  # fmt: skip
# What a picture of a data set has most of: ways to write a value, kinds of hard negatives
VARIANTS = {
    True: (*disguises.GROUPS, types.COMBINED),
    False: (*types.HARD_VARIANTS, *types.EASY_VARIANTS),
}
PAPER = 688  # pixels of CSS across a page of A4 within its margins
NAMES = ("score", "bench", "data")
# Pairs of words of one drawing that lie over one another
OVER = """[...document.querySelectorAll('figure svg')].flatMap(svg => {
  const all = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
  return all.flatMap(([a, p], i) => all.slice(i + 1).filter(([b, q]) =>
    p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3
  ).map(([b]) => a + ' / ' + b))})"""
SCROLLED = """[...document.querySelectorAll('.scroll')]
  .filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText.slice(0, 90))"""
CUT = """[...document.querySelectorAll('figure svg, figure table, table')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 90))"""


def score_page(out: Path) -> None:
    """Write the page of seven systems over cases of nine categories."""
    rng = Random(4)
    cases = [
        Case(str(at), CATEGORIES[at % 9], "x", label=at % 2 == 0, group=str(at),
             slices={"language": ("en", "zh")[at % 5 == 0], "variant": "plain"})
        for at in range(180)
    ]  # fmt: skip
    systems = {}
    for number, name in enumerate([LONG, *(f"system {at}" for at in range(6))]):
        odds = [min(1.0, max(0.0, rng.gauss(0.5 + (case.label - 0.5) * number / 6, 0.2)))
                for case in cases]  # fmt: skip
        systems[name] = [
            Prediction(case.id, p > 0.5, p, latency_ms=rng.lognormvariate(number / 2, 0.3))
            for case, p in zip(cases, odds, strict=True)
        ]
    done = judge.Judged(
        cases, systems, evaluate.compare(cases, systems, draws=100), None, drawn=False
    )
    judge.write_score_report(done, out, rounds=True)


def bench_page(out: Path) -> None:
    every = tuple(8.0 + at / 3 for at in range(12))
    systems = tuple(Timed(name, 9.0, 11.0, 12.0, every_ms=every) for name in ("verdict", LONG))
    rates = Rates(100.0, 50.0)
    done = Benched("x" * 90, 12, 100, 20, systems, {1: 2e4, 32: 9e4}, 9.0, rates, 0.4, 300, {})
    write_bench_report(done, out)


def data_page(out: Path) -> None:
    """Write the page of a set with a row in every cell: none of its words is a value."""
    cells = [
        (category, label, variant)
        for category in CATEGORIES
        for label, variants in VARIANTS.items()
        for variant in variants
    ]
    rows = [
        Example(
            f"{at:016x}", "train", category, f"step={at}", Verdict(label, 0.9, "So it is."), "en",
            "form_submit", "form_urlencoded", f"family-{at}", f"skeleton-{at}", variant, (),
            Cue.CONFIRM, (), (),
        )
        for at, (category, label, variant) in enumerate(cells)
    ]  # fmt: skip
    out.write_text(report.render(rows, [], report.Facts()), encoding="utf-8")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the reports."""
    folder = tmp_path_factory.mktemp("reports")
    found = {name: folder / f"{name}.html" for name in NAMES}
    score_page(found["score"])
    bench_page(found["bench"])
    data_page(found["data"])
    return found


@pytest.fixture(scope="module")
def tab() -> Iterator[browser.Page]:
    with browser.page() as page:
        yield page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_never_wider_than_its_window(tab, places, name, width):
    tab.look(width, 900)
    tab.open(places[name].as_uri())
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run(OVER) == []


@pytest.mark.parametrize("width", [1060, 1200, 1280])
def test_every_table_of_a_data_set_is_seen_whole_on_a_small_laptop(tab, places, width):
    tab.look(width, 900)
    tab.open(places["data"].as_uri())
    tab.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.run("document.querySelectorAll('.heat.many').length") == 2
    assert tab.run(CUT) == tab.run(SCROLLED) == []


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_no_picture_is_cut(tab, places, name):
    tab.look(PAPER, 900, paper=True)
    tab.open(places[name].as_uri())
    assert tab.run(CUT) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_for_nothing_and_complains_of_nothing(tab, places, name):
    tab.asked.clear()
    tab.look(1280, 900, dark=True)
    tab.open(places[name].as_uri())
    assert tab.asked == [places[name].as_uri()]
    assert tab.said == []
