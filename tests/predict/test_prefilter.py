"""What the prefilter may never do: say "certainly nothing" where something is."""

import json
import time
from base64 import b64encode
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge import disguises
from piiforge.categories import ALL as EVERY
from piiforge.predict import rules
from piiforge.predict.prefilter import (
    CATEGORIES,
    CUT,
    LONGEST,
    Evidence,
    TextTests,
    read,
    without_noise,
)
from piiforge.rng import child
from piiforge.types import Case, Category, Disguise, Prediction, Value

LOG = (
    '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /c/chairs?page=2 HTTP/1.1" 200 8397 '
    '"https://www.example.com/" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 '
    '(KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"'
)
NAMES = {  # a key that names each category plainly
    "ssn": "ssn",
    "itin": "itin",
    "credit_card": "card_number",
    "bank_account": "bank_account",
    "phone": "phone",
    "email": "email",
    "passport": "passport_no",
    "drivers_license": "drivers_license",
    "member_id": "member_id",
}
DRAWS = 10
every_category = pytest.mark.parametrize("category", EVERY, ids=lambda category: category.id)
every_disguise = pytest.mark.parametrize(
    "disguise", [one for one in disguises.ALL if not one.masks], ids=lambda one: one.name
)


def may_hold(category: str, content: str) -> bool:
    return TextTests().may_hold(category, content)


def drawn(category: Category, *names: object) -> Value:
    return category.draw(child(11, category.id, *names))


def line(category: Category, value: Value, worn: tuple[Disguise, ...], rng: Random) -> str:
    """Write a value's parts as fields between those of an ordinary request."""
    parts = disguises.write(value.parts, worn, rng)
    fields = {f"{NAMES[category.id]}_{at}": part.text for at, part in enumerate(parts)}
    return json.dumps({"page": "/form", "step": 2, **fields, "locale": "en"}, ensure_ascii=False)


@every_category
@every_disguise
def test_no_value_is_missed_in_any_disguise_where_its_key_names_it(category, disguise):
    for at in range(DRAWS):
        value = drawn(category, disguise.name, at)
        if disguises.takes(value.parts, (disguise,)):
            content = line(category, value, (disguise,), child(at, disguise.name))
            assert may_hold(category.id, content), disguise.name


@every_category
def test_no_value_is_missed_in_two_disguises(category):
    for at, first in enumerate(disguises.ALL):
        for second in disguises.ALL:
            value = drawn(category, first.name, second.name)
            worn = (first, second)
            if not (first.masks or second.masks) and disguises.takes(value.parts, worn):
                content = line(category, value, worn, child(at, second.name))
                assert may_hold(category.id, content), (first.name, second.name)


@pytest.mark.parametrize("category", [each for each in EVERY if each.checked], ids=lambda c: c.id)
@every_disguise
def test_what_tells_itself_needs_no_word_that_names_it(category, disguise):
    if disguise.needs_cue:
        pytest.skip("counts only where a key names it")
    for at in range(DRAWS):
        value = drawn(category, "alone", disguise.name, at)
        if disguises.takes(value.parts, (disguise,)):
            rng = child(at, disguise.name)
            text = disguises.write(value.parts, (disguise,), rng)[0].text
            assert may_hold(category.id, f"ok {text} bye"), disguise.name


@every_category
def test_a_telling_form_needs_no_word_that_names_it(category):
    values = [drawn(category, "telling", at) for at in range(100)]
    for value in values:
        if value.telling:
            assert may_hold(category.id, f"field_3={value.parts[0].text}&step=2")


def test_a_card_masked_in_the_middle_is_not_missed():
    mask = next(one for one in disguises.ALL if one.name == "mask_first6_last4")
    card = next(each for each in EVERY if each.id == "credit_card")
    for at in range(100):
        text = disguises.write(drawn(card, at).parts, (mask,), child(at, "mask"))[0].text
        assert may_hold("credit_card", f'{{"field_3": "{text}"}}')


def test_an_access_log_line_holds_nothing():
    assert TextTests().possible(LOG, CATEGORIES) == frozenset()


def test_a_category_that_is_not_known_here_may_always_stand():
    assert may_hold("loyalty_card", "")
    assert TextTests().possible(LOG, ("loyalty_card", "ssn")) == {"loyalty_card"}


def test_what_is_too_long_or_too_deep_goes_to_the_model():
    deep = "a%41"
    for _ in range(12):
        deep = quote(deep, safe="")
    assert all(may_hold(category, deep) for category in CATEGORIES)
    assert all(may_hold(category, "-" * (LONGEST + 1)) for category in CATEGORIES)


texts = st.text(st.sampled_from("0123456789 -./:@+&%=_x*aeT,\"'\\"), max_size=60)


