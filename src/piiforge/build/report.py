"""The report of a data set, for who would rather look than read.

It is one page that shows what is in the set, how even it is and what it passed. It is made
of the rows, of what was dropped, and of the manifest's content (`Facts`). It needs no network and
no script, and the same input gives the same bytes. Values may be shown: every one of them was drawn
by a generator.

Rows to look at are picked by rule, so that the same set always shows the same ones. Within a
category they are spread over the variants, then over events, languages and splits. Which variants
come first turns from category to category, so that the page as a whole shows them all.

>>> Facts.model_validate({"gates": {"families": 412}}).gates.families
412
>>> Facts().gates.families is None
True
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

import yaml
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from piiforge import checks, page, prompt, train
from piiforge.recipe import Weights
from piiforge.types import EASY_VARIANTS, HARD_VARIANTS, SPLITS, TEST, Cue, Dropped, Example, Span

PROBES: Mapping[str, str] = {
    "keys": "names of the keys alone",
    "values": "the value as written, alone",
    "length": "length of the line alone",
    "words": "a bag of the line's words",
    "facts": "a dozen facts that a glance takes in, as a mask, a length, a word for the category",
    "masked": "the characters of the line without its values and what names them",
    "content": "the characters of the whole line: what is there to be learned, so without a bound",
}
SOURCES: Mapping[str, str] = {
    "rules": "Line and value are ours; the label holds by construction.",
    "seeds": "Cue words or separators from other people's test sets; the value is ours.",
    "written": "A language model wrote the line; the value is ours, the cue was read back.",
}
LONGEST = 2400  # characters of a line shown; limits the page, not the set
_CUT = Markup('<span class="cut"> … {} more characters</span>')
_LANGUAGE_TAGS: Mapping[str, str] = {"mixed": "mul", "": "und"}
_TONES = ("negative", "positive")
_HELD = 8  # candidates kept of each category, label, variant and split
_ALIKE, _ALIKE_SHARE = 2, 0.02  # rows by which categories may differ and a grid be told as one
PLAIN = "plain"  # the variant of a value written as usual
_PLAIN_ONES = 20
_BARE = 120  # characters of two twins below which hardly more than the value stands there
_PAIR_LENGTH = 700  # characters; longer twins are shown only where there are no shorter ones
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_ISLAND = 8  # an equal stretch of so few characters between two differences is shown as one


class _Told(BaseModel):
    """A part of the manifest. What an older or partial build didn't measure is None or empty."""

    model_config = ConfigDict(frozen=True)


class Axis(_Told):
    """One axis of the leak certificate: how many keys there are, how many stand in two splits."""

    keys: int | None = None
    in_two_splits: int | None = None


class Certificate(_Told):
    """Whether nothing stands in two splits, by axis; `exempt` are kinds of finite samples."""

    clean: bool | None = None
    axes: dict[str, Axis] = {}
    exempt: tuple[str, ...] = ()

    @property
    def leaks(self) -> int | None:
        """How many keys stand in two splits, over all axes; None where one was not counted."""
        counts = [axis.in_two_splits for axis in self.axes.values()]
        known = [count for count in counts if count is not None]
        return sum(known) if known and len(known) == len(counts) else None


class Reached(_Told):
    """What a probe reached: balanced accuracy, 0 to 1."""

    pooled: float | None = None
    by_category: dict[str, float | None] = {}


class Paired(_Told):
    """Twins of a split: the share of its rows; how many of the asked pairs, None of too few."""

    share: float = 0.0
    pairs: int = 0
    asked: int = 0
    kept: float | None = None


class Pairs(_Told):
    """Pairs of values on two axes: how many can exist and how many occur."""

    there: int = 0
    possible: int = 0


class Covered(_Told):
    """Pairwise coverage, by two axes. None where it was not measured."""

    share: float | None = None
    pairs: dict[str, Pairs] = {}

    @property
    def there(self) -> int:
        """How many pairs occur, over all axes."""
        return sum(each.there for each in self.pairs.values())

    @property
    def possible(self) -> int:
        """How many pairs can exist, over all axes."""
        return sum(each.possible for each in self.pairs.values())


class Measured(_Told):
    """What was measured of the set as a whole. Shares are 0 to 1."""

    probes: dict[str, Reached] = {}
    distinct_skeletons: float | None = None
    top_ten_skeletons: float | None = None
    families: int | None = None
    review: int | None = None
    twins: dict[str, Paired] = {}


