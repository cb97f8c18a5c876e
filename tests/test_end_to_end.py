"""What a user does first: build, verify, report, as processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PIIFORGE = Path(sys.executable).with_name("piiforge")


def piiforge(*words, room):
    command = [str(PIIFORGE), *map(str, words)]
    return subprocess.run(command, cwd=room, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def room(recipes, tmp_path_factory):
    """Build the tiny recipe with nothing said but its name."""
    room = tmp_path_factory.mktemp("room")
    done = piiforge("build", recipes / "tiny.yaml", room=room)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "out/tiny: 810 train, 90 val, 180 test"
    assert done.stderr.splitlines()[-1].startswith("Look at out/tiny/report.html")
    return room


def test_a_built_folder_verifies(room):
    done = piiforge("verify", "out/tiny", room=room)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "out/tiny: 11 files and 1080 rows are as built; no leak.\n"


def test_the_build_leaves_nothing_but_its_folder(room):
    assert [path.name for path in (room / "out").iterdir() if path.name.startswith(".")] == []
    assert (room / "out" / "tiny" / "manifest.json").is_file()


def test_the_build_in_another_process_is_the_same(room, tiny):
    one, two = (
        (folder / "manifest.json").read_bytes() for folder in (room / "out/tiny", tiny.folder)
    )
    assert one == two


def test_a_report_can_be_made_again(room):
    done = piiforge("report", "out/tiny", "--json", "--force", room=room)
    assert done.returncode == 0
    page = room / json.loads(done.stdout)["page"]
    assert page.read_bytes() == (room / "out/tiny/report.html").read_bytes()


def test_a_second_build_is_refused_and_changes_nothing(room, recipes):
    before = (room / "out/tiny/manifest.json").stat()
    again = piiforge("build", recipes / "tiny.yaml", room=room)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr
    assert (room / "out/tiny/manifest.json").stat() == before
