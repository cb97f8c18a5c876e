"""The application: its routes, put together around one model, behind the gate."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from piiforge import __version__
from piiforge.predict import Detector
from piiforge.serve import answering, describing, page_routes, refusing
from piiforge.serve.batching import Batcher
from piiforge.serve.counting import Counts
from piiforge.serve.gate import Gate
from piiforge.serve.settings import Settings

_SUMMARY = (
    "Says of a line of log or chat, category by category, whether it holds personal data. "
    "Answers Presidio's own requests too."
)
state_routes = APIRouter(tags=["state"])


def create(
    load: Callable[[], Detector],
    settings: Settings,
    failed: Callable[[BaseException], None],
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
    for routes in (answering.routes, state_routes, page_routes.routes):
        app.include_router(routes)
    refusing.teach(app)
    describing.describe(app, settings)
    return Gate(app, settings, counts, describing.paths(app))


@state_routes.get("/health", response_class=PlainTextResponse, summary="Is the server alive")
async def health() -> str:
    """Answer as long as the server runs, also while the model is being loaded."""
    return "piiforge is up"


@state_routes.get(
    "/ready",
    summary="Is the model loaded",
    responses={503: {"description": "It is being loaded."}},
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
    responses={401: refusing.RESPONSES[401]},
)
async def metrics(request: Request) -> Response:
    """Count requests, questions and verdicts; no content."""
    counts: Counts = request.app.state.counts
    return Response(counts.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _tell(task: "asyncio.Task[None]", failed: Callable[[BaseException], None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        failed(error)
