"""A run from end to end: prove, train, judge, merge, prove again. Each part can be resumed."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import cast

from piiforge import __version__, files, prompt
from piiforge.errors import AskedWrongly, FolderExists, GateFailed
from piiforge.train import data, judge, settings
from piiforge.train.data import Data, Model, Run, in_fp32, is_folder, look
from piiforge.train.environment import Ended, Environment, Progress, ask, locked
from piiforge.train.judge import Bench, Judged, Watch, sweep, train, whole
from piiforge.train.merge import merge, prove_merge, prove_tokens
from piiforge.train.settings import Family, Ground, Profile, Scalar, named, of

# run.json: what was asked, on what, with what, and what came of it so far.


STATES = ("training", "judging", "merging", "done")


@dataclass(frozen=True, slots=True)
class Record:
    """A run. `state` is the first part of it that is not finished; `seconds` is wall time by part.

    `manifest` is the SHA-256 of the data folder's manifest; `loss` has (step, loss) pairs;
    `checkpoints` are judged on validation and `best` is the step of the one that was merged.
    Memory is in 10^9 bytes: the most that one process of the trainer held, and of the GPU.
    """

    model: str
    data: str
    manifest: str
    rows: Mapping[str, int]
    asked: Sequence[str]
    settings: Mapping[str, Scalar]
    versions: Mapping[str, str]
    machine: str
    parity: Mapping[str, int]
    state: str = "training"
    step: int = 0
    steps: int = 0
    loss: Sequence[tuple[int, float]] = ()
    checkpoints: Sequence[Judged] = ()
    best: int | None = None
    merged: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_gb: float = 0.0
    peak_vram_gb: float | None = None

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        part = path.with_name(f".{path.name}.part")
        files.write_json(part, asdict(self))
        part.replace(path)


def read(path: Path) -> Record:
    """Read a run's record.

    Raises:
        AskedWrongly: there is none, or it is not one.
    """
    if not path.is_file():
        raise AskedWrongly(f"{path.parent} is no run: it has no {path.name}.", "Check --out.")
    told = files.read_json(path)
    try:
        judged = [Judged(**one) for one in cast("list[dict[str, float]]", told["checkpoints"])]  # type: ignore[arg-type]  # typed by its writer
        return Record(**{**told, "checkpoints": tuple(judged)})  # type: ignore[arg-type]
    except (KeyError, TypeError) as error:
        raise AskedWrongly(
            f"{path} is not the record of a run.", "Was it changed by hand?"
        ) from error


# Before a run: the data read, the model looked at, the machine known, the settings made.


DEFAULT_CUTOFF = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks: a data folder, a model (folder, or id on the hub), `key=value` pairs."""

    data: Path
    model: str
    pairs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run stands on. `made` is the training file."""

    asked: Asked
    data: Data
    model: Model
    profile: Profile
    made: dict[str, Scalar]

    def bench(self, base: Path) -> Bench:
        """Return what checkpoints over `base` are judged with."""
        return Bench(
            base,
            self.data.folder / "val.jsonl",
            len(self.data.verdicts),
            str(self.made["default_system"]),
            gpu=self.profile.gpu,
            bf16=self.profile.bf16,
        )


def plan(asked: Asked, where: Run, environment: Environment | None) -> Plan:
    """Make the plan. Writes nothing; an id on the hub is fetched into the hub's own cache.

    Raises:
        AskedWrongly: a setting, the model or its family won't do; says what would.
        GateFailed: the data must not be trained on.
    """
    wanted = settings.read(asked.pairs)
    model, family = model_of(asked.model, wanted, environment)
    found = data.read(asked.data)
    profile = settings.profile(wanted.profile)
    ground = Ground(
        # A run without bf16 loads the view in fp32: see `model_folder.in_fp32`
        model=model.folder if profile.bf16 or model.dtype == "float32" else where.fp32,
        data=found.folder,
        output=where.checkpoints,
        template=family.template,
        system=family.system,
        cutoff=wanted.cutoff or found.cutoff or DEFAULT_CUTOFF,
        profile=profile,
    )
    return Plan(asked, found, model, profile, settings.training(wanted, ground))


def model_of(
    name: str, wanted: settings.Settings, environment: Environment | None
) -> tuple[Model, Family]:
    """Look at a model, fetched where it is an id on the hub, and find its family.

    The family's system text is the one asked for, where one is.

    Raises:
        AskedWrongly: the model or its family won't do; says what would.
    """
    model = look(_folder(name, environment))
    known = named(wanted.template) if wanted.template else None
    family = known or of(model.chat_template, name)
    return model, family if wanted.system is None else replace(family, system=wanted.system)


def _folder(model: str, environment: Environment | None) -> Path:
    if is_folder(model):
        return Path(model).expanduser().absolute()
    if environment is None:
        raise AskedWrongly(
            f"{model} has to be fetched, and that takes the environment.",
            "Run `piiforge train --setup`, or give a local folder.",
        )
    (reply,) = ask(environment, "fetch", {"model": model}, log=Path("/dev/null"), offline=False)
    if "failed" in reply:
        raise AskedWrongly(
            f"Model {model} could not be fetched ({reply['failed']}).",
            "Check its name, your network and, for a gated one, your access; or give a folder.",
        )
    return Path(str(reply["folder"]))


_OURS = ("run.json", "train.yaml")


@dataclass(frozen=True, slots=True)
class Teller:
    """How a run talks: a bar's text, done and total; and sentences."""

    progress: Progress
    say: Callable[[str], None]