class Tokens(_Told):
    """Tokens of prompt and answer; `histogram` has (low, high, rows), high excluded."""

    counted_by: str = ""
    median: int | None = None
    p95: int | None = None
    max: int | None = None
    limit: int | None = None
    histogram: tuple[tuple[float, float, int], ...] = ()


class Wanted(_Told):
    """What the pages read of the recipe; `gates` are its bounds."""

    categories: tuple[str, ...] = ()
    variants: dict[str, Weights] = {}
    languages: dict[str, float] = {}
    events: dict[str, float] = {}
    order: str = prompt.ORDERS[0]
    format: str = train.ALPACA
    gates: dict[str, float] = {}


class Facts(_Told):
    """The manifest's content, as the pages tell it; `descriptions` are those in the prompt."""

    name: str = ""
    piiforge: str = ""
    seed: int | None = None
    canary: str = ""
    personal_data: str = ""
    recipe: dict[str, object] = {}
    certificate: Certificate = Certificate()
    descriptions: dict[str, str] = {}
    gates: Measured = Measured()
    coverage: Covered = Covered()
    tokens: Tokens = Tokens()

    @property
    def wanted(self) -> Wanted:
        """The recipe, as far as the pages read it."""
        return Wanted.model_validate(self.recipe)


def render(rows: Sequence[Example], dropped: Sequence[Dropped], facts: Facts) -> str:
    """Return the page; what `facts` lacks shows as not measured."""
    categories = in_order((row.category for row in rows), facts.wanted.categories)
    recipe = yaml.safe_dump(
        facts.recipe, sort_keys=False, allow_unicode=True, width=96, default_flow_style=None
    )
    splits = _splits(rows)
    return page.render(
        "dataset_report.html",
        facts=facts,
        categories=categories,
        lead=_lead(rows, facts),
        tiles=_tiles(rows, dropped, facts),
        maps=_maps(rows, categories, facts.wanted),
        disguises=_disguise_map(rows, categories),
        balance=_balance(rows, categories),
        splits=splits,
        sources=_sources(rows),
        lengths=_lengths(facts.tokens),
        gates=gates(counts_of(rows), facts),
        probes=_probe_bars(counts_of(rows), facts),
        asked=len(rows) + len(dropped),
        dropped_bars=_dropped_bars(rows, dropped),
        reasons=_reasons(dropped),
        twins=twins(rows),
        choices=choose(rows, categories),
        shown=shown,
        lang=lambda row: _LANGUAGE_TAGS.get(row.language, row.language),
        recipe=recipe if facts.recipe else "",
    )


def shown(row: Example, differing: Iterable[Span] = ()) -> Markup:
    """Return the row's line with its values marked, or with what differs from its twin marked."""
    marks = [page.Mark(span.start, span.end, "differs", "differs") for span in differing]
    for at, mention in enumerate(row.values if not marks else ()):
        # the first value is what the row is about, unless the row is about none
        subject = at == 0 and row.cue is not Cue.NONE and row.variant not in {"absent", "benign"}
        tone = _TONES[row.verdict.is_sensitive] if subject else "beside"
        title = f"{mention.category}, {mention.kind.replace('_', ' ')}"
        marks += [page.Mark(span.start, span.end, tone, title) for span in mention.spans]
    over = len(row.content) - LONGEST
    line = page.highlight(row.content[:LONGEST], marks)
    return line + _CUT.format(over) if over > 0 else line


