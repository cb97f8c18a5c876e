"""The page in a real browser: by keyboard alone, with a token, and nothing from elsewhere."""

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from served import TOKEN, drawn, serving, wait_until
from slow_system import Slow

import browser
from piiforge import predict, scrub

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


@pytest.fixture(scope="module")
def usual():
    with serving(predict.load) as client:
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


def text_of(page, field: str) -> str:
    return page.run(f"document.getElementById('{field}').textContent")


def judged(page, content: str) -> None:
    """Ask about a line and wait until what is scrubbed of it stands there."""
    page.run("document.getElementById('without').hidden = true")
    page.run(f"document.getElementById('content').value = {json.dumps(content)}")
    page.run("document.getElementById('ask').requestSubmit()")
    page.wait_for("!document.getElementById('without').hidden")


def drop(page, name: str, data: bytes) -> None:
    """Drop a file on the page."""
    page.run(
        "{const moved = new DataTransfer(); moved.items.add(new File([Uint8Array.from("
        f"{list(data)})], {json.dumps(name)}));"
        "document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: moved, bubbles: true,"
        "cancelable: true}));}"
    )


def listed(page) -> list[list[str]]:
    """Return what the table of a file shows: number, what was found, what is left."""
    return json.loads(
        page.run(
            "JSON.stringify([...document.querySelectorAll('#lines tr')].map(row => "
            "[...row.cells].map(cell => cell.textContent.trim())))"
        )
    )


def done(page) -> None:
    page.wait_for("!document.getElementById('log').hidden")
    page.wait_for("document.getElementById('stop').hidden")


@contextmanager
def full(client):
    """Have a server that takes one request at a time be busy with one that never ends."""
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address) as open_one:
        head = "POST /v1/verdict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        open_one.sendall(head.encode())
        wait_until(lambda: client.get("/v1/categories").status_code == 429)
        yield


def test_a_value_is_marked_with_its_category_who_decided_and_why(page, usual):
    fresh(page, usual)
    hidden = "".join(f"%{byte:02X}" for byte in drawn("email").encode())
    judged(page, f"page=/\u200bpay&ssn={drawn('ssn')}&mail={hidden}")
    views = json.loads(
        page.run(
            "JSON.stringify([...document.querySelectorAll('#views figure')].map(each => ["
            "each.querySelector('figcaption').textContent, ...[...each.querySelectorAll("
            "'mark, .tag')].map(part => part.textContent)]))"
        )
    )
    assert views == [
        ["As it stands", drawn("ssn"), "ssn", hidden, "email"],
        ["Decoded (percent, characters)", drawn("email"), "email"],
    ]
    assert "U+200B" in text_of(page, "views")
    why = page.run("document.querySelector('#rows .why.sensitive').textContent")
    assert "By the reader’s rules: Valid, named by its key" in why
    assert "Words around that weighed most" in why
    assert page.run("[...document.querySelectorAll('#rows .clean')].every(row => row.hidden)")
    page.run("document.getElementById('fold').click()")
    assert page.run("[...document.querySelectorAll('#rows tr')].every(row => !row.hidden)")


def test_what_is_scrubbed_is_what_the_library_says(page, usual):
    fresh(page, usual)
    content = f"page=/pay&email={drawn('email')}&plan=gold"
    judged(page, content)
    assert text_of(page, "scrubbed") == scrub.text(content)
    page.run("document.getElementById('mode').value = 'drop-key'")
    page.run("document.getElementById('mode').dispatchEvent(new Event('change'))")
    page.wait_for("document.getElementById('scrubbed').textContent === 'page=/pay&plan=gold'")


@pytest.mark.parametrize("token", ["", TOKEN], ids=["open", "locked"])
def test_what_is_copied_asks_what_the_page_asked(page, token):
    content = f"""it's "{drawn("email")}" \\ $HOME `id` é\U0001f600\tn=2"""
    with serving(predict.load, token=token) as client:
        fresh(page, client)
        if token:
            page.run("document.getElementById('lock').hidden = false")
            page.run(f"document.getElementById('token').value = '{token}'")
        judged(page, content)
        calls = {"curl": ["bash", "-c"], "python": [sys.executable, "-c"]}
        if shutil.which("curl") is None:
            del calls["curl"]
        asked = {"content": content, "explain": True}
        answer = client.post("/v1/verdict", json=asked).json()
        for name, call in calls.items():
            assert TOKEN not in text_of(page, name)
            ran = subprocess.run(
                [*call, text_of(page, name)], env=os.environ | {"PIIFORGE_TOKEN": token},
                capture_output=True, check=True,
            )  # fmt: skip
            assert json.loads(ran.stdout) == answer


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "bounds",
    [{}, {"most_contents": 3}, {"most_waiting": 20}, {"most_body_bytes": 1024}],
    ids=["usual", "few", "narrow", "small"],
)
def test_the_lines_of_a_file_that_hold_something_are_shown_without_it(page, packed, bounds):
    lines = [f"{at} page=/home&order_id=4111-{at}" for at in range(60)]
    lines[7] = f'{{"email": "{drawn("email")}", "name": "<img src=x onerror=alert(1)>"}}'
    lines[8] = "  "
    lines[41] = f"ssn={drawn('ssn')}\r"
    with serving(predict.load, **bounds) as client:
        fresh(page, client)
        drop(page, "web.log" + ".gz" * (packed is not bytes), packed("\n".join(lines).encode()))
        done(page)
        page.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }; 0")
        page.run("document.getElementById('keep').click()")
        page.wait_for("window.copied")
    shown = listed(page)
    assert [row[:2] for row in shown] == [["8", "email"], ["42", "ssn"]]
    assert [row[2] for row in shown] == [scrub.text(lines[7]), "ssn=<ssn>"]
    assert "2 of 59 lines" in text_of(page, "log-name")
    kept = page.run("window.copied").split("\n")
    assert kept == [scrub.text(line).rstrip("\r") for line in lines]
    assert len(page.said) <= 3  # of the pieces that were too large, until their size was learnt
    assert all("422" in each for each in page.said)


