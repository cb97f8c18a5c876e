"""From a system's name to a detector that is ready to be asked, with its calibration."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from piiforge import categories as known_categories
from piiforge import engine, evaluate, jsonl, predict
from piiforge.types import Case, Prediction

_MODELS = frozenset({"pack", "local", "server", "chat"})


def load(
    name: str | Path,
    *,
    categories: Iterable[str] = (),
    settings: predict.Settings | None = None,
    calibration: Path | None = None,
    prefilter: bool = True,
) -> predict.Detector:
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
    known = known_categories.descriptions() if pack is None else pack.told.descriptions
    told = predict.named(tuple(categories) or known, known)
    if pack is None:
        predictor = predict.open(str(name), replace(settings or _usual(kind), descriptions=told))
    else:
        predictor = predict.Packed(pack)
        calibration = calibration or pack.calibration
    return predict.Detector(
        _shown(str(name)),
        predictor,
        told,
        calibrate=calibrated(calibration) if calibration else None,
        prefilter=predict.Cascade() if prefilter and kind in _MODELS else None,
    )


def _usual(kind: str) -> predict.Settings:
    """Return how a system is asked that nothing was said of: by one pass, where it can."""
    return predict.Settings(verdict_only=kind == "local")


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
    calibration = evaluate.calibrate.read(jsonl.read_json(path))

    def apply(prediction: Prediction, case: Case) -> Prediction:
        (changed,) = evaluate.calibrate.apply(calibration, [case], [prediction])
        return changed

    return apply
