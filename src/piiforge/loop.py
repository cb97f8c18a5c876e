"""The loop: build, train, judge on validation, mine, build more, train again; the test at the end.

Every step leaves a file or folder that appears only when it is whole, so a loop that was stopped
goes on where it stood. Mistakes come back as quotas alone (`mined.yaml`), never as rows; the test
rows are asked once, after the last round, of every model in turn.

    OUT/asked.json             what was asked; a loop is taken up by the same alone
    OUT/data                   the data set; all rounds are judged on its validation and test rows
    OUT/round-1/run            the run; OUT/round-1/val.jsonl what its model said of validation
    OUT/round-1/mined.yaml     what the next round's data is made by
    OUT/round-2/data           new rows for that, and a replay of the first
    OUT/test/*.jsonl           what each model said of the test rows
    OUT/rounds.html, report.html, loop.json
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from piiforge import files, predict, prompt, train
from piiforge.build import build, build_again, is_built, verify
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.judge import (
    Judging,
    descriptions_of,
    mine_files,
    read_cases,
    score_files,
    write_mined,
    write_score_report,
)
from piiforge.recipe import Recipe, load_mined
from piiforge.types import Prediction

# Train: a built folder is proved once more, then a model is tuned on it.


def tune(
    asked: train.Asked,
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    resume: bool = False,
    force: bool = False,
) -> train.Record:
    """Verify the data folder, then tune, judge and merge; see `train.run`.

    Raises:
        AskedWrongly: the folder was not built, or what is asked won't do.
        VerifyFailed: the folder is not what its manifest says.
        GateFailed: data, tokens, training or merge failed.
    """
    verify(asked.data)
    return train.run(asked, out, environment, teller, resume=resume, force=force)


def training_text(made: train.Record, out: Path) -> str:
    """Tell what a run came to, in a few lines."""
    lines = [f"{out}: {made.rows['train.jsonl']} rows, {made.steps} steps on {made.machine}."]
    lines += [_line(one, made.best) for one in made.checkpoints]
    spent = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in made.seconds.items())
    lines.append(f"Took {spent}; {made.peak_gb:.1f} GB at most.")
    lines.append(f"The model is in {train.Run(out).model}.")
    return "\n".join(lines)


def _line(judged: train.Judged, best: int | None) -> str:
    auc = "none" if judged.auc is None else f"{judged.auc:.4f}"
    kept = "  kept" if judged.step == best else ""
    return (
        f"  step {judged.step}: accuracy {judged.accuracy:.4f}, AUC {auc}, "
        f"verdict loss {judged.loss:.4f} on {judged.rows} rows{kept}"
    )


def dry_run(asked: train.Asked, out: Path, environment: train.Environment | None) -> str:
    """Return the training file that a run would write. Proves the data folder, writes nothing."""
    verify(asked.data)
    return train.text(train.plan(asked, train.Run(out.absolute()), environment).made)


def taken_up(
    begun: train.Asked, folder: Path | None, model: str, pairs: Sequence[str]
) -> train.Asked:
    """Return what a run was asked, with what is said again; `train.run` refuses what differs."""
    return train.Asked(folder or begun.data, model or begun.model, tuple(pairs or begun.pairs))


# Verdicts of a model folder over a split of a built folder, by the environment that trained it.


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
    files.write(draft, map(asdict, found))
    draft.replace(out)
    log.unlink(missing_ok=True)


ZERO_SHOT = "zero-shot"
VAL, TEST = "val", "test"
ASKED = "asked.json"
_MINED_HINT = "Nothing is surely worse than the rest: stop here, or ask for more validation rows."


@dataclass(frozen=True, slots=True)
class Loop:
    """What to go round with. `mined_rows` are asked for after a round, `replay` rows a new row.

    `pairs` are settings of the training, `key=value`.
    """

    recipe: Recipe
    model: str
    rounds: int = 2
    pairs: tuple[str, ...] = ()
    mined_rows: int = 400
    replay: float = 1.0
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Looped:
    """What the loop came to: rounds made, and each system's measures on validation and test."""

    out: Path
    rounds: int
    note: str
    validation: Mapping[str, object] = field(default_factory=dict)
    test: Mapping[str, object] = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {
            "out": str(self.out),
            "rounds": self.rounds,
            "note": self.note,
            "validation": self.validation,
            "test": self.test,
        }


def loop(
    asked: Loop,
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    resume: bool = False,
    force: bool = False,
) -> Looped:
    """Go round, and judge every round's model and the untouched one on the test rows, once.

    Raises:
        FolderExists: `out` is there, and neither `resume` nor `force` is set.
        AskedWrongly: a setting or model won't do; what is resumed is not what was begun; or `force`
            would remove what is no loop.
        GateFailed: a step failed; `resume` takes it up again.
    """
    if asked.rounds < 1:
        raise AskedWrongly("A loop has one round or more.", "Set --rounds to 1 or more.")
    _begin(asked, out, resume=resume, force=force)
    work = _Work(asked, out, environment, teller)
    work.build()
    note = ""
    for number in range(1, asked.rounds + 1):
        if number > 1 and not work.build_more(number):
            note = _MINED_HINT
            break
        work.train(number)
        work.judge(number)
    done = Looped(out, work.done, note, work.compare(VAL), work.compare(TEST))
    files.write_json(out / "loop.json", done.record())
    return done


