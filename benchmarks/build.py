"""How fast rows are composed and built, beside the nearest like work of others, in one run.

    python benchmarks/build.py [--rows 8000] [--json]

CPU seconds of one process, so figures are rows per second and core; machines differ, so read the
ratios. Faker writes a JSON log line with eight fields and no label; presidio-evaluator fills
sentence templates. Both are optional: `pip install faker presidio-evaluator spacy`.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from piiforge import build, recipe

BASE = Path(__file__).parents[1] / "recipes" / "base.yaml"


def composing(rows: int) -> float:
    """Return rows per CPU second of composing alone, warm."""
    asked = recipe.load(BASE, [f"rows.per_category={rows // 9}", "rows.test=0"])
    maker = build.Maker(asked)
    work = build.jobs(build.plan_of(asked), 0)
    for job in work[: len(work) // 4]:
        maker.compose(job)
    return _rate(lambda: sum(len(made.rows) for job in work for made in maker.compose(job)))


def whole() -> tuple[float, float, float]:
    """Return rows per CPU second, seconds and peak MB of the base build with every gate."""
    asked = recipe.load(BASE)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        rate = _rate(lambda: len(build.build(asked, Path(folder) / "out", workers=1).rows))
        seconds = time.perf_counter() - start
    return rate, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    compose_rate = composing(asked.rows)
    whole_rate, seconds, peak_mb = whole()
    found = {
        "composing": compose_rate,
        "whole pipeline": whole_rate,
        "Faker, a JSON log line": faker(asked.rows // 4),
        "presidio-evaluator, a sentence": presidio_evaluator(asked.rows // 4),
    }
    told = {"seconds": round(seconds, 1), "peak_mb": round(peak_mb)}
    if asked.json:
        json.dump({"rows_per_cpu_second": found, "base_build": told}, sys.stdout, indent=2)
        return
    print(f"{'rows per CPU second':<34}{'rate':>9}   composing is")
    for name, rate in found.items():
        shown = f"{rate:9,.0f}   x {compose_rate / rate:.1f}" if rate else "  not installed"
        print(f"{name:<34}{shown}")
    print(f"the base build, one process: {told['seconds']} s, {told['peak_mb']} MB at the most")


if __name__ == "__main__":
    main()
