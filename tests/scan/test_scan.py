"""Laws of scanning: the same rows give the same findings however they are written, and no value."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_logs import COMPRESSIONS, FORMATS, access_lines, canaries, drawn, har, records, write

from piiforge import logs, predict
from piiforge.errors import AskedWrongly, FolderExists, UnknownName
from piiforge.logs.records import Reason
from piiforge.scan import run, state


def scan(paths, out, **asked):
    how = {name: asked.pop(name) for name in ("resume", "force") if name in asked}
    paths = [str(path) for path in (paths if isinstance(paths, list) else [paths])]
    return run(state.Scan(paths, out, **asked), **how)


@pytest.fixture
def run_scan(run):

    return run


def told(out):
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def seen(out, *, but=("file",)):
    return [{name: one[name] for name in one if name not in but} for one in told(out)]


@pytest.mark.parametrize("packed", COMPRESSIONS)
@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_rows_give_the_same_findings_in_every_format(tmp_path, kind, packed):
    rows = records(40)
    scan(write(tmp_path, rows, "jsonl"), tmp_path / "plain.jsonl")
    scan(write(tmp_path, rows, kind, packed), tmp_path / "out.jsonl")
    assert seen(tmp_path / "out.jsonl") == seen(tmp_path / "plain.jsonl") != []


@settings(max_examples=15)
@given(
    count=st.integers(1, 30),
    every=st.integers(1, 6),
    kind=st.sampled_from(FORMATS),
    packed=st.sampled_from(COMPRESSIONS),
    batch=st.integers(1, 9),
)
def test_a_column_gives_the_same_findings_as_its_plain_lines(
    tmp_path_factory, count, every, kind, packed, batch
):
    folder = tmp_path_factory.mktemp("column")
    rows = records(count, every=every)
    (folder / "lines.log").write_text("".join(f"{row['path']}\n" for row in rows))
    scan(folder / "lines.log", folder / "lines.jsonl")
    manner = logs.Manner(column="path")
    scan(write(folder, rows, kind, packed), folder / "out.jsonl", manner=manner, batch=batch)
    assert seen(folder / "out.jsonl") == seen(folder / "lines.jsonl")


def test_findings_are_what_the_detector_says_of_each_row(tmp_path):
    lines = access_lines(120, every=4)
    (tmp_path / "a.log").write_text("\n".join(lines))
    scan(tmp_path / "a.log", tmp_path / "out.jsonl", batch=7)
    with predict.load() as detector:
        expected = [
            (row, name, one.p_sensitive)
            for row, line in enumerate(lines, 1)
            for name, one in detector.judge([line])[0].items()
            if one.is_sensitive or one.unsure
        ]
    found = [
        (one["row"], one["category"], one["p_sensitive"]) for one in told(tmp_path / "out.jsonl")
    ]
    assert found == expected != []


def test_the_key_that_leaked_is_named(tmp_path):
    mail = drawn("email", 1)
    card = "".join(filter(str.isdigit, drawn("credit_card", 2)))
    (tmp_path / "a.log").write_text(
        f"GET /a?x=1&e%2Dmail={mail} HTTP/1.1\n"
        f'{{"user": {{"contact": "{mail}"}}, "n": 2}}\n'
        f'{{"page": "https://a.example/?card_number={card}"}}\n'
        f"write to {mail}\n"
        f'{{"{mail}": true}}\n'
    )
    scan(tmp_path / "a.log", tmp_path / "out.jsonl")
    assert [(one["row"], one["keys"]) for one in told(tmp_path / "out.jsonl")] == [
        (1, ["e-mail"]), (2, ["user.contact"]), (3, ["card_number"]), (4, []),
        (5, [logs.UNSAFE]),
    ]  # fmt: skip


def test_without_keys_nothing_is_asked_twice(tmp_path):
    path = write(tmp_path, records(20), "jsonl")
    done = scan(path, tmp_path / "out.jsonl", keys=False)
    assert {(one.key, one.is_name) for one in done.by_key()} == {("(no key)", False)}
    assert done.tally.keyless == done.tally.total.findings == 4
    assert {tuple(one["keys"]) for one in told(tmp_path / "out.jsonl")} == {()}


def test_a_whole_column_or_part_stands_where_no_key_leaked(tmp_path):
    body = f"please call {drawn('phone', 3)}, my phone"
    (tmp_path / "a.har").write_bytes(har(["https://a.example/"], body))
    done = scan(tmp_path / "a.har", tmp_path / "out.jsonl")
    (one,) = told(tmp_path / "out.jsonl")
    assert (one["row"], one["part"], one["keys"]) == (1, "request.postData", ["request.postData"])
    assert [key.is_name for key in done.by_key()] == [False]


def test_findings_without_a_key_are_counted_and_shown_as_such(tmp_path):
    mail = drawn("email", 1)
    (tmp_path / "a.log").write_text(f"write to {mail}\nmail={mail}\nsee {mail} there\n")
    done = scan(tmp_path / "a.log", tmp_path / "out.jsonl")
    counts = {(one.key, one.findings) for one in done.by_key()}
    assert counts == {("(no key)", 2), ("mail", 1)}
    assert "(no key)" in done.report.read_text()


def test_equal_contents_are_asked_once_and_found_each_time(tmp_path):
    (tmp_path / "a.log").write_text(f"email={drawn('email', 5)}\n" * 30 + "nothing\n" * 30)
    done = scan(tmp_path / "a.log", tmp_path / "out.jsonl", batch=20)
    assert [one["row"] for one in told(tmp_path / "out.jsonl")] == list(range(1, 31))
    assert done.tally.repeated == 60 - 4


def test_no_value_stands_anywhere_without_show_values(tmp_path, run_scan):
    values = [value for _, value in canaries(48)]
    rows = records(240)
    folder = tmp_path / "in"
    folder.mkdir()
    for kind in FORMATS:
        write(folder, rows, kind)
    (folder / "key.jsonl").write_text("".join(f'{{"{value}": 1}}\n' for value in values))
    (folder / "head.csv").write_text(",".join(values) + "\n1,2\n")
    (folder / "text.log").write_text("".join(f"it is {value}\n" for value in values))
    (folder / "bad.csv").write_text("a,b\n" + "".join(f'1,"{value}\n' for value in values[:1]))
    (folder / "bad.jsonl").write_bytes(b"".join(f"{value} \xff\n".encode("latin-1", "ignore")
                                                for value in values))  # fmt: skip
    settings = ("--emit", f"ga4={tmp_path}/g.json", "--emit", f"otel={tmp_path}/o.yaml")
    said = run_scan("scan", folder, "-o", tmp_path / "out.jsonl", *settings)
    assert said.code == 0
    written = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.name for path in written} == {
        "out.jsonl", "out.summary.json", "out.report.html", "g.json", "o.yaml",
    }  # fmt: skip
    texts = [said.out, said.err, *(path.read_text("utf-8") for path in written)]
    assert len(told(tmp_path / "out.jsonl")) > 240
    for value in values:
        for form in (value, value.replace(" ", "+"), "".join(filter(str.isalnum, value))):
            assert not [text for text in texts if form in text]


def test_values_are_shown_where_they_are_asked_for(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"email": drawn("email", 2), "x": "\udc80"}) + "\n")
    scan(path, tmp_path / "out.jsonl", show_values=True)
    (one,) = told(tmp_path / "out.jsonl")
    assert one["content"] == path.read_text().strip()


def test_references_are_equal_for_equal_contents_under_one_key(tmp_path):
    lines = [f"email={drawn('email', at)}" for at in (1, 2, 1)]
    (tmp_path / "a.log").write_text("\n".join(lines))
    found = {}
    for key in (b"k" * 32, b"l" * 32, b""):
        scan(tmp_path / "a.log", tmp_path / "out.jsonl", reference_key=key, force=True)
        found[key] = [one["reference"] for one in told(tmp_path / "out.jsonl")]
    first, second, third = found[b"k" * 32]
    assert first == third != second
    assert found[b""] == [None] * 3
    assert not set(found[b"k" * 32]) & set(found[b"l" * 32])


def test_parquet_findings_are_those_of_jsonl(tmp_path):
    path = write(tmp_path, records(50), "csv", "gz")
    (tmp_path / "bad.log").write_bytes(b"\xff\n")
    scan([path, tmp_path / "bad.log"], tmp_path / "out.jsonl")
    scan([path, tmp_path / "bad.log"], tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == told(tmp_path / "out.jsonl")


def test_the_summary_counts_what_the_findings_hold(tmp_path):
    paths = [write(tmp_path, records(60), kind) for kind in FORMATS]
    (tmp_path / "bad.log").write_bytes(b"ok\n\xff\n\xfe\n")
    done = scan([*paths, tmp_path / "bad.log"], tmp_path / "out.jsonl")
    found = told(tmp_path / "out.jsonl")
    positive = [one for one in found if one["kind"] == "finding"]
    assert {name: count for name, count in done.by_category().items() if count} == Counter(
        one["category"] for one in positive
    )
    assert done.tally.total.findings == len(positive)
    assert done.tally.total.rows_found == len({(one["file"], one["row"]) for one in positive})
    assert done.tally.total.rows == 60 * 4 + 2 + 3  # two heads of CSV and TSV, three lines
    assert done.by_reason() == [(Reason.BYTES.value, 2, 1)]
    crossed = Counter(
        (one["file"], key, one["category"]) for one in positive for key in one["keys"]
    )
    assert crossed == {
        (file, key, category): count for (file, key, _, category), count in done.tally.keys.items()
    }


def test_a_row_without_a_verdict_is_unscanned():
    from piiforge.predict import Detector
    from piiforge.predict.ask import Predictor
    from piiforge.scan.run import Judge
    from piiforge.types import Prediction

    class Short(Predictor):
        """Reads contents of up to ten characters, and never one for a phone."""

        def predict(self, cases):
            return (
                Prediction(case.id, None if len(case.content) > 10 or case.category == "phone"
                           else True, 1.0)
                for case in cases
            )  # fmt: skip

        def timed(self, _case):
            return None

        def close(self):
            return None

    judge = Judge(Detector("short", Short(), ("email", "phone")), state.Scan([], Path("o.jsonl")))
    found, _ = judge.findings("f", [logs.Row(1, "short"), logs.Row(2, "much too long")])
    assert [(one.row, one.category, bool(one.reason)) for one in found] == [
        (1, "email", False), (1, "phone", True), (2, "", True),
    ]  # fmt: skip


@pytest.mark.parametrize("category", ["emial", "SSN"])
def test_an_unknown_category_says_the_near_one_and_writes_nothing(tmp_path, category):
    path = write(tmp_path, records(5), "csv")
    with pytest.raises(UnknownName, match="Did you mean"):
        scan(path, tmp_path / "out" / "x.jsonl", categories=(category.lower() + "_",))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_only_the_asked_categories_are_asked(tmp_path):
    path = write(tmp_path, records(60), "csv")
    done = scan(path, tmp_path / "out.jsonl", categories=("email",))
    assert {one["category"] for one in told(tmp_path / "out.jsonl")} == {"email"}
    assert list(done.by_category()) == ["email"]


@pytest.mark.parametrize(
    "asked",
    [{"out": "x.csv"}, {"paths": ["none.log"]}, {"paths": []},
     {"manner": logs.Manner(encoding="klingon")}, {"reference_key": b"x" * 65}],
)  # fmt: skip
def test_what_can_not_be_is_asked_wrongly_and_writes_nothing(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("x\n")
    base = state.Scan(["a.log"], Path("out.jsonl"))
    asked = {**asked, **({"out": Path(asked["out"])} if "out" in asked else {})}
    with pytest.raises(AskedWrongly):
        run(replace(base, **asked))
    assert [each.name for each in tmp_path.iterdir()] == ["a.log"]


def test_what_is_there_is_not_replaced_without_leave(tmp_path):
    path = write(tmp_path, records(5), "csv")
    (tmp_path / "out.jsonl").write_text("mine")
    with pytest.raises(FolderExists):
        scan(path, tmp_path / "out.jsonl")
    with pytest.raises(AskedWrongly, match="asked otherwise"):
        scan(path, tmp_path / "out.jsonl", resume=True)
    assert (tmp_path / "out.jsonl").read_text() == "mine"
    scan(path, tmp_path / "out.jsonl", force=True)
    assert len(told(tmp_path / "out.jsonl")) == 1


def test_a_scan_does_not_read_what_it_writes(tmp_path):
    write(tmp_path, records(30), "jsonl")
    scan(tmp_path, tmp_path / "out.jsonl", emit={"ga4": tmp_path / "g.json"})
    first = (tmp_path / "out.jsonl").read_bytes()
    done = scan(tmp_path, tmp_path / "out.jsonl", emit={"ga4": tmp_path / "g.json"}, force=True)
    assert (tmp_path / "out.jsonl").read_bytes() == first
    assert len(done.tally.files) == 1


def test_the_report_tells_hostile_names_as_text(tmp_path):
    (tmp_path / "<script>x.log").write_text(f"email={drawn('email', 1)}\n\n\x00\x00\n")
    scan(tmp_path / "<script>x.log", tmp_path / "out.jsonl")
    page = (tmp_path / "out.report.html").read_text("utf-8")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "1 of 1 scanned rows hold personal data" in page


def test_the_same_scan_gives_the_same_bytes(tmp_path):
    path = write(tmp_path, records(50), "parquet")
    kept = {}
    for _ in range(2):
        scan(path, tmp_path / "out.jsonl", force=True)
        for name in ("out.jsonl", "out.report.html", "out.summary.json"):
            written = (tmp_path / name).read_bytes()
            assert kept.setdefault(name, written) == written
