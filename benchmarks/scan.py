"""How many rows a second `scan` reads and judges, and what each part of it costs.

    python benchmarks/scan.py [--rows 20000] [--leaks 0.01] [--peer-python PATH] [--json]

First the default detector, warm, over logs without anybody's data that `access_log.py` makes: one
site's access log, in which requests, pages and browsers come again as in any; six writers mixed and
JSON logs, in which no id, address or time comes twice.
Beside it, in the same run and over the same rows: nine naive expressions in google-re2 and in
Hyperscan, a line at a time, and Presidio with its own recognizers and a blank tokenizer, where they
are installed (Presidio in the environment of `--peer-python`). "Let through" are the rows that the
first look does not pass: of which the text tests leave a category to reader and context, or in
which something matches. "Judged" are those that get no sure no of these.

Then, with rules, over access logs of `access_log.py` in which every so many lines get a drawn value
as a parameter of the address. Rates are rows per CPU second of one process. "Read" is reading
alone; "judged" is the detector without the scan around it, so that their distance is the scan's own
price. "Each row asked" has batches of one row, in which no content can stand twice.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
from access_log import lines, of_format, of_site

from piiforge import categories, logs, predict
from piiforge.predict.prefilter import TextTests
from piiforge.scan import report, run, state
from piiforge.scan.run import Judge

_LEAKED = ("email", "phone", "ssn", "credit_card")
_BATCH = 512


def leaking(rows: int, share: float) -> list[str]:
    """Return `rows` lines of an access log; `share` of them, evenly, hold a drawn value."""
    rng = Random(1)
    found = []
    for at, line in enumerate(lines(1, rows)):
        if share and at % round(1 / share) == 0:
            name = _LEAKED[at % len(_LEAKED)]
            value = categories.get(name).draw(rng).parts[0].text.replace(" ", "+")
            found.append(f'{line} "https://www.example.com/signup?{name}={value}"')
        else:
            found.append(line)
    return found


def write(folder: Path, rows: list[str]) -> dict[str, Path]:
    """Write the rows in each format; return the files by name."""
    text = "".join(f"{row}\n" for row in rows).encode()
    (folder / "rows.log").write_bytes(text)
    (folder / "rows.log.gz").write_bytes(gzip.compress(text, mtime=0))
    with (
        pa.OSFile(str(folder / "rows.log.zst"), "wb") as file,
        pa.CompressedOutputStream(file, "zstd") as out,
    ):
        out.write(text)
    records = "".join(json.dumps({"line": row}) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(records, encoding="utf-8")
    fields = "".join('"{}"\n'.format(row.replace('"', '""')) for row in rows)
    (folder / "rows.csv").write_text("line\n" + fields, encoding="utf-8")
    pq.write_table(pa.table({"line": rows}), folder / "rows.parquet")
    return {path.name: path for path in sorted(folder.iterdir())}


def reading(path: Path) -> float:
    """Return rows per CPU second of reading alone."""
    manner = logs.Manner(column="" if ".log" in path.name else "line")
    (source,) = logs.find([str(path)])
    with logs.Log(source, manner) as log:
        return _rate(lambda: sum(isinstance(item, logs.Row) for item in log.items()))


def judging(rows: list[str]) -> float:
    """Return rows per CPU second of the detector alone, each row asked."""

    def judge() -> int:
        for at in range(0, len(rows), _BATCH):
            detector.judge(rows[at : at + _BATCH])
        return len(rows)

    with predict.load("rules") as detector:
        return _rate(judge)


def scanning(path: Path, *, batch: int = 0, keys: bool = True) -> tuple[float, report.Scanned]:
    """Return rows per CPU second of a whole scan, and what it came to."""
    out = path.with_name("out.jsonl")
    asked = state.Scan([str(path)], out, system="rules", batch=batch, keys=keys)
    found: list[report.Scanned] = []

    def scan() -> int:
        found.append(run(asked, force=True))
        return found[-1].tally.total.rows

    return _rate(scan), found[-1]


NAIVE = (  # one a category, as one writes them first
    r"\b[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}\b",
    r"\b9[0-9]{2}[- ]?[5-9][0-9][- ]?[0-9]{4}\b",
    r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
    r"\b[0-9]{9}\b",
    r"\+?[0-9][0-9 ().-]{6,16}[0-9]",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    r"\b[A-Z]?[0-9]{8,9}\b",
    r"\b[A-Z]?[0-9]{7,9}\b",
    r"\b[A-Z]{0,4}[0-9]{6,15}\b",
)
_PEER = """
import json, sys, time
import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine
class Blank(SpacyNlpEngine):
    def load(self):
        self.nlp = {"en": spacy.blank("en")}
