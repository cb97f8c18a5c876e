"""Laws of the queue: one model, many who ask, nobody gets another's answer or waits without end."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import httpx
import pytest
from served import drawn, serving, wait_until
from slow_system import Slow

from piiforge import categories, predict

NAMES = [category.id for category in categories.ALL]


def ask(client: httpx.Client, content: str, **more) -> httpx.Response:
    return client.post("/v1/verdict", json={"content": content, "categories": ["ssn"], **more})


def test_answers_under_concurrency_are_those_given_alone():
    contents = [f"n={at}&{name}={drawn(name, at)}" for at in range(12) for name in NAMES]
    with predict.load("rules") as rules:
        alone = [[found.record() for found in judged.values()] for judged in rules.judge(contents)]
    with serving() as client, ThreadPoolExecutor(12) as pool:
        replies = pool.map(
            lambda each: client.post("/v1/verdict", json={"content": each}), contents
        )
        together = [reply.json()["verdicts"] for reply in replies]
    assert together == alone


def test_who_asks_at_the_same_time_shares_a_batch_and_contents_stay_together():
    slow = Slow(a_batch_s=0.1)
    with serving(slow.detector, most_pairs=8) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: client.post("/v1/verdict", json={"content": str(at)}), range(8)))
    asked = slow.batches[1:]  # the first is the warm-up
    assert len(asked) < 8
    for batch in asked:
        assert len(batch) <= 8
        assert {len(list(same)) for _, same in groupby(batch)} == {2}


def test_one_alone_waits_no_longer_than_it_was_told():
    with serving(Slow().detector, most_wait_ms=50) as client:
        ask(client, "warm")
        began = time.monotonic()
        ask(client, "x")
        assert 0.05 <= time.monotonic() - began < 0.5


def test_too_much_is_refused_with_a_time_and_what_is_accepted_stays_quick():
    gate = threading.Event()

    class Gated(Slow):
        """Answers nothing until the gate is open: by then all have come, on any machine."""

        def predict(self, cases):
            if cases[0].content.isdigit():
                gate.wait(20)
            return super().predict(cases)

    slow = Gated(a_case_s=0.01)
    with serving(slow.detector, most_waiting=20, most_pairs=4) as client:
        ask(client, "one to measure by")
        with ThreadPoolExecutor(60) as pool:
            asked = [pool.submit(ask, client, str(at)) for at in range(60)]
            wait_until(lambda: sum(each.done() for each in asked) >= 60 - 20 - 4)
            ahead = len(slow.batches)
            gate.set()
            replies = [each.result() for each in asked]
    taken = [reply for reply in replies if reply.status_code == 200]
    refused = [reply for reply in replies if reply.status_code == 429]
    assert len(taken) + len(refused) == 60
    assert 20 <= len(taken) <= 20 + 4  # those that wait, and the batch under way
    # What is accepted is as quick as its own queue: no batch comes between that holds another's
    assert sum(map(len, slow.batches[ahead:])) <= len(taken)
    assert {int(reply.headers["retry-after"]) for reply in refused} <= {1, 2}


def test_what_would_wait_past_its_time_is_refused_though_the_queue_has_room():
    with serving(Slow(a_case_s=0.1).detector, timeout_s=1, most_pairs=1) as client:
        ask(client, "one to measure by")
        with ThreadPoolExecutor(30) as pool:
            said = Counter(pool.map(lambda at: ask(client, str(at)).status_code, range(30)))
    assert set(said) <= {200, 429}
    assert 5 <= said[200] <= 12


def test_what_has_no_turn_in_time_leaves_the_queue_and_is_never_asked():
    slow = Slow(a_batch_s=0.8)
    with serving(slow.detector, timeout_s=0.5, most_pairs=1) as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(ask, client, "first")
            time.sleep(0.2)
            second = pool.submit(ask, client, "second")
        assert first.result().status_code == 504  # the model had begun with it
        assert second.result().status_code in (429, 503)
        assert int(second.result().headers["retry-after"]) >= 1
        time.sleep(0.5)
        assert ["second"] not in slow.batches
        assert "piiforge_waiting_questions 0.0" in client.get("/metrics").text


def test_one_content_that_breaks_the_model_spoils_no_other_answer():
    slow = Slow(a_batch_s=0.05)
    with serving(slow.detector, most_wait_ms=200) as client, ThreadPoolExecutor(4) as pool:
        contents = ["666", "poison", "7", "8"]
        replies = list(pool.map(lambda content: ask(client, content), contents))
        assert [reply.status_code for reply in replies] == [200, 500, 200, 200]
        assert replies[0].json()["is_sensitive"] is True
        assert "poison" not in replies[1].text
        assert ask(client, "after").status_code == 200


def test_reasons_are_written_only_for_those_who_want_them():
    class Explaining(Slow):
        def __init__(self) -> None:
            super().__init__(a_batch_s=0.05)
            self.explained: list[str] = []

        def explain(self, case, verdict):
            self.explained.append(case.content)
            return f"verdict {verdict}"

    slow = Explaining()
    with serving(slow.detector, most_wait_ms=100) as client, ThreadPoolExecutor(2) as pool:
        wanted = pool.submit(ask, client, "666 a", explain=True)
        plain = pool.submit(ask, client, "666 b")
    assert wanted.result().json()["verdicts"][0]["explanation"] == "verdict True"
    assert plain.result().json()["verdicts"][0]["explanation"] == ""
    assert slow.explained == ["666 a"]


def test_the_model_is_asked_by_one_thread_and_closed_at_the_end():
    threads = set()

    class Noting(Slow):
        def predict(self, cases):
            threads.add(threading.current_thread().name)
            return super().predict(cases)

    slow = Noting()
    with serving(slow.detector) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: ask(client, str(at)), range(16)))
    assert threads == {"piiforge-model"}
    assert slow.closed


@pytest.mark.parametrize("several", [1, 5])
def test_a_batch_is_accepted_as_a_whole_or_not_at_all(several):
    slow = Slow(a_batch_s=0.5)
    questions = [{"content": f"q{at}", "categories": ["ssn"]} for at in range(several)]
    few = {"most_waiting": 5, "most_pairs": 1}
    with serving(slow.detector, **few) as client, ThreadPoolExecutor(2) as pool:
        pool.submit(ask, client, "first")
        time.sleep(0.2)
        pool.submit(ask, client, "second")
        time.sleep(0.1)
        reply = client.post("/v1/verdicts", json={"questions": questions})
    asked = [content for batch in slow.batches for content in batch if content.startswith("q")]
    assert reply.status_code == (200 if several == 1 else 429)
    assert asked == (["q0"] if several == 1 else [])


def test_requests_beyond_those_that_may_be_under_way_are_shed_and_the_probes_are_not():
    slow = Slow(a_batch_s=0.5)
    with serving(slow.detector, most_requests=2) as client, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask, client, str(at)) for at in range(2)]
        time.sleep(0.25)
        shed = ask(client, "third")
        assert (shed.status_code, shed.headers["retry-after"]) == (429, "1")
        assert {client.get(path).status_code for path in ("/health", "/ready", "/metrics")} == {200}
        assert {each.result().status_code for each in asked} == {200}
        assert ask(client, "fourth").status_code == 200
