"""Laws of the command: how it begins, what it says, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from served import TOKEN, serving, wait_until

from piiforge import serve
from piiforge.errors import AskedWrongly, UnknownName

# The command as `piiforge serve` is: run as a process, with a system of a known slowness behind it
SLOW = textwrap.dedent(
    """
    import sys
    sys.path.insert(0, {tests!r})
    from slow_system import Slow
    from piiforge import serve
    slow = Slow(a_batch_s={seconds})
    serve.run(slow.detector, serve.Settings(port=0, grace_s={grace}),
              listening=lambda place: print(place.url, flush=True))
    print("closed", slow.closed, flush=True)
    """
)


@contextmanager
def process(*words, **variables):
    """Run a command; give it and the first line that it prints."""
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **variables},
    ) as running:  # fmt: skip
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.kill()


@contextmanager
def slow_process(seconds, grace=10):
    code = SLOW.format(tests=str(Path(__file__).parent), seconds=seconds, grace=grace)
    with process("-c", code) as (running, url), httpx.Client(base_url=url, timeout=30) as client:
        wait_until(lambda: client.get("/ready").status_code == 200)
        yield running, client


@pytest.mark.parametrize(
    "stop", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_lets_what_was_accepted_be_answered(stop):
    with slow_process(0.5) as (running, client), ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(client.post, "/v1/verdict", json={"content": str(at)}) for at in range(4)
        ]
        time.sleep(0.25)
        running.send_signal(stop)
        assert [each.result().status_code for each in asked] == [200] * 4
        assert running.wait(10) == 0
        assert running.stdout.read() == "closed True\n"
        assert running.stderr.read() == ""
        with pytest.raises(httpx.ConnectError):
            client.get("/health")


def test_a_model_that_hangs_does_not_hold_up_the_end():
    code = SLOW.replace(
        "slow.detector", "lambda: slow.predict([]) and __import__('time').sleep(60)"
    )
    asked = code.format(tests=str(Path(__file__).parent), seconds=0, grace=1)
    with process("-c", asked) as (running, _):
        time.sleep(0.3)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert time.monotonic() - began < 5


def test_a_model_that_can_not_be_loaded_ends_the_server_with_its_reason():
    def load():
        raise UnknownName("predictor", "rulse", ["rules"])

    with pytest.raises(UnknownName, match="Did you mean 'rules'"):
        serve.run(load, serve.Settings(port=0))


def test_a_port_that_is_taken_is_said_to_be():
    with serving() as client, pytest.raises(AskedWrongly, match=f"{client.base_url.port}"):
        serve.run(lambda: None, serve.Settings(port=client.base_url.port))


def test_a_server_in_a_thread_leaves_the_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    with serving():
        assert signal.getsignal(signal.SIGTERM) is before
    assert threading.active_count() < 20


COMMAND = ("-c", "from piiforge.cli import main; main()", "serve")


def test_the_command_says_where_it_listens_asks_for_its_token_and_ends_well():
    words = (*COMMAND, "--with", "rules", "--port", "0", "--token-variable", "MINE", "--json")
    with process(*words, MINE=TOKEN) as (running, first):
        text = first
        while not text.endswith("}"):
            text += running.stdout.readline().strip()
        said = json.loads(text)
        assert (said["system"], said["token"]) == ("rules", True)
        with httpx.Client(base_url=said["url"]) as client:
            wait_until(lambda: client.get("/ready").status_code == 200)
            assert client.post("/v1/verdict", json={"content": "x"}).status_code == 401
        running.terminate()
        assert running.wait(10) == 0
        rest = running.stderr.read()
        assert "has been answered" in rest
        assert TOKEN not in text + running.stdout.read() + rest


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--with", "rules", "--pack", "p"), "--with and --pack"),
     (("--with", "rules", "--host", "0.0.0.0"), "no token")],
)  # fmt: skip
def test_what_can_not_be_served_is_refused_before_anything_is_opened(run, words, said):
    told = run("serve", *words)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
