"""How a server holds up: at 80 % of what it can do, and at three times as much.

    python benchmarks/serve.py [--with rules] [--slowed-ms 0] [--seconds 20]
                               [--overload-seconds 10] [--json]

The server is `piiforge serve`'s own, in a process of its own; the requests come over loopback from
this one. Capacity is measured first, by as many clients as fill its batches. Then requests arrive
at times drawn from a seed (open loop: a slow answer holds back none of those behind it), each with
one content and all categories. Latencies are from the time at which a request was due. `cpu` is the
processor seconds that the server used a second. Memory is its resident size: the mean of the last
quarter of the load over that of the first. `--seconds 1800` is half an hour.

`rules` takes a few microseconds a question, so what is measured then is HTTP itself, and a refusal
costs a quarter of an answer. `--slowed-ms 10` shows the queue before a system of a model's speed.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

PROBE_CLIENTS = 16
PROBE_S = 6.0
_START = """
import sys, time
from piiforge import predict, serve

class Slowed:
    def __init__(self, inner, seconds):
        self.inner, self.seconds = inner, seconds
    def predict(self, cases):
        time.sleep(self.seconds * len(cases))
        return self.inner.predict(cases)
    def close(self):
        self.inner.close()

def load():
    name, slowed_ms = sys.argv[1], float(sys.argv[2])
    if not slowed_ms:
        return predict.load(name)
    with predict.load(name) as known:
        inner = predict.open(name, predict.Settings())
        return predict.Detector(name, Slowed(inner, slowed_ms / 1000), known.categories)

