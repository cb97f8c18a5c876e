"""Checks over rows and of the whole set: duplicates, balance, twins.

Duplicates (`Seen`) are told by the keys that the generator knows; by text only where text is free.
Template lines look alike by design, so text similarity would measure the template. A row repeats
another if it holds the same drawn value, or the same normalised text; sentences without any value
are compared by their 5-grams (`Near`). Twins survive: they share a value or a line on purpose.
Placeholders are finite and may come again.

Balance (`problems`): are the shares of the finished set within the bounds it promises?

Twins (`twins`): does every split have the pairs that were asked for?
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from zlib import crc32

from piiforge.types import EASY_VARIANTS, Example

LABEL_BOUNDS = (0.40, 0.60)
Weights = Mapping[str, Mapping[str, float]]
EVEN = 1.2  # the largest variant of a cell over its smallest, each for its weight
_FEW = 12  # below this many rows a variant, one row more or less is no unevenness
NEAR = 0.9  # Jaccard similarity of 5-grams from which two free texts are one
_GRAM = 5
FEWEST_PAIRS = 12  # asked of a split, under which one pair more or less is no shortage


def normalised(content: str) -> str:
    """Return `content` in lower case with runs of white space as one space."""
    return " ".join(content.lower().split())


class Near:
    """Earlier texts: one whose 5-grams, normalised, are nearly the same is a duplicate.

    Exact, not estimated: two sets of 5-grams of Jaccard similarity t share one of the first
    (1 - t) n + 1 grams in any fixed order, so only texts that meet there are compared.

    Source:
        Bayardo, Ma & Srikant 2007, Scaling up all pairs similarity search, 3.
    """

    def __init__(self) -> None:
        self._at: dict[str, list[frozenset[str]]] = defaultdict(list)

    def repeats(self, text: str) -> bool:
        """Say that an earlier text is nearly the same, or remember this one."""
        grams, prefix = _grams_of(text)
        if self._meets(grams, prefix):
            return True
        self._add(grams, prefix)
        return False

    def meets(self, text: str) -> bool:
        """Say whether an earlier text is nearly the same; this one is not remembered."""
        return self._meets(*_grams_of(text))

    def add(self, text: str) -> None:
        """Remember a text, whatever was there."""
        self._add(*_grams_of(text))

    def _meets(self, grams: frozenset[str], prefix: Sequence[str]) -> bool:
        met = {other for gram in prefix for other in self._at.get(gram, ())}
        return any(len(grams & other) >= NEAR * len(grams | other) for other in met)

    def _add(self, grams: frozenset[str], prefix: Sequence[str]) -> None:
        for gram in prefix:
            self._at[gram].append(grams)


def _grams_of(text: str) -> tuple[frozenset[str], list[str]]:
    """Return the grams of a text, and those of them at which it meets what is nearly the same."""
    text = normalised(text)
    grams = frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))
    order = sorted(grams, key=lambda gram: (crc32(gram.encode()), gram))
    return grams, order[: len(grams) - int(NEAR * len(grams) + 0.999) + 1]


@dataclass(slots=True)
class Seen:
    """What earlier rows hold. Feed rows in one fixed order: the first of a pair stays."""

    values: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    near: Near = field(default_factory=Near)

    def repeats(self, rows: Sequence[Example]) -> str:
        """Say how `rows` (one, or two twins) repeat an earlier row; remember them if not at all."""
        values = [key for row in rows for key in row.unique_values]
        texts = [normalised(row.content) for row in rows]
        if not self.values.isdisjoint(values):
            return "a drawn value stands in another row"
        if not self.texts.isdisjoint(texts):
            return "another row has the same text"
        # a sentence without a value, not a structure with fields
        is_free = len(rows) == 1 and not rows[0].values and "/" not in rows[0].family
        if is_free and self.near.repeats(texts[0]):
            return "another row has nearly the same text"
        self.values.update(values)
        self.texts.update(texts)
        return ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a recipe promises of the whole set. Shares are 0 to 1; `weights` as in `uneven`."""

    per_disguise: int
    skeletons: float
    top_skeletons: float
    families: int
    weights: Weights = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """What balance and diversity are judged by.

    `cells` are rows by category, label and variant; `distinct`, `top` and `families` as `diversity`
    returns them.
    """

    cells: Mapping[tuple[str, bool, str], int]
    disguises: Mapping[str, int]
    distinct: float
    top: float
    families: int


def counted(rows: Sequence[Example]) -> Counted:
    """Count `rows`."""
    return Counted(
        _cells(rows), Counter(n for row in rows for n in row.disguises), *diversity(rows)
    )


