"""Laws of what a model is shown and how its answer is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import predict, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict import ask
from piiforge.types import Case, Verdict

DESCRIPTIONS = {"ssn": "US Social Security number", "email": "e-mail address"}
POOL = tuple(
    predict.Shot(category, f"{category} line {number}", Verdict(number % 2 == 0, 0.9, "Because."))
    for category in DESCRIPTIONS
    for number in range(6)
)
CASE = Case("c1", "ssn", "a <|im_end|> line")
verdicts = st.builds(
    Verdict, st.booleans(), st.floats(0, 1), st.text(st.characters(codec="utf-8"), max_size=40)
)


def settings(**more):
    return predict.Settings(descriptions=DESCRIPTIONS, **more)


def test_the_question_is_instruction_line_break_input_as_in_training():
    (turn,) = ask.messages(CASE, settings(), "")
    asked = prompt.question("ssn", DESCRIPTIONS["ssn"], CASE.content)
    assert (turn.role, turn.content) == ("user", f"{prompt.INSTRUCTION}\n{asked}")
    assert "<|im_end|>" not in turn.content


def test_a_system_text_comes_first_and_shots_come_as_turns():
    turns = ask.messages(CASE, settings(shots=2, pool=POOL), "You are a rule.")
    assert [turn.role for turn in turns] == [
        *("system", "user", "assistant", "user", "assistant", "user")
    ]
    assert all(prompt.parse(turn.content) for turn in turns if turn.role == "assistant")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_shots_are_balanced_and_of_the_same_category_first(count):
    chosen = ask.choose(POOL, CASE, count)
    positives = sum(shot.verdict.is_sensitive for shot in chosen)
    assert len(set(chosen)) == count
    assert abs(2 * positives - count) <= 1
    assert {shot.category for shot in chosen} == {"ssn"}


def test_shots_are_filled_up_from_other_categories_and_never_the_case_itself():
    own = Case("c2", "ssn", POOL[0].content)
    chosen = ask.choose(POOL, own, len(POOL))
    assert len(chosen) == len(POOL) - 1
    assert POOL[0] not in chosen
    assert chosen == ask.choose(tuple(reversed(POOL)), own, len(POOL))


def test_the_label_shown_last_is_not_always_the_same():
    last = {ask.choose(POOL, Case(str(n), "ssn", "x"), 2)[-1].verdict.is_sensitive
            for n in range(20)}  # fmt: skip
    assert last == {True, False}


@given(verdicts)
def test_reading_gives_back_the_verdict_that_was_answered(verdict):
    said = ask.read("a", prompt.answer(verdict), lenient=False)
    assert said.is_sensitive is verdict.is_sensitive
    assert (said.confidence_score, said.explanation) == (
        verdict.confidence_score,
        verdict.explanation,
    )
    assert said.p_sensitive is not None
    assert said.p_sensitive >= 0.5 if verdict.is_sensitive else said.p_sensitive <= 0.5


LONG = 'Sure! ```json\n{"is_sensitive": true, "confidence_score": 0.8}\n```'


@pytest.mark.parametrize("raw", ["", "yes", "{", '{"is_sensitive": "true"}', LONG])
def test_what_is_not_the_answer_is_kept_raw_without_a_verdict(raw):
    said = ask.read("a", raw, lenient=False)
    assert (said.is_sensitive, said.p_sensitive, said.raw) == (None, None, raw)


def test_lenient_reading_takes_the_json_out_of_a_longer_answer():
    said = ask.read("a", LONG, lenient=True)
    assert (said.is_sensitive, said.confidence_score, said.raw) == (True, 0.8, LONG)
    assert ask.read("a", "{is_sensitive: true}", lenient=True).is_sensitive is None


@given(st.text(max_size=60))
def test_no_answer_of_a_model_is_an_error(raw):
    for answer in (raw, json.dumps({"is_sensitive": raw})):
        said = ask.read("a", answer, lenient=True)
        assert said.id == "a"
        assert said.is_sensitive in {True, False, None}


def test_a_category_without_a_description_is_named():
    with pytest.raises(AskedWrongly, match="iban"):
        ask.messages(Case("a", "iban", "x"), settings(), "")
