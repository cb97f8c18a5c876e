"""Laws of who may come in, what every answer carries, and what is never written down."""

import base64
import gc
import logging

import httpx
import pytest
from served import TOKEN, drawn, serving
from slow_system import Slow

from piiforge import serve
from piiforge.cli.use import token_from
from piiforge.errors import AskedWrongly
from piiforge.page import visitors
from piiforge.serve.gate import OPEN

QUESTION = {"content": "page=/home"}


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def guarded():
    with serving(token=TOKEN) as client:
        yield client


def stranger(client: httpx.Client, **settings) -> httpx.Client:
    return httpx.Client(base_url=client.base_url, **settings)


def test_all_but_the_page_and_the_probes_ask_for_the_token(guarded):
    document = guarded.get("/openapi.json").json()
    with stranger(guarded) as nobody:
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                reply = nobody.request(method, path)
                assert (reply.status_code == 401) is (path not in OPEN), path
                assert ("security" in operation) is (path not in OPEN)
        assert nobody.get("/nowhere").status_code == 401


@pytest.mark.parametrize(
    "shown",
    ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Token {TOKEN}",
     "Basic !", "Basic " + base64.b64encode(b"a:b").decode(), "Bearer \u00fc"],
)  # fmt: skip
def test_a_wrong_token_is_no_token(guarded, shown):
    with stranger(guarded) as nobody:
        reply = nobody.post(
            "/v1/verdict", json=QUESTION, headers={"Authorization": shown.encode("latin-1")}
        )
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_the_right_token_opens_as_bearer_and_as_the_password_of_an_address(guarded):
    assert guarded.post("/v1/verdict", json=QUESTION).status_code == 200
    with stranger(guarded, auth=("any", TOKEN)) as client:
        assert client.post("/analyze", json={"text": "x"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
)
def test_on_loopback_a_request_for_another_host_is_refused(client, host):
    reply = client.post("/v1/verdict", json=QUESTION, headers={"Host": host})
    assert reply.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8000"])
def test_on_loopback_the_machines_own_names_are_answered(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_no_other_site_may_ask_and_none_is_told_that_it_may(client):
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/v1/verdict", json=QUESTION, headers=foreign).status_code == 403
    assert client.post("/v1/verdict", json=QUESTION, headers={"Origin": "null"}).status_code == 403
    own = {"Origin": str(client.base_url).rstrip("/")}
    reply = client.post("/v1/verdict", json=QUESTION, headers=own)
    assert reply.status_code == 200
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/page.js", "/docs", "/nowhere", "/metrics", "/health"])
def test_every_answer_is_kept_by_nobody_and_runs_nothing_foreign(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "server" not in headers


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "pii.example"])
def test_an_address_that_others_reach_needs_a_token(host):
    with pytest.raises(AskedWrongly, match="there is no token"):
        serve.Settings(host=host)
    assert not visitors.own_names(serve.Settings(host=host, token=TOKEN).host)


@pytest.mark.parametrize("token", ["short", "x" * 15, "ü" * 20, "x" * 16 + "\n"])
def test_a_token_that_is_guessed_or_does_not_fit_a_header_is_refused(token):
    with pytest.raises(AskedWrongly):
        serve.Settings(token=token)


def test_a_variable_that_is_set_and_empty_is_a_slip():
    assert token_from({}, "T") == ""
    with pytest.raises(AskedWrongly):
        token_from({"T": " "}, "T")
    assert TOKEN not in repr(serve.Settings(token=TOKEN))


def test_no_content_and_no_token_is_ever_logged(caplog):
    secret = drawn("ssn")
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own, here in one process
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    with serving(Slow().detector, token=TOKEN) as client:
        for content in (secret, f"poison {secret}"):
            client.post("/v1/verdict", json={"content": content})
            client.post("/analyze", json={"text": content})
        client.post("/v1/verdict", json={secret: secret})
        client.post("/v1/verdict", content=secret.encode())
        client.get(f"/{secret}", params={"q": secret})
        client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    gc.collect()  # an error that nobody looked at is logged only now
    text = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "/v1/verdict 200 in" in text
    assert "other 404 in" in text
    assert secret not in text
    assert TOKEN not in text