def _begin(asked: Loop, out: Path, *, resume: bool, force: bool) -> None:
    """Write down what is asked, so that nobody goes on with another loop's models."""
    record = out / ASKED
    if out.exists() and force:
        files.refuse_foreign(out, "a loop")
        shutil.rmtree(out)
    if out.exists() and not resume:
        raise FolderExists(out)
    wanted = {
        "model": asked.model,
        "settings": list(asked.pairs),
        "mined_rows": asked.mined_rows,
        "replay": asked.replay,
        "recipe": asked.recipe.model_dump(mode="json"),
    }
    begun = files.read_json(record) if record.is_file() else wanted
    other = [name for name, value in wanted.items() if begun.get(name) != value]
    if other:
        raise AskedWrongly(
            f"{out} was begun with another {', '.join(other)}.",
            "Ask as it was begun, or begin anew in another --out.",
        )
    out.mkdir(parents=True, exist_ok=True)
    files.write_json(record, wanted)


def looped_text(done: Looped) -> str:
    """Tell what a loop came to, a line a system and split."""
    lines = [f"{done.out}: {done.rounds} rounds. {done.note}".rstrip()]
    for split, judged in ((VAL, done.validation), (TEST, done.test)):
        for score in cast("list[Mapping[str, object]]", judged["scores"]):
            lines.append(f"  {split:4} {score['system']}: {_figures(score)}")
    return "\n".join(lines)


def _figures(score: Mapping[str, object]) -> str:
    overall = cast("Mapping[str, Mapping[str, float | None]]", score["overall"])
    named = {
        "F1": overall["f1"]["value"],
        "precision": overall["precision"]["value"],
        "recall": overall["recall"]["value"],
        "AUC": cast("Mapping[str, float | None]", score["roc_auc"])["value"],
        "twins": cast("Mapping[str, float | None]", score["pairs"])["value"],
    }
    return ", ".join(f"{name} {'–' if n is None else f'{n:.3f}'}" for name, n in named.items())


class _Work:
    """One loop under way in its folder."""

    def __init__(
        self, asked: Loop, out: Path, environment: train.Environment, teller: train.Teller
    ) -> None:
        self._asked, self._out, self._environment = asked, out, environment
        self._teller = teller
        self.done = 0

    @property
    def _data(self) -> Path:
        return self._out / "data"

    def _round(self, number: int) -> Path:
        return self._out / f"round-{number}"

    def _model(self, number: int) -> str:
        """Return the model that a round's run came to; that of round 0 is the untouched one."""
        if number == 0:
            return self._asked.model
        return str(train.Run(self._round(number) / "run").model)

    def build(self) -> None:
        """Build the data set, unless it is there."""
        recipe = self._asked.recipe
        if not is_built(self._data, recipe):
            workers = self._asked.workers
            build(recipe, self._data, workers=workers, force=True, progress=self._teller.progress)

    def build_more(self, number: int) -> bool:
        """Build a later round's data from the mistakes of the one before; say if there are any."""
        data = self._round(number) / "data"
        mined = self._round(number - 1) / "mined.yaml"
        if not mined.is_file():
            before = self._round(number - 1) / "val.jsonl"
            found = mine_files(self._data, before, split=VAL, rows=self._asked.mined_rows)
            write_mined(found, mined, split=VAL)
        if not load_mined(mined).cells:
            return False
        recipe = self._asked.recipe.model_copy(update={"mined": str(mined)})
        if not is_built(data, recipe):
            build_again(
                recipe, self._data, data, replay=self._asked.replay, workers=self._asked.workers,
                force=True, progress=self._teller.progress,
            )  # fmt: skip
        return True

    def train(self, number: int) -> None:
        """Tune the model of the round before on this round's data, unless that is done."""
        run = train.Run(self._round(number) / "run")
        if not run.model.is_dir():
            data = self._data if number == 1 else self._round(number) / "data"
            asked = train.Asked(data, self._model(number - 1), self._asked.pairs)
            begun = run.record.is_file()
            tune(asked, run.folder, self._environment, self._teller, resume=begun, force=not begun)
        self.done = number

    def judge(self, number: int) -> None:
        """Ask a round's model about the validation rows, unless that is done."""
        self._ask(self._model(number), VAL, self._round(number) / "val.jsonl")

    def compare(self, split: str) -> dict[str, object]:
        """Score every model on a split, write the page, return the measures by system."""
        said = {name: self._said(split, name, number) for number, name in self._systems()}
        judged = score_files(
            Judging(self._data, tuple(said.values()), tuple(said), split=split, draws=1000)
        )
        page = "report.html" if split == TEST else "rounds.html"
        write_score_report(judged, self._out / page, force=True)
        return judged.record()

    def _systems(self) -> list[tuple[int, str]]:
        rounds = [(number, f"round {number}") for number in range(1, self.done + 1)]
        return [(0, ZERO_SHOT), *rounds]

    def _said(self, split: str, name: str, number: int) -> Path:
        """Return what a model said of a split, asking it where it was not asked yet."""
        if split == VAL and number:
            return self._round(number) / "val.jsonl"
        path = self._out / split / f"{name.replace(' ', '-')}.jsonl"
        self._ask(self._model(number), split, path)
        return path

    def _ask(self, model: str, split: str, out: Path) -> None:
        if not out.is_file():
            first = "content_first"
            order = first if self._asked.recipe.order == first else "category_first"
            write_verdicts(
                model, self._data, split, out, self._environment, self._teller,
                pairs=self._asked.pairs, order=order,
            )  # fmt: skip
