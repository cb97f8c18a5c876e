"""Laws of redaction settings: they hold the keys that leaked, no other, and match them exactly."""

import json
import re
from urllib.parse import quote, urlencode

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from piiforge import logs
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.logs import FIELD, PARAMETER
from piiforge.scan import report
from piiforge.scan.report import KeyCount
from piiforge.scan.state import OTHER_KEYS, WHOLE

names = st.text("abcXYZ019_-.:[]$/ *~!?éñ名", min_size=1, max_size=20).filter(
    lambda name: logs.shown([name]) == name
)


def counts(*keys):
    return [KeyCount(key, place, category, 1, 1) for key, place, category in keys]


def redaction(found):
    return yaml.safe_load(report.otel(found))["processors"]["redaction/piiforge"]


def test_ga4_takes_the_parameters_alone_and_each_once():
    found = counts(
        ("Email", PARAMETER, "email"), ("email", PARAMETER, "phone"), ("user.tel", FIELD, "phone"),
        (logs.UNSAFE, PARAMETER, "ssn"), (OTHER_KEYS, "", "ssn"), ("a", PARAMETER, "ssn"),
    )  # fmt: skip
    assert json.loads(report.ga4(found)) == {
        "emailRedactionEnabled": True,
        "queryParameterRedactionEnabled": True,
        "queryParameterKeys": ["a", "email"],
    }


def test_ga4_without_a_key_switches_nothing_on():
    assert json.loads(report.ga4(counts(("x", FIELD, "ssn")))) == {
        "emailRedactionEnabled": False,
        "queryParameterRedactionEnabled": False,
        "queryParameterKeys": [],
    }


def test_otel_masks_the_attribute_and_the_pair_in_an_address():
    told = redaction(counts(("tel", PARAMETER, "phone"), ("user.card", FIELD, "credit_card")))
    assert told["allow_all_keys"] is True
    masked = [re.compile(pattern) for pattern in told["blocked_key_patterns"]]
    for name in ("tel", "url.query.tel", "card", "user.card", "Card"):
        assert any(pattern.search(name) for pattern in masked)
    for name in ("telephone", "hotel", "cards", "discard", "tel.x"):
        assert not any(pattern.search(name) for pattern in masked)
    (value,) = told["blocked_values"]
    assert re.sub(value, "****", "https://a.example/?hotel=a&tel=5%2B5#x") == (
        "https://a.example/?hotel=a&****#x"
    )


def test_what_is_no_name_of_a_key_is_in_no_settings():
    found = counts(
        (logs.UNSAFE, FIELD, "ssn"), (f"a.{logs.UNSAFE}", FIELD, "ssn"), (OTHER_KEYS, "", "ssn"),
        ("message", WHOLE, "ssn"), ("", FIELD, "ssn"),
    )  # fmt: skip
    told = redaction(found)
    assert (told["blocked_key_patterns"], told["blocked_values"]) == ([], [])


@settings(max_examples=40)
@given(names, names)
def test_a_pattern_matches_its_own_key_however_encoded_and_no_other(name, other):
    assume(name.lower() != other.lower())
    told = redaction(counts((name, PARAMETER, "ssn")))
    (key,) = (re.compile(pattern) for pattern in told["blocked_key_patterns"])
    (value,) = (re.compile(pattern) for pattern in told["blocked_values"])
    assert key.search(name)
    assert bool(key.search(other)) <= other.lower().endswith("." + name.lower())
    for address in (urlencode({name: "x1"}), urlencode({name: "x1"}, quote_via=quote),
                    f"{name}=x1"):  # fmt: skip
        assert value.sub("****", f"/p?Q=1&{address}&R=2") == "/p?Q=1&****&R=2"


def test_patterns_are_read_by_the_engine_of_the_collector():
    re2 = pytest.importorskip("re2")
    names = ["user[tel]", "a.b", "$ip", "c d", "名前", "x*", "q?"]
    told = redaction(counts(*((name, PARAMETER, "ssn") for name in names)))
    patterns = [re2.compile(each) for each in told["blocked_key_patterns"] + told["blocked_values"]]
    assert all(any(each.search(name) for each in patterns) for name in names)


@pytest.mark.parametrize("words", [["ga4"], ["ga4="], ["ga4=a", "ga4=b"]])
def test_settings_without_one_file_are_asked_wrongly(words):
    with pytest.raises(AskedWrongly):
        report.emits(words)


def test_an_unknown_kind_of_settings_says_the_near_one():
    with pytest.raises(UnknownName, match="Did you mean 'otel'"):
        report.emits(["otl=x"])
