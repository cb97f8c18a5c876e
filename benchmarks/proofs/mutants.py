"""Small wrong changes to the rooms that decide what is right: do their own tests see them?

A mutant is one change to a syntax tree: a comparison moved by one, `and` for `or`, a number one
larger, another text, a condition turned around, nothing returned. `times` of them are drawn, the
same number from every room, or all that it has. Each is loaded in the place of its module, in a
process that runs the room's tests and ends at the first that fails; no file is changed. One that
every test passes has survived; one that takes longer than MOST_S was seen.

Left out are docstrings, annotations, decorators, what only asserts (`assert`, `zip(strict=)`), and
texts of words or with an address, which people read: tests/golden holds those. See Jia & Harman,
An Analysis and Survey of the Development of Mutation Testing, IEEE TSE 37(5), 2011.
"""

import ast
import copy
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from random import Random
from types import CodeType

if __name__ == "__main__":  # runs what is drawn: alone, so that piiforge is not loaded yet
    sys.path.insert(0, str(Path(__file__).parents[1]))

from proofs import ROOT, Line, environment

LEAST = 0.85
MOST_S = 180.0
SOURCE = ROOT / "src" / "piiforge"


@dataclass(frozen=True, slots=True)
class Room:
    """Files below `src/piiforge`, and the tests of them below `tests`, the nearest first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS: Mapping[str, Room] = {
    "label": Room(("compose/label.py",), ("compose/test_label.py",)),
    "categories": Room(("categories/*.py",), ("test_categories.py", "categories")),
    "checks": Room(("checks/*.py",), ("checks",)),
    "prompt": Room(("prompt.py",), ("test_prompt.py",)),
    "metrics": Room(("evaluate/metrics.py", "evaluate/scores.py"), ("evaluate",)),
}
# What a change of these files is seen by first: so most tests need not be run
NEAREST: Mapping[str, str] = {
    "contamination": "checks/test_contamination.py",
    "probes": "checks/test_shortcut.py",
    "row": "checks/test_row_checks.py",
    "digits": "categories/test_check_digits.py",
    "metrics": "evaluate/test_ranking.py",
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change; `apply` makes it in the tree that it was found in."""

    line: int
    told: str
    apply: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The change with this number in a file, as `mutations` lists them."""

    room: str
    path: Path
    number: int


_SWAPPED: Mapping[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_OTHER_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "len"}
_PASSED_OVER = {"annotation", "returns", "decorator_list"}


def prove(times: int, seed: int) -> Line:
    """Draw `times` mutants, and run the tests of their rooms against each."""
    script = [sys.executable, __file__, str(times), str(seed)]
    counts = {name: [0, 0] for name in ROOMS}
    survivors: list[str] = []
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            counts[told["room"]][not told["killed"]] += 1
            if not told["killed"]:
                survivors.append(told["told"])
                print(f"mutants: survived: {told['told']}", file=sys.stderr, flush=True)
    seen, missed = (sum(count[at] for count in counts.values()) for at in (0, 1))
    share = seen / (seen + missed) if seen else 0.0
    rooms = ", ".join(f"{name} {a} of {a + b}" for name, (a, b) in counts.items())
    return Line(
        "mutants",
        "one small wrong change each, and the tests of its room",
        seen + missed,
        f"{share:.0%} seen: {rooms}",
        process.returncode == 0 and share >= LEAST,
        {"share": round(share, 4), "rooms": counts, "survivors": survivors},
    )


def drawn(times: int, seed: int) -> Iterator[Mutant]:
    """Yield mutants, the same number of every room, or all that a small one has."""
    left = times
    sizes = {name: list(_all(name)) for name in ROOMS}
    for at, (name, every) in enumerate(sorted(sizes.items(), key=lambda one: len(one[1]))):
        count = min(len(every), left // (len(ROOMS) - at))
        left -= count
        yield from Random(f"mutants/{name}/{seed}").sample(every, count)


def _all(room: str) -> Iterator[Mutant]:
    for pattern in ROOMS[room].files:
        for path in sorted(SOURCE.glob(pattern)):
            for number in range(len(mutations(ast.parse(path.read_bytes())))):
                yield Mutant(room, path, number)


def mutations(tree: ast.AST) -> list[Mutation]:
    """Return every change that can be made to a module."""
    return list(_within(tree))


def _within(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) or _is_for_types(node):
        return
    for field, value in ast.iter_fields(node):
        if field in _PASSED_OVER or (field == "value" and _is_bare_text(node)):
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue
        if isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, ast.AST):
                    change = _putting_into(value, at)
                    yield from _of(each, change, condition=field == "ifs")
        elif isinstance(value, ast.AST):
            change = _putting(node, field)
            yield from _of(value, change, condition=field == "test")


def _putting(node: ast.AST, field: str) -> Callable[[ast.AST], None]:
    return lambda new: setattr(node, field, new)


def _putting_into(nodes: list[ast.AST], at: int) -> Callable[[ast.AST], None]:
    def put(new: ast.AST) -> None:
        nodes[at] = new

    return put


def _of(
    node: ast.AST, put: Callable[[ast.AST], None], *, condition: bool = False
) -> Iterator[Mutation]:
    """Yield what can be done to a node, which `put` puts into its place, and to those below."""
    others = list(_others(node))
    if condition and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        others.append(ast.UnaryOp(ast.Not(), node))  # type: ignore[arg-type]  # a condition
    for other in others:
        ast.copy_location(other, node)
        ast.fix_missing_locations(other)
        told = f"{_shown(node)}  ->  {_shown(other)}"
        yield Mutation(getattr(node, "lineno", 0), told, lambda new=other: put(new))  # type: ignore[misc]
    yield from _within(node)


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield _with(node, ops=[*ops[:at], _SWAPPED[type(op)](), *ops[at + 1 :]])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPPED:
            yield _with(node, op=_SWAPPED[type(op)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield copy.copy(operand)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if " " not in value and "://" not in value:
            yield ast.Constant(f"XX{value}")
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Call(func=ast.Name(id=name)) if name in _OTHER_NAMES:
            yield _with(node, func=ast.Name(_OTHER_NAMES[name], ast.Load()))


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _is_bare_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:90]


class _Loader(SourceFileLoader):
    """Gives a module as it was changed."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, _fullname: str) -> CodeType:
        """Compile the tree; what Python keeps of earlier runs is not looked at."""
        code = compile(self._tree, self.path, "exec")
        assert isinstance(code, CodeType)
        return code


