"""Scores: counted by hand, and one case, one answer."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import by_hand, case, drawn

from piiforge import evaluate
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.evaluate import metrics, records
from piiforge.types import Prediction


def test_counts_and_ratios_are_those_made_by_hand():
    #                       hits ..., misses, false alarms, passes
    done = evaluate.score(*by_hand("1111100000", "1110011000"))
    counts = done.overall.counts
    assert (counts.hits, counts.misses, counts.false_alarms, counts.passes) == (3, 2, 2, 3)
    overall = done.overall
    assert overall.precision.value == pytest.approx(3 / 5)
    assert overall.recall.value == pytest.approx(3 / 5)
    assert overall.f1.value == pytest.approx(6 / 10)
    assert overall.accuracy.value == pytest.approx(6 / 10)


def test_an_answer_that_did_not_parse_is_wrong_whatever_the_label():
    done = evaluate.score(*by_hand("1100", "1?0?"))
    counts = done.overall.counts
    assert (counts.hits, counts.misses, counts.false_alarms, counts.passes) == (1, 1, 1, 1)
    assert counts.unparsed == 2


def test_a_ratio_with_an_empty_base_is_none():
    nothing_said = evaluate.score(*by_hand("1100", "0000"))
    assert nothing_said.overall.precision.value is None
    assert nothing_said.overall.recall.value == 0
    no_positive = evaluate.score(*by_hand("000", "010"))
    assert no_positive.overall.recall.value is None
    assert no_positive.overall.f1.value is None
    assert no_positive.macro_f1.value is None


def test_macro_f1_is_the_mean_over_categories():
    cases = [case("a", True), case("b", True), case("c", True, "phone"), case("d", False, "phone")]
    said = [Prediction("a", True), Prediction("b", False), Prediction("c", True),
            Prediction("d", False)]  # fmt: skip
    done = evaluate.score(cases, said)
    assert done.macro_f1.value == pytest.approx((2 / 3 + 1) / 2)
    assert {part.name: part.f1.value for part in done.of("category")} == {
        "ssn": pytest.approx(2 / 3), "phone": 1.0,
    }  # fmt: skip


def test_a_case_of_two_disguises_stands_in_both_slices():
    cases = [case("a", True, disguises="percent+words_en"), case("b", True, disguises="percent")]
    done = evaluate.score(cases, [Prediction("a", False), Prediction("b", True)])
    rows = {part.name: (part.counts.rows, part.recall.value) for part in done.of("disguise")}
    assert rows == {"percent": (2, 0.5), "words_en": (1, 0.0)}


def test_a_slice_is_what_scoring_its_cases_alone_gives():
    cases, said = drawn(120, 8)
    cases = [replace(one, twin=f"t{at // 3}") for at, one in enumerate(cases)]
    said[5] = replace(said[5], is_sensitive=None)
    done = evaluate.score(cases, said)
    assert (done.overall.axis, done.overall.name) == ("all", "")
    assert {part.axis for part in done.slices} == {"category", "language"}
    for part in (done.overall, *done.slices):
        rows = [at for at, one in enumerate(cases)
                if part.name in ("", one.category, one.slices["language"])]  # fmt: skip
        alone = evaluate.score([cases[at] for at in rows], [said[at] for at in rows]).overall
        assert part.counts == alone.counts
        assert part.groups == alone.groups == len({cases[at].group for at in rows})
        assert part.ranking == alone.ranking
        for name in ("precision", "recall", "f1", "accuracy"):
            assert getattr(part, name).value == getattr(alone, name).value


def test_slices_that_need_no_asking_are_those_that_our_own_rows_tell():
    told = {"language": "en", "disguises": "percent", "event": "xhr", "hard": "yes", "source": "x"}
    done = evaluate.score([case("a", True, **told, tenant="north")], [Prediction("a", True)])
    names = [(part.axis, part.name) for part in done.slices]
    assert names == [("category", "ssn"), ("language", "en"), ("disguise", "percent"),
                     ("event", "xhr"), ("hard", "yes"), ("source", "x")]  # fmt: skip


def test_any_slice_can_be_asked_for_and_an_unknown_one_is_named():
    cases = [case("a", True, tenant="north"), case("b", False, tenant="south")]
    said = [Prediction("a", True), Prediction("b", False)]
    done = evaluate.score(cases, said, by=["tenant"])
    assert [part.name for part in done.of("tenant")] == ["north", "south"]
    with pytest.raises(UnknownName, match="Did you mean 'tenant'"):
        evaluate.score(cases, said, by=["tenantt"])


@pytest.mark.parametrize(("values", "parts"), [(79, 79), (80, 80), (81, 80), (300, 80)])
def test_an_axis_with_many_values_keeps_every_row_and_its_largest_by_name(values, parts):
    cases = [case(f"{at}-{again}", True, source=f"s{at:03d}") for at in range(values)
             for again in range(1 + at % 2)]  # fmt: skip
    done = evaluate.score(cases, [Prediction(one.id, True) for one in cases], draws=10)
    found = {part.name: part.counts.rows for part in done.of("source")}
    assert len(found) == parts
    assert sum(found.values()) == len(cases)
    by_size = sorted(range(values), key=lambda at: (-(at % 2), at))
    kept = by_size[: parts - (values > parts)]
    own = {f"s{at:03d}": 1 + at % 2 for at in sorted(kept)}
    assert list(found.items())[: len(own)] == list(own.items())
    assert list(found)[len(own) :] == ["(others)"] * (values > parts)


def test_a_pair_is_right_only_where_both_are():
    cases = [
        case("a", True, twin="t"), case("b", False, twin="t"),
        case("c", True, twin="u"), case("d", False, twin="u"),
        case("e", True, twin="alone"),
    ]  # fmt: skip
    said = [Prediction(one.id, True) for one in cases]
    said[1] = Prediction("b", False)
    done = evaluate.score(cases, said)
    assert (done.overall.pairs.pairs, done.overall.pairs.right) == (2, 1)
    assert done.pairs.value == 0.5


def test_latency_is_of_the_answers_that_give_it():
    cases, said = by_hand("10" * 50, "10" * 50)
    timed = [replace(one, latency_ms=float(at + 1)) for at, one in enumerate(said)]
    found = evaluate.score(cases, timed).latency
    assert (found.rows, found.p50_ms) == (100, pytest.approx(50.5))
    assert (found.p95_ms, found.p99_ms) == (pytest.approx(95.05), pytest.approx(99.01))
    assert evaluate.score(cases, said).latency is None


def test_ranking_is_measured_only_where_every_case_has_p():
    cases, said = drawn(40, 1)
    assert evaluate.score(cases, said).roc_auc.value is not None
    said[3] = replace(said[3], p_sensitive=None)
    partly = evaluate.score(cases, said)
    assert partly.roc_auc.value is None
    assert partly.overall.ranking is None
    assert partly.notes[0].startswith("1 of 40 answers lack p_sensitive")


def test_a_threshold_decides_but_never_mends_what_did_not_parse():
    cases = [case("a", True), case("b", True), case("c", False)]
    said = [Prediction("a", False, 0.4), Prediction("b", None, 0.9), Prediction("c", True, 0.2)]
    done = evaluate.score(cases, said, threshold=0.3)
    assert (done.overall.counts.hits, done.overall.counts.misses) == (1, 1)
    assert done.overall.counts.unparsed == 1
    assert done.overall.counts.passes == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda cases, said: (cases, said[1:]), "theirs: no prediction for '0'"),
        (lambda cases, said: (cases, [*said, said[0]]), "theirs: '0' has two predictions"),
        (lambda cases, said: (cases, [*said, Prediction("x", True)]), "theirs: 'x' is no case"),
        (lambda cases, said: (cases[:0], said[:0]), "no case to score"),
        (lambda cases, said: ([*cases, cases[0]], said), "2 cases have the id '0'"),
        (lambda cases, said: ([replace(cases[0], label=None)], said[:1]), "'0' has no label"),
    ],
)  # fmt: skip
def test_cases_and_predictions_match_one_to_one(change, says):
    cases, said = change(*by_hand("1100", "1100"))
    with pytest.raises(AskedWrongly, match=says):
        evaluate.score(cases, said, system="theirs")


def test_a_threshold_without_p_is_refused():
    with pytest.raises(AskedWrongly, match="'0' has no p_sensitive"):
        evaluate.score(*by_hand("10", "10"), threshold=0.5)


def said_of(signs):
    return [Prediction(str(at), sign == "1") for at, sign in enumerate(signs)]


def test_a_disagreement_counts_what_one_system_alone_judges_right():
    cases, _ = by_hand("11110000", "")
    systems = {"a": said_of("11000000"), "b": said_of("10110001"), "c": said_of("11000000")}
    ab, ac, bc = evaluate.compare(cases, systems).disagreements
    assert (ab.base, ab.system, ab.base_alone, ab.system_alone) == ("a", "b", 2, 2)
    assert (ac.base_alone, ac.system_alone, ac.p) == (0, 0, 1.0)
    assert (bc.base, bc.system, bc.base_alone, bc.system_alone) == ("b", "c", 2, 2)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sum_of_the_binomial_law_and_favours_nobody(some, others):
    n, least = some + others, min(some, others)
    tail = sum(comb(n, at) for at in range(least + 1)) / 2**n
    assert metrics.sign_test(some, others) == pytest.approx(min(1.0, 2 * tail))
    assert metrics.sign_test(some, others) == metrics.sign_test(others, some)


def test_a_system_without_a_name_is_called_the_same_in_scores_and_in_errors():
    cases, said = by_hand("10", "10")
    with pytest.raises(AskedWrongly, match=evaluate.score(cases, said).system):
        records.match(cases, said[1:])


def test_an_answer_that_did_not_parse_is_right_for_nobody():
    cases, said = by_hand("10", "??")
    (one,) = evaluate.compare(cases, {"mute": said, "good": said_of("10")}).disagreements
    assert (one.base_alone, one.system_alone, one.p) == (0, 2, 0.5)


def test_a_difference_is_what_the_later_system_has_more_on_all_cases_and_each_category():
    cases, first = drawn(90, 11)
    cases = [replace(one, twin=one.group) for one in cases]
    second = [replace(one, is_sensitive=at % 3 == 0, p_sensitive=(at % 7) / 7)
              for at, one in enumerate(first)]  # fmt: skip
    third = [replace(one, is_sensitive=True) for one in first]
    done = evaluate.compare(cases, {"a": first, "b": second, "c": third}, draws=20)
    scores = {one.system: one for one in done.scores}
    summed = ("macro_f1", "pairs", "roc_auc", "average_precision")
    told = []
    for one in done.differences:
        parts = [next(part for part in (scores[name].overall, *scores[name].slices)
                      if (part.axis, part.name) == (one.axis, one.name))
                 for name in (one.base, one.system)]  # fmt: skip
        if one.measure in summed:
            parts = [scores[one.base], scores[one.system]]
        before, after = (getattr(part, one.measure).value for part in parts)
        assert one.figure.value == pytest.approx(after - before)
        told.append((one.base, one.system, one.axis, one.name, one.measure))
    places = (("all", ""), ("category", "phone"), ("category", "ssn"))
    assert told == [
        (*pair, *place, name)
        for pair in (("a", "b"), ("a", "c"), ("b", "c"))
        for place, names in (*((one, ("precision", "recall", "f1", "accuracy")) for one in places),
                             (places[0], summed))
        for name in names
    ]  # fmt: skip
    assert [(one.base, one.system) for one in done.disagreements] == [
        ("a", "b"), ("a", "c"), ("b", "c"),
    ]  # fmt: skip
    assert (done.cases, done.sensitive, done.groups) == (90, sum(one.label for one in cases), 45)
    assert (done.draws, done.seed) == (20, 0)


@pytest.mark.parametrize(
    ("p", "timed", "twins", "said"),
    [
        (4, 4, True, []),
        (3, 4, True, ["1 of 4 answers lack"]),
        (0, 4, True, ["No answer has p_sensitive"]),
        (4, 3, True, ["Latency is of the 3 answers"]),
        (4, 1, True, ["Latency is of the 1 answers"]),
        (4, 0, True, []),
        (4, 4, False, ["No twins"]),
        (2, 2, False, ["2 of 4 answers lack", "No twins", "Latency is of the 2 answers"]),
    ],
)
def test_notes_say_what_was_not_measured(p, timed, twins, said):
    cases, answers = by_hand("1010", "1010")
    cases = [replace(one, twin=f"t{at // 2}" if twins else "") for at, one in enumerate(cases)]
    answers = [
        replace(one, p_sensitive=0.5 if at < p else None, latency_ms=9.0 if at < timed else None)
        for at, one in enumerate(answers)
    ]
    notes = evaluate.score(cases, answers).notes
    assert len(notes) == len(said)
    assert all(note.startswith(start) for note, start in zip(notes, said, strict=True))


def test_pairs_of_a_slice_are_those_that_stand_in_it_whole():
    cases = [
        case("a", True, "ssn", twin="t"), case("b", False, "ssn", twin="t"),
        case("c", True, "ssn", twin="u"), case("d", False, "phone", twin="u"),
        case("e", True, "phone", twin="v"), case("f", True, "phone", twin="v"),
        case("g", True, "phone", twin="v"), case("h", True, "phone"), case("i", True, "email"),
    ]  # fmt: skip
    said = [Prediction(one.id, one.label if one.id != "g" else False) for one in cases]
    done = evaluate.score(cases, said)
    found = {part.name: (part.pairs.pairs, part.pairs.right, part.pairs.consistency)
             for part in (done.overall, *done.of("category"))}  # fmt: skip
    assert found == {
        "": (3, 2, 2 / 3),
        "ssn": (1, 1, 1.0),
        "phone": (1, 0, 0.0),
        "email": (0, 0, None),
    }
    assert done.pairs.value == pytest.approx(2 / 3)
