"""kill -9 at random moments, then the same command again: the end is as if nothing had happened.

The moments are drawn from a seed, evenly over the time that an undisturbed run takes, from the
start of the process on. One that comes after the end of the work is not counted, and drawn again.
A killed process must take its workers with it. Lost and doubled rows are counted against the
undisturbed run, beside the SHA-256 of all that a run leaves.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random

from proofs import ROOT, SMALL, TESTS, Line, command, environment, ran

sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "scan"))

from scan_logs import SLOW, access_lines  # type: ignore[import-not-found]

from fault_server import FaultServer  # type: ignore[import-not-found]  # a test's, found by path
from write_model import Model  # type: ignore[import-not-found]

TINY = ROOT / "recipes" / "tiny.yaml"
ORPHANS_S = 5.0  # by then the workers of a killed process have noticed
IN_FLIGHT = 3
_TRIES = 5  # moments drawn for one that is counted
_TRAINING = ("epochs=2", "batch=4", "checkpoints=4", "cutoff=2000", "lr=1e-2", "profile=cpu")


@dataclass(frozen=True, slots=True)
class Came:
    """What a run left: the hash of all of it, and what each of its rows is called."""

    sha256: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A command that is killed. `words` get the folder and what `served` gives (an address).

    `is_whole` says that the result had its place before the kill: the command would be refused.
    """

    name: str
    words: Callable[[Path, str], Sequence[str]]
    came: Callable[[Path], Came]
    prepare: Callable[[Path], object] = lambda _room: None
    served: Callable[[], object] = lambda: nullcontext("")
    variables: tuple[tuple[str, str], ...] = ()
    is_whole: Callable[[Path], bool] = lambda _room: False


def build(times: int, seed: int) -> Line:
    """Kill builds with two workers; a killed one is begun anew by the same command."""

    def words(_room: Path, _url: str) -> list[str]:
        return command("build", TINY, *SMALL, "--out", "out", "--workers", 2)

    def came(room: Path) -> Came:
        paths = [room / "out" / f"{name}.jsonl" for name in ("train", "val", "test")]
        lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
        return Came(_hash(room / "out"), tuple(json.loads(line)["input"] for line in lines))

    work = Work("build", words, came, is_whole=lambda room: (room / "out").exists())
    return _killed(work, times, seed)


def write(times: int, seed: int) -> Line:
    """Kill writes against a server on loopback that answers like a model, and fails like one."""

    def words(_room: Path, url: str) -> list[str]:
        more = ('categories=["ssn", "email"]', "writing.lines=12", "--model", "tiny", "--out",
                "out", "--most-at-once", IN_FLIGHT, "--lines-per-call", 2, "--resume")  # fmt: skip
        return command("write", TINY, "--base-url", url, *more)

    def came(room: Path) -> Came:
        lines = (room / "out" / "lines.jsonl").read_text("utf-8").splitlines()
        rejected = (room / "out" / "rejected.jsonl").read_bytes()
        told = hashlib.sha256("\n".join(lines).encode() + rejected).hexdigest()
        return Came(told, tuple(json.loads(line)["text"] for line in lines))

    def served() -> object:
        return FaultServer(answer=Model(faults=0.1).answer, latency_s=0.02)

    return _killed(Work("write", words, came, served=served), times, seed)


def scan(times: int, seed: int) -> Line:
    """Kill scans that put their state on the disk after every batch."""

    def prepare(room: Path) -> None:
        (room / "a.log").write_text("\n".join(access_lines(1500)))
        os.utime(room / "a.log", (0, 0))  # a part of what is asked, so of the summary

    def words(_room: Path, _url: str) -> list[str]:
        script = str(TESTS / "scan" / "scan_logs.py")
        return [sys.executable, script, "scan", "a.log", "-o", "out.jsonl", "--batch", "32",
                "--resume"]  # fmt: skip

    def came(room: Path) -> Came:
        lines = (room / "out.jsonl").read_text().splitlines()
        whole = [(room / f"out.{end}").read_bytes() for end in ("jsonl", "summary.json")]
        return Came(hashlib.sha256(b"".join(whole)).hexdigest(), tuple(lines))

    return _killed(Work("scan", words, came, prepare, variables=((SLOW, "0.01"),)), times, seed)


def train(times: int, seed: int) -> Line:
    """Kill trainings of the tests' random two-layer model, with its trainer; then --resume."""

    def words(room: Path, _url: str) -> list[str]:
        if (room / "run" / "run.json").is_file():
            return command("train", "--resume", "--out", "run")
        return command("train", room.parent / "data", *_TRAINING, "--model",
                       room.parent / "model", "--out", "run", "--force")  # fmt: skip

    def came(room: Path) -> Came:
        told = json.loads((room / "run" / "run.json").read_bytes())
        verdicts = [json.dumps([told[name] for name in ("state", "steps", "best", "loss")]),
                    *map(json.dumps, told["checkpoints"])]  # fmt: skip
        weights = hashlib.sha256((room / "run" / "model" / "model.safetensors").read_bytes())
        whole = "\n".join([*verdicts, weights.hexdigest()])
        return Came(hashlib.sha256(whole.encode()).hexdigest(), tuple(verdicts))

    return _killed(Work("train", words, came, _model_and_data), times, seed)


