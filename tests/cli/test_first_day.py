"""What a new user meets on the first day: names that work, help that shows, early refusals."""

import json
import re
import shlex
import subprocess
import sys

import pytest
import typer

import piiforge
from piiforge import build, files, review
from piiforge.cli import app
from piiforge.errors import GateFailed

GROUPS = ("Data", "Model", "Judge", "Use")
COMMANDS = typer.main.get_command(app).commands


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_recipes_that_come_along_are_listed_shown_and_copied(run, tmp_path):
    said = run("recipes", "--json")
    assert said.err == ""
    listed = json.loads(said.out)["recipes"]
    assert {"tiny", "base"} <= {one["name"] for one in listed}
    assert run("recipes", "show", "tiny").out.startswith("# ")
    assert run("recipes", "copy", "tiny").code == 0
    assert run("build", "tiny.yaml", "--dry-run").code == 0
    assert run("recipes", "copy", "tiny").code == 2
    assert run("recipes", "copy", "tiny", "--force").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.yaml"]


def test_a_recipe_of_no_name_is_told_with_the_near_one(run):
    assert "Did you mean 'base'?" in run("recipes", "show", "bsae").err


def test_the_version_is_told(run):
    assert run("--version").out == f"piiforge {piiforge.__version__}\n"


def test_the_short_help_is_the_long_one(run):
    assert run("-h").out == run("--help").out
    assert run("scan", "-h").out == run("scan", "--help").out


def test_the_help_has_groups_in_the_order_of_use(run):
    heads = re.findall(r"─ (\w+) ─", run("-h").out)
    assert [head for head in heads if head in GROUPS] == list(GROUPS)


def test_a_shell_can_complete_the_commands(run):
    assert "--install-completion" in run("-h").out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_that_parses_and_says_each_default_once(run, name):
    told = run(name, "-h").out
    found = re.search(r"Example: piiforge (.*?)\n\s*\n", told, re.S)
    assert found, told
    command, *words = shlex.split(" ".join(found[1].split()))
    assert command == name
    COMMANDS[name].make_context(name, words)
    assert "[default" not in told


def test_a_dry_run_of_the_setup_installs_nothing(run, tmp_path):
    said = run("train", "--setup", "--dry-run", "--env", tmp_path / "env", "--json")
    told = json.loads(said.out)
    assert (said.code, told["there"], told["gb"]) == (0, False, 2)
    assert any(name.startswith("torch") for name in told["packages"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["pack:none", "local:none", "nosuch"])
def test_serve_announces_nothing_without_its_model(run, name):
    said = run("serve", "--with", name)
    assert (said.code, said.out) == (2, "")


def test_a_review_of_a_built_folder_draws_its_rows_and_leaves_it_sound(run, copy):
    said = run("review", copy, "--tally", "--json")
    assert (said.code, json.loads(said.out)["open"]) == (1, review.MOST)
    rows = review.load(copy / review.FILE)
    assert {row.id for row in rows if row.why} <= set(build.doubted(copy))
    assert build.verify(copy)["rows"] == 1080


def test_written_lines_that_failed_their_review_are_not_used(tiny, tmp_path):
    (tmp_path / "written").mkdir()
    files.write_json(tmp_path / "written" / files.TALLY, {"passed": False})
    asked = tiny.recipe.model_copy(update={"written": (str(tmp_path / "written"),)})
    with pytest.raises(GateFailed, match="failed their review"):
        build.plan_of(asked)


def test_an_added_file_and_an_edited_figure_are_named(run, copy):
    (copy / "notes.txt").write_text("mine", "utf-8")
    assert "notes.txt is not listed" in run("verify", copy).err
    (copy / "notes.txt").unlink()
    manifest = files.read_json(copy / files.MANIFEST)
    manifest["gates"]["probes"]["keys"]["pooled"] = 0.01
    manifest["tokens"]["median"] = 1
    files.write_json(copy / files.MANIFEST, files.sealed(manifest))
    said = run("verify", copy).err
    assert "gates.probes.keys.pooled is not what the rows give" in said
    assert "tokens.median is not what the rows give" in said


def test_what_mine_prints_next_can_be_run(run, copy, tmp_path):
    rows = build.read_rows(copy)
    said = [
        {"id": row.id, "is_sensitive": row.verdict.is_sensitive is (row.category != "ssn")}
        for row in rows if row.split == "val"
    ]  # fmt: skip
    files.write(tmp_path / "said.jsonl", said)
    told = run("mine", copy, "said.jsonl", "--out", "mined.yaml").out
    following = " ".join(told.split()).partition("Next: piiforge ")[2]
    assert run(*shlex.split(following), "--workers", 1).code == 0


def test_the_package_shows_what_it_has():
    names = subprocess.run(
        [sys.executable, "-c", "import piiforge; print(*dir(piiforge)); help(piiforge)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in ("load", "build", "score", "Detector"):
        assert name in names.partition("\n")[0].split()
        assert name in names.partition("\n")[2]
