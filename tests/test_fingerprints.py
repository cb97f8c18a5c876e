"""What piiforge writes and tells is what the stored table says, byte for byte."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
TABLE = Path("tests/golden/fingerprints.json")


def fingerprints(*words, root=SCRIPTS.parent):
    script = root / "scripts" / "fingerprints.py"
    done = subprocess.run(
        [sys.executable, script, *words], check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_nothing_that_is_quick_to_make_has_changed():
    code, said = fingerprints("--quick")
    assert code == 0, said


@pytest.mark.slow
def test_nothing_has_changed():
    code, said = fingerprints()
    assert code == 0, said


@pytest.mark.slow
def test_a_changed_a_missing_and_a_new_file_are_told(tmp_path):
    for room in ("src", "scripts", "recipes", "tests/golden"):
        shutil.copytree(SCRIPTS.parent / room, tmp_path / room)
    table = json.loads((tmp_path / TABLE).read_text(encoding="utf-8"))
    stages = table["stages"]
    stages["categories/told"] = "0" * 16
    stages["categories/gone"] = stages.pop("verify/told")
    (tmp_path / TABLE).write_text(json.dumps(table), encoding="utf-8")
    code, said = fingerprints("--quick", "--only", "stages", root=tmp_path)
    assert code == 1
    for line in ("differs: stages/categories/told", "missing: stages/categories/gone",
                 "new: stages/verify/told", "3 differ"):  # fmt: skip
        assert line in said
