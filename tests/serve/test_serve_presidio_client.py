"""Presidio's own classes against ours; skipped where presidio-analyzer is not installed."""

import importlib.util
from pathlib import Path

import pytest
from served import TOKEN, drawn, serving

from piiforge import serve
from piiforge.errors import MissingExtra
from piiforge.predict import load

EXAMPLES = Path(__file__).parents[2] / "examples"
HAS_PRESIDIO = importlib.util.find_spec("presidio_analyzer") is not None
needs_presidio = pytest.mark.skipif(not HAS_PRESIDIO, reason="pip install 'piiforge[presidio]'")
pytestmark = pytest.mark.filterwarnings("default")  # spaCy's and its parts' own
TEXT = f"page=/pay&email={drawn('email')}&phone={drawn('phone')}&plan=gold"


def example(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(text, results):
    return {(each.entity_type, text[each.start : each.end]) for each in results}


EXPECTED = {("EMAIL_ADDRESS", drawn("email")), ("PHONE_NUMBER", drawn("phone"))}


@pytest.mark.skipif(HAS_PRESIDIO, reason="it is installed")
def test_without_presidio_the_extra_is_named():
    with load("rules") as rules, pytest.raises(MissingExtra, match=r"piiforge\[presidio\]"):
        serve.recognizer(rules)


@needs_presidio
def test_presidios_remote_recognizer_finds_what_the_server_says():
    with serving() as client:
        remote = example("presidio_remote").Remote(str(client.base_url).rstrip("/"))
        assert remote.get_supported_entities() == client.get("/supportedentities").json()
        results = remote.analyze(TEXT, remote.get_supported_entities())
    assert shown(TEXT, results) == EXPECTED


@needs_presidio
def test_it_sends_a_token_where_one_is_asked_for():
    with serving(token=TOKEN) as client:
        url = str(client.base_url).rstrip("/")
        remote = example("presidio_remote").Remote(url, TOKEN)
        assert remote.analyze(TEXT, ["EMAIL_ADDRESS"])
        with pytest.raises(Exception, match="401"):
            example("presidio_remote").Remote(url)


@needs_presidio
def test_an_engine_with_our_recognizer_finds_the_same_as_the_server():
    engine = example("presidio_local").engine()
    local = engine.analyze(TEXT, language="en")
    with serving() as client:
        remote = client.post("/analyze", json={"text": TEXT, "language": "en"}).json()
    assert shown(TEXT, local) == EXPECTED
    assert {(each.entity_type, each.start, each.end, each.score) for each in local} == {
        (each["entity_type"], each["start"], each["end"], each["score"]) for each in remote
    }


@needs_presidio
def test_only_asked_entities_are_found_and_others_are_not_ours():
    with load("rules") as rules:
        recognizer = serve.recognizer(rules)
        assert shown(TEXT, recognizer.analyze(TEXT, ["PHONE_NUMBER", "PERSON"])) == {
            ("PHONE_NUMBER", drawn("phone"))
        }
        assert recognizer.analyze(TEXT, ["PERSON"]) == []


@needs_presidio
def test_a_text_that_was_not_read_is_an_error_and_not_clean():
    from slow_system import Slow

    with Slow().detector() as detector, pytest.raises(ValueError, match="not read to its end"):
        serve.recognizer(detector).analyze("endless", ["US_SSN"])


@needs_presidio
def test_the_examples_text_is_nobodys():
    module = example("presidio_local")
    assert module.engine().analyze(module.TEXT, language="en") == []
