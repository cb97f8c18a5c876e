"""The report of a data set: one page that shows what is in it, how even it is and what it passed.

The page is made of the rows, of what was dropped, and of the manifest's content. It needs no
network and no script, and the same input gives the same bytes. Values may be shown: every one of
them was drawn by a generator.

>>> number({"gates": {"families": 412}}, "gates", "families")
412.0
>>> number({"gates": {}}, "gates", "families") is None
True
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import attrgetter
from types import MappingProxyType
from typing import cast

import yaml
from markupsafe import Markup

from piiforge import page
from piiforge.build.folder import SPLITS
from piiforge.types import Cue, Dropped, Example, Span

# Reading the manifest's content, which may lack what an older or partial build didn't measure.


def find(facts: Mapping[str, object], *path: str) -> object:
    """Return what stands at `path`, None where nothing does."""
    here: object = facts
    for name in path:
        if not isinstance(here, Mapping):
            return None
        here = here.get(name)
    return here


def mapping(facts: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """Return the mapping at `path`, empty where there is none."""
    found = find(facts, *path)
    if not isinstance(found, Mapping):
        return MappingProxyType({})
    return cast("Mapping[str, object]", found)


def number(facts: Mapping[str, object], *path: str) -> float | None:
    """Return the number at `path`, None where there is none; a truth value is no number."""
    found = find(facts, *path)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def text(facts: Mapping[str, object], *path: str) -> str:
    """Return what stands at `path` as text, "" where nothing does."""
    found = find(facts, *path)
    return "" if found is None else str(found)


def items(facts: Mapping[str, object], *path: str) -> Sequence[object]:
    """Return the list at `path`, empty where there is none."""
    found = find(facts, *path)
    return found if isinstance(found, list | tuple) else ()


def plain(found: object) -> object:
    """Return mappings as dicts and sequences as lists, all the way down, as YAML wants them."""
    if isinstance(found, Mapping):
        return {str(key): plain(value) for key, value in found.items()}
    return [plain(item) for item in found] if isinstance(found, list | tuple) else found


# What a set promises as a whole, what was measured, and whether the two agree.
#
# Bounds are the recipe's, measures are the manifest's. What was not measured is shown as such,
# never as passed.


LABEL_BOUNDS = (0.40, 0.60)  # as checks.balance holds them
PROBES: Mapping[str, str] = {
    "keys": "names of the keys alone",
    "values": "the value as written, alone",
    "length": "length of the line alone",
    "words": "a bag of the line's words",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise. `at_most` says on which side of `bound` it is kept."""

    name: str
    meaning: str
    measured: float | None
    bound: float | None
    at_most: bool
    is_share: bool = False

    @property
    def holds(self) -> bool | None:
        """Say whether the promise is kept; None where measure or bound is missing."""
        if self.measured is None or self.bound is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the leak certificate: how many keys there are, how many stand in two splits."""

    name: str
    keys: int | None
    leaks: int | None


def gates(rows: Sequence[Example], facts: Mapping[str, object]) -> list[Gate]:
    """Return every promise about the whole set but those of the certificate."""
    return [*_probes(facts), *_diversity(facts), _rarest(rows, facts)]


def axes(facts: Mapping[str, object]) -> list[Axis]:
    """Return the axes of the certificate in their order."""
    certified = mapping(facts, "certificate", "axes")
    return [
        Axis(name, whole(certified, name, "keys"), whole(certified, name, "in_two_splits"))
        for name in certified
    ]


def leaks(facts: Mapping[str, object]) -> int | None:
    """Return how many keys stand in two splits, over all axes; None where one was not counted."""
    counts = [axis.leaks for axis in axes(facts)]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def is_clean(facts: Mapping[str, object]) -> bool | None:
    """Say whether nothing stands in two splits; None where there is no certificate."""
    clean = find(facts, "certificate", "clean")
    return clean if isinstance(clean, bool) else None


def whole(facts: Mapping[str, object], *path: str) -> int | None:
    """Return the count at `path`, None where there is none."""
    found = number(facts, *path)
    return None if found is None else int(found)


def _probes(facts: Mapping[str, object]) -> list[Gate]:
    bound = number(facts, "recipe", "gates", "probe")
    probes = mapping(facts, "gates", "probes")
    return [
        Gate(
            f"probe: {name}",
            f"A classifier that sees {PROBES.get(name, name)}; balanced accuracy on the test rows.",
            number(probes, name, "pooled"),
            bound,
            at_most=True,
        )
        for name in (probes or PROBES)
    ]


def _diversity(facts: Mapping[str, object]) -> list[Gate]:
    return [
        Gate(
            "distinct skeletons",
            "Lines without their values: how many are distinct, a pair of twins counted once.",
            number(facts, "gates", "distinct_skeletons"),
            number(facts, "recipe", "gates", "skeletons"),
            at_most=False,
            is_share=True,
        ),
        Gate(
            "ten commonest skeletons",
            "Share of the rows that the ten commonest skeletons have together.",
            number(facts, "gates", "top_ten_skeletons"),
            number(facts, "recipe", "gates", "top_skeletons"),
            at_most=True,
            is_share=True,
        ),
        Gate(
            "families",
            "Line structures and phrase frames; none stands in two splits.",
            number(facts, "gates", "families"),
            number(facts, "recipe", "gates", "families"),
            at_most=False,
        ),
    ]


def _rarest(rows: Sequence[Example], facts: Mapping[str, object]) -> Gate:
    counts = Counter(name for row in rows for name in row.disguises)
    return Gate(
        "rarest disguise",
        "Rows that hold the rarest of the disguises.",
        min(counts.values(), default=None),
        number(facts, "recipe", "gates", "per_disguise"),
        at_most=False,
    )


# The figures of the data set report, made from the rows and the manifest's content.


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
            LABEL_BOUNDS,
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
        for gate in gates((), facts)
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


# Rows to look at: picked by rule, so that the same set always shows the same ones.
#
# Within a category they are spread over the variants, then over events, languages and splits.
# Which variants come first turns from category to category, so that the page as a whole shows
# them all.


EASY = frozenset({"other", "absent", "benign"})  # negatives that resemble nothing
_HELD = 8  # candidates kept of each category, label, variant and split
_PAIR_LENGTH = 700  # characters; longer twins are shown only where there are no shorter ones
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_ISLAND = 8  # an equal stretch of so few characters between two differences is shown as one


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows shown of one category."""

    category: str
    positives: tuple[Example, ...]
    negatives: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """A positive and the negative that differs from it in one thing, with what differs."""

    positive: Example
    negative: Example
    in_positive: tuple[Span, ...]
    in_negative: tuple[Span, ...]


