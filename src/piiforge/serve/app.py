"""The application: its routes, put together around one model, behind the gate."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from typing import cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.types import ASGIApp

from piiforge import __version__, page
from piiforge.predict import Detector
from piiforge.serve import answers
from piiforge.serve.batching import Batcher
from piiforge.serve.gate import OPEN, RESPONSES, Gate, teach
from piiforge.serve.metrics import Counts
from piiforge.serve.wire import Settings

# The OpenAPI document: what the framework derives, with this server's own bounds and its lock.


Node = dict[str, object]


def describe(app: FastAPI, settings: Settings) -> None:
    """Have `app` give a document that says the bounds and, with a token, who is asked for it."""
    derived = app.openapi

    def document() -> Node:
        if app.openapi_schema is None:
            app.openapi_schema = derived()
            _bound(app.openapi_schema, settings)
            if settings.token:
                _lock(app.openapi_schema)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the framework's documented way


def paths(app: FastAPI) -> list[str]:
    """Return the paths that the application answers."""
    return [*OPEN, *cast("dict[str, object]", app.openapi()["paths"])]


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield (method, path, operation) of a document."""
    for path, methods in cast("dict[str, dict[str, Node]]", document["paths"]).items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _bound(document: Node, settings: Settings) -> None:
    shapes = cast("dict[str, Node]", cast("Node", document["components"])["schemas"])

    def field(shape: str, name: str) -> Node:
        return cast("dict[str, Node]", shapes[shape]["properties"])[name]

    field("Question", "content")["maxLength"] = settings.most_characters
    field("Questions", "questions")["maxItems"] = settings.most_contents
    one, several = cast("list[Node]", field("Analyze", "text")["anyOf"])
    one["maxLength"] = settings.most_characters
    several["maxItems"] = settings.most_contents
    cast("Node", several["items"])["maxLength"] = settings.most_characters


def _lock(document: Node) -> None:
    components = cast("Node", document["components"])
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for _, path, operation in operations(document):
        if path not in OPEN:
            operation["security"] = [{"token": []}]


# The page at `/` and the list of routes at `/docs`: plain files, nothing from the network.


page_routes = APIRouter(include_in_schema=False)


@page_routes.get("/")
async def index() -> Response:
    """Give the page to try a line on."""
    return HTMLResponse(_file("page.html"))


@page_routes.get("/page.js")
async def script() -> Response:
    """Give its script."""
    return Response(_file("page.js"), media_type="text/javascript; charset=utf-8")


@page_routes.get("/page.css")
async def own_style() -> Response:
    """Give its style."""
    return Response(_file("page.css"), media_type="text/css; charset=utf-8")


@page_routes.get("/style.css")
async def style() -> Response:
    """Give the style that all pages of the product share."""
    return Response(page.style(), media_type="text/css; charset=utf-8")


@page_routes.get("/docs")
async def docs(request: Request) -> Response:
    """List the routes."""
    document = request.app.openapi()
    return HTMLResponse(
        _environment()
        .get_template("docs.html")
        .render(
            title=document["info"]["title"],
            version=document["info"]["version"],
            description=document["info"]["description"],
            operations=list(operations(document)),
            refusals={status: said["description"] for status, said in RESPONSES.items()},
            example_of=lambda operation: _example_of(operation, document),
        )
    )


def _example_of(operation: Node, document: Node) -> tuple[str, str] | None:
    """Return what is sent to an operation and what it answers, as JSON; None without a body."""
    if "requestBody" not in operation:
        return None
    shape = _at(operation, "requestBody", "content", "application/json", "schema", "$ref")
    asked = _at(document, "components", "schemas", str(shape).rpartition("/")[2], "example")
    told = _at(operation, "responses", "200", "content", "application/json", "example")
    return json.dumps(asked, indent=2), json.dumps(told, indent=2)


def _at(node: object, *names: str) -> object:
    for name in names:
        node = cast("Node", node)[name]
    return node


@cache
def _file(name: str) -> str:
    return files("piiforge.serve").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("piiforge.serve", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_SUMMARY = (
    "Says of a line of log or chat, category by category, whether it holds personal data. "
    "Answers Presidio's own requests too."
)
state_routes = APIRouter(tags=["state"])


def create(
    load: Callable[[], Detector], settings: Settings, failed: Callable[[BaseException], None]
) -> ASGIApp:
    """Return the ASGI application. `load` runs once it is started; `failed` hears if it can't."""
    counts = Counts()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        batcher = Batcher(load, settings, counts)
        app.state.batcher = batcher
        running = asyncio.create_task(batcher.run())
        running.add_done_callback(lambda task: _tell(task, failed))
        yield
        await batcher.close()
        running.cancel()

    app = FastAPI(
        title="piiforge",
        version=__version__,
        description=_SUMMARY,
        docs_url=None,  # the framework's own pages come from a CDN
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.counts = counts
    for routes in (answers.routes, state_routes, page_routes):
        app.include_router(routes)
    teach(app)
    describe(app, settings)
    return Gate(app, settings, counts, paths(app))


@state_routes.get("/health", response_class=PlainTextResponse, summary="Is the server alive")
async def health() -> str:
    """Answer as long as the server runs, also while the model is being loaded."""
    return "piiforge is up"


@state_routes.get(
    "/ready", summary="Is the model loaded", responses={503: {"description": "It is being loaded."}}
)
async def ready(request: Request) -> JSONResponse:
    """Answer 200 once the model has answered its first question, 503 before."""
    batcher: Batcher = request.app.state.batcher
    is_ready = batcher.detector is not None
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


@state_routes.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=PlainTextResponse,
    responses={401: RESPONSES[401]},
)
async def metrics(request: Request) -> Response:
    """Count requests, questions and verdicts; no content."""
    counts: Counts = request.app.state.counts
    return Response(counts.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _tell(task: "asyncio.Task[None]", failed: Callable[[BaseException], None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        failed(error)
