"""Time a data set that is made in shards: the same bytes over engines, CPU, memory.

    python benchmarks/scale.py 100000

Each engine builds the recipe `base` of so many rows by itself, in a process tree of its own. CPU is
user and system time of all processes of the tree; that of starting Ray is measured by a run of no
pieces and told apart. Memory is the largest sum, over the tree, of what no other process shares.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ENGINES = (("processes", 1), ("processes", 2), ("processes", 8), ("ray", 2))
GATES = ["gates.skeletons=0", "gates.top_skeletons=1", "gates.probe=1", "gates.facts_probe=1",
         "gates.masked_probe=1", "gates.per_disguise=1", "gates.families=1"]  # fmt: skip
_TICKS = 100  # a second, of /proc on Linux
RUN = """
import sys
from piiforge import scale
from piiforge.recipe import load
rows, out, engine, workers, shards, *gates = sys.argv[1:]
how = scale.Run(scale.engines.get(engine, int(workers)))
wanted = scale.Wanted(engine=engine, shards=int(shards))
scale.run(load("base", [f"rows={rows}", *gates]), out, wanted, how)
"""
START = """
import sys
from piiforge.scale import engines
engine, workers = sys.argv[1:]
list(engines.get(engine, int(workers)).run(int, []))
"""


class Tree:
    """A process and all below it, watched until it ends."""

    def __init__(self, arguments: list[str]) -> None:
        """Start it."""
        self.cpu_s, self.peak_bytes = 0.0, 0
        self._cpu: dict[tuple[int, str], float] = {}
        self._process = subprocess.Popen([sys.executable, "-c", *arguments])
        self._over = threading.Event()
        thread = threading.Thread(target=self._watch)
        thread.start()
        if self._process.wait():
            self._over.set()
            raise SystemExit("a build failed")
        self._over.set()
        thread.join()
        self.cpu_s = sum(self._cpu.values())

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self._look()

    def _look(self) -> None:
        below: dict[int, list[int]] = {}
        stats: dict[int, list[str]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(path.parent.name)
            stats[pid] = told
            below.setdefault(int(told[1]), []).append(pid)
        waiting, total = [self._process.pid], 0
        while waiting:
            pid = waiting.pop()
            waiting += below.get(pid, [])
            if pid not in stats:
                continue
            told = stats[pid]
            key = pid, told[19]  # its start: numbers are used again
            self._cpu[key] = (int(told[11]) + int(told[12])) / _TICKS
            total += _own_bytes(pid)
        self.peak_bytes = max(self.peak_bytes, total)


def _own_bytes(pid: int) -> int:
    """Return the bytes of a process, what it shares counted in proportion."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Build with each engine and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("--shards", type=int, default=0, help="0: one in 20,000 rows")
    parser.add_argument("--engines", nargs="*", default=[f"{n}:{w}" for n, w in ENGINES])
    asked = parser.parse_args()
    serial, found = 0.0, []
    for text in asked.engines:
        engine, _, workers = text.partition(":")
        start = Tree([START, engine, workers]).cpu_s if engine == "ray" else 0.0
        with tempfile.TemporaryDirectory() as scratch:
            out, began = Path(scratch) / "set", time.perf_counter()
            told = [str(asked.rows), str(out), engine, workers, str(asked.shards), *GATES]
            tree = Tree([RUN, *told])
            took_s = time.perf_counter() - began
            digest = hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
            counts = json.loads((out / "manifest.json").read_text())["counts"]
        cpu_s = tree.cpu_s - start
        serial = serial or cpu_s
        rows = sum(counts.values())
        found.append((text, digest[:16], rows / cpu_s, cpu_s, cpu_s / serial, start,
                      tree.peak_bytes / 1e6, took_s))  # fmt: skip
        one = found[-1]
        print(f"{one[0]:12} {one[1]}  {one[2]:8.0f} rows/s/core  {one[3]:8.1f} s CPU  "
              f"{one[4]:.2f} of the first  start {one[5]:.1f} s  {one[6]:6.0f} MB  "
              f"{one[7]:.0f} s", flush=True)  # fmt: skip
    if len({one[1] for one in found}) > 1:
        raise SystemExit("the manifests are not the same")


if __name__ == "__main__":
    main()
