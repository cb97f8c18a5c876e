"""Laws of SARIF: what the standard requires is there, a leak is one result, no value is in it."""

import json
from pathlib import Path

import pytest
import yaml
from scan_logs import drawn

from piiforge.scan import sarif

ROOT = Path(__file__).parents[2]
REQUIRED = {  # by the schema of SARIF 2.1.0
    "log": {"version", "runs"}, "run": {"tool"}, "driver": {"name"}, "rule": {"id"},
    "invocation": {"executionSuccessful"}, "result": {"message"}, "suppression": {"kind"},
}  # fmt: skip
LEVELS, KINDS = {"none", "note", "warning", "error"}, {"fail", "review"}


@pytest.fixture
def scanned(run, tmp_path, monkeypatch):
    """Scan lines with more words; return the run of the SARIF."""
    monkeypatch.chdir(tmp_path)

    def scan(lines, *words, code=0):
        Path("a b.log").write_text("".join(f"{line}\n" for line in lines))
        said = run("scan", "a b.log", "--emit", "sarif=f.sarif", "--force", "-o", "o.jsonl", *words)
        assert said.code == code
        told = json.loads(Path("f.sarif").read_text())
        assert told["version"] == "2.1.0"
        assert set(told) >= REQUIRED["log"]
        (one,) = told["runs"]
        return one

    return scan


def lines():
    mails = [f"/a?mail={drawn('email', at)}" for at in range(15)]
    return ["/nothing", *mails, f"/b?ssn={drawn('ssn', 1)}", "\0" * 40]


@pytest.mark.parametrize("end", ["o.jsonl", "o.parquet"])
def test_what_the_standard_requires_is_there(scanned, end):
    told = scanned(lines(), "-o", end)
    driver = told["tool"]["driver"]
    assert set(told) >= REQUIRED["run"]
    assert set(driver) >= REQUIRED["driver"]
    assert len(driver["rules"]) == 9
    for rule in driver["rules"]:
        assert set(rule) >= REQUIRED["rule"] | {"help", "shortDescription", "fullDescription"}
    (invocation,) = told["invocations"]
    assert set(invocation) >= REQUIRED["invocation"]
    for notice in invocation["toolExecutionNotifications"]:
        assert (set(notice), notice["level"]) == ({"level", "message"}, "warning")
    for one in told["results"]:
        assert set(one) >= REQUIRED["result"]
        assert driver["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["level"] in LEVELS
        assert one["kind"] in KINDS
        assert (one["kind"] == "fail") == (one["level"] != "none")
        for place in one["locations"] + one.get("relatedLocations", []):
            where = place["physicalLocation"]
            assert where["artifactLocation"]["uri"] == "a%20b.log"
            assert where["region"]["startLine"] >= 1


def test_a_leak_is_one_result_and_names_its_rows(scanned):
    found = {one["ruleId"]: one for one in scanned(lines())["results"] if one["kind"] == "fail"}
    assert set(found) == {"email", "ssn"}
    mail = found["email"]
    assert (mail["occurrenceCount"], mail["properties"]["key"]) == (15, "mail")
    rows = [one["physicalLocation"]["region"]["startLine"] for one in
            mail["locations"] + mail["relatedLocations"]]  # fmt: skip
    assert rows == list(range(2, 13))


def test_no_value_is_in_it(scanned):
    text = json.dumps(scanned(lines()))
    for line in lines()[1:-1]:
        assert line.partition("=")[2] not in text


def test_fingerprints_outlive_other_rows_and_tell_leaks_apart(scanned):
    def prints(told):
        return {one["ruleId"]: one["partialFingerprints"] for one in told["results"]}

    first = prints(scanned(lines()))
    assert prints(scanned(["/more", *lines()[::-1]])) == first
    assert first["email"] != first["ssn"]


def test_what_is_suppressed_and_what_is_known_is_marked(scanned):
    scanned(lines()[:3])
    Path("o.jsonl").rename("old.jsonl")
    Path("q.yaml").write_text("- {category: ssn, key: ssn, why: a test, who: mk}\n")
    told = scanned([*lines(), f"/c?tel={drawn('phone', 4)}"], "--baseline", "old.jsonl",
                   "--suppress", "q.yaml", "--fail-on-found", code=1)  # fmt: skip
    found = {one["ruleId"]: one for one in told["results"] if one["kind"] == "fail"}
    states = {name: one["baselineState"] for name, one in found.items()}
    assert states == {"email": "unchanged", "ssn": "new", "phone": "new"}
    (why,) = found["ssn"]["suppressions"]
    assert set(why) >= REQUIRED["suppression"]
    assert (why["kind"], why["status"]) == ("external", "accepted")
    assert not [name for name in ("email", "phone") if "suppressions" in found[name]]


def test_what_is_over_the_bound_is_told(scanned, run, monkeypatch):
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    told = scanned([f"/a?mail{key}={drawn('email', 1)}" for key in "abcd"])
    assert (len(told["results"]), told["properties"]["findings_left_out"]) == (2, 2)
    said = run("scan", "a b.log", "--emit", "sarif=f.sarif", "--force", "-o", "o.jsonl")
    assert "2 findings are left out" in said.err


def test_the_hook_prints_a_line_a_finding_and_ends_with_one(run, scanned):
    scanned(["/nothing", f"/b?ssn={drawn('ssn', 1)}"])
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = hook["entry"].split()
    said = run(*words, "a b.log")
    assert (program, said.code) == ("piiforge", 1)
    assert said.out.splitlines()[0] == "a b.log:2 ssn ssn=###-##-####"
    assert len(said.out.splitlines()) == 2
    Path("a b.log").write_text("nothing\n")
    assert run(*words, "a b.log").code == 0
