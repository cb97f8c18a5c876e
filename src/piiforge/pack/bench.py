"""Bench: what a verdict costs here, beside the answer written out and beside the peers.

All systems are asked the same rows in turn, round after round, so that whatever else the machine
does falls on all alike: read the ratios. The share of the machine's matrix rate is measured in the
same run, by the same library and on the same shapes as the verdict's.
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

from piiforge import __version__, engine, files, judge, page, predict
from piiforge.errors import AskedWrongly
from piiforge.types import Case, Option, Progress

BATCHES = (1, 8, 32)
_BARE = "verdict, nothing kept"
_TOKENS = 160
_ROUNDS = 5
_HEAD = ("asked alone, warm", "p50 ms", "p95 ms", "p99 ms", "times a verdict")

Ask = Callable[[Sequence[Case]], object]


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
class Rates:
    """10^9 operations a second on the model's own matrices: weights in int8, and in fp32."""

    int8_gops: float
    fp32_gops: float


@dataclass(frozen=True, slots=True)
class Timed:
    """One system. Milliseconds a verdict asked alone, warm; `load_s` and `cold_ms` once.

    `every_ms` has all of them, in the order of the rows.
    """

    name: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    load_s: float | None = None
    cold_ms: float | None = None
    every_ms: tuple[float, ...] = ()


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
    for name in asked.others:
        predict.refuse_no_model(name)
    found = judge.read_cases(asked.data, asked.split if asked.data.is_dir() else "")
    known = [case for case in found if case.category in pack.told.descriptions]
    if not known:
        raise AskedWrongly(f"{asked.data} has no row of the pack's categories.", "Name another.")
    wanted = min(asked.rows, len(known))
    cases = [known[at * len(known) // wanted] for at in range(wanted)]
    began = time.perf_counter()
    runtime = engine.Runtime(pack.graph)
    packed = predict.Packed(pack, runtime)
    load_s = time.perf_counter() - began
    cold_ms = _ms(lambda: list(packed.predict(cases[:1])))
    # Nothing kept: every token of the prompt is computed
    bare = predict.Packed(pack, runtime.fresh(keeps=False))
    systems: dict[str, Ask] = {
        "verdict": lambda some: list(packed.predict(some)),
        _BARE: lambda some: list(bare.predict(some)),
        "whole JSON": lambda some: [packed.answer(case) for case in some],
    }
    settings = predict.Settings(descriptions=judge.descriptions_of(asked.data))
    others = {name: predict.open(name, settings) for name in asked.others}
    for name, other in others.items():
        systems[name] = lambda some, other=other: list(other.predict(some))  # type: ignore[misc]
    timed = _interleaved(systems, cases, progress)
    for other in others.values():
        other.close()
    timed[0] = replace(timed[0], load_s=round(load_s, 2), cold_ms=round(cold_ms, 1))
    p50 = {each.name: each.p50_ms for each in timed}
    tokens = int(median(len(packed.tokens(case)) for case in cases))
    categories_ms = _categories(packed, cases, progress)
    kinds = {(inputs, outputs) for inputs, outputs, _ in pack.told.matrices}
    largest = sorted(kinds, key=lambda each: -each[0] * each[1])[:3]
    tries = (max(_rate(largest, bits) for _ in range(2)) for bits in engine.BITS)
    measured = Rates(*(round(best, 1) for best in tries))
    # The multiplications and additions of one token's matrices
    work = 2.0 * sum(inputs * outputs * count for inputs, outputs, count in pack.told.matrices)
    best = max(measured.int8_gops, measured.fp32_gops)  # what a prefill could reach
    ratios = {name: ms / p50["verdict"] for name, ms in p50.items() if name != "verdict"}
    ratios["one of all categories"] = categories_ms / p50["verdict"]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on a Mac, else kibibytes
    return Benched(
        machine=machine(),
        rows=len(cases),
        tokens=tokens,
        answer_tokens=int(median(packed.count(packed.answer(case)) for case in cases[:5])),
        systems=tuple(timed),
        batches=_batches(packed, cases, progress),
        categories_ms=round(categories_ms, 1),
        rates=measured,
        share=round(work * tokens / (p50[_BARE] / 1000) / (best * 1e9), 3),
        rss_mb=round(most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6),
        ratios={name: round(ratio, 3) for name, ratio in ratios.items()},
    )


def machine() -> str:
    """Describe this machine in one line: no host, no user."""
    name = engine.about().get("model name", platform.machine())
    wide = engine.instructions()[:1]
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} cores, {', '.join([*wide, system])}"


def _interleaved(
    systems: Mapping[str, Ask], cases: Sequence[Case], progress: Progress
) -> list[Timed]:
    took: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(cases[:1])  # warm
    for number, case in enumerate(cases):
        progress("one by one", number, len(cases))
        for name, ask in systems.items():
            took[name].append(_ms(lambda ask=ask, case=case: ask([case])))  # type: ignore[misc]
    progress("one by one", len(cases), len(cases))
    return [
        Timed(name, p50, p95, p99, every_ms=tuple(round(ms, 3) for ms in each))
        for name, each in took.items()
        for p50, p95, p99 in [(round(ms, 3) for ms in np.percentile(each, [50, 95, 99]).tolist())]
    ]


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


def _rate(matrices: Sequence[tuple[int, int]], bits: int) -> float:
    """Multiply `_TOKENS` tokens by `matrices` (inputs, outputs)."""
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


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


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


def write_bench_report(done: Benched, out: Path, *, force: bool = False) -> None:
    """Write the page of a run: pictures first. It needs no network and no script.

    Raises:
        FolderExists: `out` is there, and `force` is not set.
    """
    base, *others = done.systems
    slowest = max(done.systems, key=lambda each: each.p50_ms)
    says = f"A verdict takes {base.p50_ms:,.3g} ms (median)"
    if slowest is not base:
        says += f"; slowest is {slowest.name}, {slowest.p50_ms / base.p50_ms:.3g} times that"
    spread = page.spreads(
        [page.Spread(each.name, [max(ms, 0.001) for ms in each.every_ms]) for each in done.systems],
        caption="Latency, asked alone, warm; each system's columns are scaled to its own highest",
        across="ms a verdict (logarithmic)",
        unit="ms",
        says=f"{says}.",
    )
    best = max(done.batches, key=lambda size: done.batches[size])
    batches = page.bars(
        [page.Bar(f"{size} at once", rate, f"{rate:,.3g} a second", tone="positive")
         for size, rate in done.batches.items()],
        caption="Verdicts a second, by how many are asked at once",
        corner="batch",
        says=f"Most verdicts a second: {done.batches[best]:,.3g}, asked {best} at once.",
    )  # fmt: skip
    most = max(done.rates.int8_gops, done.rates.fp32_gops)
    told = (
        ("int8 weights", done.rates.int8_gops, "neutral"),
        ("fp32 weights", done.rates.fp32_gops, "neutral"),
        ("the prefill", done.share * most, "positive"),
    )
    rates = page.bars(
        [page.Bar(name, rate, f"{rate:,.0f} · 10⁹ a second", tone=tone)
         for name, rate, tone in told],
        caption="Operations a second on the model's own matrices: the machine's, and the prefill's",
        corner="what",
        says=f"A prefill reaches {page.percent(done.share, 0)} of what this machine can multiply.",
    )  # fmt: skip
    text = page.render(
        "bench_report.html",
        version=__version__,
        done=done,
        base=base,
        others=others,
        spread=spread,
        batches=batches,
        rates=rates,
    )
    with files.draft(out, force=force) as draft:
        draft.write_text(text, encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
