"""The figures of the data set report, made from the rows and the manifest's content."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup

from piiforge import page
from piiforge.dataset import gates
from piiforge.dataset.lookup import items, mapping, number
from piiforge.types import Dropped, Example

NEGATIVES = (
    "impossible", "placeholder", "incomplete", "masked", "uncued", "vetoed", "named", "misleading",
    "other", "absent", "benign",
)  # fmt: skip


def maps(
    rows: Sequence[Example], categories: Sequence[str], facts: Mapping[str, object]
) -> list[Markup]:
    """Return the four coverage maps: positives, negatives, languages, events."""
    asked = mapping(facts, "recipe", "variants")
    listed = [name for names in asked.values() if isinstance(names, list | tuple) for name in names]
    positives = [row for row in rows if row.verdict.is_sensitive]
    negatives = [row for row in rows if not row.verdict.is_sensitive]
    languages, events = mapping(facts, "recipe", "languages"), mapping(facts, "recipe", "events")
    return [
        _map(positives, categories, lambda row: row.variant, listed,
             "Positives: category by how the value is written", "positive"),
        _map(negatives, categories, lambda row: row.variant, NEGATIVES,
             "Negatives: category by why there is no value", "negative"),
        _map(rows, categories, lambda row: row.language, list(languages), "Category by language"),
        _map(rows, categories, lambda row: row.event, list(events), "Category by event"),
    ]  # fmt: skip


def disguise_map(rows: Sequence[Example], categories: Sequence[str]) -> Markup:
    """Return disguise by category; a disguise stands under the variant that it makes when alone."""
    counts = Counter((name, row.category) for row in rows for name in row.disguises)
    alone = {
        row.disguises[0]: row.variant
        for row in rows
        if row.verdict.is_sensitive and len(row.disguises) == 1
    }
    groups = {name: alone.get(name, "in negatives only") for name, _ in counts}
    names = sorted(groups, key=lambda name: (name not in alone, groups[name], name))
    matrix = page.Matrix(names, categories, counts, groups)
    caption = "Disguise by category, positives and negatives; a row may wear two"
    return page.heat_map(matrix, caption=caption, corner="disguise")


def balance(rows: Sequence[Example], categories: Sequence[str]) -> Markup:
    """Return the share of positives by category."""
    totals = Counter(row.category for row in rows)
    positive = Counter(row.category for row in rows if row.verdict.is_sensitive)
    bars = [
        page.Bar(
            name,
            positive[name] / totals[name],
            f"{positive[name]:,} of {totals[name]:,} · {share(positive[name], totals[name])}",
            gates.LABEL_BOUNDS,
            "positive",
        )
        for name in categories
    ]
    return page.bars(bars, caption="Share of positives, with the bounds 40 and 60 %",
                     top=1.0, corner="category")  # fmt: skip


def lengths(facts: Mapping[str, object]) -> Markup | None:
    """Return the histogram of tokens, None where it was not measured."""
    bins = [
        (float(low), float(high), int(count))
        for low, high, count in (
            entry for entry in items(facts, "tokens", "histogram")
            if isinstance(entry, list | tuple) and len(entry) == 3
        )
    ]  # fmt: skip
    if not bins:
        return None
    marked = (number(facts, "tokens", name) for name in ("limit", "median", "p95"))
    return page.histogram(
        bins, caption="Rows by tokens of prompt and answer", unit="tokens",
        limits=page.Limits(*marked),
    )  # fmt: skip


def probes(facts: Mapping[str, object]) -> Markup:
    """Return what each probe reaches."""
    bars = [
        page.Bar(
            gate.name.removeprefix("probe: "),
            gate.measured,
            "not measured" if gate.measured is None else f"{gate.measured:.3f}",
            (0.5,) if gate.bound is None else (0.5, gate.bound),
            "negative" if gate.holds is False else "neutral",
        )
        for gate in gates.gates((), facts)
        if gate.name.startswith("probe: ")
    ]
    caption = "What a probe reaches that sees one side only; lines at chance and at the bound"
    return page.bars(bars, caption=caption, top=1.0, corner="probe")


def dropped_bars(rows: Sequence[Example], dropped: Sequence[Dropped]) -> Markup:
    """Return how many rows each reason dropped."""
    asked = len(rows) + len(dropped)
    counts = Counter(one.reason for one in dropped).most_common()
    bars = [page.Bar(n, count, f"{count:,} · {share(count, asked)}") for n, count in counts]
    return page.bars(bars, caption="Dropped rows by reason, share of all composed", corner="reason")


def in_order(found: Iterable[str], listed: Iterable[object]) -> list[str]:
    """Return the distinct names found: those listed in that order, then the others by name."""
    names = set(found)
    first = [str(name) for name in dict.fromkeys(listed) if name in names]
    return [*first, *sorted(names.difference(first))]


def share(part: int, total: int) -> str:
    """Write a part of `total` in percent, a dash where there is none."""
    return f"{part / total:.1%}".replace("%", " %") if total else "–"


def _map(
    rows: Sequence[Example],
    categories: Sequence[str],
    column: Callable[[Example], str],
    listed: Sequence[object],
    caption: str,
    tone: str = "neutral",
) -> Markup:
    counts = Counter((row.category, column(row)) for row in rows)
    columns = in_order((name for _, name in counts), listed)
    matrix = page.Matrix(categories, columns, counts)
    return page.heat_map(matrix, caption=caption, corner="category", tone=tone)
