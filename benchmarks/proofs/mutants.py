"""Small wrong changes to the rooms that decide what is right: do their own tests see them?

A mutant is one change to a syntax tree: a comparison moved by one, `and` for `or`, a number one
larger, another text, a condition turned around, nothing returned. `times` of them are drawn, the
same number from every room, or all that it has. Each is loaded in the place of its module, in a
process that runs the room's tests and ends at the first that fails; no file is changed. One that
every test passes has survived; a test that takes many times what it takes without a change has seen
it, too.

What the tests load beside piiforge is loaded once, and every process is forked from there. Its
tests are those of the whole room; those named like the changed module come first, the quick ones
before the slow. Failures are not shrunk.

    python benchmarks/proofs/mutants.py TIMES SEED [ROOM]...    a line of JSON a mutant

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from random import Random
from types import CodeType
from typing import TYPE_CHECKING

if __name__ == "__main__":  # runs what is drawn: alone, so that piiforge is not loaded yet
    sys.path.insert(0, str(Path(__file__).parents[1]))

from proofs import ROOT, Line, environment

if TYPE_CHECKING:
    import pytest

LEAST = 0.85
MOST_S = 300.0  # on the clock, for what waits
TEST_S, TIMES_AS_LONG = 10.0, 10  # of the processor, for one test: this, and so often its own time
SOURCE = ROOT / "src" / "piiforge"


@dataclass(frozen=True, slots=True)
class Room:
    """Files below `src/piiforge`, and the tests of them below `tests`."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS: Mapping[str, Room] = {
    "label": Room(("compose/label.py",), ("compose/test_label.py",)),
    "categories": Room(("categories/*.py",), ("test_categories.py", "categories")),
    "checks": Room(("checks/*.py",), ("checks",)),
    "prompt": Room(("prompt.py",), ("test_prompt.py",)),
    "metrics": Room(("evaluate/metrics.py", "evaluate/scores.py"), ("evaluate",)),
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
    """Draw `times` mutants, and run the tests of their rooms against each.

    It holds where every room sees LEAST of its own. `by_time` of those seen only hung.
    """
    script = [sys.executable, __file__, str(times), str(seed)]
    counts = {name: [0, 0] for name in ROOMS}
    survivors: list[str] = []
    by_time = 0
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            counts[told["room"]][not told["killed"]] += 1
            by_time += told["by"] == "time"
            if not told["killed"]:
                survivors.append(told["told"])
                print(f"mutants: survived: {told['told']}", file=sys.stderr, flush=True)
    seen, missed = (sum(count[at] for count in counts.values()) for at in (0, 1))
    share = seen / (seen + missed) if seen else 0.0
    least = min(a / (a + b) if a else 0.0 for a, b in counts.values())
    rooms = ", ".join(f"{name} {a} of {a + b}" for name, (a, b) in counts.items())
    return Line(
        "mutants",
        "one small wrong change each, and the tests of its room",
        seen + missed,
        f"{share:.0%} seen: {rooms}",
        process.returncode == 0 and least >= LEAST,
        {"share": round(share, 4), "rooms": counts, "survivors": survivors, "by_time": by_time},
    )


def drawn(times: int, seed: int, rooms: Iterable[str] = ROOMS) -> Iterator[Mutant]:
    """Yield mutants, the same number of every room, or all that a small one has."""
    left = times
    sizes = {name: list(_all(name)) for name in rooms}
    for at, (name, every) in enumerate(sorted(sizes.items(), key=lambda one: len(one[1]))):
        count = min(len(every), left // (len(sizes) - at))
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
    for part, value in ast.iter_fields(node):
        if part in _PASSED_OVER or (part == "value" and _is_bare_text(node)):
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue
        if isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, ast.AST):
                    change = _putting_into(value, at)
                    yield from _of(each, change, condition=part == "ifs")
        elif isinstance(value, ast.AST):
            change = _putting(node, part)
            yield from _of(value, change, condition=part == "test")


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
    """Finds the changed module by its name. A plug-in of pytest."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        parts = ("piiforge", *path.relative_to(SOURCE).with_suffix("").parts)
        self._name = ".".join(parts).removesuffix(".__init__")
        self._path, self._tree = path, tree
        self.was_asked = False

    @property
    def near(self) -> str:
        """What the tests of the module are called by."""
        return self._name.rpartition(".")[2]

    def pytest_load_initial_conftests(self) -> None:
        """Be asked before pytest's own finder, which would load the module from its file."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """Return where the module is."""
        if name != self._name:
            return None
        self.was_asked = True
        package = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        loader = _Loader(name, str(self._path), self._tree)
        return spec_from_file_location(
            name, self._path, loader=loader, submodule_search_locations=package
        )


