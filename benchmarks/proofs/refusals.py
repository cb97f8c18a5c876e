"""A disk that is full or read-only, SIGTERM, two writers of one place: a sentence, nothing spoilt.

Each is done to a command that writes over an earlier result of its own (--force): afterwards that
is there byte by byte, or the new one is, whole; and nothing else is, but for what the command says
can be gone on with. Two writers begin in an empty place without --force, too: one of them ends, and
the other is refused. Disks are small file systems in memory of a user namespace of their own
(`unshare`): no rights are needed, and nothing else can see them. Without `unshare`, as on a Mac,
those two are left out.
"""

import hashlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from proofs import ROOT, SMALL, TESTS, Line, command, environment, ran

sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "scan"))
sys.path.insert(0, str(TESTS / "engine"))

import engine_models  # type: ignore[import-not-found]  # a test's, found by path
from scan_logs import access_lines  # type: ignore[import-not-found]

from fault_server import FaultServer  # type: ignore[import-not-found]
from write_model import Model  # type: ignore[import-not-found]

TINY = ROOT / "recipes" / "tiny.yaml"
CODES = {"disk full": {74, 2}, "read-only": {74, 2}, "SIGTERM": {143}, "two writers": {0, 2}}
_SHELL = (
    "mount -t tmpfs -o size={size} none disk && cp -a before/. disk/ && {after} cd disk && exec"
)
_FULL = "(head -c 1G /dev/zero >disk/filler 2>/dev/null; true) && "
_READ_ONLY = "mount -o remount,ro none disk && "
_PART = (".part", ".part.json")  # an unfinished scan or prediction, to go on with
_JOURNAL = ("calls.sqlite", "-wal", "-shm")  # of a write: what was paid for is kept


@dataclass(frozen=True, slots=True)
class Command:
    """A command and its output in the folder that it runs in; `inputs` is where its inputs lie."""

    words: Callable[[Path, str], Sequence[object]]
    outputs: tuple[str, ...]


def _scan(inputs: Path, _url: str) -> Sequence[object]:
    return ("scan", inputs / "a.log", "-o", "out.jsonl", "--batch", 64, "--force")


def _write(_inputs: Path, url: str) -> Sequence[object]:
    more = ("--model", "tiny", "--base-url", url, "--out", "out", "--force")
    return ("write", TINY, 'categories=["email"]', "writing.lines=40", *more)


COMMANDS: Mapping[str, Command] = {
    "build": Command(
        lambda _inputs, _url: ("build", TINY, *SMALL, "--out", "out", "--workers", 1, "--force"),
        ("out",),
    ),
    "scan": Command(_scan, ("out.jsonl", "out.summary.json", "out.report.html")),
    "scrub": Command(
        lambda inputs, _url: ("scrub", inputs / "a.log", "--out", "out.log", "--force"),
        ("out.log",),
    ),
    "write": Command(_write, ("out",)),
    "pack": Command(
        lambda inputs, _url: ("pack", inputs / "model", "--rows", 0, "--out", "out", "--force"),
        ("out",),
    ),
    "predict": Command(
        lambda inputs, _url: (
            "predict",
            inputs / "set",
            "--with",
            "rules",
            "--out",
            "out.jsonl",
            "--latency",
            0,
            "--force",
        ),
        ("out.jsonl", "out.run.json"),
    ),
    "score": Command(
        lambda inputs, _url: (
            "score",
            inputs / "set",
            inputs / "said.jsonl",
            "--report",
            "out.html",
            "--calibrate-from",
            inputs / "set",
            inputs / "said-val.jsonl",
            "--calibration",
            "out.json",
            "--force",
        ),
        ("out.html", "out.json"),
    ),
    "mine": Command(
        lambda inputs, _url: (
            "mine",
            inputs / "set",
            inputs / "said-val.jsonl",
            "--out",
            "out.yaml",
            "--force",
        ),
        ("out.yaml",),
    ),
}


def can_mount() -> bool:
    """Say whether a small file system can be made in a namespace of our own."""
    if not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory() as room:
        words = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", room]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0


