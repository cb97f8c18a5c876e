"""The command line: what it says, how it ends, and what it never does."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PIIFORGE = Path(sys.executable).with_name("piiforge")
GOLDEN = Path(__file__).parent.parent / "golden" / "help.txt"
COMMANDS = (
    "categories", "seeds", "compose", "check", "split", "export", "preview", "build", "write",
    "verify", "report", "review", "train", "predict", "score", "mine", "loop", "pack", "scan",
    "serve", "bench", "push", "doctor",
)  # fmt: skip
HEAVY = ("numpy", "scipy", "sklearn", "pyarrow", "phonenumbers", "stdnum", "pydantic", "jinja2",
         "openai", "httpx2")  # fmt: skip
every_command = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def tiny_yaml(recipes):
    return recipes / "tiny.yaml"


def test_the_module_is_the_command():
    words = [sys.executable, "-m", "piiforge", "scan", "nothing.log"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("piiforge: nothing.log is not there.")


def test_the_help_is_the_recorded_one():
    done = subprocess.run(
        [PIIFORGE, "--help"], capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    shown = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n"
    assert GOLDEN.read_text(encoding="utf-8") == shown


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['piiforge', '--help']\n"
        "from piiforge.cli import main\n"
        "try: main()\n"
        "finally: print('loaded:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert "piiforge.cli.data" in loaded
    assert not [name for name in HEAVY if name in loaded]


@every_command
def test_every_command_explains_itself_and_speaks_json(run, command):
    said = run(command, "--help")
    assert said.code == 0
    assert "--json" in said.out


@every_command
def test_every_option_says_its_default(run, command):
    options = run(command, "--help").out.partition("Options")[2]
    entries = re.split(r"\n│ (?=\*? *--\S+ +(?:-\w +)?<)", options)[1:]
    silent = [entry for entry in entries if "--help" not in entry and "Default" not in entry]
    assert not [entry for entry in silent if "required" not in entry]


@every_command
def test_a_command_without_what_it_needs_is_asked_wrongly(run, command):
    said = run(command, "--no-such-option")
    assert said.code == 2
    assert said.out == ""


@pytest.mark.parametrize(
    ("words", "place", "near"),
    [
        (["sede=1"], "tiny.yaml: sede", "'seed'"),
        (["rows.tset=10"], "tiny.yaml: rows.tset", "'test'"),
        (["languages.enn=0.1"], "tiny.yaml: languages.enn", "'en'"),
        (["categories=[ssn, snn]"], "categories.1", "'ssn'"),
        (["variants.default=[plain, speled]"], "variants.default.speled", "'spelled'"),
    ],
)
@pytest.mark.parametrize("command", ["build", "compose"])
def test_an_unknown_name_in_a_recipe_is_told(run, tiny_yaml, tmp_path, command, words, place, near):
    said = run(command, tiny_yaml, *words, "--out", tmp_path / "out")
    assert (said.code, said.out) == (2, "")
    assert place in said.err
    assert f"Did you mean {near}?" in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said_of"),
    [
        (["categories", "show", "snn"], "Did you mean 'ssn'?"),
        (["build", "none.yaml"], "none.yaml can't be read"),
        (["verify", "."], "no manifest.json"),
        (["report", "none"], "none"),
        (["check", "none.jsonl", "--out", "x"], "none.jsonl is not a file"),
        (["split", "none.jsonl", "--out", "x"], "none.jsonl is not a file"),
    ],
    ids=lambda found: found[0] if isinstance(found, list) else "",
)
def test_what_is_not_there_is_asked_wrongly(run, tmp_path, monkeypatch, words, said_of):
    monkeypatch.chdir(tmp_path)
    said = run(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("piiforge: ")
    assert said_of in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["languages={en: 0.9, es: 0.1, fr: 0, zh: 0, mixed: 0}"],
        ["events={form_submit: 0, page_view: 0, xhr: 0, chat_message: 1}"],
        ["languages={en: 1}", "categories=[email]", "variants.email=[email_at_dot_other]"],
    ],
    ids=["languages", "events", "one language"],
)
def test_a_quota_that_can_not_be_met_names_its_cell_and_writes_nothing(
    run, tiny_yaml, tmp_path, words
):
    said = run("build", tiny_yaml, *words, "--out", tmp_path / "out")
    assert (said.code, said.out) == (1, "")
    assert re.match(
        r"piiforge: quota \w+/\w+: \w+ of .+ can't be met: \d+ rows are asked", said.err
    )
    assert list(tmp_path.iterdir()) == []


def test_one_language_alone_can_be_planned(run, tiny_yaml):
    words = ("languages={en: 1.0}", "categories=[ssn, phone]", "--dry-run", "--json")
    said = run("build", tiny_yaml, *words)
    assert (said.code, said.err) == (0, "")


def test_a_dry_run_shows_the_plan_and_writes_nothing(run, tiny_yaml, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run("build", tiny_yaml, "--dry-run", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert sum(cell["rows"] for cell in found["cells"]) == 1080
    totals = {name: lines[-1] for name, lines in found["splits"].items()}
    assert {name: (one["rows"], one["positive"]) for name, one in totals.items()} == {
        "train": (810, 405), "val": (90, 45), "test": (180, 90),
    }  # fmt: skip
    for lines in found["splits"].values():
        *parts, whole = lines
        for what in ("rows", "positive", "twins"):
            assert whole[what] == sum(part[what] for part in parts)
    assert 100 < found["median_tokens"] <= found["p90_tokens"] <= 512
    assert found["seconds"] > 0
    assert 5e5 < found["bytes"] < 5e6
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_is_one_table_a_split(run, tiny_yaml):
    said = run("build", tiny_yaml, "--dry-run").out
    assert said.count("credit_card") == 3
    assert re.search(r"^ all +810 +405 +\d+ *$", said, re.MULTILINE)
    assert re.search(r"^Of \d+ sampled rows: median \d+ tokens", said, re.MULTILINE)


@pytest.mark.parametrize(("words", "count"), [((), 5), (("-n", 1), 1), (("-n", 12), 12)])
def test_a_preview_shows_as_many_rows_as_asked_and_writes_nothing(
    run, tiny_yaml, tmp_path, monkeypatch, words, count
):
    monkeypatch.chdir(tmp_path)
    said = run("preview", tiny_yaml, "--json", *words)
    rows = json.loads(said.out)["rows"]
    assert (said.code, len(rows)) == (0, count)
    assert all(set(row) == {"category", "label", "variant", "content"} for row in rows)
    assert len({row["label"] for row in rows}) == min(2, count)
    assert len({row["category"] for row in rows}) >= min(count, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_preview_of_one_category_shows_no_other(run, tiny_yaml):
    said = run("preview", tiny_yaml, "-n", 4, "-c", "phone")
    heads = re.findall(r"(?m)^(\w+): (positive|negative), \w+ \(\w+, \w+\)$", said.out)
    assert [name for name, _ in heads] == ["phone"] * 4
    assert {label for _, label in heads} == {"positive", "negative"}


@pytest.mark.parametrize(
    "words", [("-n", 0), ("-n", -1), ("-c", "snn"), ("categories=[ssn]", "-c", "itin")]
)
def test_a_preview_of_nothing_is_asked_wrongly(run, tiny_yaml, words):
    said = run("preview", tiny_yaml, *words)
    assert (said.code, said.out) == (2, "")


def held_against(run, folder, tmp_path, *contents):
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps({"content": each}) + "\n" for each in contents), "utf-8")
    said = run("verify", folder, "--against", path, "--json")
    return said.code, json.loads(said.out)["against"][str(path)]


def test_cases_that_are_training_rows_are_named_by_line_and_end_with_one(run, tiny, tmp_path):
    mine = [row for row in tiny.built.rows if row.split == "train"]
    theirs = [row for row in tiny.built.rows if row.split == "test"]
    code, met = held_against(
        run, tiny.folder, tmp_path, theirs[0].content, mine[0].content, "hello there"
    )
    assert (code, met["cases"], met["exact"], met["near"]) == (1, 3, [2], [])


def test_cases_that_share_nothing_end_with_zero(run, tiny, tmp_path):
    code, met = held_against(run, tiny.folder, tmp_path, "hello there", "GET /index.html 200")
    assert code == 0
    assert met == {"cases": 2, "exact": [], "near": [], "value": [], "skeleton": []}


def test_a_certificate_tells_no_content(run, tiny, tmp_path):
    mine = [row for row in tiny.built.rows if row.split == "train" and row.values]
    row = next(row for row in mine if len(row.values[0].key) > 8)
    (tmp_path / "c.jsonl").write_text(json.dumps({"content": row.content}) + "\n", "utf-8")
    said = run("verify", tiny.folder, "--against", tmp_path / "c.jsonl")
    assert "  exact     1: lines 1\n" in said.out
    assert row.content not in said.out + said.err
    assert row.values[0].key not in said.out + said.err


def test_an_existing_folder_is_refused_and_kept(run, tiny_yaml, tmp_path):
    (tmp_path / "mine").write_text("1")
    said = run("build", tiny_yaml, "--out", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "already exists" in said.err
    assert "--force" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_broken_folder_ends_with_one(run, copy):
    (copy / "val.jsonl").write_text("")
    said = run("verify", copy)
    assert (said.code, said.out) == (1, "")
    assert "val.jsonl was changed" in said.err


def test_a_sound_folder_ends_with_zero_and_tells_in_json(run, tiny):
    said = run("verify", tiny.folder, "--json")
    assert said.code == 0
    assert json.loads(said.out)["rows"] == 1080


def test_check_ends_with_one_where_too_few_are_kept(run, tiny, tmp_path):
    from piiforge import build, files

    files.write(tmp_path / "rows.jsonl", map(build.folder.to_record, tiny.built.rows[:40]))
    said = run("check", tmp_path / "rows.jsonl", "--out", tmp_path / "out", "--max-tokens", "128",
               "--json")  # fmt: skip
    assert said.code == 1
    found = json.loads(said.out)
    assert found["kept"] + found["dropped"] == 40


def test_a_report_is_written_beside_the_folder(run, copy):
    said = run("report", copy, "--json")
    page = copy.with_name("copy.html")
    assert (said.code, json.loads(said.out)) == (0, {"page": str(page)})
    assert page.read_text("utf-8").startswith("<!")


def test_the_categories_are_listed_in_their_order(run):
    said = run("categories", "--json")
    assert list(json.loads(said.out)["categories"]) == [
        "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport",
        "drivers_license", "member_id",
    ]  # fmt: skip
    assert "US Social Security number" in run("categories").out


def test_a_category_shows_its_sources_lookalikes_and_disguises(run):
    said = run("categories", "show", "ssn").out
    head, *_ = said.splitlines()
    assert head == "ssn: US Social Security number, AAA-GG-SSSS"
    for part in ("  source    https://www.ssa.gov/", "  drawn     ", "  lookalikes", "  disguises"):
        assert part in said
    assert re.search(r"^    area_666 +666-\d\d-\d{4} +impossible$", said, re.MULTILINE)
    assert re.search(r"^    sku +\S+ +named as sku$", said, re.MULTILINE)
    assert re.search(r"^    words_zh +[一二三四五六七八九零，、]+$", said, re.MULTILINE)


def test_a_category_shows_the_same_in_json(run):
    found = json.loads(run("categories", "show", "ssn", "--json").out)
    assert set(found) == {"id", "description", "sources", "drawn", "lookalikes", "disguised"}
    assert len(found["lookalikes"]) >= 10


def test_a_bug_of_ours_is_one_sentence_with_a_code_of_its_own(run, monkeypatch):
    from piiforge import build

    monkeypatch.setattr(build, "shown", lambda _name: 1 // 0)
    said = run("categories", "show", "ssn")
    assert (said.code, said.out) == (70, "")
    assert said.err.startswith("piiforge: a bug in piiforge (ZeroDivisionError).")


def test_a_closed_pipe_ends_quietly():
    command = [PIIFORGE, "categories", "show", "phone"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told_with_the_way_out():
    with Path("/dev/full").open("w") as full:
        command = [PIIFORGE, "categories"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert done.stderr == (
        "piiforge: No space left on device. Free some space, or give an --out elsewhere.\n"
    )


def test_shards_are_gathered_from_a_folder_whose_name_ends_in_a_stroke(run, tmp_path):
    (tmp_path / "web.log").write_text("page=/home\n" * 9)
    out = tmp_path / "found.jsonl"
    assert run("scan", tmp_path / "web.log", "--out", out, "--shard", "1/1").code == 0
    assert run("gather", f"{out}.shards/").code == 0
    assert out.exists()
    said = run("gather", f"{out}.shards/", tmp_path)
    assert (said.code, "from one folder" in said.err) == (2, True)
    said = run("gather", tmp_path / "set.shards/")  # of a data set: the folder is named, not missed
    assert "set.shards is no folder of shards" in said.err