def test_a_line_of_a_file_is_opened_by_its_number(page, usual):
    fresh(page, usual)
    drop(page, "web.log", f"page=/\nemail={drawn('email')}\n".encode())
    done(page)
    page.run("document.querySelector('#lines button').focus()")
    page.press("Enter")
    assert verdict(page) == "Sensitive: email"
    assert page.run("document.getElementById('content').value") == f"email={drawn('email')}"


def test_of_a_long_file_the_first_thousand_lines_are_judged_and_that_is_said(page, client):
    fresh(page, client)
    drop(page, "long.log", b"page=/\n" * 1200)
    done(page)
    assert "none of 1,000 lines" in text_of(page, "log-name")
    assert "piiforge scan long.log" in text_of(page, "log-told")


@pytest.mark.parametrize("data", [b"PAR1\x00\x01\n", b""], ids=["binary", "empty"])
def test_a_file_that_holds_no_lines_is_told(page, client, data):
    fresh(page, client)
    drop(page, "what", data)
    page.wait_for(
        "/piiforge scan|holds no line/.test("
        "document.getElementById('problem').textContent + "
        "document.getElementById('log-name').textContent)"
    )


def test_lines_that_were_pasted_are_judged_each_by_itself(page, client):
    fresh(page, client)
    write(page, "content", f"page=/\nemail={drawn('email')}")
    page.run("document.getElementById('each').click()")
    done(page)
    assert [row[0] for row in listed(page)] == ["2"]


def test_a_line_that_is_too_long_is_not_called_clean(page):
    with serving(most_characters=20) as client:
        fresh(page, client)
        drop(page, "web.log", b"page=/\n" + b"a" * 21)
        done(page)
        assert [row[:2] for row in listed(page)] == [["2", "not judged"]]
        assert "they are not clean" in text_of(page, "log-told")


def test_a_busy_server_is_told_with_the_way_out_and_asked_again(page):
    with serving(most_requests=1) as client:
        fresh(page, client)
        with full(client):
            page.run("document.getElementById('judge').click()")
            page.wait_for("!document.getElementById('again').hidden")
            assert "Try again in 1 second." in text_of(page, "problem")
        wait_until(lambda: client.get("/v1/categories").status_code == 200)
        page.run("document.getElementById('again').click()")
        assert verdict(page).startswith("Sensitive")


def test_a_file_waits_for_a_busy_server_and_can_be_stopped_and_gone_on_with(page):
    with serving(most_requests=1) as client:
        fresh(page, client)
        with full(client):
            drop(page, "web.log", f"email={drawn('email')}\n".encode() * 30)
            told = "document.getElementById('log-told').textContent"
            page.wait_for(f"{told}.includes('The server is busy')")
            page.run("document.getElementById('stop').click()")
            page.wait_for(f"{told}.includes('Stopped.')")
        wait_until(lambda: client.get("/v1/categories").status_code == 200)
        assert text_of(page, "stop") == "Go on"
        page.run("document.getElementById('stop').click()")
        done(page)
        assert len(listed(page)) == 30


def test_a_file_goes_on_once_the_token_is_told(page):
    with serving(token=TOKEN) as client:
        fresh(page, client)
        drop(page, "web.log", f"email={drawn('email')}\n".encode())
        page.wait_for("document.activeElement.id === 'token'")
        write(page, "token", TOKEN)
        page.press("Enter")
        done(page)
        assert len(listed(page)) == 1


def test_a_server_that_is_gone_is_told(page):
    with serving() as client:
        fresh(page, client)
    page.run("document.getElementById('judge').click()")
    page.wait_for("document.getElementById('problem').textContent.includes('does not answer')")


@pytest.mark.skipif(not browser.AXE.is_file(), reason="there is no axe-core")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page, usual, dark, width):
    page.look(width, 900, dark=dark)
    fresh(page, usual)
    judged(page, f"\u200bssn={drawn('ssn')}&mail=a%40{drawn('email')}")
    drop(page, "web.log", f"email={drawn('email')}\n".encode() * 40)
    done(page)
    for open_it in ("document.getElementById('calls').open = true", "fold(false)"):
        page.run(open_it)
    page.run("document.getElementById('lock').hidden = false")
    page.run("tell('The server is busy.', true)")
    assert page.violations() == []
    assert page.run("document.documentElement.scrollWidth") <= width


class Telling(Slow):
    def explain(self, _case, _verdict):
        return "It holds a number."


def test_what_a_model_found_and_the_reader_does_not_see_is_looked_for_and_marked(page):
    with serving(Telling().detector) as client:
        fresh(page, client)
        judged(page, "word=some&other=x666y&more=7")
        page.wait_for("document.querySelector('#views mark') !== null")
        assert page.run("document.querySelector('#views mark').textContent") == "x666y"
        assert page.run("document.querySelector('#views .tag').textContent") == "ssn, itin"
        assert "666" not in text_of(page, "scrubbed")
