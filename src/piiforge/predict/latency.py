"""How long one answer takes, asked alone by a system that is warm."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from piiforge.predict.records import Predictor
from piiforge.types import Case, Prediction

WARM_UP = 3


def timed(predictor: Predictor, cases: Sequence[Case]) -> Iterator[Prediction]:
    """Judge `cases` one by one, with `latency_ms`; the first WARM_UP answers carry none.

    A case without an answer is left out, to be asked again with the rest.
    """
    for number, case in enumerate(cases):
        prediction = predictor.timed(case)
        if prediction is None:
            continue
        yield replace(prediction, latency_ms=None) if number < WARM_UP else prediction


def clocked(judge: Callable[[Case], Prediction], case: Case) -> Prediction:
    """Return what `judge` says of `case`, with the milliseconds that it took."""
    began = time.perf_counter()
    prediction = judge(case)
    return replace(prediction, latency_ms=(time.perf_counter() - began) * 1000)
