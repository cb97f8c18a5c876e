"""No key, header or content in a log at DEBUG, in an error or, key and question, in the journal."""

import logging
import traceback

import pytest
from asking import ask, connect, question

from fault_server import ERRORS, FAULTS, FaultServer
from piiforge import chat
from piiforge.errors import AskedWrongly

KEY, ASKED, SAID = "canary-key-5151", "canary-asked-6262", "canary-said-7373"
TALKATIVE = ("httpcore2.http11", "httpcore2.connection", "httpx2", "openai._base_client")


@pytest.fixture
def everything(monkeypatch, caplog):
    """Set the key, and every logger to DEBUG, as somebody may who is looking for a fault."""
    monkeypatch.setenv("PIIFORGE_TEST_KEY", KEY)
    for name in TALKATIVE:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    return caplog


def canaries(count):
    message = chat.Message("user", ASKED)
    return [chat.Request("canary", (message,), seed=number) for number in range(count)]


def test_no_log_at_debug_holds_a_key_a_header_or_a_content(everything, tmp_path):
    kinds = [kind for kind in FAULTS if kind != "hang"]
    with (
        FaultServer(script=["ok", *kinds], answer=lambda _: SAID) as server,
        connect(server, tmp_path, tries=20) as client,
    ):
        outcomes = ask(client, canaries(6))
    assert SAID in {outcome.answer.text for outcome in outcomes if outcome.answer}
    assert "status 503, server_error" in everything.text
    for secret in (KEY, ASKED, SAID, "uthorization", "Bearer", "user-agent", "127.0.0.1"):
        assert secret not in everything.text


def test_the_journal_holds_no_key_header_or_question(everything, tmp_path):
    with FaultServer(answer=lambda _: SAID) as server, connect(server, tmp_path) as client:
        ask(client, canaries(3))
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        for secret in (KEY, ASKED, "uthorization", "Bearer"):
            assert secret.encode() not in content
    assert everything.records


@pytest.mark.parametrize("kind", ["401", "quota", "404_model", "400"])
def test_no_error_repeats_what_the_server_said(everything, monkeypatch, tmp_path, kind):
    status, code, _ = ERRORS[kind]
    said = f"no model for {KEY}: {ASKED}"
    monkeypatch.setitem(ERRORS, kind, (status, code, said))
    with (
        FaultServer(script=[kind] * 3) as server,
        connect(server, tmp_path) as client,
        pytest.raises(AskedWrongly) as raised,
    ):
        ask(client, canaries(1))
    told = "".join(traceback.format_exception(raised.value)) + everything.text
    assert KEY not in told
    assert ASKED not in told


def test_a_password_in_the_address_is_neither_shown_nor_kept(tmp_path):
    with FaultServer(mode="html") as server:
        url = server.url.replace("//", f"//user:{KEY}@")
        with (
            chat.connect(chat.Settings("tiny", url, backoff_s=0.001), tmp_path / "j") as client,
            pytest.raises(AskedWrongly) as raised,
        ):
            client.probe()
    assert KEY not in str(raised.value)
    assert server.url in str(raised.value)


def test_an_outcome_is_not_logged_by_its_name(everything, tmp_path):
    with FaultServer() as server, connect(server, tmp_path) as client:
        ask(client, [chat.Request("name-of-it", question(1).messages)])
    assert "name-of-it" not in everything.text
