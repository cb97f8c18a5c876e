"""Adapting a model to a few labelled lines: a short round of verdict tuning, and what it gained.

The lines are parted into folds. For each fold the model is tuned on the others and judged on the
lines that it did not see; beside that stands what the model said before. Only a gain that the lines
bear is taken: then the model of the first fold, which the first fold judges, is merged.

    OUT/before.json     what the model said of each line as it was
    OUT/fold-1/data     the lines of the other folds as rows, and its own, to be judged by
    OUT/fold-1/run      the run (`train`); its `model` is what is taken
    OUT/adapted.json    what came of it; the last file

Every part is a file or folder that appears only when it is whole: `resume` goes on where it stood.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import evaluate, files, prompt, train
from piiforge.errors import AskedWrongly
from piiforge.rng import digest
from piiforge.types import Case, Verdict

FOLDS = 5
# Few steps at a small rate; explanations stay as they were, for such lines have none
PAIRS = ("epochs=3", "lr=1e-4", "batch=8", "checkpoints=1", "answers=0", "easy_first=false")
BEFORE, DONE = "before.json", "adapted.json"


@dataclass(frozen=True, slots=True)
class AdaptedModel:
    """What tuning on `lines` came to, on lines left out. `model` is None where nothing was taken.

    `losses` are mean log losses in nats, `right` shares of right verdicts: before and after. `gain`
    is how much lower the loss is, `low` to `high` its 95 % interval over groups.
    """

    lines: int
    losses: tuple[float, float]
    right: tuple[float, float]
    gain: float
    low: float
    high: float
    model: str | None

    def text(self) -> str:
        """Say what came of it."""
        left = (
            f"{self.lines} lines. On lines left out ({FOLDS} folds) the model's log loss is "
            f"{self.losses[0]:.3f} as it is, {self.losses[1]:.3f} tuned: {self.gain:+.3f} lower "
            f"({self.low:+.3f} to {self.high:+.3f}, 95 %); right verdicts {self.right[0]:.1%} and "
            f"{self.right[1]:.1%}."
        )
        if self.model is None:
            return f"{left} They bear no claim: the model stays as it is."
        return f"{left} The tuned model is in {self.model}."


def prepare(out: Path, *, force: bool) -> None:
    """Make room for a new `out`.

    Raises:
        FolderExists, AskedWrongly: it is there; see `files.refuse_folder`.
    """
    files.refuse_folder(out, "an adapted model", force=force, ours=_is_ours)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def _is_ours(out: Path) -> bool:
    """Say whether a run of ours wrote `out`; one that was stopped at once holds little."""
    begun = {"context.npz", BEFORE.replace(".json", ".log")}
    return (out / BEFORE).is_file() or {path.name for path in out.iterdir()} <= begun


def adapt(
    model: str,
    cases: Sequence[Case],
    descriptions: Mapping[str, str],
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    pairs: Sequence[str] = (),
    seed: int = 0,
    resume: bool = False,
) -> AdaptedModel:
    """Tune `model`, a folder or an id on the hub, on labelled lines; `descriptions` by category.

    `out` is what `prepare` made, or with `resume` what was begun. `pairs` are settings of the
    training, `key=value`, over PAIRS.

    Raises:
        AskedWrongly: a line without a label, too few of a label; or the model won't do.
        GateFailed: data, tokens, training or merge failed.
    """
    cases, pairs = _once(cases), (*PAIRS, *pairs)
    fold = evaluate.folds(cases, FOLDS, seed)
    truth = np.array([bool(case.label) for case in cases])
    for at in range(FOLDS):
        if len(set(truth[fold != at])) < 2:
            hint = "Label more lines, of both labels."
            raise AskedWrongly("Without a fifth of the lines only one label is left.", hint)
    before = _before(model, pairs, cases, descriptions, out, environment, teller)
    after = np.zeros(len(cases))
    for at in range(FOLDS):
        place = out / f"fold-{at + 1}"
        _write_rows(place / "data", cases, fold == at, descriptions)
        teller.say(f"Fold {at + 1} of {FOLDS}: without {(fold == at).sum()} lines.")
        asked = train.Asked(place / "data", model, pairs, "verdict")
        after[fold == at] = _tuned(asked, place, environment, teller, resume=resume)
    losses = [evaluate.log_loss(margins, truth) for margins in (before, after)]
    gain = evaluate.gain(losses[0], losses[1], evaluate.groups(cases))
    taken = out / "fold-1" / "run"
    if gain.is_borne:
        train.run(train.begun(taken), taken, environment, teller, resume=True)
    done = AdaptedModel(
        lines=len(cases),
        losses=(float(losses[0].mean()), float(losses[1].mean())),
        right=(float(((before > 0) == truth).mean()), float(((after > 0) == truth).mean())),
        gain=gain.mean,
        low=gain.low,
        high=gain.high,
        model=str(train.Run(taken).model) if gain.is_borne else None,
    )
    with files.draft(out / DONE) as part:
        files.write_json(part, asdict(done))
    return done


def _once(cases: Sequence[Case]) -> list[Case]:
    """Return the cases, none twice.

    Raises:
        AskedWrongly: a line has no label, or comes with both.
    """
    if any(case.label is None for case in cases):
        raise AskedWrongly("A line has no label.", "Give each `label`: true or false.")
    known: dict[tuple[str, str], Case] = {}
    for case in cases:
        first = known.setdefault((case.category, prompt.conceal(case.content)), case)
        if first.label != case.label:
            problem = f"{first.id!r} and {case.id!r} are one line with two labels."
            raise AskedWrongly(problem, "Keep the label that is right.")
    return list(known.values())


def _before(
    model: str,
    pairs: Sequence[str],
    cases: Sequence[Case],
    descriptions: Mapping[str, str],
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return what the model says as it is, log odds a line; from the file where it is there.

    Raises:
        AskedWrongly: the file is of other lines or of another model.
    """
    path = out / BEFORE
    asked_for = digest(model, *(f"{case.category} {case.label} {case.content}" for case in cases))
    if not path.is_file():
        asked = [prompt.question(case.category, descriptions[case.category], case.content)
                 for case in cases]  # fmt: skip
        log = out / "before.log"
        said = train.verdicts(
            model, asked, environment, pairs=pairs, objective="verdict", log=log,
            progress=teller.progress,
        )  # fmt: skip
        with files.draft(path) as part:
            files.write_json(part, {"asked": asked_for, "margins": said})
    told = files.read_json(path)
    if told["asked"] != asked_for:
        raise AskedWrongly(f"{out} was begun with other lines or another model.", "Take another.")
    return np.array(cast("list[float]", told["margins"]))


