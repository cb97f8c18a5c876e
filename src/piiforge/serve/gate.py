"""The gate before the application: who may come in, with how much, and every way to say no.

It is ASGI itself, outside of the framework, so that it also holds for paths that are not there, for
bodies that nobody reads, and for errors that nobody foresaw. What it logs is a route of ours, a
status and a time; a query or a header is never written down. No refusal holds anything of what was
sent but numbers: FastAPI's own answers to a request that doesn't fit repeat the input, those made
here name the field.
"""

import asyncio
import base64
import binascii
import contextlib
import logging
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from piiforge.files import shipped_yaml
from piiforge.page import visitors
from piiforge.serve import wire
from piiforge.serve.batches import Counts

# What says nothing of the traffic and lets nothing be computed: the page, its parts, the probes
OPEN = frozenset(
    {"/", "/page.js", "/page.css", "/style.css", "/docs", "/openapi.json", "/health", "/ready"}
)
_SAID = cast(
    "Mapping[str, Mapping[Any, str]]", shipped_yaml("piiforge.serve", "data/refusals.yaml")
)
RESPONSES: Mapping[int | str, dict[str, object]] = {
    status: {"model": wire.Refusal, "description": said}
    for status, said in _SAID["responses"].items()
}
_FIELDS = frozenset(
    {
        name
        for shape in (wire.Question, wire.Questions, wire.ToScrub, wire.Analyze)
        for name in shape.model_fields
    }
)
_NEVER_SHED = OPEN | {"/metrics"}  # who watches has to see a server that is full
_DRAINED_BYTES = 1 << 23  # read and thrown away, so that a client that still writes sees the answer
_DRAINED_S = 2.0
_log = logging.getLogger(__name__)


def refusal(status: int, error: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a refusal as a response."""
    return JSONResponse({"error": error}, status, headers)


def teach(app: FastAPI) -> None:
    """Have `app` answer errors by refusals."""

    @app.exception_handler(wire.Refused)
    async def refused(_: Request, error: wire.Refused) -> JSONResponse:
        later = error.retry_after_s
        headers = None if later is None else {"Retry-After": str(later)}
        return refusal(error.status, error.error, headers)

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        return refusal(422, "; ".join(dict.fromkeys(map(_told, error.errors()[:5]))) + ".")

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        said = _SAID["framework"].get(error.status_code, "Refused.")
        return refusal(error.status_code, said, error.headers)

    @app.exception_handler(Exception)  # raised again to the gate, which logs it
    async def fault(_: Request, __: Exception) -> JSONResponse:
        return refusal(500, "A fault in the server.")


def _told(problem: Mapping[str, object]) -> str:
    """Name the field, without a key or value that the client made up."""
    place, kind = problem.get("loc"), str(problem.get("type"))
    parts = place[1:] if isinstance(place, Sequence) and kind != "json_invalid" else ()
    known = [str(part) for part in parts if part in _FIELDS or isinstance(part, int)]
    what = _SAID["problems"].get(kind, "is not what it should be")
    return f"{'.'.join(known) or 'the body'} {what}"


class Gate:
    """The ASGI application around `app`."""

    def __init__(self, app: FastAPI, settings: wire.Settings) -> None:
        self._app = app
        self._settings = settings
        self._counts: Counts = app.state.counts
        self._routes = OPEN | set(app.openapi()["paths"])  # these are counted apart
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on what is none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(_SAID["headers"])
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except Exception as error:  # the border: no traceback, since its message may hold content
            at = traceback.extract_tb(error.__traceback__)[-1]
            kind, place = type(error).__name__, f"{at.filename}:{at.lineno}"
            _log.error("a fault in the server: %s at %s", kind, place)
            if not status:
                await refusal(500, "A fault in the server.")(scope, receive, sending)
        finally:
            route = scope["path"] if scope["path"] in self._routes else "other"
            took_s = time.monotonic() - began
            self._counts.request(route, status, took_s)
            _log.info("%s %s in %.1f ms", route, status or "left", took_s * 1000)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refused = self._refusal(scope["path"], headers)
        length = headers.get("content-length", "")
        if refused is not None:
            await refused(scope, receive, send)
        elif length.isdecimal() and int(length[:20]) > self._settings.most_body_bytes:
            await self._too_large(receive, send)
        else:
            self._under_way += 1
            try:
                await self._with_body(scope, receive, send)
            finally:
                self._under_way -= 1

    def _refusal(self, path: str, headers: Headers) -> JSONResponse | None:
        """Say no to a request by its path and headers: not for us, not let in, too many."""
        names = visitors.own_names(self._settings.host)
        if not visitors.is_ours(headers.get("host", ""), headers.get("origin"), names):
            return refusal(403, "Not for this host.")
        if self._settings.token and path not in OPEN:
            shown = _token_of(headers.get("authorization", ""))
            if not visitors.is_let_in(shown, self._settings.token):
                asks = {"WWW-Authenticate": 'Bearer realm="piiforge"'}
                return refusal(401, "No token, or not the right one.", asks)
        if path not in _NEVER_SHED and self._under_way >= self._settings.most_requests:
            return refusal(429, "Too much is under way.", {"Retry-After": "1"})
        return None

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, bounded in bytes and time, and hand it to the application whole."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                async for chunk in Request(scope, receive).stream():
                    body += chunk
                    if len(body) > self._settings.most_body_bytes:
                        break
        except TimeoutError:
            late = refusal(408, "The body did not come in time.", {"Connection": "close"})
            await late(scope, receive, send)
            return
        except ClientDisconnect:
            return
        if len(body) > self._settings.most_body_bytes:
            await self._too_large(receive, send)
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, again, send)

    async def _too_large(self, receive: Receive, send: Send) -> None:
        """Say no and go on reading for a moment: who writes when we close would see no answer."""
        most = self._settings.most_body_bytes
        said = refusal(413, f"The body is over {most} bytes.", {"Connection": "close"})
        await send({"type": "http.response.start", "status": 413, "headers": said.raw_headers})
        await send({"type": "http.response.body", "body": said.body, "more_body": True})
        left = _DRAINED_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_S):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        break
        await send({"type": "http.response.body", "body": b""})


def _token_of(authorization: str) -> str:
    """Return the token of `Bearer TOKEN`, or the password of `Basic`, as http://any:TOKEN@host is.

    >>> _token_of("Bearer abc"), _token_of("Basic YTpiYw=="), _token_of("Digest x")
    ('abc', 'bc', '')
    """
    kind, _, rest = authorization.partition(" ")
    match kind.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            with contextlib.suppress(binascii.Error, UnicodeDecodeError):
                return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    return ""
