"""LLaMA-Factory in an environment of its own: made once, never imported, its web pages never run.

It pins old versions of much and drags in web servers that training doesn't need, so it shares
nothing with piiforge but files. `make` installs the pins, proves that training can be imported
(`llamafactory-cli version` passes on broken installs) and only then writes the marker `READY`.

What runs in it is a child process, watched: its records are read as it writes them. It gets a
process group of its own, so that Ctrl-C reaches it only through `stop`: SIGINT, then SIGTERM, then
SIGKILL to the whole group. Where piiforge itself is killed outright, the child still holds the lock
on the run's folder, so that no second one can write there.

A training is known by its log, a record a step, and by its checkpoints. LLaMA-Factory's own time
left is wrong after a resume (it divides the time since the restart by all steps), so `Watch`
measures the pace, from the steps seen.
"""

import contextlib
import fcntl
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import cast

from piiforge import files
from piiforge.errors import AskedWrongly, GateFailed
from piiforge.types import Progress, silent

Record = Mapping[str, object]

VERSION = "0.9.5"
VARIABLE = "PIIFORGE_LF_ENV"  # names the environment where --env doesn't
READY = "piiforge.json"
_PINS = "data/pins.yaml"
PAUSE_S = 0.2
MEASURED_STEPS = 3  # a step is told as measured after so many
LOG = "trainer_log.jsonl"
# A trainer that is killed while it saves leaves half a folder; trainer_state.json is written last
_PARTS = ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "scheduler.pt")
GRACE_S = ((signal.SIGINT, 20.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))
_SETUP = "Make it with `piiforge train --setup` (about 2 GB), or name one with --env."
# Variables that would change what runs: other places for code, the web page, other hubs, laxness.
_UNSET = (
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LLAMABOARD_ENABLED", "LLAMABOARD_WORKDIR"),
    *("ALLOW_EXTRA_ARGS", "USE_MODELSCOPE_HUB", "USE_OPENMIND_HUB", "USE_RAY", "USE_MCA"),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with LLaMA-Factory in it, and what its marker says is installed."""

    folder: Path
    versions: Mapping[str, str]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """Its `llamafactory-cli`."""
        return self.folder / "bin" / "llamafactory-cli"

    def variables(self, cache: Path, *, offline: bool = True) -> dict[str, str]:
        """Return the variables that its programs run under; data caches go into `cache`."""
        kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
        return kept | {
            "PATH": os.pathsep.join([str(self.folder / "bin"), kept.get("PATH", os.defpath)]),
            "HF_DATASETS_CACHE": str(cache),
            "HF_HUB_OFFLINE": "1" if offline else kept.get("HF_HUB_OFFLINE", "0"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "RECORD_VRAM": "1",
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: exit status (negative: killed by that signal) and peak memory.

    `peak_gb` is the most memory that one process of it held, in 10^9 bytes.
    """

    status: int
    peak_gb: float


def place(asked: Path | None = None) -> Path:
    """Return where the environment is: as asked, by the variable, or in the user's cache."""
    if asked is not None:
        return asked.expanduser().absolute()
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "piiforge" / f"llamafactory-{VERSION}"


def find(asked: Path | None = None) -> Environment:
    """Return the environment.

    Raises:
        AskedWrongly: it is not there, was never finished, or holds another version.
    """
    folder = place(asked)
    if not (folder / READY).is_file():
        raise AskedWrongly(f"There is no environment for LLaMA-Factory at {folder}.", _SETUP)
    versions = {name: str(value) for name, value in files.read_json(folder / READY).items()}
    if versions.get("llamafactory") != VERSION:
        raise AskedWrongly(f"{folder} holds another LLaMA-Factory than {VERSION}.", _SETUP)
    return Environment(folder, versions)


def foreseen(folder: Path, *, cuda: bool = False) -> Mapping[str, object]:
    """Return what `make` would do: where, what pip would install, about how many GB it takes.

    Nothing is made or asked of the network; `there` says that a finished one stands there.
    """
    pins = cast("Mapping[str, list[list[str]]]", files.shipped_yaml("piiforge.train", _PINS))
    named = [pin.replace("VERSION", VERSION) for step in pins[_kind(cuda)] for pin in step]
    there = (folder / READY).is_file()
    return {"folder": str(folder), "there": there, "packages": named, "gb": 10 if cuda else 2}


def _kind(cuda: bool) -> str:
    return "cuda" if cuda else "cpu"


def make(
    folder: Path, *, cuda: bool = False, torch_index: str = "", say: Callable[[str], None]
) -> Environment:
    """Make the environment, or prove the one that is there; return it.

    `cuda` takes LLaMA-Factory's own list of dependencies. `torch_index` is where pip finds a CPU
    build of torch.

    Raises:
        AskedWrongly: `folder` is there and is no virtual environment.
        GateFailed: pip failed, or what it installed can't train.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise AskedWrongly(f"{folder} is there and is no virtual environment.", "Give another.")
    versions = _prove(folder)
    if versions is None or (cuda and not versions["cuda"]):
        (folder / READY).unlink(missing_ok=True)
        say(f"Making {folder}: about 2 GB, 10 GB with CUDA; some minutes.")
        _install(folder, _kind(cuda), torch_index, say)
        (site,) = folder.glob("lib/python3*/site-packages")
        if not cuda and not (site / "torchaudio").exists():
            # LLaMA-Factory 0.9.5 imports torchaudio, for sound only: an empty one does
            (site / "torchaudio").mkdir()
            (site / "torchaudio" / "__init__.py").write_text('"""Empty."""\n', encoding="utf-8")
        versions = _prove(folder)
    if versions is None:
        hint = "Delete the folder and make it again."
        raise GateFailed(f"LLaMA-Factory can't be imported in {folder}.", hint)
    files.write_json(folder / READY, versions)
    return find(folder)


def _install(folder: Path, kind: str, torch_index: str, say: Callable[[str], None]) -> None:
    venv.create(folder, with_pip=True)
    pins = cast("Mapping[str, list[list[str]]]", files.shipped_yaml("piiforge.train", _PINS))
    for number, named in enumerate(pins[kind], 1):
        wanted = [pin.replace("VERSION", VERSION) for pin in named]
        say(f"pip, {number} of {len(pins[kind])}: {', '.join(wanted[:3])} ...")
        index = ["--index-url", torch_index] if torch_index and number == 1 else []
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *index, *wanted]
        if subprocess.run(pip, stdout=sys.stderr, check=False).returncode:
            raise GateFailed("pip failed; it said why above.", "Mend that and run it again.")


def _prove(folder: Path) -> dict[str, str] | None:
    """Return the versions where training can be imported, else None."""
    made = Environment(folder, {})
    if not made.python.is_file():
        return None
    try:
        (told,) = Worker(made, Path(os.devnull)).ask("prove", {})
    except GateFailed:
        return None
    return cast("dict[str, str]", told) if told["llamafactory"] == VERSION else None


@dataclass(frozen=True, slots=True)
class Worker:
    """Who answers in an environment: the script `worker.py`. What it prints goes into `log`.

    The script runs isolated (`python -I`) and imports nothing of piiforge: it gets one JSON object
    and a place for its reply, one object a line.
    """

    environment: Environment
    log: Path
    progress: Progress = silent

    def ask(
        self, what: str, request: Record, told_as: str = "", *, offline: bool = True
    ) -> Sequence[Record]:
        """Return what is replied to `what`; how far it has come is told as `told_as`.

        Raises:
            GateFailed: it ended with an error; `log` has what it printed.
        """
        replies: list[Record] = []

        def told(record: Record) -> None:
            match record:
                case {"done": int(done), "total": int(total)}:
                    self.progress(told_as, done, total)
                case _:
                    replies.append(record)

        with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
            asked, reply = Path(work) / "request.json", Path(work) / "reply.jsonl"
            files.write_json(asked, request)
            script = Path(__file__).with_name("worker.py")
            command = [self.environment.python, "-I", script, what, asked, reply]
            variables = self.environment.variables(Path(work) / "cache", offline=offline)
            ended = run(command, variables, self.log, reply, told)
        if ended.status or not replies:
            problem = f"The worker that should {what} ended with status {ended.status}."
            raise GateFailed(problem, f"See the end of {self.log}.")
        return replies


def run(
    command: Sequence[object],
    variables: Mapping[str, str],
    log: Path,
    records: Path | None = None,
    told: Callable[[Record], object] = lambda _: None,
    lock: int | None = None,
) -> Ended:
    """Run a child to its end. `log` gets what it prints; it may hold the `lock` of a folder.

    Each record that it appends to the JSONL file `records` is passed to `told`. Whatever ends the
    wait (Ctrl-C, SIGTERM, an error of `told`) first stops the child.
    """
    new = tail(records or Path(os.devnull))
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=variables,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
    try:
        with _terminated_as_interrupted():
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    process.returncode = os.waitstatus_to_exitcode(status)
                for record in new():
                    told(record)
                if pid:
                    break
                time.sleep(PAUSE_S)
    finally:
        stop(process)
    unit = 1 if sys.platform == "darwin" else 1024
    return Ended(process.returncode, usage.ru_maxrss * unit / 1e9)


def tail(path: Path) -> Callable[[], Iterator[Record]]:
    """Return what reads on in a JSONL file that another is writing, from its end as it is now.

    It yields the records added since; a line that is not finished yet waits.
    """
    at = path.stat().st_size if path.is_file() else 0

    def new() -> Iterator[Record]:
        nonlocal at
        if not path.is_file():
            return
        with path.open("rb") as lines:
            lines.seek(at)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                at += len(line)
                # The library's own reader: a loss may be NaN, which is not JSON to others
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    return new


def stop(
    process: subprocess.Popen[bytes], grace: Sequence[tuple[signal.Signals, float]] = GRACE_S
) -> None:
    """End a child and its whole group, politely first. Does nothing where it has ended."""
    for sign, seconds in grace:
        if process.returncode is not None:
            break
        _signal(process.pid, sign)
        # A second Ctrl-C means: no more patience
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(seconds)
    _signal(process.pid, signal.SIGKILL)  # what it may have left in its group


def _signal(group: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the wait as Ctrl-C does, so that no child goes on alone."""

    def interrupt(_sign: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signs = (signal.SIGTERM, signal.SIGHUP)
    try:
        before = [(sign, signal.signal(sign, interrupt)) for sign in signs]
    except ValueError:  # not the main thread: signals go elsewhere
        before = []
    try:
        yield
    finally:
        for sign, old in before:
            signal.signal(sign, old)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the lock of a run's folder; yield the open file, which a child may inherit.

    Raises:
        AskedWrongly: another process holds it.
    """
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            problem = f"Another process is still at work in {folder}."
            raise AskedWrongly(problem, "Wait for it, or end it.") from error
        yield file.fileno()


@dataclass(frozen=True, slots=True)
class Point:
    """One step: its loss, and the GPU's memory in use in 10^9 bytes, 0 without one."""

    step: int
    steps: int
    loss: float
    vram_gb: float = 0.0


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


def read_log(folder: Path) -> tuple[Point, ...]:
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
