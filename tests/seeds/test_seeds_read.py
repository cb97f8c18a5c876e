"""Inputs of every kind: what is taken from them, and what happens when they are broken."""

import csv
import gzip
import json
from random import Random

import drawing
import pytest

from piiforge import seeds
from piiforge.errors import AskedWrongly, BadRecord, FolderExists
from piiforge.types import Cue

LINE = "please call me at 202-555-0123, numéro nouveau"


def texts(path):
    return {seed.text for seed in seeds.read([path]).seeds}


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("template", "category", "text"),
    [
        ("My SSN is {{us_ssn}}, says {{name}}", "ssn", "My SSN is {{value}}, says {{name}}"),
        ("my card [CREDIT_CARD] is lost", "credit_card", "my card {{value}} is lost"),
        ("mail <EMAIL_ADDRESS> or call <PHONE_NUMBER>", "email",
         "mail {{value}} or call {{other:phone}}"),
        ("the routing number is {aba_routing} and the account {us_bank_number}", "bank_account",
         "the routing number is {{value:routing}} and the account {{value:account}}"),
        ("passport {{us_passport}} of {{city}}, zip {{zip}}", "passport",
         "passport {{value}} of {{city}}, zip {{digits:5}}"),
    ],
)  # fmt: skip
def test_placeholders_become_our_slots(tmp_path, template, category, text):
    (seed,) = seeds.read([write(tmp_path, "t.txt", template)]).seeds
    assert (seed.category, seed.text, seed.cue) == (category, text, Cue.CONFIRM)


def test_an_unknown_placeholder_refuses_its_template(tmp_path):
    path = write(tmp_path, "t.txt", "my {{blood_type}} and my {{us_ssn}}")
    assert seeds.read([path]).rejected == {"unknown_slot": 1}


def test_labelled_spans_are_cut_as_labelled(tmp_path):
    text = "Bill Wendell for card 4111 1111 1111 1111 today"
    spans = [
        {"entity_type": "PERSON", "start": 5, "end": 12},
        {"entity_type": "CREDIT_CARD", "start": 22, "end": 41},
    ]
    path = write(tmp_path, "set.json", json.dumps([{"full_text": text, "spans": spans}]))
    (seed,) = seeds.read([path]).seeds
    assert seed.text == "Bill {{name}} for card {{value}} today"
    assert seed.shape == "#### #### #### ####"


def test_python_is_parsed_and_never_run(tmp_path):
    code = 'import no_such_module\nraise SystemExit\nT = [("my ssn is 000-12-3456 still", 1)]\n'
    assert texts(write(tmp_path, "test_it.py", code)) == {"my ssn is {{value}} still"}


def test_a_table_with_breaks_in_its_cells_is_read_by_column(tmp_path):
    rng = Random(1)
    with (tmp_path / "a.tsv").open("w", newline="") as stream:
        rows = csv.writer(stream, delimiter="\t")
        rows.writerow(["home phone", "note", "order id"])
        for _ in range(5):
            rows.writerow([drawing.phone(rng), 'said "no",\nthen yes', drawing.digits(rng, 12)])
    found = {(seed.kind, seed.category, seed.text, seed.shape)
             for seed in seeds.read([tmp_path / "a.tsv"]).seeds}  # fmt: skip
    assert found == {
        ("key", "phone", "home phone", "(###) ###-####"),
        ("shape", "phone", "", "(###) ###-####"),
    }


def test_logs_give_lines_and_speech_gives_sentences(tmp_path):
    lines = ['INFO GET /page?phone=202-555-0123&a=b "Mozilla/5.0"', "please call 202-555-0123 now"]
    harvest = seeds.read([write(tmp_path, "a.log", "\n".join(lines))])
    assert {(seed.kind, seed.event) for seed in harvest.seeds} == {
        ("line", "page_view"), ("sentence", ""),
    }  # fmt: skip


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_encodings_and_gzip_make_no_difference(tmp_path, codec, packed):
    raw = f"{LINE}\r\n".encode(codec)
    path = write(tmp_path, "a.txt.gz" if packed else "a.txt", gzip.compress(raw) if packed else raw)
    assert texts(path) == {"please call me at {{value}}, numéro nouveau"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'\xef\xbb\xbf{"text": "please call 202-555-0123 now"}\r\n'),
        ("a.jsonl", b'{"text": "please call 202-555-0123 now", "score": NaN}\n'),
        ("a.json", b'[{"text": "please call 202-555-0123 now", "score": -Infinity}]'),
        ("a.txt", b'{"text": "please call 202-555-0123 now", "more": "\\ud83d"}\n'),
        ("a.jsonl", b'{"text": "please call 202-555-0123 now", "more": "\\xE3"}\n'),
    ],
    ids=["mark", "number", "infinite", "half", "byte"],
)
def test_every_dialect_of_json_is_read(tmp_path, name, content):
    assert texts(write(tmp_path, name, content)) == {"please call {{value}} now"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "a.txt is empty"),
        ("a.csv", b"\n\n", "a.csv is empty"),
        ("a.gz", b"\x1f\x8b\x08broken", "a.gz is damaged"),
        ("a.bin", bytes(range(32)) * 40, "a.bin is not a text file"),
        ("a.txt", b"one\ntwo\0\n", "a.txt:2: a NUL byte"),
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "a.jsonl:2: not JSON"),
        ("a.json", b'{"a": 1,\n"b"}', "a.json:2: not JSON"),
        ("a.csv", b'a,b\n1,"2\n3,4\n', "a.csv:2: a broken quote"),
        ("a.csv", b"a,b\n1,2,3\n", "a.csv:2: 3 cells under a header of 2"),
        ("a.py", b"def (\n", "a.py:1: not Python"),
    ],
)
def test_a_broken_file_is_told_by_name_and_line(tmp_path, name, content, problem):
    good = write(tmp_path, "good.txt", LINE)
    with pytest.raises(AskedWrongly) as raised:
        seeds.read([good, write(tmp_path, name, content)])
    assert problem in str(raised.value)


