"""How fast rows are composed and built, beside the nearest like work of others, in one run.

    python benchmarks/build.py [--rows 8000] [--json]

CPU seconds, so figures are rows per second and core; machines differ, so read the ratios. What each
stage of the base build takes, and the whole of it with one process and with two, comes beside it.
Faker writes a JSON log line with eight fields and no label; presidio-evaluator fills sentence
templates. Both are optional: `pip install faker presidio-evaluator spacy`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from piiforge import build, checks, recipe

BASE = Path(__file__).parents[1] / "recipes" / "base.yaml"
PLANNED = 8200  # rows of it


def composing(rows: int) -> float:
    """Return rows per CPU second of composing alone, warm."""
    asked = recipe.load(BASE, [f"rows.per_category={rows // 9}", "rows.test=0"])
    maker = build.Maker(asked)
    work = build.jobs(build.plan_of(asked), 0)
    for job in work[: len(work) // 4]:
        maker.compose(job)
    return _rate(lambda: sum(len(made.rows) for job in work for made in maker.compose(job)))


def stages() -> dict[str, float]:
    """Return the CPU seconds of each stage of the base build in one process, as `build` tells them.

    Composing and checks, which take turns, are taken apart by a second run of both. What the
    probes import, which a build does while its workers compose, stands by itself.
    """
    asked = recipe.load(BASE)
    start = time.process_time()
    checks.probes.load()
    imported = time.process_time() - start
    started: dict[str, float] = {}

    def note(step: str, _done: int, _total: int) -> None:
        started.setdefault(step, time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        build.build(asked, Path(folder) / "out", workers=1, progress=note)
    started["end"] = time.process_time()
    told = {name: after - at for (name, at), (_, after) in pairwise(started.items())}
    maker = build.Maker(asked)
    work = build.jobs(build.plan_of(asked), 0)
    start = time.process_time()
    made = [one for job in work for one in maker.compose(job)]
    between = time.process_time()
    for one in made:
        maker.inspect(one)
    inspecting = time.process_time() - between
    share = (between - start) / (between - start + inspecting)
    both = told.pop("compose")
    return {
        "imports": imports(),
        "imports of the probes": imported,
        "plan": told.pop("plan"),
        "compose": both * share,
        "checks": both * (1 - share),
        **told,
    }


def imports() -> float:
    """Return the CPU seconds that a new process takes to import what a build needs."""
    code = "import time; from piiforge import build; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


def whole(workers: int) -> tuple[float, float, float]:
    """Return CPU seconds, seconds and peak MB of the base build with every gate, in a new process.

    CPU is of the process and its workers, start and imports included; memory of the largest one.
    """
    code = (
        "import sys; from pathlib import Path; from piiforge import build, recipe; "
        "build.build(recipe.load(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", code, str(BASE), f"{folder}/out", str(workers)]
        subprocess.run(words, check=True)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, seconds, after.ru_maxrss / 1024


def faker(rows: int) -> float | None:
    """Return log lines per CPU second of Faker; None where it is not installed."""
    try:
        from faker import Faker
    except ImportError:
        return None
    fake = Faker("en_US")
    Faker.seed(1)

    def lines() -> int:
        for _ in range(rows):
            json.dumps(
                {
                    "ts": fake.unix_time(),
                    "url": fake.uri(),
                    "ua": fake.user_agent(),
                    "ip": fake.ipv4(),
                    "session": fake.uuid4(),
                    "email": fake.email(),
                    "phone": fake.phone_number(),
                    "ssn": fake.ssn(),
                }
            )
        return rows

    return _rate(lines)


def presidio_evaluator(rows: int) -> float | None:
    """Return sentences per CPU second of presidio-evaluator; None where it is not installed."""
    try:
        from presidio_evaluator.data_generator import PresidioSentenceFaker
    except ImportError:
        return None
    made = PresidioSentenceFaker("en_US", lower_case_ratio=0.05)
    return _rate(lambda: len(made.generate_new_fake_sentences(num_samples=rows)))


def _rate(work: Callable[[], int]) -> float:
    start = time.process_time()
    count = work()
    return count / (time.process_time() - start)


def main() -> None:
    """Measure and print one table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    spent = stages()  # first: what a plan works out once a process is part of a build
    compose_rate = composing(asked.rows)
    runs = {workers: whole(workers) for workers in (1, 2)}
    found = {
        "composing": compose_rate,
        "composing and checks": PLANNED / (spent["compose"] + spent["checks"]),
        "whole build, one process": PLANNED / runs[1][0],
        "Faker, a JSON log line": faker(asked.rows // 4),
        "presidio-evaluator, a sentence": presidio_evaluator(asked.rows // 4),
    }
    if asked.json:
        told = {
            str(workers): {"cpu_s": cpu, "seconds": seconds, "peak_mb": peak}
            for workers, (cpu, seconds, peak) in runs.items()
        }
        told_all = {"rows_per_cpu_second": found, "stages_cpu_s": spent, "by_workers": told}
        json.dump(told_all, sys.stdout, indent=2)
        return
    print(f"{'rows per CPU second':<34}{'rate':>9}   composing is")
    for name, rate in found.items():
        shown = f"{rate:9,.0f}   x {compose_rate / rate:.1f}" if rate else "  not installed"
        print(f"{name:<34}{shown}")
    print("CPU seconds of the base build:", end=" ")
    print(", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.items()))
    for workers, (cpu, seconds, peak) in runs.items():
        print(f"{workers} at work: {seconds:.1f} s, {cpu:.1f} s of CPU, {peak:.0f} MB at the most")


if __name__ == "__main__":
    main()
