"""Laws of `piiforge scrub`: nothing is lost, nothing that is not ours is touched, all is told."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
import scrub_forms as forms

from piiforge import scrub
from piiforge.errors import AskedWrongly
from piiforge.scrub.run import CHANGED

LINE = f"email={forms.drawn('email', 3)}&a=1\n"
CLEAN = "email=<email>&a=1\n"


@pytest.fixture(autouse=True)
def logs(tmp_path, monkeypatch):
    """Return a folder of two logs, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.log").write_text(LINE)
    (tmp_path / "in" / "deep" / "b.log").write_text("nothing\n" + LINE)
    return tmp_path / "in"


def test_a_folder_is_written_in_its_own_order(run):
    said = run("scrub", "in", "--out", "out")
    assert said.code == 0
    assert Path("out/a.log").read_text() == CLEAN
    assert Path("out/deep/b.log").read_text() == "nothing\n" + CLEAN
    assert said.err.splitlines()[-2:] == [
        "Second look: nothing found in 2 changed rows.", "Scrubbed: out",
    ]  # fmt: skip
    assert "2 of 3 rows changed: 2 values taken out; 0 unscanned." in said.out


def test_several_folders_keep_their_names_apart(run):
    Path("more").mkdir()
    Path("more/a.log").write_text(LINE)
    assert run("scrub", "in", "more", "--out", "out").code == 0
    assert sorted(str(path) for path in Path("out").rglob("*.log")) == [
        "out/in/a.log", "out/in/deep/b.log", "out/more/a.log",
    ]  # fmt: skip


def test_json_tells_all_and_no_value(run):
    said = json.loads(run("scrub", "in", "--out", "out", "--json").out)
    assert (said["rows"], said["changed"], said["unscanned"]) == (3, 2, 0)
    assert said["by_category"] == [{"category": "email", "mode": "label", "values": 2}]
    assert [one["written"] for one in said["by_file"]] == ["out/a.log", "out/deep/b.log"]
    assert "@" not in json.dumps(said)


def test_standard_input_goes_to_standard_output(monkeypatch, capfdbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE.encode())))
    done = scrub.run(scrub.Scrub(["-"], "-"))
    assert capfdbinary.readouterr().out.decode() == CLEAN
    assert done.total.changed == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("in", "--out", "in"), "is what is to be read"),
        (("in/a.log", "--out", "in/a.log"), "is what is to be read"),
        (("in", "--out", "in/clean"), "lies in in, which is to be read"),
        (("in/a.log", "--out", "in"), "is what is to be read"),
        (("in", "--out", "-"), "--out - takes one file"),
        (("in", "--out", "out", "--mode", "msk"), "no mode named 'msk'. Did you mean 'mask'?"),
        (("in", "--out", "out", "--mode", "snn=mask"), "no category named 'snn'"),
        (("in", "--out", "out", "--mode", "pseudonym"), "pseudonyms need a secret key"),
        (("in", "--out", "out", "--keep-format"), "--keep-format is for pseudonyms"),
        (("in", "--out", "out", "--format", "xml"), "no format named 'xml'"),
        (("gone", "--out", "out"), "gone is not there"),
        (("in", "--out", "-", "--json"), "both write to standard output"),
        (("in/a.log", "in/deep/b.log", "in/deep/../a.log", "--out", "in/deep"), "to be read"),
    ],
)
def test_what_is_asked_wrongly_is_told_and_nothing_lost(run, logs, words, told):
    before = {path: path.read_bytes() for path in logs.rglob("*.log")}
    said = run("scrub", *words)
    assert said.code == 2
    assert told in " ".join(said.err.split())
    assert {path: path.read_bytes() for path in logs.rglob("*.log")} == before
    assert not Path("out").exists()


def test_an_output_that_is_a_link_to_the_input_is_refused(run):
    os.link("in/a.log", "same.log")
    said = run("scrub", "in/a.log", "--out", "same.log", "--force")
    assert said.code == 2
    assert Path("in/a.log").read_text() == LINE


def test_force_replaces_only_what_scrub_wrote(run):
    assert run("scrub", "in", "--out", "out").code == 0
    assert run("scrub", "in", "--out", "out").code == 2
    assert run("scrub", "in", "--out", "out", "--force").code == 0
    Path("out/mine.log").write_text("mine")
    Path("in/mine.log").write_text("nothing\n")
    said = run("scrub", "in", "--out", "out", "--force")
    assert said.code == 2
    assert "not written by piiforge scrub" in said.err
    assert Path("out/mine.log").read_text() == "mine"


