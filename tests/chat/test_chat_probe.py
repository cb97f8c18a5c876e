"""The probe: one call says how the endpoint wants to be asked, or one sentence why it can't be."""

import json

import pytest
from asking import SCHEMA, ask_once, connect, question, settings

from fault_server import FaultServer
from piiforge import chat
from piiforge.errors import AskedWrongly, MissingExtra


def test_a_schema_that_holds_is_found_by_one_call_a_journal(tmp_path):
    with FaultServer() as server:
        for _ in range(2):
            with connect(server, tmp_path) as client:
                assert client.probe().structured
    assert sum(server.calls.values()) == 1


@pytest.mark.parametrize(
    ("mode", "says"), [("ignored", "ignores"), ("rejected", "rejects"), ("fails", "fails on")]
)
def test_a_schema_that_does_not_hold_is_told_in_words(tmp_path, mode, says):
    with FaultServer(mode=mode, keep=True) as server, connect(server, tmp_path) as client:
        found = client.probe()
        assert not found.structured
        assert says in found.note
        client.ask([question(1, schema=SCHEMA)], lambda _: None)
    payload = server.seen[-1][1]
    assert "response_format" not in payload
    assert '"lines": a list, each item a text' in payload["messages"][-1]["content"]


def test_a_schema_that_holds_is_sent_and_leaves_the_words_alone(tmp_path):
    with FaultServer(keep=True) as server:
        outcomes, _ = ask_once(server, tmp_path, [question(1, schema=SCHEMA)])
    payload = server.seen[-1][1]
    assert payload["response_format"]["json_schema"] == {
        "name": "answer", "strict": True, "schema": SCHEMA,
    }  # fmt: skip
    assert payload["messages"] == [{"role": "user", "content": "question 1"}]
    assert json.loads(outcomes[0].answer.text) == {"lines": ["a"]}


def test_one_odd_answer_does_not_say_that_the_schema_fails(tmp_path):
    with FaultServer(script=["prose", "refusal"]) as server, connect(server, tmp_path) as client:
        assert client.probe().structured


def test_switched_off_the_schema_is_told_in_words_and_the_switch_is_part_of_the_memory(tmp_path):
    with FaultServer() as server:
        for structured in (False, True):
            with connect(server, tmp_path, structured=structured) as client:
                assert client.probe().structured is structured


def test_newer_names_of_the_fields_are_learned_from_the_refusal(tmp_path):
    with FaultServer(mode="new_fields", keep=True) as server:
        with connect(server, tmp_path) as client:
            found = client.probe()
        ask_once(server, tmp_path, [question(1, temperature=0.5, max_tokens=77)])
    assert (found.structured, found.token_field, found.temperature) == (
        True, "max_completion_tokens", False,
    )  # fmt: skip
    assert "temperature itself" in found.note
    assert server.seen[-1][1]["max_completion_tokens"] == 77
    assert not {"max_tokens", "temperature"} & set(server.seen[-1][1])


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("html", r"answers HTML \(status 200\), not a chat completion"),
        ("401", "wants a key"),
        ("404_model", "no model named 'tiny'"),
        ("404_path", "no chat completions. Does the URL end in /v1"),
    ],
)
def test_an_endpoint_that_can_not_be_used_is_named_in_a_sentence(tmp_path, mode, says):
    with (
        FaultServer(mode=mode) as server,
        connect(server, tmp_path) as client,
        pytest.raises(AskedWrongly, match=says) as raised,
    ):
        client.probe()
    assert raised.value.message.count(".") - server.url.count(".") == 1
    assert server.url in raised.value.message
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (["500"] * 6, r"fails \(status 500\)"),
        (["reset"] * 3, "breaks the connection off"),
        (["empty"] * 3, "no chat completion"),
        (["429"] * 12, "takes no call now"),
        (["400"] * 2, "rejects the simplest request"),
        (["quota"], "quota is used up"),
    ],
)
def test_an_endpoint_that_fails_the_probe_is_named_in_a_sentence(tmp_path, script, says):
    with (
        FaultServer(script=script) as server,
        connect(server, tmp_path) as client,
        pytest.raises(AskedWrongly, match=says),
    ):
        client.probe()
    assert not server.script


def test_an_endpoint_that_is_not_there_is_named(tmp_path):
    with FaultServer() as server:
        gone = server.url
    with (
        chat.connect(settings(gone), tmp_path / "j") as client,
        pytest.raises(AskedWrongly, match=f"Nothing answers at {gone}"),
    ):
        client.probe()


def test_without_a_key_the_variable_is_named_before_any_extra_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("PIIFORGE_TEST_KEY", raising=False)
    for package in ("openai", "genai_prices"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(AskedWrongly) as raised:
        chat.connect(settings(""), tmp_path / "j")
    assert raised.value.exit_code == 2
    for word in ("PIIFORGE_TEST_KEY", "--base-url", "piiforge build"):
        assert word in str(raised.value)


@pytest.mark.parametrize("package", ["openai", "genai_prices"])
def test_a_missing_package_names_its_extra(tmp_path, monkeypatch, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with (
        FaultServer() as server,
        pytest.raises(MissingExtra, match=r"piiforge\[write\]"),
        connect(server, tmp_path) as client,
    ):
        client.probe()


def test_the_base_url_must_be_an_address(tmp_path):
    with pytest.raises(AskedWrongly, match="no http:// or https:// address"):
        chat.connect(settings("localhost:8000/v1"), tmp_path / "j")


@pytest.mark.parametrize(("key", "sent"), [("", "Bearer no-key"), ("abc", "Bearer abc")])
def test_a_server_that_needs_no_key_gets_a_placeholder(tmp_path, monkeypatch, key, sent):
    monkeypatch.setenv("PIIFORGE_TEST_KEY", key)
    with FaultServer(keep=True) as server, connect(server, tmp_path) as client:
        client.probe()
    assert server.seen[0][0]["authorization"] == sent


def test_a_redirect_is_told_and_not_followed(tmp_path):
    with FaultServer(script=["redirect"]) as server, FaultServer() as other:
        server.elsewhere = f"{other.url}/chat/completions"
        with (
            connect(server, tmp_path) as client,
            pytest.raises(AskedWrongly, match=r"redirects to another address \(status 308\)"),
        ):
            client.probe()
    assert not other.calls


def test_the_account_of_the_environment_is_told_to_openai_alone(tmp_path, monkeypatch):
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "canary-account")
    with FaultServer(keep=True) as server, connect(server, tmp_path) as client:
        client.probe()
    assert "canary-account" not in str(server.seen[0][0])


def test_the_address_of_the_environment_is_not_taken_for_openais_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PIIFORGE_TEST_KEY", "abc")
    with FaultServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        with chat.connect(settings(""), tmp_path / "j") as client:
            assert str(client._endpoint.api.base_url) == "https://api.openai.com/v1/"


@pytest.mark.parametrize("key", ["se\u0441ret", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(tmp_path, monkeypatch, key):
    monkeypatch.setenv("PIIFORGE_TEST_KEY", key)
    with pytest.raises(AskedWrongly, match="holds no key, but other text") as raised:
        chat.connect(settings("http://127.0.0.1:9/v1"), tmp_path / "j")
    assert key not in str(raised.value)
