"""Regular expressions that meet untrusted text: linear by their engine, or shown to be.

Every compiled pattern of the rooms that read what others wrote is collected from their modules.
Told is how many google-re2 compiles: their language is regular, and another engine could read them
in linear time. The engine that runs here is Python's, which may backtrack over those, too; so for
each pattern hostile texts are made out of it: each piece that repeats, pumped, with ends that can't
match. What all matches cost at one length and at four times that length is compared.
"""

import gc
import pkgutil
import re
import time
from collections.abc import Iterable, Iterator
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
_FIRST, _FAR_TOO_LONG_S = (24, 300, SHORT), 0.02
_PUMPS = 24  # hostile texts a pattern
_ENDS = ("", "\x00", "x", "0")


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern and the module that has it."""

    module: str
    pattern: re.Pattern[str]


def collected() -> list[Found]:
    """Return every compiled pattern that the modules of the rooms hold, however deep."""
    found: dict[tuple[str, int], Found] = {}
    for module in _modules():
        for pattern in _patterns(vars(module).values(), set(), 4):
            if isinstance(pattern.pattern, str):
                found.setdefault((pattern.pattern, pattern.flags), Found(module.__name__, pattern))
    return list(found.values())


def _modules() -> Iterator[ModuleType]:
    import piiforge

    for room in ROOMS:
        door = import_module(f"piiforge.{room}")
        yield door
        for path in getattr(door, "__path__", ()):
            for one in pkgutil.iter_modules([path]):
                if one.name != "worker":
                    yield import_module(f"{piiforge.__name__}.{room}.{one.name}")


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
    """Say whether google-re2 compiles it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 28
    text = pattern.pattern
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


def growth(pattern: re.Pattern[str]) -> tuple[float, str]:
    """Return how much more the worst hostile text costs at four times its length, and its pump.

    The best of several times of the processor; 0 where even the long text costs next to nothing.
    """
    worst, by = 0.0, ""
    for pump, end in islice(_hostile(pattern), _PUMPS * len(_ENDS)):
        for size in _FIRST:  # so that an exponential or cubic one is told, not waited for
            if _cost_s(pattern, _text(pump, end, size), 1) > _FAR_TOO_LONG_S:
                return 1e9, pump
        long_s = _cost_s(pattern, _text(pump, end, FACTOR * SHORT), 1)
        if long_s < ENOUGH_S:  # a quadratic one takes ten times as long
            continue
        long_s = min(long_s, _cost_s(pattern, _text(pump, end, FACTOR * SHORT), 3))
        short_s = max(_cost_s(pattern, _text(pump, end, SHORT), 4), 1e-6)
        if long_s >= ENOUGH_S and long_s / short_s > worst:
            worst, by = long_s / short_s, pump
    return worst, by


def _text(pump: str, end: str, size: int) -> str:
    return (pump * (size // len(pump) + 1))[:size] + end


def _cost_s(pattern: re.Pattern[str], text: str, tries: int) -> float:
    """Return the least processor time of a whole pass: every match, as `finditer` finds them."""
    took = []
    was_on = gc.isenabled()
    gc.disable()
    for _ in range(tries):
        began = time.thread_time()
        for _match in pattern.finditer(text):
            pass
        took.append(time.thread_time() - began)
    if was_on:
        gc.enable()
    return min(took)


def _hostile(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield pumps out of the pattern's own repeats, each with ends."""
    parser = import_module("re._parser")  # the standard library's own, the same in 3.11 to 3.13
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    whole = _sample(tree)
    pumps = dict.fromkeys(
        pump for piece in [*_repeated(tree), whole] for pump in (piece, piece[:1], piece + " ")
    )
    for pump in islice((each for each in pumps if each), _PUMPS):
        for end in _ENDS:
            yield pump, end


def _repeated(nodes: object) -> Iterator[str]:
    """Yield a sample of each thing that repeats, and of each two neighbours that do."""
    before = ""
    for operation, argument in cast("Iterable[tuple[object, tuple[object, ...]]]", nodes):
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            sample = _sample(argument[2])
            yield sample
            if before:
                yield before + sample
            before = sample
            yield from _repeated(argument[2])
        else:
            for part in _parts(name, argument):
                yield from _repeated(part)


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
    grown = {one: growth(one.pattern) for one in every}
    bad = {
        f"{one.module}: {one.pattern.pattern[:60]}": (round(grew, 1), pump[:40])
        for one, (grew, pump) in grown.items()
        if grew > MOST_GROWTH
    }
    worst = max((grew for grew, _ in grown.values()), default=0.0)
    return Line(
        "patterns",
        "regular expressions that meet untrusted text",
        len(every),
        f"{regular} compile in re2; {len(every) - len(bad)} are linear in Python's engine, at most "
        f"{worst:.1f} times the time for {FACTOR} times the hostile text",
        not bad,
        {"re2": regular, "bad": bad},
    )
