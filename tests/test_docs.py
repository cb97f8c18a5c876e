"""Generated pages are generated: what is committed is what the code says today."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_generated_pages_are_not_stale():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


WALK = (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")
STEPS = re.findall(r"`([a-z_/]+\.py)` `(\w+)`", WALK)


@pytest.mark.parametrize(("file", "name"), STEPS)
def test_every_step_of_a_walk_is_there(file, name):
    tree = ast.parse((ROOT / "src" / "piiforge" / file).read_text(encoding="utf-8"))
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert name in made


def test_there_are_four_walks():
    assert WALK.count("\n## ") == 4
    assert len(STEPS) > 30
