"""Doctor: what is installed, what each extra lacks, and what this machine can run and how fast.

What is wanted is read from the metadata of the installed package, so that it is what pip read.
Speeds are measured here and now, for a second each: a log's rows may be longer than the samples.
Only a core package that is lacking, or a verdict on a sample that is wrong, is an ill; an extra
that nobody installed is none. Where the core is ill, nothing else is imported: so it can be told.
"""

import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata, resources
from itertools import count, cycle, islice
from pathlib import Path
from statistics import median

from piiforge import __version__
from piiforge.errors import AskedWrongly

# What each extra of pyproject.toml is for
EXTRAS = {
    "fast": "`pack`, `bench`, and pack:PATH, a packed model on the processor",
    "gguf": "`pack --gguf`, for llama.cpp and Ollama",
    "hub": "`push`, to a hub of data sets",
    "local": "local:PATH, a model by transformers",
    "peers": "rampart, a peer to be compared with",
    "presidio": "presidio, a peer to be compared with",
    "scale": "--engine ray, and an --out in a store such as s3://",
    "serve": "`serve`, verdicts over HTTP",
    "tokenizer": "token counts by a tokenizer, not by the estimate",
    "write": "`write`, chat:URL#MODEL and server:URL#MODEL",
}
_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(\[[^]]*])?\s*\(?(?P<wanted>[^;)]*)\)?\s*(;(?P<marker>.*))?"
)
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([\d.]+)")
_COMPARED = {
    ">=": lambda found, bound: found >= bound,
    "<=": lambda found, bound: found <= bound,
    "==": lambda found, bound: found == bound,
    ">": lambda found, bound: found > bound,
    "<": lambda found, bound: found < bound,
}
_AT_ONCE = 100  # rows that are judged together
_SECONDS = 1.0
_CGROUP = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is wanted. `version` is "" where it is not installed.

    `fits`: it is there, in a version that is wanted.
    """

    name: str
    wanted: str
    version: str
    fits: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra: what it is for, its packages, and the line that installs what it lacks."""

    name: str
    gives: str
    packages: tuple[Package, ...]

    @property
    def lacks(self) -> tuple[str, ...]:
        """The packages that are missing or of another version."""
        return tuple(each.name for each in self.packages if not each.fits)

    @property
    def line(self) -> str:
        """The line that installs the extra, "" where nothing is lacking."""
        return f'pip install "piiforge[{self.name}]"' if self.lacks else ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What runs here. Memory in GB (10^9 bytes), of the machine or what a container may take.

    `cores` are those that this process may use; `instructions` those that make a pack fast.
    """

    system: str
    python: str
    processor: str
    cores: int
    memory_gb: float | None
    instructions: tuple[str, ...]
    gpus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """Measured on sample lines: rows a second of the default detector in one process.

    Each row is asked for every category. `right` samples of `samples` got the verdict that they
    should. A pack's milliseconds are those of a verdict asked alone, warm; None without a pack.
    """

    system: str
    rows_per_s: float
    right: int
    samples: int
    pack_p50_ms: float | None = None
    pack_p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All of it. `recipes` came with the package; None is what an ill core hides."""

    version: str
    place: str
    core: tuple[Package, ...]
    extras: tuple[Extra, ...]
    recipes: int
    machine: Machine | None
    speed: Speed | None

    @property
    def ills(self) -> tuple[str, ...]:
        """What has to be mended, a sentence each; an extra that is not there is no ill."""
        found = [
            f"{each.name} {each.version or 'is missing'}, wanted is {each.wanted or 'any'}"
            for each in self.core
            if not each.fits
        ]
        if not self.recipes:
            found.append("no recipe came with the package")
        if self.speed and self.speed.right < self.speed.samples:
            wrong = self.speed.samples - self.speed.right
            found.append(f"{wrong} of {self.speed.samples} sample lines get a wrong verdict")
        return tuple(found)

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        extras = {
            each.name: {
                "for": each.gives,
                "packages": [asdict(one) for one in each.packages],
                "lacks": each.lacks,
                "install": each.line,
            }
            for each in self.extras
        }
        return {**asdict(self), "extras": extras, "ills": self.ills}


def examine(pack: Path | None = None, *, seconds: float = _SECONDS) -> Health:
    """Look at all of it; measures each speed for `seconds`.

    Raises:
        AskedWrongly: `pack` is no pack.
        MissingExtra: a pack was named and the extra `fast` is not installed.
    """
    wanted = _wanted()
    recipes = resources.files("piiforge") / "recipes"
    core = tuple(package for package, extra in wanted if not extra)
    whole = all(package.fits for package in core)
    return Health(
        version=__version__,
        place=str(Path(str(resources.files("piiforge")))),
        core=core,
        extras=tuple(
            Extra(name, gives, tuple(package for package, extra in wanted if extra == name))
            for name, gives in EXTRAS.items()
            if any(extra == name for _, extra in wanted)
        ),
        recipes=sum(one.name.endswith(".yaml") for one in recipes.iterdir()),
        machine=machine() if whole else None,
        speed=measure(pack, seconds) if whole else None,
    )


