"""The plan of recipes/base.yaml: every asked count is met, counted here row by row."""

from collections import Counter
from dataclasses import replace

import pytest

from piiforge import build, categories, disguises, types
from piiforge.errors import BadRecipe, QuotaUnmet
from piiforge.recipe import load
from piiforge.types import Cue

IDS = tuple(category.id for category in categories.ALL)
SPLIT_ROWS = {"train": 6624, "val": 576, "test": 1000}
LANGUAGES = {"en": 0.59, "es": 0.125, "fr": 0.125, "zh": 0.125, "mixed": 0.035}
EVENTS = {"form_submit": 0.22, "page_view": 0.16, "xhr": 0.22, "chat_message": 0.40}
EASY = {"other": 0.07, "absent": 0.04, "benign": 0.03}
EVEN = 1.2

every_category = pytest.mark.parametrize("category", IDS)


@pytest.fixture(scope="module")
def rows(base_plan):
    """Return the planned rows: a twin spec makes two, the positive one in the same disguises."""
    return [
        row for spec in base_plan for row in ((spec, replace(spec, label=True)) if spec.twin else
                                              (spec,))
    ]  # fmt: skip


def blocks(rows):
    found = {}
    for row in rows:
        found.setdefault((row.split, row.category, row.label), []).append(row)
    return found


def rows_of(specs):
    pairs = ((s, replace(s, label=True)) if s.twin else (s,) for s in specs)
    return [row for pair in pairs for row in pair]


def group_of(row):
    return "combined" if len(row.disguises) > 1 else disguises.get(row.disguises[0]).group


def test_every_split_has_the_asked_rows(rows):
    assert Counter(row.split for row in rows) == SPLIT_ROWS


def test_every_category_has_its_share_of_every_split(rows):
    counts = Counter((row.split, row.category) for row in rows)
    assert {counts["train", c] + counts["val", c] for c in IDS} == {800}
    assert {counts["test", c] for c in IDS} == {111, 112}


def test_half_of_every_category_and_split_is_positive(rows):
    counts = Counter((row.split, row.category, row.label) for row in rows)
    for split in SPLIT_ROWS:
        for category in IDS:
            assert abs(counts[split, category, True] - counts[split, category, False]) <= 1


@pytest.mark.parametrize(
    ("axis", "shares"), [("language", LANGUAGES), ("event", EVENTS)], ids=["language", "event"]
)
def test_languages_and_events_are_the_nearest_whole_numbers_in_every_block(rows, axis, shares):
    for block in blocks(rows).values():
        counts = Counter(getattr(row, axis) for row in block)
        assert set(counts) <= set(shares)
        for name, share in shares.items():
            assert abs(counts[name] - share * len(block)) < 1


@every_category
def test_hard_negatives_are_thirty_to_forty_percent(rows, category):
    mine = [row for row in rows if row.category == category]
    hard = sum(not row.label and row.variant not in EASY for row in mine)
    assert 0.30 <= hard / len(mine) <= 0.40


@every_category
@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("name", ["base", "tiny"])
def test_the_variants_of_a_category_are_as_common_as_their_weights(recipes, category, label, name):
    recipe = load(recipes / f"{name}.yaml", ["rows.per_category=800"])
    weights = build.order.weights_of(recipe)[category]
    counts = Counter(
        group_of(row) if label else row.variant
        for row in rows_of(build.plan_of(recipe))
        if row.category == category and row.label is label and (label or row.variant not in EASY)
    )
    shares = [count / (weights.get(name) or 1) for name, count in counts.items() if count > 12]
    assert max(shares) <= EVEN * min(shares)


@pytest.mark.parametrize(
    "lengths",
    [
        {"short": 0.45, "line": 0.5, "long": 0.05},
        {"line": 0.9, "long": 0.1},
        {"short": 0.2, "line": 0.8},
    ],
)
def test_lengths_have_their_shares_of_both_labels(recipes, lengths):
    recipe = load(
        recipes / "tiny.yaml", [f"lengths={lengths}", "variants={default: [plain, spelled]}"]
    )
    for split in types.SPLITS:
        for label in (True, False):
            mine = [s for s in build.plan_of(recipe) if (s.split, s.label) == (split, label)]
            counts = Counter(spec.length for spec in mine)
            for name, share in lengths.items():
                assert abs(counts[name] - share * len(mine)) <= 1


def test_a_short_row_holds_nothing_beside_its_value(recipes):
    recipe = load(recipes / "tiny.yaml", ["lengths={short: 0.4, line: 0.5, long: 0.1}"])
    short = [spec for spec in build.plan_of(recipe) if spec.length == "short"]
    assert short
    assert not any(spec.bystanders or spec.injection for spec in short)


@pytest.mark.parametrize(
    ("override", "path", "hint"),
    [
        ("variants.ssn=[phone_vanity]", "variants.ssn.phone_vanity", "ssn has no phone_vanity"),
        ("variants.ssn={plan: 1}", "variants.ssn.plan", "'plain'"),
        ("variants.ssn={plain: 0}", "variants.ssn", "every weight is zero"),
        ("variants.ssn={plain: -1}", "variants.ssn.plain", "greater than or equal to 0"),
        ("hard={default: {nmed: 1}}", "hard.default.nmed", "'named'"),
        ("hard={email: {uncued: 1}}", "hard.email.uncued", "email has no uncued"),
        ("hard={emial: {named: 1}}", "hard.emial", "'email'"),
        ("lengths={short: 0.5}", "the whole", "don't sum to 1"),
    ],
)
def test_weights_and_lengths_that_are_off_are_named_by_their_path(recipes, override, path, hint):
    with pytest.raises(BadRecipe) as caught:
        build.plan_of(load(recipes / "tiny.yaml", [override]))
    assert path in str(caught.value)
    assert hint in str(caught.value)


