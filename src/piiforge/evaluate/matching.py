"""Cases and predictions brought together by id, as arrays with one entry a case."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piiforge.errors import AskedWrongly
from piiforge.types import Case, Prediction

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LONGEST_ID = 80


@dataclass(frozen=True, slots=True)
class Answers:
    """What one system said of the cases, in their order. `p` is NaN where none was given."""

    system: str
    said: Bools
    parsed: Bools
    p: Floats
    latency_ms: Floats

    @property
    def ranks(self) -> bool:
        """Whether every case has a p_sensitive."""
        return bool(len(self.p)) and not np.isnan(self.p).any()


def match(
    cases: Sequence[Case],
    predictions: Iterable[Prediction],
    *,
    system: str = "predictions",
    threshold: float | None = None,
) -> Answers:
    """Return what `predictions` say of `cases`; with a threshold, p_sensitive decides the verdict.

    An answer that did not parse stays unparsed under a threshold too.

    Raises:
        AskedWrongly: a case without a prediction or with two, a prediction of no case, or a case
            without p_sensitive where a threshold is given. Names the system and the id.
    """
    found: dict[str, Prediction] = {}
    for prediction in predictions:
        if prediction.id in found:
            raise AskedWrongly(f"{system}: {shown(prediction.id)} has two predictions.",
                               "Every case is predicted once.")  # fmt: skip
        found[prediction.id] = prediction
    if missing := [case.id for case in cases if case.id not in found]:
        raise AskedWrongly(f"{system}: no prediction for {shown(missing[0])}{_more(missing)}.",
                           "Score the file and split that were predicted.")  # fmt: skip
    if len(found) > len(cases):
        known = {case.id for case in cases}
        strange = [name for name in found if name not in known]
        raise AskedWrongly(f"{system}: {shown(strange[0])} is no case{_more(strange)}.",
                           "Score the file and split that were predicted.")  # fmt: skip
    answers = _arrays(system, [found[case.id] for case in cases])
    return answers if threshold is None else _decided(answers, cases, threshold)


def gold(cases: Sequence[Case]) -> Bools:
    """Return the gold verdicts.

    Raises:
        AskedWrongly: no case at all, a case without a label, or two cases of one id.
    """
    if not cases:
        raise AskedWrongly("there is no case to score.", "Check the file and --split.")
    name, times = Counter(case.id for case in cases).most_common(1)[0]
    if times > 1:
        raise AskedWrongly(f"{times} cases have the id {shown(name)}.", "Give each its own id.")
    blank = [case.id for case in cases if case.label is None]
    if blank:
        raise AskedWrongly(f"case {shown(blank[0])} has no label{_more(blank)}.",
                           "Only labelled cases can be scored.")  # fmt: skip
    return np.array([case.label for case in cases], dtype=np.bool_)


def shown(name: str) -> str:
    """Return an id as an error message shows it, cut where it is long."""
    return repr(name if len(name) <= _LONGEST_ID else name[:_LONGEST_ID] + "…")


def _more(names: Sequence[str]) -> str:
    return f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""


def _arrays(system: str, said: Sequence[Prediction]) -> Answers:
    def floats(numbers: Iterable[float | None]) -> Floats:
        return np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)

    return Answers(
        system,
        np.array([bool(one.is_sensitive) for one in said], dtype=np.bool_),
        np.array([one.is_sensitive is not None for one in said], dtype=np.bool_),
        floats(one.p_sensitive for one in said),
        floats(one.latency_ms for one in said),
    )


def _decided(answers: Answers, cases: Sequence[Case], threshold: float) -> Answers:
    if not answers.ranks:
        lacking = cases[int(np.argmax(np.isnan(answers.p)))].id
        raise AskedWrongly(f"{answers.system}: {shown(lacking)} has no p_sensitive.",
                           "A threshold needs one for every case.")  # fmt: skip
    return Answers(
        answers.system, answers.p >= threshold, answers.parsed, answers.p, answers.latency_ms
    )
