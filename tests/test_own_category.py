"""A category from outside works as the shipped ones do: built, proved, judged, scanned, served."""

import json
import shutil
import subprocess
import sys
from random import Random

import pyarrow.parquet as pq
import pytest

from own_categories import DEVICE, EXAMPLE, IBAN, ROOT, SMALL, environment, piiforge
from piiforge import plugins

CATEGORY = plugins.records_of(IBAN)[0].category
VALUE = CATEGORY.draw(Random(7)).parts[0].text
WRONG = CATEGORY.draw_lookalike(Random(7), "check_digits").parts[0].text
LOG = f"iban={VALUE}&page=/pay\niban={WRONG}&page=/pay\ncart=3\nmail=jo.smith@mail-box.org\n"
ASK = """
import json, sys
sys.path.insert(0, {served!r})
from piiforge import predict
from served import serving

content = sys.stdin.read()
with serving(lambda: predict.load("context")) as client:
    asked = {{"content": content, "categories": ["iban"]}}
    shape = {{"text": content, "language": "en", "entities": ["IBAN_CODE", "IBAN"]}}
    print(json.dumps({{
        "categories": client.get("/v1/categories").json()["categories"],
        "verdict": client.post("/v1/verdict", json=asked).json()["is_sensitive"],
        "entities": client.get("/supportedentities").json(),
        "found": client.post("/analyze", json=shape).json(),
    }}))
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """Build a few rows of the IBAN beside a shipped category, in two worker processes."""
    room = tmp_path_factory.mktemp("own")
    words = ("build", "tiny", "categories=[ssn,iban]", *SMALL, "--workers", 2, "--out", "set")
    done = piiforge(*words, room=room, files=[IBAN])
    assert done.returncode == 0, done.stderr
    return room


def judged(room, system, *words, files=(IBAN,)):
    """Return how many rows of the IBAN were asked, and which of them were judged wrongly."""
    out = f"{system}.jsonl"
    done = piiforge(
        "predict", "set", "--split", "train", "--with", system, "--out", out, "--force", *words,
        room=room, files=files,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = {row["id"]: row for row in pq.read_table(room / "set/rows.parquet").to_pylist()}
    said = [json.loads(line) for line in (room / out).read_text("utf-8").splitlines()]
    mine = [(rows[one["id"]], one) for one in said if rows[one["id"]]["category"] == "iban"]
    return len(mine), [row for row, one in mine if row["label"] is not one["is_sensitive"]]


def test_a_built_set_verifies_and_says_who_took_part(room):
    done = piiforge("verify", "set", room=room, files=[IBAN])
    assert done.returncode == 0, done.stderr
    told = json.loads((room / "set/manifest.json").read_text("utf-8"))
    assert list(told["plugins"]) == ["category iban"]
    assert told["plugins"]["category iban"].startswith("iban_category.py sha256:")
    assert told["descriptions"]["iban"] == CATEGORY.description


@pytest.mark.parametrize("words", [("verify", "set"), ("report", "set", "--force")])
def test_without_the_plug_in_one_sentence_says_so_or_it_is_not_needed(room, words):
    done = piiforge(*words, room=room)
    if words[0] == "verify":
        assert done.returncode == 2
        assert "was built with the category iban of iban_category.py, not here" in done.stderr
        assert "--plugin iban_category.py" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def test_a_set_without_its_plug_in_is_predicted_for_no_one(room):
    done = piiforge("predict", "set", "--out", "none.jsonl", room=room)
    assert done.returncode == 2
    assert "iban" in done.stderr


@pytest.mark.parametrize("system", ["context", "reader"])
def test_few_rows_are_judged_wrongly_and_no_lookalike_is_taken(room, system):
    asked, wrong = judged(room, system)
    assert asked >= 15
    assert len(wrong) <= asked // 8
    assert all(row["label"] for row in wrong)


def test_a_context_of_ones_own_is_fitted_for_it(room):
    fit = ("train", "set", "--kind", "context", "--out", "fitted.npz", "--force")
    done = piiforge(*fit, room=room, files=[IBAN])
    assert done.returncode == 0, done.stderr
    asked, wrong = judged(room, "context", "--context", "fitted.npz")
    assert len(wrong) <= asked // 3  # of so few rows little is learned; it is the way that counts


def test_a_baseline_that_lacks_it_says_so(room):
    done = piiforge(
        "predict", "set", "--with", "rules", "--out", "r.jsonl", room=room, files=[IBAN]
    )
    assert done.returncode == 2
    assert "no category named 'iban'" in done.stderr


@pytest.mark.parametrize(("system", "rows"), [("context", {1, 4}), ("rules", {4})])
def test_a_scan_finds_it_and_baselines_go_on_with_what_they_know(tmp_path, system, rows):
    (tmp_path / "site.log").write_text(LOG, "utf-8")
    words = ("scan", "site.log", "--with", system, "--out", "found.jsonl")
    done = piiforge(*words, room=tmp_path, files=[IBAN])
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert {one["row"] for one in found if one["category"] in {"iban", "email"}} == rows
    assert VALUE not in (tmp_path / "found.jsonl").read_text("utf-8")


def test_what_stands_in_every_log_is_found_where_it_is_a_category(tmp_path):
    """The text tests leave out UUIDs and times; a category of such values must not be left out."""
    plug_in, log = tmp_path / "device.py", tmp_path / "site.log"
    plug_in.write_text(DEVICE, "utf-8")
    value = plugins.records_of(plug_in)[0].category.draw(Random(7)).parts[0].text
    log.write_text(f"request_id={value}&page=/\ndevice_uuid={value}&page=/\n", "utf-8")
    words = ("scan", log, "-c", "device", "--out", "found.jsonl")
    assert piiforge(*words, room=tmp_path, files=[plug_in]).returncode == 0
    (found,) = map(json.loads, (tmp_path / "found.jsonl").read_text("utf-8").splitlines())
    assert found["row"] == 2


def test_a_review_of_its_rows_is_begun(room):
    done = piiforge("review", "set", "--terminal", room=room, files=[IBAN], given="y\n")
    assert "decisions are asked for in a terminal" in done.stderr
    asked = (room / "set/review.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["category"] for line in asked} == {"iban", "ssn"}


def test_a_server_lists_it_judges_it_and_speaks_presidio(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(served=str(ROOT / "tests/serve"))],
        input=f"iban={VALUE}", cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**environment(), "PIIFORGE_PLUGINS": str(IBAN)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "iban" in told["categories"]
    assert told["verdict"] is True
    (name,) = (name for name in told["entities"] if name.startswith("IBAN"))
    (found,) = told["found"]
    assert found["entity_type"] == name
    assert f"iban={VALUE}"[found["start"] : found["end"]] == VALUE


def test_what_is_not_named_changes_no_byte(tmp_path):
    """An installed category is nothing to a build whose recipe does not name it."""
    words = ("build", "tiny", "categories=[ssn,bank_account]", *SMALL, "--workers", 1, "--out")
    assert piiforge(*words, "plain", room=tmp_path).returncode == 0
    assert piiforge(*words, "beside", room=tmp_path, files=[IBAN]).returncode == 0
    for path in sorted((tmp_path / "plain").iterdir()):
        assert path.read_bytes() == (tmp_path / "beside" / path.name).read_bytes(), path.name


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the example package, as it is, into a folder of its own."""
    room = tmp_path_factory.mktemp("installed")
    shutil.copytree(EXAMPLE, room / "source", ignore=shutil.ignore_patterns("__pycache__", "build"))
    command = ("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-q")
    subprocess.run(
        [sys.executable, *command, "--target", room / "site", room / "source"], check=True
    )
    return room / "site"


