"""That nothing is lost: the proofs of `benchmarks/proofs`, a line each.

    python benchmarks/reliability.py [--only NAME]... [--times N] [--seed 1] [--json]

Without --times each is done as often as docs/reliability.md says, which takes hours; --times 5 is a
look. `kill-train` and `kill-loop` need PIIFORGE_LF_ENV, an environment that `piiforge train
--setup` made. The exit code is 1 if one does not hold.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from proofs import Line, canaries, crowd, flips, fuzz, kills, mutants, patterns, refusals


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, and how often it is done."""

    prove: Callable[[int, int], Line]
    times: int


PROOFS: Mapping[str, Proof] = {
    "kill-build": Proof(kills.build, 100),
    "kill-write": Proof(kills.write, 100),
    "kill-scan": Proof(kills.scan, 100),
    "kill-train": Proof(kills.train, 10),
    "kill-loop": Proof(kills.loop, 10),
    "refusals": Proof(refusals.refuse, 5),
    "two-writers": Proof(refusals.write_together, 20),
    "flips-set": Proof(flips.of_set, 1000),
    "flips-pack": Proof(flips.of_pack, 1000),
    "patterns": Proof(patterns.prove, 10_000),
    "canaries": Proof(canaries.prove, 1_000),
    "fuzz": Proof(fuzz.prove, 1_000_000),
    "crowd": Proof(crowd.prove, 600),
    "mutants": Proof(mutants.prove, 200),
}
NEED_TRAINING = {"kill-train", "kill-loop"}


def main() -> None:
    """Run what is asked, and print a line as soon as it is there."""
    parser = argparse.ArgumentParser(description="Proofs that nothing is lost.")
    parser.add_argument("--only", action="append", choices=list(PROOFS), help="repeat it")
    parser.add_argument("--times", type=int, help="how often each is done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object a line")
    asked = parser.parse_args()
    failed = False
    for name in asked.only or PROOFS:
        if name in NEED_TRAINING and not os.environ.get("PIIFORGE_LF_ENV"):
            print(f"{name}: left out, PIIFORGE_LF_ENV is not set", file=sys.stderr)
            continue
        proof = PROOFS[name]
        line = proof.prove(asked.times or proof.times, asked.seed)
        failed |= not line.holds
        if asked.json:
            print(json.dumps(line.record()), flush=True)
        else:
            holds = "holds" if line.holds else "FAILS"
            print(f"| {name} | {line.done} | {line.times:,} | {line.came} | {holds} |", flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
