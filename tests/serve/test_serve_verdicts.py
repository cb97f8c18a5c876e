"""Laws of `/v1`: what a server says is what the detector says."""

import threading

import httpx
import pytest
from served import drawn, serving, started, wait_until
from slow_system import Slow

from piiforge import categories, predict

NAMES = [category.id for category in categories.ALL]


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def rules():
    with predict.load("rules") as detector:
        yield detector


def line(category: str) -> str:
    return f"page=/pay&{category}={drawn(category)}&plan=gold"


def test_a_verdict_is_the_detectors_own_for_every_category(client, rules):
    for content in map(line, NAMES):
        said = client.post("/v1/verdict", json={"content": content}).json()["verdicts"]
        (judged,) = rules.judge([content])
        assert said == [judged[name].record() for name in NAMES]


def test_only_what_is_asked_for_is_judged_and_each_once(client):
    asked = {"content": "x", "categories": ["email", "ssn", "email"]}
    said = client.post("/v1/verdict", json=asked).json()["verdicts"]
    assert [each["category"] for each in said] == ["email", "ssn"]


def test_the_whole_is_sensitive_where_one_verdict_is(client):
    answer = client.post("/v1/verdict", json={"content": line("email")}).json()
    assert answer["is_sensitive"] is True
    assert client.post("/v1/verdict", json={"content": ""}).json()["is_sensitive"] is False


def test_a_batch_answers_each_question_in_its_place(client):
    questions = [{"content": line(name), "categories": [name]} for name in NAMES]
    alone = [client.post("/v1/verdict", json=each).json() for each in questions]
    together = client.post("/v1/verdicts", json={"questions": questions}).json()["answers"]
    assert together == alone
    assert client.post("/v1/verdicts", json={"questions": []}).json() == {"answers": []}


def test_an_unknown_category_names_the_near_one_and_not_what_was_sent(client):
    reply = client.post("/v1/verdict", json={"content": "x", "categories": ["emial"]})
    assert reply.status_code == 404
    assert "Did you mean 'email'?" in reply.json()["error"]
    assert "emial" not in reply.text


def test_the_categories_are_those_of_the_detector(client):
    assert client.get("/v1/categories").json() == {"system": "rules", "categories": NAMES}


def test_unread_is_neither_clean_nor_sensitive():
    with serving(Slow().detector) as client:
        answer = client.post("/v1/verdict", json={"content": "endless"}).json()
        assert answer["is_sensitive"] is None
        assert {each["is_sensitive"] for each in answer["verdicts"]} == {None}
        assert client.post("/analyze", json={"text": "endless"}).status_code == 422


def test_metrics_count_what_happened_and_hold_no_content(client):
    content = line("phone")
    client.post("/v1/verdict", json={"content": content})
    client.post("/v1/verdict", json={})
    client.get(f"/nowhere/{drawn('phone')}")
    page = client.get("/metrics").text
    assert 'piiforge_requests_total{route="/v1/verdict",status="422"}' in page
    assert 'piiforge_requests_total{route="other",status="404"}' in page
    assert 'answer="sensitive",category="phone",decided_by="rules"' in page
    assert "piiforge_waiting_questions 0.0" in page
    assert drawn("phone") not in page


def test_the_server_is_alive_before_it_is_ready_and_says_so():
    may_load = threading.Event()

    def load():
        may_load.wait(20)
        return Slow().detector()

    with started(load) as place, httpx.Client(base_url=place.url) as client:
        assert client.get("/health").text == "piiforge is up"
        assert client.get("/ready").status_code == 503
        refused = client.post("/v1/verdict", json={"content": "x"})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        may_load.set()
        wait_until(lambda: client.get("/ready").status_code == 200)
        assert client.post("/v1/verdict", json={"content": "x"}).status_code == 200
