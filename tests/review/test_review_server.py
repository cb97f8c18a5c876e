"""The server: for this machine, for who has the token, for its own page and for no other."""

import json

import pytest
from served_review import HOSTILE, lines, reviewing

from piiforge import review
from piiforge.errors import AskedWrongly

PARTS = ("/", "/page.js", "/page.css", "/style.css")
ASKED = ("/api/review", "/api/items?from=0&count=3", "/api/policy?category=ssn")


@pytest.fixture
def place(tmp_path):
    with reviewing(lines(tmp_path / "l.jsonl")) as place:
        yield place


def decision(number=0, word="right", seen=0, **more):
    return {"id": f"row-{number}", "decision": word, "reason": "", "seen": seen} | more


@pytest.mark.parametrize("path", PARTS)
def test_the_page_and_its_parts_say_nothing_of_the_review_and_need_no_token(place, path):
    status, headers, body = place.ask(path, Authorization=None)
    assert status == 200
    assert b"666" not in body
    assert b"l.jsonl" not in body
    assert "'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize(
    "shown", [None, "", "Bearer ", "Bearer wrong", "Basic eDp4", "Bearer \xe9"], ids=str
)
def test_all_else_needs_the_token(place, path, shown):
    status, _, body = place.ask(path, Authorization=shown)
    assert status == 401
    assert b"666" not in body


@pytest.mark.parametrize("path", [*PARTS, *ASKED])
@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil"])
def test_a_name_that_is_not_this_machines_leads_nowhere(place, path, name):
    assert place.ask(path, Host=name)[0] == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://{}", "http://127.0.0.1"]
)
def test_another_page_can_not_decide(place, origin):
    status, _, _ = place.ask("/api/decisions", decision(), Origin=origin.format(place.host))
    assert status == 403
    assert place.desk.journal.entries == []


def test_its_own_page_can(place):
    status, _, body = place.ask("/api/decisions", decision(), Origin=f"http://{place.host}")
    told = json.loads(body)
    assert (status, told["decision"], told["seen"], told["next"]) == (200, "right", 1, 1)
    assert [entry.id for entry in review.Journal(place.desk.opened.journal).entries] == ["row-0"]


@pytest.mark.parametrize(
    ("path", "body", "more", "status"),
    [
        ("/api/decisions", decision(word="perhaps"), {}, 422),
        ("/api/decisions", decision(99), {}, 422),
        ("/api/decisions", decision(seen="0"), {}, 422),
        ("/api/decisions", decision(id=7), {}, 422),
        ("/api/decisions", decision(reason="x" * 2001), {}, 422),
        ("/api/decisions", "{", {}, 422),
        ("/api/decisions", "[]", {}, 422),
        ("/api/decisions", decision(), {"Content_Type": "text/plain"}, 415),
        ("/api/decisions", " " * (1 << 17), {}, 413),
        ("/api/elsewhere", decision(), {}, 404),
        ("/api/items?from=x", None, {}, 422),
        ("/elsewhere", None, {}, 404),
        ("/../../etc/passwd", None, {}, 404),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_told_and_decides_nothing(place, path, body, more, status):
    got, _, told = place.ask(path, body, **more)
    assert got == status
    assert json.loads(told)["error"]
    assert place.desk.journal.entries == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_not_answered(place, method):
    status, _, _ = place.ask("/api/decisions", method=method)
    assert status == 501


def test_a_second_tab_is_told_with_what_stands_now(place):
    place.ask("/api/decisions", decision(word="wrong"))
    status, _, body = place.ask("/api/decisions", decision(word="right"))
    told = json.loads(body)
    assert (status, told["state"]["decision"], told["state"]["seen"]) == (409, "wrong", 1)
    status, _, _ = place.ask("/api/undo", {"seen": 0})
    assert status == 409
    assert len(place.desk.journal.entries) == 1


def test_a_content_leaves_in_pieces_and_what_would_not_show_as_a_badge(place):
    items = json.loads(place.ask("/api/items?from=0&count=2")[2])["items"]
    pieces = items[0]["raw"]["pieces"]
    shown = "".join(piece["t"] for piece in pieces if "g" not in piece)
    assert shown == "<img src=x onerror=alert(1)><b>n</b>[2J"
    badges = [piece["g"].split()[0] for piece in pieces if "g" in piece]
    assert badges == ["U+202E", "U+200B", "U+001B"]
    assert not set("".join(piece["t"] for piece in pieces)) & set("\u202e\u200b\x1b")
    assert "666-12-3456" in "".join(piece["t"] for piece in items[1]["decoded"]["pieces"])
    assert HOSTILE not in json.dumps(items)


def test_another_reviewers_word_is_told_to_who_has_decided_alone(place):
    place.desk.journal.say("row-0", review.Decision.WRONG, "bo")
    (open_,) = json.loads(place.ask("/api/items?from=0&count=1")[2])["items"]
    assert open_["others"] == []
    told = json.loads(place.ask("/api/decisions", decision())[2])
    assert [each["decision"] for each in told["others"]] == ["wrong"]


def test_a_window_is_bounded(tmp_path):
    with reviewing(lines(tmp_path / "many.jsonl", 500)) as place:
        told = json.loads(place.ask("/api/items?from=100&count=400")[2])["items"]
        assert [item["at"] for item in told] == list(range(100, 160))
        assert json.loads(place.ask("/api/items?from=499&count=9")[2])["items"][0]["at"] == 499


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ({"host": "0.0.0.0"}, "Others may reach"),
        ({"host": "::"}, "Others may reach"),
        ({"host": "0.0.0.0", "token": "short"}, "shorter than 16 characters"),
        ({"token": "sixteen chars or more#"}, "more than A-Z"),
    ],
    ids=str,
)
def test_beyond_this_machine_a_token_of_ones_own_is_needed(where, problem):
    with pytest.raises(AskedWrongly, match=problem):
        review.Listening(**where)


def test_ones_own_token_is_the_one_that_is_asked_for(tmp_path):
    token = "correct-horse-battery"
    with reviewing(lines(tmp_path / "l.jsonl"), host="0.0.0.0", token=token) as place:
        assert place.token == token
        assert place.ask("/api/review", Host="box.internal")[0] == 200
        assert place.ask("/api/review", Authorization="Bearer other")[0] == 401


def test_a_port_that_is_taken_is_told(place, tmp_path):
    port = int(place.host.rpartition(":")[2])
    desk = review.Desk(review.open(lines(tmp_path / "m.jsonl")), "ada")
    with pytest.raises(AskedWrongly, match="nothing can listen"):
        review.serve(desk, review.Listening(port=port))
