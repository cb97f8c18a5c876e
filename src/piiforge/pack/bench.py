"""Bench: what a verdict costs here, beside the answer written out and beside the peers.

All systems are asked the same rows in turn, round after round, so that whatever else the machine
does falls on all alike: read the ratios. The share of the machine's matrix rate is measured in the
same run.
"""

import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np

from piiforge import engine, predict
from piiforge.errors import AskedWrongly
from piiforge.judge import descriptions_of, read_cases
from piiforge.types import Case, Option

# The machine's matrix rate, by the same library and on the same shapes as the verdict's.


_TOKENS = 160
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Rates:
    """10^9 operations a second on the model's own matrices: weights in int8, and in fp32."""

    int8_gops: float
    fp32_gops: float

    @property
    def best(self) -> float:
        """The higher of the two: what a prefill could reach."""
        return max(self.int8_gops, self.fp32_gops)


def rates(matrices: Sequence[tuple[int, int]]) -> Rates:
    """Multiply `_TOKENS` tokens by the three largest of `matrices` (inputs, outputs)."""
    largest = sorted(set(matrices), key=lambda each: -each[0] * each[1])[:3]
    found = {bits: max(_rate(largest, bits) for _ in range(2)) for bits in engine.BITS}
    return Rates(int8_gops=round(found[8], 1), fp32_gops=round(found[32], 1))


def _rate(matrices: Sequence[tuple[int, int]], bits: int) -> float:
    work, took_s = 0.0, 0.0
    for inputs, outputs in matrices:
        multiply = engine.multiplier(inputs, outputs, bits=bits)
        tokens = np.ones((1, _TOKENS, inputs), dtype=np.float32)
        multiply(tokens)
        began = time.perf_counter()
        for _ in range(_ROUNDS):
            multiply(tokens)
        took_s += time.perf_counter() - began
        work += 2.0 * inputs * outputs * _TOKENS * _ROUNDS
    return work / took_s / 1e9


Progress = Callable[[str, int, int], None]
Ask = Callable[[Sequence[Case]], object]
BATCHES = (1, 8, 32)


@dataclass(frozen=True, slots=True)
class Benching:
    """What to measure: a pack, on `rows` rows of `data`, beside `others` (predictors' names)."""

    pack: Annotated[Path, Option("A pack of `piiforge pack`.", argument=True)]
    data: Annotated[Path, Option("A built folder, or JSONL of cases, to ask.")]
    split: Annotated[str, Option("Its split.")] = "test"
    rows: Annotated[int, Option("Rows to ask.", least=1)] = 30
    others: Annotated[
        tuple[str, ...],
        Option(
            "Another system: presidio, local:PATH, ... May be repeated.",
            flag="--beside",
            default="rules",
        ),
    ] = ("rules",)


@dataclass(frozen=True, slots=True)
class Timed:
    """One system. Milliseconds a verdict asked alone, warm; `load_s` and `cold_ms` once."""

    name: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    load_s: float | None = None
    cold_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Benched:
    """A run. `batches` are verdicts a second by batch; `tokens` the median prompt.

    `categories_ms` is a verdict's share of all categories over one content. `share` is the part of
    the machine's matrix rate that a prefill reaches; `rss_mb` the most memory that was held.
    """

    machine: str
    rows: int
    tokens: int
    answer_tokens: int
    systems: tuple[Timed, ...]
    batches: Mapping[int, float]
    categories_ms: float
    rates: Rates
    share: float
    rss_mb: float
    ratios: Mapping[str, float] = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        told = asdict(self)
        told["batches"] = {str(size): rate for size, rate in self.batches.items()}
        return told


def bench(asked: Benching, progress: Progress) -> Benched:
    """Measure; nothing is written.

    Raises:
        AskedWrongly: no pack, no rows, or a system that can't be opened.
        MissingExtra: a system's packages are not installed.
    """
    pack = engine.read(asked.pack)
    cases = _cases(asked, pack)
    began = time.perf_counter()
    runtime = engine.Runtime(pack.graph)
    packed = predict.Packed(pack, runtime)
    load_s = time.perf_counter() - began
    cold_ms = _ms(lambda: list(packed.predict(cases[:1])))
    systems: dict[str, Ask] = {
        "verdict": lambda some: list(packed.predict(some)),
        "verdict, nothing kept": _bare(pack, runtime),
        "whole JSON": lambda some: [packed.answer(case) for case in some],
    }
    others = {name: _opened(name, asked.data) for name in asked.others}
    systems |= {name: _asking(predictor) for name, predictor in others.items()}
    took = _interleaved(systems, cases, progress)
    timed = [_timed(name, each) for name, each in took.items()]
    timed[0] = replace(timed[0], load_s=round(load_s, 2), cold_ms=round(cold_ms, 1))
    tokens = int(median(len(packed.tokens(case)) for case in cases))
    categories_ms = _categories(packed, cases, progress)
    measured = rates([(inputs, outputs) for inputs, outputs, _ in pack.told.matrices])
    bare = next(each for each in timed if each.name == "verdict, nothing kept")
    share = _work(pack) * tokens / (bare.p50_ms / 1000) / (measured.best * 1e9)
    for predictor in others.values():
        predictor.close()
    return Benched(
        machine=machine(),
        rows=len(cases),
        tokens=tokens,
        answer_tokens=int(median(_answer_tokens(packed, case) for case in cases[:5])),
        systems=tuple(timed),
        batches=_batches(packed, cases, progress),
        categories_ms=round(categories_ms, 1),
        rates=measured,
        share=round(share, 3),
        rss_mb=round(_rss_mb()),
        ratios=_ratios(timed, categories_ms),
    )


