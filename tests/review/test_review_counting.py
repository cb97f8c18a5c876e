"""The tally: counts made by hand, intervals from the literature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_rows import said

from piiforge import review
from piiforge.review import Cell, Counts, Decision

OPEN, RIGHT, WRONG, UNSURE = Decision
ROWS = said(
    ("ssn", True, "", RIGHT, 20), ("ssn", True, "read otherwise", WRONG, 2),
    ("ssn", False, "", RIGHT, 15), ("ssn", False, "read otherwise", UNSURE, 3),
    ("phone", True, "read otherwise", RIGHT, 12), ("phone", True, "", WRONG, 1),
    ("phone", False, "", OPEN, 7),
)  # fmt: skip


def test_rows_are_counted_by_decision_cell_and_dispute():
    found = review.tally(ROWS, 0.06)
    assert found.all == Counts(right=47, wrong=3, unsure=3, open=7)
    assert found.disputed == Counts(right=12, wrong=2, unsure=3, open=0)
    assert found.undisputed == Counts(right=35, wrong=1, unsure=0, open=7)
    assert found.cells == (
        Cell("phone", False, Counts(0, 0, 0, 7)),
        Cell("phone", True, Counts(12, 1, 0, 0)),
        Cell("ssn", False, Counts(15, 0, 3, 0)),
        Cell("ssn", True, Counts(20, 2, 0, 0)),
    )


def test_the_share_is_of_the_decided_alone():
    found = review.tally(ROWS, 0.06)
    assert (found.all.decided, found.all.rows) == (50, 60)
    assert found.all.share == 3 / 50
    assert found.said == (
        "3 of 50 decided labels are wrong: 0.060 (95 % interval 0.021 to 0.162), "
        "within the bound of 0.06; 7 still open, 3 unsure."
    )


@pytest.mark.parametrize(("bound", "passed"), [(0.0599, False), (0.06, True), (1, True)])
def test_a_share_over_the_bound_does_not_pass(bound, passed):
    found = review.tally(ROWS, bound)
    assert found.passed is passed
    assert ("over the bound" in found.said) is not passed


@pytest.mark.parametrize(
    "rows", [[], said(("ssn", True, "", OPEN, 4), ("ssn", True, "", UNSURE, 1))]
)
def test_nothing_decided_does_not_pass_and_says_so(rows):
    found = review.tally(rows, 1.0)
    assert not found.passed
    assert found.said.startswith("nothing is decided: ")
    assert (found.record()["share_wrong"], found.record()["interval"]) == (None, None)


def test_the_record_holds_all_that_is_counted():
    record = review.tally(ROWS, 0.02).record()
    assert (record["passed"], record["bound"], record["share_wrong"]) == (False, 0.02, 0.06)
    assert [record[name] for name in ("right", "wrong", "unsure", "open")] == [47, 3, 3, 7]
    assert record["cells"][3] == {
        "category": "ssn", "label": True, "right": 20, "wrong": 2, "unsure": 0, "open": 0,
    }  # fmt: skip


# Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(hits, total, low, high):
    found = review.wilson(hits, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_mirrors(pair):
    hits, total = pair
    found, mirrored = review.wilson(hits, total), review.wilson(total - hits, total)
    assert 0 <= found.low <= hits / total <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high)


def journal_of_two(path, *pairs):
    """Return a journal in which ada and bo said a word each of row after row, "" for none."""
    journal = review.Journal(path)
    for number, words in enumerate(pairs):
        for reviewer, word in zip(("ada", "bo"), words, strict=True):
            if word:
                journal.say(f"{number}", Decision(word), reviewer)
    return journal


def test_kappa_is_the_one_of_the_books(tmp_path):
    """The example of two readers of 50 grants: 35 agreed on, 0.4 beyond chance."""
    both = [("right", "right")] * 20 + [("right", "wrong")] * 5
    both += [("wrong", "right")] * 10 + [("wrong", "wrong")] * 15
    journal = journal_of_two(tmp_path / "j.jsonl", *both, ("right", ""))
    (found,) = review.agreements(journal, [f"{number}" for number in range(51)])
    assert (found.rows, found.agreed, round(found.kappa, 4)) == (50, 35, 0.4)
    assert found.differ == tuple(f"{number}" for number in range(20, 35))


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([("y", "y"), ("n", "n")], 1.0),
        ([("y", "n"), ("n", "y")], -1.0),
        ([("y", "y")] * 3, None),
        ([], None),
    ],
    ids=str,
)
def test_kappa_at_its_ends(pairs, kappa):
    assert review.kappa(pairs) == kappa


@given(st.lists(st.tuples(st.sampled_from("ynu"), st.sampled_from("ynu")), min_size=1))
def test_who_is_first_is_no_matter_to_kappa(pairs):
    turned = [(other, one) for one, other in pairs]
    assert review.kappa(pairs) == review.kappa(turned)
    assert (review.kappa(pairs) or 0) <= 1


def test_one_reviewer_agrees_with_nobody(tmp_path):
    journal = journal_of_two(tmp_path / "j.jsonl", ("right", ""), ("wrong", ""))
    assert review.agreements(journal, ["0", "1"]) == ()
