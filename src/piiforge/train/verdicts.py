"""Verdicts of a plain model folder by the environment that trains: nobody needs a second torch."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from piiforge import jsonl, prompt
from piiforge.train import judge, machine, settings
from piiforge.train.environment import Environment
from piiforge.train.planning import model_of
from piiforge.train.workers import Progress


def verdicts(
    model: str,
    questions: Sequence[str],
    environment: Environment,
    *,
    pairs: Sequence[str] = (),
    log: Path,
    progress: Progress,
) -> list[float]:
    """Return the log odds of true against false for each of `questions`, in one pass a question.

    `model` is a folder, or an id on the hub; a question is what `prompt.question` returns. Of
    `pairs` only template, system and profile matter: give those of the training.

    Raises:
        AskedWrongly: the model, its family or a setting won't do.
        GateFailed: the model could not be asked; `log` has what was printed.
    """
    wanted = settings.read(pairs)
    found, family = model_of(model, wanted, environment)
    profile = machine.profile(wanted.profile)
    with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
        file = Path(work) / "questions.jsonl"
        rows = ({"instruction": prompt.INSTRUCTION, "input": question} for question in questions)
        jsonl.write(file, rows)
        bench = judge.Bench(
            found.folder, file, len(questions), family.system, gpu=profile.gpu, bf16=profile.bf16
        )
        return judge.margins(environment, bench, None, log=log, progress=progress)
