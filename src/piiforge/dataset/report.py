"""The report of a data set: one page that shows what is in it, how even it is and what it passed.

The page is made of the rows, of what was dropped, and of the manifest's content. It needs no
network and no script, and the same input gives the same bytes. Values may be shown: every one of
them was drawn by a generator.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType

import yaml
from markupsafe import Markup

from piiforge import page
from piiforge.dataset import gates, samples
from piiforge.dataset import report_figures as figures
from piiforge.dataset.export import SPLITS
from piiforge.dataset.lookup import find, items, mapping, number, plain, text
from piiforge.dataset.report_figures import in_order, share
from piiforge.types import Dropped, Example, Span

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "shape": "The answer does not read back, or line or explanation has a wrong form.",
        "span": "A value does not stand where its spans say.",
        "echo": "The explanation repeats a piece of the value.",
        "provenance": "A value was not drawn by a generator.",
        "length": "Prompt and answer have more tokens than the limit.",
        "second_look": "An independent reading of the line disagrees with its label.",
        "unconfirmed": "From a seed or a written line, and the reading does not confirm its label.",
        "duplicate": "Another row holds the same value or the same text.",
        "leak": "Its family, skeleton, value or twin stands in another split.",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "rules": "Line and value are ours; the label holds by construction.",
        "seeds": "Cue words or separators from other people's test sets; the value is ours.",
        "written": "A language model wrote the line; the value is ours, the cue was read back.",
    }
)
_CUT = Markup('<span class="cut"> … {} more characters</span>')
LONGEST = 2400  # characters of a line shown; limits the page, not the set
_LANGUAGE_TAGS: Mapping[str, str] = MappingProxyType({"mixed": "mul", "": "und"})
_category, _language, _event = map(attrgetter, ("category", "language", "event"))
_TONES = ("negative", "positive")


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure."""

    figure: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from. `frames` is how many seeds or written lines serve them, if any do."""

    name: str
    meaning: str
    rows: int
    share: str
    positive: str
    frames: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to drop rows, with some of them."""

    name: str
    meaning: str
    count: int
    examples: Sequence[Dropped]


def render(rows: Sequence[Example], dropped: Sequence[Dropped], facts: Mapping[str, object]) -> str:
    """Return the page. `facts` is the manifest's content; what it lacks shows as not measured."""
    categories = in_order((row.category for row in rows), items(facts, "recipe", "categories"))
    return page.render(
        "dataset_report.html",
        name=text(facts, "name") or "data set",
        version=text(facts, "piiforge"),
        seed=text(facts, "seed"),
        categories=categories,
        tiles=_tiles(rows, dropped, facts),
        maps=figures.maps(rows, categories, facts),
        disguises=figures.disguise_map(rows, categories),
        balance=figures.balance(rows, categories),
        splits=_splits(rows),
        sources=_sources(rows),
        lengths=figures.lengths(facts),
        counted_by=text(facts, "tokens", "counted_by"),
        tokens={
            name: gates.whole(facts, "tokens", name) for name in ("median", "p95", "max", "limit")
        },
        gates=gates.gates(rows, facts),
        probes=figures.probes(facts),
        probe_table=_probe_table(facts, categories),
        axes=gates.axes(facts),
        clean=gates.is_clean(facts),
        exempt=items(facts, "certificate", "exempt"),
        asked=len(rows) + len(dropped),
        dropped_bars=figures.dropped_bars(rows, dropped),
        reasons=_reasons(dropped),
        twins=samples.twins(rows),
        choices=samples.choose(rows, categories),
        shown=shown,
        lang=lambda row: _LANGUAGE_TAGS.get(row.language, row.language),
        recipe=_recipe(facts),
    )


def shown(row: Example, differing: Iterable[Span] = ()) -> Markup:
    """Return the row's line with its values marked, or with what differs from its twin marked."""
    marks = [page.Mark(span.start, span.end, "differs", "differs") for span in differing]
    for at, mention in enumerate(row.values if not marks else ()):
        subject = at == 0 and samples.has_subject(row)
        tone = _TONES[row.verdict.is_sensitive] if subject else "beside"
        title = f"{mention.category}, {mention.kind.replace('_', ' ')}"
        marks += [page.Mark(s.start, s.end, tone, title) for s in mention.spans]
    over = len(row.content) - LONGEST
    line = page.highlight(row.content[:LONGEST], marks)
    return line + _CUT.format(over) if over > 0 else line


def _tiles(
    rows: Sequence[Example], dropped: Sequence[Dropped], facts: Mapping[str, object]
) -> list[Tile]:
    by_split = ", ".join(f"{name} {p + n:,}" for name, p, n in _splits(rows))
    names = [len({of(row) for row in rows}) for of in (_category, _language, _event)]
    positive = sum(row.verdict.is_sensitive for row in rows)
    hard = sum(row.hard for row in rows)
    return [
        Tile(f"{len(rows):,}", "rows", by_split),
        Tile(str(names[0]), "categories", f"{names[1]} languages, {names[2]} events"),
        Tile(share(positive, len(rows)), "positive", f"{positive:,} of {len(rows):,}"),
        Tile(share(hard, len(rows)), "hard", f"{hard:,} rows"),
        Tile(_count(gates.whole(facts, "gates", "families")), "families", "frames of lines"),
        Tile(_count(gates.leaks(facts)), "leaks", "between the splits"),
        Tile(f"{len(dropped):,}", "dropped", f"of {len(rows) + len(dropped):,} composed"),
        Tile(_count(gates.whole(facts, "gates", "review")), "for review", "kept, worth a look"),
    ]


def _splits(rows: Sequence[Example]) -> list[tuple[str, int, int]]:
    counts = Counter((row.split, row.verdict.is_sensitive) for row in rows)
    return [(name, counts[name, True], counts[name, False])
            for name in in_order((split for split, _ in counts), SPLITS)]  # fmt: skip


def _sources(rows: Sequence[Example]) -> list[Source]:
    """Return each source with its share, and how its rows are labelled."""
    found: dict[str, list[Example]] = {name: [] for name in SOURCES}
    for row in rows:
        found.setdefault(row.source, []).append(row)
    return [
        Source(
            name,
            SOURCES.get(name, ""),
            len(mine),
            share(len(mine), len(rows)),
            share(sum(row.verdict.is_sensitive for row in mine), len(mine)),
            len({row.frame for row in mine} - {""}) or None,
        )
        for name, mine in found.items()
        if mine
    ]


def _probe_table(
    facts: Mapping[str, object], categories: Sequence[str]
) -> list[tuple[str, list[float | None]]]:
    probes = mapping(facts, "gates", "probes")
    return [
        (name, [number(probes, name, "by_category", category) for category in categories])
        for name in probes
        if find(probes, name, "by_category")
    ]


def _reasons(dropped: Sequence[Dropped]) -> list[Reason]:
    picked = samples.examples(dropped)
    counts = Counter(one.reason for one in dropped).most_common()
    return [Reason(name, REASONS.get(name, ""), count, picked[name]) for name, count in counts]


def _recipe(facts: Mapping[str, object]) -> str:
    recipe = mapping(facts, "recipe")
    return yaml.safe_dump(
        plain(recipe), sort_keys=False, allow_unicode=True, width=96, default_flow_style=None
    ) if recipe else ""  # fmt: skip


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