def run(
    asked: Asked,
    out: Path,
    environment: Environment,
    teller: Teller,
    *,
    resume: bool = False,
    force: bool = False,
) -> Record:
    """Tune, judge and merge; return the record, which is also in the run's folder.

    Raises:
        FolderExists: `out` is there, and neither `resume` nor `force` is set.
        AskedWrongly: the settings, the model or the environment won't do; or what is resumed is
            not what was begun.
        GateFailed: data, tokens, training or merge failed; says what to do.
    """
    where = Run(out.expanduser().absolute())
    planned = plan(asked, where, environment)
    if resume:
        _refuse_other(read(where.record), planned, where)
    else:
        _clear(where, force=force)
    where.folder.mkdir(parents=True, exist_ok=True)
    with locked(where.folder) as lock:
        work = _Work(planned, where, environment, teller, lock)
        if resume:
            in_fp32(planned.model, where.fp32)
            now = read(where.record)
        else:
            now = work.begin()
        for part in (work.train, work.judge, work.merge):
            now = part(now)
        shutil.rmtree(where.cache, ignore_errors=True)
    return now


def begun(out: Path) -> Asked:
    """Return what a run was asked, to take it up again.

    Raises:
        AskedWrongly: there is no run.
    """
    told = read(out / "run.json")
    return Asked(Path(told.data), told.model, tuple(told.asked))


@dataclass(frozen=True, slots=True)
class _Work:
    """The parts of one run. Each takes the record, does what is not done yet, and returns it."""

    plan: Plan
    where: Run
    environment: Environment
    teller: Teller
    lock: int

    def begin(self) -> Record:
        """Write the training file, prove the tokens, and open the record."""
        where, made = self.where, self.plan.made
        in_fp32(self.plan.model, where.fp32)
        where.training.write_text(settings.text(made), encoding="utf-8")
        proof = prove_tokens(
            self.environment, made, self.plan.data, log=where.log, progress=self.teller.progress
        )
        self.teller.say(
            f"Same tokens in training, chat template and server: {proof.compared} rows. "
            f"A row has {proof.median_tokens} tokens (median), {proof.most_tokens} at most."
        )
        numbers = {
            "compared": proof.compared,
            "median_tokens": proof.median_tokens,
            "most_tokens": proof.most_tokens,
        }
        opened = Record(
            model=self.plan.asked.model,
            data=str(self.plan.data.folder),
            manifest=self.plan.data.manifest,
            rows=self.plan.data.rows,
            asked=tuple(self.plan.asked.pairs),
            settings=made,
            versions={"piiforge": __version__, **self.environment.versions},
            machine=proof.device or f"CPU, {'bf16' if self.plan.profile.bf16 else 'fp32'}",
            parity=numbers,
        )
        opened.write(where.record)
        return opened

    def train(self, now: Record) -> Record:
        """Train, from the last checkpoint where there is one."""
        if now.state != "training":
            return now
        where = self.where
        where.checkpoints.mkdir(exist_ok=True)
        sweep(where.checkpoints)
        made = self.plan.made
        watch = Watch(self.teller.progress, self._cost, f"{_batch(self.plan)} rows")
        if not self.plan.profile.gpu:
            self.teller.say("No GPU is used. After a few steps you will hear what it will take.")
        ended = None
        begin = time.monotonic()
        try:
            ended = train(self.environment, where, watch, lock=self.lock)
        finally:
            now = self._trained(now, ended, time.monotonic() - begin)
        if not whole(where.checkpoints):
            raise GateFailed(
                f"Training ended, but {made['output_dir']} holds no whole checkpoint.",
                f"See {where.log}.",
            )
        return self._next(now, "judging")

    def judge(self, now: Record) -> Record:
        """Judge each checkpoint that is not judged yet, and choose the best."""
        if now.state != "judging":
            return now
        bench = self.plan.bench(self._base())
        known = _margins(self.where)
        with _timed() as clock:
            for step, adapter in whole(self.where.checkpoints).items():
                if step in known:
                    continue
                known[step] = judge.margins(
                    self.environment,
                    bench,
                    adapter,
                    log=self.where.log,
                    progress=self.teller.progress,
                    what=f"judge step {step}",
                )
                _keep_margins(self.where, known)
        judged = tuple(
            judge.of(step, known[step], self.plan.data.verdicts) for step in sorted(known)
        )
        best = judge.best(judged)
        now = replace(now, checkpoints=judged, best=best.step)
        return self._next(self._spent(now, "judge", clock[0]), "merging")

    def merge(self, now: Record) -> Record:
        """Merge the best checkpoint and prove what came out."""
        if now.state != "merging":
            return now
        best = now.best or 0
        adapter = whole(self.where.checkpoints)[best]
        with _timed() as clock:
            self.teller.progress(f"merge step {best}", 0, 1)
            merge(self.environment, self.where, self.plan.model, adapter, self.plan.made)
            merged = prove_merge(
                self.environment,
                self.where,
                self.plan.made,
                self.plan.data,
                self.plan.bench(self._base()),
                _margins(self.where)[best],
                self.teller.progress,
            )
        return self._next(self._spent(replace(now, merged=merged), "merge", clock[0]), "done")

    def _base(self) -> Path:
        return Path(str(self.plan.made["model_name_or_path"]))

    def _cost(self, sentence: str) -> None:
        if not self.plan.profile.gpu or not sentence.startswith("A step"):
            self.teller.say(sentence)

    def _trained(self, now: Record, ended: Ended | None, seconds: float) -> Record:
        points = judge.read(self.where.checkpoints)
        now = replace(
            self._spent(now, "train", seconds),
            step=points[-1].step if points else 0,
            steps=points[-1].steps if points else 0,
            loss=tuple((point.step, point.loss) for point in points if point.loss is not None),
            peak_gb=max(now.peak_gb, round(ended.peak_gb, 2) if ended else 0.0),
            peak_vram_gb=max((point.vram_gb or 0.0 for point in points), default=0.0) or None,
        )
        now.write(self.where.record)
        return now

    def _spent(self, now: Record, part: str, seconds: float) -> Record:
        spent = round(now.seconds.get(part, 0.0) + seconds, 1)
        return replace(now, seconds={**now.seconds, part: spent})

    def _next(self, now: Record, state: str) -> Record:
        now = replace(now, state=state)
        now.write(self.where.record)
        return now


