"""The gate before the application: who may come in, with how much, and what every answer carries.

It is ASGI itself, outside of the framework, so that it also holds for paths that are not there, for
bodies that nobody reads, and for errors that nobody foresaw. What it logs is a route of ours, a
status and a time; a query or a header is never written down.
"""

import asyncio
import base64
import binascii
import hmac
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from piiforge.serve import wire
from piiforge.serve.batching import EngineFailed, NotReady, Overloaded, TooLate
from piiforge.serve.metrics import Counts
from piiforge.serve.wire import Settings

# Every way to say no, as HTTP. No message holds anything of what was sent but numbers.
#
# FastAPI's own answers to a request that doesn't fit repeat the input; these name the field.


_FIELDS = frozenset(
    {name for shape in (wire.Question, wire.Questions, wire.Analyze) for name in shape.model_fields}
)
_PROBLEMS = {
    "missing": "is missing",
    "extra_forbidden": "has a field that is not known",
    "json_invalid": "is not JSON",
    "string_type": "is not a text",
    "string_too_long": "is too long",
    "list_type": "is not a list",
    "too_short": "is empty",
    "too_long": "has too many entries",
    "bool_type": "is not true or false",
    "bool_parsing": "is not true or false",
    "model_attributes_type": "is not an object",
    "model_type": "is not an object",
    "dict_type": "is not an object",
}
RESPONSES: Mapping[int | str, dict[str, object]] = {
    status: {"model": wire.Refusal, "description": said}
    for status, said in {
        400: "The body can't be read.",
        401: "No token, or not the right one.",
        403: "The request names another host or comes from another site.",
        404: "No such category; names the nearest one.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        422: "The request doesn't fit, or a text is too long to be read to its end.",
        429: "Too much waits; Retry-After says when to come again.",
        500: "The model raised an error.",
        503: "Not ready, or no turn before the time was up.",
        504: "The model took too long.",
    }.items()
}


class Refused(Exception):
    """A request that gets no answer, and why."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


def answer(status: int, error: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the refusal as a response."""
    return JSONResponse({"error": error}, status, headers)


def teach(app: FastAPI) -> None:
    """Have `app` answer all of this room's errors."""
    app.exception_handler(Refused)(_refused)
    app.exception_handler(RequestValidationError)(_unfit)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(NotReady)(_not_ready)
    app.exception_handler(Overloaded)(_overloaded)
    app.exception_handler(TooLate)(_too_late)
    app.exception_handler(EngineFailed)(_failed)
    app.exception_handler(Exception)(_fault)  # raised again to the gate, which logs it


async def _refused(_: Request, error: Refused) -> JSONResponse:
    return answer(error.status, error.error)


async def _unfit(_: Request, error: RequestValidationError) -> JSONResponse:
    return answer(422, "; ".join(dict.fromkeys(map(_told, error.errors()[:5]))) + ".")


async def _http(_: Request, error: HTTPException) -> JSONResponse:
    said = {400: "The body can't be read.", 404: "Nothing is here.", 405: "Not this method."}
    return answer(error.status_code, said.get(error.status_code, "Refused."), error.headers)


async def _not_ready(_: Request, __: NotReady) -> JSONResponse:
    return answer(503, "Not ready: the model is being loaded or put away.", {"Retry-After": "1"})


async def _overloaded(_: Request, error: Overloaded) -> JSONResponse:
    return answer(429, "Too much waits.", {"Retry-After": str(error.retry_after_s)})


async def _too_late(_: Request, error: TooLate) -> JSONResponse:
    if error.started:
        return answer(504, "The model took too long.")
    return answer(503, "No turn before the time was up.", {"Retry-After": "1"})


async def _failed(_: Request, __: EngineFailed) -> JSONResponse:
    return answer(500, "The model raised an error.")


async def _fault(_: Request, __: Exception) -> JSONResponse:
    return answer(500, "A fault in the server.")


def _told(problem: Mapping[str, object]) -> str:
    """Name the field, without a key or value that the client made up."""
    place = problem.get("loc")
    parts = place[1:] if isinstance(place, Sequence) else ()
    known = [str(part) for part in parts if part in _FIELDS or isinstance(part, int)]
    if problem.get("type") == "json_invalid":
        known = []
    what = _PROBLEMS.get(str(problem.get("type")), "is not what it should be")
    return f"{'.'.join(known) or 'the body'} {what}"


