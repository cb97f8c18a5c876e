"""The application: its routes, put together around one model.

Our own routes judge (`/v1`), so does Presidio's `/analyze`; the rest is the server's state, the
page to try a line on, and the list of routes. All of it is plain files, nothing from the network.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cache, partial
from importlib.resources import files
from typing import Any, cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from piiforge import __version__, page, scrub
from piiforge.errors import near
from piiforge.predict import Detection, Detector, places, sample_lines
from piiforge.serve import presidio, wire
from piiforge.serve.batches import Batcher, Counts
from piiforge.serve.gate import OPEN, RESPONSES, teach
from piiforge.serve.wire import Refused, Settings
from piiforge.types import Edit, applied

_SUMMARY = (
    "Says of a line of log or chat, category by category, whether it holds personal data. "
    "Answers Presidio's own requests too."
)
# What stands at which path, as a file of this room, and of which type
_FILES = {"/page.js": ("page.js", "text/javascript"), "/page.css": ("page.css", "text/css")}
_PAGES = Environment(
    loader=PackageLoader("piiforge.serve", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Document = dict[str, Any]  # OpenAPI, as JSON

judging = APIRouter(tags=["verdicts"], responses={**RESPONSES})
as_presidio = APIRouter(tags=["presidio"], responses={**RESPONSES})
state = APIRouter(tags=["state"])


def create(
    load: Callable[[], Detector], settings: Settings, failed: Callable[[BaseException], None]
) -> FastAPI:
    """Return the application. `load` runs once it is started; `failed` hears if it can't."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        batcher = app.state.batcher = Batcher(load, settings, app.state.counts)
        running = asyncio.create_task(batcher.run())
        running.add_done_callback(tell)
        yield
        await batcher.close()
        running.cancel()

    def tell(task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            failed(error)

    app = FastAPI(
        title="piiforge",
        version=__version__,
        description=_SUMMARY,
        docs_url=None,  # the framework's own pages come from a CDN
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.counts = Counts()
    app.state.answers = {}
    for routes in (judging, as_presidio, state):
        app.include_router(routes)
    app.add_api_route("/", try_page, include_in_schema=False)
    for path in (*_FILES, "/style.css"):
        app.add_api_route(path, shown, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)
    teach(app)
    describe(app, settings)
    return app


class Asking:
    """What a route needs: the queue and the bounds, and the time that one request has."""

    def __init__(self, request: Request) -> None:
        self.batcher: Batcher = request.app.state.batcher
        self.settings: Settings = request.app.state.settings
        self.deadline = asyncio.get_running_loop().time() + self.settings.timeout_s

    def bounded(self, contents: Sequence[str], questions: int) -> None:
        """Raise Refused where that is more than one request may ask."""
        most = self.settings
        if len(contents) > most.most_contents:
            raise Refused(422, f"More than {most.most_contents} contents.")
        if any(len(content) > most.most_characters for content in contents):
            raise Refused(422, f"A content has over {most.most_characters} characters.")
        if questions > most.most_waiting:
            raise Refused(422, f"More than {most.most_waiting} contents times categories.")

    async def verdicts(self, questions: Sequence[wire.Question]) -> list[wire.Verdict]:
        """Judge contents, each for the categories that are asked for: all without any."""
        known, groups = self.batcher.model.categories, []
        for question in questions:
            for name in question.categories or ():
                if name not in known:
                    raise Refused(404, f"No such category. {near(name, known)}")
            names = dict.fromkeys(question.categories or known)
            groups.append([(name, question.content) for name in names])
        self.bounded([question.content for question in questions], sum(map(len, groups)))
        explain = [question.explain for question in questions]
        judged = await self.batcher.ask(groups, deadline=self.deadline, explain=explain)
        wanted = [
            (each.category, question.content)
            for question, found in zip(questions, judged, strict=True)
            for each in found
            if question.explain and (each.is_sensitive or each.unsure)
        ]
        seen = dict(
            zip(wanted, await self.batcher.see(wanted, deadline=self.deadline), strict=True)
            if wanted
            else ()
        )
        answers: list[wire.Verdict] = []
        for question, found in zip(questions, judged, strict=True):
            said = [each.is_sensitive for each in found]
            overall = True if True in said else None if None in said else False
            verdicts = [wire.Said.model_validate(each.record()) for each in found]
            for each in verdicts if question.explain else ():
                if (place := seen.get((each.category, question.content))) is not None:
                    each.seen = wire.Seen.model_validate(asdict(place))
            answers.append(wire.Verdict(is_sensitive=overall, verdicts=verdicts))
        return answers

    async def turned(self, category: str, contents: list[str]) -> list[bool | None]:
        """Judge contents that a search made of an accepted one."""
        pairs = [(category, content) for content in contents]
        (found,) = await self.batcher.ask([pairs], deadline=self.deadline, further=True)
        return [each.is_sensitive for each in found]


# `exclude_unset`: an answer has `seen` only where it was asked for
@judging.post("/v1/verdict", summary="Judge one content", response_model_exclude_unset=True)
async def verdict(question: wire.Question, request: Request) -> wire.Verdict:
    """Say of one content, for each category, whether it holds a value of it."""
    (answer,) = await Asking(request).verdicts([question])
    return answer


@judging.post("/v1/verdicts", summary="Judge several contents", response_model_exclude_unset=True)
async def verdicts(asked: wire.Questions, request: Request) -> wire.Verdicts:
    """Judge several contents; one answer a question, in their order."""
    return wire.Verdicts(answers=await Asking(request).verdicts(asked.questions))


@judging.post("/v1/scrub", summary="Contents without their values")
async def scrubbed(asked: wire.ToScrub, request: Request) -> wire.AllScrubbed:
    """Give contents back without the values in them, as `piiforge scrub` writes them.

    What can't be judged, and what a value can't be taken out of, is `<removed>` as a whole.
    """
    asking = Asking(request)
    asking.bounded(asked.contents, len(asked.contents) * len(asking.batcher.model.categories))
    modes = scrub.Modes({"": asked.mode})
    done = await asking.batcher.scrub(asked.contents, modes, deadline=asking.deadline)
    answers: list[wire.Scrubbed] = []
    for content, one in zip(asked.contents, done, strict=True):
        through = not (one.stuck or one.unread)
        edits = one.edits if through else (Edit(0, len(content), scrub.REMOVED),)
        answers.append(
            wire.Scrubbed(
                content=applied(content, edits),
                edits=[wire.Put.model_validate(asdict(each)) for each in edits],
                counts=dict(one.counts),
                removed=one.removed or one.stuck,
                unread=one.unread,
            )
        )
    return wire.AllScrubbed(answers=answers)


@judging.get("/v1/categories", summary="What may be asked for")
async def categories(request: Request) -> wire.Categories:
    """Name the system that answers and the categories that it knows."""
    detector = Asking(request).batcher.model
    return wire.Categories(system=detector.name, categories=list(detector.categories))


@as_presidio.post("/analyze", summary="Presidio's request")
async def analyze(
    asked: wire.Analyze, request: Request
) -> list[wire.Result] | list[list[wire.Result]]:
    """Find the places of all entities in a text, or in each of a list of texts."""
    asking = Asking(request)
    detector = asking.batcher.model
    names = list(detector.categories)
    if asked.entities:  # as with Presidio, one at least has to be known
        names = presidio.meant(asked.entities, detector)
        if not names:
            hint = near(asked.entities[0], presidio.entities_of(detector.categories))
            raise Refused(404, f"None of these entities is known. {hint}")
    texts = [asked.text] if isinstance(asked.text, str) else asked.text
    asking.bounded(texts, len(texts) * len(names))
    groups = [[(name, text) for name in names] for text in texts]
    explain = [bool(asked.return_decision_process)] * len(groups)
    judged = await asking.batcher.ask(groups, deadline=asking.deadline, explain=explain)
    if any(each.is_sensitive is None for found in judged for each in found):
        raise Refused(422, "A text was not read to its end: send it in shorter pieces.")
    results: list[list[wire.Result]] = []
    for text, found in zip(texts, judged, strict=True):
        results.append([])
        for each in found:
            if each.is_sensitive and presidio.score_of(each) >= (asked.score_threshold or 0):
                results[-1] += await _results(asking, asked, text, each)
    return results[0] if isinstance(asked.text, str) else results


async def _results(
    asking: Asking, asked: wire.Analyze, text: str, found: Detection
) -> list[wire.Result]:
    score = presidio.score_of(found)
    why = wire.Explained(
        recognizer=presidio.NAME,
        original_score=score,
        score=score,
        textual_explanation=found.explanation or None,
    )
    return [
        wire.Result(
            entity_type=presidio.entity_of(found.category),
            start=span.start,
            end=span.end,
            score=score,
            analysis_explanation=why if asked.return_decision_process else None,
            recognition_metadata={"recognizer_name": presidio.NAME},
        )
        for span in await presidio.search(
            text, partial(asking.turned, found.category), places(found.category, text)
        )
        if text[span.start : span.end] not in (asked.allow_list or ())
    ]


@as_presidio.get("/supportedentities", summary="Presidio's names of what is found")
async def supported_entities(request: Request, language: str = "en") -> list[str]:
    """Name the entities that /analyze finds, in any language."""
    del language  # the detector is asked in all alike
    return presidio.entities_of(Asking(request).batcher.model.categories)


@as_presidio.get("/recognizers", summary="Presidio's names of who finds it")
async def recognizers(request: Request, language: str = "en") -> list[str]:
    """Name the one recognizer that there is."""
    del language
    return [presidio.NAME] if Asking(request).batcher.model.categories else []


@state.get("/health", response_class=PlainTextResponse, summary="Is the server alive")
async def health() -> str:
    """Answer as long as the server runs, also while the model is being loaded."""
    return "piiforge is up"


@state.get(
    "/ready", summary="Is the model loaded", responses={503: {"description": "It is being loaded."}}
)
async def ready(request: Request) -> JSONResponse:
    """Answer 200 once the model has answered its first question, 503 before."""
    is_ready = request.app.state.batcher.detector is not None
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


@state.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=PlainTextResponse,
    responses={401: RESPONSES[401]},
)
async def metrics(request: Request) -> Response:
    """Count requests, questions and verdicts; no content."""
    counts: Counts = request.app.state.counts
    return Response(counts.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def shown(request: Request) -> Response:
    """Give the parts of the page, or the style that all pages share."""
    name, kind = _FILES.get(request.scope["path"], ("", "text/css"))
    return Response(_file(name) if name else page.style(), media_type=kind)


async def try_page(request: Request) -> Response:
    """Give the page to try a line on, with lines to try and the bounds of this server."""
    most = request.app.state.settings
    shown = _PAGES.get_template("page.html").render(samples=sample_lines(), most=most)
    return HTMLResponse(shown)


@cache
def _file(name: str) -> str:
    return files("piiforge.serve").joinpath(name).read_text(encoding="utf-8")


async def docs(request: Request) -> Response:
    """List the routes. The answers shown are those of this server to what is shown as sent."""
    document = request.app.openapi()
    answers = await _answers(request)
    told = _PAGES.get_template("docs.html").render(
        **document["info"],
        operations=list(operations(document)),
        refusals={status: said["description"] for status, said in RESPONSES.items()},
        example_of=lambda operation: _example_of(operation, document, answers),
    )
    return HTMLResponse(told)


async def _answers(request: Request) -> Mapping[str, object]:
    """Return what this server answers to the examples, by the shape of the question.

    It is asked once. Empty while the model is not loaded, or where it does not answer now: then
    none are shown.
    """
    kept = request.app.state
    if kept.answers or kept.batcher.detector is None:
        return cast("Mapping[str, object]", kept.answers)
    asked = wire.EXAMPLES
    try:
        one = await verdict(wire.Question.model_validate(asked["question"]), request)
        several = await verdicts(wire.Questions.model_validate(asked["questions"]), request)
        found = await analyze(wire.Analyze.model_validate(asked["analyze"]), request)
        without = await scrubbed(wire.ToScrub.model_validate(asked["scrub"]), request)
    except Refused:
        return {}
    results = [each.model_dump(mode="json") for each in found if isinstance(each, wire.Result)]
    kept.answers = {
        "Question": one.model_dump(mode="json", exclude_unset=True),
        "Questions": several.model_dump(mode="json", exclude_unset=True),
        "Analyze": results,
        "ToScrub": without.model_dump(mode="json"),
    }
    return cast("Mapping[str, object]", kept.answers)


def _example_of(
    operation: Document, document: Document, answers: Mapping[str, object]
) -> tuple[str, str] | None:
    """Return what is sent to an operation and what it answers, as JSON; None without a body."""
    if "requestBody" not in operation:
        return None
    shape = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    name = shape.rpartition("/")[2]
    asked = document["components"]["schemas"][name]["example"]
    told = json.dumps(answers[name], indent=2) if name in answers else ""
    return json.dumps(asked, indent=2), told


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield (method, path, operation) of a document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def describe(app: FastAPI, settings: Settings) -> None:
    """Have `app` give the document that the framework derives, with the bounds of this server.

    With a token, it says who is asked for it.
    """
    document = app.openapi()
    shapes = {name: of.get("properties") for name, of in document["components"]["schemas"].items()}
    shapes["Question"]["content"]["maxLength"] = settings.most_characters
    shapes["Questions"]["questions"]["maxItems"] = settings.most_contents
    shapes["ToScrub"]["contents"]["maxItems"] = settings.most_contents
    shapes["ToScrub"]["contents"]["items"]["maxLength"] = settings.most_characters
    one, several = shapes["Analyze"]["text"]["anyOf"]
    several["maxItems"] = settings.most_contents
    one["maxLength"] = several["items"]["maxLength"] = settings.most_characters
    if settings.token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for _, path, operation in operations(document):
            if path not in OPEN:
                operation["security"] = [{"token": []}]
