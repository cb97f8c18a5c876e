"""Laws of /v1/scrub and of what a verdict says of the place of a value."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import drawn, serving, wait_until
from slow_system import Slow

from piiforge import predict, scrub
from piiforge.types import Edit, applied

CATEGORIES = ("ssn", "credit_card", "phone", "email")


@pytest.fixture(scope="module")
def client():
    with serving(predict.load) as client:
        yield client


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def cleaned(client, *contents: str, **how) -> list[dict]:
    reply = client.post("/v1/scrub", json={"contents": list(contents), **how})
    assert reply.status_code == 200, reply.json()
    return reply.json()["answers"]


def line(category: str, disguise=str) -> str:
    return f"page=/apply&{category}={disguise(drawn(category))}&plan=gold"


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("disguise", [str, percent], ids=["plain", "percent"])
def test_what_comes_back_is_what_the_library_says_and_is_clean(client, category, disguise):
    [done] = cleaned(client, line(category, disguise))
    assert done["content"] == scrub.text(line(category, disguise)) != line(category, disguise)
    assert done["counts"] == {category: 1}
    assert client.post("/v1/verdict", json={"content": done["content"]}).json()["is_sensitive"] is (
        False
    )


@given(st.lists(st.sampled_from([*map(line, CATEGORIES), "\U0001f600 page=/", "", "é\x00"])))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_edits_made_in_what_was_sent_give_what_came_back(client, contents):
    for content, done in zip(contents, cleaned(client, *contents), strict=True):
        assert applied(content, [Edit(**each) for each in done["edits"]]) == done["content"]


def test_each_mode_writes_what_it_says(client):
    email = drawn("email")
    said = {
        mode: cleaned(client, f"page=/a&email={email}&plan=gold", mode=mode)[0]["content"]
        for mode in ("label", "mask", "drop-key")
    }
    assert said["label"] == "page=/a&email=<email>&plan=gold"
    assert said["drop-key"] == "page=/a&plan=gold"
    assert set(said["mask"].split("=")[2].removesuffix("&plan")) <= set("*.@+-_")


def test_what_is_not_read_to_its_end_does_not_come_back():
    with serving(Slow().detector) as client:
        [unread, found] = cleaned(client, "endless and long", "id 666")
    assert (unread["content"], unread["unread"]) == ("<removed>", True)
    assert "666" not in found["content"]


def test_it_is_bounded_as_verdicts_are():
    with serving(most_contents=2, most_characters=5) as client:
        for contents in (["a"] * 3, ["abcdef"]):
            assert client.post("/v1/scrub", json={"contents": contents}).status_code == 422
        wrong = client.post("/v1/scrub", json={"contents": ["a"], "mode": "pseudonym"})
    assert wrong.json() == {"error": "mode is none of what it may be."}


def test_a_slow_model_is_given_up_at_the_deadline():
    with serving(Slow(a_batch_s=0.4).detector, timeout_s=0.6) as client:
        reply = client.post("/v1/scrub", json={"contents": ["id 666 and more words 7"]})
        assert reply.status_code in {503, 504}
        wait_until(lambda: client.post("/v1/verdict", json={"content": "1"}).status_code == 200)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("disguise", [str, percent], ids=["plain", "percent"])
def test_a_verdict_says_where_the_value_stands_and_what_hid_it(client, category, disguise):
    content = f"\U0001f600 {line(category, disguise)}"
    asked = {"content": content, "categories": [category], "explain": True}
    [said] = client.post("/v1/verdict", json=asked).json()["verdicts"]
    [span], seen = said["seen"]["spans"], said["seen"]
    assert content[span["start"] : span["end"]] == disguise(drawn(category))
    assert seen["words"]
    if disguise is str:
        assert (seen["how"], seen["decoded"]) == ([], None)
    else:
        [inner] = seen["decoded_spans"]
        assert seen["how"] == ["percent"]
        assert seen["decoded"][inner["start"] : inner["end"]] == drawn(category)


def test_what_hides_something_else_hides_no_value(client):
    content = f"email={drawn('email')}&next={quote('/a b', safe='')}"
    asked = {"content": content, "categories": ["email"], "explain": True}
    [said] = client.post("/v1/verdict", json=asked).json()["verdicts"]
    assert (said["seen"]["how"], said["seen"]["decoded"]) == ([], None)


def test_nothing_is_said_of_a_place_unless_it_is_asked_for(client):
    for asked in ({"content": line("email")}, {"content": "page=/a", "explain": True}):
        said = client.post("/v1/verdict", json=asked).json()["verdicts"]
        assert not any("seen" in each for each in said)
