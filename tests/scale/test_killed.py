"""A killed driver costs the shards that were being made, and its workers do not outlive it."""

import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from small_set import ASKED, OF, how, make, needs_ray, sums

from piiforge.errors import AskedWrongly
from piiforge.scale import engines

DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
from small_set import how, make
make(sys.argv[2], how(2))
"""


def awaited(found, seconds=120):
    """Return what `found` gives, once it gives anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if told := found():
            return told
        time.sleep(0.02)
    raise AssertionError("it never came")


def test_a_killed_driver_is_resumed_to_the_same_bytes(tmp_path):
    make(tmp_path / "whole")
    here = Path(__file__).parent
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, here, tmp_path / "set"])
    place = tmp_path / "set.shards"
    awaited(lambda: list(place.glob("shard-*.json")))
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    kept = {path: path.stat().st_mtime_ns for path in place.glob("shard-*.json")}
    assert 0 < len(kept) < OF + 1
    with pytest.raises(AskedWrongly, match="unfinished"):
        make(tmp_path / "set")
    make(tmp_path / "set", how(resume=True))
    assert sums(tmp_path / "set") == sums(tmp_path / "whole")


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:6379", "ray://127.0.0.1:1"])
def test_a_cluster_that_does_not_answer_is_told_in_a_sentence(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(AskedWrongly, match=f"no Ray cluster answers at {address}"):
        list(engines.get("ray").run(ASKED.model_dump, []))


@needs_ray
@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["nothing", "HTTP"]
)
def test_what_listens_there_and_is_no_cluster_is_told_in_a_sentence(said, monkeypatch):
    class Other(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(said)

    with socketserver.TCPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(AskedWrongly, match=f"no Ray cluster answers at {address}"):
            list(engines.get("ray").run(ASKED.model_dump, []))