@every_category
def test_languages_but_english_are_even(rows, category):
    counts = Counter(row.language for row in rows if row.category == category)
    others = [counts[name] for name in ("es", "fr", "zh")]
    assert max(others) <= EVEN * min(others)


@pytest.mark.parametrize("name", [d.name for d in disguises.ALL])
def test_every_disguise_stands_in_enough_rows_and_in_training(rows, name):
    worn = [row.split for row in rows if name in row.disguises]
    assert len(worn) >= 10
    assert "train" in worn


def test_twins_make_up_about_the_asked_share(rows):
    share = sum(bool(row.twin) for row in rows) / len(rows)
    assert share == pytest.approx(0.25, abs=0.015)


def test_a_disguise_that_speaks_a_language_stands_in_no_other(rows):
    for row in rows:
        spoken = {disguises.get(name).language for name in row.disguises} - {""}
        assert spoken <= {row.language} or row.language == "mixed"


def test_a_combination_of_disguises_in_the_test_set_is_new_to_training(rows):
    seen = {
        s: {r.disguises for r in rows if r.split == s and len(r.disguises) > 1} for s in SPLIT_ROWS
    }
    assert seen["test"]
    assert not seen["test"] & (seen["train"] | seen["val"])


@pytest.mark.parametrize(("axis", "share"), [("injection", 0.03), ("bystanders", 0.35)])
@pytest.mark.parametrize("label", [True, False])
def test_injections_and_bystanders_have_their_share_of_both_labels(base_plan, axis, share, label):
    specs = [spec for spec in base_plan if spec.label is label]
    marked = sum(bool(getattr(spec, axis)) for spec in specs)
    assert marked / len(specs) == pytest.approx(share, abs=0.01)


def test_the_asked_share_of_the_positives_has_no_cue(rows):
    for category in ("credit_card", "email"):
        positives = [row for row in rows if row.label and row.category == category]
        uncued = sum(row.cue is Cue.NEUTRAL for row in positives)
        assert uncued / len(positives) == pytest.approx(0.12, abs=0.01)


def test_a_positive_without_a_cue_tells_itself(rows):
    needing = {"passport", "drivers_license", "bank_account"}
    uncued = [row for row in rows if row.label and not row.twin and row.cue is Cue.NEUTRAL]
    assert not [row for row in uncued if row.category in needing]
    assert not [row for row in uncued if any(disguises.get(n).needs_cue for n in row.disguises)]


def test_numbers_run_without_a_gap(base_plan):
    assert [spec.number for spec in base_plan] == list(range(len(base_plan)))


def test_the_same_seed_plans_the_same_and_another_does_not(recipes):
    recipe = load(recipes / "tiny.yaml")
    assert build.plan_of(recipe) == build.plan_of(recipe)
    other = recipe.model_copy(update={"seed": recipe.seed + 1})
    assert build.plan_of(other) != build.plan_of(recipe)


@pytest.mark.parametrize(
    "override",
    [
        "languages={en: 1.0}",
        "languages={en: 0.6, es: 0.4}",
        "languages={zh: 1.0}",
        "languages={en: 1.0, es: 0, fr: 0, zh: 0, mixed: 0}",
        "events={chat_message: 0.5, xhr: 0.5}",
        "categories=[email]",
        "rows.per_category=20",
        "rows.test=0",
        "rows.validation=0",
        "positive=0.4",
        "variants.default=[plain]",
    ],
)
def test_a_narrower_recipe_is_planned_or_refused_in_our_words(recipes, override):
    recipe = load(recipes / "tiny.yaml", [override])
    asked = sum(build.order.asked_of(recipe).rows.values())
    try:
        planned = sum(spec.rows for spec in build.plan_of(recipe))
    except QuotaUnmet as refused:
        planned, said = None, str(refused)
    assert planned == asked or said.startswith("quota ")


@pytest.mark.parametrize("axis", ["event", "language"])
def test_under_a_confirming_cue_no_event_or_language_tells_the_label(rows, axis):
    named = [row for row in rows if row.cue is Cue.CONFIRM]
    overall = sum(row.label for row in named) / len(named)
    for place in {getattr(row, axis) for row in named}:
        mine = [row.label for row in named if getattr(row, axis) == place]
        assert sum(mine) / len(mine) == pytest.approx(overall, abs=0.1), place


@pytest.mark.parametrize("name", ["tiny", "base"])
@pytest.mark.parametrize("changed", [(), ("categories=[ssn]",), ("rows.per_category=300",)])
def test_every_split_that_is_large_enough_has_the_twins_that_were_asked(recipes, name, changed):
    """A category's pairs are whole: one less in each, where its few disguises don't go together."""
    recipe = load(recipes / f"{name}.yaml", changed)
    asked, pairs = Counter(), Counter()
    rows = Counter()
    for spec in build.plan_of(recipe):
        rows[spec.split, spec.category] += spec.rows
        pairs[spec.split] += bool(spec.twin)
    for (split, _), count in rows.items():
        asked[split] += round(recipe.twins * count / 2)
    short = {split for split, count in asked.items() if count >= 12 and pairs[split] < 0.8 * count}
    assert not short
