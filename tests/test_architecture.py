"""The import law of docs/design.md: which room may see which, and how large a module may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "piiforge"
CORE = {"types", "errors", "rng", "jsonl"}
MAY_ALSO_SEE: dict[str, set[str]] = {
    "prompt": set(),
    "recipe": set(),
    "categories": set(),
    "disguises": set(),
    "lines": set(),
    "page": set(),
    "reader": set(),
    "chat": set(),
    "seeds": {"reader"},
    "compose": {"categories", "disguises", "lines", "seeds", "chat"},
    "checks": {"reader", "prompt"},
    "dataset": {"prompt", "page"},
    "review": {"reader", "page"},
    "evaluate": set(),
    "engine": {"prompt"},
    "predict": {"prompt", "chat", "engine"},
    "train": {"prompt"},
    "logs": set(),
    "serve": {"predict", "page"},
    "pipeline": {
        "categories", "disguises", "lines", "seeds", "compose", "reader", "checks", "dataset",
        "prompt", "recipe", "page", "chat", "review", "evaluate", "predict", "train",
        "logs", "engine",
    },
    "cli": {
        "categories", "pipeline", "recipe", "seeds", "chat", "review", "evaluate", "predict",
        "train", "logs", "serve",
    },
}  # fmt: skip
MODULES = sorted(SRC.rglob("*.py"))
MAX_LINES = 300


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in {"piiforge", "piiforge.cli"}:
                found.extend(f"{node.module}.{alias.name}" for alias in node.names)
            else:
                found.append(node.module)
    return [name for name in found if name.startswith("piiforge.")]


every_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix()
)


@every_module
def test_rooms_see_only_what_the_law_allows(path):
    room = room_of(path)
    if room in CORE or room == "__init__":
        allowed = CORE | {"__version__"} | ({"pipeline"} if room == "__init__" else set())
    else:
        assert room in MAY_ALSO_SEE, f"room {room} is not declared: add it with a decision"
        allowed = CORE | {room, "__version__"} | MAY_ALSO_SEE[room]
    seen = {name.split(".")[1] for name in imports(path)}
    assert seen <= allowed, f"{path.name} sees {sorted(seen - allowed)}"


@every_module
def test_other_rooms_are_entered_by_their_door(path):
    room = room_of(path)
    inner = [
        name
        for name in imports(path)
        if name.count(".") > 1 and name.split(".")[1] not in CORE | {room}
    ]
    assert not inner, f"{path.name} reaches into {inner}"


SCRIPTS = sorted(path for room in ("scripts", "benchmarks") for path in (ROOT / room).glob("*.py"))


@pytest.mark.parametrize(
    "path", MODULES + SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_modules_stay_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{path.name} has {lines} lines"


def test_depth_is_at_most_two():
    assert all(len(path.relative_to(SRC).parts) <= 2 for path in MODULES)


def test_every_room_is_declared():
    rooms = {room_of(path) for path in MODULES} - CORE - {"__init__"}
    assert rooms == set(MAY_ALSO_SEE)


@every_module
def test_nothing_runs_remote_code_or_phones_home(path):
    text = path.read_text(encoding="utf-8")
    assert "trust_remote_code: true" not in text
    assert not {"requests", "httpx", "urllib.request", "socket"} & {
        name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)
        for name in (alias.name for alias in node.names)
    }  # fmt: skip
