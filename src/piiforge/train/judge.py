"""What a run is judged by: its tokens before, its loss on the way, its verdicts after.

Tokens: training, local inference and a server write the same ones for the same row. The commonest
silent fault of such projects is a template that differs by a space: the loss falls, and the served
model is asked something that it was never trained on. Every row is encoded by LLaMA-Factory itself
(none cut, none with a forged control token), a sample also by the model's chat template and as a
server renders it, with the system text and without.

Loss: LLaMA-Factory's log, a record a step. Its own time left is wrong after a resume (it divides
the time since the restart by all steps), so the pace is measured here, from the steps seen.

Verdicts: the mean loss of an answer hides an undecided classifier, since most of its tokens are the
same in every row. So each checkpoint is asked for the log odds of true against false, the one token
that decides, and the one with the most right verdicts is kept.
"""

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from piiforge import prompt
from piiforge.errors import AskedWrongly, GateFailed, UnknownName
from piiforge.train import data
from piiforge.train.environment import Record, Worker
from piiforge.train.settings import Scalar
from piiforge.types import Progress, Verdict

SAMPLE = 1000  # rows compared
ROWS_AT_A_TIME = {"cpu": 8, "gpu": 64}
MEASURED_STEPS = 3  # a step is told as measured after so many
LOG = "trainer_log.jsonl"
# A trainer that is killed while it saves leaves half a folder; trainer_state.json is written last
_PARTS = ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "scheduler.pt")
_OFF = {
    "forged": "a chat control token in a text",
    "over": "over cutoff_len {cutoff_len}, would be cut",
}


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
class Point:
    """One step: its loss, and the GPU's memory in use in 10^9 bytes, 0 without one."""

    step: int
    steps: int
    loss: float
    vram_gb: float = 0.0


def prove_tokens(worker: Worker, made: Mapping[str, Scalar], folder: Path) -> Record:
    """Prove that LLaMA-Factory would train on just what is asked later. `made` is a training file.

    Returns "parity", which counts rows compared and tokens (median and most), and "device", the
    GPU's name or "".

    Raises:
        UnknownName: a key of `made` that LLaMA-Factory does not have.
        AskedWrongly: it refuses the settings, or the environment lacks CUDA.
        GateFailed: a row is cut, forged or lost; or the tokens differ, with both texts shown.
    """
    request = {
        "settings": dict(made),
        "files": [str(folder / name) for name in data.FILES],
        "sample": SAMPLE,
    }
    *_, found = worker.ask("encode", request, "compare tokens")
    if "unknown" in found:
        known = cast("Sequence[str]", found["known"])
        raise UnknownName("setting of LLaMA-Factory", str(found["unknown"]), known)
    if "refused" in found:
        problem = f"LLaMA-Factory refuses the settings: {found['refused']}"
        raise AskedWrongly(problem, "Change them.")
    if "no_cuda" in found:
        raise AskedWrongly(
            f"The environment at {worker.environment.folder} sees no CUDA device.",
            "Make one with `piiforge train --setup --cuda`, or train with profile=cpu.",
        )
    most = cast("Mapping[str, int]", found["parity"])["most_tokens"]
    longest = f"With this model's tokenizer the longest row has {most} tokens"
    data.refuse(folder, problems(found, made, "forged"))
    data.refuse(folder, problems(found, made, "over"), f"{longest}: cutoff={most} holds it.")
    refuse_difference(found, made)
    return found


def problems(found: Record, made: Mapping[str, Scalar], kind: str) -> list[str]:
    """Name the rows that are off in one way, "over" or "forged", from the worker's reply."""
    lines_of = cast("Mapping[str, Sequence[int]]", found[kind])
    what = _OFF[kind].format(**made)
    return [data.named(Path(file).name, what, lines) for file, lines in lines_of.items() if lines]


def refuse_difference(found: Record, made: Mapping[str, Scalar]) -> None:
    """Raise where rows were lost, tokens added, or the token ids of a row differ.

    Raises:
        GateFailed: that; shows both texts of the first difference.
    """
    if found["lost"] or found["grew"]:
        lost = f"drops {found['lost']} rows"
        what = lost if found["lost"] else "adds tokens that the model does not have"
        hint = "Choose another with template=NAME."
        raise GateFailed(f"Template {made['template']} {what}.", hint)
    first = found["difference"]
    if isinstance(first, Mapping):
        compared = cast("Mapping[str, int]", found["parity"])["compared"]
        raise GateFailed(
            f"Token ids differ in {found['differ']} of {compared} rows. First: "
            f"{Path(first['file']).name}:{first['line']}, {first['what']}, "
            f"token {first['token']}. {first['left']}: {shown(first['left_text'])}. "
            f"{first['right']}: {shown(first['right_text'])}.",
            "Set template=NAME and system=TEXT to what the model's chat template writes.",
        )


def shown(text: str) -> str:
    r"""Write a text in one line, its control characters escaped.

    >>> shown("user\nWhat?")
    '"user\\nWhat?"'
    """
    return '"' + repr(text)[1:-1].replace('"', '\\"') + '"'


