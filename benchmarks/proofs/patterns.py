"""Regular expressions that meet untrusted text: linear by their engine, or shown to be.

Every compiled pattern of the rooms that read what others wrote is collected from their modules.
Told is how many google-re2 compiles: their language is regular, and another engine could read them
in linear time. The engine that runs here is Python's, which may backtrack over those, too; so each
pattern is judged for that engine, first by its form (`rule`): what can be passed in few ways from
any one place is linear. For the others hostile texts are made out of the pattern: each piece that
repeats, pumped, with ends that can't match. What all matches cost at one length and at four times
that length is compared, under an alarm: a pattern that is far too slow is told, not waited for.
Which methods of a pattern are called is read from the sources: one that is only matched at a place
is not searched for here. What its caller gives a short text only stands in `SHORT_TEXTS`.
"""

import ast
import gc
import inspect
import pkgutil
import re
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import cast

from proofs import Line

ROOMS = (
    "context",
    "logs",
    "predict",
    "prompt",
    "reader",
    "scan",
    "seeds",
    "serve",
    "text",
    "files",
)
SHORT, FACTOR = 1_500, 4
MOST_GROWTH = 9.0  # for four times the text: linear is 4, quadratic 16
ENOUGH_S = 0.002  # below, four times as much is not told from noise, and costs nothing
_FAR_TOO_LONG_S = 0.5  # for the long text: a hundred times what a linear pattern takes
FAR = 1e9  # the growth of one that was stopped
MOST_WAYS = 500
MOST_SHORT_MS = 2.0
# Patterns whose caller cuts the text, and to how many characters; they are measured at that length
SHORT_TEXTS = {"_LOCAL": 90, "_PRODUCT": 64, "_INITIALS": 12}
_METHODS = frozenset(
    ["search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split"]
)
_AT_A_PLACE = frozenset(["match", "fullmatch"])
_PUMPS = 24  # hostile texts a pattern
_ENDS = ("", "\x00", "x", "0", "(\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, and the module and the variable that hold it."""

    module: str
    name: str
    pattern: re.Pattern[str]

    def methods(self) -> frozenset[str]:
        """Return the methods by which it is used; all that search where the sources don't tell."""
        used = _uses()
        where = [used.get((self.module, self.name), frozenset())]
        if not self.name.startswith("_"):
            where = [each for (_, name), each in used.items() if name == self.name]
        methods = frozenset().union(*where)
        return methods if methods and "" not in methods else frozenset(["finditer"])


def collected() -> list[Found]:
    """Return every compiled pattern that the modules of the rooms hold, however deep."""
    found: dict[tuple[str, int, str], Found] = {}
    for module in _modules():
        for name, value in vars(module).items():
            for pattern in _patterns([value], set(), 4):
                if isinstance(pattern.pattern, str):
                    key = (pattern.pattern, pattern.flags, name)
                    found.setdefault(key, Found(module.__name__, name, pattern))
    return list(found.values())


@cache
def _uses() -> dict[tuple[str, str], frozenset[str]]:
    """Return the methods called of each name of each module; "" is any other use of it."""
    uses: dict[tuple[str, str], set[str]] = {}
    for module in _modules():
        called: set[int] = set()
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Attribute) and node.attr in _METHODS:
                called.add(id(node.value))
                if name := _name(node.value):
                    uses.setdefault((module.__name__, name), set()).add(node.attr)
            elif (
                isinstance(node, ast.Name | ast.Attribute)
                and isinstance(node.ctx, ast.Load)
                and id(node) not in called
            ):
                uses.setdefault((module.__name__, _name(node)), set()).add("")
    return {key: frozenset(each) for key, each in uses.items()}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


@cache
def _modules() -> list[ModuleType]:
    import piiforge

    found = []
    for room in ROOMS:
        door = import_module(f"piiforge.{room}")
        found.append(door)
        for path in getattr(door, "__path__", ()):
            for one in pkgutil.iter_modules([path]):
                if one.name != "worker":
                    found.append(import_module(f"{piiforge.__name__}.{room}.{one.name}"))
    return found


