"""Every command that README and tutorial show runs, shortened where shown_commands.yaml says so."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import typer
import yaml

from piiforge import build, recipe
from piiforge.cli import app

ROOT = Path(__file__).parents[1]
TOLD = yaml.safe_load((ROOT / "tests" / "shown_commands.yaml").read_text(encoding="utf-8"))
COMMANDS = typer.main.get_command(app).commands
PAGES = ("README.md", "docs/tutorial.md")


def shown(page: str) -> list[str]:
    """Return the commands of a page in order: of indented blocks and of ```sh fences."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fenced = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    indented = re.findall(r"^ {4}(piiforge .*)$", bare, re.MULTILINE)
    lines = [*indented, *(line for block in fenced for line in block.splitlines())]
    return [command for line in lines if (command := re.split(r"\s+#", line.strip())[0])]


def ours(page: str) -> list[str]:
    return [command for command in shown(page) if command.startswith("piiforge ")]


EVERY = [(page, command) for page in PAGES for command in ours(page)]


def is_parsed(command: str) -> bool:
    return any(command.startswith(each) for each in TOLD["parsed"])


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give each page a folder with what its reader would have: logs, cases, others' tests."""
    return {page: _place(tmp_path_factory.mktemp("shown")) for page in PAGES}


def _place(place: Path) -> Path:
    rows = build.preview(recipe.load("tiny"), 60, "")
    text = "".join(" ".join(row.content.splitlines()) + "\n" for row in rows)
    (place / "logs").mkdir()
    for name in ("access.log", "logs/access.log"):
        (place / name).write_text(text, encoding="utf-8")
    cases = [
        {"id": str(at), "category": row.category, "content": row.content,
         "label": row.verdict.is_sensitive}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    for name in ("mine.jsonl", "their_test.jsonl"):
        (place / name).write_bytes(b"".join(orjson.dumps(case) + b"\n" for case in cases))
    (place / "their_tests.json").write_text('["my ssn is {{us_ssn}}, thanks"]', encoding="utf-8")
    (place / "contacts.csv").write_text("mobile preferred,note\n,\n", encoding="utf-8")
    binary = place / "bin" / "piiforge"
    binary.parent.mkdir()
    binary.write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "
        '"from piiforge.cli import main; main()" "$@"\n',
        encoding="utf-8",
    )
    binary.chmod(0o755)
    return place


@pytest.mark.parametrize(("page", "command"), [e for e in EVERY if not is_parsed(e[1])])
def test_a_shown_command_runs(page, command, places):
    place = places[page]
    done = subprocess.run(
        ["sh", "-c", TOLD["instead"].get(command, command)],
        cwd=place,
        env={**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", sorted({e[1] for e in EVERY if is_parsed(e[1])}))
def test_a_command_that_is_not_run_is_read(command):
    _, name, *given = shlex.split(command)
    made = COMMANDS[name]
    with typer.Context(made, info_name=name) as context:
        assert made.parse_args(context, given) == []


@pytest.mark.parametrize("told", ["instead", "parsed"])
def test_nothing_is_told_of_a_command_that_is_not_shown(told):
    for each in TOLD[told]:
        assert any(command.startswith(each) for _, command in EVERY), each
