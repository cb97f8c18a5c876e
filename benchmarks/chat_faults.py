"""What a fifth of faults does to many calls: every request accounted for, nothing paid needlessly.

    python benchmarks/chat_faults.py [--calls 10000] [--faults 0.2] [--json]

Against the fault server of the tests, on loopback and in this process, so the seconds hold both
sides and say little about a real endpoint. The second run has half the money that the first spent,
and shows by how much the budget is passed (the server's own count against it).
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fault_server import FaultServer  # type: ignore[import-not-found]  # a test's, found by path
from piiforge import chat

INPUT_USD, OUTPUT_USD = 1.0, 2.0  # per million tokens, made up
SCHEMA = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "string"}, "minItems": 3}},
    "required": ["lines"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Run:
    """The figures of one run. Dollars are the made-up prices'."""

    asked: int
    outcomes: dict[str, int]
    calls: int
    calls_per_answer: float
    budget_usd: float | None
    charged_usd: float
    over_budget_usd: float
    seconds: float


def run(count: int, faults: float, budget_usd: float | None) -> Run:
    """Ask `count` questions at this share of faults."""
    requests = [
        chat.Request(f"r{number}", (chat.Message("user", f"Write lines {number}."),), SCHEMA,
                     max_tokens=64)
        for number in range(count)
    ]  # fmt: skip
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, FaultServer(seed=1, faults=faults) as server:
        settings = chat.Settings(
            "tiny", server.url, timeout_s=1.0, backoff_s=0.01, budget_usd=budget_usd,
            input_usd_per_million=INPUT_USD, output_usd_per_million=OUTPUT_USD,
        )  # fmt: skip
        start = time.perf_counter()
        with chat.connect(settings, Path(folder) / "calls.sqlite") as client:
            client.ask(requests, lambda outcome: outcomes.update([outcome.reason or "answered"]))
        seconds = time.perf_counter() - start
    charged = server.charged["prompt_tokens"] * INPUT_USD
    charged = (charged + server.charged["completion_tokens"] * OUTPUT_USD) / 1e6
    calls = sum(server.calls.values())
    return Run(
        count, dict(outcomes.most_common()), calls, calls / max(outcomes["answered"], 1),
        budget_usd, charged, max(0.0, charged - (budget_usd or charged)), seconds,
    )  # fmt: skip


def main() -> None:
    """Measure and print one table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    free = run(asked.calls, asked.faults, None)
    bound = run(asked.calls, asked.faults, free.charged_usd / 2)
    if asked.json:
        json.dump({"without a budget": asdict(free), "half of it": asdict(bound)}, sys.stdout)
        return
    for title, done in (("without a budget", free), ("with half the money", bound)):
        print(f"{title}: {done.asked:,} asked, {done.calls:,} calls in {done.seconds:.0f} s")
        print("  " + ", ".join(f"{reason} {count:,}" for reason, count in done.outcomes.items()))
        print(f"  accounted for: {sum(done.outcomes.values()):,}")
        print(f"  calls per wanted answer: {done.calls_per_answer:.3f}")
        if done.budget_usd is not None:
            print(f"  budget ${done.budget_usd:.4f}, charged ${done.charged_usd:.4f},")
            print(f"  passed by ${done.over_budget_usd:.4f}")


if __name__ == "__main__":
    main()