serve.run(load, serve.Settings(port=0), listening=lambda place: print(place.url, flush=True))
"""


@dataclass
class Load:
    """What came of one load. `took_ms` is of the accepted, `rss_mb` is taken through time."""

    name: str
    asked_a_second: float
    seconds: float = 0.0
    took_ms: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    rss_mb: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def record(self) -> dict[str, object]:
        """Return it as one row of the table."""
        asked = sum(self.statuses.values())
        accepted = self.statuses["200"]
        return {
            "load": self.name,
            "asked/s": round(self.asked_a_second, 1),
            "answered/s": round(accepted / self.seconds, 1),
            "p50_ms": round(quantile(self.took_ms, 0.50), 1),
            "p95_ms": round(quantile(self.took_ms, 0.95), 1),
            "p99_ms": round(quantile(self.took_ms, 0.99), 1),
            "max_ms": round(max(self.took_ms, default=0.0), 1),
            "429_share": round(self.statuses["429"] / asked, 4),
            "errors": asked - accepted - self.statuses["429"],
            "statuses": " ".join(f"{name}:{count}" for name, count in self.statuses.items()),
            "cpu": round(self.cpu_s / self.seconds, 2),
            "rss_growth": round(growth(self.rss_mb), 4),
        }


def quantile(values: list[float], share: float) -> float:
    """Return the value that `share` of `values` do not pass; 0 of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def growth(sizes: list[float]) -> float:
    """Return by which share the mean of the last quarter is over that of the first."""
    quarter = max(1, len(sizes) // 4)
    first, last = sizes[:quarter], sizes[-quarter:]
    return (sum(last) / len(last)) / (sum(first) / len(first)) - 1 if sizes else 0.0


def contents(count: int, rng: Random) -> list[str]:
    """Return lines of log that nobody's number stands in; no two are the same."""
    return [
        f"event=page_view&page=/p/{rng.randrange(10**6)}&ssn=000-{rng.randrange(10, 99)}-"
        f"{rng.randrange(1000, 9999)}&tel=+1-202-555-0{rng.randrange(100, 200)}&sku={at}"
        for at in range(count)
    ]


class Client:
    """Keeps connections and asks one request at a time on each. Little enough not to be measured.

    Connections are as many as there are requests under way; `most` of them at once.
    """

    def __init__(self, url: str, most: int = 256) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._turn = asyncio.Semaphore(most)

    async def status(self, method: str, path: str, body: bytes = b"") -> str:
        """Return the status that a request gets, or the name of the fault."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        async with self._turn:
            try:
                while self._free and self._free[-1][0].at_eof():  # kept alive for long enough
                    self._free.pop()
                ends = self._free.pop() if self._free else await self._open()
                ends[1].write(head.encode() + body)
                said = await ends[0].readuntil(b"\r\n\r\n")
                length = said.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await ends[0].readexactly(int(length))
            except (OSError, asyncio.IncompleteReadError) as error:
                return type(error).__name__
            if b"connection: close" not in said.lower():
                self._free.append(ends)
            return said.split(b" ", 2)[1].decode()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port)


async def ask(client: Client, content: str, due: float, load: Load) -> None:
    """Send one request and note what came of it."""
    status = await client.status("POST", "/v1/verdict", json.dumps({"content": content}).encode())
    load.statuses[status] += 1
    if status == "200":
        load.took_ms.append(1000 * (time.monotonic() - due))


async def capacity(client: Client, lines: list[str]) -> float:
    """Return how many requests a second are answered when there are always some waiting."""
    load = Load("probe", 0.0)
    began = time.monotonic()
    end = began + PROBE_S

    async def one(at: int) -> None:
        while time.monotonic() < end:
            await ask(client, lines[at % len(lines)], time.monotonic(), load)
            at += PROBE_CLIENTS

    await asyncio.gather(*(one(at) for at in range(PROBE_CLIENTS)))
    return load.statuses["200"] / (time.monotonic() - began)


async def steady(client: Client, lines: list[str], load: Load, seconds: float, pid: int) -> Load:
    """Let requests arrive for `seconds`, apart by times drawn from an exponential."""
    rng = Random(f"{load.name}/1")
    used_s = cpu_s(pid)
    began = time.monotonic()
    due, under_way, measured = began, set[asyncio.Task[None]](), began
    at = 0
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        task = asyncio.create_task(ask(client, lines[at % len(lines)], due, load))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        if time.monotonic() > measured:
            load.rss_mb.append(rss_mb(pid))
            measured = time.monotonic() + max(0.25, seconds / 400)
        due += rng.expovariate(load.asked_a_second)
        at += 1
    await asyncio.gather(*under_way)
    load.seconds = time.monotonic() - began
    load.cpu_s = cpu_s(pid) - used_s
    return load


def rss_mb(pid: int) -> float:
    """Return the resident size of a process in MiB (Linux)."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii").partition("VmRSS:")[2]
    return int(told.split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used (Linux)."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, pid: int, asked: argparse.Namespace) -> list[Load]:
    """Measure the capacity, then both loads."""
    client = Client(url)
    while await client.status("GET", "/ready") != "200":
        await asyncio.sleep(0.05)
    lines = contents(5000, Random(1))
    await capacity(client, lines)  # warm
    most = await capacity(client, lines)
    return [
        await steady(client, lines, Load("80 % of capacity", 0.8 * most), asked.seconds, pid),
        await steady(
            client, lines, Load("3 times capacity", 3 * most), asked.overload_seconds, pid
        ),
    ]


def main() -> None:
    """Serve, measure and print the table."""
    parser = argparse.ArgumentParser(description="How a server holds up under load.")
    parser.add_argument("--with", dest="system", default="rules", help="as of `piiforge serve`")
    parser.add_argument(
        "--slowed-ms", type=float, default=0.0, help="added to each question, without any work"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of the steady load")
    parser.add_argument("--overload-seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with subprocess.Popen(
        [sys.executable, "-c", _START, asked.system, str(asked.slowed_ms)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            rows = [each.record() for each in asyncio.run(measure(url, server.pid, asked))]
        finally:
            server.terminate()
    if asked.json:
        print(json.dumps(rows))
        return
    for name in rows[0]:
        print(f"{name:12}", *(f"{row[name]!s:>26}" for row in rows))


if __name__ == "__main__":
    main()
