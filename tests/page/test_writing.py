"""Untrusted text: nothing in it is markup, nothing in it hides."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge.page import Mark, highlight, visible

BADGE = re.compile(r'<span class="ghost" title="U\+([0-9A-F]{4,6})[^"]*">[^<]+</span>\n?')
HIDING = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"}


def read_back(markup: str) -> str:
    """Return the text that `markup` shows, badges as the characters that they stand for."""
    from html import unescape

    shown = BADGE.sub(lambda found: f"&#x{found[1]};", markup)
    shown = re.sub(r"</?mark[^>]*>", "", shown)
    pieces = re.split(r"&#x([0-9A-F]+);", shown)
    return "".join(chr(int(p, 16)) if at % 2 else unescape(p) for at, p in enumerate(pieces))


def test_every_character_that_hides_becomes_a_badge() -> None:
    hiding = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in HIDING]
    assert [c for c in hiding if c != " " and "ghost" not in visible(c)] == []


@pytest.mark.parametrize("char", ["\u115f", "\u3164", "\ufe0f", "\U000e0041", "\u2800", "\u034f"])
def test_characters_that_unicode_lets_readers_ignore_become_badges(char: str) -> None:
    assert f"U+{ord(char):04X}" in visible(char)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_shown_reads_back_as_the_text(text: str) -> None:
    assert read_back(visible(text)) == text


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_marks_never_change_the_text(text: str, places: list[tuple[int, int]]) -> None:
    marked = highlight(text, [Mark(start, end, "tone", "title") for start, end in places])
    assert re.sub(r"</?mark[^>]*>", "", marked) == visible(text)


def test_ordinary_letters_of_any_script_stay_as_they_are() -> None:
    assert visible("número 号码 ٣٤") == "número 号码 ٣٤"


def test_markup_in_the_text_is_escaped() -> None:
    assert visible("<b onload=x>&") == "&lt;b onload=x&gt;&amp;"
    assert "<i>" not in highlight("<i>", [Mark(0, 3, '"><i>', "<i>")])


def test_a_bidi_override_loses_its_power_and_gets_its_name() -> None:
    assert "\u202e" not in visible("a\u202eb")
    assert ">RLO<" in visible("a\u202eb")


def test_an_overlapping_mark_is_left_out() -> None:
    assert highlight("abcdef", [Mark(0, 3), Mark(2, 5), Mark(5, 9)]) == (
        "<mark>abc</mark>de<mark>f</mark>"
    )
