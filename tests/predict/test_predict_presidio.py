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


def value(category, kind="valid"):
    rng = Random(5)
    drawn = (categories.get(category).draw(rng) for _ in range(200))
    return next(each for each in drawn if each.kind == kind)


@pytest.mark.parametrize("category", ["ssn", "credit_card", "email"])
def test_a_plain_value_behind_its_name_is_found(presidio, category):
    line = f"my {category.replace('_', ' ')} is {value(category).parts[0].text} thanks"
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
