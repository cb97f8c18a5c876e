"""One-pass verdicts of a real server: opt-in with `-m model`, as test_real_model.py says.

The small model is not tuned, so it is shown examples; what it decides is poor. That the ways of
asking agree is not. Where PIIFORGE_MODEL_FOLDER names the weights that are served, and torch is
installed, the same rows are judged in this process too.
"""

import os
from dataclasses import replace

import pytest

from piiforge import chat, predict, prompt
from piiforge.judge.cases import descriptions_of, read_cases
from piiforge.predict.remote import BEGUN, odds
from piiforge.types import Verdict

pytestmark = pytest.mark.model

MODEL = "smollm2-135m-instruct"
ROWS = 6
SHOTS = tuple(
    predict.Shot("ssn", content, Verdict(label, 0.9, why))
    for content, label, why in (
        ("GET /a?sku=000-12-3456", False, "Impossible area under a product key."),
        ("POST /b ssn=078-05-1120", False, "Documented sample."),
        ("form: social security number on file", True, "Named by its key."),
        ("chat: my social is above", True, "Named by the sentence."),
    )
)
NEAR = 0.05  # of a margin: an answer's own rounding, and the server's batches


@pytest.fixture(scope="module")
def url():
    found = os.environ.get("PIIFORGE_MODEL_URL", "")
    if not found:
        pytest.skip("PIIFORGE_MODEL_URL names no server; scripts/model_server.py starts one.")
    return found


@pytest.fixture(scope="module")
def cases(tiny):
    return read_cases(tiny.folder, "test")


@pytest.fixture(scope="module")
def settings(tiny):
    remote = chat.Settings(MODEL, timeout_s=600, most_at_once=1)
    told = descriptions_of(tiny.folder)
    return predict.Settings(descriptions=told, shots=2, pool=SHOTS, remote=remote)


@pytest.fixture(scope="module")
def server(url, settings):
    opened = predict.open(f"server:{url}#{MODEL}", settings)
    yield opened
    opened.close()


def margins(server, manner, cases):
    """Return the margin of each case, asked in `manner`."""
    client, turns = server._client, server._turns
    said = client.ask([manner.verdict(case.id, turns(case)) for case in cases])
    return [odds(each.tokens, each.asked.begun).margin for each in said]


def test_the_prompt_is_proven_to_be_the_servers_own(server):
    assert server.manner.way == "completion"
    assert server.manner.system == prompt.SYSTEMS[1]


def test_every_row_has_its_prediction(server, cases):
    said = list(server.predict(cases[:ROWS]))
    assert sorted(each.id for each in said) == sorted(case.id for case in cases[:ROWS])
    for each in said:
        assert (each.is_sensitive is None) is (each.p_sensitive is None)


def test_a_rendered_prompt_and_a_begun_answer_give_the_same_margins(server, cases):
    begun = replace(server.manner, way=chat.Way.CONTINUED, render=None)
    ways = [margins(server, manner, cases[:ROWS]) for manner in (server.manner, begun)]
    assert ways[0] == pytest.approx(ways[1], abs=NEAR)


def test_a_begun_answer_is_gone_on_with(server, cases):
    begun = replace(server.manner, way=chat.Way.CONTINUED, render=None)
    asked = begun.go_on("test", server._turns(cases[0]), BEGUN, 1)
    (said,) = server._client.ask([asked])
    assert said.text.removeprefix(BEGUN).startswith(",")


def test_an_explanation_comes_back_as_text(server, cases):
    said = server.explain(cases[0], True)
    assert isinstance(said, str)
    assert prompt.ANSWER_PREFIX not in said


def test_the_weights_in_this_process_give_the_same_verdicts(url, settings, cases):
    pytest.importorskip("torch", reason="torch is not installed")
    folder = os.environ.get("PIIFORGE_MODEL_FOLDER", "")
    if not folder:
        pytest.skip("PIIFORGE_MODEL_FOLDER names no folder with the weights that are served.")
    rows = cases[:50]
    plain = replace(settings, shots=0, pool=())
    found = []
    for name, told in (
        (f"server:{url}#{MODEL}", replace(plain, tokenizer=folder)),
        (f"local:{folder}", replace(plain, verdict_only=True, dtype="float32")),
    ):
        opened = predict.open(name, told)
        found.append({each.id: each.p_sensitive for each in opened.predict(rows)})
        opened.close()
    served, here = found
    decided = [case.id for case in rows if served[case.id] is not None]
    assert [served[each] for each in decided] == pytest.approx(
        [here[each] for each in decided], abs=0.02
    )