def problems(rows: Sequence[Example], bounds: Bounds) -> list[str]:
    """Return one sentence for each promise that `rows` break."""
    return broken(counted(rows), bounds)


def broken(found: Counted, bounds: Bounds) -> list[str]:
    """Return one sentence for each promise that a set so counted breaks."""
    told = _uneven(found.cells, bounds.weights)
    told += [
        f"disguise {name} stands in {count} rows, fewer than {bounds.per_disguise}"
        for name, count in sorted(found.disguises.items())
        if count < bounds.per_disguise
    ]
    if found.distinct < bounds.skeletons:
        told.append(
            f"{found.distinct:.0%} of the skeletons are distinct, not {bounds.skeletons:.0%}"
        )
    if found.top > bounds.top_skeletons:
        told.append(f"the ten commonest skeletons are {found.top:.1%} of the rows")
    if found.families < bounds.families:
        told.append(f"{found.families} families, fewer than {bounds.families}")
    return told


def uneven(rows: Sequence[Example], weights: Weights = MappingProxyType({})) -> list[str]:
    """Return one sentence for each share that is off; no bound of a recipe moves these.

    `weights` of variants by category: one that is not there counts as one.
    """
    return _uneven(_cells(rows), weights)


def _cells(rows: Sequence[Example]) -> Counter[tuple[str, bool, str]]:
    return Counter((row.category, row.verdict.is_sensitive, row.variant) for row in rows)


def _uneven(cells: Mapping[tuple[str, bool, str], int], weights: Weights) -> list[str]:
    return [*_labels(cells), *_variants(cells, weights)]


def _labels(cells: Mapping[tuple[str, bool, str], int]) -> list[str]:
    totals, positive = Counter[str](), Counter[str]()
    for (category, label, _), count in cells.items():
        totals[category] += count
        positive[category] += count * label
    shares = {category: positive[category] / total for category, total in totals.items()}
    return [
        f"{category}: {share:.0%} of the rows are positive, not 40 to 60 %"
        for category, share in shares.items()
        if not LABEL_BOUNDS[0] <= share <= LABEL_BOUNDS[1]
    ]


def _variants(cells: Mapping[tuple[str, bool, str], int], weights: Weights) -> list[str]:
    """Compare the variants of positives, and of hard negatives, for their weights."""
    sides: dict[tuple[str, bool], dict[str, int]] = defaultdict(dict)
    for (category, label, variant), count in cells.items():
        if label or variant not in EASY_VARIANTS:
            sides[category, label][variant] = count
    found: list[str] = []
    for (category, _), counts in sides.items():
        asked = weights.get(category, {})
        shares = {name: count / (asked.get(name) or 1.0) for name, count in counts.items()
                  if count >= _FEW}  # fmt: skip
        if not shares:
            continue
        most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
        if shares[most] > EVEN * shares[least]:
            told = f"{counts[most]} rows of {most}, {counts[least]} of {least}"
            found.append(f"{category}: {told}: over 20 % apart")
    return found


def diversity(rows: Sequence[Example]) -> tuple[float, float, int]:
    """Return distinct skeletons a row, the share of the ten commonest, and the families.

    A pair of twins counts as one row, by the first: its two lines are alike on purpose.
    """
    firsts: dict[str, str] = {}
    for row in rows:
        firsts.setdefault(row.twin_id or row.id, row.skeleton)
    skeletons = Counter(firsts.values())
    total = skeletons.total()
    if not total:
        return 0.0, 0.0, 0
    top = sum(count for _, count in skeletons.most_common(10))
    return len(skeletons) / total, top / total, len({row.family for row in rows})


@dataclass(frozen=True, slots=True)
class Twins:
    """The rows of one split that stand in pairs. `asked` pairs are the plan's own whole numbers."""

    split: str
    rows: int
    pairs: int
    asked: int

    @property
    def share(self) -> float:
        """The share of the rows that stand in a pair, 0 to 1; 0 without rows."""
        return 2 * self.pairs / self.rows if self.rows else 0.0

    @property
    def kept(self) -> float | None:
        """The share of the asked pairs that are there; None where too few were asked to tell."""
        return self.pairs / self.asked if self.asked >= FEWEST_PAIRS else None


def twins(rows: Sequence[Example], share: float) -> tuple[Twins, ...]:
    """Count the pairs of each split, where `share` of the rows of each category is to be in one."""
    halves = Counter((row.split, row.twin_id) for row in rows if row.twin_id)
    whole = Counter(split for (split, _), count in halves.items() if count == 2)
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        totals[row.split][row.category] += 1
    return tuple(
        Twins(split, own.total(), whole[split], sum(round(share * n / 2) for n in own.values()))
        for split, own in totals.items()
    )
