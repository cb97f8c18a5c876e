"""Laws of what is known: a suppression covers what it names and no more, a baseline what it has."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan_logs import drawn

from piiforge import logs, scan
from piiforge.errors import AskedWrongly
from piiforge.scan import known, report, state
from piiforge.scan.state import Found

TODAY = date(2026, 11, 22)
ACCEPTED = {"why": "an example", "who": "mk"}


def found(category="phone", file="logs/access.log", keys=("tel",), **more):
    pairs = tuple(logs.Pair(key, logs.PARAMETER, f"{key}=%2B1 202 555 0123") for key in keys)
    shapes = tuple(map(known.shape, pairs))
    return Found(file, 3, category=category, keys=pairs, shapes=shapes, **more)


def loaded(tmp_path, *entries, today=TODAY):
    path = tmp_path / "quiet.jsonl"
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    return known.load(state.Scan([], tmp_path / "out.jsonl", suppress=(path,)), today)


def kinds(quiet, *some):
    return [one.kind for one in quiet.sort(some)]


@pytest.mark.parametrize(
    ("entry", "covers"),
    [
        ({"category": "phone", "key": "tel"}, True), ({"category": "all", "key": "t*"}, True),
        ({"category": "email", "key": "tel"}, False), ({"category": "phone", "key": "te"}, False),
        ({"category": "phone", "path": "logs/*"}, True),
        ({"category": "all", "path": "a*.log"}, True),
        ({"category": "phone", "path": "app.log"}, False),
        ({"category": "phone", "shape": "+# ### ### ####"}, True),
        ({"category": "phone", "shape": "+#*"}, True),
        ({"category": "phone", "shape": "###"}, False),
        ({"category": "phone", "reference": "ab" * 16}, True),
        ({"category": "phone", "reference": "cd" * 16}, False),
        ({"category": "phone", "key": "tel", "path": "x/*"}, False),
        ({"category": "phone", "key": "(no key)"}, False),
    ],
)  # fmt: skip
def test_an_entry_covers_what_all_its_names_fit(tmp_path, entry, covers):
    quiet = loaded(tmp_path, entry | ACCEPTED)
    (said,) = quiet.sort([found(reference="ab" * 16)])
    assert said.kind == ("suppressed" if covers else "finding")
    assert ("an example" in said.reason) == covers


def test_every_key_that_leaked_has_to_be_covered(tmp_path):
    tel, fax = ({"category": "phone", "key": key} | ACCEPTED for key in ("tel", "fax"))
    both = found(keys=("tel", "fax"))
    assert kinds(loaded(tmp_path, tel), both) == ["finding"]
    assert kinds(loaded(tmp_path, tel, fax), both) == ["suppressed"]
    assert kinds(loaded(tmp_path, tel), found(keys=())) == ["finding"]
    keyless = {"category": "phone", "key": "(no key)"} | ACCEPTED
    assert kinds(loaded(tmp_path, keyless), found(keys=()), found()) == ["suppressed", "finding"]


def test_what_is_unsure_is_suppressed_and_what_is_unscanned_is_not(tmp_path):
    quiet = loaded(tmp_path, {"category": "all", "path": "*"} | ACCEPTED)
    some = found(unsure=True), Found("logs/access.log", 4, reason="binary")
    assert kinds(quiet, *some) == ["suppressed", "unscanned"]


def test_an_entry_holds_to_its_last_day_and_is_then_told(tmp_path):
    entry = {"category": "phone", "key": "tel", "until": "2026-11-22"} | ACCEPTED
    assert kinds(loaded(tmp_path, entry), found()) == ["suppressed"]
    later = loaded(tmp_path, entry, today=date(2026, 11, 23))
    assert kinds(later, found()) == ["finding"]
    assert later.expired == (f"{tmp_path}/quiet.jsonl:1 until 2026-11-22",)


@pytest.mark.parametrize(
    ("more", "covers"),
    [
        ({"key": "tel"}, True), ({"key": "fax"}, False), ({"key": None}, False),
        ({"key": "tel", "file": "logs/access.log.1"}, False),
        ({"key": "fax", "reference": "ab" * 16}, True),
        ({"key": "tel", "reference": "cd" * 16}, False),
    ],
)  # fmt: skip
def test_a_false_alarm_of_a_review_is_taken_as_it_is(tmp_path, more, covers):
    alarm = {
        "kind": "false-alarm", "category": "phone", "file": "logs/access.log", "reference": None,
        "time": "2026-11-22T00:00:00+00:00", "reviewer": "mk", "reason": "",
    }  # fmt: skip
    quiet = loaded(tmp_path, alarm | more)
    assert kinds(quiet, found(reference="ab" * 16)) == ["suppressed" if covers else "finding"]
    assert quiet.unused({}) == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"category": "phone"}, "cover everything"), ({"key": "tel"}, "category is missing"),
        ({"category": "phone", "key": "tel", "why": " "}, "is empty"),
        ({"category": "phone", "value": "+1 202 555 0123"}, "none of an entry's"),
        ({"category": "phone", "shape": "+1 202 555 0123"}, "holds letters or digits"),
        ({"category": "phone", "key": "2025550123"}, "no name of a key"),
        ({"category": "phone", "reference": "+12025550123"}, "none of a scan's"),
        ({"category": "phone", "key": "tel", "until": "soon"}, "until"),
        ({"kind": "verdict"}, "none of an entry's"), ({"kind": "false-alarm"}, "is missing"),
    ],
)  # fmt: skip
def test_an_entry_that_is_off_is_told_by_its_line_and_without_a_value(tmp_path, entry, told):
    with pytest.raises(AskedWrongly, match=told) as error:
        loaded(tmp_path, {"category": "ssn", "key": "a"} | ACCEPTED, ACCEPTED | entry)
    assert "quiet.jsonl:2" in str(error.value)
    assert "555" not in str(error.value)


def test_yaml_says_the_same_and_its_lines_are_told(tmp_path):
    path = tmp_path / "quiet.yaml"
    path.write_text(
        "# accepted\n- category: phone\n  key: tel\n  why: an example\n  who: mk\n"
        "  until: 2026-12-01\n\n- category: email\n  path: '*.log'\n  why: ours\n  who: mk\n"
    )
    asked = state.Scan([], tmp_path / "out.jsonl", suppress=(path,))
    quiet = known.load(asked, TODAY)
    assert [one.place for one in quiet.entries] == [f"{path}:2", f"{path}:8"]
    assert kinds(quiet, found(), found("email"), found("ssn")) == ["suppressed"] * 2 + ["finding"]
    for text, told in (("- a: [\n", "not YAML"), ("a: 1\n", "no list"), ("- 5\n", "no entry")):
        path.write_text(text)
        with pytest.raises(AskedWrongly, match=told):
            known.load(asked, TODAY)


@given(st.text(max_size=60))
def test_a_shape_holds_no_letter_and_no_digit(value):
    form = known.form(value)
    assert not any(char.isalnum() and char != "x" for char in form)
    for text in (f"k={value}", json.dumps({"a": {"k": value}}), f"k: {value}", value):
        shape = known.shape(logs.Pair("k", logs.FIELD, text))
        assert not any(char.isalnum() and char != "x" for char in shape)


@pytest.mark.parametrize("before", ['{"note":"call 2025550123 a', "jo@mail.example", "2025550123"])
def test_what_is_no_name_of_a_key_is_masked_before_its_sign_too(before):
    shown = report.masked(f"{before}=b")
    assert not any(char.isalnum() and char != "x" for char in shown)
    assert report.masked(shown) == shown  # as what a worker masked is masked again


@pytest.mark.parametrize(
    "text",
    ["tel=%2B1+202", '{"a":{"tel":"+1 202"}}', '[{"tel":"+1 202"}]', "tel: +1 202",
     "tel => +1 202", "<tel>+1 202</tel>"],
)  # fmt: skip
def test_a_value_has_one_shape_however_its_pair_is_written(text):
    place = logs.PARAMETER if "%" in text else logs.FIELD
    assert known.shape(logs.Pair("tel", place, text)) == "+# ###"


TURNED = ("access.log.1", "access.log.2.gz", "access.log-20260121", "access.log-20260121.gz")


@pytest.mark.parametrize("name", TURNED)
def test_a_rotation_makes_no_leak_new(name):
    def leak(file, keys):
        record = {"file": file, "keys": keys, "category": "ssn", "reference": None, "shapes": []}
        return known.leak_of(record, "key")

    assert leak(f"old/{name}", []) == leak("logs/access.log", [])
    assert leak(name, []) != leak("app.log", [])
    assert leak(name, ["a"]) == leak("app.log", ["a"]) != leak("app.log", ["b"])


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"/a?mail={drawn('email', 1)}", "/nothing", f"/a?tel={drawn('phone', 2)}"]
    Path("access.log").write_text("\n".join(lines) + "\n")
    return Path("access.log")


def added(log, *lines):
    with log.open("a") as out:
        out.writelines(f"{line}\n" for line in lines)


def written(path="out.jsonl"):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("end", ["jsonl", "parquet"])
def test_against_its_baseline_a_scan_finds_what_is_new(run, log, end, workers):
    assert run("scan", log, "-o", f"old.{end}").code == 0
    words = ("scan", "access.log.1", "access.log", "--baseline", f"old.{end}", "--fail-on-found")
    log.rename("access.log.1")
    log.write_text(f"/a?mail={drawn('email', 9)}\n")
    said = run(*words, "-o", "same.jsonl", "--workers", workers, "--json")
    told = json.loads(said.out)
    assert (said.code, told["findings"], told["rows_found"]) == (0, 0, 0)
    assert told["baseline"] == {"new": 0, "known": 3, "gone": 0, "leaks": 2}
    Path("access.log.1").unlink()
    added(log, f"/b?ssn={drawn('ssn', 3)}")
    said = run("scan", log, *words[3:], "-o", "out.jsonl", "--workers", workers)
    assert said.code == 1
    assert "1 findings are new, 1 were known, 1 of its 2 leaks are gone" in said.err
    assert [one["kind"] for one in written()] == ["known", "finding"]


def test_by_content_a_copied_row_is_known_and_another_value_is_new(run, log):
    Path("key").write_text("k" * 32)
    keyed = ("--reference-key", "key")
    run("scan", log, "-o", "old.jsonl", *keyed)
    run("scan", log, "-o", "bare.jsonl")
    added(log, f"/a?mail={drawn('email', 1)}", f"/a?mail={drawn('email', 9)}")
    words = ("scan", log, "-o", "out.jsonl", "--force", "--new-by", "content", "--baseline")
    assert run(*words, "old.jsonl", *keyed).code == 0
    assert [one["kind"] for one in written()] == ["known", "known", "known", "finding"]
    said = run(*words, "bare.jsonl", *keyed)
    assert (said.code, "holds no references" in said.err) == (2, True)
    assert run(*words, "none.jsonl").code == 2


def test_what_expired_is_new_again_though_the_baseline_had_it_suppressed(run, log):
    entry = {"category": "email", "key": "mail"} | ACCEPTED
    Path("quiet.jsonl").write_text(json.dumps(entry))
    run("scan", log, "-o", "old.jsonl", "--suppress", "quiet.jsonl")
    Path("quiet.jsonl").write_text(json.dumps(entry | {"until": "2001-01-01"}))
    said = run("scan", log, "-o", "out.jsonl", "--suppress", "quiet.jsonl", "--baseline",
               "old.jsonl", "--fail-on", "email")  # fmt: skip
    assert said.code == 1
    assert "Suppression expired: quiet.jsonl:1 until 2001-01-01." in said.err
    assert [one["kind"] for one in written()] == ["finding", "known"]


def test_suppressed_findings_are_counted_and_told_apart(run, log):
    Path("quiet.yaml").write_text(
        "- {category: email, key: mail, why: our own, who: mk}\n"
        "- {category: ssn, key: never, why: gone, who: mk}\n"
    )
    words = ("--suppress", "quiet.yaml", "--fail-on", "email", "-o", "out.jsonl")
    said = run("scan", log, *words)
    assert said.code == 0
    assert "1 findings; 1 suppressed." in said.out
    assert "quiet.yaml:1 our own" in said.out
    assert "Suppression suppressed nothing: quiet.yaml:2." in said.err
    assert "our own" in Path("out.report.html").read_text()
    assert [one["kind"] for one in written()] == ["suppressed", "finding"]
    told = run("scan", log, *words, "--force", "--category", "email", "--emit", "sarif=f.sarif")
    assert told.code == 0
    page = Path("out.report.html").read_text()
    assert "Nothing new found: 0 known before, 1 suppressed" in page
    assert "settings were written" not in page
    assert run("scan", log, *words, "--force", "--fail-on", "emial").code == 2
    Path("quiet.yaml").write_text("- {category: all, path: '*', why: all, who: mk}\n")
    said = run("scan", log, *words, "--resume")
    assert (said.code, "asked otherwise" in said.err) == (2, True)


def test_a_growing_file_of_findings_is_its_own_baseline(run, log):
    words = ("scan", log, "--state", "s", "-o", "out.jsonl", "--baseline", "out.jsonl",
             "--fail-on-found")  # fmt: skip
    assert run(*words).code == 1
    added(log, f"/c?mail={drawn('email', 7)}")
    assert run(*words).code == 0
    Path("quiet.yaml").write_text("- {category: ssn, key: ssn, why: a test, who: mk}\n")
    added(log, f"/c?ssn={drawn('ssn', 7)}")
    said = run(*words, "--suppress", "quiet.yaml")
    assert (said.code, "are gone" in said.err) == (0, False)
    assert [one["kind"] for one in written()] == ["finding"] * 2 + ["known", "suppressed"]


def test_shards_come_to_the_same(tmp_path, log):
    before = state.Scan([str(log)], tmp_path / "old.jsonl", categories=("email", "ssn"))
    scan.run(before)
    asked = replace(before, out=tmp_path / "out.jsonl", baseline=before.out, piece_bytes=20)
    one = scan.run(asked)
    for number in (1, 2):
        scan.run(replace(asked, shard=f"{number}/2"))
    all_ = scan.gather(tmp_path / "out.jsonl.shards", {}, force=True)
    assert (all_.known, all_.gone, all_.leaks) == (one.known, one.gone, one.leaks) == (1, 0, 1)


def test_shards_joined_tell_which_suppressions_are_over_and_which_none_of_them_needed(
    tmp_path, log
):
    added(log, *(f"/a?ssn={drawn('ssn', seed)}" for seed in range(3, 9)))
    entries = [("ssn", "ssn", "2099-12-31"), ("email", "none", "2099-12-31"),
               ("email", "*", "2001-01-31")]  # fmt: skip
    quiet = tmp_path / "quiet.yaml"
    quiet.write_text(
        "".join(
            f"- {{category: {name}, key: '{key}', why: a test, who: mk, until: {until}}}\n"
            for name, key, until in entries
        )
    )
    asked = state.Scan([str(log)], tmp_path / "out.jsonl", categories=("email", "ssn"),
                       suppress=(quiet,), piece_bytes=20)  # fmt: skip
    one = scan.run(asked)
    for number in (1, 2, 3):
        scan.run(replace(asked, shard=f"{number}/3"))
    all_ = scan.gather(tmp_path / "out.jsonl.shards", {}, force=True)
    assert (all_.unused, all_.expired) == (one.unused, one.expired)
    assert (len(one.unused), len(one.expired), all_.suppressed) == (1, 1, one.suppressed)


def test_by_content_is_refused_where_nothing_tells_contents_apart(run, log):
    assert run("scan", log, "-o", "old.jsonl").code == 0
    said = run("scan", log, "-o", "out.jsonl", "--baseline", "old.jsonl", "--new-by", "content")
    assert (said.code, "Give --reference-key" in said.err) == (2, True)
    assert not Path("out.jsonl").exists()


def test_what_a_review_calls_a_false_alarm_stays_quiet(run, log):
    run("scan", log, "-o", "out.jsonl")
    tasks = run("review", "out.jsonl", "--export-label-studio", "tasks.json")
    assert tasks.code == 0
    done = json.loads(Path("tasks.json").read_text())
    wrong = {"from_name": "decision", "value": {"choices": ["wrong"]}}
    for task in done:
        task["annotations"] = [{"created_at": "2026-11-22", "result": [wrong]}]
    Path("done.json").write_text(json.dumps(done))
    said = run(
        "review", "out.jsonl", "--import-label-studio", "done.json", "--to-suppress", "q.jsonl"
    )
    assert said.code == 0
    said = run("scan", log, "--suppress", "q.jsonl", "--fail-on-found")
    assert (said.code, "2 suppressed" in said.out) == (0, True)
