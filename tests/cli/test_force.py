"""--force replaces results of piiforge and nothing else; what it refuses it refuses at once."""

import hashlib
import json
from importlib import import_module
from pathlib import Path

import pytest

from error_files import environment, model

SMALL = (
    "rows.per_category=20 rows.test=20 categories=[ssn] gates.families=1 gates.per_disguise=0 "
    "gates.probe=1 gates.skeletons=0 gates.top_skeletons=1 --workers 1"
)
# What each command takes is asked rightly but for --out, so that only that can be refused
COMMANDS = {
    "build": f"build tiny.yaml {SMALL}",
    "export": "export rows.jsonl tiny.yaml",
    "check": "check rows.jsonl",
    "train": "train built --model model --env env",
    "loop": "loop tiny.yaml --model model --env env",
    "pack": "pack model",
    "write": "write tiny.yaml --model m --base-url http://127.0.0.1:9/v1",
}
WORK = {  # what a command does first where it does not refuse, by its module
    "piiforge.build.build": "plan_of",
    "piiforge.build.folder": "read",
    "piiforge.build": "verify",
    "piiforge.train.run": "plan",
    "piiforge.pack.pack": "told_of",
    "piiforge.write.run": "_Run",
}


@pytest.fixture
def here(tmp_path, monkeypatch, recipes):
    """Return a folder with what the commands take; the working folder lies in it."""
    given = {
        "mine/work/rows.jsonl": "",
        "mine/work/tiny.yaml": (recipes / "tiny.yaml").read_text("utf-8"),
        "mine/work/thesis/chapter.txt": "years of work",
        "mine/work/thesis/manifest.json": json.dumps({"name": "a web extension", "version": 3}),
        "mine/letter.txt": "a letter",
        "home/photo.txt": "a photo",
        **{f"mine/work/{name}": text for name, text in {**environment(), **model()}.items()},
    }
    for name, content in given.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    monkeypatch.chdir(tmp_path / "mine" / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def every_file(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below, by its place; folders too."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "a folder"
        for path in folder.rglob("*")
    }


def no_work(*_: object, **__: object) -> None:
    raise AssertionError("it began to work before it refused")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place", [".", "..", "the home folder", "/", "thesis"])
def test_force_replaces_nothing_of_others_and_refuses_before_it_works(
    run, here, monkeypatch, command, place
):
    out = here / "home" if place == "the home folder" else place
    for module, name in WORK.items():
        monkeypatch.setattr(import_module(module), name, no_work)
    before, root = every_file(here), sorted(Path("/").iterdir())
    said = run(*COMMANDS[command].split(), "--out", out, "--force")
    assert said.code == 2, said.err
    assert f"piiforge: {out} " in said.err or f"piiforge: {Path(out).absolute()} " in said.err
    assert "Choose another --out." in said.err
    assert (every_file(here), sorted(Path("/").iterdir())) == (before, root)


def test_force_replaces_results_of_ours_and_nobody_else_does(run, here):
    build = [*COMMANDS["build"].split(), "--out", "ours"]
    assert run(*build).code == 0
    ours = here / "mine" / "work" / "ours"
    was = every_file(ours)
    assert run(*build).code == 2
    assert run(*build, "--force").code == 0
    assert every_file(ours) == was
    check = [*COMMANDS["check"].split(), "--out", "ours", "--min-kept", "0"]
    for _ in range(2):  # in the place of a data set, then of what it wrote itself
        assert run(*check).code == 2
        assert run(*check, "--force").code == 0
        assert set(every_file(ours)) == {"rows.jsonl", "dropped.jsonl"}
    (ours / "rows.jsonl").write_text('{"id": "somebody else\'s"}\n')
    assert run(*check, "--force").code == 2
    assert (ours / "rows.jsonl").read_text() == '{"id": "somebody else\'s"}\n'