def make_inputs(place: Path) -> Path:
    """Make what the commands read: a log, a data set, predictions on it, and a model."""
    inputs = place / "inputs"
    inputs.mkdir()
    (inputs / "a.log").write_text("\n".join(access_lines(600)))
    engine_models.make(inputs / "model")
    by_rules = ("predict", inputs / "set", "--with", "rules", "--out")
    for words in (
        ("build", TINY, *SMALL, "--out", inputs / "set"),
        (*by_rules, inputs / "said.jsonl"),
        (*by_rules, inputs / "said-val.jsonl", "--split", "val"),
    ):
        done = ran(command(*words), inputs)
        assert done.returncode == 0, done.stderr
    return inputs


def refuse(times: int, seed: int) -> Line:
    """Do each of the four to each of the commands, `times` times."""
    problems: list[str] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        inputs = make_inputs(Path(place))
        for at in range(times):
            for name in COMMANDS:
                for what in CODES:
                    if what in ("disk full", "read-only") and not can_mount():
                        continue
                    count += 1
                    found = wronged(name, what, inputs, Random(f"{seed}/{at}/{name}/{what}"))
                    problems += [f"{name}, {what}: {problem}" for problem in found]
    return Line(
        "refusals",
        f"{', '.join(CODES)}: {', '.join(COMMANDS)} over an earlier result",
        count,
        f"{len(problems)} without its sentence and code, or with something spoilt",
        bool(count) and not problems,
        {"problems": problems},
    )


def write_together(times: int, seed: int) -> Line:
    """Let two write one place, `times` for each command, the second at any moment of the first.

    Every second time the place is empty, and neither has leave to replace what the other wrote.
    """
    problems: list[str] = []
    refused = 0
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        inputs = make_inputs(Path(place))
        for name in COMMANDS:
            with _result(name, inputs) as result:
                for at in range(times):
                    after_s = _apart_s(Random(f"{seed}/{at}/{name}"), result)
                    together = _both_anew if at % 2 else _both
                    codes, said, after = together(result.words, result.room, after_s)
                    refused += 2 in codes
                    found = result.wronged("two writers", codes, said, after)
                    problems += [f"{name}: {problem}" for problem in found]
    return Line(
        "two-writers",
        "two write one place, together or one soon after the other, empty or not: "
        f"{', '.join(COMMANDS)}",
        times * len(COMMANDS),
        f"{len(problems)} without its sentence or code, or with something spoilt; in {refused} one "
        "was refused, in the others both came to their end",
        not problems,
        {"problems": problems, "refused": refused},
    )


def wronged(name: str, what: str, inputs: Path, rng: Random) -> list[str]:
    """Do `what` to the command `name`; return what is not as it should be."""
    with _result(name, inputs) as result:
        words, room, took_s = result.words, result.room, result.took_s
        if what == "SIGTERM":
            codes, said = _terminated(words, room, rng.uniform(0.3, 0.9) * took_s)
            return result.wronged(what, codes, said, _state(room))
        if what == "two writers":
            after_s = _apart_s(rng, result)
            over = result.wronged(what, *_both(words, room, after_s))
            return over + result.wronged(what, *_both_anew(words, room, after_s))
        return result.wronged(what, *_on_disk(words, room, full=what == "disk full"))


@dataclass(frozen=True, slots=True)
class _Result:
    """What a command left in `room`, and how long that took."""

    words: Sequence[str]
    room: Path
    before: Mapping[str, str]
    took_s: float

    def wronged(
        self, what: str, codes: Sequence[int], said: Sequence[str], after: Mapping[str, str]
    ) -> list[str]:
        """Return what is not as it should be after `what`."""
        return [*_spoilt(what, self.before, after), *_unsaid(what, codes, said)]


@contextmanager
def _result(name: str, inputs: Path) -> Iterator[_Result]:
    """Run a command undisturbed."""
    with (
        tempfile.TemporaryDirectory(prefix="piiforge-") as place,
        FaultServer(answer=Model().answer) as server,
    ):
        room = Path(place) / "before"
        room.mkdir()
        words = command(*COMMANDS[name].words(inputs, server.url))
        began = time.monotonic()
        done = ran(words, room)
        took_s = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        yield _Result(words, room, _state(room), took_s)


