"""A run from end to end: prove, train, judge, merge, prove again. Each part can be resumed."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge import __version__, jsonl
from piiforge.errors import AskedWrongly, FolderExists, GateFailed
from piiforge.train import (
    checkpoints,
    curve,
    fitting,
    judge,
    merging,
    model_folder,
    parity,
    record,
    running,
    settings,
)
from piiforge.train.environment import Environment
from piiforge.train.places import Run
from piiforge.train.planning import Asked, Plan, plan
from piiforge.train.record import Record
from piiforge.train.workers import Progress

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
        _refuse_other(record.read(where.record), planned, where)
    else:
        _clear(where, force=force)
    where.folder.mkdir(parents=True, exist_ok=True)
    with running.locked(where.folder) as lock:
        work = _Work(planned, where, environment, teller, lock)
        if resume:
            model_folder.in_fp32(planned.model, where.fp32)
            now = record.read(where.record)
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
    told = record.read(out / "run.json")
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
        model_folder.in_fp32(self.plan.model, where.fp32)
        where.training.write_text(settings.text(made), encoding="utf-8")
        proof = parity.prove(
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
        checkpoints.sweep(where.checkpoints)
        made = self.plan.made
        watch = fitting.Watch(self.teller.progress, self._cost, f"{_batch(self.plan)} rows")
        if not self.plan.profile.gpu:
            self.teller.say("No GPU is used. After a few steps you will hear what it will take.")
        ended = None
        begin = time.monotonic()
        try:
            ended = fitting.train(self.environment, where, watch, lock=self.lock)
        finally:
            now = self._trained(now, ended, time.monotonic() - begin)
        if not checkpoints.whole(where.checkpoints):
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
            for step, adapter in checkpoints.whole(self.where.checkpoints).items():
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
        adapter = checkpoints.whole(self.where.checkpoints)[best]
        with _timed() as clock:
            self.teller.progress(f"merge step {best}", 0, 1)
            merging.merge(self.environment, self.where, self.plan.model, adapter, self.plan.made)
            merged = merging.prove(
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

    def _trained(self, now: Record, ended: running.Ended | None, seconds: float) -> Record:
        points = curve.read(self.where.checkpoints)
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
    for line in jsonl.read(where.margins):
        step, margins = line["step"], line["margins"]
        if isinstance(step, int) and isinstance(margins, list):
            found[step] = margins
    return found


def _keep_margins(where: Run, known: dict[int, list[float]]) -> None:
    part = where.margins.with_name(f".{where.margins.name}.part")
    jsonl.write(part, ({"step": step, "margins": known[step]} for step in sorted(known)))
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
    if not any((where.folder / name).is_file() for name in _OURS):
        raise AskedWrongly(f"{where.folder} is not a run; it is left alone.", "Choose another.")
    with running.locked(where.folder):
        shutil.rmtree(where.folder)
