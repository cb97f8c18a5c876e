"""`server:URL#MODEL`: one pass a verdict, from any OpenAI-compatible server that shows odds.

The decision is the answer's first value, so a prefill and one token give it: the server is asked
how likely true and false are behind the answer's fixed beginning. How that is put to it is found
out when the predictor is opened (`server_probe`).

Nothing is journaled: what is asked and answered stands nowhere but in the predictions.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from piiforge import chat, prompt
from piiforge.predict.asking import messages, read
from piiforge.predict.local_verdict import probability
from piiforge.predict.records import Settings
from piiforge.predict.remote_rows import answered
from piiforge.predict.server_odds import HALF, odds
from piiforge.predict.server_probe import Prober
from piiforge.types import Case, Prediction

LOG = logging.getLogger(__name__)
LASTING = frozenset({"refused", "rejected"})


class Server:
    """A model behind a server, asked for verdicts alone.

    A row has no verdict where true and false together have less than half of the probability (the
    model would write something else) and where the server rejects it (a content over its context).
    A call that failed on the way is no prediction; what is missing can be asked again.
    """

    def __init__(self, settings: Settings) -> None:
        """Find out how the server is asked: a handful of calls with a sample of our own.

        Raises:
            AskedWrongly: settings that can't work, a server that can't be used, or one that shows
                no probabilities.
            MissingExtra: the `openai` package is not installed.
        """
        self._settings = settings
        self._client = chat.Continuer(settings.remote)
        self._undecided: Counter[str] = Counter()
        try:
            self.manner = Prober(self._client, settings).find()
        except BaseException:
            self._client.close()
            raise
        LOG.info("%s is asked by %s", chat.shown_url(settings.remote), self.manner.note)

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        at_once = self._settings.remote.most_at_once
        return answered(cases, at_once, self._ask, self._prediction, lambda each: each.reason)

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. Retries and the waits between them count: the asker waits for them."""
        began = time.perf_counter()
        (continued,) = self._ask([case])
        took_ms = (time.perf_counter() - began) * 1000
        prediction = self._prediction(continued)
        return None if prediction is None else replace(prediction, latency_ms=took_ms)

    def explain(self, case: Case, verdict: bool) -> str:
        """Return the explanation that the model writes behind `verdict`, "" where it writes none.

        Where an answer can't be begun for the model, it is one whose verdict may differ: then "".
        """
        begun = f"{prompt.ANSWER_PREFIX} {str(verdict).lower()}"
        asked = self.manner.go_on(case.id, self._turns(case), begun, self._settings.most_new_tokens)
        (said,) = self._client.ask([asked])
        whole = said.text if said.text.startswith(asked.begun) else asked.begun + said.text
        found = read(case.id, whole, lenient=True)
        return found.explanation if found.is_sensitive is verdict else ""

    def close(self) -> None:
        """See Predictor."""
        undecided = ", ".join(f"{count} {why}" for why, count in self._undecided.most_common())
        LOG.info("%d calls; rows without a verdict: %s", self._client.calls, undecided or "none")
        self._client.close()

    def _ask(self, cases: Sequence[Case]) -> list[chat.Continued]:
        return self._client.ask([self.manner.verdict(case.id, self._turns(case)) for case in cases])

    def _turns(self, case: Case) -> tuple[chat.Message, ...]:
        return messages(case, self._settings, self.manner.system)

    def _prediction(self, said: chat.Continued) -> Prediction | None:
        if said.reason:
            return self._without(said, said.reason) if said.reason in LASTING else None
        found = odds(said.tokens, said.asked.begun)
        if found is None or found.mass < HALF:
            return self._without(said, "undecided")
        p = probability(found.margin)
        return Prediction(said.asked.name, found.margin > 0, p, max(p, 1 - p))

    def _without(self, said: chat.Continued, why: str) -> Prediction:
        self._undecided[why] += 1
        return Prediction(said.asked.name, None)
