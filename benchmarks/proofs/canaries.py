"""Values and keys through every command at DEBUG, with faults: none comes out where it may not.

A thousand values that our generators draw stand in logs, cases, seeds and written lines; three keys
stand in the environment and in a file. Every command that meets them runs as a process of its own
with all loggers at DEBUG, well and with a fault: a file that is cut off or no JSON, an endpoint
that fails, a kill, a killed worker. The server is asked with each, well and in broken bodies, and
its /metrics is read. Looked for is each of them, as it is and as a URL writes it, in
standard output and error, and in what is left beside the results that are to hold contents.
A command that ends otherwise than it should (a usage error proves nothing) is counted as well.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

import httpx

from proofs import ROOT, SMALL, TESTS, Line, environment
from proofs.kills import children

sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "scan"))

from scan_logs import canaries as drawn  # type: ignore[import-not-found]

from fault_server import FaultServer  # type: ignore[import-not-found]  # a test's, found by path
from write_model import Model  # type: ignore[import-not-found]

TINY = ROOT / "recipes" / "tiny.yaml"
LOUD = "import logging; logging.basicConfig(level=logging.DEBUG); "
MAIN = LOUD + "from piiforge.cli import main; main()"
_LEAST = 7  # a value shorter than that stands everywhere by luck
_KEYS = 3
_PORT = 18_437
_WORKER = 1  # the exit code of a command whose worker was killed


def prove(times: int, seed: int) -> Line:
    """Send `times` values, and three keys."""
    rng = Random(f"canaries/{seed}")
    keys = [f"sk-canary-{rng.randbytes(12).hex()}" for _ in range(_KEYS)]
    values = [(name, value) for name, value in drawn(times) if len(value) >= _LEAST]
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        room = Path(place)
        _make_inputs(room, values)
        (room / "key").write_text(keys[2])
        sought = _needles([*keys, *(value for _, value in values)])
        found: list[str] = []
        count = 0
        ended: list[str] = []
        with FaultServer(faults=0.3, latency_s=0.01, answer=Model().answer) as server:
            for words, code in _commands(server.url):
                count += 1
                print(f"canaries: {' '.join(map(str, words))}"[:90], file=sys.stderr, flush=True)
                got, said = _run(words, room, keys, kill=code in {-signal.SIGKILL, _WORKER})
                shown = " ".join(map(str, words[:2]))
                found += [f"{shown}: {where}" for where in _seen(said, room, sought)]
                if got != code or "Usage: " in said:
                    ended.append(f"{shown}: exit code {got}, not {code}")
        found += [f"serve: {where}" for where in _seen(_served(room, keys, values), room, sought)]
    return Line(
        "canaries",
        f"{len(values)} values and {_KEYS} keys through {count} commands and a server at "
        "DEBUG, with faults",
        len(values) + _KEYS,
        f"{len(found)} seen in output, errors, metrics, reports or state",
        not found and not ended,
        {"seen": found[:20], "ended otherwise": ended},
    )


def _make_inputs(room: Path, values: Sequence[tuple[str, str]]) -> None:
    lines = [f"GET /p?{name}={quote_plus(value)}&x=1" for name, value in values]
    (room / "a.log").write_text("\n".join(lines))
    (room / "torn.jsonl").write_text("\n".join(json.dumps({"a": line})[:-9] for line in lines))
    (room / "torn.parquet").write_bytes(b"PAR1" + "\n".join(lines).encode())
    (room / "torn.gz").write_bytes(b"\x1f\x8b\x08\x00" + "\n".join(lines).encode())
    cases = [{"id": f"c{at}", "category": name, "content": line, "label": at % 2 == 0}
             for at, ((name, _), line) in enumerate(zip(values, lines, strict=True))]  # fmt: skip
    whole = "\n".join(map(json.dumps, cases))
    (room / "cases.jsonl").write_text(whole)
    (room / "few.jsonl").write_text("\n".join(map(json.dumps, cases[:12])))
    (room / "cut.jsonl").write_text(whole[:-20])
    (room / "odd.jsonl").write_text(
        "\n".join(json.dumps({**one, "label": one["content"]}) for one in cases)
    )
    (room / "odd.yaml").write_text(f"name: {json.dumps(lines[0])}\nrows: {json.dumps(lines[1])}\n")


def _commands(url: str) -> Iterator[tuple[list[object], int]]:
    """Yield the words of each command, and its exit code; -9 and 1 ask for a kill."""
    remote = ("--base-url", url, "--key-variable", "CANARY_KEY", "--model", "tiny")
    scan = ("scan", "a.log", "--reference-key", "key", "--force")
    for code, *words in (
        (0, *scan, "-o", "out.jsonl"),
        (0, *scan, "-o", "out.parquet", "--emit", "ga4=ga4.json"),
        (0, "scan", "a.log"),
        (0, "scan", "torn.jsonl", "torn.parquet", "torn.gz", "-o", "t.jsonl"),
        (0, "scan", "torn.jsonl", "--column", "a", "-o", "c.jsonl", "--force"),
        (2, "scan", "nothing.log", "-o", "n.jsonl"), (74, "scan", "a.log", "-o", "/proc/no.jsonl"),
        (0, "predict", "cases.jsonl", "--with", "rules", "--out", "said.jsonl", "--force"),
        (2, "predict", "cut.jsonl", "--with", "rules", "--out", "cut.out.jsonl"),
        (2, "predict", "odd.jsonl", "--with", "rules", "--out", "odd.out.jsonl"),
        (0, "predict", "few.jsonl", "--with", f"chat:{url}#tiny", "--out", "far.jsonl",
         "--key-variable", "CANARY_KEY", "--latency", 0, "--timeout-s", 1),
        (0, "score", "cases.jsonl", "said.jsonl", "--report", "score.html", "--force"),
        (2, "score", "cases.jsonl", "cut.jsonl"),
        (0, "mine", "cases.jsonl", "said.jsonl", "--out", "m.yaml"),
        (0, "seeds", "cases.jsonl", "--out", "seeds.tsv"),
        (2, "seeds", "cut.jsonl", "--out", "s2"),
        (2, "check", "cases.jsonl", "--out", "checked"),
        (2, "split", "odd.jsonl", "--out", "split"),
        (2, "build", "odd.yaml", "--out", "built"), (2, "verify", "odd.yaml"),
        (1, "review", "cases.jsonl", "--tally"),
        (2, "adapt", "few.jsonl", "--out", "mine.npz"),
        (2, "train", "nothing", "--model", "nothing", "--out", "r"),
        (0, "write", TINY, 'categories=["email"]', "writing.lines=6", *remote, "--out", "written"),
        (0, "build", TINY, *SMALL, "--out", "set"), (0, "verify", "set", "--against", "few.jsonl"),
        (-9, "scan", "a.log", "-o", "killed.jsonl", "--batch", 16),
        (_WORKER, "build", TINY, *SMALL, "--out", "set2", "--workers", 2),
    ):  # fmt: skip
        yield list(words), code


def _run(
    words: Sequence[object], room: Path, keys: Sequence[str], *, kill: bool
) -> tuple[int, str]:
    """Return the exit code and all that was said; with `kill`, kill it or one of its workers."""
    with _process(words, room, keys) as process:
        until = time.monotonic() + 60
        while kill and time.monotonic() < until and process.poll() is None:
            if words[0] == "scan" and (room / "killed.jsonl.part").exists():
                os.kill(process.pid, signal.SIGKILL)
                break
            if words[0] == "build" and (workers := children(process.pid)):
                os.kill(workers[-1], signal.SIGKILL)
                break
            time.sleep(0.01)
        said: str = process.communicate()[0]
    return process.returncode, said


def _process(words: Sequence[object], room: Path, keys: Sequence[str]) -> subprocess.Popen[str]:
    variables = environment(CANARY_KEY=keys[0], OPENAI_API_KEY=keys[1])
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, words)], cwd=room, env=variables, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        errors="replace",
    )  # fmt: skip


def _served(room: Path, keys: Sequence[str], values: Sequence[tuple[str, str]]) -> str:
    """Ask a server at DEBUG with all values; return what it said, with /metrics and refusals."""
    told: list[str] = []
    words = ("serve", "--with", "rules", "--port", _PORT, "--token-variable", "CANARY_KEY")
    head = {"Authorization": f"Bearer {keys[0]}"}
    with _process(words, room, keys) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", timeout=60, headers=head) as client:
            until = time.monotonic() + 60
            while time.monotonic() < until and not told:
                with suppress(httpx.TransportError):
                    told += ["ready"] if client.get("/ready").is_success else []
                time.sleep(0.1)
            assert told, "the server did not start"
            for name, value in values:
                line = f"GET /p?{name}={quote_plus(value)}&x=1"
                client.post("/v1/verdict", json={"content": line}).raise_for_status()
                for broken in (json.dumps({"content": line})[:-2], json.dumps({"content": [line]})):
                    answer = client.post("/v1/verdict", content=broken)
                    assert 400 <= answer.status_code < 500, answer.status_code
                    told.append(answer.text)
            metrics = client.get("/metrics")
            assert metrics.is_success
            told.append(metrics.text)
        process.terminate()
        told.append(process.communicate()[0])
    return "\n".join(told)


def _needles(texts: Sequence[str]) -> list[str]:
    return sorted({way for text in texts for way in (text, quote(text), quote_plus(text))})


# Inputs, and what is to hold contents: predictions of a case file are asked for with it
_INPUTS = {"a.log", "torn.jsonl", "torn.parquet", "torn.gz", "cases.jsonl", "few.jsonl",
           "cut.jsonl",
           "odd.jsonl", "odd.yaml", "key"}  # fmt: skip


def _seen(said: str, room: Path, sought: Sequence[str]) -> Iterator[str]:
    """Yield where one of them is seen: in what was said, or in a file that is no input."""
    if any(each in said for each in sought):
        yield "output"
    for path in sorted(room.rglob("*")):
        if path.is_file() and path.name not in _INPUTS:
            held = path.read_bytes().decode("utf-8", "replace")
            if any(each in held for each in sought):
                yield path.relative_to(room).as_posix()
                path.unlink()
