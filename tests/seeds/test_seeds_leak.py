"""No trace of a value comes through: canaries in every kind of input, and values at random."""

import gzip
import json
import re
from dataclasses import replace
from random import Random

import drawing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import seeds
from piiforge.seeds import scrub
from piiforge.seeds.reading import shape_seed

FRAMES = (
    "Hi, my {what} is {value} and the other one is {other}",
    "{other} or {value}, whichever works, says {word}",
    '{{"user": "{word}", "message": "my {what} is {value}", "id": "{number}"}}',
    "2026-03-05T10:11:12Z INFO POST /signup?email={other}&n={number} {what}={value}",
    "{what}: {value}",
    "{value}",
    "please call {Word} at {value} or write to {other}",
    "{word} {value} {number} {other} {word}",
    "ref {number}/{value} of {Word} {Word}",
)
WHAT = {"ssn": "SSN", "credit_card": "card", "phone": "phone", "email": "email"}


def drawn_line(rng):
    """A line around two values, a word and a number; and all of these."""
    category, second = rng.choice(list(drawing.DRAWS)), rng.choice(list(drawing.DRAWS))
    value, other = drawing.DRAWS[category](rng), drawing.DRAWS[second](rng)
    word, number = drawing.strange_word(rng), drawing.digits(rng, rng.randrange(5, 14))
    frame = rng.choice(FRAMES)
    line = frame.format(
        what=WHAT[category], value=value, other=other, word=word, Word=word.title(), number=number
    )
    return line, [value, other, word, number]


def left_in(path, values):
    """The runs that stand in the file; a family's name is a hash of the text that is left."""
    written = re.sub(r"seed-[0-9a-f]{8}", "", path.read_text(encoding="utf-8")).lower()
    return {run for value in values for run in drawing.runs_of_five(value) if run in written}


@given(st.integers(0, 10**9))
def test_no_run_of_five_of_any_value_is_left_in_the_file(tmp_path_factory, seed):
    rng = Random(seed)
    folder = tmp_path_factory.mktemp("leak")
    lines, values = zip(*(drawn_line(rng) for _ in range(8)), strict=True)
    (folder / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "b.py").write_text(f"TEXTS = {list(lines)!r}", encoding="utf-8")
    (folder / "c.json").write_text(json.dumps({"deep": [{"text": line} for line in lines]}))
    seeds.write(folder / "out.jsonl", seeds.read(folder.glob("[abc].*")))
    assert not left_in(folder / "out.jsonl", [one for some in values for one in some])


def test_a_column_of_values_leaves_none(tmp_path):
    rng = Random(5)
    rows = [(drawing.phone(rng), drawing.mailbox(rng), drawing.ssn(rng)) for _ in range(200)]
    table = "Phone,Contact e-mail,ssn_number\n" + "\n".join(",".join(row) for row in rows)
    (tmp_path / "people.csv.gz").write_bytes(gzip.compress(table.encode()))
    harvest = seeds.read([tmp_path / "people.csv.gz"])
    seeds.write(tmp_path / "out.jsonl", harvest)
    assert not left_in(tmp_path / "out.jsonl", [value for row in rows for value in row])
    keys = {(seed.category, seed.text) for seed in harvest.seeds if seed.kind == "key"}
    assert keys == {("phone", "phone"), ("email", "contact e mail"), ("ssn", "ssn number")}


def test_a_file_that_is_named_after_somebody_is_not_named(tmp_path):
    rng = Random(6)
    word = drawing.strange_word(rng)
    path = tmp_path / f"{word}.txt"
    path.write_text(f"Dear {word.title()}, my SSN is {drawing.ssn(rng)}, call me", encoding="utf-8")
    (seed,) = seeds.read([path]).seeds
    assert seed.source == "input-1.txt"


@pytest.mark.parametrize(
    "where", [{"text": "ask zqxjk about it"}, {"cue_words": ("zqxjk",)}, {"source": "zqxjk.csv"}]
)
def test_the_second_pass_sees_every_part_of_a_seed(where):
    traces = scrub.Traces()
    traces.add("ZQXJKV@example.com")
    seed = shape_seed("ssn", "###-##-####", "a.csv")
    assert not traces.left_in_seed(seed)
    assert traces.left_in_seed(replace(seed, **where))


def test_separators_hide_no_digits():
    traces = scrub.Traces()
    traces.add("000-12-3456")
    assert traces.left_in("it is 0001 2 34, she said")


def test_words_of_ours_are_nobodys_trace():
    traces = scrub.Traces()
    traces.add("phone.number@example.com")
    assert not traces.left_in("my number, as an example")
    assert traces.left_in("my phone.number")


NAMES = ("Wendellina", "Thibodeaux", "Oksanochka", "Quillfeather")


@pytest.mark.parametrize(
    "line",
    [
        "My name is Wendellina Quillfeather, SSN 000-12-3456",
        "my name is wendellina and my ssn is 000-12-3456",
        "user=wendellina ssn=000-12-3456",
        '{"first_name": "Wendellina", "last_name": "Quillfeather", "ssn": "000-12-3456"}',
        "GET https://thibodeaux.example.org/quillfeather?ssn=000-12-3456 HTTP/1.1",
        "@thibodeaux my ssn is 000-12-3456",
        "ssn 000-12-3456, lives at 12 Quillfeather Street, Springfield",
        "ssn 000-12-3456, vive en la calle Quillfeather 12",
        "J. R. R. Thibodeaux here, my social security number is 000-12-3456",
        "je m'appelle Oksanochka, mon passeport est 000000000",
        "it's W-e-n-d-e-l-l and the ssn is 000-12-3456",
        "host wendellina-laptop.corp.local login failed, ssn 000-12-3456",
        "THIBODEAUX, WENDELLINA ssn: 000-12-3456",
    ],
)
def test_names_users_hosts_and_streets_go(tmp_path, line):
    (tmp_path / "a.txt").write_text(line, encoding="utf-8")
    for seed in seeds.read([tmp_path / "a.txt"]).seeds:
        assert not [name for name in NAMES if name.lower() in seed.text.lower()]
        assert "w-e-n" not in seed.text.lower()


@pytest.mark.parametrize("name", ["will", "grace", "mark", "rose"])
def test_a_word_that_is_a_name_too_goes_where_somebody_is_introduced(name):
    small = seeds.dissect(f"my name is {name} and my ssn is 000-12-3456")
    assert small in {seeds.Refused("name_left"), seeds.Refused("unknown_word")}
    big = seeds.cut(f"This is {name.title()}, my ssn is 000-12-3456", "ssn", strict=True)
    assert big is not None
    assert big.text == "This is {{name}}, my ssn is {{value}}"


def test_chinese_names_refuse_the_line():
    assert seeds.dissect("我叫王明,我的护照号是000000000") == seeds.Refused("name_left")
    kept = seeds.dissect("我的护照号是000000000")
    assert isinstance(kept, seeds.Cut)
    assert kept.text == "我的护照号是{{value}}"
