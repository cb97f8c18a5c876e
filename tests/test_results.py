"""Laws of scripts/results.py and scripts/injection_cases.py, run as a person runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from piiforge import files

ROOT = Path(__file__).parents[1]
MARKS = "<!-- results:begin -->\nold\n<!-- results:end -->"


@pytest.fixture
def place(tmp_path):
    """Write twenty cases, half of them benign, and a page with a place for the tables."""
    files.write(
        tmp_path / "cases.jsonl",
        (
            {
                "id": str(at),
                "category": "email",
                "content": f"to=jo{at}%40acme.dev" if at % 2 else f"row {at}",
                "label": at % 2,
                "benign": not at % 2,
            }
            for at in range(20)
        ),
    )
    (tmp_path / "results.md").write_text(f"# Before\n\n{MARKS}\n\nBehind.\n", encoding="utf-8")
    return tmp_path


def script(name, *words, lacks=""):
    """Run a script, without the package `lacks`."""
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        + (f"sys.modules[{lacks!r}] = None\n" if lacks else "")
        + f"sys.argv = {[name, *map(str, words)]!r}\n"
        + f"runpy.run_path({str(ROOT / 'scripts' / name)!r}, run_name='__main__')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def results(place, *words, **more):
    fixed = ("--work", place / "work", "--page", place / "results.md", "--latency", 0)
    return script("results.py", "--cases", f"few={place / 'cases.jsonl'}", *fixed, *words, **more)


def test_each_system_has_its_row_and_what_stood_around_the_tables_stays(place):
    done = results(place, "--with", "rules", "--decoded", "mine=rules")
    assert done.returncode == 0, done.stderr
    text = (place / "results.md").read_text(encoding="utf-8")
    assert text.startswith("# Before\n\n<!-- results:begin -->\n")
    assert text.endswith("<!-- results:end -->\n\nBehind.\n")
    assert "old" not in text
    assert "**Few**: 20 cases, 10 sensitive." in text
    assert re.search(r"\| rules \| – \| \.000 \| .* \| 0 of 10 \| – \|", text)
    assert re.search(r"\| mine, decoded \| 1\.000 \| 1\.000 \| .* \| 0 of 10 \| – \|", text)
    assert str(place) not in text


def test_a_second_run_goes_on_with_what_is_kept_and_writes_the_same(place):
    assert results(place, "--with", "rules").returncode == 0
    first = (place / "results.md").read_bytes()
    assert results(place, "--with", "rules").returncode != 0
    assert results(place, "--with", "rules", "--resume").returncode == 0
    assert (place / "results.md").read_bytes() == first
    assert (place / "img" / "cost-f1.svg").is_file()
    assert (place / "work" / "few" / "score.html").is_file()


def test_a_system_that_is_not_installed_is_told_and_left_out(place):
    words = ("--with", "rules", "--with", "presidio@0.4")
    done = results(place, *words, lacks="presidio_analyzer")
    assert done.returncode == 0
    assert "left out: presidio-analyzer is not installed." in done.stderr
    text = (place / "results.md").read_text(encoding="utf-8")
    assert "| rules |" in text
    assert "presidio" not in text


def test_a_page_without_the_marks_is_left_alone(place):
    (place / "results.md").write_text("mine", encoding="utf-8")
    assert results(place, "--with", "rules").returncode != 0
    assert (place / "results.md").read_text(encoding="utf-8") == "mine"


def test_what_an_injection_does_to_a_system_is_told_by_one_command(tiny, tmp_path):
    out = tmp_path / "injections.jsonl"
    done = script("injection_cases.py", tiny.folder, "--out", out, "--cases", 20, "--with", "rules")
    assert done.returncode == 0, done.stderr
    assert re.search(r"rules: finds \d+ of \d+ without and \d+ with an injection", done.stdout)
