"""The OpenAPI document against the server: whatever fits it is answered, nothing is a fault."""

import html
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, openapi
from schemathesis.checks import load_all_checks
from served import TOKEN, serving

from piiforge import predict
from piiforge.serve.gate import OPEN
from piiforge.serve.wire import EXAMPLES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


def broken(client, examples: int) -> list[str]:
    """Ask everything that the document offers, `examples` times each; return what went wrong.

    Requests that don't fit go to the routes that take a body: a stray query is read over.
    """
    load_all_checks()
    schema = openapi.from_url(str(client.base_url.join("/openapi.json")))
    found: list[str] = []
    for offered in schema.get_all_operations():
        operation = offered.ok()
        modes = [GenerationMode.POSITIVE]
        modes += [GenerationMode.NEGATIVE] if operation.method == "post" else []
        for mode in modes:
            try:
                asking(operation.as_strategy(generation_mode=mode), examples)()
            except Exception as error:
                found.append(f"{operation.label}, {mode.value}: {error}"[:2000])
    return found


def asking(cases, examples: int):
    """Return a call that sends `examples` of `cases` and checks each answer by the document."""

    @given(case=cases)
    @settings(
        max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    def ask(case):
        case.call_and_validate()

    return ask


def test_every_request_that_fits_or_does_not_is_answered_as_the_document_says(client):
    assert broken(client, 3) == []


@pytest.mark.slow
def test_thousands_of_them_too(client):
    assert broken(client, 400) == []


def test_the_document_says_the_bounds_and_the_lock():
    with serving(token=TOKEN, most_characters=77, most_contents=5) as client:
        document = client.get("/openapi.json").json()
    shapes = document["components"]["schemas"]
    assert shapes["Question"]["properties"]["content"]["maxLength"] == 77
    assert shapes["Questions"]["properties"]["questions"]["maxItems"] == 5
    contents = shapes["ToScrub"]["properties"]["contents"]
    assert (contents["maxItems"], contents["items"]["maxLength"]) == (5, 77)
    assert "HTTPValidationError" not in shapes
    for path, methods in document["paths"].items():
        assert all(("security" in each) is (path not in OPEN) for each in methods.values())


def test_the_list_of_routes_names_each_of_them_and_loads_nothing_foreign(client):
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_the_answers_shown_are_those_of_this_server(client):
    page = html.unescape(client.get("/docs").text)
    document = client.get("/openapi.json").json()
    for path, shape in (
        ("/v1/verdict", "Question"), ("/v1/verdicts", "Questions"), ("/v1/scrub", "ToScrub"),
        ("/analyze", "Analyze"),
    ):  # fmt: skip
        asked = document["components"]["schemas"][shape]["example"]
        answer = client.post(path, json=asked).json()
        assert json.dumps(answer, indent=2) in page


def test_the_examples_are_clean_by_the_policy_but_for_a_masked_card():
    with predict.load() as detector:
        one = EXAMPLES["question"]
        said = detector.verdicts([(name, one["content"]) for name in one["categories"]])
        assert [each.is_sensitive for each in said] == [False, False]
        assert detector.verdict("credit_card", EXAMPLES["analyze"]["text"]).is_sensitive


def test_the_call_in_the_guide_is_the_example():
    guide = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
    assert f"-d '{json.dumps(EXAMPLES['question'])}'" in guide
