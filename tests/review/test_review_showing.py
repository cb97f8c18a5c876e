"""A row in a terminal: everything shows, and nothing in it steers the terminal."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from review_rows import made

from piiforge import review

ROW = made(3, "ssn", False, "the reader finds an SSN")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_card_says_what_the_person_needs():
    assert review.card(replace(ROW, note="look at the key"), 3, 60) == (
        "[3/60] ssn: not sensitive (chat_message, en, cue confirm)\n"
        "because   Area 666 in field ssn.\n"
        "disputed  the reader finds an SSN\n"
        "note      look at the key\n"
        "\n"
        "ssn_3=666-12-3456\n"
    )


@given(TEXTS, TEXTS, TEXTS)
def test_nothing_in_a_row_steers_the_terminal(content, explanation, note):
    shown = review.card(replace(ROW, content=content, explanation=explanation, note=note), 1, 1)
    assert all(char == "\n" or char.isprintable() for char in shown if char.isascii())
    assert not set(shown) & set("\x1b\x9b\u202e\u200b\u2066\x07\x7f")


def test_what_looks_like_a_page_s_markup_is_shown_as_it_is():
    text = "a=<b>&amp;&lt;span class=\"ghost\">'\u200b'</span>"
    assert review.card(replace(ROW, content=text), 1, 1).endswith(
        "\na=<b>&amp;&lt;span class=\"ghost\">'⟨ZWSP⟩'</span>\n"
    )
