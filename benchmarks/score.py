"""How long `piiforge.evaluate` takes to score, with every slice and interval.

    python benchmarks/score.py [--rows 100000] [--systems 2] [--json]

Prints seconds by the wall clock and peak memory. The cases are drawn here: nine categories, five
languages, four events, forty disguises, twins, and two rows a group.
"""

import argparse
import json
import resource
import time
from random import Random

from piiforge import evaluate
from piiforge.types import Case, Prediction

CATEGORIES, LANGUAGES, EVENTS, DISGUISES = 9, 5, 4, 40


def made(rows: int, rng: Random) -> list[Case]:
    """Return cases with every slice that a built folder has, and no content."""
    return [
        Case(
            id=str(at),
            category=f"category_{rng.randrange(CATEGORIES)}",
            content="",
            label=rng.random() < 0.5,
            group=f"group_{at // 2}",
            twin=f"twin_{at // 2}" if at % 10 < 4 else "",
            slices={
                "language": f"language_{rng.randrange(LANGUAGES)}",
                "event": f"event_{rng.randrange(EVENTS)}",
                "disguises": f"disguise_{rng.randrange(DISGUISES)}",
                "hard": str(rng.random() < 0.7).lower(),
                "source": rng.choice(("rules", "seeds", "written")),
            },
        )
        for at in range(rows)
    ]


def said(cases: list[Case], rng: Random) -> list[Prediction]:
    """Return answers of which about one in ten is wrong."""
    found = []
    for case in cases:
        p = rng.betavariate(8, 2) if case.label else rng.betavariate(2, 8)
        found.append(Prediction(case.id, p >= 0.5, p, latency_ms=rng.uniform(5, 50)))
    return found


def main() -> None:
    """Score and print the seconds."""
    parser = argparse.ArgumentParser(description="How long scoring takes.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--systems", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rng = Random(1)
    cases = made(asked.rows, rng)
    systems = {f"system_{at}": said(cases, rng) for at in range(asked.systems)}
    seconds = {}
    for names in (["system_0"], list(systems)) if len(systems) > 1 else (["system_0"],):
        start = time.perf_counter()
        done = evaluate.compare(cases, {name: systems[name] for name in names})
        seconds[f"{len(names)} system{'s' * (len(names) > 1)}"] = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slices = len(done.scores[0].slices)
    if asked.json:
        print(json.dumps({"rows": asked.rows, "slices": slices, "seconds": seconds, "mb": peak}))
        return
    for what, took in seconds.items():
        print(
            f"{asked.rows:,} rows, {slices} slices, {done.draws:,} resamples, {what}: {took:.1f} s"
        )
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