# What says nothing of the traffic and lets nothing be computed: the page, its parts, the probes
OPEN = frozenset(
    {"/", "/page.js", "/page.css", "/style.css", "/docs", "/openapi.json", "/health", "/ready"}
)
_NEVER_SHED = OPEN | {"/metrics"}  # who watches has to see a server that is full
_SENT_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_DRAINED_BYTES = 1 << 23  # read and thrown away, so that a client that still writes sees the answer
_DRAINED_S = 2.0
_log = logging.getLogger(__name__)


class Gate:
    """The ASGI application around another one. `routes` are the paths that are counted apart."""

    def __init__(
        self, inner: ASGIApp, settings: Settings, counts: Counts, routes: Iterable[str]
    ) -> None:
        self._inner = inner
        self._settings = settings
        self._counts = counts
        self._routes = frozenset(routes)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on what is none."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        began = time.monotonic()
        sending = _Sending(send)
        try:
            await self._answer(scope, receive, sending)
        except Exception as error:  # the border: no traceback, since its message may hold content
            _log.error("a fault in the server: %s at %s", type(error).__name__, _place(error))
            if not sending.status:
                refusal = answer(500, "A fault in the server.")
                await refusal(scope, receive, sending)
        finally:
            route = scope["path"] if scope["path"] in self._routes else "other"
            took_s = time.monotonic() - began
            self._counts.request(route, sending.status, took_s)
            _log.info("%s %s in %.1f ms", route, sending.status or "left", took_s * 1000)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._is_own(headers):
            await answer(403, "Not for this host.")(scope, receive, send)
        elif not self._is_let_in(scope["path"], headers):
            asks = {"WWW-Authenticate": 'Bearer realm="piiforge"'}
            await answer(401, "No token, or not the right one.", asks)(scope, receive, send)
        elif scope["path"] not in _NEVER_SHED and self._under_way >= self._settings.most_requests:
            later = {"Retry-After": "1"}
            await answer(429, "Too much is under way.", later)(scope, receive, send)
        elif _said_length(headers) > self._settings.most_body_bytes:
            await self._too_large(receive, send)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._under_way += 1
        try:
            await self._with_body(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    body += message.get("body", b"")
                    if len(body) > self._settings.most_body_bytes:
                        break
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            closing = {"Connection": "close"}
            await answer(408, "The body did not come in time.", closing)(scope, receive, send)
            return
        if len(body) > self._settings.most_body_bytes:
            await self._too_large(receive, send)
        else:
            await self._inner(scope, _replay(bytes(body), receive), send)

    async def _too_large(self, receive: Receive, send: Send) -> None:
        """Say no and go on reading for a moment: who writes when we close would see no answer."""
        most = self._settings.most_body_bytes
        said = answer(413, f"The body is over {most} bytes.", {"Connection": "close"})
        await send({"type": "http.response.start", "status": 413, "headers": said.raw_headers})
        await send({"type": "http.response.body", "body": said.body, "more_body": True})
        left = _DRAINED_BYTES
        try:
            async with asyncio.timeout(_DRAINED_S):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        break
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b""})

    def _is_own(self, headers: Headers) -> bool:
        """Say whether the request is for us and from nobody else's page."""
        host = headers.get("host", "")
        names = self._settings.own_names
        if names and _without_port(host) not in names:
            return False
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == host.lower()

    def _is_let_in(self, path: str, headers: Headers) -> bool:
        if not self._settings.token or path in OPEN:
            return True
        shown = _token_of(headers.get("authorization", ""))
        return hmac.compare_digest(shown.encode(), self._settings.token.encode())


class _Sending:
    """Passes an answer on with the headers that all have, and keeps its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message).update(_SENT_ALWAYS)
        await self._send(message)


def _token_of(authorization: str) -> str:
    """Return the token of `Bearer TOKEN`, or the password of `Basic`, as http://any:TOKEN@host is.

    >>> _token_of("Bearer abc"), _token_of("Basic YTpiYw=="), _token_of("Digest x")
    ('abc', 'bc', '')
    """
    kind, _, rest = authorization.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _without_port(host: str) -> str:
    """Return the name in a Host header.

    >>> _without_port("LocalHost:80"), _without_port("[::1]:80"), _without_port("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _said_length(headers: Headers) -> int:
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _place(error: Exception) -> str:
    """Return where it was raised, without what it says."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at else "unknown"
