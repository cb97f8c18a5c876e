"""Laws of `piiforge scan`: what it prints, how it ends."""

import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest
from scan_logs import COMPRESSIONS, access_lines, compressed, drawn, records, write

BAD = "\udcff"  # one byte that is no UTF-8


@pytest.fixture
def scan(run, tmp_path, monkeypatch):

    monkeypatch.chdir(tmp_path)
    return lambda *words: run("scan", *words)


def test_the_summary_is_a_table_by_category_key_and_file(scan, tmp_path):
    write(tmp_path, records(40), "csv")
    said = scan("rows.csv", "--out", "out.jsonl")
    assert said.code == 0
    for words in ("By category", "By key", "contact_email", "By file", "rows.csv"):
        assert words in said.out
    found = len(Path("out.jsonl").read_text().splitlines())
    assert said.out.splitlines()[-1] == (
        f"{found} of 41 scanned rows hold personal data: {found} findings. 1 file, by context."
    )
    assert "Report: out.report.html" in said.err


def test_json_is_one_object(scan, tmp_path):
    write(tmp_path, records(40), "csv")
    found = json.loads(scan("rows.csv", "--out", "out.jsonl", "--json").out)
    count = len(Path("out.jsonl").read_text().splitlines())
    assert (found["rows"], found["findings"], found["unscanned"]) == (41, count, 0)
    assert {one["key"] for one in found["by_key"]} == {
        "contact_email", "phone", "ssn", "card_number",
    }  # fmt: skip
    assert found["by_file"] == [
        {
            "file": "rows.csv",
            "rows": 41,
            "rows_found": count,
            "findings": count,
            "unscanned": 0,
            "unsure": 0,
        }
    ]


@pytest.mark.parametrize(
    ("line", "words", "code"),
    [
        ("nothing", [], 0), ("nothing", ["--fail-on-found", "--fail-on-unscanned"], 0),
        ("found", [], 0), ("found", ["--fail-on-found"], 1), ("found", ["--fail-on-unscanned"], 0),
        (BAD, [], 0), (BAD, ["--fail-on-found"], 0), (BAD, ["--fail-on-unscanned"], 1),
    ],
)  # fmt: skip
def test_how_it_ends(scan, line, words, code):
    line = f"email={drawn('email', 1)}" if line == "found" else line
    Path("a.log").write_bytes(line.encode(errors="surrogateescape"))
    said = scan("a.log", "--out", "out.jsonl", *words)
    assert said.code == code
    assert ("Rows not scanned" in said.err) == (line == BAD)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.log"], "none.log is not there"),
        (["a.log", "--category", "emial"], "Did you mean 'email'?"),
        (["a.log", "--with", "ruls"], "Did you mean 'rules'?"),
        (["a.log", "--format", "jsnl"], "Did you mean 'jsonl'?"),
        (["a.log", "--emit", "ga5=x"], "Did you mean 'ga4'?"),
        (["a.log", "--encoding", "utf-9"], "no encoding named 'utf-9'"),
        (["a.log", "--with", "rules", "--pack", "x"], "exclude each other"),
        (["a.log", "--reference-key", "short"], "under 16 bytes"),
        (["a.log", "--reference-key", "none"], "none can't be read"),
    ],
)
def test_what_is_asked_wrongly_is_said_and_leaves_nothing(scan, words, told):
    Path("a.log").write_text("x\n")
    Path("short").write_text("x\n")
    said = scan(*words, "--out", "out.jsonl")
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in Path().iterdir()) == ["a.log", "short"]


def test_names_are_shown_as_they_are_and_move_no_cursor(scan):
    Path("[red]a\x1b[2J.log").write_text(f"user[tel]={drawn('phone', 1)}&phone[/x]=1\n")
    said = scan("[red]a\x1b[2J.log", "--out", "out.jsonl")
    assert said.code == 0
    assert "[red]a\ufffd[2J.log" in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize("packed", COMPRESSIONS)
def test_standard_input_is_read_to_its_end(scan, monkeypatch, packed):
    content = compressed("\n".join(access_lines(300)).encode(), packed)
    reader, writer = os.pipe()
    feeder = threading.Thread(target=lambda: (os.write(writer, content), os.close(writer)))
    feeder.start()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        said = scan("-", "-o", "out.jsonl", "--fail-on-found")
    feeder.join()
    assert said.code == 1
    assert "of 300 scanned rows hold personal data" in said.out


def test_settings_are_written_where_they_are_asked_for(scan):
    Path("a.log").write_text("\n".join(access_lines(100)))
    said = scan(
        "a.log", "-o", "out.jsonl", "--emit", "ga4=s/ga4.json", "--emit", "otel=s/otel.yaml"
    )
    assert said.code == 0
    assert json.loads(Path("s/ga4.json").read_text())["queryParameterKeys"]
    assert "redaction/piiforge" in Path("s/otel.yaml").read_text()


def test_a_pack_is_a_system_by_another_name(scan):
    Path("a.log").write_text("x\n")
    by_name = scan("a.log", "-o", "out.jsonl", "--with", "pack:none")
    by_option = scan("a.log", "-o", "out.jsonl", "--pack", "none")
    assert (by_name.code, by_name.err) == (by_option.code, by_option.err)
    assert by_name.code == 2


def test_without_a_place_findings_are_shown_masked_and_nothing_is_kept(scan, tmp_path):
    write(tmp_path, records(40), "csv")
    kept = scan("rows.csv", "--out", "out.jsonl")
    before = sorted(path.name for path in tmp_path.iterdir())
    said = scan("rows.csv")
    assert said.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert said.out.splitlines()[-1] == kept.out.splitlines()[-1]
    assert re.search(r"rows\.csv:\d+ .*email +contact_email=[x#._+-]+@[x.-]+", said.out)
    for found in re.findall(r"[\w.+-]+@[\w.-]+", (tmp_path / "rows.csv").read_text("utf-8")):
        assert found not in said.out + said.err


def test_equal_findings_are_told_once_with_their_number(scan):
    line = "ssn=" + drawn("ssn", 1)
    Path("a.log").write_text(f"{line}\n{line}\n{line}\n", "utf-8")
    assert "a.log:1 and 2 more" in scan("a.log").out
    assert scan("a.log", "--resume").code == 2
