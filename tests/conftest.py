"""What several test modules share: one built folder, the command line, a calm hypothesis."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from piiforge.recipe import Recipe, load
from piiforge.rng import child
from piiforge.types import SPLITS, Example, Switches

if TYPE_CHECKING:  # a test of one room neither waits for the others nor falls with them
    from piiforge.build.build import Built
    from piiforge.compose import Spec

collect_ignore_glob = ["*/conftest.py"]  # they hold no doctest, and their names are the same
RECIPES = Path(__file__).parent.parent / "recipes"

# No clock and no luck: a slow machine fails nothing, and every run tries the same examples.
settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")

# A shell's background job is deaf to Ctrl-C, and so would be all that the tests start and stop so.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Finished:
    """The tiny recipe, what its build came to, and the folder."""

    recipe: Recipe
    built: "Built"
    folder: Path


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def recipes() -> Path:
    return RECIPES


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Build recipes/tiny.yaml, once a run. Nobody may write into the folder."""
    from piiforge import build

    recipe = load(RECIPES / "tiny.yaml")
    folder = tmp_path_factory.mktemp("built") / "tiny"
    return Finished(recipe, build.build(recipe, folder, workers=1), folder)


@pytest.fixture
def copy(tiny: Finished, tmp_path: Path) -> Path:
    """Return a copy of the built folder that a test may spoil."""
    return Path(shutil.copytree(tiny.folder, tmp_path / "copy"))


@pytest.fixture(scope="session")
def base_plan() -> tuple["Spec", ...]:
    from piiforge import build

    return build.plan_of(load(RECIPES / "base.yaml"))


@pytest.fixture(scope="session")
def composed(base_plan: tuple["Spec", ...]) -> list[tuple["Spec", list[Example]]]:
    """Compose a third of the base plan, unchecked: every category, variant and kind is in it."""
    from piiforge import compose

    composers = {
        split: compose.Composer(compose.make_pool(split, 1), Switches(), 1) for split in SPLITS
    }
    rng = child(1, "composed")
    return [(spec, list(composers[spec.split].compose(spec, rng))) for spec in base_plan[::3]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Said]]:
    """Return `piiforge` as a function: arguments in; exit code, stdout and stderr out."""
    from piiforge.cli import main

    def piiforge(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["piiforge", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Said(int(left.value.code or 0), said.out, said.err)

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PIIFORGE_DEBUG", raising=False)
    return piiforge