def test_resume_goes_on_behind_what_is_done(run):
    def stop(at):
        if at.file.endswith("b.log"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scrub.run(scrub.Scrub(["in"], "out"), progress=stop)
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.log", "deep"]
    assert not Path("out/deep/b.log").exists()
    assert "--resume goes on with it" in run("scrub", "in", "--out", "out").err
    first = Path("out/a.log").stat().st_mtime_ns
    asked = run("scrub", "in", "--out", "out", "--resume", "--mode", "mask")
    assert asked.code == 2
    assert "asked otherwise" in asked.err
    said = run("scrub", "in", "--out", "out", "--resume", "--json")
    assert said.code == 0
    assert json.loads(said.out)["skipped"] == 1
    assert json.loads(said.out)["changed"] == 2
    assert Path("out/a.log").stat().st_mtime_ns == first
    assert Path("out/deep/b.log").read_text() == "nothing\n" + CLEAN


def test_a_second_run_to_one_place_is_refused(tmp_path):
    def begin_another(_at):
        with pytest.raises(AskedWrongly, match="being written by another process"):
            scrub.run(scrub.Scrub(["in"], "out"), resume=True)

    scrub.run(scrub.Scrub(["in"], "out"), progress=begin_another)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out", "out.scrub.json"]


def test_a_file_that_changes_meanwhile_is_not_written():
    def grow(at):
        if at.file.endswith("a.log"):
            with Path("in/a.log").open("a") as file:
                file.write(LINE)

    done = scrub.run(scrub.Scrub(["in"], "out"), progress=grow)
    assert not Path("out/a.log").exists()
    assert Path("out/deep/b.log").exists()
    assert list(done.reasons) == [CHANGED]
    again = scrub.run(scrub.Scrub(["in"], "out"), resume=True)
    assert Path("out/a.log").read_text() == CLEAN * 2
    assert again.reasons == {}
    assert not Path("out.unscanned.jsonl").exists()


def test_what_was_not_scanned_is_told_and_can_fail(run):
    Path("in/c.log").write_bytes(b"x" * 4000 + b"\n")
    words = ("scrub", "in", "--row-limit-bytes", "1000")
    assert run(*words, "--out", "out").code == 0
    said = run(*words, "--out", "out2", "--fail-on-unscanned")
    assert said.code == 1
    assert "Rows not scanned, and not passed through: 1, in out2.unscanned.jsonl." in said.err
    assert Path("out2/c.log").read_bytes() == b""
    kept = scrub.run(scrub.Scrub(["in"], "out2", row_limit_bytes=1000), resume=True)
    assert kept.total.unscanned == 1
    assert list(kept.reasons.values()) == [1]
    assert len(Path("out2.unscanned.jsonl").read_text().splitlines()) == 1


def test_fail_on_found(run):
    assert run("scrub", "in", "--out", "out", "--fail-on-found").code == 1
    Path("in/a.log").write_text("nothing\n")
    assert run("scrub", "in/a.log", "--out", "a.log", "--fail-on-found").code == 0


def test_a_dry_run_shows_the_first_changes_masked_and_writes_nothing(run):
    said = run("scrub", "in", "--out", "out", "--dry-run")
    assert said.code == 0
    assert "Nothing was written." in said.err
    assert "<email>" in said.out
    assert LINE[6:20] not in said.out
    assert [path.name for path in Path().iterdir()] == ["in"]


def test_modes_come_from_a_file_too(run):
    Path("modes.yaml").write_text("default: mask\nemail: drop-key\n")
    Path("in/a.log").write_text(LINE + f"phone={forms.drawn('phone', 1)}&b=2\n")
    assert run("scrub", "in/a.log", "--out", "a.log", "--mode", "modes.yaml").code == 0
    first, second = Path("a.log").read_text().splitlines()
    assert first == "a=1"
    assert second.startswith("phone=+*")
    assert run("scrub", "in/a.log", "--out", "b.log", "--mode", "gone.yaml").code == 2


def test_pseudonyms_keep_a_format_out_of_ranges_that_are_never_issued(run):
    Path("key").write_bytes(b"sixteen bytes ok")
    said = run("scrub", "in/a.log", "--out", "a.log", "--mode", "pseudonym", "--key", "key",
               "--keep-format")  # fmt: skip
    assert said.code == 0
    assert Path("a.log").read_text().startswith("email=")
    assert "@example.com&a=1" in Path("a.log").read_text()


def test_no_verify_says_so(run):
    said = run("scrub", "in", "--out", "out", "--no-verify")
    assert "No second look: --no-verify." in said.err
    assert Path("out/a.log").read_text() == CLEAN


def test_the_help_says_that_unsure_values_go_and_gives_an_example(run):
    said = run("scrub", "-h").out
    assert "--no-unsure" in said
    assert "Example: piiforge scrub" in said
