"""What lies around the package agrees with it: lock, bill of materials, image, citation, forms."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import piiforge

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
# (instruction, the rest), lines joined, comments left out
STEPS = [
    tuple(line.split(None, 1))
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M)).splitlines()
    if line.strip()
]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
TOOLS = {"pytest", "ruff", "mypy", "hypothesis", "setuptools", "schemathesis"}


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


LOCK = script("lock")
PACKAGES = LOCK.read(ROOT / "requirements.lock")
every_extra = pytest.mark.parametrize("extra", LOCK.locked_extras(PACKAGES))


def steps(*names):
    return [rest for name, rest in STEPS if name in names]


def test_every_package_of_the_lock_has_its_hashes_and_says_whose_it_is():
    assert len(PACKAGES) > 50
    assert all(one.hashes and one.via for one in PACKAGES)


@every_extra
def test_the_part_of_an_extra_is_what_it_needs_and_no_tool(extra):
    names = {one.name for one in LOCK.wanted(PACKAGES, [extra])}
    needs = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"][extra]
    assert {LOCK._normal(re.match(r"[\w.-]+", one)[0]) for one in needs} <= names
    assert not names & TOOLS


def test_an_extra_that_is_not_locked_is_refused():
    with pytest.raises(SystemExit, match="does not hold"):
        LOCK.wanted(PACKAGES, ["presidio"])
    with pytest.raises(SystemExit, match="no extra"):
        LOCK.wanted(PACKAGES, ["fats"])


def test_the_part_of_an_extra_can_be_installed_by_hash(tmp_path):
    asked = [sys.executable, ROOT / "scripts" / "lock.py", "--extra", "serve"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    (tmp_path / "wanted.txt").write_text(done.stdout)
    again = LOCK.read(tmp_path / "wanted.txt")
    assert [one.lines for one in again] == [one.lines for one in LOCK.wanted(PACKAGES, ["serve"])]


def test_the_bill_of_materials_names_what_the_lock_pins_and_only_that():
    told = json.loads(json.dumps(LOCK.bill(LOCK.wanted(PACKAGES, LOCK.locked_extras(PACKAGES)))))
    refs = [one["bom-ref"] for one in told["components"]]
    assert len(set(refs)) == len(refs)
    assert set(refs) <= {one.purl for one in PACKAGES}
    own = told["metadata"]["component"]
    assert own["version"] == piiforge.__version__
    graph = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    assert graph.keys() == {own["bom-ref"], *refs}
    assert {ref for many in graph.values() for ref in many} == set(refs)
    assert all(one["externalReferences"][0]["hashes"] for one in told["components"])


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is():
    assert [name for name, _ in STEPS if name in {"USER", "HEALTHCHECK"}] == ["USER", "HEALTHCHECK"]
    (user,) = steps("USER")
    assert user.isdigit()
    assert int(user) > 0
    (check,) = steps("HEALTHCHECK")
    (entry,) = steps("ENTRYPOINT")
    assert "/health" in check
    started = json.loads(entry)
    assert f":{started[started.index('--port') + 1]}/health" in check
    assert steps("EXPOSE") == [started[started.index("--port") + 1]]


def test_what_the_image_installs_is_pinned():
    assert all(re.match(r"\S+:\d+\.\d+\S*", one) for one in steps("FROM"))
    installs = re.findall(r"install --[^&]*", " && ".join(steps("RUN")))
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    assert not steps("ADD")


def test_what_the_image_copies_is_let_through_and_is_there():
    let = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }  # fmt: skip
    for one in steps("COPY"):
        if not one.startswith("--from"):
            for name in one.split()[:-1]:
                assert (ROOT / name).exists()
                assert any(f"{each}/".startswith(f"{name}/") for each in let), name


@pytest.mark.skipif(not shutil.which("hadolint"), reason="hadolint is not installed")
def test_hadolint_has_nothing_to_say():
    done = subprocess.run(["hadolint", ROOT / "Dockerfile"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_version_is_the_same_everywhere():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    versions = {piiforge.__version__, PROJECT["project"]["version"], cited["version"]}
    assert len(versions) == 1
    assert cited["license"] == PROJECT["project"]["license"]
    assert {"cff-version", "message", "title", "authors", "type"} <= cited.keys()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_no_personal_data(path):
    told = yaml.safe_load(path.read_text("utf-8"))
    if path.name == "config.yml":
        return
    assert {"name", "description", "body"} <= told.keys()
    ids = [one["id"] for one in told["body"] if one["type"] != "markdown"]
    assert len(set(ids)) == len(ids)
    if path.name != "wish.yml":
        boxes = [one for one in told["body"] if one["type"] == "checkboxes"]
        assert boxes[-1]["attributes"]["options"][0]["required"] is True


def test_ci_proves_the_package():
    assert "make package" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_check_of_the_package_knows_every_extra():
    check = (ROOT / "scripts" / "package_check.py").read_text("utf-8")
    known = re.findall(r'^    "(\w+)": \(\(', check, re.M)
    assert sorted(known) == sorted(PROJECT["project"]["optional-dependencies"])


def test_the_page_on_installing_names_what_each_extra_brings():
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = dict(zip(("extra", "for", "brings"), zip(*rows, strict=True), strict=True))
    names = [name.strip("` ") for cell in told["extra"] for name in cell.split(",")]
    assert sorted(names) == sorted(PROJECT["project"]["optional-dependencies"])
    brought = {name.strip() for cell in told["brings"] for name in re.split("[,;]", cell)}
    wanted = {
        re.match(r"[\w.-]+", need)[0]
        for needs in PROJECT["project"]["optional-dependencies"].values()
        for need in needs
    }
    assert brought == wanted
