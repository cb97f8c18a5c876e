"""Every way to say no, as HTTP. No message holds anything of what was sent but numbers.

FastAPI's own answers to a request that doesn't fit repeat the input; these name the field.
"""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from piiforge.serve import wire
from piiforge.serve.batching import EngineFailed, NotReady, Overloaded, TooLate

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
