"""Laws of the decoding front."""

import html
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import predict
from piiforge.predict import rules
from piiforge.types import Case

PLAIN = st.text(st.sampled_from("abcXYZ019 @.-_:/?,"), min_size=1, max_size=60)


@given(PLAIN)
def test_what_was_percent_encoded_twice_comes_back(text):
    assert rules.decode(quote(quote(text, safe=""), safe="")) == rules.decode(text)


@given(PLAIN)
def test_what_was_html_escaped_comes_back(text):
    entities = "".join(f"&#{ord(each)};" for each in text)
    assert rules.decode(html.escape(entities)) == rules.decode(text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("５５５‑０１００", "555-0100"),
        ("٥٥٥-٠١٠٠", "555-0100"),
        ("5\u200b5\u20605", "555"),
        ("a\\u0040b", "a@b"),
        ("\\ud800", "\\ud800"),
        ("100% sure", "100% sure"),
        ("%ff", "\ufffd"),
        ("", ""),
    ],
)
def test_each_encoding_is_undone(written, read):
    assert rules.decode(written) == read


def test_references_of_any_length_are_read():
    assert rules.decode("&#" + "0" * 5000 + "65;") == "A"
    assert rules.decode("&#" + "9" * 5000 + ";b") == "\ufffdb"


@given(st.text(max_size=200))
def test_any_text_can_be_decoded(text):
    assert isinstance(rules.decode(text), str)


@pytest.mark.parametrize("unit", ["%25", "&amp;", "\\u0025", "%", "&", "\\", "５"])
def test_decoding_is_linear(unit):
    began = time.process_time()
    rules.decode(unit * (300_000 // len(unit)))
    assert time.process_time() - began < 5


def test_a_predictor_with_decode_sees_the_decoded_content():
    case = Case("a", "email", "to=jo%2540acme.dev")
    settings = predict.Settings(decode=True)
    (plain,) = predict.open("rules", predict.Settings()).predict([case])
    (decoded,) = predict.open("rules", settings).predict([case])
    timed = predict.open("rules", settings).timed(case)
    assert (plain.is_sensitive, decoded.is_sensitive) == (False, True)
    assert timed is not None
    assert timed.is_sensitive is True