def loop(times: int, seed: int) -> Line:
    """Kill loops of two rounds, with their trainers; then --resume."""

    def words(room: Path, _url: str) -> list[str]:
        pairs = [word for pair in ("epochs=1", "batch=8", "checkpoints=1", "cutoff=2000",
                 "profile=cpu") for word in ("--set", pair)]  # fmt: skip
        begun = ["--resume"] if (room / "loop" / "asked.json").is_file() else []
        return command("loop", TINY, *SMALL, "--model", room.parent / "model", "--out", "loop",
                       "--mined-rows", 16, "--workers", 1, *pairs, *begun)  # fmt: skip

    def came(room: Path) -> Came:
        told = json.loads((room / "loop" / "loop.json").read_bytes())
        said = sorted((room / "loop").glob("round-*/val.jsonl"))
        said += sorted((room / "loop" / "test").glob("*.jsonl"))
        verdicts = [line for path in said for line in path.read_text().splitlines()]
        steps = json.dumps([told[name] for name in ("rounds", "note", "validation", "test")])
        whole = "\n".join([*verdicts, steps])
        named = [f"{at}/{line}" for at, line in enumerate(verdicts)]
        return Came(hashlib.sha256(whole.encode()).hexdigest(), tuple(named))

    return _killed(Work("loop", words, came, _model_and_data), times, seed)


def _model_and_data(room: Path) -> None:
    """Make the tiny model and the data beside the rooms of all runs, once."""
    python = Path(os.environ["PIIFORGE_LF_ENV"]) / "bin" / "python"
    if not (room.parent / "model").is_dir():
        script = TESTS / "train" / "tiny_model.py"
        subprocess.run(
            [python, "-I", script, room.parent / "model"], check=True, capture_output=True
        )
    if not (room.parent / "data").is_dir():
        done = ran(command("build", TINY, *SMALL, "--out", room.parent / "data"), room.parent)
        assert done.returncode == 0, done.stderr


def _killed(work: Work, times: int, seed: int) -> Line:
    """Kill `times` runs at random moments, and let each come to its end."""
    rng = Random(f"{work.name}/{seed}")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        expected, took_s = _undisturbed(work, Path(place))
        for at in range(_TRIES * times):
            if counts["killed"] == times:
                break
            with _room(work, Path(place), f"killed-{at}") as room, work.served() as server:  # type: ignore[attr-defined]
                url = getattr(server, "url", "")
                if not _kill(work, room, url, rng.uniform(0, took_s), counts):
                    continue
                if work.is_whole(room):
                    _compare(expected, work.came(room), counts)
                    continue
                done = ran(work.words(room, url), room)
                counts["refused"] += done.returncode != 0
                if done.returncode == 0:
                    _compare(expected, work.came(room), counts)
                if server:
                    twice = sum(count - 1 for count in server.paid.values())
                    counts["paid twice"] += twice
                    counts["over"] += twice > IN_FLIGHT
    counts["rows"] = len(expected.rows)
    return _line(work, times, counts)


def _line(work: Work, times: int, counts: Counter[str]) -> Line:
    bad = ("refused", "lost", "doubled", "differs", "orphans", "over")
    came = (
        f"{counts['lost']} rows lost, {counts['doubled']} doubled; "
        f"SHA-256 equal in {counts['equal']} of {counts['killed']}"
    )
    if work.name == "write":
        came += f"; {counts['paid twice']} calls paid twice, all in flight at a kill"
    return Line(
        f"kill-{work.name}",
        f"kill -9 of {work.name} at a random moment, then the command again",
        counts["killed"],
        came,
        counts["killed"] == times and not any(counts[name] for name in bad),
        {name: counts[name] for name in ("rows", "equal", *bad)},
    )


def _undisturbed(work: Work, place: Path) -> tuple[Came, float]:
    """Return what an undisturbed run leaves, and how long it took."""
    with _room(work, place, "undisturbed") as room, work.served() as server:  # type: ignore[attr-defined]
        words = work.words(room, getattr(server, "url", ""))
        began = time.monotonic()
        done = ran(words, room, **dict(work.variables))
        took_s = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        return work.came(room), took_s


def _kill(work: Work, room: Path, url: str, after_s: float, counts: Counter[str]) -> bool:
    """Start the work and kill it; say whether it was still at it."""
    with subprocess.Popen(
        work.words(room, url), cwd=room, env=environment(**dict(work.variables)),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            below = children(process.pid)
            process.send_signal(signal.SIGKILL)
        else:
            return False
    counts["killed"] += 1
    if work.name in {"train", "loop"}:  # the trainer is another program: what kills us kills it
        for child in below:
            _end(child)
        below = []
    until = time.monotonic() + ORPHANS_S
    while (left := [pid for pid in below if _lives(pid)]) and time.monotonic() < until:
        time.sleep(0.01)
    counts["orphans"] += len(left)
    for pid in left:
        _end(pid)
    return True


def _compare(expected: Came, found: Came, counts: Counter[str]) -> None:
    rows, wanted = Counter(found.rows), Counter(expected.rows)
    counts["lost"] += (wanted - rows).total()
    counts["doubled"] += (rows - wanted).total()
    counts["equal" if found.sha256 == expected.sha256 else "differs"] += 1


@contextmanager
def _room(work: Work, place: Path, name: str) -> Iterator[Path]:
    room = place / name
    room.mkdir()
    work.prepare(room)
    yield room
    shutil.rmtree(room)


def _hash(folder: Path) -> str:
    """Return one hash of the names and bytes of all files of a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def children(pid: int) -> list[int]:
    """Return the processes below one, the nearest first (Linux)."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return [each for child in found for each in (child, *children(child))]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    while _lives(pid):
        time.sleep(0.01)
