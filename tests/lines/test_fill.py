"""Filling a draft gives what the line's own writer would have written, whatever the text."""

import json
from random import Random

import pytest
from format_readers import PLAIN, READERS
from format_scenes import FORMATS, scene_for, slots_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piiforge.lines.pen import ENCODERS, KEYS, SLOTS, around, encode, fill
from piiforge.types import Draft, Format

every_encoder = pytest.mark.parametrize("name", ENCODERS)
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
# What XML 1.0 can hold, and what a header or a line of talk can: no control characters
line_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=30)
texts_of = st.one_of(
    line_text, st.from_regex(r"[\w@%+&=<>\"'\\|{}\[\]#?/;: .-]{1,20}", fullmatch=True)
)
FREE = ("json", "json_ascii", "form", "percent", "html", "csv", "raw")


@every_encoder
@given(left=any_text, right=any_text)
def test_encoders_work_character_by_character(name: str, left: str, right: str) -> None:
    encoder = ENCODERS[name]
    assert encoder(left + right) == encoder(left) + encoder(right)


@every_encoder
def test_encoders_leave_sentinels_whole(name: str) -> None:
    assert [ENCODERS[name](mark) for mark in KEYS + SLOTS] == [*KEYS, *SLOTS]


@every_format
def test_every_format_has_a_reader_or_is_plain(form: Format) -> None:
    assert (form.name in READERS) != (form.name in PLAIN)


@pytest.mark.parametrize("form", [f for f in FORMATS if f.name in READERS], ids=lambda f: f.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), first=texts_of, second=texts_of)
def test_readers_get_filled_texts_back(form: Format, seed: int, first: str, second: str) -> None:
    draft = form.draft(scene_for(form), Random(seed))
    texts = [first, second][: slots_of(form)]
    found = READERS[form.name](fill(draft, ["alpha", "beta"], texts).content)
    assert first in found
    assert slots_of(form) == 1 or f"it is {second}." in found


@pytest.mark.parametrize("form", [f for f in FORMATS if f.name in READERS], ids=lambda f: f.name)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), text=any_text)
def test_control_characters_survive_where_the_notation_has_them(
    form: Format, seed: int, text: str
) -> None:
    draft = form.draft(scene_for(form), Random(seed))
    if draft.value_chain and set(draft.value_chain) <= set(FREE):
        content = fill(draft, ["alpha", "beta"], [text, text]).content
        assert text in READERS[form.name](content)


@every_format
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), text=any_text)
def test_spans_cover_the_encoded_text(form: Format, seed: int, text: str) -> None:
    draft = form.draft(scene_for(form), Random(seed))
    filled = fill(draft, ["alpha", "beta"], [text, text])
    written = encode(text, draft.value_chain)
    assert all(filled.spans[: slots_of(form)])
    for span in (span for spans in filled.spans for span in spans):
        assert filled.content[span.start : span.end] == written


@given(st.lists(st.sampled_from([*KEYS[:2], *SLOTS[:2], "QVX", "a=", "&", "QV QK"]), max_size=12))
def test_filling_is_replacing(pieces: list[str]) -> None:
    text = " ".join(pieces)
    marks = dict(zip([*KEYS[:2], *SLOTS[:2]], ["k0", "k1", '"v0"', "v1"], strict=True))
    expected = " ".join([marks.get(piece, piece) for piece in pieces])
    assert fill(Draft(text), ["k0", "k1"], ['"v0"', "v1"]).content == expected


def test_a_repeated_slot_has_a_span_for_each_place() -> None:
    filled = fill(Draft("a=QVX0QV b=QVX0QV"), [], ["x y"])
    assert [filled.content[s.start : s.end] for s in filled.spans[0]] == ["x y", "x y"]


def test_filled_text_that_looks_like_a_sentinel_stays() -> None:
    assert fill(Draft("QVX0QV-QVX1QV"), [], ["QVX1QV", "b"]).content == "QVX1QV-b"


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(IndexError):
        fill(Draft("QVX1QV"), [], ["only one"])


def test_around_spares_sentinels() -> None:
    assert around("AB QVX0QV CD QKX1QK", str.lower) == "ab QVX0QV cd QKX1QK"


def test_numbers_lose_their_quotes_in_json_only_when_the_scene_allows() -> None:
    form = next(form for form in FORMATS if form.name == "form_json_body")
    bare = [
        '"QVX0QV"' not in form.draft(scene_for(form, numeric=numeric), Random(seed)).text
        for numeric in (False, True)
        for seed in range(40)
    ]
    assert not any(bare[:40])
    assert 5 < sum(bare[40:]) < 35


def test_bare_numbers_still_parse() -> None:
    for form in FORMATS:
        if "json" in READERS.get(form.name, str).__name__:
            draft = form.draft(scene_for(form, numeric=True), Random(5))
            texts = READERS[form.name](fill(draft, ["alpha", "beta"], ["4180", "77"]).content)
            assert "4180" in texts, form.name
    assert json.loads(fill(Draft('{"a":QVX0QV}'), [], ["4180"]).content) == {"a": 4180}
