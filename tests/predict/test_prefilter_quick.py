"""What makes the text tests fast may never change an answer."""

import re
import string
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge import categories, disguises, files, logs, predict, reader
from piiforge.predict import prefilter
from piiforge.predict.prefilter import CATEGORIES, WORDS, Evidence, Reading, TextTests
from piiforge.rng import child
from piiforge.scan import run, state
from piiforge.text import atoms, flatten

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import access_log

SHARED = Path(__file__).parents[2].parent / "shared"
FORMATS = ("mixed", *access_log.FIVE)
FIELDS = (  # what the text tests cut out of a row, in whole or in part
    "10.0.0.1", "2026-03-02", "2026-03-02T10:00:00Z", "10:00", "10:00:00.123", "15/Sep/2024",
    "15/Sep/2024:10:00:44 +0000", "HTTP/1.1", "Android 12.1.2", "Chrome/120.0.0.0", "2001:db8::1",
    "Intel Mac OS X 10_15", "iPhone; CPU iPhone OS 17_1", "deadbeefdeadbeef", "t=1700000000",
    "123e4567-e89b-12d3-a456-426614174000", "host=", "host=example.com", "bytes=1234", "sid=",
    "gclid=", "2024/01/02", "rt=0.5", "cid=123.1700000000", "GA1.2.123.1700000000", "lat=12.345",
    "sr=1920x1080", 'HTTP/1.1" 200 1234', "Mobile Safari", "fb.1.1700000000000.123456", ".txt",
    "iphone", "dl=https:", "utm_source=", "/healthz", "privacy policy",
)  # fmt: skip
SPOKEN = (
    "one", "two", "seven", "ten", "oh", "once", "double", "dash", "plus", "and", "y", "et", "x",
    "dot", "at", "a", "(at)", "xx", "**",
)  # fmt: skip
SIGNS = (*" -./+()_:,;\"=&?\t[]{}<>|*#@%\\'", "", "%20", "%2D", " - ", "&#45;", "&amp;")
NAMES = sorted({
    part for words in WORDS.values() for word in words if word.isascii()
    for part in (word.strip("<>").replace("~", ""), *word.strip("<>").split("~")) if part
})  # fmt: skip


def rows(name, seed, count):
    if name == "mixed":
        return access_log.lines(seed, count)
    return access_log.of_format(name, seed, count)


def value_of(rng):
    """Return a drawn value of a category, plain or in a disguise, as fields or by itself."""
    category = rng.choice(categories.ALL)
    value = category.draw(rng)
    worn = rng.choice(disguises.ALL)
    parts = value.parts
    if rng.random() < 0.5 and disguises.takes(parts, (worn,)):
        parts = disguises.write(parts, (worn,), rng)
    key = rng.choice((category.id, "q", "id", "field", rng.choice(NAMES)))
    return rng.choice(("&", " ", "; ")).join(f"{key}{at}={p.text}" for at, p in enumerate(parts))


def piece(rng):
    """Return something that may matter to a neighbour: a word, a field, digits, a value."""
    digits = "".join(rng.choices(string.digits, k=rng.choice((1, 2, 3, 3, 4, 4, 7, 9, 10, 16))))
    kinds = (NAMES, SPOKEN, FIELDS, (digits,), (digits,), (value_of(rng),), string.ascii_letters)
    return rng.choice(rng.choice(kinds)) + rng.choice(SIGNS)


def changed(row, rng):
    """Return a row with one sign or a few pieces changed, or two halves with some between."""
    at = rng.randrange(len(row))
    if rng.random() < 0.35:
        return row[:at] + rng.choice(string.printable) + row[at + rng.randrange(2) :]
    inner = "".join(piece(rng) for _ in range(rng.randrange(1, 9)))
    return rng.choice((row[:at], "")) + inner + row[at + rng.choice((0, 0, 3, len(row))) :]


