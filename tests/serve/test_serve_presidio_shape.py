"""Laws of `/analyze`: the wire shape of presidio-analyzer's own service."""

import pytest
from served import drawn, serving

from piiforge import categories, predict
from piiforge.predict import presidio
from piiforge.serve.presidio import category_of, entities_of, entity_of

NAMES = [category.id for category in categories.ALL]
KEYS = {"entity_type", "start", "end", "score", "analysis_explanation", "recognition_metadata"}


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


def analyzed(client, text, **more):
    reply = client.post("/analyze", json={"text": text, "language": "en", **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_text_gets_a_list_and_a_list_of_texts_a_list_of_lists(client):
    value = drawn("email")
    text = f"name=Jo&email={value}&page=/"
    (result,) = analyzed(client, text, entities=["EMAIL_ADDRESS"])
    assert set(result) == KEYS
    assert text[result["start"] : result["end"]] == value
    assert result["analysis_explanation"] is None
    assert result["recognition_metadata"] == {"recognizer_name": "PiiforgeRecognizer"}
    assert analyzed(client, ["nothing", text], entities=["EMAIL_ADDRESS"]) == [[], [result]]


def test_offsets_count_code_points(client):
    value = drawn("email")
    text = f"\U0001f600 cliente=José, email={value}"
    (result,) = analyzed(client, text, entities=["EMAIL_ADDRESS"])
    assert text[result["start"] : result["end"]] == value


def test_several_entities_of_one_text_are_told_apart(client):
    card, mail = drawn("credit_card", 2), drawn("email")
    text = f"card={card}&email={mail}"
    found = {
        each["entity_type"]: text[each["start"] : each["end"]] for each in analyzed(client, text)
    }
    assert found["CREDIT_CARD"] == card
    assert found["EMAIL_ADDRESS"] == mail


def test_the_score_is_the_probability_and_the_threshold_cuts_by_it(client):
    text = f"email={drawn('email')}"
    (result,) = analyzed(client, text, entities=["EMAIL_ADDRESS"])
    with predict_rules() as rules:
        assert result["score"] == rules.verdict("email", text).p_sensitive
    assert analyzed(client, text, entities=["EMAIL_ADDRESS"], score_threshold=1) == []
    assert analyzed(client, text, entities=["EMAIL_ADDRESS"], score_threshold=result["score"])


def predict_rules():
    return predict.Detector("rules", predict.open("rules", predict.Settings()), ("email",))


def test_a_decision_is_explained_on_request(client):
    text = f"email={drawn('email')}"
    (result,) = analyzed(client, text, entities=["EMAIL_ADDRESS"], return_decision_process=True)
    why = result["analysis_explanation"]
    assert (why["recognizer"], why["score"]) == ("PiiforgeRecognizer", result["score"])
    assert {"original_score", "pattern", "pattern_name", "textual_explanation"} < set(why)


def test_allowed_values_are_not_reported(client):
    one, other = drawn("email", 1), drawn("email", 2)
    found = analyzed(client, f"a={one}&b={other}", entities=["EMAIL_ADDRESS"], allow_list=[one])
    assert len(found) == 1


def test_entities_that_are_not_ours_are_left_out_but_not_all_of_them(client):
    text = f"email={drawn('email')}"
    assert len(analyzed(client, text, entities=["PERSON", "EMAIL_ADDRESS"])) == 1
    reply = client.post("/analyze", json={"text": text, "entities": ["PERSON"]})
    assert reply.status_code == 404


def test_what_is_supported_is_told_under_presidios_names(client):
    assert client.get("/supportedentities?language=en").json() == entities_of(NAMES)
    assert client.get("/recognizers?language=en").json() == ["PiiforgeRecognizer"]
    health = client.get("/health")
    assert (health.status_code, health.headers["content-type"][:10]) == (200, "text/plain")


@pytest.mark.parametrize("category", NAMES)
def test_every_category_has_a_name_that_presidio_has_too(category):
    assert entity_of(category) in presidio.ENTITIES[category]
    assert {category_of(name, NAMES) for name in presidio.ENTITIES[category]} == {category}
