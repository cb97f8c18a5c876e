"""LLaMA-Factory in an environment of its own: made once, never imported, its web pages never run.

It pins old versions of much and drags in web servers that training doesn't need, so it shares
nothing with piiforge but files. `make` installs the pins, proves that training can be imported
(`llamafactory-cli version` passes on broken installs) and only then writes the marker `READY`.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from piiforge import jsonl
from piiforge.errors import AskedWrongly, GateFailed

VERSION = "0.9.5"
VARIABLE = "PIIFORGE_LF_ENV"  # names the environment where --env doesn't
READY = "piiforge.json"

_PINNED = (
    *("accelerate==1.11.0", "datasets==4.0.0", "peft==0.18.1", "transformers==5.6.0"),
    *("trl==0.24.0", "av==16.0.0", "torchdata==0.11.0", "tyro<0.9"),
)
# What each call of pip installs. Without a GPU, LLaMA-Factory goes in without its dependencies:
# its own list has torchvision and torchaudio, whose builds beside a CPU torch don't import.
CPU: tuple[tuple[str, ...], ...] = (
    ("torch==2.13.0",),
    ("--no-deps", f"llamafactory=={VERSION}"),
    (
        *_PINNED,
        *("einops", "fire", "matplotlib>=3.7", "omegaconf", "packaging", "pandas", "protobuf"),
        *("pydantic", "pyyaml", "safetensors", "scipy", "sentencepiece", "tiktoken"),
    ),
)
CUDA: tuple[tuple[str, ...], ...] = (("torch==2.13.0", f"llamafactory=={VERSION}", *_PINNED),)
_PROOF = """
import importlib.metadata, json, sys
import llamafactory.train.tuner, torch
names = ("llamafactory", "torch", "transformers", "peft", "accelerate", "datasets", "trl")
found = {name: importlib.metadata.version(name) for name in names}
found["python"] = sys.version.split()[0]
found["cuda"] = torch.version.cuda or ""
json.dump(found, open(sys.argv[1], "w"))
"""
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
    told = jsonl.read_json(folder / READY)
    versions = {name: str(value) for name, value in told.items()}
    if versions.get("llamafactory") != VERSION:
        raise AskedWrongly(f"{folder} holds another LLaMA-Factory than {VERSION}.", _SETUP)
    return Environment(folder, versions)


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
        _install(folder, CUDA if cuda else CPU, torch_index, say)
        if not cuda:
            _stub_torchaudio(folder)
        versions = _prove(folder)
    if versions is None:
        raise GateFailed(
            f"LLaMA-Factory can't be imported in {folder}.", "Delete the folder and make it again."
        )
    jsonl.write_json(folder / READY, versions)
    return find(folder)


def _install(
    folder: Path, pins: tuple[tuple[str, ...], ...], torch_index: str, say: Callable[[str], None]
) -> None:
    say(f"Making {folder}: about 2 GB, 10 GB with CUDA; some minutes.")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    for number, wanted in enumerate(pins):
        index = ["--index-url", torch_index] if torch_index and number == 0 else []
        say(f"pip, {number + 1} of {len(pins)}: {', '.join(wanted[:3])} ...")
        if subprocess.run([*pip, *index, *wanted], stdout=sys.stderr, check=False).returncode:
            raise GateFailed("pip failed; it said why above.", "Mend that and run it again.")


def _stub_torchaudio(folder: Path) -> None:
    """Put an empty torchaudio where none is: LLaMA-Factory 0.9.5 imports it, for sound only."""
    (site,) = folder.glob("lib/python3*/site-packages")
    if not (site / "torchaudio").exists():
        (site / "torchaudio").mkdir()
        (site / "torchaudio" / "__init__.py").write_text('"""Empty."""\n', encoding="utf-8")


def _prove(folder: Path) -> dict[str, str] | None:
    """Return the versions where training can be imported, else None."""
    python, told = folder / "bin" / "python", folder / f"{READY}.part"
    if not python.is_file():
        return None
    command = [str(python), "-I", "-c", _PROOF, str(told)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    versions = {name: str(value) for name, value in jsonl.read_json(told).items()}
    told.unlink()
    return versions if versions["llamafactory"] == VERSION else None