def test_a_line_without_an_end_is_refused_by_its_number(tmp_path):
    path = tmp_path / "huge.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"fine\n")
        for _ in range(100):
            stream.write(b"x" * 2**20)
    with pytest.raises(BadRecord, match=r"huge.log.gz:2: the line is over 32 MiB"):
        seeds.read([path])


def test_every_piece_is_used_or_rejected(tmp_path):
    rng = Random(3)
    lines = [f"my {rng.choice(['ssn', 'card', 'x'])} is {drawing.ssn(rng)}" for _ in range(50)]
    harvest = seeds.read([write(tmp_path, "a.txt", "\n".join(lines))])
    assert harvest.read == 50 == harvest.used + sum(harvest.rejected.values())
    assert set(harvest.rejected) <= set(seeds.REASONS)


def test_a_file_is_left_when_enough_is_found(tmp_path):
    words = ["now", "today", "please", "again", "soon", "here"]
    lines = [f"call me {word} at 202-555-0123" for word in words]
    harvest = seeds.read([write(tmp_path, "a.txt", "\n".join(lines))], most=3)
    assert (len(harvest.seeds), harvest.unfinished) == (3, ("a.txt",))


def test_the_order_of_files_and_letter_case_change_nothing(tmp_path):
    one = write(tmp_path, "a.txt", "My SSN is 000-12-3456 now\nmy ssn is 000-45-6789 now")
    two = write(tmp_path, "b.txt", "call me at 202-555-0123 please")
    harvest = seeds.read([one, two])
    assert harvest == seeds.read([two, one])
    assert [seed.text for seed in harvest.seeds] == [
        "call me at {{value}} please", "My SSN is {{value}} now",
    ]  # fmt: skip


def test_what_is_written_is_read_back(tmp_path):
    harvest = seeds.read([write(tmp_path, "a.txt", LINE)])
    seeds.write(tmp_path / "out.jsonl", harvest)
    assert seeds.load(tmp_path / "out.jsonl") == harvest.seeds
    with pytest.raises(FolderExists):
        seeds.write(tmp_path / "out.jsonl", harvest)
    seeds.write(tmp_path / "out.jsonl", harvest, force=True)
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"category": "snn"}, "an unknown category. Did you mean 'ssn'?"),
        ({"cue": "maybe"}, "an unknown cue"),
        ({"text": "call {{number}} or {{value}}"}, "an unknown slot"),
        ({"text": "call {{value}} or {{other:snn}}"}, "an unknown slot"),
        ({"text": "call"}, "no {{value}}"),
        ({"shape": "123-##"}, "shape has other signs"),
        ({"family": "seed-1"}, "family is not"),
        ({"cue_words": "phone"}, "cue_words is not a list"),
        ({"kind": None}, "kind is not a text"),
        ({"extra": "1"}, "a field that no seed has"),
    ],
)
def test_a_broken_seed_is_told_by_line(tmp_path, change, problem):
    seeds.write(tmp_path / "a.jsonl", seeds.read([write(tmp_path, "a.txt", LINE)]))
    good = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    bad = json.dumps({**json.loads(good), **change})
    path = write(tmp_path, "b.jsonl", f"{good}\n{bad}\n")
    with pytest.raises(BadRecord) as raised:
        seeds.load(path)
    assert "b.jsonl:3: " in str(raised.value)
    assert problem in str(raised.value)


def test_the_shipped_seeds_are_few_sound_and_of_every_category():
    shipped = seeds.load(seeds.shipped())
    assert len(shipped) < 100
    assert {seed.category for seed in shipped} == {
        "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport",
        "drivers_license", "member_id",
    }  # fmt: skip
    assert len({seed.family for seed in shipped}) == len(shipped)
    assert all(seed.source.startswith("presidio-analyzer ") for seed in shipped)
    assert all(seed.cue is Cue.CONFIRM for seed in shipped if seed.kind == "key")