def some(name, seed, count, changes):
    """Return rows of a format, what is changed in them, and pieces alone."""
    rng = child(seed, "quick", name)
    lines = list(rows(name, seed, count))
    loose = ("".join(piece(rng) for _ in range(rng.randrange(1, 12))) for _ in range(changes // 2))
    return [*lines, *(changed(rng.choice(lines), rng) for _ in range(changes)), *loose]


def plain_noise():
    """Return the benign fields as one expression, in their order, tried wherever a word begins."""
    table = files.shipped_yaml("piiforge.predict", "data/benign.yaml")
    whole = "|".join("".join(lines) for lines in table["fields"].values())
    for name, lines in table["pieces"].items():
        whole = whole.replace(f"<{name}>", "".join(lines))
    return re.compile(f"(?<![0-9A-Za-z])(?:{whole})")


def check_words(text):
    """Hold what the words of a flat text are remembered to say against the text itself."""
    found = Evidence(Reading(text))
    assert found.has_sentence == (prefilter._SENTENCE.search(text) is not None)
    assert found.cues == prefilter.cues(text)
    for category in CATEGORIES:
        named = prefilter.named(category, prefilter.cues(text))
        assert found.named(category) == (named or found.has_sentence), category
    assert found.atoms == atoms(text)
    assert found.most_digits >= sum(atom.digits for atom in found.atoms)
    assert found.said & prefilter.AT or not prefilter.spoken_mailbox(text)
    spoken = [each for each in found.clusters if each.words and len(each.atoms) > 1]
    assert found.speaks == bool(spoken)
    if any(prefilter.card_among(each.runs) for each in found.clusters):
        assert found.speaks or any(map(prefilter.card_among, prefilter.chained(text, 13)))


def possible(content):
    """Return the possible categories of a content that is asked alone, in their order."""
    found = TextTests().possible(content, CATEGORIES)
    return tuple(name for name in CATEGORIES if name in found)


def check_formats(count, changes):
    noise = plain_noise()
    for name in FORMATS:
        contents = some(name, 5, count, changes)
        assert TextTests().each_possible(contents) == [possible(each) for each in contents]
        for content in contents:
            assert prefilter._NOISE.sub(" ", content) == noise.sub(" ", content)
            check_words(flatten(content))


def test_rows_of_every_format_and_what_is_changed_in_them():
    check_formats(count=40, changes=120)


@pytest.mark.slow
def test_a_hundred_thousand_rows():
    check_formats(count=2_000, changes=10_000)


@pytest.mark.parametrize("name", sorted({name for names in WORDS.values() for name in names}))
def test_every_name_is_known_by_its_words(name):
    whole = name.strip("<>")
    for gap in ("", " ", "_-", "1", "x", " - "):
        for frame in ("{}", "a{}", "{}s", "3{}4", "e {} t", ".{}=1", "é{}é"):
            check_words(flatten(frame.format(whole.replace("~", gap))))


@given(st.text(st.sampled_from(string.printable + "éя٣一"), max_size=80))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written(text):
    check_words(flatten(text))
    assert TextTests().each_possible([text]) == [possible(text)]


@given(st.text("0123456789 -.", min_size=13, max_size=30))
@settings(max_examples=2000, deadline=None)
def test_what_is_no_card_by_its_digits_is_none_to_the_reader(text):
    found = [one for one in reader.find(f"card {text}", "credit_card") if one.valid]
    assert all(prefilter.is_card(one.key) for one in found)
    assert not found or TextTests().may_hold("credit_card", f"card {text}")


@given(st.integers(0, 10**6), st.sampled_from((" ", "-", ".", "", "  ", " - ", "/")))
def test_a_drawn_card_is_one_by_its_digits(seed, between):
    text = categories.get("credit_card").draw(child(seed, "card")).parts[0].text
    digits = "".join(filter(str.isdigit, text))
    assert prefilter.is_card(digits)
    whole = between.join(digits[at : at + 4] for at in range(0, len(digits), 4))
    assert TextTests().may_hold("credit_card", f"t={whole}&s=1")


def test_a_flood_of_new_words_stays_within_bounds():
    words = prefilter._Said(50)
    for at in range(300):
        word = f"{'abcdefghij'[at % 10]}{'klmnopqrst'[at // 10 % 10]}{'uvwxyz'[at // 100]}ssn"
        assert words[word.encode()] & prefilter.said("ssn")
        assert len(words) <= 50
    assert words[b"a" * 10_000] == prefilter.said("a" * 10_000)
    assert len(words) <= 50


def judged(items, detector):
    asked = state.Scan([], Path("out.jsonl"))
    return run_judge(detector, asked).findings("file", items)


run_judge = sys.modules[run.__module__].Judge


@pytest.fixture(scope="module")
def both():
    with predict.load() as fast, predict.load() as slow:
        slow._passes = False  # everything is judged
        yield fast, slow


def test_findings_are_the_same_finding_by_finding(both):
    rng = child(9, "findings")
    for name in FORMATS:
        lines = list(rows(name, 9, 25))
        contents = [*lines, *(changed(rng.choice(lines), rng) for _ in range(25))]
        items = [logs.Row(at, content) for at, content in enumerate(contents, 1)]
        assert judged(items, both[0]) == judged(items, both[1])


def test_what_was_asked_together_is_said_the_same_of_it_alone():
    for name in FORMATS:
        contents = some(name, 21, 5, 40)
        with predict.load() as detector, predict.load() as alone:
            suspects = detector.suspects(contents)
            judged = detector.judge(contents)
            assert judged == alone.judge(contents)
        hit = [any(one.is_sensitive or one.unsure for one in each.values()) for each in judged]
        assert suspects == [each for each, found in zip(contents, hit, strict=True) if found]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the judging files are not there")
@pytest.mark.parametrize("folder", ["reports", "external"])
def test_findings_in_files_of_others_are_the_same(folder, both):
    for source in logs.find([str(SHARED / folder)]):
        if source.name.endswith(("README.md", ".tsv")):
            continue
        with logs.Log(source, logs.Manner()) as log:
            items = list(log.items())
        assert judged(items, both[0]) == judged(items, both[1]), source.name
    for path in sorted(SHARED.glob(f"{folder}/*_dev.jsonl")):
        contents = [str(one["content"]) for one in files.read(path) if one.get("content")]
        items = [logs.Row(at, content) for at, content in enumerate(contents, 1)]
        assert judged(items, both[0]) == judged(items, both[1]), path.name
