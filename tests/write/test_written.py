"""Laws of the checks of written lines: each reason by a line that has it and one that has not."""

import pytest

from piiforge import categories
from piiforge.compose import frames
from piiforge.rng import child
from piiforge.types import Cue
from piiforge.write import answers, rows

every_category = pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)


@pytest.mark.parametrize(
    "text",
    [
        "utm_source=google&ssn=value&screen=390x844&locale=en-US&price=19.90",
        '{"event":"chat_message","text":"my card is value, order #4821 of 2024-05-06 10:20"}',
        "https://www.example.com/claims/new/v2?memberId=value&step=2",
        "mail value@example.com or logo@2x.png",
    ],
)
def test_a_line_of_slots_holds_no_value(text):
    assert answers.value(text) == ""


def test_every_category_is_looked_for():
    assert {category.id for category in categories.ALL} == set(frames.CATEGORIES)


@pytest.mark.parametrize("text", ["id=0000000", "ts=1700000000", "seven: 12 1234567"])
def test_a_long_number_is_a_value_whatever_it_is_called(text):
    assert "seven digits" in answers.value(text)


@every_category
def test_a_value_of_any_category_is_found(category):
    value = category.draw(child(3, category.id))
    frame = {
        "bank_account": "routing number: {0}, account number: {1}",
        "member_id": "health insurance member id: {0}",
    }.get(category.id, f"{category.title}: {{0}}")
    assert answers.value(frame.format(*(part.text for part in value.parts)))


def test_an_encoded_value_is_found_too():
    address = categories.get("email").draw(child(1)).parts[0].text
    assert "email" in answers.value("u=" + "".join(f"%{ord(sign):02X}" for sign in address))


@pytest.mark.parametrize(
    ("text", "asked", "fits"),
    [
        ("hello, my ssn is value and I need help", "en", True),
        ("hola, mi seguro social es value y no puedo entrar con el", "es", True),
        ("hola, mi seguro social es value y no puedo entrar con el", "fr", False),
        ("bonjour, je vous donne mon numéro pour la commande", "fr", True),
        ("the number for your order is not in my account", "es", False),
        ("我的社安号是value", "zh", True),
        ("我的社安号是value，请帮我查一下", "en", False),
        ("ssn=value&locale=zh-CN", "zh", True),
        ("ssn=value&step=2", "zh", False),
        ("q=%E6%88%91%E7%9A%84%E7%A4%BE%E5%AE%89%E5%8F%B7", "zh", True),
        ('{"n":"\\u6211\\u7684\\u793e\\u5b89\\u53f7"}', "zh", True),
        ("ssn=value&first_name=value&step=2", "fr", True),
        ("anything goes 随便", "mixed", True),
    ],
)
def test_a_text_is_in_the_language_asked_for_or_not(text, asked, fits):
    assert (answers.language(text, asked) == "") is fits


@pytest.mark.parametrize(
    ("text", "asked", "fits"),
    [
        ("ssn=value&step=2", "form_submit", True),
        ("SSN: value | City: value", "form_submit", True),
        ("my ssn is value ok", "form_submit", False),
        ("my ssn is value ok", "chat_message", True),
        ('{"text":"my ssn is value"}', "chat_message", True),
        ("我的社安号是value", "chat_message", True),
        ("a=1&b=2&c=3", "chat_message", False),
        ("https://www.example.com/x?a=1", "page_view", True),
        ('{"dl":"x","page_title":"Sign up"}', "page_view", True),
        ("a=1&b=2", "page_view", False),
        ('POST /save {"a":1}', "xhr", True),
        ("please call me back", "xhr", False),
    ],
)
def test_a_text_has_the_form_of_its_event_or_not(text, asked, fits):
    assert (answers.event(text, asked) == "") is fits


def test_a_line_over_the_limit_is_too_long():
    assert answers.length("x" * 900) == ""
    assert answers.length("x" * 901) == "901 characters, over 900"


def test_eight_words_of_the_prompt_in_a_row_are_an_echo():
    prompt = "Write lines as trackers do. One two three four five six seven eight nine."
    assert answers.echo("x: TWO three, four five six - seven eight nine!", prompt)
    assert not answers.echo("x: two three four five six seven and eight nine", prompt)


PHONE = categories.get("phone").draw(child(4))
SSN = categories.get("ssn").draw(child(4))


@pytest.mark.parametrize(
    ("text", "expected", "problem"),
    [
        ("my ssn is {}", Cue.CONFIRM, ""),
        ("my order number is {}", Cue.CONFIRM, "reads veto, not confirm"),
        ("my order number is {}", Cue.VETO, ""),
        ("my ssn is {}", Cue.VETO, "reads confirm, not veto"),
        ("here it is: {}", Cue.NEUTRAL, ""),
        ("here it is: {}", Cue.VETO, "reads neutral, not veto"),
        ("my passport is {}", Cue.NEUTRAL, "reads other, not neutral"),
        ("nothing", Cue.CONFIRM, rows.NOT_FOUND),
    ],
)
def test_a_cue_is_read_from_the_finished_line(text, expected, problem):
    assert rows.cue(text.format(SSN.parts[0].text), "ssn", SSN.key, expected) == problem


def test_a_second_value_is_explained_by_nothing():
    other = categories.get("ssn").draw(child(5))
    text = f"my ssn is {SSN.parts[0].text} and my wife's ssn is {other.parts[0].text}"
    assert "nothing explains" in rows.cue(text, "ssn", SSN.key, Cue.CONFIRM)
    assert rows.quiet(text, "ssn")
    assert not rows.quiet("my ssn is 000-12-3456", "ssn")


def test_an_impossible_value_is_none():
    said = rows.cue("my ssn is 000-12-3456", "ssn", "000123456", Cue.CONFIRM)
    assert said.startswith("the value reads as invalid")


def test_case_and_blanks_make_no_new_line():
    texts = ("My SSN is  {{value}}", "my ssn is {{value}}", "my passport is {{value}}")
    first, second, third = (frames.id_of("ssn", text) for text in texts)
    assert first == second != third
