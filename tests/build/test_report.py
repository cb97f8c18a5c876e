"""The report: complete, self-contained, the same every time, and safe for any content."""

import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hand_made import CATEGORIES, DROPPED, FACTS, make_rows, replaced, twin

from piiforge.build import report
from piiforge.types import Mention, Span


def told(rows, dropped, facts):
    return report.render(rows, dropped, report.Facts.model_validate(facts))


ROWS = make_rows()
PAGE = told(ROWS, DROPPED, FACTS)
VOID = {"meta", "link", "br", "wbr", "img", "input", "hr"}


class Outline(HTMLParser):
    """Notes headings, ids and links, and fails where a tag is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def test_headings_never_skip_a_level() -> None:
    levels = outline(PAGE).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_leads_to_a_place_on_the_page() -> None:
    found = outline(PAGE)
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_the_page_needs_no_network_and_no_script() -> None:
    assert "default-src 'none'" in PAGE
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b|https?://|url\(", PAGE)


def test_every_table_has_a_caption() -> None:
    assert PAGE.count("<table") == PAGE.count("<caption>")


def test_the_same_input_gives_the_same_bytes() -> None:
    assert told(ROWS, DROPPED, FACTS) == PAGE


@pytest.mark.parametrize("key", list(FACTS))
def test_a_missing_fact_is_no_error(key: str) -> None:
    outline(told(ROWS, DROPPED, {k: v for k, v in FACTS.items() if k != key}))


def test_nothing_measured_and_nothing_made_is_still_a_page() -> None:
    html = told([], [], {})
    outline(html)
    assert html.count("not measured") >= 8
    assert "✗" not in re.sub(r"<style>.*?</style>", "", html, flags=re.S)


def test_a_broken_promise_is_shown_as_broken() -> None:
    broken = [
        gate.name
        for gate in report.gates(report.counts_of(ROWS), report.Facts.model_validate(FACTS))
        if gate.holds is False
    ]
    assert broken == ["ten commonest skeletons", "families"]
    assert PAGE.count('class="state broken"') == 2


def test_a_leak_is_shown() -> None:
    facts = {**FACTS, "certificate": {"clean": False, "axes": {"family": {"in_two_splits": 3}}}}
    assert report.Facts.model_validate(facts).certificate.leaks == 3
    assert ">leaks</td>" in told(ROWS, DROPPED, facts)


def test_content_is_text_never_markup() -> None:
    evil = replaced(ROWS[0], content="</code><script>alert(1)</script>\u202e\u200b", values=())
    html = told([evil], [DROPPED[2]], {})
    assert "<script" not in html
    assert ">RLO</span>" in html
    assert ">ZWSP</span>" in html
    assert "the reader finds &lt;another&gt; value" in html


def test_values_are_marked_where_their_spans_say() -> None:
    row = next(row for row in ROWS if row.variant == "plain")
    at = row.values[0].spans[0]
    assert f"{row.content[at.start : at.end]}</mark>" in report.shown(row)
    assert '<mark class="positive" title="ssn, made up">' in report.shown(row)


def test_a_bystander_is_not_marked_as_the_subject() -> None:
    absent = next(row for row in ROWS if row.variant == "absent")
    beside = replaced(absent, values=(Mention("phone", "valid", "x", (Span(0, 3),)),))
    assert '<mark class="beside"' in report.shown(beside)


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    long = replaced(ROWS[0], content="x" * (report.LONGEST + 1234), values=())
    assert report.shown(long).endswith("1234 more characters</span>")


def test_samples_are_hard_even_and_in_the_order_asked() -> None:
    chosen = report.choose(ROWS, CATEGORIES, each=2)
    assert tuple(choice.category for choice in chosen) == CATEGORIES
    for choice in chosen:
        assert len({row.variant for row in choice.positives}) == 2
        assert {row.variant for row in choice.negatives} == {"impossible", "vetoed"}


def test_samples_turn_from_category_to_category() -> None:
    chosen = report.choose(ROWS, CATEGORIES, each=1)
    assert len({choice.positives[0].variant for choice in chosen}) == len(CATEGORIES)


def test_twins_stand_side_by_side_with_what_differs_marked() -> None:
    pairs = report.twins(ROWS)
    assert sorted(pair.positive.category for pair in pairs) == sorted(CATEGORIES)
    for pair in pairs:
        ((start, end),) = [(s.start, s.end) for s in pair.in_negative]
        assert pair.negative.content[start:end] == "order"
    assert PAGE.count('<mark class="differs"') == 2 * len(pairs)


def test_the_first_pair_is_the_plainest() -> None:
    pairs = [twin(2 * at + half, "ssn", variant)
             for at in range(4) for half, variant in enumerate(("plain", "vetoed"))]  # fmt: skip
    odd = [replaced(row, content=f"{row.content}&note=\u200b", language="en") for row in pairs[:4]]
    plain = [replaced(row, language="en") for row in pairs[6:]]
    other = [replaced(row, language="zh") for row in pairs[4:6]]
    first = report.twins([*odd, *other, *plain])[0]
    assert {first.positive.id, first.negative.id} == {row.id for row in plain}


def test_the_page_says_first_what_is_not_kept() -> None:
    lead = re.search(r'class="lead">([^<]+)', PAGE)
    assert lead is not None
    assert lead[1].endswith("Not kept: ten commonest skeletons, families.")
    assert told([], [], {}).count("The set has no rows.") == 1


def test_half_a_pair_is_no_pair() -> None:
    assert report.twins([twin(2, "ssn", "plain")]) == []


@pytest.mark.parametrize(
    ("first", "second", "left", "right"),
    [
        ("same", "same", [], []),
        ("a=1", "a=1 more", [], [" more"]),
        ("id 12 x", "id 99 x", ["12"], ["99"]),
        ("", "new", [], ["new"]),
        ("k=666-12-3456 and so it goes on", "k=000-12-9999 and so it goes on", ["666-12-3456"],
         ["000-12-9999"]),
    ],
)  # fmt: skip
def test_what_differs_is_found_by_words(first, second, left, right) -> None:
    found = report.differing(first, second)
    assert [first[s.start : s.end] for s in found[0]] == left
    assert [second[s.start : s.end] for s in found[1]] == right


def test_dropped_rows_of_a_reason_show_different_categories_first() -> None:
    shown = report.examples(DROPPED, each=2)
    assert [one.example.category for one in shown["length"]] == ["ssn", "phone"]


def test_a_big_set_is_rendered_within_its_budget() -> None:
    many = [
        replaced(row, id=f"{at}-{row.id}", twin_id=f"{at}-{row.twin_id}" if row.twin_id else "")
        for at in range(300)
        for row in ROWS
    ]
    before = time.process_time()
    html = told(many, DROPPED * 500, FACTS)
    assert time.process_time() - before < 1.5
    assert len(html.encode()) < 700_000
