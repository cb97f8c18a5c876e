"""From a system's name to a detector that is ready to be asked, with its calibration."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from piiforge import predict
from piiforge.pipeline.cases import descriptions_of
from piiforge.pipeline.predicting import calibrated


def load(
    name: str | Path,
    *,
    categories: Iterable[str] = (),
    settings: predict.Settings | None = None,
    calibration: Path | None = None,
) -> predict.Detector:
    """Open what `name` names: one of `predict.KINDS`.

    `categories` narrows what may be asked (all without any); `calibration` is a file that
    `piiforge score --calibrate-from` wrote.

    Raises:
        UnknownName: no such system or category, with the nearest one.
        AskedWrongly: the model can't be used as it is.
        MissingExtra: what the system needs is not installed.
    """
    known = descriptions_of(Path())
    told = predict.named(tuple(categories) or known, known)
    asked = replace(settings or predict.Settings(), descriptions=told)
    predictor = predict.open(str(name), asked)
    return predict.Detector(
        str(name), predictor, told, calibrate=calibrated(calibration) if calibration else None
    )
