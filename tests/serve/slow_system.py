"""A system of a known slowness, with its own little faults."""

import time
from collections.abc import Iterator, Sequence

from piiforge.predict import Detector
from piiforge.types import Case, Prediction


class Slow:
    """A system that takes its time: sensitive is what holds "666". It remembers its batches."""

    def __init__(self, a_batch_s: float = 0.0, a_case_s: float = 0.0) -> None:
        self.batches: list[list[str]] = []
        self.closed = False
        self._a_batch_s = a_batch_s
        self._a_case_s = a_case_s

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        self.batches.append([case.content for case in cases])
        time.sleep(self._a_batch_s + self._a_case_s * len(cases))
        for case in cases:
            if "poison" in case.content:
                raise ValueError(f"could not read {case.content}")
            if "endless" not in case.content:
                found = "666" in case.content
                yield Prediction(case.id, found, 0.9 if found else 0.1)

    def timed(self, case: Case) -> Prediction:
        return next(self.predict([case]))

    def cues(self, _case: Case) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.closed = True

    def detector(self) -> Detector:
        return Detector("slow", self, ("ssn", "itin"))
