"""A recognizer for Presidio that asks a detector in the same process.

    from piiforge import load, serve
    from presidio_analyzer import AnalyzerEngine
    engine = AnalyzerEngine()
    engine.registry.add_recognizer(serve.recognizer(load("rules")))

Presidio knows us by its own entity names; what it finds is what `/analyze` of a server would say.
"""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from piiforge.errors import MissingExtra
from piiforge.predict import Detection, Detector
from piiforge.serve.spans import NAME, category_of, entities_of, entity_of, located, score_of


class Recognized(Protocol):
    """Presidio's RecognizerResult: offsets are half-open, in code points."""

    entity_type: str
    start: int
    end: int
    score: float


class Recognizer(Protocol):
    """What is used of Presidio's EntityRecognizer."""

    supported_entities: list[str]
    supported_language: str

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: object = None
    ) -> list[Recognized]:
        """Return what is found of `entities`, Presidio's names."""
        ...


def recognizer(detector: Detector, *, language: str = "en") -> Recognizer:
    """Return a presidio_analyzer.EntityRecognizer that asks `detector`, which it doesn't close.

    `language` is the one that Presidio will ask it for; make one for each.

    Raises:
        MissingExtra: the extra `presidio` is not installed.
    """
    try:
        from presidio_analyzer import EntityRecognizer, RecognizerResult
    except ImportError as error:
        raise MissingExtra("presidio-analyzer", "presidio") from error

    class PiiforgeRecognizer(EntityRecognizer):  # type: ignore[misc]  # Presidio has no types
        """Asks the detector once for all entities, then for the places of what it found."""

        def load(self) -> None:
            """Do nothing: the detector is loaded."""

        def analyze(
            self, text: str, entities: list[str], nlp_artifacts: object = None
        ) -> list[Recognized]:
            """See Presidio's EntityRecognizer.

            Raises:
                ValueError: the text was not read to its end, so nothing can be said of it.
            """
            del nlp_artifacts  # the detector reads the text itself
            return [
                RecognizerResult(
                    entity_type=entity_of(each.category),
                    start=span.start,
                    end=span.end,
                    score=score_of(each),
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    },
                )
                for each in _found(detector, text, entities)
                for span in located(text, partial(_turned, detector, each.category))
            ]

    made: Recognizer = PiiforgeRecognizer(
        supported_entities=entities_of(detector.categories), name=NAME, supported_language=language
    )
    return made


def _found(detector: Detector, text: str, entities: Sequence[str]) -> list[Detection]:
    meant = [category_of(entity, detector.categories) for entity in entities]
    names = list(dict.fromkeys(each for each in meant if each is not None))
    said = detector.verdicts([(name, text) for name in names])
    if any(each.is_sensitive is None for each in said):
        raise ValueError("the text was not read to its end: give it in shorter pieces")
    return [each for each in said if each.is_sensitive]


def _turned(detector: Detector, category: str, contents: Sequence[str]) -> list[bool | None]:
    asked = [(category, content) for content in contents]
    return [each.is_sensitive for each in detector.verdicts(asked)]