class _Finder:
    """Finds one module of this name: the changed one. A plug-in of pytest."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def pytest_load_initial_conftests(self) -> None:
        """Be asked before pytest's own finder, which would load the module from its file."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """Return where the module is."""
        if name != self._name:
            return None
        package = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        loader = _Loader(name, str(self._path), self._tree)
        return spec_from_file_location(
            name, self._path, loader=loader, submodule_search_locations=package
        )


def _run(times: int, seed: int) -> None:
    """Print a line of JSON a mutant; first, that the tests pass without any."""
    for name, room in ROOMS.items():
        code = _passes(_tests(room.tests), None)
        if code != 0:
            raise SystemExit(f"the tests of {name} fail without a change ({code})")
    broken = _Finder("piiforge.prompt", SOURCE / "prompt.py", ast.parse("raise AssertionError"))
    assert _passes(_tests(ROOMS["prompt"].tests), broken) != 0, "the changed module is not loaded"
    for mutant in drawn(times, seed):
        tree = ast.parse(mutant.path.read_bytes())
        change = mutations(tree)[mutant.number]
        change.apply()
        place = mutant.path.relative_to(SOURCE)
        name = ".".join(("piiforge", *place.with_suffix("").parts)).removesuffix(".__init__")
        room = ROOMS[mutant.room]
        first = NEAREST.get(place.stem, f"{place.parent}/test_{place.stem}.py")
        tests = _tests([first, *room.tests], mutant.path)
        code = _passes(tests, _Finder(name, mutant.path, tree))
        told = f"{place}:{change.line}: {change.told}"
        print(json.dumps({"room": mutant.room, "told": told, "killed": code != 0}), flush=True)


def _tests(names: Sequence[str], *sources: Path) -> list[str]:
    every = [ROOT / "tests" / name for name in names]
    return [str(path) for path in (*every, *sources) if path.exists()]


def _passes(tests: Sequence[str], finder: _Finder | None) -> int:
    """Return the exit code of the tests in a process of their own, -1 where they don't end."""
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        child = os.fork()
        if not child:
            os._exit(_tested(tests, finder, Path(place)))
        until = time.monotonic() + MOST_S
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return -1


def _tested(tests: Sequence[str], finder: _Finder | None, place: Path) -> int:
    import pytest

    os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    os.chdir(ROOT)
    words = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={place}/t", *tests]
    return int(pytest.main(words, plugins=[finder] if finder else []))


if __name__ == "__main__":
    for loaded in ("pytest", "pydantic", "scipy.stats", "sklearn.linear_model", "yaml"):
        import_module(loaded)  # once for all
    _run(int(sys.argv[1]), int(sys.argv[2]))
