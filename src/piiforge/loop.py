"""Training on a built folder, and the loop around it: build, train, judge, mine, build more.

`tune` trains once. `loop` goes round: every round's mistakes on validation set the quotas of the
next one's data (`mined.yaml`), never its rows; the test rows are asked once, after the last round,
of every model in turn. Every step leaves a file or folder that appears only when it is whole, so a
loop that was stopped goes on where it stood.

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
from typing import Annotated, cast

from piiforge import build, files, judge, predict, prompt, train
from piiforge.errors import AskedWrongly
from piiforge.recipe import Recipe, load_mined
from piiforge.types import TEST, VAL, Option, Prediction

ZERO_SHOT = "zero-shot"
ASKED = "asked.json"
_MINED_HINT = "Nothing is surely worse than the rest: stop here, or ask for more validation rows."


@dataclass(frozen=True, slots=True)
class Loop:
    """What to go round with. `mined_rows` are asked for after a round, `replay` rows a new row.

    `pairs` are settings of the training, `key=value`; `objective` is that of `train`.
    """

    recipe: Recipe
    model: Annotated[str, Option("A model folder, or an id on the hub.", flag="--model -m")]
    rounds: Annotated[int, Option("Rounds.", least=1)] = 2
    pairs: Annotated[
        tuple[str, ...],
        Option(
            "key=value of the training, such as epochs=1; repeat it.", flag="--set", default="none"
        ),
    ] = ()
    objective: Annotated[str, Option("What is learned: answer or verdict.")] = "answer"
    mined_rows: Annotated[int, Option("New rows asked for after a round.", least=2)] = 400
    replay: Annotated[
        float, Option("Rows of the first round that come along for a new one.", least=0)
    ] = 1.0
    workers: Annotated[int, Option("Processes; 0 is one a core.", least=0)] = 0


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
        return asdict(self) | {"out": str(self.out)}


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
    if not resume:
        train.refuse_folder(out, force=force)
    build.verify(asked.data)
    return train.run(asked, out, environment, teller, resume=resume, force=force)


def dry_run(
    asked: train.Asked, out: Path, environment: train.Environment | None
) -> tuple[str, str]:
    """Return name and text of the file that a run would be trained by.

    Proves the data folder, writes nothing.
    """
    build.verify(asked.data)
    return train.shown(train.plan(asked, train.Run(out.absolute()), environment))


def taken_up(
    begun: train.Asked, folder: Path | None, model: str, pairs: Sequence[str], objective: str
) -> train.Asked:
    """Return what a run was asked, with what is said again; `train.run` refuses what differs."""
    said, objective = tuple(pairs or begun.pairs), objective or begun.objective
    return train.Asked(folder or begun.data, model or begun.model, said, objective)


def training_text(made: train.Record, out: Path) -> str:
    """Tell what a run came to, in a few lines."""
    steps = f"{made.step} of {made.steps}" if made.stopped_early else str(made.steps)
    lines = [f"{out}: {made.rows['train.jsonl']} rows, {steps} steps on {made.machine}."]
    for one in made.checkpoints:
        auc = "none" if one.auc is None else f"{one.auc:.4f}"
        kept = "  kept" if one.step == made.best else ""
        lines.append(
            f"  step {one.step}: accuracy {one.accuracy:.4f}, AUC {auc}, "
            f"verdict loss {one.loss:.4f} on {one.rows} rows{kept}"
        )
    spent = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in made.seconds.items())
    lines.append(f"Took {spent}; {made.peak_gb:.1f} GB at most.")
    lines.append(f"The model is in {train.Run(out).model}.")
    return "\n".join(lines)


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
    if asked.recipe.format != train.ALPACA:
        raise AskedWrongly("A loop trains from alpaca rows.", "Leave format=alpaca.")
    _begin(asked, out, environment, resume=resume, force=force)
    work = _Work(asked, out, environment, teller)
    work.build()
    note = ""
    for number in range(1, asked.rounds + 1):
        if number > 1 and not work.build_more(number):
            note = _MINED_HINT
            break
        work.train(number)
    done = Looped(out, work.done, note, work.compare(VAL), work.compare(TEST))
    files.write_json(out / "loop.json", done.record())
    return done


def _begin(
    asked: Loop, out: Path, environment: train.Environment, *, resume: bool, force: bool
) -> None:
    """Write down what is asked, so that nobody goes on with another loop's models.

    The model is looked for before anything is written, built or taken away.
    """
    record = out / ASKED
    if force or not resume:
        ours = record.is_file() and files.is_ours(out)
        files.refuse_folder(out, "a loop", force=force, ours=lambda _: ours)
    wanted = {
        "model": asked.model,
        "settings": list(asked.pairs),
        "objective": asked.objective,
        "mined_rows": asked.mined_rows,
        "replay": asked.replay,
        "recipe": asked.recipe.model_dump(mode="json"),
    }
    known = record.is_file() and not force
    begun = {"objective": "answer"} | files.read_json(record) if known else wanted
    other = [name for name, value in wanted.items() if begun.get(name) != value]
    if other:
        raise AskedWrongly(
            f"{out} was begun with another {', '.join(other)}.",
            "Ask as it was begun, or begin anew in another --out.",
        )
    train.refuse_no_model(asked.model, environment)
    if out.exists() and force:
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    files.write_json(record, wanted)


@dataclass(slots=True)
class _Work:
    """One loop under way in its folder. `done` are the rounds trained so far."""

    asked: Loop
    out: Path
    environment: train.Environment
    teller: train.Teller
    done: int = 0

    def build(self) -> None:
        """Build the data set, unless it is there."""
        recipe, workers = self.asked.recipe, self.asked.workers
        if not build.is_built(self.out / "data", recipe):
            told = self.teller.progress
            build.build(recipe, self.out / "data", workers=workers, force=True, progress=told)

    def build_more(self, number: int) -> bool:
        """Build a later round's data from the mistakes of the one before; say if there are any."""
        asked, before, data = self.asked, self._round(number - 1), self._round(number) / "data"
        mined = before / "mined.yaml"
        if not mined.is_file():
            said = before / "val.jsonl"
            found = judge.mine_files(self.out / "data", said, split=VAL, rows=asked.mined_rows)
            judge.write_mined(found, mined, split=VAL)
        if not load_mined(mined).cells:
            return False
        recipe = asked.recipe.model_copy(update={"mined": str(mined)})
        if not build.is_built(data, recipe):
            build.build_again(
                recipe, self.out / "data", data, replay=asked.replay, workers=asked.workers,
                force=True, progress=self.teller.progress,
            )  # fmt: skip
        return True

    def train(self, number: int) -> None:
        """Tune the model of the round before on this round's data, unless that is done; judge it.

        Judged is what it says of the validation rows of the first round.
        """
        run = train.Run(self._round(number) / "run")
        if not run.model.is_dir():
            data = self.out / "data" if number == 1 else self._round(number) / "data"
            model, objective = self._model(number - 1), self.asked.objective
            asked = train.Asked(data, model, self.asked.pairs, objective)
            begun = run.record.is_file()
            tune(asked, run.folder, self.environment, self.teller, resume=begun, force=not begun)
        self.done = number
        self._ask(number, VAL, self._round(number) / "val.jsonl")

    def compare(self, split: str) -> dict[str, object]:
        """Score every model on a split, write the page, return the measures by system.

        A model that was not asked about the split yet is asked now.
        """
        said: dict[str, Path] = {}
        for number in range(self.done + 1):
            name = f"round {number}" if number else ZERO_SHOT
            said[name] = self.out / split / f"{name.replace(' ', '-')}.jsonl"
            if split == VAL and number:
                said[name] = self._round(number) / "val.jsonl"
            self._ask(number, split, said[name])
        files_of = tuple(said.values())
        judged = judge.score_files(
            judge.Judging(self.out / "data", files_of, tuple(said), split=split, draws=1000)
        )
        page = "report.html" if split == TEST else "rounds.html"
        judge.write_score_report(judged, self.out / page, rounds=True, force=True)
        return judged.record()

    def _round(self, number: int) -> Path:
        return self.out / f"round-{number}"

    def _model(self, number: int) -> str:
        """Return the model that a round's run came to; that of round 0 is the untouched one."""
        return str(train.Run(self._round(number) / "run").model) if number else self.asked.model

    def _ask(self, number: int, split: str, out: Path) -> None:
        """Ask a round's model for its verdict on each row, one pass a row, unless that is done."""
        if out.is_file():
            return
        cases, words = (
            judge.read_cases(self.out / "data", split),
            judge.descriptions_of(self.out / "data"),
        )
        order = self.asked.recipe.order
        if order == "both":
            order = "category_first"
        questions = [
            prompt.question(case.category, words[case.category], case.content, order=order)
            for case in cases
        ]
        out.parent.mkdir(parents=True, exist_ok=True)
        pairs, log, told = self.asked.pairs, out.with_suffix(".log"), self.teller.progress
        margins = train.verdicts(
            self._model(number), questions, self.environment,
            pairs=pairs, objective=self.asked.objective, log=log, progress=told,
        )  # fmt: skip
        with files.draft(out) as part:
            judged = zip(cases, margins, strict=True)
            said = (Prediction(it.id, odds > 0, predict.probability(odds)) for it, odds in judged)
            files.write(part, map(asdict, said))
        log.unlink(missing_ok=True)


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
