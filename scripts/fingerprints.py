"""Say whether anything that piiforge writes or tells has changed, down to the byte.

    python scripts/fingerprints.py                   # all; exit 1 where a file differs
    python scripts/fingerprints.py --quick           # the part that takes half a minute
    python scripts/fingerprints.py --only scan seeds --keep /tmp/now
    python scripts/fingerprints.py --write           # the change was meant: store what is now

Each case of scripts/fingerprint_cases.py is one command, run in a workspace of its own and through
the command line alone: a module that moves inside the package matters nothing here. What lies in
the case's folder afterwards is hashed, and `told` with it: exit code, stdout, stderr. Times, rates
and the workspace's own path are taken out first. A case that ends in an error is kept as it ends.

To see what differs, run with --keep FOLDER before the change and after, and compare the folders.
The table holds for the versions in requirements.lock: another pyarrow writes another Parquet file.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import fingerprint_inputs as inputs
from fingerprint_cases import FIRST, GROUPS, Case

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
TABLE = GOLDEN / "fingerprints.json"
CALL = (sys.executable, "-P", "-c", "from piiforge.cli import main; main()")
SET = {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
PASSED_ON = ("PATH", "HOME", "TMPDIR", "PYTHONHASHSEED")

# What a clock has a say in, and where such things are told. Any other file is hashed as it is.
TIMED = ("told", "said.jsonl", "said.run.json")
CLOCKS = (
    (rb'("(?:rows_per_s|latency_ms|latency_p50_ms|latency_p95_ms)": ?)[\d.e+-]+', rb"\1TIME"),
    (rb"[\d,.]+(?:e\+\d+)? rows/s", b"TIME rows/s"),
    (rb"About \d+ s and", b"About TIME s and"),
    (rb'("seconds": ?)[\d.]+', rb"\1TIME"),
    (rb"[\d.]+ ms a row alone \(p95 [\d.]+", b"TIME ms a row alone (p95 TIME"),
)

Table = dict[str, dict[str, str]]


def main() -> int:
    """Run the cases; compare with the table, or store it."""
    asked = _asked()
    with ExitStack() as stack:
        folder = Path(asked.keep or stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        found = taken(asked, folder)
    stored: Table = json.loads(TABLE.read_text("utf-8")) if TABLE.is_file() else {}
    if asked.write:
        table = json.dumps(merged(stored, found, asked.quick), indent=1, sort_keys=True)
        TABLE.write_text(table + "\n", encoding="utf-8")
    changes = differences(stored, found, asked.quick)
    print(*changes, sep="\n", end="\n" if changes else "")
    print(f"{sum(map(len, found.values()))} files, {len(changes)} differ")
    return bool(changes) and not asked.write


def taken(asked: argparse.Namespace, folder: Path) -> Table:
    """Run the groups that are asked for in `folder`; return the hash of all that they left."""
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    inputs.sources(folder, GOLDEN / "written_lines.jsonl")
    if asked.reports:
        shutil.copytree(asked.reports, folder / "odd")
        inputs.same_age(folder / "odd")
    run(FIRST, "build", folder, asked.workers)
    table: Table = {}
    groups = asked.only or [name for name in GROUPS if name != "reports" or asked.reports]
    for group in groups:
        began, count = perf_counter(), 0
        for wave in GROUPS[group](folder):
            cases = [case for case in wave if case.quick or not asked.quick]
            with ThreadPoolExecutor(asked.jobs) as pool:
                jobs = [pool.submit(run, case, group, folder, asked.workers) for case in cases]
            for job in jobs:
                job.result()
            count += len(cases)
        print(f"{group}: {count} cases, {perf_counter() - began:.0f} s", file=sys.stderr)
    for group in groups:
        take_out_times(folder / group)
        table[group] = hashes(folder / group)
    return table


def run(case: Case, group: str, folder: Path, workers: int) -> None:
    """Run one command in the workspace; what it says goes into the case's folder."""
    own = folder / group / case.name
    own.mkdir(parents=True)
    words = case.words.replace("@", f"{group}/{case.name}").replace("WORKERS", str(workers))
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        [*CALL, *words.split()],
        check=False,
        cwd=folder,
        env=passed_on | SET,
        input=(folder / case.stdin).read_bytes() if case.stdin else b"",
        capture_output=True,
    )
    parts = (b"exit %d" % done.returncode, b"stdout", done.stdout, b"stderr", done.stderr)
    (own / "told").write_bytes(b"\n".join(parts).replace(str(folder).encode(), b"WORKSPACE"))


def take_out_times(folder: Path) -> None:
    """Put a word for whatever a clock decided, in the files that tell of times."""
    for path in (path for name in TIMED for path in folder.rglob(name)):
        content = path.read_bytes()
        for pattern, word in CLOCKS:
            content = re.sub(pattern, word, content)
        path.write_bytes(content)


def hashes(folder: Path) -> dict[str, str]:
    """Return a short hash of every file below `folder`.

    A manifest has a second one, without its lines on training files: these may be meant to change
    where the data are not.
    """
    found: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        found[name] = _short(content)
        if path.name == "manifest.json":
            manifest = json.loads(content)
            outputs = manifest["outputs"].items()
            manifest["outputs"] = {k: v for k, v in outputs if not k.startswith("train_")}
            found[f"{name} without train_*.yaml"] = _short(json.dumps(manifest).encode())
    return found


def differences(stored: Table, found: Table, quick: bool) -> list[str]:
    """Return one line for each file that differs, is missing or is new."""
    lines = []
    for group, now in found.items():
        before = stored.get(group, {})
        ran = {_case(name) for name in now}
        for name in sorted(before | now):
            if name not in before:
                lines.append(f"new: {group}/{name}")
            elif name in now and before[name] != now[name]:
                lines.append(f"differs: {group}/{name}")
            elif name not in now and (_case(name) in ran or not quick):
                lines.append(f"missing: {group}/{name}")
    return lines


def merged(stored: Table, found: Table, quick: bool) -> Table:
    """Return `stored` with what was found in place of what it had of the same cases."""
    table = dict(stored)
    for group, now in found.items():
        ran = {_case(name) for name in now}
        kept = {
            name: short
            for name, short in stored.get(group, {}).items()
            if quick and _case(name) not in ran
        }
        table[group] = kept | now
    return table


def _case(name: str) -> str:
    return name.split("/")[0]


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--only", nargs="+", choices=GROUPS, metavar="NAME", help=f"groups: {', '.join(GROUPS)}")
    add("--quick", action="store_true", help="the quick cases alone")
    add("--write", action="store_true", help="store the table")
    add("--reports", type=Path, metavar="DIR", help="odd inputs to put through `scan` and others")
    add("--keep", type=Path, metavar="FOLDER", help="leave the workspace there; it must be empty")
    add("--jobs", type=int, default=os.cpu_count(), help="commands at once")
    add("--workers", type=int, default=1, help="processes of each build; changes no byte")
    asked = parser.parse_args()
    if "reports" in (asked.only or ()) and not asked.reports:
        parser.error("the group reports needs --reports DIR")
    return asked


if __name__ == "__main__":
    sys.exit(main())