@given(texts, st.sampled_from(CATEGORIES))
def test_benign_lines_around_it_hide_nothing(content, category):
    if may_hold(category, content):
        assert may_hold(category, f"{content}\n{LOG}")
        assert may_hold(category, f"{LOG}\n{content}")


@given(st.sampled_from(EVERY), st.integers(0, 10**6))
@settings(max_examples=40)
def test_encoding_the_whole_content_hides_nothing(category, seed):
    content = line(category, category.draw(Random(seed)), (), Random(seed))
    assert may_hold(category.id, quote(content, safe=""))
    assert may_hold(category.id, quote(quote(content, safe=""), safe=""))
    assert may_hold(category.id, json.dumps(json.dumps(content)))
    assert may_hold(category.id, "".join(f"&#{ord(char)};" for char in content))
    assert may_hold(category.id, f"data={b64encode(content.encode()).decode()}")


@given(texts)
def test_percent_encoding_is_read_to_the_same_text(content):
    assert read(quote(content, safe="")) == read(content)


HIDING = (
    '{{"ts": "{}"}}', "id={}", "v/{}/x", "[{}]", "GA1.2.{}", "Chrome/{}", "{}.0.0.1", "2024-{}",
    "T{}Z", "{}-a1b2-c3d4-e5f6-a1b2c3d4e5f6", "port={}", "deadbeef{}", "HTTP/1.1\" 200 {}x",
)  # fmt: skip


@pytest.mark.parametrize("frame", HIDING)
def test_no_grammar_of_a_benign_field_swallows_a_card(frame):
    card = next(each for each in EVERY if each.id == "credit_card")
    for at in range(30):
        value = drawn(card, "hiding", at).parts[0].text
        kept = without_noise(f" {frame.format(value)} ")
        assert rules.luhn("".join(filter(str.isdigit, value)))
        assert value in kept


@pytest.mark.parametrize("frame", [*HIDING, "session {}", "ip {}", "date {}", "trace {}"])
def test_no_grammar_of_a_benign_field_swallows_a_dashed_number(frame):
    ssn = next(each for each in EVERY if each.id == "ssn")
    for at in range(30):
        value = drawn(ssn, "hiding", at).parts[0].text
        assert value in without_noise(f" {frame.format(value)} ")


def test_a_long_key_is_not_taken_for_padded_bytes():
    key = "numero_personal_del_contribuyente_de_los_estados_unidos"
    assert without_noise(f'{key}="900" {key}= 70') == f'{key}="900" {key}= 70'


def test_a_key_of_a_time_takes_only_moments_of_this_age():
    assert without_noise("ts=1700000000") == CUT
    assert without_noise("ts=0005550100") == "ts=0005550100"
    assert without_noise("phone=1700000000") == "phone=1700000000"


@pytest.mark.parametrize(
    "unit",
    ["1", "1-", "4 ", "%25", "%", "\\", "&#", "at ", "@", "a@", "a.", "-", "(", "(1)", "+1 ",
     "one ", "1:", "ab12", "a1b2c3d4-", "一", "\\u0034", "ts=", "QUJD", "1a", "Aa1-", "e\u0301",
     "=a.", "x",
     "dot at ", "1.2.3.", "fb.1.1700000000000.", "\"a.b-", "&#9", "{\"a\":"],
)  # fmt: skip
def test_hostile_lines_are_read_in_linear_time(unit):
    short, long = ((unit * LONGEST)[:size] for size in (LONGEST // 32, LONGEST // 4))
    assert cost_s(long) < 20 * max(cost_s(short), 0.005)  # eight times the text; squared is 64


def cost_s(content):
    """Return the least processor time of this thread of three readings."""
    took = []
    for _ in range(3):
        start = time.thread_time()
        TextTests().possible(content, CATEGORIES)
        took.append(time.thread_time() - start)
    return min(took)


@pytest.mark.parametrize("size", [200_000, 1_000_000])
def test_over_long_lines_cost_nothing(size):
    start = time.process_time()
    assert TextTests().possible("password card ssn 1 " * (size // 20), CATEGORIES) == set(
        CATEGORIES
    )
    assert time.process_time() - start < 0.5


def test_a_number_too_large_for_any_character_is_no_error():
    assert not may_hold("email", "&#" + "9" * 5000 + ";" + "&#x" + "f" * 5000 + ";")


def test_the_answers_are_those_of_each_category_alone():
    cascade = TextTests()
    for content in (LOG, "tel 000", "jo@example.com", "ssn 000-12-3456"):
        alone = {name for name in CATEGORIES if Evidence(read(content)).may_hold(name)}
        assert cascade.possible(content, CATEGORIES) == alone
        assert {name for name in CATEGORIES if cascade.may_hold(name, content)} == alone


class Counting:
    """A predictor that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Case] = []

    def predict(self, cases):
        self.asked += cases
        return iter([Prediction(case.id, True, 1.0) for case in cases])

    def close(self) -> None: ...