def choose(rows: Iterable[Example], categories: Iterable[str], each: int = 4) -> list[Choice]:
    """Return for each category up to `each` positives and hard negatives, evenly over variants."""
    cells: dict[tuple[str, bool], dict[str, list[Example]]] = {}
    held: Counter[tuple[str, bool, str, str]] = Counter()
    for row in rows:
        label = row.verdict.is_sensitive
        place = (row.category, label, row.variant, row.split)
        if held[place] < _HELD and (label or row.variant not in EASY):
            held[place] += 1
            cells.setdefault(place[:2], {}).setdefault(row.variant, []).append(row)
    return [
        Choice(
            category,
            _spread(cells.get((category, True), {}), each, turn),
            _spread(cells.get((category, False), {}), each, turn),
        )
        for turn, category in enumerate(categories)
    ]


def twins(rows: Iterable[Example], pairs: int = 10) -> list[Twins]:
    """Return up to `pairs` pairs, going round the categories, the reasons as various as can be."""
    waiting: dict[str, Example] = {}
    found: dict[str, list[tuple[Example, Example]]] = {}
    for row in rows:
        if not row.twin_id:
            continue
        other = waiting.pop(row.twin_id, None)
        if other is None:
            waiting[row.twin_id] = row
        elif other.verdict.is_sensitive != row.verdict.is_sensitive:
            first, second = (row, other) if row.verdict.is_sensitive else (other, row)
            found.setdefault(row.category, []).append((first, second))
    return [_compared(*pair) for pair in _round_robin(found, pairs)]


def examples(dropped: Iterable[Dropped], each: int = 3) -> dict[str, list[Dropped]]:
    """Return up to `each` dropped rows a reason, of different categories where there are any."""
    held: dict[str, list[Dropped]] = {}
    for one in dropped:
        held.setdefault(one.reason, []).append(one)
    return {reason: _various(ones)[:each] for reason, ones in held.items()}