def test_an_installed_package_is_found_by_its_entry_points(installed, tmp_path):
    done = piiforge("categories", "--json", room=tmp_path, path=[installed])
    assert done.returncode == 0, done.stderr
    assert "iban" in json.loads(done.stdout)["categories"]
    show = piiforge("categories", "show", "iban", room=tmp_path, path=[installed])
    assert "named as reference, invoice" in show.stdout


def test_an_installed_format_writes_lines_and_its_detector_is_asked(installed, tmp_path):
    words = ("build", "tiny", "categories=[ssn,iban]", *SMALL, "events={xhr: 1.0}", "--out", "set")
    done = piiforge(*words, room=tmp_path, path=[installed])
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "set/manifest.json").read_text("utf-8"))["plugins"]
    assert told == dict.fromkeys(["category iban", "format gateway_log"], "piiforge-iban 0.1.0")
    rows = pq.read_table(tmp_path / "set/rows.parquet").to_pylist()
    assert [row for row in rows if row["format"] == "gateway_log" and " | " in row["content"]]
    (tmp_path / "site.log").write_text(f"iban={VALUE.replace(' ', '')}&page=/pay\n", "utf-8")
    scan = ("scan", "site.log", "--with", "iban_digits", "--out", "found.jsonl")
    assert piiforge(*scan, room=tmp_path, path=[installed]).returncode == 0
    (found,) = map(json.loads, (tmp_path / "found.jsonl").read_text("utf-8").splitlines())
    assert (found["category"], found["row"]) == ("iban", 1)


def test_a_plug_in_that_is_not_there_is_told_before_anything_is_done(tmp_path):
    done = piiforge("categories", room=tmp_path, files=["gone.py"])
    assert done.returncode == 2
    assert "gone.py is not there" in done.stderr
    assert "Traceback" not in done.stderr