def _patterns(values: Iterable[object], seen: set[int], depth: int) -> Iterator[re.Pattern[str]]:
    for value in values:
        if isinstance(value, re.Pattern):
            yield value
        elif depth and id(value) not in seen and not isinstance(value, ModuleType | type):
            seen.add(id(value))
            inner: Iterable[object] = ()
            if isinstance(value, dict):
                inner = value.values()
            elif isinstance(value, list | tuple | set | frozenset):
                inner = value
            elif callable(value):  # a bound `.search`, a default, what a cache or closure holds
                inner = [getattr(value, "__self__", None), *_held(value)]
            elif type(value).__module__.startswith("piiforge"):
                names = getattr(value, "__slots__", ()) or getattr(value, "__dict__", {})
                inner = [getattr(value, name, None) for name in names]
            yield from _patterns(inner, seen, depth - 1)


def _held(value: object) -> list[object]:
    cells = getattr(value, "__closure__", None) or ()
    held = [cell.cell_contents for cell in cells]
    return [*held, *(getattr(value, "__defaults__", None) or ()), getattr(value, "args", None)]


def is_re2(pattern: re.Pattern[str]) -> bool:
    """Say whether google-re2 compiles it, written as re2 writes it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 28
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})", r"\1\\x{\2}", pattern.pattern)
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\Z", r"\1\\z", text).removeprefix("(?a)")
    flags = "".join(
        sign for sign, flag in (("i", re.I), ("s", re.S), ("m", re.M)) if pattern.flags & flag
    )
    if pattern.flags & re.X:
        text = _without_space(text)
    try:
        re2.compile(f"(?{flags}){text}" if flags else text, options)
    except (re2.error, UnicodeEncodeError):  # the latter: half a surrogate pair
        return False
    return True


def _without_space(text: str) -> str:
    """Return a verbose pattern without its blanks and comments; re2 knows no such flag."""
    return re.sub(r"(\\.|\[(?:\\.|[^\]\\])+\])|\s+|#[^\n]*", lambda match: match[1] or "", text)


def rule(pattern: re.Pattern[str]) -> str:
    """Return the form by which a pattern is linear in a backtracking engine, "" if by none here.

    "bounded": no repeat without an end, and at most `MOST_WAYS` ways through it from one place.
    "open end": the same, but for one repeat of single characters that nothing follows, so that a
    search that has come to it succeeds, and goes on behind it.
    """
    tree = _parsed(pattern)
    if _ways(tree) <= MOST_WAYS:
        return "bounded"
    return "open end" if _open_ways(tree) <= MOST_WAYS else ""


def _parsed(pattern: re.Pattern[str]) -> Iterable[object]:
    parser = import_module("re._parser")  # the standard library's own, the same in 3.11 to 3.13
    return cast("Iterable[object]", parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))


def _ways(nodes: object) -> float:
    """Return in how many ways a sequence can be passed from one place, at most; maybe infinite."""
    ways = 1.0
    for operation, argument in cast("Iterable[tuple[object, object]]", nodes):
        match str(operation), argument:
            case (
                ("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"),
                (int() as least, int() as most, inner),
            ):
                if str(most) == "MAXREPEAT":
                    return float("inf")
                each = _ways(inner)
                times = range(least, most + 1)
                ways *= (
                    len(times) if each == 1 else sum(min(each, 1e9) ** min(k, 30) for k in times)
                )
            case "BRANCH", (_, list(branches)):
                ways *= sum(map(_ways, branches))
            case name, _:
                for part in _parts(name, argument):
                    ways *= _ways(part)
    return ways


def _open_ways(nodes: object) -> float:
    """Return the ways of a sequence up to the repeat that it ends in."""
    *first, (operation, argument) = list(cast("Iterable[tuple[object, object]]", nodes))
    match str(operation), argument:
        case (("MAX_REPEAT" | "POSSESSIVE_REPEAT"), (int(), most, inner)) if str(
            most
        ) == "MAXREPEAT" and _is_single(inner):
            return _ways(first)
        case "BRANCH", (_, list(branches)) if all(map(len, branches)):
            return _ways(first) * sum(min(_ways(each), _open_ways(each)) for each in branches)
        case "SUBPATTERN", (*_, inner) if inner:
            return _ways(first) * min(_ways(inner), _open_ways(inner))
    return float("inf")


def _is_single(nodes: object) -> bool:
    kinds = [str(kind) for kind, _ in cast("Iterable[tuple[object, object]]", nodes)]
    return kinds in (["IN"], ["LITERAL"], ["NOT_LITERAL"], ["ANY"])


class _TooLongError(Exception):
    """The alarm of a pattern that takes far too long."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `_TooLongError` after so much processor time; the engine looks for signals."""

    def ring(*_: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def growth(pattern: re.Pattern[str], methods: Iterable[str] = ("finditer",)) -> tuple[float, str]:
    """Return how much more the worst hostile text costs at four times its length, and its pump.

    The best of several times of the processor; 0 where even the long text costs next to nothing,
    FAR where one was stopped.
    """
    worst, by = 0.0, ""
    for pump, end in islice(_hostile(pattern), _PUMPS * len(_ENDS)):
        for method in methods:
            try:
                with _alarm(_FAR_TOO_LONG_S):
                    long_s = _cost_s(pattern, method, _text(pump, end, FACTOR * SHORT), 1)
            except _TooLongError:
                return FAR, pump
            if long_s < ENOUGH_S:  # a quadratic one takes ten times as long
                continue
            long_s = min(long_s, _cost_s(pattern, method, _text(pump, end, FACTOR * SHORT), 3))
            short_s = max(_cost_s(pattern, method, _text(pump, end, SHORT), 4), 1e-6)
            if long_s >= ENOUGH_S and long_s / short_s > worst:
                worst, by = long_s / short_s, pump
                if worst > MOST_GROWTH + FACTOR:  # no doubt about it
                    return worst, by
    return worst, by


def short_ms(pattern: re.Pattern[str], size: int) -> float:
    """Return what the worst hostile text of `size` characters costs, FAR for far too much."""
    try:
        with _alarm(_FAR_TOO_LONG_S * 10):
            return 1000 * max(
                _cost_s(pattern, "finditer", _text(pump, end, size), 3)
                for pump, end in islice(_hostile(pattern), _PUMPS * len(_ENDS))
            )
    except _TooLongError:
        return FAR


def _text(pump: str, end: str, size: int) -> str:
    return (pump * (size // len(pump) + 1))[:size] + end


def _cost_s(pattern: re.Pattern[str], method: str, text: str, tries: int) -> float:
    """Return the least processor time of a call: at the text's start, or of every match in it."""
    took = []
    was_on = gc.isenabled()
    gc.disable()
    call = getattr(pattern, method) if method in _AT_A_PLACE else None
    try:
        for _ in range(tries):
            began = time.thread_time()
            if call:
                call(text)
            else:
                for _match in pattern.finditer(text):
                    pass
            took.append(time.thread_time() - began)
    finally:
        if was_on:
            gc.enable()
    return min(took)


def _hostile(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield pumps out of the pattern's own repeats, each with ends."""
    tree = _parsed(pattern)
    whole = _sample(tree)
    pumps = dict.fromkeys(
        pump for piece in [*_repeated(tree), whole] for pump in (piece, piece[:1], piece + " ")
    )
    for pump in islice((each for each in pumps if each), _PUMPS):
        for end in _ENDS:
            yield pump, end


def _repeated(nodes: object) -> Iterator[str]:
    """Yield a sample of each thing that repeats, and of it with its neighbours."""
    before = last = ""
    for operation, argument in cast("Iterable[tuple[object, tuple[object, ...]]]", nodes):
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            sample = _sample(argument[2])
            yield sample
            yield from (each + sample for each in (before, last) if each)
            before = sample
            yield from _repeated(argument[2])
        else:
            if before:
                yield before + _sample([(operation, argument)])
            for part in _parts(name, argument):
                yield from _repeated(part)
        last = _sample([(operation, argument)])


def _parts(name: str, argument: object) -> list[object]:
    """Return the sequences below a node."""
    match name, argument:
        case "BRANCH", (_, list(branches)):
            return cast("list[object]", branches)
        case "SUBPATTERN", (*_, inner):
            return [inner]
        case (("ASSERT" | "ASSERT_NOT"), (_, inner)):
            return [inner]
        case "ATOMIC_GROUP", inner:
            return [inner]
        case "GROUPREF_EXISTS", (_, yes, no):
            return [yes, no] if no else [yes]
    return []


def _sample(nodes: object) -> str:
    """Return a text that a parsed sequence is likely to match."""
    said = ""
    for operation, argument in cast("Iterable[tuple[object, object]]", nodes):
        match str(operation), argument:
            case "LITERAL", int() as code:
                said += chr(code)
            case "NOT_LITERAL", int() as code:
                said += "b" if chr(code) == "a" else "a"
            case "IN", list(choices):
                said += _member(choices)
            case "ANY", _:
                said += "a"
            case (("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"), (int() as least, _, inner)):
                said += _sample(inner) * max(1, min(least, 20))
            case "BRANCH", (_, [first, *_]):
                said += _sample(first)
            case "SUBPATTERN", (*_, inner):
                said += _sample(inner)
            case "ATOMIC_GROUP", inner:
                said += _sample(inner)
    return said


@cache
def _alphabet() -> str:
    return "a1 -.@/%x0A_:=\\\"',;&<>{}()[]+*#\t\n一é９"


def _member(choices: list[tuple[object, object]]) -> str:
    """Return a character that a set takes."""
    kind, first = choices[0]
    if str(kind) == "NEGATE":
        literals = {each for name, each in choices if str(name) == "LITERAL"}
        return next((sign for sign in _alphabet() if ord(sign) not in literals), "~")
    match str(kind), first:
        case "LITERAL", int() as code:
            return chr(code)
        case "RANGE", (int() as low, int()):
            return chr(low)
        case "CATEGORY", name:
            return {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " "}.get(str(name), "a")
    return "a"


def prove(times: int, _seed: int) -> Line:
    """Look at the first `times` patterns, 0 or more than there are for all."""
    every = collected()[: times or None]
    regular = sum(is_re2(one.pattern) for one in every)
    rules = Counter(rule(one.pattern) for one in every)
    others = [one for one in every if not rule(one.pattern)]
    short = {one.name: short_ms(one.pattern, SHORT_TEXTS[one.name])
             for one in others if one.name in SHORT_TEXTS}  # fmt: skip
    grown = {one: growth(one.pattern, one.methods())
             for one in others if one.name not in SHORT_TEXTS}  # fmt: skip
    bad = {
        f"{one.module}.{one.name}: {one.pattern.pattern[:60]}": (round(grew, 1), pump[:40])
        for one, (grew, pump) in grown.items()
        if grew > MOST_GROWTH
    } | {name: (ms, "") for name, ms in short.items() if ms > MOST_SHORT_MS}
    worst = max((grew for grew, _ in grown.values()), default=0.0)
    return Line(
        "patterns",
        "regular expressions that meet untrusted text",
        len(every),
        f"{regular} compile in re2; in Python's engine {len(every) - len(others)} are linear by "
        f"their form, {len(others) - len(short)} by measure (at most {worst:.1f} times the time "
        f"for {FACTOR} times the hostile text), {len(short)} see short texts "
        f"only; {len(bad)} are not",
        not bad,
        {"re2": regular, "bounded": rules["bounded"], "open end": rules["open end"],
         "short_ms": {name: round(ms, 2) for name, ms in short.items()}, "bad": bad},
    )  # fmt: skip
