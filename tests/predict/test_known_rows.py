"""A row whose parts are known is nothing only where the text tests say so of the whole row."""

import sys
from itertools import islice
from pathlib import Path

import pytest
from test_prefilter_quick import FIELDS, SIGNS, SPOKEN, piece

from piiforge import predict
from piiforge.predict import known_rows
from piiforge.predict.known_rows import KnownRows
from piiforge.predict.prefilter import CATEGORIES, TextTests
from piiforge.rng import child

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import access_log

HEADS = (
    "203.0.113.7 - - [02/Mar/2026:10:00:59 +0000] ",
    "2001:db8:1:2::3 - - [30/Nov/2026:00:00:00 -0500] ",
    "10.0.0.1 - - [01/Jan/2026:23:59:60 +0100] ",
)
BETWEEN = (' HTTP/1.1" 200 5123 "', ' HTTP/2" 304 - "', ' HTTP/1.0" 404 999999999999 "')
AGENTS = (
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.4.0", "-", "x ", "and ", "a",
)  # fmt: skip
BEYOND_ASCII = (
    "产品", "联系电话", "手机", "一二三四五六七", "é", "你好", "请联系我们的客服",
    "点", "艾特", "账号", "٣٤", "ｐｈｏｎｅ", "护照", "手机13800138000", "13800138000",
)  # fmt: skip
STARTS = (("GET /", "POST /a?"), ("", "https://www.example.com/", "-"), AGENTS)


def texts(place, rng, count):
    """Return texts for a place in a row: benign ones, and such as may matter to the others."""
    kinds = ((*FIELDS, *SPOKEN), BEYOND_ASCII)
    found = list(STARTS[place])
    while len(found) < count:
        more = "".join(
            rng.choice((piece(rng), rng.choice(rng.choice(kinds)), str(rng.randrange(1000))))
            + rng.choice(SIGNS)
            for _ in range(rng.randrange(1, 4))
        )
        found.append(rng.choice(STARTS[place]) + more.replace('"', "").replace("\\", ""))
    return found


def rows(rng, count, pool):
    """Return rows of all combinations of few parts, so that each part comes again."""
    places = [texts(place, rng, pool) for place in range(3)]
    for _ in range(count):
        request, referer, agent = (rng.choice(some) for some in places)
        yield f'{rng.choice(HEADS)}"{request}{rng.choice(BETWEEN)}{referer}" "{agent}"'


def check(seed, count, pool):
    known, tests, passed = KnownRows(), TextTests(), 0
    for row in rows(child(seed, "parts"), count, pool):
        if known.nothing_in(row):
            passed += 1
            assert not tests.possible(row, CATEGORIES), row
    return passed


def test_a_known_row_holds_nothing():
    assert check(1, 4_000, 40) > 200


@pytest.mark.slow
def test_a_hundred_thousand_known_rows():
    assert sum(check(seed, 10_000, 40) for seed in range(2, 12)) > 5_000


def test_most_of_a_sites_rows_are_known():
    known, tests = KnownRows(), TextTests()
    lines = list(access_log.of_site(4, 6_000))
    passed = [known.nothing_in(line) for line in lines]
    assert sum(passed[3_000:]) > 1_200
    for line, nothing in zip(lines[:800], passed, strict=False):
        assert not nothing or not tests.possible(line, CATEGORIES)


def test_what_leaks_is_never_known_as_nothing():
    known = KnownRows()
    lines = list(islice(access_log.of_site(5, 400), 400))
    leaks = ("ssn=000-12-3456", "tel=%2B12125550123", "q=jo@example.com", "card=4242424242424242")
    for _ in range(3):
        for line in lines:
            known.nothing_in(line)
    for leak in leaks:
        for line in lines[::20]:
            for old, new in (('"GET /', '"GET /?{}&'), (" HTTP/", "&{} HTTP/"), ('" "', '&{}" "')):
                row = line.replace(old, new.format(leak), 1)
                assert leak in row
                assert not any(known.nothing_in(row) for _ in range(3)), row


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(known_rows, "_MOST", 20)
    known = KnownRows()
    for at in range(300):
        for _ in range(2):
            known.nothing_in(f'{HEADS[0]}"GET /{at}{BETWEEN[0]}-" "-"')
        assert max(len(known._known), len(known._once)) <= 20


def test_a_detector_says_the_same_with_and_without():
    lines = list(islice(access_log.of_site(6, 1_500), 1_500))
    with predict.load() as detector:
        often = [detector.suspects(lines) for _ in range(3)]
    assert often[0] == often[1] == often[2]