def differing(first: str, second: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the stretches of two texts that differ, by words.

    >>> differing("sku=666-12", "ssn=666-12")
    ((Span(start=0, end=3),), (Span(start=0, end=3),))
    """
    places = [
        [(found.start(), found.end()) for found in _WORD.finditer(t)] for t in (first, second)
    ]
    old = [first[start:end] for start, end in places[0]]
    new = [second[start:end] for start, end in places[1]]
    blocks: list[list[int]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if blocks and len("".join(old[blocks[-1][1] : a])) <= _ISLAND:
            blocks[-1][1], blocks[-1][3] = b, d
        else:
            blocks.append([a, b, c, d])
    left = tuple(Span(places[0][a][0], places[0][b - 1][1]) for a, b, _, _ in blocks if a < b)
    right = tuple(Span(places[1][c][0], places[1][d - 1][1]) for _, _, c, d in blocks if c < d)
    return left, right


def has_subject(row: Example) -> bool:
    """Say whether the first value is what the row is about, not one that stands beside."""
    return bool(row.values) and row.cue is not Cue.NONE and row.variant not in {"absent", "benign"}


def _spread(cells: Mapping[str, Sequence[Example]], each: int, turn: int) -> tuple[Example, ...]:
    """Take one row a variant, going round from the `turn`th step on, until there are `each`."""
    names = sorted(cells)
    picked: list[Example] = []
    used: Counter[str] = Counter()
    for step in range(each * 2):
        if len(picked) == each or not names:
            break
        name = names[(turn * each + step) % len(names)]
        free = [row for row in cells[name] if row not in picked]
        if free:
            best = min(free, key=lambda row: (sum(used[place] for place in _places(row)), row.id))
            used.update(_places(best))
            picked.append(best)
    return tuple(picked)


def _places(row: Example) -> tuple[str, str, str]:
    return row.event, row.language, row.split


def _round_robin(
    found: Mapping[str, list[tuple[Example, Example]]], wanted: int
) -> list[tuple[Example, Example]]:
    picked: list[tuple[Example, Example]] = []
    used: Counter[str] = Counter()
    left = {category: list(pairs) for category, pairs in sorted(found.items())}
    while len(picked) < wanted and any(left.values()):
        for pairs in left.values():
            if not pairs or len(picked) == wanted:
                continue
            best = min(
                pairs,
                key=lambda pair: (
                    len(pair[0].content) > _PAIR_LENGTH,
                    used[pair[1].variant] + used[pair[1].language],
                    pair[1].id,
                ),
            )
            pairs.remove(best)
            used.update((best[1].variant, best[1].language))
            picked.append(best)
    return picked


def _compared(positive: Example, negative: Example) -> Twins:
    return Twins(positive, negative, *differing(positive.content, negative.content))


def _various(ones: Sequence[Dropped]) -> list[Dropped]:
    """Bring the first of each category to the front, the order otherwise kept."""
    firsts: dict[str, int] = {}
    for at, one in enumerate(ones):
        firsts.setdefault(one.example.category, at)
    chosen = set(firsts.values())
    rest = [one for at, one in enumerate(ones) if at not in chosen]
    return [*(ones[at] for at in firsts.values()), *rest]


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
        maps=maps(rows, categories, facts),
        disguises=disguise_map(rows, categories),
        balance=balance(rows, categories),
        splits=_splits(rows),
        sources=_sources(rows),
        lengths=lengths(facts),
        counted_by=text(facts, "tokens", "counted_by"),
        tokens={name: whole(facts, "tokens", name) for name in ("median", "p95", "max", "limit")},
        gates=gates(rows, facts),
        probes=probes(facts),
        probe_table=_probe_table(facts, categories),
        axes=axes(facts),
        clean=is_clean(facts),
        exempt=items(facts, "certificate", "exempt"),
        asked=len(rows) + len(dropped),
        dropped_bars=dropped_bars(rows, dropped),
        reasons=_reasons(dropped),
        twins=twins(rows),
        choices=choose(rows, categories),
        shown=shown,
        lang=lambda row: _LANGUAGE_TAGS.get(row.language, row.language),
        recipe=_recipe(facts),
    )


def shown(row: Example, differing: Iterable[Span] = ()) -> Markup:
    """Return the row's line with its values marked, or with what differs from its twin marked."""
    marks = [page.Mark(span.start, span.end, "differs", "differs") for span in differing]
    for at, mention in enumerate(row.values if not marks else ()):
        subject = at == 0 and has_subject(row)
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
        Tile(_count(whole(facts, "gates", "families")), "families", "frames of lines"),
        Tile(_count(leaks(facts)), "leaks", "between the splits"),
        Tile(f"{len(dropped):,}", "dropped", f"of {len(rows) + len(dropped):,} composed"),
        Tile(_count(whole(facts, "gates", "review")), "for review", "kept, worth a look"),
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
    picked = examples(dropped)
    counts = Counter(one.reason for one in dropped).most_common()
    return [Reason(name, REASONS.get(name, ""), count, picked[name]) for name, count in counts]


def _recipe(facts: Mapping[str, object]) -> str:
    recipe = mapping(facts, "recipe")
    return yaml.safe_dump(
        plain(recipe), sort_keys=False, allow_unicode=True, width=96, default_flow_style=None
    ) if recipe else ""  # fmt: skip


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
