"""The page of a review, served to this machine by the standard library alone.

The page itself, its style and its script say nothing of the review and are given to everyone; what
they ask for needs the token, which stands in the fragment of the address: no browser sends that to
a server or writes it into a log. A request has to name this host (no other site's name may lead
here) and, where it says what page it comes from, this page. Nothing is fetched from elsewhere: the
policy of the page forbids it.
"""

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Annotated, cast
from urllib.parse import parse_qs, urlsplit

import orjson

from piiforge import page
from piiforge.errors import AskedWrongly, PiiforgeError
from piiforge.page import visitors
from piiforge.review.desk import Desk, decision_of
from piiforge.review.journal import Overtaken
from piiforge.types import Option

MOST_BODY_BYTES = 64 * 1024
MOST_REASON = 2_000  # characters
_TIMEOUT_S = 30
_STOPS = (signal.SIGINT, signal.SIGTERM)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PARTS: Mapping[str, tuple[str, str]] = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the page is served. `token` "" draws one; more than this machine needs one's own."""

    host: Annotated[
        str, Option("Where the page listens; more than this machine needs your own token.")
    ] = "127.0.0.1"
    port: Annotated[int, Option("The page's port.", default="a free one", least=0, most=65535)] = 0
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse an address that others reach without a token, and one that fits no address.

        Raises:
            AskedWrongly: see `visitors.refuse_open`.
        """
        plain = self.token.isascii() and self.token.replace("-", "").replace("_", "").isalnum()
        what = "more than A-Z a-z 0-9 - _"
        visitors.refuse_open(self.host, self.token, fits=plain, else_it_is=what)


def serve(
    desk: Desk,
    where: Listening,
    *,
    listening: Callable[[str, Callable[[], None]], None] | None = None,
) -> None:
    """Serve the page of `desk` until SIGINT, SIGTERM or `stop`; `listening` gets (url, stop).

    Raises:
        AskedWrongly: nothing can listen there.
    """
    token = where.token or secrets.token_urlsafe(24)
    try:
        server = _Server((where.host, where.port), _Handler)
    except OSError as error:
        hint = "It is taken or not ours: try another --port."
        raise AskedWrongly(f"nothing can listen at {where.host}:{where.port}.", hint) from error
    port = server.server_address[1]
    server.desk, server.token = desk, token
    server.names = visitors.own_names(where.host, port)
    shown = f"[{where.host}]" if ":" in where.host else where.host
    ended = threading.Event()
    with server, _stopped_by_signals(ended.set):
        running = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        running.start()
        if listening is not None:
            listening(f"http://{shown}:{port}/#{token}", ended.set)
        while not ended.wait(0.5):
            pass
        server.shutdown()
        running.join()


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: stop()) for each in _STOPS}
    try:
        yield
    finally:
        for each, was in before.items():
            signal.signal(each, was)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    desk: Desk
    token: str
    names: frozenset[str]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who left in the middle."""


class _Refused(Exception):
    """A request that gets no answer but a status and a sentence."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "piiforge", ""
    timeout = _TIMEOUT_S
    wbufsize = 1 << 16  # head and body in one piece: two would wait 40 ms for each other
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer(self._asked)

    def do_POST(self) -> None:
        """Take a decision."""
        self._answer(self._told)

    def log_message(self, *_: object) -> None:
        """Log nothing: what is asked for is nobody's business."""

    def _answer(self, work: Callable[[str, Mapping[str, list[str]]], object]) -> None:
        url = urlsplit(self.path)
        try:
            self._let_in(url.path)
            if self.command == "GET" and url.path in {*_PARTS, "/style.css"}:
                body, kind = _part(url.path)
                self._send(200, body, kind)
                return
            self._send_json(200, work(url.path, parse_qs(url.query)))
        except _Refused as refused:
            self.close_connection = True  # a body may be left
            self._send_json(refused.status, {"error": refused.error})
        except PiiforgeError as error:
            self._send_json(422, {"error": str(error)})
        except OSError as error:
            self._send_json(500, {"error": f"Not saved: {error.strerror or 'the disk said no'}."})

    def _let_in(self, path: str) -> None:
        """Refuse who calls us by another's name, comes from another page, or has no token."""
        server = cast("_Server", self.server)
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if not visitors.is_ours(host, origin, server.names, scheme="http"):
            raise _Refused(403, "Not for this host, or not from this page.")
        if path in {*_PARTS, "/style.css"}:
            return
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not visitors.is_let_in(shown, server.token):
            raise _Refused(401, "No token, or not the right one: open the address as it was shown.")

    def _asked(self, path: str, query: Mapping[str, list[str]]) -> object:
        desk = cast("_Server", self.server).desk
        match path:
            case "/api/review":
                return desk.overview(_number(query, "after"))
            case "/api/items":
                start, count = (_number(query, name) for name in ("from", "count"))
                return {"items": desk.window(start, count)}
            case "/api/policy":
                return desk.policy(query.get("category", [""])[0])
        raise _Refused(404, "There is nothing here.")

    def _told(self, path: str, _query: Mapping[str, list[str]]) -> object:
        desk, said = cast("_Server", self.server).desk, self._body()
        row_id, reason, seen = said.get("id"), said.get("reason"), said.get("seen")
        if not isinstance(seen, int):
            raise _Refused(422, "seen is not a number.")
        try:
            if path == "/api/undo":
                return desk.undo(seen) or {"error": "There is nothing to take back."}
            if path != "/api/decisions":
                raise _Refused(404, "There is nothing here.")
            if not isinstance(row_id, str) or not isinstance(reason, str | None):
                raise _Refused(422, "id or reason is not a text.")
            if reason is not None and len(reason) > MOST_REASON:
                raise _Refused(422, f"The reason is over {MOST_REASON} characters.")
            return desk.decide(row_id, decision_of(said.get("decision")), reason, seen)
        except Overtaken as error:
            state = desk.state(row_id) if isinstance(row_id, str) else desk.overview()
            self._send_json(409, {"error": str(error), "state": state})
            return None

    def _body(self) -> Mapping[str, object]:
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise _Refused(415, "A decision is JSON.")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            raise _Refused(413, f"A body has a length, of at most {MOST_BODY_BYTES} bytes.")
        try:
            found = orjson.loads(self.rfile.read(int(length)))
        except orjson.JSONDecodeError as error:
            raise _Refused(422, "The body is not JSON.") from error
        if not isinstance(found, dict):
            raise _Refused(422, "The body is not a JSON object.")
        return cast("Mapping[str, object]", found)

    def _send_json(self, status: int, content: object) -> None:
        if content is not None:  # else it was answered
            self._send(status, orjson.dumps(content), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in (*_HEADERS.items(), ("Content-Type", kind)):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _number(query: Mapping[str, list[str]], name: str) -> int:
    text = query.get(name, ["0"])[0]
    if not text.isdecimal() or len(text) > 9:
        raise _Refused(422, f"{name} is not a number.")
    return int(text)


def _part(path: str) -> tuple[bytes, str]:
    if path == "/style.css":
        return str(page.style()).encode(), "text/css; charset=utf-8"
    name, kind = _PARTS[path]
    return resources.files(__package__).joinpath(name).read_bytes(), kind
