"""Checks over rows and of the whole set: duplicates, balance, shortcuts.

Duplicates (`Seen`) are told by the keys that the generator knows; by text only where text is free.
Template lines look alike by design, so text similarity would measure the template. A row repeats
another if it holds the same drawn value, or the same normalised text; sentences without any value
are compared by their 5-grams (`Near`). Twins survive: they share a value or a line on purpose.
Placeholders are finite and may come again.

Balance (`problems`): are the shares of the finished set within the bounds it promises?

Shortcuts (`probe`): could a model tell the label without reading the line? Each probe sees one side
only: the key names, the value as it is written, the length, or a bag of words. It is a logistic
regression fitted on the training rows and judged on the test rows, whose families (line structures
and phrase frames) it has never seen, by balanced accuracy pooled over the categories. It knows the
asked category and may weigh each feature by it. A probe near 0.5 learns nothing, one near 1.0 has
found a way to cheat.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from zlib import crc32

from piiforge.types import EASY_VARIANTS, Example

LABEL_BOUNDS = (0.40, 0.60)
EVEN = 1.2  # the largest variant of a cell over its smallest
_FEW = 12  # below this many rows a variant, one row more or less is no unevenness
NEAR = 0.9  # Jaccard similarity of 5-grams from which two free texts are one
_GRAM = 5
MAX_ROWS = 8000
_FEATURES = 2**16
_LENGTH_STEP, _LENGTH_BINS = 12, 60
_WORD = re.compile(r"\w+")


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
        text = normalised(text)
        grams = frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))
        prefix = sorted(grams, key=lambda gram: (crc32(gram.encode()), gram))
        prefix = prefix[: len(grams) - int(NEAR * len(grams) + 0.999) + 1]
        met = {other for gram in prefix for other in self._at[gram]}
        if any(len(grams & other) >= NEAR * len(grams | other) for other in met):
            return True
        for gram in prefix:
            self._at[gram].append(grams)
        return False


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
    """What a recipe promises of the whole set. Shares are 0 to 1."""

    per_disguise: int
    skeletons: float
    top_skeletons: float
    families: int


def problems(rows: Sequence[Example], bounds: Bounds) -> list[str]:
    """Return one sentence for each promise that `rows` break."""
    return [*_labels(rows), *_variants(rows), *_disguises(rows, bounds), *_diversity(rows, bounds)]


def _labels(rows: Sequence[Example]) -> list[str]:
    totals = Counter(row.category for row in rows)
    positive = Counter(row.category for row in rows if row.verdict.is_sensitive)
    shares = {category: positive[category] / total for category, total in totals.items()}
    return [
        f"{category}: {share:.0%} of the rows are positive, not 40 to 60 %"
        for category, share in shares.items()
        if not LABEL_BOUNDS[0] <= share <= LABEL_BOUNDS[1]
    ]


def _variants(rows: Sequence[Example]) -> list[str]:
    """Compare the variants of positives, and of hard negatives, within each category."""
    cells: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.verdict.is_sensitive or row.variant not in EASY_VARIANTS:
            cells[row.category, row.verdict.is_sensitive][row.variant] += 1
    found: list[str] = []
    for (category, _), counts in cells.items():
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        if counts[least] >= _FEW and counts[most] > EVEN * counts[least]:
            told = f"{counts[most]} rows of {most}, {counts[least]} of {least}"
            found.append(f"{category}: {told}: over 20 % apart")
    return found


def _disguises(rows: Sequence[Example], bounds: Bounds) -> list[str]:
    counts = Counter(name for row in rows for name in row.disguises)
    return [
        f"disguise {name} stands in {count} rows, fewer than {bounds.per_disguise}"
        for name, count in sorted(counts.items())
        if count < bounds.per_disguise
    ]


def _diversity(rows: Sequence[Example], bounds: Bounds) -> list[str]:
    distinct, top, families = diversity(rows)
    found: list[str] = []
    if distinct < bounds.skeletons:
        found.append(f"{distinct:.0%} of the skeletons are distinct, not {bounds.skeletons:.0%}")
    if top > bounds.top_skeletons:
        found.append(f"the ten commonest skeletons are {top:.1%} of the rows")
    if families < bounds.families:
        found.append(f"{families} families, fewer than {bounds.families}")
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
class Probe:
    """Balanced accuracy, 0 to 1, pooled and by category. None where a category has one label."""

    name: str
    pooled: float
    by_category: Mapping[str, float | None]


def probe(train: Sequence[Example], test: Sequence[Example]) -> tuple[Probe, ...]:
    """Fit each probe on `train` and judge it on `test`; at most MAX_ROWS of each, evenly taken."""
    fitted, asked = (rows[:: max(1, -(-len(rows) // MAX_ROWS))] for rows in (train, test))
    return tuple(_run(name, view, fitted, asked) for name, view in VIEWS.items())


def _keys(row: Example) -> list[str]:
    words = [word for name in row.key_names for word in name.split()]
    return [*row.key_names, *words] or ["no key"]


def _values(row: Example) -> list[str]:
    if not row.values:
        return ["no value"]
    text = "".join(f"^{row.content[span.start : span.end]}$" for span in row.values[0].spans)
    return [text[at : at + size] for size in (1, 2, 3) for at in range(len(text) - size + 1)]


def _length(row: Example) -> list[str]:
    steps = min(len(row.content) // _LENGTH_STEP, _LENGTH_BINS)
    return [f"over {step * _LENGTH_STEP}" for step in range(steps + 1)]


def _words(row: Example) -> list[str]:
    return _WORD.findall(row.content.lower())


View = Callable[[Example], list[str]]
VIEWS: Mapping[str, View] = MappingProxyType(
    {"keys": _keys, "values": _values, "length": _length, "words": _words}
)


def _run(name: str, view: View, train: Sequence[Example], test: Sequence[Example]) -> Probe:
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    vectorizer = HashingVectorizer(
        n_features=_FEATURES, alternate_sign=False, analyzer=partial(_features, view)
    )
    model = LogisticRegression(C=3.0, solver="liblinear", random_state=0)
    model.fit(vectorizer.transform(train), [row.verdict.is_sensitive for row in train])
    pairs: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, said in zip(test, model.predict(vectorizer.transform(test)), strict=True):
        pairs[row.category].append((row.verdict.is_sensitive, said))

    def accuracy(some: Sequence[tuple[bool, bool]]) -> float:
        return float(balanced_accuracy_score(*zip(*some, strict=True)))

    by_category = {
        category: accuracy(mine) if len({gold for gold, _ in mine}) == 2 else None
        for category, mine in pairs.items()
    }
    pooled = accuracy([pair for mine in pairs.values() for pair in mine])
    return Probe(name, pooled, MappingProxyType(by_category))


def _features(view: View, row: Example) -> list[str]:
    """Return what the probe sees: each feature by itself and joined with the asked category."""
    seen = view(row)
    return [*seen, *(f"{row.category}|{feature}" for feature in seen), row.category]