def in_order(found: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Return the distinct names found: those listed in that order, then the others by name."""
    names = set(found)
    first = [name for name in dict.fromkeys(listed) if name in names]
    return [*first, *sorted(names.difference(first))]


def share(part: int, total: int) -> str:
    """Write a part of `total` in percent, a dash where there is none."""
    return f"{part / total:.1%}".replace("%", " %") if total else "–"


def _lead(rows: Sequence[Example], facts: Facts) -> str:
    """Say in a sentence or two what the set is and whether it keeps what it promises."""
    if not rows:
        return "The set has no rows."
    names = {row.category for row in rows}
    what = f"{len(names)} categories of personal data" if len(names) > 1 else rows[0].category
    text = f"{len(rows):,} labelled lines that ask about {what}."
    judged = gates(counts_of(rows), facts)
    states = {gate.name: gate.holds for gate in judged if gate.holds is not None}
    if facts.certificate.clean is not None:
        states["leak certificate"] = facts.certificate.clean
    broken = [name for name, holds in states.items() if not holds]
    if broken:
        return f"{text} Not kept: {', '.join(broken)}."
    return f"{text} All {len(states)} promises that have a bound are kept." if states else text


def _tiles(
    rows: Sequence[Example], dropped: Sequence[Dropped], facts: Facts
) -> list[tuple[str, str, str]]:
    """Return the key figures: the figure, what it is, a note."""
    by_split = ", ".join(f"{name} {p + n:,}" for name, p, n in _splits(rows))
    languages, events = {row.language for row in rows}, {row.event for row in rows}
    positive = sum(row.verdict.is_sensitive for row in rows)
    hard = sum(row.hard for row in rows)
    counted = (facts.gates.families, facts.certificate.leaks, facts.gates.review)
    families, leaks, review = ("–" if count is None else f"{count:,}" for count in counted)
    return [
        (f"{len(rows):,}", "rows", by_split),
        (
            str(len({row.category for row in rows})),
            "categories",
            f"{len(languages)} languages, {len(events)} events",
        ),
        (share(positive, len(rows)), "positive", f"{positive:,} of {len(rows):,}"),
        (share(hard, len(rows)), "hard", f"{hard:,} rows"),
        (families, "families", "frames of lines"),
        (leaks, "leaks", "between the splits"),
        (f"{len(dropped):,}", "dropped", f"of {len(rows) + len(dropped):,} composed"),
        (review, "for review", "kept, worth a look"),
    ]


def _splits(rows: Sequence[Example]) -> list[tuple[str, int, int]]:
    """Return each split with its positives and negatives."""
    counts = Counter((row.split, row.verdict.is_sensitive) for row in rows)
    names = in_order((split for split, _ in counts), SPLITS)
    return [(name, counts[name, True], counts[name, False]) for name in names]


def _sources(rows: Sequence[Example]) -> list[dict[str, object]]:
    """Return each source with its share, and how its rows are labelled."""
    found: dict[str, list[Example]] = {name: [] for name in SOURCES}
    for row in rows:
        found.setdefault(row.source, []).append(row)
    return [
        {
            "name": name,
            "meaning": SOURCES.get(name, ""),
            "rows": len(mine),
            "share": share(len(mine), len(rows)),
            "positive": share(sum(row.verdict.is_sensitive for row in mine), len(mine)),
            "frames": len({row.frame for row in mine} - {""}) or None,
        }
        for name, mine in found.items()
        if mine
    ]


def _maps(rows: Sequence[Example], categories: Sequence[str], wanted: Wanted) -> list[Markup]:
    """Return the four coverage maps: positives, negatives, languages, events."""

    def heat_map(
        some: Sequence[Example],
        column: Callable[[Example], str],
        listed: Iterable[str],
        caption: str,
        tone: str = "neutral",
    ) -> Markup:
        counts = Counter((row.category, column(row)) for row in some)
        names = in_order((name for _, name in counts), listed)
        if tone == "neutral" and (told := _alike(counts, categories, names)):
            return Markup("<p><b>{}</b>, alike in all: {}.</p>").format(caption, told)
        matrix = page.Matrix(categories, names, counts)
        kind = {"positive": "positives", "negative": "negatives"}.get(tone, "rows")
        return page.heat_map(
            matrix, caption=caption, corner="category", tone=tone, says=_extent(counts, kind)
        )

    positives = [row for row in rows if row.verdict.is_sensitive]
    negatives = [row for row in rows if not row.verdict.is_sensitive]
    groups = [name for names in wanted.variants.values() for name in names]
    return [
        heat_map(positives, lambda row: row.variant, groups,
                 "Positives: category by how the value is written", "positive"),
        heat_map(negatives, lambda row: row.variant, (*HARD_VARIANTS, *EASY_VARIANTS),
                 "Negatives: category by why there is no value", "negative"),
        heat_map(rows, lambda row: row.language, wanted.languages, "Category by language"),
        heat_map(rows, lambda row: row.event, wanted.events, "Category by event"),
    ]  # fmt: skip


def _alike(
    counts: Mapping[tuple[str, str], int], categories: Sequence[str], names: Sequence[str]
) -> str:
    """Return one line for a grid that says the same of every category, "" for any other."""
    told: list[str] = []
    for name in names:
        column = [counts.get((category, name), 0) for category in categories]
        if max(column) - min(column) > max(_ALIKE, _ALIKE_SHARE * max(column)):
            return ""
        low, high = min(column), max(column)
        told.append(f"{name} {low:,}" + (f" to {high:,}" if high > low else ""))
    return ", ".join(told)


def _extent(counts: Mapping[tuple[str, str], int], kind: str) -> str:
    """Say how many there are and where there are fewest and most.

    >>> _extent({("ssn", "plain"): 40, ("itin", "words"): 3}, "positives")
    '43 positives in 2 cells, from 3 (itin, words) to 40 (ssn, plain).'
    """
    if not counts:
        return f"No {kind}."
    (least, few), (most, many) = (
        pick(counts.items(), key=lambda each: (each[1], each[0])) for pick in (min, max)
    )
    total = f"{sum(counts.values()):,} {kind} in {len(counts):,} cells"
    return f"{total}, from {few:,} ({', '.join(least)}) to {many:,} ({', '.join(most)})."


def _disguise_map(rows: Sequence[Example], categories: Sequence[str]) -> Markup:
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
    totals = Counter(name for row in rows for name in row.disguises)
    says = "No row wears a disguise."
    if totals:
        rarest = min(totals, key=lambda name: (totals[name], name))
        says = f"Rarest of {len(totals)} disguises: {rarest}, worn by {totals[rarest]:,} rows."
    return page.heat_map(matrix, caption=caption, corner="disguise", says=says)


def _balance(rows: Sequence[Example], categories: Sequence[str]) -> Markup:
    """Return the share of positives by category."""
    totals = Counter(row.category for row in rows)
    positive = Counter(row.category for row in rows if row.verdict.is_sensitive)
    bars = [
        page.Bar(
            name,
            positive[name] / totals[name],
            f"{positive[name]:,} of {totals[name]:,} · {share(positive[name], totals[name])}",
            checks.whole_set.LABEL_BOUNDS,
            "positive",
        )
        for name in categories
    ]
    says = "No rows."
    if categories:
        shares = {name: positive[name] / totals[name] for name in categories}
        least, most = (
            min(categories, key=shares.__getitem__),
            max(categories, key=shares.__getitem__),
        )
        low, high = checks.whole_set.LABEL_BOUNDS
        outside = [name for name in categories if not low <= shares[name] <= high]
        says = f"Between {page.percent(shares[least])} ({least}) and {page.percent(shares[most])}"
        says += f" ({most}) are positive."
        says += f" Outside the bounds: {', '.join(outside)}." if outside else ""
    caption = "Share of positives, with the bounds 40 and 60 %"
    return page.bars(bars, caption=caption, top=1.0, corner="category", says=says)


def _lengths(tokens: Tokens) -> Markup | None:
    """Return the histogram of tokens, None where it was not measured."""
    if not tokens.histogram:
        return None
    limits = page.Limits(tokens.limit, tokens.median, tokens.p95)
    counter = f", counted by {tokens.counted_by}" if tokens.counted_by else ""
    caption = f"Rows by tokens of prompt and answer{counter}"
    says = ""
    if tokens.median is not None and tokens.max is not None:
        says = (
            f"Half of the rows take {tokens.median:,} tokens or fewer, the longest {tokens.max:,}"
        )
        says += f" of {tokens.limit:,} allowed." if tokens.limit is not None else "."
    return page.histogram(
        tokens.histogram, caption=caption, unit="tokens", limits=limits, says=says
    )


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
class Counts:
    """How many rows a set has: by split, category, label, language and event; by disguise."""

    cells: Mapping[tuple[str, str, bool, str, str], int]
    disguises: Mapping[str, int]


def counts_of(rows: Iterable[Example]) -> Counts:
    """Count rows."""
    cells, disguises = Counter[tuple[str, str, bool, str, str]](), Counter[str]()
    for row in rows:
        label = row.verdict.is_sensitive
        cells[row.split, row.category, label, row.language, row.event] += 1
        disguises.update(row.disguises)
    return Counts(cells, disguises)


def gates(told: Counts, facts: Facts) -> list[Gate]:
    """Return every promise about the whole set but those of the certificate.

    Bounds are the recipe's, measures the manifest's: what was not measured is never passed.
    """
    found, bound = facts.gates, facts.wanted.gates.get
    rarest = min(told.disguises.values(), default=None)
    distinct = "Lines without their values: how many are distinct, a pair of twins counted once."
    top_ten = "Share of the rows that the ten commonest skeletons have together."
    families = "Line structures and phrase frames; none stands in two splits."
    kept = [one.kept for one in found.twins.values() if one.kept is not None]
    shares = ", ".join(f"{name} {one.share:.0%}" for name, one in found.twins.items())
    twins = "Of the asked pairs, how many the split has that has fewest. Rows in pairs: "
    return [
        *_probes(told, facts),
        Gate("twins", f"{twins}{shares or 'none'}.", min(kept, default=None), bound("twins"),
             at_most=False, is_share=True),
        Gate("distinct skeletons", distinct, found.distinct_skeletons, bound("skeletons"),
             at_most=False, is_share=True),
        Gate("ten commonest skeletons", top_ten, found.top_ten_skeletons, bound("top_skeletons"),
             at_most=True, is_share=True),
        Gate("families", families, found.families, bound("families"), at_most=False),
        Gate("rarest disguise", "Rows that hold the rarest of the disguises.", rarest,
             bound("per_disguise"), at_most=False),
    ]  # fmt: skip


def _probes(told: Counts, facts: Facts) -> list[Gate]:
    meaning = "A classifier that sees {}; balanced accuracy on the test rows."
    asked = sum(number for (split, *_), number in told.cells.items() if split == TEST)
    return [
        Gate(
            f"probe: {name}",
            meaning.format(PROBES.get(name, name)),
            facts.gates.probes.get(name, Reached()).pooled,
            facts.wanted.gates.get(checks.probes.gate_of(name, asked)),
            at_most=True,
        )
        for name in (facts.gates.probes or PROBES)
    ]


def _probe_bars(told: Counts, facts: Facts) -> Markup:
    """Return what each probe reaches."""
    probes = _probes(told, facts)
    bars = [
        page.Bar(
            gate.name.removeprefix("probe: "),
            gate.measured,
            "not measured" if gate.measured is None else f"{gate.measured:.3f}",
            (0.5,) if gate.bound is None else (0.5, gate.bound),
            "negative" if gate.holds is False else "neutral",
        )
        for gate in probes
    ]
    room = {
        gate.name.removeprefix("probe: "): (gate.bound - gate.measured, gate.measured, gate.bound)
        for gate in probes
        if gate.measured is not None and gate.bound is not None
    }
    says = ""
    if room:
        near, (left, reached, bound) = min(room.items(), key=lambda each: each[1])
        word = "Over its bound" if left < 0 else "Nearest to its bound"
        says = f"{word}: {near}, {reached:.3f} of {bound:.3g}."
    caption = "What a probe reaches; lines at chance and at the bound"
    return page.bars(bars, caption=caption, top=1.0, corner="probe", says=says)


def _dropped_bars(rows: Sequence[Example], dropped: Sequence[Dropped]) -> Markup:
    """Return how many rows each reason dropped."""
    asked = len(rows) + len(dropped)
    counts = Counter(one.reason for one in dropped).most_common()
    bars = [page.Bar(n, count, f"{count:,} · {share(count, asked)}") for n, count in counts]
    says = "".join(f"Most fall for {name}: {n:,} of {len(dropped):,}." for name, n in counts[:1])
    caption = "Dropped rows by reason, share of all composed"
    return page.bars(bars, caption=caption, corner="reason", says=says)


def _reasons(dropped: Sequence[Dropped]) -> list[tuple[str, str, int, list[Dropped]]]:
    """Return each reason to drop rows, what it means, how many it dropped, and some of them."""
    picked = examples(dropped)
    counts = Counter(one.reason for one in dropped).most_common()
    return [(name, checks.REASONS.get(name, ""), count, picked[name]) for name, count in counts]


def examples(dropped: Iterable[Dropped], each: int = 3) -> dict[str, list[Dropped]]:
    """Return up to `each` dropped rows a reason, of different categories where there are any."""
    held: dict[str, list[Dropped]] = defaultdict(list)
    for one in dropped:
        held[one.reason].append(one)
    return {reason: _various(ones)[:each] for reason, ones in held.items()}


def _various(ones: Sequence[Dropped]) -> list[Dropped]:
    """Bring the first of each category to the front, the order otherwise kept."""
    firsts: dict[str, Dropped] = {}
    rest = [one for one in ones if firsts.setdefault(one.example.category, one) is not one]
    return [*firsts.values(), *rest]


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
    cells: dict[tuple[str, bool], dict[str, list[Example]]] = defaultdict(dict)
    held: Counter[tuple[str, bool, str, str]] = Counter()
    for row in rows:
        label = row.verdict.is_sensitive
        place = (row.category, label, row.variant, row.split)
        if held[place] < _HELD and (label or row.variant not in EASY_VARIANTS):
            held[place] += 1
            cells[place[:2]].setdefault(row.variant, []).append(row)
    return [
        Choice(category, *(_spread(cells[category, label], each, turn) for label in (True, False)))
        for turn, category in enumerate(categories)
    ]


def _spread(cells: Mapping[str, Sequence[Example]], each: int, turn: int) -> tuple[Example, ...]:
    """Take one row a variant, going round from the `turn`th step on, until there are `each`."""
    names = sorted(cells)
    picked: list[Example] = []
    used: Counter[str] = Counter()
    for step in range(each * 2 if names else 0):
        name = names[(turn * each + step) % len(names)]
        free = [row for row in cells[name] if row not in picked]
        if free and len(picked) < each:
            best = min(free, key=lambda row: (sum(used[place] for place in _places(row)), row.id))
            used.update(_places(best))
            picked.append(best)
    return tuple(picked)


def _places(row: Example) -> tuple[str, str, str]:
    return row.event, row.language, row.split


def twins(rows: Iterable[Example], pairs: int = 10) -> list[Twins]:
    """Return up to `pairs` pairs, going round the categories, the reasons as various as can be.

    The first is the plainest of all: short, English, in characters that every reader knows.
    """
    waiting: dict[str, Example] = {}
    found: dict[str, list[tuple[Example, Example]]] = defaultdict(list)
    for row in rows:
        if not row.twin_id:
            continue
        other = waiting.pop(row.twin_id, None)
        if other is None:
            waiting[row.twin_id] = row
        elif other.verdict.is_sensitive != row.verdict.is_sensitive:
            first, second = (row, other) if row.verdict.is_sensitive else (other, row)
            found[row.category].append((first, second))
    ranked = sorted(chain.from_iterable(found.values()), key=_plainness)
    alike = [pair for pair in ranked if _plainness(pair)[:4] == _plainness(ranked[0])[:4]]
    plainest = min(alike[:_PLAIN_ONES], key=lambda pair: _differs(*pair), default=None)
    if plainest:
        found[plainest[0].category].remove(plainest)
    picked = [plainest, *_round_robin(found, pairs - 1)] if plainest else []
    return [Twins(one, two, *differing(one.content, two.content)) for one, two in picked]


def _differs(one: Example, two: Example) -> int:
    """Return how many characters of two twins differ."""
    return sum(it.end - it.start for part in differing(one.content, two.content) for it in part)


def _plainness(pair: tuple[Example, Example]) -> tuple[bool, bool, bool, bool, int, str]:
    """Return a pair's place among those to be shown first, the plainest least."""
    one, two = pair
    text = one.content + two.content
    return (
        one.language != "en" or not (text.isascii() and text.isprintable()),
        "%" in text or one.injection or two.injection,
        one.variant != PLAIN,
        len(text) < _BARE,
        len(text),
        one.id,
    )


def _round_robin(
    found: Mapping[str, list[tuple[Example, Example]]], wanted: int
) -> list[tuple[Example, Example]]:
    picked: list[tuple[Example, Example]] = []
    used: Counter[str] = Counter()

    def oddness(pair: tuple[Example, Example]) -> tuple[bool, int, str]:
        seen = used[pair[1].variant] + used[pair[1].language]
        return len(pair[0].content) > _PAIR_LENGTH, seen, pair[1].id

    left = [list(pairs) for _, pairs in sorted(found.items())]
    while len(picked) < wanted and any(left):
        for pairs in filter(None, left):
            best = min(pairs, key=oddness)
            pairs.remove(best)
            used.update((best[1].variant, best[1].language))
            picked.append(best)
    return picked[:wanted]


def differing(first: str, second: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the stretches of two texts that differ, by words.

    >>> differing("sku=666-12", "ssn=666-12")
    ((Span(start=0, end=3),), (Span(start=0, end=3),))
    """
    old, new = (list(_WORD.finditer(text)) for text in (first, second))
    words, others = ([match[0] for match in matches] for matches in (old, new))
    blocks: list[list[int]] = []
    for kind, a, b, c, d in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if blocks and len("".join(words[blocks[-1][1] : a])) <= _ISLAND:
            blocks[-1][1], blocks[-1][3] = b, d
        else:
            blocks.append([a, b, c, d])
    left = tuple(Span(old[a].start(), old[b - 1].end()) for a, b, _, _ in blocks if a < b)
    right = tuple(Span(new[c].start(), new[d - 1].end()) for _, _, c, d in blocks if c < d)
    return left, right
