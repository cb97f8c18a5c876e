"""Laws of Presidio without a language model; skipped where it is not installed."""

from random import Random

import pytest

from piiforge import categories, predict
from piiforge.types import Case

pytest.importorskip("presidio_analyzer", reason="pip install 'piiforge[presidio]'")
pytestmark = pytest.mark.filterwarnings("default")  # spaCy's and its parts' own


@pytest.fixture(scope="module")
def presidio():
    return predict.open("presidio@0.5", predict.Settings())


def ask(predictor, category, content):
    (said,) = predictor.predict([Case("a", category, content)])
    return said


def value(category, start="", among=""):
    """Draw a value that starts as told and has a character of `among`: a form Presidio knows."""
    rng = Random(5)
    drawn = (categories.get(category).draw(rng) for _ in range(2000))
    return next(
        each
        for each in drawn
        if each.kind == "valid"
        and each.parts[0].text.startswith(start)
        and (not among or among in each.parts[0].text)
    )


@pytest.mark.parametrize(
    ("category", "start", "among"), [("ssn", "", "-"), ("credit_card", "4", ""), ("email", "", "")]
)
def test_a_plain_value_behind_its_name_is_found(presidio, category, start, among):
    text = value(category, start, among).parts[0].text
    line = f"my {category.replace('_', ' ')} is {text} thanks"
    assert ask(presidio, category, line).is_sensitive is True


def test_context_words_raise_the_score_without_a_model(presidio):
    number = value("passport").parts[0].text
    alone = ask(presidio, "passport", f"here it is {number}").p_sensitive
    named = ask(presidio, "passport", f"my Passport {number}").p_sensitive
    assert alone is not None
    assert named is not None
    assert named >= alone + 0.3


def test_a_bank_pair_needs_two_places():
    low = predict.open("presidio@0.4", predict.Settings())
    routing, account = (part.text for part in value("bank_account").parts)
    account = account.ljust(10, "7")
    pair = f"bank routing {routing} and bank account {account}"
    assert ask(low, "bank_account", pair).is_sensitive is True
    assert ask(low, "bank_account", f"bank account routing {routing}").is_sensitive is False


def test_the_threshold_of_the_name_decides_and_the_score_stays():
    line = "my phone is 2025550123, call me"
    scores = []
    for threshold in ("0.1", "1"):
        said = ask(predict.open(f"presidio@{threshold}", predict.Settings()), "phone", line)
        scores.append((said.is_sensitive, said.p_sensitive))
    assert scores[0][1] == scores[1][1]
    assert [verdict for verdict, _ in scores] == [scores[0][1] > 0, False]


def test_every_category_of_ours_can_be_asked(presidio):
    for category in categories.ALL:
        said = ask(presidio, category.id, "nothing here")
        assert (said.is_sensitive, said.p_sensitive) == (False, 0.0)