@contextmanager
def _timed() -> Iterator[list[float]]:
    spent, begin = [0.0], time.monotonic()
    yield spent
    spent[0] = time.monotonic() - begin


def _batch(planned: Plan) -> int:
    made = planned.made
    return int(str(made["per_device_train_batch_size"])) * int(
        str(made["gradient_accumulation_steps"])
    )


def _margins(where: Run) -> dict[int, list[float]]:
    if not where.margins.is_file():
        return {}
    found = {}
    for line in files.read(where.margins):
        step, margins = line["step"], line["margins"]
        if isinstance(step, int) and isinstance(margins, list):
            found[step] = margins
    return found


def _keep_margins(where: Run, known: dict[int, list[float]]) -> None:
    part = where.margins.with_name(f".{where.margins.name}.part")
    files.write(part, ({"step": step, "margins": known[step]} for step in sorted(known)))
    part.replace(where.margins)


def _refuse_other(told: Record, planned: Plan, where: Run) -> None:
    """Refuse to take up a run with other data or settings than it was begun with."""
    if told.manifest != planned.data.manifest:
        raise AskedWrongly(
            f"{planned.data.folder} is not the data that {where.folder} was begun with.",
            "Train anew in another --out.",
        )
    made = planned.made
    other = sorted(
        key for key in {*told.settings, *made} if told.settings.get(key) != made.get(key)
    )
    if other:
        raise AskedWrongly(
            f"{where.folder} was begun with another {', '.join(other)}.",
            "Leave settings away with --resume, or train anew in another --out.",
        )


def _clear(where: Run, *, force: bool) -> None:
    """Make room for a new run; only a folder that is a run is ever removed.

    One that a gate stopped before training holds no work, so it needs no leave.
    """
    if not where.folder.exists() or not any(where.folder.iterdir()):
        return
    unbegun = where.training.is_file() and not where.record.is_file()
    if not force and not unbegun:
        raise FolderExists(where.folder)
    files.refuse_foreign(
        where.folder, "a run", ours=lambda folder: any((folder / name).is_file() for name in _OURS)
    )
    with locked(where.folder):
        shutil.rmtree(where.folder)


# Verdicts of a plain model folder by the environment that trains: nobody needs a second torch.


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
    profile = settings.profile(wanted.profile)
    with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
        file = Path(work) / "questions.jsonl"
        rows = ({"instruction": prompt.INSTRUCTION, "input": question} for question in questions)
        files.write(file, rows)
        bench = judge.Bench(
            found.folder, file, len(questions), family.system, gpu=profile.gpu, bf16=profile.bf16
        )
        return judge.margins(environment, bench, None, log=log, progress=progress)
