"""A run from end to end: prove, train, judge, merge, prove again. Each part can be resumed.

    run.json          what was asked, on what, with what, and what came of it so far (`Record`)
    train.yaml        what LLaMA-Factory trains by; merge.yaml, what it merges by
    verdict.json      with the objective "verdict", in place of train.yaml: what `verdict.py` asks
    checkpoints/      the trainer's own output: adapters, optimiser, its log of steps
    margins.jsonl     what each checkpoint said of each row of validation
    model/            the merged model; appears only when all else has passed

The merge is made in fp32, rounded once to the type of the model that was given, and looked at as
any model is: it must pass the proof of tokens with its own tokenizer and chat template, and judge
as its adapter did.

Checkpoints are judged by their verdicts: the mean loss of an answer hides an undecided classifier,
since most of its tokens are the same in every row. So each is asked for the log odds of true
against false, the one token that decides, and the one with the most right verdicts is kept.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import __version__, files, prompt
from piiforge.errors import AskedWrongly, GateFailed
from piiforge.train import data, settings
from piiforge.train import environment as lf
from piiforge.train.data import Data, Model
from piiforge.train.environment import Environment, Worker
from piiforge.train.settings import ANSWER, VERDICT, Scalar
from piiforge.types import Progress, Verdict

DEFAULT_CUTOFF = 512
LEAST_AGREEMENT = 0.99  # share of decided verdicts that rounding may leave as they were
DECIDED = 0.5  # nats from even odds: nearer, rounding to bf16 alone may turn a verdict
JUDGED_AGAIN = 200  # rows
YES, NO = (prompt.answer(Verdict(label, 0.5, ".")) for label in (True, False))
ROWS_AT_A_TIME = {"cpu": 8, "gpu": 64}
_BATCH = ("per_device_train_batch_size", "gradient_accumulation_steps")
_HEAD = '{\n  "objective": "verdict",'  # how verdict.json begins
_NAMES_SHOWN = 4000  # bytes of the log's end that are searched for an error's name


class Run:
    """A run's folder: what lies where."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "run.json"
        self.training = folder / "train.yaml"
        self.tuning = folder / "verdict.json"
        self.merging = folder / "merge.yaml"
        self.checkpoints = folder / "checkpoints"
        self.margins = folder / "margins.jsonl"
        self.model = folder / "model"
        self.draft = folder / ".model.part"  # the merged model before it has passed
        self.fp32 = folder / "base"  # the model to be tuned, seen as fp32; links, no copy
        self.log = folder / "llamafactory.log"  # what LLaMA-Factory and the worker printed
        self.cache = folder / ".cache"  # of the data sets library; removed at the end


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks: a data folder, a model (folder, or id on the hub), `key=value` pairs.

    `objective` is what is learned: the whole "answer", by LLaMA-Factory's loop, or the "verdict",
    by ours.
    """

    data: Path
    model: str
    pairs: Sequence[str] = ()
    objective: str = ANSWER


@dataclass(frozen=True, slots=True)
class Teller:
    """How a run talks: a bar's text, done and total; and sentences."""

    progress: Progress
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run stands on. `made` is the training file, `loop` what our loop adds to it."""

    asked: Asked
    data: Data
    model: Model
    profile: settings.Profile
    made: dict[str, Scalar]
    loop: dict[str, Scalar]

    @property
    def settings(self) -> dict[str, Scalar]:
        """What the run is set to: a resume may not change it."""
        return self.made | self.loop


@dataclass(frozen=True, slots=True)
class Bench:
    """What is judged with: a model folder, the first `rows` of a file, the machine's type."""

    model: str
    file: str
    rows: int
    system: str
    gpu: bool
    bf16: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A checkpoint over the rows of validation.

    `accuracy` is the share of right verdicts at odds of one; `auc` is None where all rows are of
    one label; `loss` is the mean log loss of the verdict in nats (chance: 0.693).
    """

    step: int
    rows: int
    accuracy: float
    auc: float | None
    loss: float


@dataclass(frozen=True, slots=True)
class Record:
    """A run. `state` is the first part of it that is not finished; `seconds` is wall time by part.

    `manifest` is the SHA-256 of the data folder's manifest; `loss` has (step, loss) pairs, a loss
    that was not a number as None; `checkpoints` are judged on validation and `best` is the step of
    the one that was merged. Memory is in 10^9 bytes: the most that one process of the trainer held,
    and of the GPU.
    """

    model: str
    data: str
    manifest: str
    rows: Mapping[str, int]
    asked: tuple[str, ...]
    settings: Mapping[str, Scalar]
    versions: Mapping[str, str]
    machine: str
    parity: Mapping[str, int]
    state: str = "training"
    step: int = 0
    steps: int = 0
    loss: tuple[tuple[int, float | None], ...] = ()
    checkpoints: tuple[Judged, ...] = ()
    best: int | None = None
    merged: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_gb: float = 0.0
    peak_vram_gb: float | None = None
    objective: str = ANSWER

    @property
    def stopped_early(self) -> bool:
        """Whether validation stopped rising before the last step."""
        return self.state not in {"training", "judging"} and self.step < self.steps

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with files.draft(path) as part:
            files.write_json(part, asdict(self))


def read(path: Path) -> Record:
    """Read a run's record.

    Raises:
        AskedWrongly: there is none, or it is not one.
    """
    if not path.is_file():
        raise AskedWrongly(f"{path.parent} is no run: it has no {path.name}.", "Check --out.")
    return files.parsed(files.read_json(path), Record, path, hint="Was it changed by hand?")


def begun(out: Path) -> Asked:
    """Return what a run was asked, to take it up again.

    Raises:
        AskedWrongly: there is no run.
    """
    told = read(out / "run.json")
    return Asked(Path(told.data), told.model, told.asked, told.objective)


def plan(asked: Asked, where: Run, environment: Environment | None) -> Plan:
    """Make the plan. Writes nothing; an id on the hub is fetched into the hub's own cache.

    Raises:
        AskedWrongly: a setting, the model or its family won't do; says what would.
        GateFailed: the data must not be trained on.
    """
    wanted = settings.read(asked.pairs, asked.objective)
    model = _model(asked.model, environment)
    family = settings.family(wanted, model.chat_template, asked.model)
    found = data.read(asked.data)
    profile = settings.profile(wanted.profile)
    as_it_is = profile.bf16 or model.dtype == "float32"
    ground = settings.Ground(
        model=model.folder if as_it_is else where.fp32,  # see `data.in_fp32`
        data=found.folder,
        output=where.checkpoints,
        family=family,
        cutoff=wanted.cutoff or found.cutoff or DEFAULT_CUTOFF,
        profile=profile,
    )
    made, loop = settings.training(wanted, ground), settings.of_the_loop(wanted)
    return Plan(asked, found, model, profile, made, loop)


def shown(planned: Plan) -> tuple[str, str]:
    """Return the name of the file that a run is trained by, and its text, rows left out."""
    where = Run(Path())
    if not planned.loop:
        return where.training.name, settings.text(planned.made)
    told = {key: value for key, value in tuning(planned).items() if key != "about"}
    return where.tuning.name, json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def tuning(planned: Plan) -> dict[str, object]:
    """Return all that `verdict.py` asks; see `Tuning` there."""
    made, folder = planned.made, planned.data.folder
    rows, passes = (cast("int", made[key]) for key in _BATCH)
    return {
        "objective": VERDICT,
        "model": made["model_name_or_path"],
        "train": str(folder / "train.jsonl"),
        "val": str(folder / "val.jsonl"),
        "output": made["output_dir"],
        "system": made["default_system"],
        "true": YES,
        "false": NO,
        "bf16": planned.profile.bf16,
        "gpu": planned.profile.gpu,
        "seed": made["seed"],
        "epochs": made["num_train_epochs"],
        "lr": made["learning_rate"],
        "rank": made["lora_rank"],
        "alpha": made["lora_alpha"],
        "batch": rows * passes,
        "rows": rows,
        **planned.loop,
        "about": data.about(folder),
    }


def _model(name: str, environment: Environment | None) -> Model:
    """Look at a model, fetched where it is an id on the hub."""
    if data.is_folder(name):
        return data.look(Path(name).expanduser().absolute())
    if environment is None:
        raise AskedWrongly(
            f"{name} has to be fetched, and that takes the environment.",
            "Run `piiforge train --setup`, or give a local folder.",
        )
    (reply,) = Worker(environment, Path(os.devnull)).ask("fetch", {"model": name}, offline=False)
    if "failed" in reply:
        raise AskedWrongly(
            f"Model {name} could not be fetched ({reply['failed']}).",
            "Check its name, your network and, for a gated one, your access; or give a folder.",
        )
    return data.look(Path(str(reply["folder"])))


def refuse_no_model(name: str, environment: Environment) -> None:
    """Raise where a model can't be trained, so that no work is done in vain; an id is fetched.

    Raises:
        AskedWrongly: it is not there, could not be fetched, or is none that can be tuned.
    """
    _model(name, environment)


def run(
    asked: Asked,
    out: Path,
    environment: Environment,
    teller: Teller,
    *,
    resume: bool = False,
    force: bool = False,
    merge: bool = True,
) -> Record:
    """Tune, judge and merge; return the record, which is also in the run's folder.

    Without `merge` it ends when the checkpoints are judged; a resume with it goes on from there.

    Raises:
        FolderExists: `out` is there, and neither `resume` nor `force` is set.
        AskedWrongly: the settings, the model or the environment won't do; or what is resumed is
            not what was begun.
        GateFailed: data, tokens, training or merge failed; says what to do.
    """
    where = Run(out.expanduser().absolute())
    if not resume:
        refuse_folder(where.folder, force=force)
    planned = plan(asked, where, environment)
    if resume:
        _refuse_other(read(where.record), planned, where)
    elif where.folder.exists():
        with lf.locked(where.folder):
            shutil.rmtree(where.folder)
    where.folder.mkdir(parents=True, exist_ok=True)
    with lf.locked(where.folder) as lock:
        data.in_fp32(planned.model, where.fp32)
        worker = Worker(environment, where.log, teller.progress)
        now = read(where.record) if resume else _begin(planned, where, worker, teller.say)
        work = _Work(planned, where, worker, teller.say, lock, now)
        parts = {"training": work.train, "judging": work.judge}
        parts |= {"merging": work.merge} if merge else {}
        for state, part in parts.items():
            if work.now.state == state:
                part()
        shutil.rmtree(where.cache, ignore_errors=True)
    return work.now


def _refuse_other(told: Record, planned: Plan, where: Run) -> None:
    """Refuse to take up a run with other data or settings than it was begun with."""
    if told.manifest != planned.data.manifest:
        raise AskedWrongly(
            f"{planned.data.folder} is not the data that {where.folder} was begun with.",
            "Train anew in another --out.",
        )
    made = planned.settings
    other = [
        key for key in sorted({*told.settings, *made}) if told.settings.get(key) != made.get(key)
    ]
    if told.objective != planned.asked.objective:
        other = ["objective"]  # it changes what else there is
    if other:
        raise AskedWrongly(
            f"{where.folder} was begun with another {', '.join(other)}.",
            "Leave settings away with --resume, or train anew in another --out.",
        )


def refuse_folder(out: Path, *, force: bool) -> None:
    """Refuse a folder that a new run may not replace: what is no run, or a run without `force`.

    One that a gate stopped before training holds no work, so it needs no leave.

    Raises:
        FolderExists, AskedWrongly: see `files.refuse_folder`.
    """
    where = Run(out.expanduser().absolute())
    begun = where.record.is_file()
    heads = {where.training: settings.HEAD, where.tuning: _HEAD}
    written = any(
        path.is_file() and path.read_text("utf-8").startswith(head) for path, head in heads.items()
    )
    unbegun = written and not begun
    ours = unbegun or (begun and files.is_ours(where.folder))
    files.refuse_folder(where.folder, "a run", force=force or unbegun, ours=lambda _: ours)


def _begin(planned: Plan, where: Run, worker: Worker, say: Callable[[str], None]) -> Record:
    """Write the training file, prove the tokens, and open the record."""
    if planned.loop:
        files.write_json(where.tuning, tuning(planned))
    else:
        where.training.write_text(settings.text(planned.made), encoding="utf-8")
    proof = data.prove_tokens(worker, planned.made, planned.data.folder)
    parity = cast("Mapping[str, int]", proof["parity"])
    say(
        f"Same tokens in training, chat template and server: {parity['compared']} rows. "
        f"A row has {parity['median_tokens']} tokens (median), {parity['most_tokens']} at most."
    )
    opened = Record(
        model=planned.asked.model,
        data=str(planned.data.folder),
        manifest=planned.data.manifest,
        rows=planned.data.rows,
        asked=tuple(planned.asked.pairs),
        settings=planned.settings,
        versions={"piiforge": __version__, **worker.environment.versions},
        machine=str(proof["device"]) or f"CPU, {'bf16' if planned.profile.bf16 else 'fp32'}",
        parity=parity,
        objective=planned.asked.objective,
    )
    opened.write(where.record)
    return opened


@dataclass(slots=True)
class _Work:
    """The parts of one run. Each brings the record, `now`, to the state of the next."""

    plan: Plan
    where: Run
    worker: Worker
    say: Callable[[str], None]
    lock: int
    now: Record

    def train(self) -> None:
        """Train, from the last checkpoint where there is one."""
        where, made = self.where, self.plan.made
        where.checkpoints.mkdir(exist_ok=True)
        lf.sweep(where.checkpoints)
        rows, passes = (cast("int", made[key]) for key in _BATCH)
        # On a GPU it is soon over: what a step takes is told to those who wait for a CPU
        costs = (lambda _: None) if self.plan.profile.gpu else self.say
        watch = lf.Watch(self.worker.progress, costs, f"{rows * passes} rows")
        if not self.plan.profile.gpu:
            self.say("No GPU is used. After a few steps you will hear what it will take.")
        begin, ended = time.monotonic(), lf.Ended(0, 0.0)
        try:
            command = _trainer(self.worker.environment, where, self.plan.asked.objective)
            ended = train(command, self.worker.environment, where, watch, self.say, lock=self.lock)
        finally:
            points = lf.read_log(where.checkpoints)
            self._note(
                "train",
                begin,
                step=points[-1].step if points else 0,
                steps=points[-1].steps if points else 0,
                loss=tuple((point.step, point.loss) for point in points),
                peak_gb=max(self.now.peak_gb, round(ended.peak_gb, 2)),
                peak_vram_gb=max((point.vram_gb for point in points), default=0.0) or None,
            )
        if not lf.whole(where.checkpoints):
            raise GateFailed(
                f"Training ended, but {made['output_dir']} holds no whole checkpoint.",
                f"See {where.log}.",
            )
        if self.plan.loop and self.now.step < self.now.steps:
            self.say(
                f"Stopped at step {self.now.step} of {self.now.steps}: the validation AUC did not "
                f"rise in the last {self.plan.loop['patience']} checkpoints."
            )
        self._note(state="judging")

    def judge(self) -> None:
        """Judge each checkpoint that is not judged yet, and choose the best."""
        begin, known = time.monotonic(), _margins(self.where.margins)
        for step, adapter in lf.whole(self.where.checkpoints).items():
            if step not in known:
                told_as = f"judge step {step}"
                known[step] = margins(self.worker, self._bench(), adapter, told_as)
                with files.draft(self.where.margins) as part:
                    files.write(part, ({"step": at, "margins": known[at]} for at in sorted(known)))
        verdicts = self.plan.data.verdicts
        judged = tuple(judged_of(step, known[step], verdicts) for step in sorted(known))
        best = best_of(judged).step
        self._note("judge", begin, checkpoints=judged, best=best, state="merging")

    def merge(self) -> None:
        """Merge the best checkpoint, prove what came out, and only then give it its name.

        Raises:
            AskedWrongly: it is no plain model folder.
            GateFailed: LLaMA-Factory failed, or its tokens or verdicts are not the training's.
        """
        where, draft, best = self.where, self.where.draft, self.now.best or 0
        begin, made = time.monotonic(), self.plan.made
        self.worker.progress(f"merge step {best}", 0, 1)
        shutil.rmtree(draft, ignore_errors=True)
        adapter = lf.whole(where.checkpoints)[best]
        merging = settings.merging(made, where.fp32, adapter, draft, self.plan.model.dtype)
        where.merging.write_text(settings.text(merging), encoding="utf-8")
        command = [self.worker.environment.command, "export", where.merging]
        ended = lf.run(command, self.worker.environment.variables(where.cache), where.log)
        if ended.status:
            hint = f"See the end of {where.log}."
            raise GateFailed(f"Merging ended with status {ended.status}.", hint)
        (draft / "Modelfile").unlink(missing_ok=True)  # another template, proved by nothing
        for path in draft.iterdir():
            path.chmod(0o644)  # weights come readable to their owner alone, and a server is another
        data.look(draft)
        served = {**made, "model_name_or_path": str(draft)}
        data.prove_tokens(self.worker, served, self.plan.data.folder)
        bench = self._bench()
        again = replace(bench, model=str(draft), rows=min(JUDGED_AGAIN, bench.rows))
        found = margins(self.worker, again, told_as="judge merged")
        agreement = agreement_of(_margins(where.margins)[best][: len(found)], found)
        if agreement["agree"] < LEAST_AGREEMENT:
            raise GateFailed(
                f"The merged model agrees with its adapter in {agreement['agree']:.1%} of "
                f"{len(found)} rows only.",
                "The merge is broken; please report it.",
            )
        shutil.rmtree(where.model, ignore_errors=True)
        draft.rename(where.model)
        self._note("merge", begin, merged={"rows": len(found), **agreement}, state="done")

    def _bench(self) -> Bench:
        made, found, profile = self.plan.made, self.plan.data, self.plan.profile
        model, system = str(made["model_name_or_path"]), str(made["default_system"])
        rows = str(found.folder / "val.jsonl")
        return Bench(model, rows, len(found.verdicts), system, profile.gpu, profile.bf16)

    def _note(self, part: str = "", begin: float = 0.0, **found: object) -> None:
        """Write down what a part found, and that it took from `begin` until now."""
        if part:
            spent = self.now.seconds.get(part, 0.0) + time.monotonic() - begin
            found["seconds"] = {**self.now.seconds, part: round(spent, 1)}
        self.now = replace(self.now, **found)  # type: ignore[arg-type]  # typed by the record
        self.now.write(self.where.record)


def _margins(path: Path) -> dict[int, list[float]]:
    """Return the log odds that each checkpoint judged so far gave, by its step."""
    lines = files.read(path) if path.is_file() else ()
    return {cast("int", line["step"]): cast("list[float]", line["margins"]) for line in lines}


def _trainer(environment: Environment, where: Run, objective: str) -> list[object]:
    """Return the command that trains."""
    if objective == ANSWER:
        return [environment.command, "train", where.training]
    script = Path(__file__).with_name("verdict.py")
    return [environment.python, "-I", script, where.tuning, where.checkpoints / lf.LOG]


def train(
    command: Sequence[object],
    environment: Environment,
    where: Run,
    watch: lf.Watch,
    say: Callable[[str], None],
    *,
    lock: int,
) -> lf.Ended:
    """Train to the end, from the last checkpoint where there is one: the trainer looks for it.

    It is stopped where the loss is not a number. Where it ends early, it is said at which step and
    how to go on.

    Raises:
        GateFailed: the loss is not a number, or the trainer died.
        KeyboardInterrupt: stopped.
    """
    variables, records = environment.variables(where.cache), where.checkpoints / lf.LOG
    try:
        ended = lf.run(command, variables, where.log, records, watch.see, lock)
    except KeyboardInterrupt:
        at, resume = _stood(where)
        say(f"Stopped{at}. {resume}")
        raise
    if ended.status < 0:
        memory = " (9 is what a lack of memory does)" if ended.status == -9 else ""
        problem = f"Training was killed by signal {-ended.status}{memory}"
    else:
        name = _error_name(where.log)
        problem = f"Training ended with status {ended.status}{name}; see {where.log}; it stood"
    if ended.status:
        at, resume = _stood(where)
        raise GateFailed(f"{problem}{at}.", resume)
    return ended


def _stood(where: Run) -> tuple[str, str]:
    """Say the last step that the log has, and from where it can be taken up.

    The trainer may have done more steps than were seen yet.
    """
    points = lf.read_log(where.checkpoints)
    at = f" at step {points[-1].step} of {points[-1].steps}" if points else " before any step"
    lf.sweep(where.checkpoints)
    saved = lf.whole(where.checkpoints)
    place = f"step {max(saved)}" if saved else "the beginning: no checkpoint was saved yet"
    return at, f"`piiforge train --resume --out {where.folder}` goes on from {place}."


def _error_name(log: Path) -> str:
    """Return the class of the last error in a log, never its text: that may hold a row."""
    lines = log.read_bytes()[-_NAMES_SHOWN:].decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        name = line.partition(":")[0].rpartition(".")[2]
        if name.isidentifier() and name.endswith(("Error", "Interrupt", "Exception")):
            return f" ({name})"
    return ""


def verdicts(
    model: str,
    questions: Sequence[str],
    environment: Environment,
    *,
    pairs: Sequence[str] = (),
    objective: str = ANSWER,
    log: Path,
    progress: Progress,
) -> list[float]:
    """Return the log odds of true against false for each of `questions`, in one pass a question.

    Nobody needs a second torch for that: it is the environment that trains. `model` is a folder, or
    an id on the hub; a question is what `prompt.question` returns. Of `pairs` only template, system
    and profile matter: give those of the training.

    Raises:
        AskedWrongly: the model, its family or a setting won't do.
        GateFailed: the model could not be asked; `log` has what was printed.
    """
    wanted = settings.read(pairs, objective)
    found = _model(model, environment)
    system = settings.family(wanted, found.chat_template, model).system
    profile, folder = settings.profile(wanted.profile), str(found.folder)
    with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
        file = Path(work) / "questions.jsonl"
        rows = ({"instruction": prompt.INSTRUCTION, "input": question} for question in questions)
        count = files.write(file, rows)
        bench = Bench(folder, str(file), count, system, profile.gpu, profile.bf16)
        return margins(Worker(environment, log, progress), bench)


def margins(
    worker: Worker, bench: Bench, adapter: Path | None = None, told_as: str = "judge"
) -> list[float]:
    """Return the log odds of true against false, row by row; `adapter` None: the model alone."""
    request = {
        **asdict(bench),
        "batch": ROWS_AT_A_TIME["gpu" if bench.gpu else "cpu"],
        "adapter": str(adapter or ""),
        "true": YES,
        "false": NO,
    }
    *_, found = worker.ask("judge", request, told_as)
    return cast("list[float]", found["margins"])


def judged_of(step: int, found: Sequence[float], verdicts: Sequence[bool]) -> Judged:
    """Judge the margins of one checkpoint.

    >>> judged_of(10, [2.0, -1.0, 0.5], [True, False, False])
    Judged(step=10, rows=3, accuracy=0.6667, auc=1.0, loss=0.4714)
    """
    from scipy.stats import rankdata  # takes long to import

    margin, gold = np.asarray(found, dtype=float), np.asarray(verdicts, dtype=bool)
    right = float(np.mean((margin > 0) == gold))
    loss = float(np.mean(np.logaddexp(0.0, np.where(gold, -margin, margin))))
    true, false = int(gold.sum()), int((~gold).sum())
    # Mann-Whitney's U: the pairs in which the true row has the higher margin, a tie counts half
    above = float(rankdata(margin)[gold].sum()) - true * (true + 1) / 2
    auc = round(above / (true * false), 4) if true and false else None
    return Judged(step, len(gold), round(right, 4), auc, round(loss, 4))


def best_of(found: Sequence[Judged]) -> Judged:
    """Return the one with the most right verdicts; of equals the lower loss, then the earlier."""
    return min(found, key=lambda one: (-one.accuracy, one.loss, one.step))


def agreement_of(ours: Sequence[float], theirs: Sequence[float]) -> Mapping[str, float]:
    """Compare margins of the same rows: verdicts of ours that stay, largest gap of p.

    A verdict nearer than DECIDED to even odds counts as staying.
    """
    left, right = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    gap = np.abs(1 / (1 + np.exp(-left)) - 1 / (1 + np.exp(-right)))
    stay = ((left > 0) == (right > 0)) | (np.abs(left) < DECIDED)
    return {
        "agree": round(float(np.mean(stay)), 4),
        "largest_p_gap": round(float(gap.max(initial=0.0)), 4),
    }