def _write_rows(
    folder: Path,
    cases: Sequence[Case],
    left_out: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    descriptions: Mapping[str, str],
) -> None:
    """Write a folder that can be trained from: train without the lines left out, val of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, wanted in (("train", ~left_out), ("val", left_out)):
        chosen = [case for case, is_in in zip(cases, wanted, strict=True) if is_in]
        files.write(folder / f"{split}.jsonl", (_row(case, descriptions) for case in chosen))
    files.write_json(folder / train.REGISTRY, train.registry(("train", "val")))


def _row(case: Case, descriptions: Mapping[str, str]) -> dict[str, str]:
    verdict = Verdict(bool(case.label), 0.95, "Labelled by hand.")
    return {
        "instruction": prompt.INSTRUCTION,
        "input": prompt.question(case.category, descriptions[case.category], case.content),
        "output": prompt.answer(verdict),
    }


def _tuned(
    asked: train.Asked,
    place: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    resume: bool,
) -> list[float]:
    """Tune without a fold; return what the tuned model says of its lines, log odds each."""
    where = train.Run(place / "run")
    again = resume and where.record.is_file()
    train.run(asked, where.folder, environment, teller, resume=again, merge=False)
    *_, last = files.read(where.margins)
    return cast("list[float]", last["margins"])
