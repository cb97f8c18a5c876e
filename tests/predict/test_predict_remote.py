"""Laws of a remote model, asked through a server that fails on purpose."""

import json

import pytest

from fault_server import FaultServer
from piiforge import chat, predict, prompt
from piiforge.errors import GateFailed
from piiforge.types import Case, Verdict

CASES = [Case(f"c{number}", "ssn", f"line {number}") for number in range(12)]
YES = prompt.answer(Verdict(True, 0.9, "SSN under its key."))


def opened(server, folder, **more):
    remote = chat.Settings(
        "", key_variable="PIIFORGE_TEST_KEY", backoff_s=0.001, tries=2, patience_s=1.0
    )
    settings = predict.Settings(
        descriptions={"ssn": "US Social Security number"},
        remote=remote,
        journal=folder / "calls.sqlite",
        **more,
    )
    return predict.open(f"chat:{server.url}#tiny", settings)


@pytest.fixture
def close():
    """Close what a test opened, whatever becomes of the test."""
    opened_ones = []
    yield lambda predictor: opened_ones.append(predictor) or predictor
    for predictor in opened_ones:
        predictor.close()


def test_every_case_gets_the_answer_of_the_server(tmp_path, close):
    with FaultServer(answer=lambda _payload: YES) as server:
        said = list(close(opened(server, tmp_path)).predict(CASES))
    assert sorted(each.id for each in said) == sorted(case.id for case in CASES)
    assert {(each.is_sensitive, each.raw) for each in said} == {(True, YES)}


def test_nothing_is_paid_twice(tmp_path):
    with FaultServer(answer=lambda _payload: YES) as server:
        for _ in range(2):
            predictor = opened(server, tmp_path)
            assert len(list(predictor.predict(CASES))) == len(CASES)
            predictor.close()
        assert set(server.paid.values()) == {1}


def test_the_schema_is_that_of_the_contract_and_plain_sends_none(tmp_path):
    with FaultServer(answer=lambda _payload: YES, keep=True) as server:
        for number, plain in enumerate((False, True)):
            (tmp_path / str(number)).mkdir()
            predictor = opened(server, tmp_path / str(number), plain=plain)
            list(predictor.predict(CASES[:1]))
            predictor.close()
    bodies = [body for _, body in server.seen if "line 0" in body["messages"][-1]["content"]]
    schema = bodies[0]["response_format"]["json_schema"]["schema"]
    assert tuple(schema["properties"]) == prompt.KEYS
    assert "response_format" not in bodies[1]
    asked = prompt.question("ssn", "US Social Security number", CASES[0].content)
    assert bodies[1]["messages"][-1]["content"] == f"{prompt.INSTRUCTION}\n{asked}"


def test_an_answer_that_is_no_json_is_kept_raw_without_a_verdict(tmp_path, close):
    with FaultServer(answer=lambda _payload: "I think so.") as server:
        said = list(close(opened(server, tmp_path)).predict(CASES[:2]))
    assert {(each.is_sensitive, each.raw) for each in said} == {(None, "I think so.")}


@pytest.mark.parametrize("kind", ["length", "refusal"])
def test_what_was_cut_or_refused_is_a_prediction_without_a_verdict(tmp_path, close, kind):
    with FaultServer(answer=lambda _payload: YES, script=("ok", kind)) as server:
        (said,) = close(opened(server, tmp_path)).predict(CASES[:1])
    assert said.is_sensitive is None


def test_a_lost_call_is_told_at_the_end_and_asked_again_by_the_next_run(tmp_path):
    with FaultServer(
        answer=lambda _payload: YES, script=("ok", *("500",) * 2 * len(CASES))
    ) as server:
        predictor = opened(server, tmp_path)
        with pytest.raises(GateFailed, match=r"12 of 12 rows have no answer: .*--resume"):
            list(predictor.predict(CASES))
        predictor.close()
        again = opened(server, tmp_path)
        assert len(list(again.predict(CASES))) == len(CASES)
        again.close()


def test_a_timed_row_has_a_time_only_where_the_answer_was_made_now(tmp_path, close):
    with FaultServer(answer=lambda _payload: YES, latency_s=0.02) as server:
        predictor = close(opened(server, tmp_path))
        first, second = predictor.timed(CASES[0]), predictor.timed(CASES[0])
    assert first is not None
    assert second is not None
    assert first.latency_ms is not None
    assert 20 <= first.latency_ms < 5000
    assert second.latency_ms is None


def test_shots_are_sent_as_turns(tmp_path, close):
    pool = tuple(
        predict.Shot("ssn", f"example {number}", Verdict(number % 2 == 0, 0.9, "Because."))
        for number in range(4)
    )
    with FaultServer(answer=lambda _payload: YES, keep=True) as server:
        list(close(opened(server, tmp_path, shots=2, pool=pool)).predict(CASES[:1]))
    roles = [message["role"] for message in server.seen[-1][1]["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    assert json.loads(server.seen[-1][1]["messages"][1]["content"])["explanation"] == "Because."