def _wanted() -> list[tuple[Package, str]]:
    """Return what the installed package asks for, each with its extra, "" for the core."""
    try:
        lines = metadata.requires("piiforge") or []
    except metadata.PackageNotFoundError as error:
        hint = "Install it: `pip install .` in a checkout."
        raise AskedWrongly("piiforge runs from a folder and is not installed.", hint) from error
    return [requirement(line) for line in lines]


def requirement(line: str) -> tuple[Package, str]:
    """Read a line of a package's metadata and look whether it is met; with its extra, "" for none.

    >>> requirement('no-such-package>=2; extra == "fast"')
    (Package(name='no-such-package', wanted='>=2', version='', fits=False), 'fast')
    """
    found = _REQUIREMENT.fullmatch(line.strip())
    if found is None:
        return Package(line, "", "", fits=False), ""
    name, wanted = found["name"], found["wanted"].strip()
    extra = _EXTRA.search(found["marker"] or "")
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = ""
    fits = bool(version) and within(version, wanted)
    return Package(name, wanted, version, fits), extra[1] if extra else ""


def within(version: str, wanted: str) -> bool:
    """Say whether a version keeps all bounds of `wanted`, by its numbers alone.

    >>> within("5.2.1+cpu", ">=5.0,<6"), within("5.2", ">=5.10")
    (True, False)
    """
    bounds = _BOUND.findall(wanted)
    width = max(map(len, (_numbers(version), *(_numbers(bound) for _, bound in bounds))))
    found = _numbers(version, width)
    return all(_COMPARED[sign](found, _numbers(bound, width)) for sign, bound in bounds)


def _numbers(version: str, width: int = 0) -> tuple[int, ...]:
    release = re.match(r"[\d.]*", version)
    found = [int(each) for each in (release[0] if release else "").split(".") if each]
    return (*found, *[0] * (width - len(found)))


def machine() -> Machine:
    """Say what this machine is."""
    from piiforge import engine

    told = engine.about()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        processor=told.get("model name", "") or platform.processor() or "unknown",
        cores=cores or 1,
        memory_gb=_memory_gb(),
        instructions=engine.instructions(),
        gpus=_gpus(),
    )


def _memory_gb() -> float | None:
    try:
        bytes_ = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = _CGROUP.read_text(encoding="ascii").strip() if _CGROUP.is_file() else ""
    return round(min(bytes_, int(limit) if limit.isdigit() else bytes_) / 1e9, 1)


def _gpus() -> tuple[str, ...]:
    """Return name and memory of each GPU that NVIDIA's driver tells of."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    asked = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in told.stdout.splitlines() if line.strip())


def measure(pack: Path | None = None, seconds: float = _SECONDS) -> Speed:
    """Judge sample lines for `seconds`, each made another by a number; then ask the pack."""
    from piiforge import predict

    samples = predict.sample_lines()
    holds = [True] * (len(samples) - 1) + [False]
    with predict.load() as detector:
        first = detector.judge([one.content for one in samples])
        said = [any(one.is_sensitive for one in each.values()) for each in first]
        lines = _numbered(one.content for one in samples)
        rows, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            rows += len(detector.judge(list(islice(lines, _AT_ONCE))))
        right = sum(one == other for one, other in zip(said, holds, strict=True))
        found = Speed(detector.name, round(rows / took, 1), right, len(samples))
    if pack is None:
        return found
    taken = _pack_ms(pack, seconds)
    p95 = taken[min(len(taken) - 1, int(0.95 * len(taken)))]
    return Speed(
        found.system, found.rows_per_s, right, len(samples),
        round(median(taken), 2), round(p95, 2),
    )  # fmt: skip


def _numbered(lines: Iterable[str]) -> Iterable[str]:
    return (f"{line} row {number}" for line, number in zip(cycle(lines), count(), strict=False))


def _pack_ms(pack: Path, seconds: float) -> list[float]:
    """Return the milliseconds of verdicts asked alone, in order of size."""
    from piiforge import predict

    taken: list[float] = []
    with predict.load(f"pack:{pack}", prefilter=False) as detector:
        names = cycle(detector.categories)
        lines = iter(_numbered(one.content for one in predict.sample_lines()))
        for name in islice(names, len(detector.categories)):  # what is kept is computed once
            detector.verdict(name, next(lines))
        began = time.perf_counter()
        while not taken or time.perf_counter() - began < seconds:
            start = time.perf_counter()
            detector.verdict(next(names), next(lines))
            taken.append(1000 * (time.perf_counter() - start))
    return sorted(taken)
