"""Laws of what may be sent: no body, however bad, gets a 5xx, and none is grown for."""

import json
import socket
import time

import httpx
import pytest
from served import serving
from slow_system import Slow

MIB = 1 << 20
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client():
    with serving(timeout_s=2) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[" * 100_000, 400),
        (b'{"content":' * 50_000, 400),
        (b'{"content": "\xff\xfe"}', 400),
        (b"\x00", 422),
        (b'{"content": NaN}', 422),
        (b'{"content": ' + b"9" * 5000 + b"}", 400),
        (b'{"content": 1e999}', 422),
        (b'{"content": "x", "categories": []}', 422),
        (b'{"content": "x", "categories": "ssn"}', 422),
        (b'{"content": "x", "categories": ["\\ud800"]}', 404),
        (b'{"content": "x", "more": 1}', 422),
        (b'{"content": null}', 422),
        (b'"content"', 422),
        (b'{"content": ""}', 200),
        (b'{"content": "a\\u0000b"}', 200),
        (b'{"content": "a\\ud800b"}', 200),
        ('{"content": "\u202e\U0001f600"}'.encode(), 200),
        (json.dumps({"content": "7" * 20_000}).encode(), 200),
        (json.dumps({"content": "7" * 20_001}).encode(), 422),
        (b'{"content": "%s"}' % (b" " * MIB), 413),
    ],
)
def test_a_bad_body_is_told_so_and_none_is_a_fault(client, body, status):
    reply = client.post("/v1/verdict", content=body, headers=JSON)
    assert reply.status_code == status
    assert status == 200 or set(reply.json()) == {"error"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 200),
        ({"text": []}, 200),
        ({"text": "x", "language": None, "entities": None, "score_threshold": None}, 200),
        ({"text": "x", "unheard": {"of": 1}}, 200),
        ({"text": "x", "score_threshold": 2}, 422),
        ({"text": "x", "ad_hoc_recognizers": [{"name": "n", "patterns": []}]}, 422),
        ({"text": "x", "allow_list": ["a"], "allow_list_match": "regex"}, 422),
        ({"text": {"a": "b"}}, 422),
        ({"language": "en"}, 422),
    ],
)
def test_presidios_request_is_checked_too(client, body, status):
    assert client.post("/analyze", json=body).status_code == status


def test_what_does_not_fit_names_the_field_and_never_repeats_it(client):
    asked = {"content": "x", "categories": [{"my ssn": "666-12-3456"}], "666-12-3456": 1}
    reply = client.post("/v1/verdict", json=asked)
    assert reply.json()["error"].startswith("categories.0 is not a text; ")
    assert "666" not in reply.text


def test_json_has_to_say_that_it_is_json(client):
    plain = client.post(
        "/v1/verdict", content=b'{"content": "x"}', headers={"content-type": "text/plain"}
    )
    assert plain.status_code == 422


def test_a_hundred_megabytes_are_refused_before_they_are_read(client):
    pieces = [0]

    def body():
        for _ in range(100):
            pieces[0] += 1
            yield b"x" * MIB

    began = time.monotonic()
    said = client.post(
        "/v1/verdict", content=body(), headers={**JSON, "content-length": str(100 * MIB)}
    )
    assert said.status_code == 413
    assert pieces[0] < 100
    chunked = client.post("/v1/verdict", content=body(), headers=JSON)
    assert chunked.status_code == 413
    assert pieces[0] < 200
    assert time.monotonic() - began < 10


def test_a_body_that_does_not_come_is_not_waited_for(client):
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(
            f"POST /v1/verdict HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")


def test_one_request_may_not_ask_without_end(client):
    over = {"questions": [{"content": "x", "categories": ["ssn"]}] * 65}
    assert client.post("/v1/verdicts", json=over).status_code == 422
    assert client.post("/analyze", json={"text": ["x"] * 65}).status_code == 422


def test_what_could_never_have_a_place_in_the_queue_is_not_told_to_come_again():
    with serving(Slow().detector, most_waiting=3) as client:
        asked = {"questions": [{"content": "x"}, {"content": "y"}]}
        assert client.post("/v1/verdicts", json=asked).status_code == 422
        assert client.post("/v1/verdict", json={"content": "x"}).status_code == 200


def test_methods_and_paths_that_are_not_there_are_refused_in_json(client):
    for method, path, status in (("GET", "/v1/verdict", 405), ("POST", "/x", 404)):
        reply = httpx.request(method, client.base_url.join(path))
        assert (reply.status_code, set(reply.json())) == (status, {"error"})
