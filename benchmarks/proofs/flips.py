"""Single bytes of finished results, changed one at a time: every change is found and named."""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from proofs import ROOT, SMALL, TESTS, Line

sys.path.insert(0, str(TESTS / "engine"))

import engine_models  # type: ignore[import-not-found]  # a test's, found by path

from piiforge import build, engine, pack
from piiforge.errors import PiiforgeError
from piiforge.recipe import load


def of_set(times: int, seed: int) -> Line:
    """Change bytes of a built folder; `piiforge verify` is to find each."""
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        folder = Path(place) / "set"
        build.build(load(ROOT / "recipes" / "tiny.yaml", SMALL), folder, workers=1)
        return _flipped("flips-set", "`verify` of a data set", folder, build.verify, times, seed)


def of_pack(times: int, seed: int) -> Line:
    """Change bytes of a packed model; opening it is to find each."""
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        model, folder = engine_models.make(Path(place) / "model"), Path(place) / "pack"
        asked = pack.Packing(model, rows=0)
        pack.pack(asked, folder, force=False, progress=lambda *_: None)
        return _flipped("flips-pack", "opening a pack", folder, engine.read, times, seed)


def _flipped(
    name: str, by: str, folder: Path, prove: Callable[[Path], object], times: int, seed: int
) -> Line:
    """Change one byte at a time, in every file in turn, and put it back."""
    rng = random.Random(f"{name}/{seed}")
    prove(folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    missed: Counter[str] = Counter()
    for at in range(times):
        path = paths[at % len(paths)]
        whole = path.read_bytes()
        place, mask = rng.randrange(len(whole)), rng.randrange(1, 256)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        try:
            prove(folder)
            missed[path.name] += 1
        except PiiforgeError as error:
            named = path.name in str(error) or str(folder) in str(error)
            missed[f"{path.name} not named"] += not named
        path.write_bytes(whole)
    prove(folder)
    missed += Counter()
    return Line(
        name,
        f"one byte changed in one of {len(paths)} files; {by}",
        times,
        f"{missed.total()} missed",
        not missed,
        {"missed": dict(missed)},
    )
