"""Odd inputs by the thousand to what reads untrusted text: no uncaught error, and none is slow.

Inputs are made from seeds: pieces that are near to what is read (keys, numbers, JSON, escapes, text
of many scripts, broken bytes), joined, cut, doubled and spoilt. A reader may answer with an error
of its own; anything else is counted. Times are the processor's, by inputs cut to 8 kB at most.
`hypothesis` draws inputs of its own for the same readers in tests/proofs/test_fuzz.py.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from proofs import TESTS, Line

sys.path.insert(0, str(TESTS / "serve"))

from served import serving  # type: ignore[import-not-found]  # a test's, found by path

from piiforge import logs, prompt, reader
from piiforge.errors import PiiforgeError

LONGEST = 8_192
MOST_MS = 50.0
CATEGORIES = ("ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport",
              "drivers_license", "member_id")  # fmt: skip
SUFFIXES = ("log", "jsonl", "json", "csv", "tsv", "parquet", "har", "gz", "zip", "tar", "xz", "zst")
PIECES = (
    "ssn=", "000-00-0000", "card 0000 0000 0000 0000", "a@b.example", "+1 202 555 0100", "&", "=",
    '{"a":', '"', "}", "[", "]", ",", "\n", "\r\n", "\t", ";", "%40", "%25", "\\u0040", "\\x22",
    "&#64;", "one two three", " at ", " dot ", "一二三", "٣٤", "９９", "\u200b", "\x00", "\ud800",
    "é",
    '{"is_sensitive": true, "confidence_score": 0.5, "explanation": "x"}', '{"is_sensitive":',
    "NaN", "1e999", "-", "true", "null", "```json", "<a>", "</a>", "sep=;", "a,b\n1,2",
    '{"log":{"entries":[', '{"request":{"url":"', "PAR1", "\x1f\x8b", "PK\x03\x04", "{{value}}",
    "QUJD", "0x1F", "routing", "account", "passport", "medicare", "x" * 64, "0" * 64, " " * 64,
)  # fmt: skip


def texts(rng: Random) -> Iterator[str]:
    """Yield odd texts without end, at most LONGEST bytes long, most of them short."""
    while True:
        count = 1 + int(rng.paretovariate(0.9)) % 400
        said = [rng.choice(PIECES) for _ in range(count)]
        if rng.random() < 0.2:
            said = said[:3] * (count // 2 + 1)
        for _ in range(rng.randrange(3)):
            said.insert(rng.randrange(len(said) + 1), chr(rng.choice((rng.randrange(128),
                        rng.randrange(0x10FFFF)))))  # fmt: skip
        whole = "".join(said).encode("utf-8", "surrogatepass")[:LONGEST]
        yield whole.decode("utf-8", "replace" if rng.random() < 0.5 else "ignore")


def _parse(text: str, _rng: Random) -> None:
    with suppress(prompt.UnreadableAnswer):
        prompt.parse(text)


def _find(text: str, rng: Random) -> None:
    category = rng.choice(CATEGORIES)
    reader.judge(reader.find(text, category))


def _pairs(text: str, _rng: Random) -> None:
    logs.pairs(text)


@contextmanager
def readers() -> Iterator[Mapping[str, Callable[[str, Random], None]]]:
    """Give the readers by name: each takes a text, and raises nothing but what is a bug."""
    with TemporaryDirectory(prefix="piiforge-") as place, serving() as client:

        def read(text: str, rng: Random) -> None:
            path = Path(place) / f"a.{rng.choice(SUFFIXES)}"
            content = text.encode("utf-8", "surrogatepass")
            if rng.random() < 0.3:
                content = bytes(
                    rng.randrange(256) if rng.random() < 0.02 else byte for byte in content
                )
            path.write_bytes(content)
            try:
                for source in logs.find([str(path)], but=[]):
                    with logs.Log(source, logs.Manner()) as log:
                        for _ in log.items(logs.Mark()):
                            pass
            except PiiforgeError:
                pass
            path.unlink()

        def ask(text: str, rng: Random) -> None:
            route, field = rng.choice((("/v1/verdict", "content"), ("/analyze", "text")))
            body = json.dumps({field: text, "language": "en"} if field == "text" else {field: text})
            raw = text if rng.random() < 0.5 else body[: rng.randrange(len(body))]
            whole = body if rng.random() < 0.5 else raw
            head = {"Content-Type": rng.choice(("application/json", "text/plain", "x", "a/b"))}
            reply = client.post(route, content=whole.encode("utf-8", "surrogatepass"), headers=head)
            assert reply.status_code < 500, reply.status_code

        yield {
            "prompt.parse": _parse, "reader.find": _find, "logs.Log": read, "logs.pairs": _pairs,
            "serve": ask,
        }  # fmt: skip


def prove(times: int, seed: int) -> Line:
    """Give each reader its share of `times` inputs."""
    failed: dict[str, int] = {}
    slow: dict[str, float] = {}
    with readers() as every:
        for name, read in every.items():
            rng = Random(f"fuzz/{name}/{seed}")
            took: list[float] = []
            for text, _ in zip(texts(rng), range(times // len(every)), strict=False):
                began = time.process_time()
                try:
                    read(text, rng)
                except Exception as error:
                    kind = f"{name}: {type(error).__name__}"
                    failed[kind] = failed.get(kind, 0) + 1
                took.append(1000 * (time.process_time() - began))
            slow[name] = sorted(took)[int(0.99 * len(took))]
    p99 = ", ".join(f"{name} {ms:.1f}" for name, ms in slow.items())
    return Line(
        "fuzz",
        f"odd inputs of up to 8 kB to {', '.join(slow)}",
        times // len(slow) * len(slow),
        f"{sum(failed.values())} uncaught errors; p99 in ms: {p99}",
        not failed and max(slow.values()) < MOST_MS,
        {"failed": failed, "p99_ms": {name: round(ms, 2) for name, ms in slow.items()}},
    )
