"""How many rows a second `scan` reads and judges with rules, and what each part of it costs.

    python benchmarks/scan.py [--rows 20000] [--leaks 0.01] [--json]

Over access logs of `access_log.py`, in which every so many lines get a drawn value as a parameter
of the address. Rates are rows per CPU second of one process. "Read" is reading alone; "judged" is
the detector without the scan around it, so that their distance is the scan's own price. "Each row
asked" has batches of one row, in which no content can stand twice.
"""

import argparse
import gzip
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
from access_log import lines

from piiforge import categories, logs, predict
from piiforge.scan import report, run, state

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
    asked = state.Scan([str(path)], out, batch=batch, keys=keys)
    found: list[report.Scanned] = []

    def scan() -> int:
        found.append(run(asked, force=True))
        return found[-1].tally.total.rows

    return _rate(scan), found[-1]


def _rate(work: Callable[[], int]) -> float:
    start = time.process_time()
    count = work()
    return count / (time.process_time() - start)


def main() -> None:
    """Measure and print one table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--leaks", type=float, default=0.01)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
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
        json.dump({"rows_per_cpu_second": rates, **told}, sys.stdout, indent=2)
        return
    print(f"{'rows per CPU second':<26}{'rate':>10}")
    for name, rate in rates.items():
        print(f"{name:<26}{rate:10,.0f}")
    print(", ".join(f"{name} {value}" for name, value in told.items()))


if __name__ == "__main__":
    main()