@dataclass(slots=True)
class Watch:
    """What is known of a training under way. `batch` says what a step is made of.

    The pace, `pace_s` seconds a step (None before two were seen), rests on the `measured` steps
    since the first that was seen: that one includes loading.
    """

    progress: Progress
    say: Callable[[str], None]
    batch: str
    clock: Callable[[], float] = time.monotonic
    first: tuple[int, float] | None = None
    told_cost: bool = False
    measured: int = 0
    pace_s: float | None = None

    def see(self, record: Record) -> None:
        """Take one record of the log; tell of the step, and once of what the whole will take.

        Raises:
            GateFailed: the loss is not a number.
        """
        point = point_of(record)
        if point is None:
            return
        if not math.isfinite(point.loss):
            raise GateFailed(
                f"The loss is not a number at step {point.step} of {point.steps}; stopped there.",
                "Start again with a lower lr, in another --out.",
            )
        now = self.clock()
        self.first = self.first or (point.step, now)
        self.measured = point.step - self.first[0]
        if self.measured:
            self.pace_s = (now - self.first[1]) / self.measured
        steps_left = point.steps - point.step
        left = "" if self.pace_s is None else f", {span(self.pace_s * steps_left)} left"
        self.progress(f"loss {point.loss:.4f}{left}", point.step, point.steps)
        if self.pace_s is not None and self.measured >= MEASURED_STEPS and not self.told_cost:
            self.told_cost = True
            self.say(
                f"A step of {self.batch} takes {span(self.pace_s)}, measured; the "
                f"{steps_left} left will take {span(self.pace_s * steps_left)}."
            )


def point_of(record: Record) -> Point | None:
    """Read one record of the log, None if it is none of a step, such as the end of training.

    >>> point_of({"current_steps": 3, "total_steps": 9, "loss": 0.5})
    Point(step=3, steps=9, loss=0.5, vram_gb=0.0)
    """
    match record:
        case {
            "current_steps": int(step),
            "total_steps": int(steps),
            "loss": int() | float() as loss,
        }:
            vram = record.get("vram_reserved")
            return Point(step, steps, loss, vram if isinstance(vram, int | float) else 0.0)
    return None


def read(folder: Path) -> tuple[Point, ...]:
    """Read the log of a run, in order of steps. A step done twice counts as it was last."""
    path = folder / LOG
    found: dict[int, Point] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            point = point_of(json.loads(line))
        except ValueError:  # the last line of a run that was killed
            continue
        if point is not None:
            found[point.step] = point
    return tuple(found[step] for step in sorted(found))


def span(seconds: float) -> str:
    """Say how long something takes, in the unit that fits.

    >>> span(42), span(600), span(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def whole(folder: Path) -> dict[int, Path]:
    """Return the whole checkpoints of a run by their step, in order."""
    found = {_step(path): path for path in folder.glob("checkpoint-*") if _is_whole(path)}
    return dict(sorted(found.items()))


def sweep(folder: Path) -> int:
    """Remove the checkpoints that are not whole; return how many."""
    broken = [path for path in folder.glob("checkpoint-*") if not _is_whole(path)]
    for path in broken:
        shutil.rmtree(path)
    return len(broken)


def _is_whole(path: Path) -> bool:
    try:
        state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    parts = all((path / name).is_file() for name in _PARTS)
    return parts and isinstance(state, dict) and state.get("global_step") == _step(path)


def _step(path: Path) -> int:
    step = path.name.partition("-")[2]
    return int(step) if step.isdigit() else -1


def margins(
    worker: Worker, bench: Bench, adapter: Path | None = None, told_as: str = "judge"
) -> list[float]:
    """Return the log odds of true against false, row by row; `adapter` None: the model alone."""
    request = {
        **asdict(bench),
        "batch": ROWS_AT_A_TIME["gpu" if bench.gpu else "cpu"],
        "adapter": str(adapter or ""),
        "true": prompt.answer(Verdict(True, 0.5, ".")),
        "false": prompt.answer(Verdict(False, 0.5, ".")),
    }
    *_, found = worker.ask("judge", request, told_as)
    return cast("list[float]", found["margins"])


def of(step: int, found: Sequence[float], verdicts: Sequence[bool]) -> Judged:
    """Judge the margins of one checkpoint.

    >>> of(10, [2.0, -1.0, 0.5], [True, False, False])
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


def best(judged: Sequence[Judged]) -> Judged:
    """Return the one with the most right verdicts; of equals the lower loss, then the earlier."""
    return min(judged, key=lambda one: (-one.accuracy, one.loss, one.step))


def agreement(ours: Sequence[float], theirs: Sequence[float]) -> Mapping[str, float]:
    """Compare two lists of margins of the same rows: verdicts that agree, largest gap of p."""
    left, right = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    gap = np.abs(1 / (1 + np.exp(-left)) - 1 / (1 + np.exp(-right)))
    return {
        "agree": round(float(np.mean((left > 0) == (right > 0))), 4),
        "largest_p_gap": round(float(gap.max(initial=0.0)), 4),
    }
