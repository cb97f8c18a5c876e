"""Rows asked of a server chunk by chunk; what got no answer is counted and told at the end."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from piiforge.errors import GateFailed
from piiforge.types import Case, Prediction

Said = TypeVar("Said")
_CALLS_A_CHUNK = 8  # times those in flight: predictions come while others are still asked


def answered(
    cases: Sequence[Case],
    at_once: int,
    ask: Callable[[Sequence[Case]], Sequence[Said]],
    read: Callable[[Said], Prediction | None],
    reason: Callable[[Said], str],
) -> Iterator[Prediction]:
    """Yield what `read` makes of each answer; None is no answer, for `reason`.

    Raises:
        GateFailed: at the end, where some rows have no answer.
    """
    lost: Counter[str] = Counter()
    size = at_once * _CALLS_A_CHUNK
    for start in range(0, len(cases), size):
        for said in ask(cases[start : start + size]):
            prediction = read(said)
            if prediction is None:
                lost[reason(said)] += 1
            else:
                yield prediction
    if lost:
        reasons = ", ".join(f"{count} {why}" for why, count in lost.most_common())
        raise GateFailed(
            f"{lost.total()} of {len(cases)} rows have no answer: {reasons}.",
            "Run again with --resume; what was answered is kept.",
        )
