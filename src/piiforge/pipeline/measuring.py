"""What a built set measures: gates, diversity, lengths, as the manifest and the report tell it."""

from collections.abc import Sequence

import numpy as np

from piiforge import categories, checks
from piiforge.pipeline.made import Built
from piiforge.recipe import Recipe
from piiforge.types import Example

_BIN = 32


def measured(built: Built, recipe: Recipe) -> dict[str, object]:
    """Return the measured part of the manifest."""
    distinct, top, families = checks.balance.diversity(built.rows)
    return {
        "descriptions": categories.descriptions(),
        "asked": built.asked,
        "dropped": built.reasons,
        "gates": {
            "probes": {
                probe.name: {
                    "pooled": round(probe.pooled, 4),
                    "by_category": {
                        name: None if share is None else round(share, 4)
                        for name, share in probe.by_category.items()
                    },
                }
                for probe in built.probes
            },
            "distinct_skeletons": round(distinct, 4),
            "top_ten_skeletons": round(top, 4),
            "families": families,
            "review": len(built.review),
        },
        "tokens": lengths(built.rows, recipe),
    }


def lengths(rows: Sequence[Example], recipe: Recipe) -> dict[str, object]:
    """Return the distribution of tokens a row, prompt and answer together."""
    counter, told = checks.tokens.counter(recipe.tokenizer), categories.descriptions()
    found = [checks.row.tokens_of(row, counter, told[row.category]) for row in rows]
    counts = np.array(found or [0])
    edges = np.arange(0, max(recipe.limits.tokens, int(counts.max())) + _BIN, _BIN)
    bins, _ = np.histogram(counts, edges)
    return {
        "counted_by": counter.name,
        "median": int(np.median(counts)),
        "p95": int(np.percentile(counts, 95)),
        "max": int(counts.max()),
        "limit": recipe.limits.tokens,
        "histogram": [
            [int(low), int(high), int(count)]
            for low, high, count in zip(edges[:-1], edges[1:], bins, strict=True)
        ],
    }
