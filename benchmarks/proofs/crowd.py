"""The server among many: connections at once, slow clients, bodies too large, cut off or broken.

The server is `piiforge serve`'s own, in a process of its own. Two hundred clients ask over loopback
as long as it is told, most of them well, the others in turn: a body sent byte by byte, one that is
over the limit, one that is cut off, one that is no JSON. Each answer to a good question is compared
with the one given alone. A refusal is an answer, too, and is counted: 429 and 503 say when to come
back, 504 that the time of the question was up (`--timeout-s`).
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from random import Random

from proofs import Line, environment
from serve import contents, growth, rss_mb

CONNECTIONS = 200
MOST_GROWTH = 0.05
_WAIT_S = 60.0
_START = """
from piiforge import predict, serve
serve.run(lambda: predict.load("rules"), serve.Settings(port=0),
          listening=lambda place: print(place.url, flush=True))
"""
_RUDE = ("slow", "oversized", "cut", "broken")


def prove(times: int, seed: int) -> Line:
    """Ask for `times` seconds."""
    words = [sys.executable, "-c", _START]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline().strip().rpartition(":")[2])
            counts, grew = asyncio.run(_crowd(port, server.pid, times, seed))
        finally:
            server.terminate()
    bad = {name: counts[name] for name in ("lost", "wrong", "unrefused") if counts[name]}
    return Line(
        "crowd",
        f"{CONNECTIONS} connections for {times} s; {', '.join(_RUDE)} bodies among them",
        counts["asked"],
        f"{counts['lost']} answers lost, {counts['wrong']} wrong; {counts['refused']} refused with "
        f"a time to come back, {counts['late']} too late; memory grew by {grew:.1%}",
        not bad and counts["answered"] > 0 and grew < MOST_GROWTH,
        {**counts, "growth": round(grew, 4)},
    )


async def _crowd(port: int, pid: int, seconds: float, seed: int) -> tuple[Counter[str], float]:
    lines = contents(500, Random(seed))
    while (await _ask(port, "GET", "/ready", b""))[0] != "200":
        await asyncio.sleep(0.05)
    alone = {line: (await _ask(port, "POST", "/v1/verdict", _body(line)))[1] for line in lines}
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    sizes: list[float] = []

    async def measure() -> None:
        await asyncio.sleep(min(60, seconds * 0.2))  # until all its connections were there once
        while time.monotonic() < end:
            sizes.append(rss_mb(pid))
            await asyncio.sleep(max(0.2, seconds / 200))

    async def client(number: int) -> None:
        rng = Random(f"{seed}/{number}")
        while time.monotonic() < end:
            if number % 10 == 0:
                await _rude(port, rng.choice(_RUDE), counts)
                continue
            line = rng.choice(lines)
            counts["asked"] += 1
            status, said = await _ask(port, "POST", "/v1/verdict", _body(line))
            if status == "200":
                counts["answered"] += 1
                counts["wrong"] += said != alone[line]
            elif status in ("429", "503"):
                counts["refused"] += 1
                await asyncio.sleep(0.2)
            elif status == "504":
                counts["late"] += 1
            else:
                counts["lost"] += 1
                counts[f"lost: {status}"] += 1

    await asyncio.gather(measure(), *map(client, range(CONNECTIONS)))
    return counts, growth(sizes)


def _body(line: str) -> bytes:
    return json.dumps({"content": line}).encode()


async def _ask(port: int, method: str, path: str, body: bytes) -> tuple[str, bytes]:
    """Return status and body of one exchange on a connection of its own."""
    try:
        return await asyncio.wait_for(_exchange(port, method, path, body), _WAIT_S)
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return type(error).__name__, b""


async def _exchange(port: int, method: str, path: str, body: bytes) -> tuple[str, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_head(method, path, len(body)) + body)
        said = await reader.readuntil(b"\r\n\r\n")
        length = int(said.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return said.split(b" ", 2)[1].decode(), await reader.readexactly(length)
    finally:
        writer.close()


def _head(method: str, path: str, length: int) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()


async def _rude(port: int, how: str, counts: Counter[str]) -> None:
    """Behave badly once; what can be answered is to be refused."""
    counts[how] += 1
    if how == "oversized":
        status, _ = await _ask(port, "POST", "/v1/verdict", _body("x" * 3_000_000))
        counts["unrefused"] += status == "200"
    elif how == "broken":
        status, _ = await _ask(port, "POST", "/v1/verdict", b'{"content": "')
        counts["unrefused"] += status == "200"
    else:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(_head("POST", "/v1/verdict", 40))
            for byte in b'{"content": "x'[: 4 if how == "cut" else 14]:
                writer.write(bytes([byte]))
                await asyncio.sleep(0 if how == "cut" else 0.1)
        except OSError:
            pass
        finally:
            writer.close()
    await asyncio.sleep(0.05)
