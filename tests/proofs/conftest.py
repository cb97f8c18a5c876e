"""The proofs stand in benchmarks/proofs, where benchmarks/reliability.py does them often."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
