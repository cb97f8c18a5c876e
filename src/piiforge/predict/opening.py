"""From a predictor's name to the predictor."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge.errors import AskedWrongly, UnknownName
from piiforge.predict.decode import decode
from piiforge.predict.detector import Explains
from piiforge.predict.records import Predictor, Settings
from piiforge.types import Case, Prediction

KINDS = ("rules", "presidio", "chat:URL#MODEL", "server:URL#MODEL", "local:PATH", "pack:PATH")
_PRESIDIO = re.compile(r"presidio(?:@(?P<threshold>[01](?:\.\d{1,4})?))?")
_THRESHOLD = 0.4


def open(name: str, settings: Settings) -> Predictor:
    """Open the predictor called `name`: one of KINDS, or presidio@THRESHOLD (0 to 1).

    Raises:
        UnknownName: no such predictor.
        AskedWrongly: the model can't be used as it is, or a setting is not for this predictor.
        MissingExtra: presidio or local is not installed.
    """
    _refuse_idle(name, settings)
    predictor = _opened(name, settings)
    return Decoded(predictor) if settings.decode else predictor


@dataclass(frozen=True, slots=True)
class Decoded:
    """A predictor that is shown the decoded content."""

    inner: Predictor

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        return self.inner.predict([_decoded(case) for case in cases])

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. The decoding is part of the time."""
        began = time.perf_counter()
        shown = _decoded(case)
        decoding_ms = (time.perf_counter() - began) * 1000
        prediction = self.inner.timed(shown)
        if prediction is None or prediction.latency_ms is None:
            return prediction
        return replace(prediction, latency_ms=prediction.latency_ms + decoding_ms)

    def explain(self, case: Case, verdict: bool) -> str:
        """See Explains; "" where the inner one can't."""
        inner = self.inner
        return inner.explain(_decoded(case), verdict) if isinstance(inner, Explains) else ""

    def close(self) -> None:
        """See Predictor."""
        self.inner.close()


def _opened(name: str, settings: Settings) -> Predictor:
    if name == "rules":
        from piiforge.predict.rules import Rules

        return Rules()
    if found := _PRESIDIO.fullmatch(name):
        from piiforge.predict.presidio import Presidio

        threshold = float(found["threshold"] or _THRESHOLD)
        if threshold > 1:
            raise AskedWrongly("Presidio's threshold is over 1.", "Try presidio@0.5.")
        return Presidio(threshold)
    kind, _, rest = name.partition(":")
    if kind == "chat" and rest:
        from piiforge.predict.remote import Remote

        return Remote(_addressed(name, settings))
    if kind == "server" and rest:
        from piiforge.predict.server import Server

        return Server(_addressed(name, settings))
    if kind == "local" and rest:
        from piiforge.predict.local import Local

        return Local(Path(rest), settings)
    if kind == "pack" and rest:
        from piiforge import engine
        from piiforge.predict.packed import Packed

        return Packed(engine.read(Path(rest)))
    raise UnknownName("predictor", name, KINDS)


def _addressed(name: str, settings: Settings) -> Settings:
    """Return the settings with the URL and the model that KIND:URL#MODEL names."""
    kind, _, place = name.partition(":")
    url, sign, model = place.rpartition("#")
    if not sign or not model:
        # The name is not shown: a URL may hold a password.
        raise AskedWrongly(
            f"The address behind {kind}: names no model.", f"Write {kind}:URL#MODEL."
        )
    return replace(settings, remote=replace(settings.remote, base_url=url, model=model))


def _refuse_idle(name: str, settings: Settings) -> None:
    """Refuse a setting that this predictor would not read."""
    if settings.verdict_only and not name.startswith(("local:", "server:")):
        hint = "chat:URL#MODEL gives whole answers; ask it as server:URL#MODEL for verdicts alone."
        raise AskedWrongly("--verdict-only is for local:PATH and server:URL#MODEL.", hint)
    if settings.plain and not name.startswith("chat:"):
        raise AskedWrongly("--plain is for chat:URL#MODEL.", "The others send no JSON schema.")
    if settings.tokenizer and not name.startswith("server:"):
        raise AskedWrongly("--tokenizer is for server:URL#MODEL.", "The others have their own.")
    if settings.remote.budget_usd is not None and name.startswith("server:"):
        hint = "Its calls are in no journal, so no budget can be kept; chat:URL#MODEL keeps one."
        raise AskedWrongly("--budget is not for server:URL#MODEL.", hint)
    if settings.shots and not name.startswith(("chat:", "server:", "local:")):
        raise AskedWrongly("--shots is for chat, server and local.", "Rules read no examples.")
    if settings.shots and not settings.pool:
        raise AskedWrongly("--shots needs examples.", "Name a built folder with --shots-from.")


def _decoded(case: Case) -> Case:
    return replace(case, content=decode(case.content))
