"""Values and keys through every command at DEBUG, with faults: none comes out where it may not.

A thousand values that our generators draw stand in logs, cases, seeds and written lines; three keys
stand in the environment and in a file. Every command that meets them runs as a process of its own
with all loggers at DEBUG, well and with a fault: a file that is cut off or no JSON, an endpoint
that fails, a kill. Looked for is each of them, as it is and as a URL writes it, in
standard output and error, and in what is left beside the results that are to hold contents.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

from proofs import ROOT, SMALL, TESTS, Line, environment

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
        with FaultServer(faults=0.3, latency_s=0.01, answer=Model().answer) as server:
            for words, kill in _commands(server.url):
                count += 1
                said = _run(words, room, keys, kill=kill)
                shown = " ".join(map(str, words[:2]))
                found += [f"{shown}: {where}" for where in _seen(said, room, sought)]
    return Line(
        "canaries",
        f"{len(values)} values and {_KEYS} keys through {count} commands at DEBUG, with faults",
        len(values) + _KEYS,
        f"{len(found)} seen in output, errors, metrics, reports or state",
        not found,
        {"seen": found[:20]},
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


def _commands(url: str) -> Iterator[tuple[list[object], bool]]:
    """Yield the words of each command, and whether it is killed on its way."""
    remote = ("--base-url", url, "--key-variable", "CANARY_KEY", "--model", "tiny")
    scan = ("scan", "a.log", "--reference-key", "key", "--force")
    for words in (
        (*scan, "-o", "out.jsonl"), (*scan, "-o", "out.parquet", "--emit", "ga4=ga4.json"),
        ("scan", "a.log"), ("scan", "torn.jsonl", "torn.parquet", "torn.gz", "-o", "t.jsonl"),
        ("scan", "torn.jsonl", "--column", "a", "-o", "c.jsonl", "--force"),
        ("scan", "nothing.log", "-o", "n.jsonl"), ("scan", "a.log", "-o", "/proc/no.jsonl"),
        ("predict", "cases.jsonl", "--with", "rules", "--out", "said.jsonl", "--force"),
        ("predict", "cut.jsonl", "--with", "rules", "--out", "cut.out.jsonl"),
        ("predict", "odd.jsonl", "--with", "rules", "--out", "odd.out.jsonl"),
        ("predict", "few.jsonl", "--with", "openai:tiny", "--out", "far.jsonl", *remote[:4]),
        ("score", "cases.jsonl", "said.jsonl", "--report", "score.html", "--force"),
        ("score", "cases.jsonl", "cut.jsonl"),
        ("mine", "cases.jsonl", "said.jsonl", "--out", "m.yaml"),
        ("seeds", "cases.jsonl", "--out", "seeds.tsv"),
        ("seeds", "cut.jsonl", "--out", "s2"),
        ("check", "cases.jsonl", "--out", "checked"), ("split", "odd.jsonl", "--out", "split"),
        ("build", "odd.yaml", "--out", "built"), ("verify", "odd.yaml"),
        ("review", "cases.jsonl", "--tally"),
        ("adapt", "few.jsonl", "--out", "mine.npz"),
        ("train", "nothing", "--model", "nothing", "--out", "r"),
        ("write", TINY, 'categories=["email"]', "writing.lines=6", *remote, "--out", "written"),
        ("build", TINY, *SMALL, "--out", "set"), ("verify", "set", "--against", "few.jsonl"),
    ):  # fmt: skip
        yield list(words), False
    yield ["scan", "a.log", "-o", "killed.jsonl", "--batch", 16], True


def _run(words: Sequence[object], room: Path, keys: Sequence[str], *, kill: bool) -> str:
    variables = environment(CANARY_KEY=keys[0], OPENAI_API_KEY=keys[1])
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, words)], cwd=room, env=variables, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        errors="replace",
    ) as process:  # fmt: skip
        if kill:
            until = time.monotonic() + 30
            while not (room / "killed.jsonl.part").exists() and time.monotonic() < until:
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
        said: str = process.communicate()[0]
    return said


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
