"""Balance: each promise of a set, broken by a list made for it and counted by hand."""

from dataclasses import replace

import pytest
from crafted import row

from piiforge.checks import Bounds, whole_set

LOOSE = Bounds(per_disguise=0, skeletons=0, top_skeletons=1, families=0)


def rows(positives: int, negatives: int):
    return [row(at, sensitive=at < positives) for at in range(positives + negatives)]


def variants(**counts: int):
    found = [name for name, count in counts.items() for _ in range(count)]
    made = [replace(row(at), variant=name) for at, name in enumerate(found)]
    return [*made, *(row(1000 + at, sensitive=False) for at in range(len(made)))]


def test_a_balanced_set_has_no_problem():
    assert whole_set.problems(rows(10, 10), LOOSE) == []


@pytest.mark.parametrize(
    ("positives", "negatives", "share"), [(39, 61, "39%"), (61, 39, "61%"), (9, 0, "100%")]
)
def test_too_many_of_one_label_is_told_with_the_share(positives, negatives, share):
    found = whole_set.problems(rows(positives, negatives), LOOSE)
    assert found == [f"ssn: {share} of the rows are positive, not 40 to 60 %"]


@pytest.mark.parametrize(("positives", "negatives"), [(40, 60), (60, 40)])
def test_the_bounds_of_a_label_belong_to_it(positives, negatives):
    assert whole_set.problems(rows(positives, negatives), LOOSE) == []


def test_uneven_variants_are_told():
    found = whole_set.problems(variants(plain=25, spelled=20), LOOSE)
    assert found == ["ssn: 25 rows of plain, 20 of spelled: over 20 % apart"]
    assert whole_set.problems(variants(plain=24, spelled=20), LOOSE) == []


def test_hard_negatives_are_compared_and_easy_ones_are_not():
    negatives = [replace(row(at, sensitive=False), variant="vetoed") for at in range(30)]
    negatives += [replace(row(at, sensitive=False), variant="masked") for at in range(30, 45)]
    negatives += [replace(row(at, sensitive=False), variant="absent") for at in range(45, 46)]
    positives = [row(100 + at) for at in range(46)]
    found = whole_set.problems([*negatives, *positives], LOOSE)
    assert found == ["ssn: 30 rows of vetoed, 15 of masked: over 20 % apart"]


def test_a_rare_disguise_is_told_with_its_count():
    few = [
        *rows(10, 10),
        replace(row(50), disguises=("percent", "zero_width")),
        row(51, sensitive=False),
    ]
    found = whole_set.problems(few, replace(LOOSE, per_disguise=2))
    assert found == [
        "disguise percent stands in 1 rows, fewer than 2",
        "disguise zero_width stands in 1 rows, fewer than 2",
    ]


def test_repeated_skeletons_are_told():
    same = [replace(one, skeleton="same") for one in rows(10, 10)]
    found = whole_set.problems(same, replace(LOOSE, skeletons=0.7, top_skeletons=0.02))
    assert found == [
        "5% of the skeletons are distinct, not 70%",
        "the ten commonest skeletons are 100.0% of the rows",
    ]


def test_few_families_are_told():
    found = whole_set.problems(rows(10, 10), replace(LOOSE, families=21))
    assert found == ["20 families, fewer than 21"]


def test_diversity_is_what_a_count_by_hand_gives():
    """Four rows stand for three: two are twins. Skeletons a, a, b: two of three are distinct."""
    made = [replace(row(at), skeleton=name) for at, name in enumerate("aaab")]
    made[0], made[1] = (replace(one, twin_id="t") for one in made[:2])
    assert whole_set.diversity(made) == (2 / 3, 1.0, 4)
    assert whole_set.diversity([]) == (0.0, 0.0, 0)


def pairs(split: str, whole: int, single: int, half: int = 0):
    """Return rows of one split: so many pairs of twins, rows alone, and halves of a pair."""
    names = [f"t{at // 2}" for at in range(2 * whole)]
    names += [f"half{at}" for at in range(half)] + [""] * single
    return [replace(row(at), split=split, twin_id=name) for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("whole", "single", "share", "asked", "kept"),
    [
        (12, 76, 0.25, 12, 1.0),
        (6, 88, 0.25, 12, 0.5),
        (0, 100, 0.25, 12, 0.0),
        (3, 4, 0.25, 1, None),  # too few were asked to tell
        (0, 100, 0.0, 0, None),  # none were asked
    ],
)
def test_twins_are_counted_against_the_plans_own_numbers(whole, single, share, asked, kept):
    (found,) = whole_set.twins(pairs("val", whole, single), share)
    assert (found.split, found.pairs, found.asked, found.kept) == ("val", whole, asked, kept)
    assert found.share == 2 * whole / (2 * whole + single)


