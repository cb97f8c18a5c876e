"""`chat:URL#MODEL`: any OpenAI-compatible server, zero-shot, few-shot or fine-tuned."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from piiforge import chat
from piiforge.errors import AskedWrongly, GateFailed
from piiforge.predict.ask import SCHEMA, messages, read
from piiforge.predict.records import Settings
from piiforge.types import Case, Prediction

# Rows asked of a server chunk by chunk; what got no answer is counted and told at the end.


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


LOG = logging.getLogger(__name__)
LASTING = frozenset({"truncated", "refused"})


class Remote:
    """A model behind a server. What the journal has is not asked again.

    An answer that came but can't be read, was cut at the token limit or was refused is a prediction
    without a verdict. A call that failed on the way is none: it is asked again by the next run.
    """

    def __init__(self, settings: Settings) -> None:
        """Open the journal; nothing is sent yet.

        Raises:
            AskedWrongly: no journal, no key where one is needed, settings that can't work.
        """
        if settings.journal is None:
            hint = "Name the file that keeps paid answers in Settings.journal."
            raise AskedWrongly("A remote model needs a journal.", hint)
        self._settings = settings
        self._client = chat.connect(settings.remote, settings.journal)

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        at_once = self._settings.remote.most_at_once
        return answered(cases, at_once, self._outcomes, self._prediction, lambda each: each.reason)

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. Retries and the waits between them count: the asker waits for them."""
        self._client.probe()
        began = time.perf_counter()
        (outcome,) = self._outcomes([case])
        took_ms = (time.perf_counter() - began) * 1000
        prediction = self._prediction(outcome)
        if prediction is None or outcome.answer is None or outcome.answer.cached:
            return prediction
        return replace(prediction, latency_ms=took_ms)

    def close(self) -> None:
        """See Predictor."""
        spent = self._client.spent
        LOG.info("%d calls, %d retries, %s dollars", spent.calls, spent.retries, spent.usd)
        self._client.close()

    def _outcomes(self, cases: Sequence[Case]) -> list[chat.Outcome]:
        outcomes: list[chat.Outcome] = []
        self._client.ask([self._request(case) for case in cases], outcomes.append)
        return outcomes

    def _request(self, case: Case) -> chat.Request:
        turns = messages(case, self._settings, self._settings.system or "")
        schema = None if self._settings.plain else SCHEMA
        return chat.Request(
            case.id, turns, schema=schema, max_tokens=self._settings.most_new_tokens
        )

    def _prediction(self, outcome: chat.Outcome) -> Prediction | None:
        if outcome.answer is not None:
            text = outcome.answer.text
            return read(outcome.request.name, text, lenient=self._settings.lenient)
        if outcome.reason in LASTING:
            return Prediction(outcome.request.name, None)
        return None
