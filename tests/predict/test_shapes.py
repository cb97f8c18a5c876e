"""What is remembered of rows may never change an answer: a clear row is one that the tests pass."""

import string
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge import categories, disguises, files, logs, predict
from piiforge.predict.prefilter import CATEGORIES, WORDS, TextTests
from piiforge.predict.shapes import MOST, Shapes
from piiforge.rng import child
from piiforge.scan import run, state

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import access_log

SHARED = Path(__file__).parents[2].parent / "shared"
FORMATS = ("mixed", *access_log.FIVE)
CLEAN = (
    '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /c/chairs?page=2&dl=https://a.example/ '
    'HTTP/1.1" 200 8397 "https://www.example.com/img/lamp@2x.png" "Mozilla/5.0 (Windows NT 10.0; '
    'Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"'
)
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


def never_clear_where_something_may_stand(shapes, contents):
    """Return how many are clear; fail at the first clear one that the text tests let through."""
    tests, clear = TextTests(), 0
    for content in contents:
        if shapes.clear(content):
            clear += 1
            assert not tests.possible(content, CATEGORIES)
    return clear


def check_formats(count, changes):
    for name in FORMATS:
        shapes, rng = Shapes(), child(5, "shapes", name)
        lines = list(rows(name, 5, count))
        assert name in {"ALB", "IIS", "Caddy"} or any(map(shapes.clear, lines))
        never_clear_where_something_may_stand(shapes, lines)
        never_clear_where_something_may_stand(
            shapes, (changed(rng.choice(lines), rng) for _ in range(changes))
        )


def test_rows_of_every_format_and_what_is_changed_in_them():
    check_formats(count=120, changes=500)


@pytest.mark.slow
def test_a_hundred_thousand_rows():
    check_formats(count=3_000, changes=15_000)


def test_every_position_of_a_clear_row():
    shapes, signs = Shapes(), "0179axsZ -+@.(=\"'%"
    assert shapes.clear(CLEAN)
    near = (
        CLEAN[:at] + sign + CLEAN[at + cut :]
        for at in range(0, len(CLEAN), 4)
        for sign in signs
        for cut in (0, 1)
    )
    assert never_clear_where_something_may_stand(shapes, near) > 500


@given(st.text(st.sampled_from(string.printable), max_size=60), st.integers(0, len(CLEAN)))
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_into_a_clear_row(text, at):
    never_clear_where_something_may_stand(Shapes(), [CLEAN[:at] + text + CLEAN[at:], text])


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("host=", 'HTTP/1.1" 200 83971 "'),  # a host's name takes the protocol's
        ("a 15/Sep/2024:10:00:44", ",2026-03-02 1234 b"),  # a fraction takes a date's year
        ("Android 1.1.1", ".212 5550123 "),  # a version takes a piece of an address
        ("id-10:00", "card 4111 11112 5"),  # a clock between the halves of a name
        ("pass", ".txt no 12345678"),  # an ending is taken out between them
        ("Z 2024-01-01T10:00:00Z", "pan 4000123 8"),  # a zone is taken off a word
    ],
)
def test_fields_that_reach_into_others(before, behind):
    never_clear_where_something_may_stand(Shapes(), [f"{before}{behind}", f"{before} {behind}"])


def test_a_flood_of_new_shapes_stays_within_bounds_and_answers_alike():
    small, rng = Shapes(most=50), Random(3)
    lines = [*rows("mixed", 8, 200), *("".join(piece(rng) for _ in range(9)) for _ in range(300))]
    large = Shapes()
    assert [small.clear(line) for line in lines] == [large.clear(line) for line in lines]
    stores = (small._words, small._gaps, small._numbers, small._pairs, small._runs)
    assert all(len(store) <= 50 for store in stores)
    assert MOST < 100_000


def judged(items, detector):
    asked = state.Scan([], Path("out.jsonl"))
    return run_judge(detector, asked).findings("file", items)


run_judge = sys.modules[run.__module__].Judge


@pytest.fixture(scope="module")
def both():
    with predict.load() as fast, predict.load(shapes=False) as slow:
        yield fast, slow


def test_findings_are_the_same_finding_by_finding(both):
    rng = child(9, "findings")
    for name in FORMATS:
        lines = list(rows(name, 9, 25))
        contents = [*lines, *(changed(rng.choice(lines), rng) for _ in range(25))]
        items = [logs.Row(at, content) for at, content in enumerate(contents, 1)]
        assert judged(items, both[0]) == judged(items, both[1])


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
