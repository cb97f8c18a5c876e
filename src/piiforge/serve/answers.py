"""The routes that judge: our own, and Presidio's `/analyze`."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request

from piiforge.errors import near
from piiforge.predict import Detection, Detector
from piiforge.serve import wire
from piiforge.serve.batching import Batcher, NotReady, Pair
from piiforge.serve.gate import RESPONSES, Refused
from piiforge.serve.spans import NAME, category_of, entities_of, entity_of, score_of, searching
from piiforge.serve.wire import RESULTS, VERDICT, VERDICTS, Settings, answered
from piiforge.types import Span

routes = APIRouter(responses={**RESPONSES})


class Asking:
    """What a route needs: the queue and the bounds, and the time that one request has."""

    def __init__(self, request: Request) -> None:
        self.batcher: Batcher = request.app.state.batcher
        self.settings: Settings = request.app.state.settings
        self.deadline = asyncio.get_running_loop().time() + self.settings.timeout_s

    @property
    def detector(self) -> Detector:
        """Return the model. Raises NotReady."""
        if self.batcher.detector is None:
            raise NotReady
        return self.batcher.detector

    def known(self, categories: Sequence[str] | None) -> Sequence[str]:
        """Return the categories that are meant. Raises Refused for one that there isn't."""
        known = self.detector.categories
        for name in categories or ():
            if name not in known:
                raise Refused(404, f"No such category. {near(name, known)}")
        return list(dict.fromkeys(categories or known))

    def bounded(self, contents: Sequence[str], questions: int) -> None:
        """Raise Refused where that is more than one request may ask."""
        if len(contents) > self.settings.most_contents:
            raise Refused(422, f"More than {self.settings.most_contents} contents.")
        if any(len(content) > self.settings.most_characters for content in contents):
            raise Refused(422, f"A content has over {self.settings.most_characters} characters.")
        if questions > self.settings.most_waiting:
            most = self.settings.most_waiting
            raise Refused(422, f"More than {most} contents times categories.")

    async def turned(self, category: str, contents: Sequence[str]) -> list[bool | None]:
        """Judge contents that a search made of an accepted one."""
        pairs = [(category, content) for content in contents]
        (found,) = await self.batcher.ask([pairs], deadline=self.deadline, further=True)
        return [each.is_sensitive for each in found]


@routes.post(
    "/v1/verdict", tags=["verdicts"], summary="Judge one content", responses=answered(VERDICT)
)
async def verdict(question: wire.Question, request: Request) -> wire.Verdict:
    """Say of one content, for each category, whether it holds a value of it."""
    return (await _verdicts(Asking(request), [question]))[0]


@routes.post(
    "/v1/verdicts",
    tags=["verdicts"],
    summary="Judge several contents",
    responses=answered(VERDICTS),
)
async def verdicts(asked: wire.Questions, request: Request) -> wire.Verdicts:
    """Judge several contents; one answer a question, in their order."""
    return wire.Verdicts(answers=await _verdicts(Asking(request), asked.questions))


@routes.get("/v1/categories", tags=["verdicts"], summary="What may be asked for")
async def categories(request: Request) -> wire.Categories:
    """Name the system that answers and the categories that it knows."""
    detector = Asking(request).detector
    return wire.Categories(system=detector.name, categories=list(detector.categories))


@routes.post(
    "/analyze", tags=["presidio"], summary="Presidio's request", responses=answered(RESULTS)
)
async def analyze(
    asked: wire.Analyze, request: Request
) -> list[wire.Result] | list[list[wire.Result]]:
    """Find the places of all entities in a text, or in each of a list of texts."""
    asking = Asking(request)
    names = _meant(asked.entities, asking.detector.categories)
    texts = [asked.text] if isinstance(asked.text, str) else asked.text
    asking.bounded(texts, len(texts) * len(names))
    groups: list[list[Pair]] = [[(name, text) for name in names] for text in texts]
    explain = [bool(asked.return_decision_process)] * len(groups)
    judged = await asking.batcher.ask(groups, deadline=asking.deadline, explain=explain)
    if any(each.is_sensitive is None for found in judged for each in found):
        raise Refused(422, "A text was not read to its end: send it in shorter pieces.")
    results = [
        await _results(asking, asked, text, found)
        for text, found in zip(texts, judged, strict=True)
    ]
    return results[0] if isinstance(asked.text, str) else results


@routes.get("/supportedentities", tags=["presidio"], summary="Presidio's names of what is found")
async def supported_entities(request: Request, language: str = "en") -> list[str]:
    """Name the entities that /analyze finds, in any language."""
    del language  # the detector is asked in all alike
    return entities_of(Asking(request).detector.categories)


@routes.get("/recognizers", tags=["presidio"], summary="Presidio's names of who finds it")
async def recognizers(request: Request, language: str = "en") -> list[str]:
    """Name the one recognizer that there is."""
    del language
    return [NAME] if Asking(request).detector.categories else []


async def _verdicts(asking: Asking, questions: Sequence[wire.Question]) -> list[wire.Verdict]:
    groups = [
        [(name, question.content) for name in asking.known(question.categories)]
        for question in questions
    ]
    asking.bounded([question.content for question in questions], sum(map(len, groups)))
    explains = [question.explain for question in questions]
    found = await asking.batcher.ask(groups, deadline=asking.deadline, explain=explains)
    return [_verdict(each) for each in found]


def _verdict(found: Sequence[Detection]) -> wire.Verdict:
    said = [each.is_sensitive for each in found]
    overall = True if True in said else None if None in said else False
    shown = [wire.Said.model_validate(each.record()) for each in found]
    return wire.Verdict(is_sensitive=overall, verdicts=shown)


def _meant(entities: Sequence[str] | None, categories: Sequence[str]) -> list[str]:
    """Return the categories that `entities` name; as with Presidio, one at least has to."""
    if not entities:
        return list(categories)
    found = [category_of(entity, categories) for entity in entities]
    names = list(dict.fromkeys(each for each in found if each is not None))
    if not names:
        known = entities_of(categories)
        raise Refused(404, f"None of these entities is known. {near(entities[0], known)}")
    return names


async def _results(
    asking: Asking, asked: wire.Analyze, text: str, found: Sequence[Detection]
) -> list[wire.Result]:
    results: list[wire.Result] = []
    for each in found:
        score = score_of(each)
        if each.is_sensitive and score >= (asked.score_threshold or 0):
            results += [
                _result(each, span, score, explained=bool(asked.return_decision_process))
                for span in await _spans(asking, each.category, text)
                if text[span.start : span.end] not in (asked.allow_list or ())
            ]
    return results


async def _spans(asking: Asking, category: str, text: str) -> list[Span]:
    search = searching(text)
    try:
        contents = next(search)
        while True:
            contents = search.send(await asking.turned(category, contents))
    except StopIteration as done:
        found: list[Span] = done.value
        return found


def _result(found: Detection, span: Span, score: float, *, explained: bool) -> wire.Result:
    why = wire.Explained(
        recognizer=NAME,
        original_score=score,
        score=score,
        textual_explanation=found.explanation or None,
    )
    return wire.Result(
        entity_type=entity_of(found.category),
        start=span.start,
        end=span.end,
        score=score,
        analysis_explanation=why if explained else None,
        recognition_metadata={"recognizer_name": NAME},
    )
