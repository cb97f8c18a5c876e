"""From a predictor's name to the predictor."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge import engine, evaluate
from piiforge.categories import descriptions
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.predict.cascade import Cascade
from piiforge.predict.detector import Detector, Explains, named
from piiforge.predict.packed import Packed
from piiforge.predict.records import Predictor, Settings
from piiforge.predict.rules import decode
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


# From a system's name to a detector that is ready to be asked, with its calibration.


_MODELS = frozenset({"pack", "local", "server", "chat"})


def load(
    name: str | Path,
    *,
    categories: Iterable[str] = (),
    settings: Settings | None = None,
    calibration: Path | None = None,
    prefilter: bool = True,
) -> Detector:
    """Open what `name` names: one of `predict.KINDS`, such as "pack:FOLDER".

    `categories` narrows what may be asked (all without any); `calibration` is a file that
    `piiforge score --calibrate-from` wrote. A model is asked only where `predict.Cascade` can't
    rule a category out, unless `prefilter` is off; rules and Presidio are always asked.

    Raises:
        UnknownName: no such system or category, with the nearest one.
        AskedWrongly: the model can't be used as it is.
        MissingExtra: what the system needs is not installed.
    """
    kind, _, place = str(name).partition(":")
    pack = engine.read(Path(place)) if kind == "pack" else None
    known = descriptions() if pack is None else pack.told.descriptions
    told = named(tuple(categories) or known, known)
    if pack is None:
        predictor = open(str(name), replace(settings or _usual(kind), descriptions=told))
    else:
        predictor = Packed(pack)
        calibration = calibration or pack.calibration
    return Detector(
        _shown(str(name)),
        predictor,
        told,
        calibrate=calibrated(calibration) if calibration else None,
        prefilter=Cascade() if prefilter and kind in _MODELS else None,
    )


def _usual(kind: str) -> Settings:
    """Return how a system is asked that nothing was said of: by one pass, where it can."""
    return Settings(verdict_only=kind == "local")


def _shown(name: str) -> str:
    """Return a system's name without the user and password that an address may hold.

    >>> _shown("server:http://me:secret@127.0.0.1/v1#m")
    'server:http://127.0.0.1/v1#m'
    """
    return re.sub(r"//[^/@#]*@", "//", name)


def calibrated(path: Path | None) -> Callable[[Prediction, Case], Prediction]:
    """Return what a stored calibration makes of each prediction; without one, the same."""
    if path is None:
        return lambda prediction, _case: prediction
    calibration = evaluate.calibrate.read(path)

    def apply(prediction: Prediction, case: Case) -> Prediction:
        (changed,) = evaluate.calibrate.apply(calibration, [case], [prediction])
        return changed

    return apply