def machine() -> str:
    """Describe this machine in one line: no host, no user."""
    name = engine.about().get("model name", platform.machine())
    wide = engine.instructions()[:1]
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} cores, {', '.join([*wide, system])}"


def _cases(asked: Benching, pack: engine.Pack) -> list[Case]:
    found = read_cases(asked.data, asked.split if asked.data.is_dir() else "")
    known = [case for case in found if case.category in pack.told.descriptions]
    if not known:
        raise AskedWrongly(f"{asked.data} has no row of the pack's categories.", "Name another.")
    wanted = min(asked.rows, len(known))
    return [known[at * len(known) // wanted] for at in range(wanted)]


def _opened(name: str, data: Path) -> predict.Predictor:
    return predict.open(name, predict.Settings(descriptions=descriptions_of(data)))


def _asking(predictor: predict.Predictor) -> Ask:
    return lambda some: list(predictor.predict(some))


def _bare(pack: engine.Pack, runtime: engine.Runtime) -> Ask:
    """Ask with no beginning kept: every token of the prompt is computed."""
    packed = predict.Packed(pack, engine.Unkept(runtime))
    return lambda some: list(packed.predict(some))


def _interleaved(
    systems: Mapping[str, Ask], cases: Sequence[Case], progress: Progress
) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(cases[:1])  # warm
    for number, case in enumerate(cases):
        progress("one by one", number, len(cases))
        for name, ask in systems.items():
            took[name].append(_ms(lambda ask=ask, case=case: ask([case])))  # type: ignore[misc]
    progress("one by one", len(cases), len(cases))
    return took


def _batches(packed: predict.Packed, cases: Sequence[Case], progress: Progress) -> dict[int, float]:
    found: dict[int, float] = {}
    sizes = [size for size in BATCHES if size <= len(cases)]
    for at, size in enumerate(sizes):
        progress("by batch", at, len(sizes))
        some = cases[: max(size, 8)]  # never twice the same: that would be computed once
        began = time.perf_counter()
        for start in range(0, len(some), size):
            list(packed.predict(some[start : start + size]))
        found[size] = round(len(some) / (time.perf_counter() - began), 2)
    return found


def _categories(packed: predict.Packed, cases: Sequence[Case], progress: Progress) -> float:
    """Return the milliseconds of one verdict among all categories over one content."""
    names = list(packed.pack.told.descriptions)
    took: list[float] = []
    for number, case in enumerate(cases[:8]):
        progress("all categories", number, min(8, len(cases)))
        some = [Case(name, name, case.content) for name in names]
        took.append(_ms(lambda some=some: list(packed.predict(some))) / len(names))  # type: ignore[misc]
    return median(took)


def _answer_tokens(packed: predict.Packed, case: Case) -> int:
    return packed.count(packed.answer(case))


def _work(pack: engine.Pack) -> float:
    """Return the multiplications and additions of one token's matrices."""
    return 2.0 * sum(inputs * outputs * count for inputs, outputs, count in pack.told.matrices)


def _timed(name: str, took: Sequence[float]) -> Timed:
    p50, p95, p99 = np.percentile(took, [50, 95, 99]).tolist()
    return Timed(name, round(p50, 3), round(p95, 3), round(p99, 3))


def _ratios(timed: Sequence[Timed], categories_ms: float) -> dict[str, float]:
    p50 = {each.name: each.p50_ms for each in timed}
    found = {name: p50[name] / p50["verdict"] for name in p50 if name != "verdict"}
    found["one of all categories"] = categories_ms / p50["verdict"]
    return {name: round(ratio, 3) for name, ratio in found.items()}


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _rss_mb() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


# A bench, told: as lines for a terminal, and as the table that the README shows.


_HEAD = ("asked alone, warm", "p50 ms", "p95 ms", "p99 ms", "times a verdict")


def bench_text(done: Benched) -> str:
    """Say what was measured, in Markdown."""
    rows = [
        (each.name, *(f"{ms:,.4g}" for ms in (each.p50_ms, each.p95_ms, each.p99_ms)),
         f"{done.ratios.get(each.name, 1.0):.3g}")
        for each in done.systems
    ]  # fmt: skip
    first = done.systems[0]
    batches = ", ".join(f"{rate:g} at {size}" for size, rate in done.batches.items())
    lines = [
        f"{done.machine}; {done.rows} rows, prompts of {done.tokens} tokens (median), "
        f"answers of {done.answer_tokens}.",
        "",
        _line(_HEAD),
        _line(["---", *["---:"] * (len(_HEAD) - 1)]),
        *map(_line, rows),
        "",
        f"Loading {first.load_s} s, first verdict {first.cold_ms:,.0f} ms. "
        f"Verdicts a second by batch: {batches}.",
        f"All categories over one content: {done.categories_ms:,.4g} ms each, "
        f"{done.ratios['one of all categories']:.2f} of a verdict.",
        f"The prefill reaches {done.share:.0%} of the machine's matrix rate "
        f"({done.rates.int8_gops:,.0f} * 10^9 operations a second with int8 weights, "
        f"{done.rates.fp32_gops:,.0f} in fp32); at most {done.rss_mb:,.0f} MB were held.",
    ]
    return "\n".join(lines)


def _line(cells: "tuple[str, ...] | list[str]") -> str:
    return f"| {' | '.join(cells)} |"
