"""The page in a real browser: by keyboard alone, across reloads, tabs and a killed server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from served_review import lines, reviewing

import browser
from piiforge import review

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium")
PIIFORGE = Path(sys.executable).with_name("piiforge")


@pytest.fixture(scope="module")
def page():
    with browser.page() as page:
        yield page


@pytest.fixture
def place(tmp_path):
    with reviewing(lines(tmp_path / "l.jsonl")) as place:
        yield place


def visit(page, url):
    page.open("about:blank")
    page.asked.clear()
    page.said.clear()
    page.open(url)
    page.wait_for("!document.getElementById('item').hidden")
    return page


def text(page, name):
    return page.run(f"document.getElementById('{name}').textContent")


def at(page):
    return text(page, "place").split()[0]


def press(page, key, until):
    """Press a key and wait until the page is at that row."""
    page.press(key)
    page.wait_for(f"document.getElementById('place').textContent.startsWith('{until} ')")


def said(place):
    journal = review.Journal(place.desk.opened.journal)
    return [(entry.id[4:], entry.decision.value) for entry in journal.entries]


def test_a_review_by_keyboard_alone(page, place):
    visit(page, place.url)
    for key, until in (("y", 2), ("n", 3), ("u", 4), ("k", 3), ("ArrowDown", 4), ("y", 5)):
        press(page, key, until)
    assert said(place) == [("0", "right"), ("1", "wrong"), ("2", "unsure"), ("3", "right")]
    assert text(page, "progress").startswith("4 of 12 looked at: 2 yes (67 %), 1 no, 1 unsure")
    assert page.run("document.activeElement.id") == "question"


def test_undo_goes_back_to_the_row_and_can_go_on_to_the_first(page, place):
    visit(page, place.url)
    press(page, "y", 2)
    press(page, "n", 3)
    press(page, "z", 2)
    assert text(page, "said") == ""
    press(page, "z", 1)
    assert [word for _, word in said(place)] == ["right", "wrong", "", ""]
    page.press("z")
    page.wait_for("document.getElementById('problem').textContent.includes('nothing to take')")


def test_a_reason_is_written_without_deciding_and_kept_with_the_decision(page, place):
    visit(page, place.url)
    page.press("r")
    page.wait_for("document.activeElement.id === 'reason'")
    page.type("yes, no and unsure")  # its letters are no keys there
    page.press("Enter")
    page.wait_for("document.getElementById('status').textContent === 'Kept.'")
    press(page, "n", 2)
    entries = review.Journal(place.desk.opened.journal).entries
    assert [(one.decision.value, one.reason) for one in entries] == [
        ("", "yes, no and unsure"), ("wrong", "yes, no and unsure"),
    ]  # fmt: skip
    assert page.run("document.getElementById('reason').value") == ""


def test_the_next_open_row_is_one_key_away_and_goes_on_from_the_first(page, place):
    visit(page, place.url)
    press(page, "j", 2)
    press(page, "y", 3)
    press(page, "k", 2)
    press(page, "o", 3)
    for until in (*range(4, 13), 1):
        press(page, "u", until)
    assert said(place)[0] == ("1", "right")


def test_a_content_stays_text(page, place):
    visit(page, place.url)
    shown = page.run("document.querySelector('#views pre').textContent")
    assert shown.startswith("<img src=x onerror=alert(1)><b>n</b>")
    assert page.run("document.querySelectorAll('main img, main b').length") == 0
    assert page.run("document.querySelectorAll('#views .ghost').length") == 3


def test_decoded_and_twin_stand_beside_the_line_until_they_are_put_away(page, place):
    visit(page, place.url)
    press(page, "j", 2)
    lines_shown = "document.querySelectorAll('#views pre').length"
    assert page.run(lines_shown) == 2
    assert "666-12-3456" in page.run("document.querySelectorAll('#views pre')[1].textContent")
    page.press("d")
    page.wait_for(f"{lines_shown} === 1")
    press(page, "j", 3)
    page.wait_for("!document.getElementById('twin').hidden")
    assert "ssn_3=" in text(page, "twin")
    page.press("t")
    page.wait_for("document.getElementById('twin').hidden")


def test_the_policy_is_one_key_away_and_keys_rest_while_it_is_open(page, place):
    visit(page, place.url)
    page.press("p")
    page.wait_for("document.getElementById('policy').open")
    assert "SSN" in text(page, "policy-text")
    page.press("y")
    page.press("Escape")
    page.wait_for("!document.getElementById('policy').open")
    assert said(place) == []


def test_a_reload_goes_on_at_the_first_open_row(page, place):
    visit(page, place.url)
    press(page, "y", 2)
    press(page, "y", 3)
    visit(page, place.url)
    assert at(page) == "3"
    press(page, "k", 2)
    assert text(page, "said") == "Sensitive"


def test_a_second_tab_is_told_and_sees_what_the_first_decided(page, place):
    visit(page, place.url)
    with browser.page() as other:
        visit(other, place.url)
        press(page, "n", 2)
        other.press("y")
        other.wait_for("document.getElementById('problem').textContent.includes('Another tab')")
        assert text(other, "said") == "Not sensitive"
        press(other, "y", 2)  # seen now, and thought otherwise
    assert said(place) == [("0", "wrong"), ("0", "right")]


def test_a_killed_server_loses_nothing_and_the_page_says_so(page, tmp_path):
    path = lines(tmp_path / "l.jsonl")

    def started(port="0"):
        words = [PIIFORGE, "review", path, "--json", "--no-open", "--reviewer", "ada"]
        token = {"PIIFORGE_TOKEN": "correct-horse-battery"}
        running = subprocess.Popen(
            [*words, "--port", port], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | token,
        )  # fmt: skip
        told = ""
        while "}" not in told:
            told += running.stdout.readline()
        return running, json.loads(told)["url"]

    running, url = started()
    visit(page, url)
    press(page, "y", 2)
    running.kill()
    running.communicate()
    page.press("n")
    page.wait_for("document.getElementById('problem').textContent.includes('not saved')")
    assert at(page) == "2"
    running, again = started(url.split(":")[2].partition("/")[0])
    try:
        assert again == url
        press(page, "n", 3)  # the same page goes on
        entries = review.Journal(review.journal_of(path)).entries
        assert [(one.id, one.decision.value) for one in entries] == [
            ("row-0", "right"), ("row-1", "wrong"),
        ]  # fmt: skip
    finally:
        running.terminate()
        running.communicate()


def test_nothing_is_asked_of_anyone_else_and_no_token_is_sent_in_an_address(page, place):
    visit(page, place.url)
    press(page, "y", 2)
    page.press("p")
    page.wait_for("document.getElementById('policy').open")
    page.press("Escape")
    base, _, token = place.url.partition("#")
    assert page.said == []
    assert all(url.startswith((base, "data:", "about:")) for url in page.asked)
    assert token not in "".join(url for url in page.asked if "#" not in url)


def test_without_the_token_the_page_says_what_is_missing(page, place):
    page.open("about:blank")
    page.open(place.url.partition("#")[0])
    page.wait_for("document.getElementById('problem').textContent")
    assert "No token" in page.run("document.querySelector('[role=alert]').textContent")
    assert page.run("document.getElementById('item').hidden")


def test_ten_thousand_rows_are_held_as_a_window(page, tmp_path):
    with reviewing(lines(tmp_path / "many.jsonl", 10_000)) as place:
        visit(page, place.url)
        for until in range(2, 30):
            press(page, "y" if until % 2 else "j", until)
        page.run("go(9990)")
        page.wait_for("document.getElementById('place').textContent.startsWith('9991 ')")
        press(page, "k", 9990)
        assert page.run("rows.size") <= 200
        assert page.run("document.querySelectorAll('*').length") < 200


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page, place, width, dark):
    visit(page, place.url)
    page.look(width, 800, dark=dark)
    press(page, "j", 2)
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.skipif(not browser.AXE.is_file(), reason="there is no axe-core")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("opened", ["", "policy", "help"])
def test_axe_finds_nothing(page, place, dark, opened):
    page.look(1280, 900, dark=dark)
    visit(page, place.url)
    press(page, "j", 2)
    press(page, "n", 3)
    if opened:
        page.press("p" if opened == "policy" else "?")
        page.wait_for(f"document.getElementById('{opened}').open")
    assert page.violations() == []
