"""Generated pages are generated: what is committed is what the code says today."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_generated_pages_are_not_stale():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