engine = AnalyzerEngine(nlp_engine=Blank(models=[{"lang_code": "en", "model_name": "blank"}]))
lines = sys.stdin.read().splitlines()
engine.analyze(lines[0], language="en")
start = time.process_time()
hits = sum(bool(engine.analyze(line, language="en")) for line in lines)
print(json.dumps([time.process_time() - start, hits]))
"""
_PEER_ROWS = 300  # it is slow


def speeds(rows: int, peer: Path | None) -> dict[str, dict[str, dict[str, float]]]:
    """Return MB per CPU second and the share of rows let through, by kind of log and system."""
    some = (line for line in lines(2, 8 * rows) if line.startswith("{"))
    mixed = list(lines(2, rows))
    in_json = [*islice(some, rows // 4), *of_format("Caddy", 2, rows // 4)]
    for log in (mixed, in_json):
        Random(0).shuffle(log)
    kinds = {
        "access log of one site": list(islice(of_site(2, 8 * rows), 8 * rows)),
        "access logs, ids all new": mixed,
        "JSON logs, ids all new": in_json,
    }
    told = {}
    for name, log in kinds.items():
        warm, measured = log[: len(log) // 2], log[len(log) // 2 :]
        table = {
            "scan": warm_scan(warm, measured),
            **{name: _passing(match, measured) for name, match in _engines().items()},
        }
        if peer:
            table["Presidio"] = presidio(peer, measured[:_PEER_ROWS])
        told[name] = table
    return told


def warm_scan(warm: Sequence[str], rows: Sequence[str]) -> dict[str, float]:
    """Measure reading a file and judging it in batches, after other rows of the same kind."""
    with tempfile.TemporaryDirectory() as folder, predict.load() as detector:
        asked = state.Scan([folder], Path(folder) / "out.jsonl")
        judge, found = Judge(detector, asked), 0
        for at in range(0, len(warm), _BATCH):
            judge.findings("", [logs.Row(1, row) for row in warm[at : at + _BATCH]])
        path = Path(folder) / "rows.log"
        path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        (source,) = logs.find([str(path)])
        start = time.process_time()
        with logs.Log(source, logs.Manner(format="lines")) as log:
            items = log.items()
            while batch := list(islice(items, _BATCH)):
                found += len(judge.findings("", batch)[0])
        spent = time.process_time() - start
        return {
            "MB/s": path.stat().st_size / spent / 1e6,
            "let_through": sum(map(bool, TextTests().each_possible(rows))) / len(rows),
            "judged": len(detector.suspects(rows)) / len(rows),
            "findings": found,
        }


def _engines() -> dict[str, Callable[[bytes], bool]]:
    """Return how each engine that is installed says whether a line has a match."""
    found: dict[str, Callable[[bytes], bool]] = {}
    try:
        import re2

        every = re2.Set.SearchSet()
        for pattern in NAIVE:
            every.Add(pattern)
        every.Compile()
        found["re2, nine expressions"] = lambda line: bool(every.Match(line))
    except ImportError:
        pass
    try:
        import hyperscan

        database = hyperscan.Database()
        flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(NAIVE)
        patterns = [each.encode() for each in NAIVE]
        database.compile(patterns, ids=list(range(len(NAIVE))), flags=flags)

        def match(line: bytes) -> bool:
            hits: list[int] = []
            database.scan(line, match_event_handler=lambda which, *_: hits.append(which))
            return bool(hits)

        found["Hyperscan, nine expressions"] = match
    except ImportError:
        pass
    return found


def _passing(match: Callable[[bytes], bool], rows: Sequence[str]) -> dict[str, float]:
    encoded = [row.encode() for row in rows]
    start = time.process_time()
    hits = sum(map(match, encoded))
    spent = time.process_time() - start
    return {"MB/s": sum(map(len, encoded)) / spent / 1e6, "let_through": hits / len(rows)}


def presidio(python: Path, rows: Sequence[str]) -> dict[str, float]:
    """Ask Presidio in an environment of its own."""
    text = "".join(f"{row}\n" for row in rows)
    done = subprocess.run(
        [python, "-c", _PEER], input=text, capture_output=True, text=True, check=True
    )
    spent, hits = json.loads(done.stdout.splitlines()[-1])
    return {"MB/s": len(text.encode()) / spent / 1e6, "let_through": hits / len(rows)}


def _rate(work: Callable[[], int]) -> float:
    start = time.process_time()
    count = work()
    return count / (time.process_time() - start)


def main() -> None:
    """Measure and print one table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--leaks", type=float, default=0.01)
    parser.add_argument("--peer-python", type=Path, help="a Python that has presidio-analyzer")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    table = speeds(asked.rows, asked.peer_python)
    rows = leaking(asked.rows, asked.leaks)
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), rows)
        rates = {f"read {name}": reading(path) for name, path in files.items()}
        rates["judged by rules"] = judging(rows)
        plain = files["rows.log"]
        rates["scan"], done = scanning(plain)
        rates["scan, no keys"], _ = scanning(plain, keys=False)
        rates["scan, each row asked"], _ = scanning(plain, batch=1)
    told = {
        "findings": done.tally.total.findings,
        "repeated_share": round(done.tally.repeated / len(rows), 4),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if asked.json:
        json.dump({"speeds": table, "rows_per_cpu_second": rates, **told}, sys.stdout, indent=2)
        return
    for kind, systems in table.items():
        print(f"{kind:<30}{'MB/s a core':>12}{'let through':>13}")
        for name, figures in systems.items():
            print(f"  {name:<28}{figures['MB/s']:12.2f}{figures['let_through']:13.1%}")
    print()
    print(f"{'rows per CPU second':<26}{'rate':>10}")
    for name, rate in rates.items():
        print(f"{name:<26}{rate:10,.0f}")
    print(", ".join(f"{name} {value}" for name, value in told.items()))


if __name__ == "__main__":
    main()