def test_half_a_pair_is_none_and_each_split_is_counted_by_itself():
    rows = [*pairs("train", 2, 0, half=3), *pairs("test", 1, 1)]
    assert {one.split: one.pairs for one in whole_set.twins(rows, 0.3)} == {"train": 2, "test": 1}


def test_what_no_bound_moves_is_told_apart():
    rows = [row(at) for at in range(20)]
    assert whole_set.uneven(rows) == whole_set.problems(rows, LOOSE) != []
    assert not whole_set.uneven([row(at, sensitive=at < 10) for at in range(20)])


@pytest.mark.parametrize(("few", "found"), [(11, 0), (12, 1)])
def test_a_variant_of_less_than_a_dozen_rows_is_not_compared(few, found):
    assert len(whole_set.problems(variants(plain=30, spelled=few), LOOSE)) == found


def test_a_category_of_few_rows_hides_no_other():
    few = [replace(one, category="phone") for one in variants(plain=3, spelled=9)]
    uneven = variants(plain=30, spelled=12)
    for made in ([*few, *uneven], [*uneven, *few]):
        assert len(whole_set.uneven(made)) == 1


@pytest.mark.parametrize(
    ("weights", "uneven"),
    [({}, True), ({"ssn": {"plain": 2}}, False), ({"ssn": {"spelled": 2}}, True),
     ({"ssn": {"plain": 2, "spelled": 2}}, True), ({"phone": {"plain": 2}}, True),
     ({"ssn": {"plain": 0}}, True)],
)  # fmt: skip
def test_variants_are_compared_for_their_weights(weights, uneven):
    rows = variants(plain=40, spelled=20)
    assert bool(whole_set.uneven(rows, weights)) is uneven
    assert bool(whole_set.problems(rows, replace(LOOSE, weights=weights))) is uneven


def test_easy_negatives_are_not_compared_and_positives_of_their_name_are():
    easy = [replace(row(at, sensitive=False), variant=name)
            for name, count in (("absent", 30), ("benign", 15), ("other", 60))
            for at in range(count)]  # fmt: skip
    positives = [row(1000 + at) for at in range(len(easy))]
    assert whole_set.uneven([*easy, *positives]) == []
    named = [replace(one, variant="absent" if at < 30 else "plain") for at, one in
             enumerate(positives)]  # fmt: skip
    assert whole_set.uneven([*easy, *named])


def test_each_category_is_judged_by_itself():
    others = [replace(one, category="phone") for one in rows(9, 1)]
    assert whole_set.problems([*rows(10, 10), *others], LOOSE) == [
        "phone: 90% of the rows are positive, not 40 to 60 %"
    ]


@pytest.mark.parametrize(
    ("bound", "holds", "broken"),
    [("per_disguise", 20, 21), ("families", 20, 21), ("skeletons", 0.5, 0.51),
     ("top_skeletons", 1, 0.99)],
)  # fmt: skip
def test_a_bound_belongs_to_what_is_promised(bound, holds, broken):
    made = [replace(one, skeleton=f"s{at // 2}") for at, one in enumerate(rows(10, 10))]
    assert whole_set.problems(made, replace(LOOSE, **{bound: holds})) == []
    assert len(whole_set.problems(made, replace(LOOSE, **{bound: broken}))) == 1


def test_the_ten_commonest_skeletons_are_ten():
    made = [replace(row(at), skeleton=f"s{min(at, 11)}") for at in range(24)]
    # twelve skeletons: one of thirteen rows, eleven of one
    assert whole_set.diversity(made) == (12 / 24, (13 + 9) / 24, 24)


@pytest.mark.parametrize(("rows_in_all", "asked"), [(88, None), (96, 12)])
def test_what_was_kept_is_told_from_a_dozen_asked_pairs_on(rows_in_all, asked):
    (found,) = whole_set.twins(pairs("val", 3, rows_in_all - 6), 0.25)
    assert found.rows == rows_in_all
    assert found.kept == (3 / asked if asked else None)
    assert whole_set.Twins("val", 0, 0, 0).share == 0.0


def test_pairs_are_asked_of_each_category_by_itself():
    made = pairs("val", 6, 12)
    made = [replace(one, category="phone" if at % 2 else "ssn") for at, one in enumerate(made)]
    (found,) = whole_set.twins(made, 0.25)
    assert (found.pairs, found.asked) == (6, 2 * round(0.25 * 12 / 2))
