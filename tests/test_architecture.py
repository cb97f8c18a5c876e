"""The import law of docs/design.md: which room may see which, and how large a module may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "piiforge"
CORE = {"types", "errors", "rng", "files", "prompt", "plugins"}
MAY_ALSO_SEE: dict[str, set[str]] = {
    "recipe": set(),
    "categories": set(),
    "disguises": set(),
    "lines": set(),
    "page": set(),
    "text": set(),
    "reader": {"text"},
    "context": {"evaluate", "reader", "text"},
    "chat": set(),
    "evaluate": set(),
    "logs": set(),
    "engine": set(),
    "train": set(),
    "seeds": {"reader"},
    "checks": {"reader"},
    "review": {"categories", "logs", "page", "predict", "reader"},
    "compose": {"categories", "disguises", "lines", "seeds"},
    "build": {"categories", "checks", "compose", "disguises", "page", "recipe", "seeds", "train"},
    "write": {"build", "categories", "chat", "checks", "compose", "disguises", "lines", "reader",
              "recipe", "review", "seeds"},
    "predict": {"categories", "chat", "context", "engine", "evaluate", "reader", "text"},
    "judge": {"build", "categories", "disguises", "engine", "evaluate", "page", "predict"},
    "pack": {"context", "engine", "evaluate", "judge", "page", "predict"},
    "scan": {"logs", "page", "predict"},
    "scrub": {"logs", "predict", "reader", "scan", "text"},
    "serve": {"page", "predict", "scrub"},
    "doctor": {"engine", "predict"},
    "scale": {"build", "categories", "checks", "compose", "recipe"},
    "loop": {"build", "judge", "predict", "recipe", "train"},
    "adapting": {"evaluate", "train"},
    "cli": {"adapting", "build", "categories", "chat", "context", "doctor", "evaluate", "judge",
            "logs", "loop", "pack", "predict", "recipe", "review", "scale", "scan", "scrub",
            "seeds", "serve", "train", "write"},
}  # fmt: skip
MODULES = sorted(SRC.rglob("*.py"))
NAMES = {
    ".".join(path.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in MODULES
}
# Modules with one importer in their own room (doors apart), and why they are not a part of it
ALONE = {
    "predict.presidio": "a detector", "predict.rampart": "a detector",
    "predict.remote": "a detector", "predict.local": "a detector",
    "predict.detector": "systems by their names, and what all are asked as",
    "predict.cascade": "the stages in their order",
    "predict.known_rows": "a chapter: rows by their parts",
    "context.model": "the weights and their file",
    "page.text": "a chapter: text as it shows, and the templates",
    "logs.log": "a chapter: one source, opened and read; the other writes it again",
    "scrub.state": "what is asked and counted, and the files that tell it",
    "compose.label": "the policy's only implementation (decision 4 of the design)",
    "compose.shares": "a chapter: shares into whole numbers",
    "compose.scenes": "a chapter: what a line carries around its subject",
    "reader.halves": "a chapter: values over several fields",
    "reader.records": "a chapter: records of a fixed form",
    "reader.finders": "the finders, one a category", "reader.numbers": "what makes a number valid",
    "seeds.knife": "a chapter: values out of what others wrote",
    "scale.proof": "a chapter: the reduce",
    "write.answers": "a chapter: from an answer to lines that may be used",
    "chat.journal": "the file under a client", "train.data": "what is read before a run",
    "train.worker": "a script of the other environment, and what its other script stands on",
    "build.croissant": "the set in the words of a standard",
    "scan.pipe": "a chapter: what comes over time",
    "scan.shards": "a chapter: a scan in parts, and the parts joined",
    "scan.follow": "a chapter: what earlier scans read",
    "scan.sarif": "another's form of findings",
    "scan.missed": "a chapter: rows called clean, drawn for a person",
    "review.samples": "a sample of labels, its file, and how a terminal shows it",
    "review.desk": "what the page shows and does, without HTTP",
    "review.exchange": "what decisions are given on as",
    "serve.presidio": "another's shape of answers", "serve.app": "the routes; imported late",
}  # fmt: skip
SCRIPTS = sorted(path for room in ("scripts", "benchmarks") for path in (ROOT / room).glob("*.py"))


def room_of(path: Path) -> str:
    room = path.relative_to(SRC).parts[0].removesuffix(".py")
    return "cli" if room == "__main__" else room  # `python -m piiforge` is the command line


def own(path: Path) -> set[str]:
    """Return the names that a door imports or makes itself: they hide modules of the same name."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def imports(path: Path) -> list[str]:
    """Return the modules of ours that a file imports from: MODULE, or the room if by its door."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                hidden = node.module in DOORS and alias.name in DOORS[node.module]
                inner = name in NAMES and not hidden
                found.append(name if inner or node.module == "piiforge" else node.module)
    return [name for name in found if name.startswith("piiforge.")]


DOORS = {name: own(path) for name, path in NAMES.items() if path.stem == "__init__"}
every_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix()
)


@every_module
def test_rooms_see_only_what_the_law_allows(path):
    room = room_of(path)
    if room in CORE or room == "__init__":
        offered = {"build", "judge", "predict", "scrub"} if room == "__init__" else set()
        allowed = CORE | {"__version__"} | offered
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


def test_a_module_with_one_importer_in_its_room_is_part_of_it_or_said_why():
    inside = {name: path for name, path in NAMES.items() if path.stem != "__init__"}
    users: dict[str, set[str]] = {name: set() for name in inside}
    for name, path in inside.items():
        for each in imports(path):
            if each in users and each.rpartition(".")[0] == name.rpartition(".")[0]:
                users[each].add(name)
    alone = {name for name, by in users.items() if len(by - {name}) == 1 and name.count(".") > 1}
    offered = {name for name in alone if name.split(".")[2] in DOORS[name.rpartition(".")[0]]}
    rooms = {name.removeprefix("piiforge.") for name in alone - offered}
    assert rooms == ALONE.keys()


def test_no_permission_is_unused():
    seen: dict[str, set[str]] = {room: set() for room in MAY_ALSO_SEE}
    for path in MODULES:
        if room_of(path) in seen:
            seen[room_of(path)] |= {name.split(".")[1] for name in imports(path)}
    unused = {
        room: MAY_ALSO_SEE[room] - seen[room] for room in seen if MAY_ALSO_SEE[room] - seen[room]
    }
    assert not unused


def test_the_rule_baseline_shares_nothing_with_what_makes_or_reads_the_data():
    assert imports(SRC / "predict" / "rules.py")
    seen = {name.split(".")[1] for name in imports(SRC / "predict" / "rules.py")}
    assert not seen & {"reader", "text", "categories", "disguises", "compose"}


def test_the_table_of_the_design_page_is_the_law():
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    told = {cells[0]: set(cells[2].split(", ")) for cells in rows if len(cells) > 2}
    told |= {cells[0].strip(): set() for cells in rows if len(cells) == 2}
    assert {room: told[room] for room in MAY_ALSO_SEE if room != "cli"} == {
        room: seen for room, seen in MAY_ALSO_SEE.items() if room != "cli"
    }


def test_every_room_is_declared():
    rooms = {room_of(path) for path in MODULES} - CORE - {"__init__"}
    assert rooms == set(MAY_ALSO_SEE)


def test_no_modules_import_each_other_in_a_circle():
    """Doors aside: they name what stands behind them."""
    graph = {
        name: {each for each in imports(path) if each in NAMES and NAMES[each].stem != "__init__"}
        for name, path in NAMES.items()
        if path.stem != "__init__"
    }
    left = dict(graph)
    while free := [name for name, seen in left.items() if not seen & left.keys()]:
        for name in free:
            del left[name]
    assert not left, f"a circle among {sorted(left)}"


@pytest.mark.parametrize(
    "path", MODULES + SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_a_module_of_800_lines_is_two_things(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 800


def test_depth_is_at_most_two():
    assert all(len(path.relative_to(SRC).parts) <= 2 for path in MODULES)


@every_module
def test_nothing_runs_remote_code_or_phones_home(path):
    text = path.read_text(encoding="utf-8")
    assert "trust_remote_code: true" not in text
    assert not {"requests", "httpx", "urllib.request", "socket"} & {
        name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)
        for name in (alias.name for alias in node.names)
    }  # fmt: skip
