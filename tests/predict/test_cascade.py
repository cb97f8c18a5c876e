"""The cascade: cheap stages first, a model only where they are unsure, and the truth about who."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from piiforge import context, files, predict
from piiforge.errors import AskedWrongly, BadRecord, UnknownName
from piiforge.predict.ask import Predictor, Settings, probability
from piiforge.predict.cascade import Cascade, Join, Reader, Stages, read_join, told
from piiforge.predict.prefilter import TextTests
from piiforge.types import Case, Prediction, Switches

CATEGORIES = context.shipped().categories
# The shipped context with a band so wide that some of the lines are unsure
WIDE = replace(context.shipped(), bands=np.tile([0.0, -4.5, 4.5], (len(CATEGORIES), 1)))
LINES = (
    "GET /shop?q=boots HTTP/1.1 200 5120",
    "contact=jo.smith%40mail-box.org&plan=basic",
    "my ssn is 219-45-7721, thanks",
    "order 219-45-7721 has shipped",
    "does 926-87-2980 mean anything to you",
    "call me at (415) 682-9914 after six",
    "routing 021000021 account 000123456789",
    "DL number in the profile, see page 2",
    "card 4000 00** **** 9482 on file",
)
CASES = [Case(f"{at}-{name}", name, line) for at, line in enumerate(LINES) for name in CATEGORIES]


class Counting(Predictor):
    """A model that counts what it is asked and says the same margin of everything."""

    def __init__(self, margin=0.0, *, silent=False):
        self.margin, self.silent, self.asked, self.closed = margin, silent, [], False

    def predict(self, cases):
        for case in cases:
            self.asked.append(case)
            p = None if self.silent else probability(self.margin)
            yield Prediction(case.id, None if self.silent else self.margin > 0, p)

    def close(self):
        self.closed = True


def _unsure():
    """Return the cases that text tests, reader and context leave unsure."""
    said = {one.id: one for one in Cascade(Stages(WIDE)).predict(CASES)}
    return [case for case in CASES if said[case.id].unsure], said


def test_a_model_is_asked_just_what_is_unsure():
    unsure, said = _unsure()
    assert 0 < len(unsure) < len(CASES) / 5
    model = Counting(9.0)
    joined = {one.id: one for one in Cascade(Stages(WIDE, model=model)).predict(CASES)}
    assert model.asked == unsure
    assert set(joined) == set(said)
    for case in CASES:
        mine = joined[case.id]
        if case in unsure:
            assert mine.decided_by == "model"
            assert not mine.unsure
        else:
            assert mine == said[case.id]


@pytest.mark.parametrize("margin", [-9.0, 9.0])
def test_the_joined_score_is_the_weighted_sum(margin):
    unsure, said = _unsure()
    join = Join(context=1.0, model=0.5, bias=0.25, biases={"ssn": -0.5})
    stages = Stages(WIDE, model=Counting(margin), join=join)
    for one in Cascade(stages).predict(unsure):
        before = said[one.id].p_sensitive
        category = one.id.partition("-")[2]
        score = math.log(before / (1 - before)) + margin / 2 + 0.25 - 0.5 * (category == "ssn")
        assert one.p_sensitive == pytest.approx(probability(score), abs=1e-6)
        assert one.is_sensitive is (score >= 0)


def test_without_an_answer_the_word_stands_unsure():
    unsure, said = _unsure()
    for one in Cascade(Stages(WIDE, model=Counting(silent=True))).predict(unsure):
        assert one == said[one.id]
        assert one.unsure


def test_who_decided_is_true():
    tests, shipped = TextTests(), context.shipped()
    for case, one in zip(CASES, Cascade(Stages()).predict(CASES), strict=True):
        if one.decided_by == "text":
            assert not tests.may_hold(case.category, case.content)
            assert one.is_sensitive is False
        else:
            overruled = one.is_sensitive != shipped.word(case.category, case.content).yes
            assert one.decided_by == ("context" if overruled else "reader")


def test_no_reason_repeats_a_value_and_each_is_short():
    for case, one in zip(CASES, Cascade(Stages(explain=True)).predict(CASES), strict=True):
        shown = f"{one.explanation} {one.evidence}"
        for value in ("219", "7721", "jo.smith", "682", "9914", "4000", "926"):
            assert value not in shown, case.id
        assert one.explanation
        assert len(one.explanation.split()) <= 12


def test_evidence_has_the_finding_the_words_and_the_numbers():
    cascade = Cascade(Stages(WIDE, model=Counting(4.0), explain=True))
    unsure, _ = _unsure()
    evidence = next(iter(cascade.predict(unsure[:1]))).evidence
    assert set(evidence) == {"finding", "words", "reader", "context", "model", "joined"}
    assert evidence["model"] == pytest.approx(probability(4.0), abs=1e-3)
    [plain] = Cascade(Stages(WIDE)).predict(unsure[:1])
    assert plain.evidence == {}


def test_closing_closes_the_model():
    model = Counting()
    Cascade(Stages(WIDE, model=model)).close()
    assert model.closed


def test_an_unknown_category_is_named():
    with pytest.raises(UnknownName, match="shoe"):
        list(Cascade(Stages()).predict([Case("1", "shoe", "size 42")]))


def test_the_reader_alone_says_what_its_rules_say():
    case = Case("1", "credit_card", "card 4000 00** **** 9482 on file")
    [on], [off] = (Reader(Switches(partial_mask=each)).predict([case]) for each in (True, False))
    assert (on.is_sensitive, off.is_sensitive) == (True, False)
    assert on.decided_by == "reader"


def test_a_join_is_fitted_and_read_back(tmp_path):
    cases = [Case(str(at), "ssn", "", label=at % 2 == 0) for at in range(40)]
    words = [1.0 if case.label else -1.0 for case in cases]
    margins = [(-1) ** (at % 3) * 2.0 for at in range(40)]
    join = predict.fit_join(words, margins, cases)
    assert join.context > 0
    assert join.losses["joined"] <= join.losses["context"] + 1e-6
    files.write_json(tmp_path / "join.json", join.record())
    assert read_join(tmp_path / "join.json") == join
    files.write_json(tmp_path / "join.json", {**join.record(), "version": 9})
    with pytest.raises(BadRecord, match="version"):
        read_join(tmp_path / "join.json")
    with pytest.raises(AskedWrongly, match="both labels"):
        predict.fit_join([1.0], [1.0], [Case("1", "ssn", "", label=True)])


@pytest.mark.parametrize(
    ("name", "choices", "said"),
    [
        ("rules", predict.Choices(aim="recall=.9"), "do nothing here"),
        ("reader", predict.Choices(aim="recall=.9"), "reader alone"),
        ("context", predict.Choices(aim="recall"), "is no aim"),
        ("context", predict.Choices(context=Path("nowhere.npz")), "There is no context"),
        ("cascade:rules", predict.Choices(), "ends in no model"),
    ],
)
def test_what_a_system_would_not_read_is_refused(name, choices, said):
    with pytest.raises(AskedWrongly, match=said):
        predict.open(name, Settings(choices=choices))


def test_the_default_answers_with_no_extra_and_says_who():
    with predict.load() as detector:
        found = detector.verdict("email", "?email=jane%40mail-box.org")
    assert (found.is_sensitive, found.decided_by, found.unsure) == (True, "reader", False)
    assert "evidence" not in found.record()


def test_nothing_is_said_of_what_was_not_found():
    assert told([]) == "Nothing that could be one stands there."
