"""From a system's name to a detector that is ready to be asked, with its calibration."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from piiforge import engine, predict
from piiforge.pipeline.cases import descriptions_of
from piiforge.pipeline.predicting import calibrated


def load(
    name: str | Path,
    *,
    categories: Iterable[str] = (),
    settings: predict.Settings | None = None,
    calibration: Path | None = None,
) -> predict.Detector:
    """Open what `name` names: one of `predict.KINDS`, such as "pack:FOLDER".

    `categories` narrows what may be asked (all without any); `calibration` is a file that
    `piiforge score --calibrate-from` wrote.

    Raises:
        UnknownName: no such system or category, with the nearest one.
        AskedWrongly: the model can't be used as it is.
        MissingExtra: what the system needs is not installed.
    """
    kind, _, place = str(name).partition(":")
    pack = engine.read(Path(place)) if kind == "pack" else None
    known = descriptions_of(Path()) if pack is None else pack.told.descriptions
    told = predict.named(tuple(categories) or known, known)
    if pack is None:
        predictor = predict.open(
            str(name), replace(settings or predict.Settings(), descriptions=told)
        )
    else:
        predictor = predict.Packed(pack)
        calibration = calibration or pack.calibration
    return predict.Detector(
        str(name), predictor, told, calibrate=calibrated(calibration) if calibration else None
    )
