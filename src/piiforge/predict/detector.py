"""A detector: one loaded system, asked line by line or many lines at once.

It is what `piiforge.load` gives and what scanning and serving stand on. Whatever the system is, the
answers are the same records, in the order of the questions.

>>> from piiforge.predict import Detector, Settings, open
>>> with Detector("rules", open("rules", Settings()), ("email",)) as detector:
...     found = detector.verdict("email", "contact = jo@example.com")
...     found.is_sensitive, found.decided_by
(False, 'model')
"""

import asyncio
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from piiforge.errors import UnknownName
from piiforge.predict.records import Predictor
from piiforge.types import Case, Prediction

MODEL, PREFILTER = "model", "prefilter"


@dataclass(frozen=True, slots=True)
class Detection:
    """What is said of one content for one category.

    `is_sensitive` None: the content was not read to its end (over the model's context), or the
    answer could not be read; it is not clean. `p_sensitive` is None where the system gives none.
    `decided_by` is MODEL or PREFILTER.
    """

    category: str
    is_sensitive: bool | None
    p_sensitive: float | None = None
    confidence_score: float | None = None
    explanation: str = ""
    decided_by: str = MODEL

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {
            "category": self.category,
            "is_sensitive": self.is_sensitive,
            "p_sensitive": self.p_sensitive,
            "confidence_score": self.confidence_score,
            "explanation": self.explanation,
            "decided_by": self.decided_by,
        }


class Prefilter(Protocol):
    """Says "certainly nothing of this category here", or nothing at all."""

    def may_hold(self, category: str, content: str) -> bool:
        """Return False only where `content` certainly holds no value of `category`."""
        ...


class Calibrate(Protocol):
    """Makes p_sensitive mean what it says, and the verdict of it."""

    def __call__(self, prediction: Prediction, case: Case, /) -> Prediction:
        """Return the prediction that counts."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A predictor that can say why, at the price of an answer written out."""

    def explain(self, case: Case, verdict: bool) -> str:
        """Return the explanation of `verdict` for `case`."""
        ...


class Detector:
    """A system that is loaded and may be asked from several threads; one is answered at a time.

    `categories` are the names that it knows. Close it when done, or use it as a context manager.
    """

    def __init__(
        self,
        name: str,
        predictor: Predictor,
        categories: Iterable[str],
        *,
        calibrate: Calibrate | None = None,
        prefilter: Prefilter | None = None,
    ) -> None:
        """Take a predictor that is open; closing the detector closes it."""
        self.name = name
        self.categories = tuple(categories)
        self._predictor = predictor
        self._calibrate = calibrate
        self._prefilter = prefilter
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model."""
        self._predictor.close()

    def verdict(self, category: str, content: str, *, explain: bool = False) -> Detection:
        """Judge one content for one category.

        Raises:
            UnknownName: a category that the system doesn't know, with the nearest one.
        """
        return self.verdicts([(category, content)], explain=explain)[0]

    def verdicts(
        self, asked: Sequence[tuple[str, str]], *, explain: bool = False
    ) -> list[Detection]:
        """Judge (category, content) pairs; one answer a pair, in their order.

        Pairs that share a category or a content are cheaper together than apart. `explain` writes
        a reason for each that is sensitive, where the system can: that costs a whole answer.

        Raises:
            UnknownName: a category that the system doesn't know, with the nearest one.
        """
        for category, _ in asked:
            if category not in self.categories:
                raise UnknownName("category", category, self.categories)
        cases = [
            Case(str(at), category, readable(content))
            for at, (category, content) in enumerate(asked)
        ]
        left = [case for case in cases if self._may_hold(case)]
        with self._turn:
            said = {each.id: each for each in self._predictor.predict(left)} if left else {}
            asked_of_it = {case.id for case in left}
            found = [
                self._detection(case, said.get(case.id))
                if case.id in asked_of_it
                else _nothing(case.category)
                for case in cases
            ]
            return self._explained(cases, found) if explain else found

    def judge(
        self, contents: Sequence[str], categories: Sequence[str] = ()
    ) -> list[dict[str, Detection]]:
        """Judge each content for `categories` (all without any); one record a content."""
        names = tuple(categories) or self.categories
        flat = iter(self.verdicts([(name, text) for text in contents for name in names]))
        return [{name: next(flat) for name in names} for _ in contents]

    async def averdict(self, category: str, content: str, *, explain: bool = False) -> Detection:
        """See verdict; the event loop goes on meanwhile."""
        return await asyncio.to_thread(self.verdict, category, content, explain=explain)

    async def averdicts(
        self, asked: Sequence[tuple[str, str]], *, explain: bool = False
    ) -> list[Detection]:
        """See verdicts; the event loop goes on meanwhile."""
        return await asyncio.to_thread(self.verdicts, asked, explain=explain)

    def _may_hold(self, case: Case) -> bool:
        return self._prefilter is None or self._prefilter.may_hold(case.category, case.content)

    def _detection(self, case: Case, said: Prediction | None) -> Detection:
        if said is None:
            return Detection(case.category, None)
        if self._calibrate is not None:
            said = self._calibrate(said, case)
        return Detection(
            case.category,
            said.is_sensitive,
            said.p_sensitive,
            said.confidence_score,
            said.explanation,
        )

    def _explained(self, cases: Sequence[Case], found: Sequence[Detection]) -> list[Detection]:
        if not isinstance(self._predictor, Explains):
            return list(found)
        return [
            replace(each, explanation=self._predictor.explain(case, True))
            if each.is_sensitive and not each.explanation
            else each
            for case, each in zip(cases, found, strict=True)
        ]


def readable(content: str) -> str:
    r"""Return `content` with lone surrogates, which no tokenizer takes, as U+FFFD.

    >>> readable("a\udc80b")
    'a\ufffdb'
    """
    try:
        content.encode()
    except UnicodeEncodeError:
        return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return content


def _nothing(category: str) -> Detection:
    return Detection(category, False, 0.0, 1.0, decided_by=PREFILTER)


def named(categories: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the descriptions of `categories`; raises UnknownName with the nearest one."""
    for name in categories:
        if name not in known:
            raise UnknownName("category", name, known)
    return {name: known[name] for name in categories}