@dataclass(slots=True, eq=False)
class _Pace:
    """Runs near and quick tests first, and ends what hangs. A plug-in of pytest.

    `took` are the seconds of the processor that each test takes by itself, set-up included.
    """

    near: str = ""
    took: dict[str, float] = field(default_factory=dict)
    seen_by: str = ""
    _since: float = 0.0

    def pytest_sessionstart(self) -> None:
        """Keep what hypothesis finds as it is: to shrink it takes longer than all else."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.get_profile("house"), phases=phases)
        settings.load_profile("mutants")
        self._allow(self.took.get("", 0.0))

    def pytest_collection_modifyitems(self, items: "list[pytest.Item]") -> None:
        """Put them in order."""
        self.took.setdefault("", time.process_time())
        items.sort(
            key=lambda item: (
                not self.near or self.near not in item.nodeid,
                self.took.get(item.nodeid, 0.0),
            )
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin the time of a test."""
        self._since = time.process_time()
        self._allow(self.took.get(nodeid, 0.0))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """End it."""
        self.took.setdefault(nodeid, time.process_time() - self._since)

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Remember which test failed."""
        if report.failed:
            self.seen_by = report.nodeid

    @staticmethod
    def _allow(took: float) -> None:
        """Let SIGPROF end the process where it works for longer."""
        signal.setitimer(signal.ITIMER_PROF, TEST_S + TIMES_AS_LONG * took)


@dataclass(frozen=True, slots=True)
class _Ran:
    """What the tests came to: a signal is a code below 0. `modules` are `_loaded`."""

    code: int
    seen_by: str = ""
    took: Mapping[str, float] = field(default_factory=dict)
    modules: Sequence[str] = ()


def _run(times: int, seed: int, rooms: Sequence[str]) -> None:
    """Print a line of JSON a mutant; first, that the tests pass without any.

    They have to pass twice: as they are, and as mutants are run, with a module that is unchanged.
    """
    took = dict[str, Mapping[str, float]]()
    for name in rooms:
        plain = _ran(_tests(name), None, {})
        _load(plain.modules)
        path = next(path for pattern in ROOMS[name].files for path in SOURCE.glob(pattern))
        again = _ran(_tests(name), _Finder(path, ast.parse(path.read_bytes())), plain.took)
        if plain.code or again.code:
            told = f"{plain.code}, {again.code}: {plain.seen_by or again.seen_by}"
            raise SystemExit(f"the tests of {name} fail without a change ({told})")
        took[name] = plain.took
    for mutant in drawn(times, seed, rooms):
        tree = ast.parse(mutant.path.read_bytes())
        change = mutations(tree)[mutant.number]
        change.apply()
        found = _ran(_tests(mutant.room), _Finder(mutant.path, tree), took[mutant.room])
        if found.code in _NO_ANSWER:
            raise SystemExit(f"the tests of {mutant.room} say nothing ({found.code})")
        told = f"{mutant.path.relative_to(SOURCE)}:{change.line}: {change.told}"
        said = {"killed": found.code != 0, "by": found.seen_by or _ENDED.get(found.code, "")}
        print(json.dumps({"room": mutant.room, "told": told, **said}), flush=True)


_NOT_LOADED = 99
_NO_ANSWER = {3, 5, _NOT_LOADED}  # pytest's own error, no test, the changed module not loaded
_ENDED = {-signal.SIGPROF: "time", -signal.SIGKILL: "time", 2: "loading", 4: "loading"}


def _load(names: Iterable[str]) -> None:
    """Load what others made: with it here, no process has to."""
    for name in names:
        try:
            import_module(name)
        except Exception:  # one that is made as it is used
            continue
    assert "piiforge" not in sys.modules


def _loaded() -> list[str]:
    """Return the modules that are loaded and are none of this checkout."""
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return [name for name, file in files.items() if file and ROOT not in Path(file).parents]


def _tests(room: str) -> list[str]:
    """Return the tests of a room, the doctests of its files among them."""
    files = [path for pattern in ROOMS[room].files for path in sorted(SOURCE.glob(pattern))]
    return [str(path) for path in (*(ROOT / "tests" / name for name in ROOMS[room].tests), *files)]


def _ran(tests: Sequence[str], finder: _Finder | None, took: Mapping[str, float]) -> _Ran:
    """Run the tests in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="piiforge-") as place:
        child = os.fork()
        if not child:
            os._exit(_tested(tests, finder, took, Path(place)))
        until = time.monotonic() + MOST_S
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code, told = os.waitstatus_to_exitcode(status), Path(place, "told.json")
                return _Ran(code, **json.loads(told.read_text()) if told.exists() else {})
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return _Ran(-signal.SIGKILL)


def _tested(
    tests: Sequence[str], finder: _Finder | None, took: Mapping[str, float], place: Path
) -> int:
    import pytest

    os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    os.chdir(ROOT)
    pace = _Pace(finder.near if finder else "", dict(took))
    quiet_about = "ignore:Module already imported"  # `_load` did: what asserts in it stays plain
    words = ["-x", "-q", "-p", "no:cacheprovider", "-W", quiet_about, f"--basetemp={place}/t"]
    code = int(pytest.main([*words, *tests], plugins=[pace, finder] if finder else [pace]))
    signal.setitimer(signal.ITIMER_PROF, 0)
    told: dict[str, object] = {"seen_by": pace.seen_by}
    if finder is None:
        told |= {"took": pace.took, "modules": _loaded()}
    elif code == 0 and not finder.was_asked:
        code = _NOT_LOADED
    (place / "told.json").write_text(json.dumps(told))
    return code


if __name__ == "__main__":
    # One thread each: two that wait for one another take longer beside other work
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # Sources and tests are compiled once for all processes; a changed module never is kept
    with tempfile.TemporaryDirectory(prefix="piiforge-") as compiled:
        sys.pycache_prefix, sys.dont_write_bytecode = compiled, False
        import_module("pytest")
        _run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(ROOMS))
