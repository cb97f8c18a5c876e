"""The page in a real browser: by keyboard alone, with a token, and nothing from elsewhere."""

import json

import pytest
from served import TOKEN, drawn, serving

import browser

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium")
LINE = f"email={drawn('email')}&page=/pay&n=<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def page():
    with browser.page() as page:
        yield page


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


def fresh(page, client):
    page.asked.clear()
    page.said.clear()
    page.open(str(client.base_url))
    return page


def write(page, field: str, text: str) -> None:
    page.run(f"document.getElementById('{field}').select()")
    page.type(text)


def verdict(page) -> str:
    page.wait_for("!document.querySelector('#ask button').disabled")
    page.wait_for("!document.getElementById('answer').hidden")
    return page.run("document.getElementById('verdict').textContent")


def test_a_line_is_judged_by_keyboard_alone(page, client):
    fresh(page, client)
    page.run("document.body.focus()")
    for _ in range(3):  # the skip link, the routes, the line
        page.press("Tab")
    assert page.run("document.activeElement.id") == "content"
    write(page, "content", LINE)
    page.press("Enter", ctrl=True)
    assert verdict(page) == "Sensitive: email"
    assert page.run("document.activeElement.id") == "verdict"


def test_every_category_shows_the_probability_that_the_server_says(page, client):
    fresh(page, client)
    write(page, "content", LINE)
    page.run("document.querySelector('#ask button').click()")
    verdict(page)
    said = client.post("/v1/verdict", json={"content": LINE}).json()["verdicts"]
    rows = json.loads(
        page.run(
            "JSON.stringify([...document.querySelectorAll('#rows tr:not(.why)')].map(row => ["
            "row.cells[0].textContent.replaceAll(' ', '_'), row.cells[2].textContent,"
            "parseFloat(row.querySelector('.bar').getAttribute('width')), "
            "row.cells[3].textContent, row.cells[4].textContent]))"
        )
    )
    assert rows == [
        [each["category"], f"{each['p_sensitive']:.3f}", 100 * each["p_sensitive"],
         "sensitive" if each["is_sensitive"] else "clean", each["decided_by"]]
        for each in said
    ]  # fmt: skip


def test_nothing_is_asked_of_anyone_else_and_nothing_is_refused_by_the_policy(page, client):
    fresh(page, client)
    page.press("Enter")
    page.run("document.querySelector('#ask button').click()")
    verdict(page)
    page.open(str(client.base_url.join("/docs")))
    assert all(url.startswith((str(client.base_url), "data:")) for url in page.asked)
    assert page.said == []
    assert page.run("getComputedStyle(document.body).fontFamily").startswith("ui-sans-serif")


def test_the_token_is_asked_for_and_kept_in_the_page_alone(page):
    with serving(token=TOKEN) as client:
        fresh(page, client)
        page.run("document.querySelector('#ask button').click()")
        page.wait_for("document.activeElement.id === 'token'")
        assert "asks for a token" in page.run("document.getElementById('problem').textContent")
        for token, ends in (("no such token at all", "problem"), (TOKEN, "answer")):
            write(page, "token", token)
            page.press("Enter")
            shown = f"document.getElementById('{ends}').textContent"
            page.wait_for(f"{shown}.includes('{'not the token' if ends == 'problem' else 'p'}')")
        assert verdict(page)
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        assert page.run(kept) == '[{},{},""]'
        assert TOKEN not in "".join(page.asked)
        fresh(page, client)
        assert page.run("document.getElementById('token').value") == ""


def test_a_refusal_is_told_where_it_is_read_aloud(page):
    with serving(most_characters=5) as client:
        fresh(page, client)
        page.run("document.querySelector('#ask button').click()")
        page.wait_for("document.getElementById('problem').textContent")
        assert "over 5 characters" in page.run("document.querySelector('[role=alert]').textContent")
        assert page.run("document.getElementById('answer').hidden")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page, client, width):
    fresh(page, client)
    page.look(width, 800)
    page.run("document.querySelector('#ask button').click()")
    verdict(page)
    assert page.run("document.documentElement.scrollWidth") <= width
