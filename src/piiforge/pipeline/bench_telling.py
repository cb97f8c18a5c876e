"""A bench, told: as lines for a terminal, and as the table that the README shows."""

from piiforge.pipeline.bench import Benched

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
