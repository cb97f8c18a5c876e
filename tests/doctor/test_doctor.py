"""Doctor: every extra is told with its line, and only what has to be mended is an ill."""

import json
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from piiforge import doctor
from piiforge.errors import AskedWrongly

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
NOW = 0.01  # seconds: a speed is not asked for here


@pytest.fixture
def declared(monkeypatch):
    """Let the metadata say what pyproject.toml says today, however long ago this was installed."""
    project = PROJECT["project"]
    lines = list(project["dependencies"])
    for name, wanted in project["optional-dependencies"].items():
        lines += [f'{one}; extra == "{name}"' for one in wanted]
    monkeypatch.setattr(metadata, "requires", lambda _: lines)
    return project


def test_every_extra_is_told_with_what_it_is_for(declared):
    assert doctor.EXTRAS.keys() == declared["optional-dependencies"].keys()
    found = doctor.examine(seconds=NOW)
    assert {one.name for one in found.extras} == doctor.EXTRAS.keys()
    assert len(found.core) == len(declared["dependencies"])
    assert all(one.packages for one in found.extras)


def test_the_core_has_at_most_fifteen_dependencies():
    assert len(PROJECT["project"]["dependencies"]) <= 15


def test_an_extra_that_lacks_something_names_it_and_its_line_and_is_no_ill(monkeypatch):
    lines = ['no-such-package>=2; extra == "fast"', 'pytest; extra == "serve"', "typer>=0.1"]
    monkeypatch.setattr(metadata, "requires", lambda _: lines)
    found = doctor.examine(seconds=NOW)
    fast, serve = found.extras
    assert (fast.lacks, fast.line) == (("no-such-package",), 'pip install "piiforge[fast]"')
    assert (serve.lacks, serve.line) == ((), "")
    assert found.ills == ()


def test_an_ill_core_is_told_and_nothing_else_is_tried(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda _: ["no-such-package>=2", "typer>=99"])
    found = doctor.examine(seconds=NOW)
    assert found.machine is None
    assert found.speed is None
    missing, old = found.ills
    assert missing == "no-such-package is missing, wanted is >=2"
    assert old.endswith("wanted is >=99")


def test_a_folder_that_is_not_installed_is_a_clear_word(monkeypatch):
    def nothing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", nothing)
    with pytest.raises(AskedWrongly, match="not installed"):
        doctor.examine(seconds=NOW)


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("1.10", ">=1.9", True), ("1.9", ">=1.10", False), ("2", ">=2.0.0", True),
        ("2.0.0", "<2", False), ("5.9.1", "<6,>=5.0", True), ("6.0rc1", "<6,>=5.0", False),
        ("2.5.1+cpu", ">=2.5", True), ("1", "", True), ("2.2.355", ">=2.2.355", True),
    ],
)  # fmt: skip
def test_versions_are_compared_by_their_numbers(version, wanted, fits):
    assert doctor.within(version, wanted) is fits


@pytest.mark.parametrize("line", ["a>=1", "a (>=1)", "a[x,y]>=1", 'a>=1; extra == "z"',
                                  "a>=1; (python_version > '3') and extra == 'z'"])  # fmt: skip
def test_every_way_of_writing_a_requirement_is_read(line):
    package, extra = doctor.requirement(line)
    assert (package.name, package.wanted) == ("a", ">=1")
    assert extra == ("z" if "extra" in line else "")


def test_the_default_detector_is_right_on_every_sample():
    found = doctor.measure(seconds=NOW)
    assert found.right == found.samples == 5
    assert found.rows_per_s > 0


def test_the_machine_is_told(run):
    said = run("doctor", "--json")
    told = json.loads(said.out)
    assert said.code == 0, told["ills"]
    assert told["machine"]["cores"] >= 1
    assert told["recipes"] == 5
    assert told["ills"] == []


def test_a_pack_that_is_none_is_a_clear_word(run, tmp_path):
    said = run("doctor", "--pack", str(tmp_path))
    assert said.code == 2
    assert "no pack" in said.err
