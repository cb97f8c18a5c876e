"""Proofs that nothing is lost: each does something rude to piiforge, often, and counts what came.

A proof is a function that takes how often and a seed, and returns a `Line` of the table.
`benchmarks/reliability.py` runs them at full length; tests/proofs/ run the same with small numbers.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
MAIN = "from piiforge.cli import main; main()"
# A build of two seconds: one category, few rows, and no gate that so few rows would break by luck
SMALL = (
    "categories=[email]", "rows.per_category=60", "rows.validation=0.4", "rows.test=20",
    "gates.families=5", "gates.probe=1.0", "gates.skeletons=0.1", "gates.top_skeletons=1.0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what was done, how often, and what came out. `holds`: as promised."""

    name: str
    done: str
    times: int
    came: str
    holds: bool
    figures: Mapping[str, object] = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        told = {"name": self.name, "done": self.done, "times": self.times, "came": self.came}
        return told | {"holds": self.holds, **self.figures}


def command(*words: object) -> list[str]:
    """Return the words that run piiforge as a process of its own."""
    return [sys.executable, "-c", MAIN, *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    """Return the variables for such a process: this checkout, and no terminal's colours."""
    path = os.pathsep.join([str(ROOT / "src"), str(TESTS)])
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "OPENAI_API_KEY": "none", **more}


def ran(words: Sequence[str], room: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in `room` to its end."""
    return subprocess.run(
        words, cwd=room, env=environment(**more), capture_output=True, text=True, check=False
    )
