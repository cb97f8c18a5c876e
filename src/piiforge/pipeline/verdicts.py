"""Verdicts of a model folder over a split of a built folder, by the environment that trained it."""

from collections.abc import Sequence
from pathlib import Path

from piiforge import jsonl, predict, prompt, train
from piiforge.pipeline.cases import descriptions_of, read_cases
from piiforge.pipeline.predictions import record_of
from piiforge.types import Prediction


def write_verdicts(
    model: str,
    data: Path,
    split: str,
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    pairs: Sequence[str] = (),
    order: str = "category_first",
) -> None:
    """Ask a model for its verdict on each row, one pass a row, and write the predictions to `out`.

    `model` is a folder, or an id on the hub; `pairs` are the settings of its training. The file
    appears when every row has its answer, and is read by `read_predictions`.

    Raises:
        AskedWrongly: no such rows, or the model won't do.
        GateFailed: the model could not be asked.
    """
    cases = read_cases(data, split)
    words = descriptions_of(data)
    questions = [
        prompt.question(case.category, words[case.category], case.content, order=order)
        for case in cases
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    log = out.with_suffix(".log")
    margins = train.verdicts(
        model, questions, environment, pairs=pairs, log=log, progress=teller.progress
    )
    found = [
        Prediction(case.id, margin > 0, predict.probability(margin))
        for case, margin in zip(cases, margins, strict=True)
    ]
    draft = out.with_name(f".{out.name}.part")
    jsonl.write(draft, map(record_of, found))
    draft.replace(out)
    log.unlink(missing_ok=True)