def _apart_s(rng: Random, result: _Result) -> float:
    """Draw how much later the second writer begins: at once, half of the times."""
    return rng.choice((0.0, rng.random())) * result.took_s


def _spoilt(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what was there and is not, or is other than a finished one; and what is left over."""
    may_be = _JOURNAL if what == "two writers" else (*_PART, *_JOURNAL)  # one of two ends
    left = [
        path for path in after
        if path not in before and not path.endswith(may_be) and path != "filler"
    ]  # fmt: skip
    steady = {path for path in before if not path.endswith((*_JOURNAL, "manifest.json"))}
    gone = [path for path in steady if after.get(path) != before[path]]
    if what in ("two writers", "SIGTERM"):  # one that ended, if too late for it, tells how fast
        gone = [path for path in gone if path != "out.run.json"]
    return [f"{path} is left over" for path in left] + [
        f"{path} is not what it was" for path in gone
    ]


def _unsaid(what: str, codes: Sequence[int], said: Sequence[str]) -> list[str]:
    found = [f"exit code {code}" for code in codes if code not in CODES[what]]
    for code, text in zip(codes, said, strict=True):
        told = [line for line in text.splitlines() if line.startswith("piiforge: ")]
        if code and (len(told) != 1 or "Traceback" in text or "bug in piiforge" in text):
            found.append(f"said {text!r}")
    return found


def _terminated(words: Sequence[str], room: Path, after_s: float) -> tuple[list[int], list[str]]:
    """Send SIGTERM while it works. One that is at its end already is 0 and counts as stopped."""
    process = _started(words, room)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
    said = process.communicate()[1]
    if process.returncode in (0, -signal.SIGTERM) and "Traceback" not in said:
        return [143], ["piiforge: not yet begun, or done"]  # before its modules are there, or after
    return [process.returncode], [said]


def _both_anew(
    words: Sequence[str], room: Path, after_s: float
) -> tuple[list[int], list[str], dict[str, str]]:
    """Let two write the same empty place, neither with leave to replace: one of them is refused."""
    with tempfile.TemporaryDirectory(prefix="anew-", dir=room.parent) as place:
        plain = [word for word in words if word != "--force"]
        codes, said, after = _both(plain, Path(place), after_s)
    if 2 not in codes:
        return [*codes, -1], [*said, "the slower replaced what the quicker wrote"], after
    return codes, said, after


def _both(
    words: Sequence[str], room: Path, after_s: float
) -> tuple[list[int], list[str], dict[str, str]]:
    """Let two write the same place, the second beginning that much later; tell what it holds."""
    two = [_started(words, room)]
    time.sleep(after_s)
    two.append(_started(words, room))
    said = [process.communicate()[1] for process in two]
    codes = [process.returncode for process in two]
    if 0 not in codes:
        said = [*said, "nobody came to an end"]
        codes = [*codes, -1]
    return codes, said, _state(room)


def _started(words: Sequence[str], room: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words, cwd=room, env=environment(), text=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def _on_disk(
    words: Sequence[str], room: Path, *, full: bool
) -> tuple[list[int], list[str], dict[str, str]]:
    """Run on a disk with the earlier result that is full, or read-only; return what it holds."""
    place = room.parent
    for folder in ("disk", "after"):
        (place / folder).mkdir()
    size = f"{sum(path.stat().st_size for path in room.rglob('*')) // 1024 + 200}k"
    shell = _SHELL.format(size=size, after=_FULL if full else _READ_ONLY)
    shell = shell.removesuffix("exec") + '"$@"; code=$?; cp -a . ../after; exit $code'
    done = ran(["unshare", "-rm", "sh", "-c", shell, "sh", *words], place)
    return [done.returncode], [done.stderr], _state(place / "after")


def _state(folder: Path) -> dict[str, str]:
    """Return the hash of every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
