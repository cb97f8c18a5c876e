"""Laws of scrubbing a content: nothing is found again, nothing of a value stays, the rest does."""

import base64
import html
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrub_rows import CARRIERS, rows

from piiforge import predict, reader
from piiforge.scrub import Cleaner, Modes
from piiforge.scrub.cleaner import composed, is_json
from piiforge.types import Edit, applied, key_of

KEY = b"sixteen bytes ok"
MODES = {
    "label": Modes(),
    "mask": Modes({"": "mask"}),
    "pseudonym": Modes({"": "pseudonym"}, KEY),
    "kept-format": Modes({"": "pseudonym"}, KEY, keep_format=True),
    "drop-key": Modes({"": "drop-key"}),
}
ROWS = list(rows())
every_mode = pytest.mark.parametrize("mode", MODES)
every_carrier = pytest.mark.parametrize("carrier", CARRIERS)
LAYERS = {
    "percent": lambda text: quote(text, safe=""),
    "bare": lambda text: text,
    "percent of every sign": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "named entities": html.escape,
    "escapes": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text),
    "full width": lambda text: "".join(
        chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in text
    ),
}


@pytest.fixture(scope="module")
def detector():
    with predict.load() as opened:
        yield opened


@pytest.fixture(scope="module")
def scrubbed(detector):
    """Return the rows of a carrier with what a mode makes of each; made once."""
    kept: dict[tuple[str, str], list] = {}

    def of(mode, carrier):
        if (mode, carrier) not in kept:
            some = [row for row in ROWS if row.carrier == carrier]
            done = Cleaner(detector, MODES[mode]).clean(
                [row.content for row in some], members=carrier != "cell"
            )
            kept[mode, carrier] = [
                (row, one, applied(row.content, one.edits))
                for row, one in zip(some, done, strict=True)
            ]
        return kept[mode, carrier]

    return of


@every_mode
@every_carrier
def test_a_second_look_finds_nothing(detector, scrubbed, mode, carrier):
    texts = [text for _, _, text in scrubbed(mode, carrier)]
    hits = [
        (row.category, row.disguise)
        for (row, _, _), said in zip(scrubbed(mode, carrier), detector.judge(texts), strict=True)
        if any(one.is_sensitive or one.unsure for one in said.values())
    ]
    assert hits == []


@every_mode
@every_carrier
def test_what_is_changed_keeps_no_five_signs_of_the_value(scrubbed, mode, carrier):
    left = []
    for row, one, text in scrubbed(mode, carrier):
        bare = key_of(reader.settled(text))
        some = [row.key[at : at + 5] for at in range(len(row.key) - 4)]
        if row.category in one.counts and any(each in bare for each in some if "|" not in each):
            left.append((row.category, row.disguise))
    assert left == []


@every_mode
@pytest.mark.parametrize("carrier", ["json", "cell"])
def test_json_stays_json_and_columns_their_names(scrubbed, mode, carrier):
    for row, _, text in scrubbed(mode, carrier):
        before, after = json.loads(row.content), json.loads(text)
        assert set(after) <= set(before)
        assert carrier == "json" or list(after) == list(before)


@every_mode
def test_most_rows_are_changed_and_hardly_any_is_emptied(scrubbed, mode):
    done = [one for carrier in CARRIERS for _, one, _ in scrubbed(mode, carrier)]
    assert sum(bool(one.edits) for one in done) > 0.9 * len(done)
    assert sum(one.removed or one.stuck for one in done) <= 0.01 * len(done)


@pytest.mark.parametrize("mode", ["label", "mask", "pseudonym"])
def test_what_stands_around_a_plain_value_stays_byte_for_byte(scrubbed, mode):
    for row, one, text in scrubbed(mode, "query"):
        if row.disguise == "plain" and one.edits:
            assert text.startswith("GET /apply?step=2&")
            assert text.endswith("&plan=gold HTTP/1.1")


def test_a_dropped_key_is_gone_with_its_value(detector):
    [ssn] = [row for row in ROWS if (row.category, row.disguise, row.carrier)
             == ("ssn", "plain", "query")]  # fmt: skip
    value = re.search("ssn=([^&]+)", ssn.content)[1]
    said = {
        ssn.content: "GET /apply?step=2&plan=gold HTTP/1.1",
        f'{{"a": 1, "ssn": "{value}"}}': '{"a": 1}',
        f'{{"ssn": "{value}", "a": 1}}': '{"a": 1}',
        f'{{"user": {{"ssn": "{value}"}}}}': '{"user": {}}',
        f'{{"url": "/a?ssn={value}&b=1"}}': '{"url": "/a?b=1"}',
        f"/a?ssn={value} 200": "/a 200",
    }
    done = Cleaner(detector, MODES["drop-key"]).clean(list(said))
    assert [applied(text, one.edits) for text, one in zip(said, done, strict=True)] == list(
        said.values()
    )


