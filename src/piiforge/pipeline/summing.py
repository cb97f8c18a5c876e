"""Short accounts of a plan and of a finished build, for the command line."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from piiforge.pipeline.made import Built
from piiforge.pipeline.measuring import measured
from piiforge.pipeline.ordering import additions_to, plan_of
from piiforge.recipe import Recipe


def plan_table(recipe: Recipe) -> list[dict[str, object]]:
    """Return the planned rows by split, category, label and variant, each twin on its side."""
    cells: Counter[tuple[str, str, str, str]] = Counter()
    specs = plan_of(recipe)
    for spec in (*specs, *additions_to(specs, recipe)):
        cells[spec.split, spec.category, _label(spec.label), spec.variant] += 1
        if spec.twin:
            cells[spec.split, spec.category, "positive", "(twin)"] += 1
    return [
        {"split": split, "category": category, "label": label, "variant": variant, "rows": count}
        for (split, category, label, variant), count in sorted(cells.items())
    ]


def summary(built: Built, recipe: Recipe, folder: Path) -> dict[str, object]:
    """Return what a build came to, as one JSON object."""
    return {
        "out": str(folder),
        "rows": dict(Counter(row.split for row in built.rows)),
        "sources": dict(Counter(row.source for row in built.rows).most_common()),
        **measured(built, recipe),
    }


def summary_text(facts: Mapping[str, object]) -> str:
    """Return the summary in a few lines."""
    gates = cast("Mapping[str, object]", facts["gates"])
    probes = cast("Mapping[str, Mapping[str, float]]", gates["probes"])
    rows = ", ".join(
        f"{count} {name}" for name, count in cast("dict[str, int]", facts["rows"]).items()
    )
    dropped = cast("dict[str, int]", facts["dropped"])
    reasons = ", ".join(f"{name} {count}" for name, count in dropped.items()) or "none"
    sides = ", ".join(f"{name} {probe['pooled']:.2f}" for name, probe in probes.items())
    sources = cast("dict[str, int]", facts["sources"])
    total = sum(sources.values())
    shares = ", ".join(f"{name} {count / total:.0%}" for name, count in sources.items())
    return "\n".join(
        (
            f"{facts['out']}: {rows}" + (f" ({shares})" if len(sources) > 1 else ""),
            f"  dropped and made up for: {reasons} (of {facts['asked']} composed)",
            f"  skeletons: {cast('float', gates['distinct_skeletons']):.0%} distinct, "
            f"ten commonest {cast('float', gates['top_ten_skeletons']):.1%}; "
            f"{gates['families']} families; no leak between splits",
            f"  probes of one side (balanced accuracy): {sides}",
        )
    )


def _label(label: bool) -> str:
    return "positive" if label else "negative"
