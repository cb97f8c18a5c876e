"""Contents have the lengths that are asked for, and banks are gone through in turn."""

from collections import Counter, defaultdict

import pytest

from piiforge import build, lines, prompt, types
from piiforge.compose.pools import least, least_around
from piiforge.errors import QuotaUnmet
from piiforge.recipe import load
from piiforge.types import Cue

ASKED = "lengths={short: 0.45, line: 0.5, long: 0.05}"


@pytest.fixture(scope="module")
def made(recipes):
    """Return the specs of a small recipe with lengths, each with its rows."""
    recipe = load(recipes / "tiny.yaml", [ASKED])
    maker = build.Maker(recipe)
    jobs = build.jobs(build.plan_of(recipe), 0)
    return [(one.spec, one.rows) for job in jobs for one in maker.compose(job)]


def test_nearly_all_contents_are_of_the_length_that_was_planned(made):
    met = Counter()
    for spec, rows in made:
        low, high = types.LENGTHS[spec.length]
        size = max(prompt.tokens(row.content) for row in rows)
        met[low < size <= high] += 1
    assert met[True] / met.total() > 0.98


@pytest.mark.parametrize("most", [120, 200])
def test_a_limit_on_the_content_is_kept_by_every_row(recipes, most):
    recipe = load(recipes / "tiny.yaml", [f"limits.content={most}", "rows.per_category=40"])
    maker = build.Maker(recipe)
    for job in build.jobs(build.plan_of(recipe), 0):
        for one in maker.compose(job):
            assert all(prompt.tokens(row.content) <= most for row in one.rows)


def test_a_limit_that_no_format_can_meet_names_the_shortest(recipes):
    with pytest.raises(QuotaUnmet, match=r"is the shortest and takes \d+ by itself"):
        build.plan_of(load(recipes / "tiny.yaml", ["limits.content=12"]))


def test_a_limit_that_leaves_a_kind_no_disguise_names_the_kind(recipes):
    asked = load(recipes / "base.yaml", ["limits.content=70", "categories=[email]"])
    with pytest.raises(QuotaUnmet, match=r"email/named/\w+ can't be met: none of its disguises"):
        build.plan_of(asked)


def test_no_sentence_comes_again_before_its_like_were_used(made):
    """Of those of one bank; a sentence that a short line can't hold is passed over."""
    used = defaultdict(Counter)
    for spec, rows in made:
        if spec.carrier != "fields" and spec.cue is Cue.CONFIRM and not spec.frame:
            used[spec.split, spec.category, spec.language][rows[0].family] += 1
    for place, counts in used.items():
        assert max(counts.values()) <= max(4, counts.total() / 4), place


@pytest.mark.parametrize("form", lines.FORMATS, ids=lambda form: form.name)
def test_a_format_knows_how_short_it_can_be(form):
    assert 0 <= least(form) < 300


@pytest.mark.parametrize("event", types.EVENTS)
def test_every_event_has_formats_for_a_short_line(event):
    carriers = {
        carrier for form in lines.FORMATS if form.event == event for carrier in form.carries
    }
    assert all(least_around(event, carrier) < 40 for carrier in carriers)


@pytest.mark.parametrize(
    "text", ["", "a", "ssn=219-45-7382", "号码是一二三", "\N{ZERO WIDTH SPACE}"]
)
def test_tokens_are_no_fewer_for_more_text(text):
    for more in ("1", "word", " ", "号", "%20"):
        assert prompt.tokens(text + more) >= prompt.tokens(text)