def test_the_last_four_stay_of_cards_alone(detector):
    plain = {
        row.category: row for row in ROWS if row.disguise == "plain" and row.carrier == "query"
    }
    done = Cleaner(detector, MODES["mask"]).clean([plain[name].content for name in plain])
    texts = {
        name: applied(plain[name].content, one.edits) for name, one in zip(plain, done, strict=True)
    }
    assert f"*{plain['credit_card'].key[-4:]}" in texts["credit_card"]
    for name in ("ssn", "phone", "itin"):
        assert plain[name].key[-4:] not in texts[name]


def test_one_value_has_one_pseudonym_however_it_is_written(detector):
    [row] = [row for row in ROWS if (row.category, row.disguise, row.carrier)
             == ("ssn", "plain", "query")]  # fmt: skip
    bare = row.key
    ways = (bare, f"{bare[:3]}-{bare[3:5]}-{bare[5:]}", f"%3{bare[0]}{bare[1:]}")
    lines = [f"ssn={way}&a=1" for way in ways]

    def tokens(key):
        done = Cleaner(detector, Modes({"": "pseudonym"}, key)).clean(lines)
        said = [applied(line, one.edits) for line, one in zip(lines, done, strict=True)]
        return {re.search("ssn(?::|%3A)([a-z]{16})", text)[1] for text in said}

    assert len(tokens(KEY)) == 1
    assert tokens(KEY).isdisjoint(tokens(b"another key here"))


@pytest.mark.parametrize("outer", LAYERS)
@pytest.mark.parametrize("inner", LAYERS)
def test_a_value_in_two_encodings_is_taken_out_as_it_stood(detector, outer, inner):
    [row] = [row for row in ROWS if (row.category, row.disguise, row.carrier)
             == ("credit_card", "plain", "query")]  # fmt: skip
    content = f"before=1&card_number={LAYERS[outer](LAYERS[inner](row.key))}&after=2"
    [done] = Cleaner(detector, Modes()).clean([content])
    text = applied(content, done.edits)
    assert done.edits or "card_number" in content
    if done.edits:
        assert text.startswith("before=1&card_number=")
        assert text.endswith("&after=2")
        assert reader.settled(text) in {
            "before=1&card_number=<credit_card>&after=2", "before=1&card_number=<removed>&after=2",
        }  # fmt: skip


def test_a_token_of_base64_says_the_same_without_the_value(detector):
    [row] = [row for row in ROWS if (row.category, row.disguise, row.carrier)
             == ("email", "plain", "json")]  # fmt: skip
    mail = json.loads(row.content)["email"]
    token = base64.b64encode(f'{{"email":"{mail}","n":7}}'.encode()).decode()
    content = f'{{"payload":"{token}","x":1}}'
    [done] = Cleaner(detector, Modes()).clean([content])
    said = json.loads(applied(content, done.edits))
    assert json.loads(base64.b64decode(said["payload"])) == {"email": "<email>", "n": 7}


def test_a_row_in_which_nothing_is_found_has_no_edits(detector):
    lines = ["GET /a?step=2 HTTP/1.1", '{"a": 1}', "", "ssn=666-12-3456"]
    assert [one.edits for one in Cleaner(detector, Modes()).clean(lines)] == [()] * 4


def test_without_unsure_only_what_is_sure_is_taken_out(detector):
    lines = [row.content for row in ROWS if row.carrier == "text"]
    said = detector.judge(lines)
    done = Cleaner(detector, Modes(), unsure=False).clean(lines)
    for verdicts, one in zip(said, done, strict=True):
        assert bool(one.edits) == any(each.is_sensitive for each in verdicts.values())


@st.composite
def _edits(draw, length):
    places = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Edit(start, end, draw(st.text("XYZ", max_size=3))) for start, end in pairs]


@given(st.data())
def test_composed_edits_do_what_both_did(data):
    text = "abcdefghijklmnop"
    before = data.draw(_edits(len(text)))
    middle = applied(text, before)
    after = data.draw(_edits(len(middle)))
    assert applied(text, composed(before, after)) == applied(middle, after)


@given(st.text("ab%25\\u0034&#;x{}\"' ", max_size=40))
def test_edits_are_carried_back_to_any_text(noise):
    """Whatever stands around it, a value is gone from the text that its edits make."""
    [row] = [row for row in ROWS if (row.category, row.disguise, row.carrier)
             == ("credit_card", "plain", "query")]  # fmt: skip
    content = f"{noise} card number {row.key} {noise}"
    for found in reader.find(content, "credit_card"):
        text = applied(content, reader.rewritten(content, found, lambda _: "<>"))
        assert found.key != row.key or row.key not in text


def test_is_json_takes_objects_and_lists_alone():
    assert [is_json(text) for text in ('{"a":1}', "[1]", '"a"', "{a}", "", " {}")] == [
        True, True, False, False, False, True,
    ]  # fmt: skip
