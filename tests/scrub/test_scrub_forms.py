"""Laws of a log written again: in its form, the same without findings, clean with them."""

import base64
import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import scrub_forms as forms

from piiforge import logs, predict, scan, scrub

MODES = ("label", "mask", "drop-key")
PLAIN = sorted(forms.plain(found=False))
PACKED = sorted(forms.packed(found=False))


def laid(folder, *, found):
    folder.mkdir(parents=True)
    for name, content in (forms.plain(found=found) | forms.packed(found=found)).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Return a folder without values, and what scrubbing made of it."""
    base = tmp_path_factory.mktemp("clean")
    done = scrub.run(scrub.Scrub([str(laid(base / "in", found=False))], str(base / "out")))
    return base, done


@pytest.fixture(scope="module", params=MODES)
def full(request, tmp_path_factory):
    """Return a folder with values in every file, and what a mode made of it."""
    base = tmp_path_factory.mktemp("full")
    asked = scrub.Scrub(
        [str(laid(base / "in", found=True))], str(base / "out"), mode=(request.param,)
    )
    return base, scrub.run(asked), request.param


@pytest.mark.parametrize("name", PLAIN)
def test_a_file_without_findings_comes_back_byte_for_byte(clean, name):
    base, _ = clean
    assert (base / "out" / name).read_bytes() == (base / "in" / name).read_bytes()


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_comes_back_with_an_equal_content(clean, name):
    base, _ = clean
    before, after = ((base / side / name).read_bytes() for side in ("in", "out"))
    assert before[:4] == after[:4]
    assert forms.unpacked(name, after) == forms.unpacked(name, before)


def test_nothing_is_counted_where_nothing_is_found(clean):
    _, done = clean
    total = done.total
    assert (total.changed, total.removed, total.unscanned) == (0, 0, 0)
    assert total.rows > 500


def test_a_second_scan_of_every_form_finds_nothing(full, tmp_path):
    base, done, _ = full
    asked = scan.Scan([str(base / "out")], tmp_path / "f.jsonl", manner=logs.Manner(responses=True))
    again = scan.run(asked).tally
    assert (again.total.findings, again.total.unsure, again.total.unscanned) == (0, 0, 0)
    read = {name.rpartition("/out/")[2] for name in again.files}
    assert {name.partition("!")[0] for name in read} == {*PLAIN, *PACKED}
    assert done.total.unscanned == 0
    assert done.total.removed == 0


def test_no_value_stands_in_any_file(full):
    base, _, _ = full
    values = [forms.drawn("email", at).encode() for at in range(0, forms.ROWS, 4)]
    for name in (*PLAIN, *PACKED):
        said = str(forms.unpacked(name, (base / "out" / name).read_bytes()))
        assert not [one for one in values if one.decode() in said], name


@pytest.mark.parametrize(
    "name", [name for name in PLAIN if name.endswith((".log", ".csv", ".tsv"))]
)
def test_only_the_lines_with_a_value_change_and_no_line_end_does(full, name):
    base, _, _ = full
    before, after = ((base / side / name).read_bytes() for side in ("in", "out"))
    ends = b"\r" if name == "returns.log" else b"\n"
    if name.startswith("utf-"):
        coding = name.removesuffix(".csv").removesuffix(".log").removesuffix("-bare")
        coding = "utf-16-le" if "bare" in name else "utf-16" if "16" in coding else coding
        assert before[:2] == after[:2]
        before, after = (text.decode(coding).encode() for text in (before, after))
    one, other = before.split(ends), after.split(ends)
    assert len(one) == len(other)
    changed = [at for at, (old, new) in enumerate(zip(one, other, strict=True)) if old != new]
    assert changed
    for at in changed:
        assert b"@" in one[at] or b"\xff" in one[at]
        assert one[at].endswith(b"\r") == other[at].endswith(b"\r")


@pytest.mark.parametrize("name", ["comma.csv", "semicolon.csv", "pipe.csv", "tab.tsv"])
def test_a_table_keeps_its_other_cells(full, name):
    base, _, mode = full
    sign = {"comma.csv": ",", "semicolon.csv": ";", "pipe.csv": "|", "tab.tsv": "\t"}[name]

    def read(side):
        with (base / side / name).open(newline="") as file:
            return list(csv.reader(file, delimiter=sign))

    for old, new in zip(read("in"), read("out"), strict=True):
        assert [*old[:2], old[3]] == [*new[:2], new[3]]
        assert "@" not in old[2] or new[2] != old[2]
        if "@" in old[2] and mode == "drop-key":
            assert new[2] == ""


@pytest.mark.parametrize("name", [name for name in PLAIN if name.endswith((".json", ".har"))])
def test_a_document_stays_one_with_every_other_sign(full, name):
    base, _, mode = full
    before, after = ((base / side / name).read_text("utf-8-sig") for side in ("in", "out"))
    if name not in {"several.json", "list.json"}:
        old, new = json.loads(before), json.loads(after)
        assert list(old) == list(new)
    if mode == "label":
        for at in range(0, forms.ROWS, 4):
            before = before.replace(forms.drawn("email", at), "<email>")
        assert after == before


def test_parquet_keeps_schema_groups_and_metadata(full):
    base, _, _ = full
    before, after = (pq.ParquetFile(base / side / "rows.parquet") for side in ("in", "out"))
    assert before.schema_arrow.equals(after.schema_arrow, check_metadata=True)
    one, other = before.read(), after.read()
    assert one.column("at") == other.column("at")
    assert one.column("n") == other.column("n")
    digits = one.column("ssn").to_pylist()  # one that lost its zero in front is no number
    assert [old for old, new in zip(digits, other.column("ssn").to_pylist(), strict=True)
            if new is not None and old > 99_999_999] == []  # fmt: skip
    kept = [at for at in range(forms.ROWS) if at % 4]
    for name in ("email", "user", "map", "list", "coded", "raw"):
        cells = (side.column(name).to_pylist() for side in (one, other))
        assert len({str([side[at] for at in kept]) for side in cells}) == 1, name


def test_a_row_that_is_not_read_is_never_written(tmp_path):
    mail = forms.drawn("email", 1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.log").write_bytes(
        b"first\n" + b"x" * 3000 + f" email={mail}\n".encode() + b"caf\xe9 here\nlast\n"
    )
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG" + bytes(99))
    (tmp_path / "in" / "c.json").write_text(
        json.dumps({"rows": [{"a": "x" * 3000}, {"a": "short"}]}, indent=1)
    )
    (tmp_path / "in" / "d.csv").write_text(f"id,a\n1,{'y' * 3000}\n2,b\n")
    asked = scrub.Scrub([str(tmp_path / "in")], str(tmp_path / "out"), row_limit_bytes=2000)
    done = scrub.run(asked)
    assert (tmp_path / "out" / "a.log").read_text() == "first\ncaf\ufffd here\nlast\n"
    assert not (tmp_path / "out" / "b.png").exists()
    assert json.loads((tmp_path / "out" / "c.json").read_text()) == {
        "rows": [{"a": ""}, {"a": "short"}]
    }
    assert (tmp_path / "out" / "d.csv").read_text() == "id,a\n2,b\n"
    told = [
        json.loads(line) for line in (tmp_path / "out.unscanned.jsonl").read_text().splitlines()
    ]
    assert sorted((Path(one["file"]).name, one["row"]) for one in told) == [
        ("a.log", 2), ("a.log", 3), ("b.png", 0), ("c.json", 1), ("d.csv", 1),
    ]  # fmt: skip
    assert done.total.unscanned == 5
    assert (tmp_path / "out.unscanned.jsonl").stat().st_mode & 0o077 == 0


def test_what_is_cut_short_is_written_as_far_as_it_was_read(tmp_path):
    content = forms.packed(found=True)["a.log.gz"]
    (tmp_path / "a.log.gz").write_bytes(content[: len(content) // 2])
    done = scrub.run(scrub.Scrub([str(tmp_path / "a.log.gz")], str(tmp_path / "b.log.gz")))
    said = forms.unpacked("", (tmp_path / "b.log.gz").read_bytes())
    assert forms.lines(found=False).encode().startswith(said[:40])
    assert b"@" not in said
    assert done.total.unscanned == 1


def test_a_value_in_the_name_of_a_file_does_not_go_through(tmp_path):
    mail = forms.drawn("email", 5)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{mail}.log").write_text("nothing\n")
    (tmp_path / "in" / "all.tar").write_bytes(forms.tar({f"{mail}.log": b"nothing\n"}))
    scrub.run(scrub.Scrub([str(tmp_path / "in")], str(tmp_path / "out")))
    assert not [path for path in (tmp_path / "out").iterdir() if mail in path.name]
    [inner] = forms.unpacked("", (tmp_path / "out" / "all.tar").read_bytes())
    assert mail not in inner


def test_a_value_in_the_name_of_a_member_goes_with_its_name(tmp_path):
    mail = forms.drawn("email", 6)
    said = {"email": {mail: 1}, "n": 2}
    (tmp_path / "a.jsonl").write_text(json.dumps(said) + "\n")
    (tmp_path / "b.json").write_text(json.dumps({"email": {mail: [{"n": 1}]}}, indent=1))
    for name in ("a.jsonl", "b.json"):
        scrub.run(scrub.Scrub([str(tmp_path / name)], str(tmp_path / f"out-{name}")))
        text = (tmp_path / f"out-{name}").read_text()
        assert mail not in text
        json.loads(text)


def test_the_default_system_is_the_one_of_scan():
    assert scrub.Scrub((), "-").system == predict.DEFAULT == scan.Scan((), Path("x")).system


ODD = {
    "backslash.csv": 'id,note,email\n{i},"he said \\"hi\\", x","{mail}"\n',
    "single.csv": "id,note,email\n{i},'a, {mail}','x'\n",
    "padded.csv": 'id, note, email\n{i}, "a, b", "{mail}"\n',
    "open.csv": 'id,note,email\n{i},"open {mail},x\n',
    "w3c.log": "#Fields: date uri email\n2026-01-01 /a {mail}\n",
    "elements.xml": '<r>\n<r n="{i}"><email>{mail}</email><a email="{mail}"/></r>\n',
    "nested.jsonl": '{{}}\n{{"message": "{{\\"email\\": \\"{mail}\\", \\"n\\": {i}}}"}}\n',
    "nginx.log": '-\n192.0.2.1 "{{\\x22email\\x22:\\x22{mail}\\x22,\\x22a\\x22:{i}}}"\n',
    "insert.log": "-\nINSERT INTO users (id, email) VALUES ({i},'{mail}'),({i},'x');\n",
    "coloured.json": '[\n{{\n  "email": "\\u001b[32m{mail}\\u001b[0m",\n  "n": {i}\n}},',
}


@pytest.mark.parametrize("name", ODD)
def test_odd_dialects_keep_all_but_the_value(name, tmp_path):
    head, _, each = ODD[name].partition("\n")
    mails = [forms.drawn("email", at) for at in range(8)]
    before = "\n".join([head.format(), *(each.format(i=at, mail=mail).rstrip("\n")
                                         for at, mail in enumerate(mails))])  # fmt: skip
    before = before.rstrip(",") + "\n]\n" if name.endswith(".json") else before + "\n"
    (tmp_path / name).write_text(before)
    scrub.run(scrub.Scrub([str(tmp_path / name)], str(tmp_path / f"out-{name}")))
    after = (tmp_path / f"out-{name}").read_text()
    label = "&lt;email&gt;" if name.endswith(".xml") else "<email>"
    for mail in mails:
        before = before.replace(mail, label)
    if name == "coloured.json":  # a text that is changed loses its colours
        before = before.replace("\\u001b[32m", "").replace("\\u001b[0m", "")
    assert after == before


@pytest.mark.parametrize("mode", MODES)
def test_every_part_of_har_is_scrubbed(mode, tmp_path):
    mails = [forms.drawn("email", at) for at in range(7)]
    hidden = [base64.b64encode(f'{{"email":"{mail}"}}'.encode()).decode() for mail in mails[:2]]
    request = {
        "method": "POST",
        "url": "https://shop.example/",
        "cookies": [{"name": "email", "value": mails[2]}],
        "headers": [{"name": "Referer", "value": f"https://shop.example/?email={mails[3]}"}],
        "postData": {"encoding": "base64", "text": hidden[0],
                     "params": [{"name": "email", "value": mails[4]}]},
    }  # fmt: skip
    response = {"content": {"encoding": "base64", "text": hidden[1]}}
    sent = [{"type": "send", "opcode": 1, "data": f"email={mails[5]}"}]
    entry = {"request": request, "response": response, "_webSocketMessages": sent}
    log = {"version": "1.2", "creator": {"name": "x"}, "pages": [{"title": f"/?email={mails[6]}"}],
           "entries": [entry]}  # fmt: skip
    (tmp_path / "a.har").write_text(json.dumps({"log": log}))
    scrub.run(scrub.Scrub([str(tmp_path / "a.har")], str(tmp_path / "b.har"), mode=(mode,)))
    said = (tmp_path / "b.har").read_text()
    assert json.loads(said)["log"]["entries"]
    assert [one for one in (*mails, *hidden) if one in said] == []
