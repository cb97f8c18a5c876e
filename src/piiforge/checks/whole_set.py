"""Duplicates, by the keys that the generator knows; by text only where text is free.

Template lines look alike by design, so text similarity would measure the template. A row repeats
another if it holds the same drawn value, or the same normalised text; sentences without any value
are compared by MinHash, and a hit is verified by the true Jaccard similarity. Twins survive: they
share a value or a line on purpose. Placeholders are finite and may come again.

Source:
    Broder 1997, On the resemblance and containment of documents.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from piiforge.types import Example

# Balance: are the shares of the finished set within the bounds it promises?


LABEL_BOUNDS = (0.40, 0.60)
EVEN = 1.2  # the largest variant of a cell over its smallest
_FEW = 12  # below this many rows a variant, one row more or less is no unevenness


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


def diversity(rows: Sequence[Example]) -> tuple[float, float, int]:
    """Return distinct skeletons a row, the share of the ten commonest, and the families.

    A pair of twins counts as one row: its two lines are alike on purpose.
    """
    skeletons: Counter[str] = Counter()
    seen: set[str] = set()
    for row in rows:
        if row.twin_id and row.twin_id in seen:
            continue
        seen.add(row.twin_id)
        skeletons[row.skeleton] += 1
    total = sum(skeletons.values())
    if not total:
        return 0.0, 0.0, 0
    top = sum(count for _, count in skeletons.most_common(10))
    return len(skeletons) / total, top / total, len({row.family for row in rows})


def _labels(rows: Sequence[Example]) -> list[str]:
    found: list[str] = []
    for category in dict.fromkeys(row.category for row in rows):
        mine = [row for row in rows if row.category == category]
        positive = sum(row.verdict.is_sensitive for row in mine) / len(mine)
        if not LABEL_BOUNDS[0] <= positive <= LABEL_BOUNDS[1]:
            found.append(f"{category}: {positive:.0%} of the rows are positive, not 40 to 60 %")
    return found


def _variants(rows: Sequence[Example]) -> list[str]:
    """Compare the variants of positives, and of hard negatives, within each category."""
    counts: Counter[tuple[str, bool, str]] = Counter()
    for row in rows:
        if row.verdict.is_sensitive or row.variant not in {"other", "absent", "benign"}:
            counts[row.category, row.verdict.is_sensitive, row.variant] += 1
    found: list[str] = []
    for category, label in dict.fromkeys(key[:2] for key in counts):
        cells = {key[2]: count for key, count in counts.items() if key[:2] == (category, label)}
        most, least = max(cells, key=cells.__getitem__), min(cells, key=cells.__getitem__)
        if cells[least] >= _FEW and cells[most] > EVEN * cells[least]:
            found.append(
                f"{category}: {cells[most]} rows of {most}, {cells[least]} of {least}: "
                "over 20 % apart"
            )
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


# Shortcuts: could a model tell the label without reading the line?
#
# Each probe sees one side only: the key names, the value as it is written, the length, or a bag
# of words. It is a logistic regression fitted on the training rows and judged on the test rows,
# whose families (line structures and phrase frames) it has never seen, by balanced accuracy
# pooled over the categories. It knows the asked category and may weigh each feature by it. A
# probe near 0.5 learns nothing, one near 1.0 has found a way to cheat.


View = Callable[[Example], list[str]]
MAX_ROWS = 8000
_FEATURES = 2**16
_LENGTH_STEP, _LENGTH_BINS = 12, 60
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Probe:
    """Balanced accuracy, 0 to 1, pooled and by category. None where a category has one label."""

    name: str
    pooled: float
    by_category: Mapping[str, float | None]


def probe(train: Sequence[Example], test: Sequence[Example]) -> tuple[Probe, ...]:
    """Fit each probe on `train` and judge it on `test`; at most MAX_ROWS of each, evenly taken."""
    fitted, asked = _thin(train), _thin(test)
    return tuple(_run(name, view, fitted, asked) for name, view in VIEWS.items())


def _thin(rows: Sequence[Example]) -> Sequence[Example]:
    step = -(-len(rows) // MAX_ROWS)
    return rows[::step] if step > 1 else rows


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
    said = model.predict(vectorizer.transform(test))
    gold = [row.verdict.is_sensitive for row in test]
    by_category: dict[str, float | None] = {}
    for category in dict.fromkeys(row.category for row in test):
        at = [place for place, row in enumerate(test) if row.category == category]
        labels = [gold[place] for place in at]
        by_category[category] = (
            float(balanced_accuracy_score(labels, [said[place] for place in at]))
            if len(set(labels)) == 2
            else None
        )
    pooled = float(balanced_accuracy_score(gold, said))
    return Probe(name, pooled, MappingProxyType(by_category))


def _features(view: View, row: Example) -> list[str]:
    """Return what the probe sees: each feature by itself and joined with the asked category."""
    seen = view(row)
    return [*seen, *(f"{row.category}|{feature}" for feature in seen), row.category]


NEAR = 0.9  # Jaccard similarity of 5-grams from which two free texts are one
_GRAM, _BANDS, _ROWS_A_BAND = 5, 8, 8  # two texts meet in a band from about 0.77 on
_HASHES = _BANDS * _ROWS_A_BAND
_SPACE = re.compile(r"\s+")
_MASK = np.uint64(0xFFFFFFFF)
_RANDOM = np.random.default_rng(20261122)
_A = _RANDOM.integers(1, 1 << 32, _HASHES, dtype=np.uint64)
_B = _RANDOM.integers(0, 1 << 32, _HASHES, dtype=np.uint64)


@dataclass(slots=True)
class Seen:
    """What earlier rows hold. Feed rows in one fixed order: the first of a pair stays."""

    values: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    bands: dict[bytes, list[int]] = field(default_factory=dict)
    grams: list[frozenset[str]] = field(default_factory=list)

    def repeats(self, rows: Sequence[Example]) -> str:
        """Say how `rows` (one, or two twins) repeat an earlier row; remember them if not at all."""
        problem = self._value(rows) or self._text(rows) or self._near(rows)
        if not problem:
            self._remember(rows)
        return problem

    def _value(self, rows: Iterable[Example]) -> str:
        for row in rows:
            if any(key in self.values for key in row.unique_values):
                return "a drawn value stands in another row"
        return ""

    def _text(self, rows: Iterable[Example]) -> str:
        if any(normalised(row.content) in self.texts for row in rows):
            return "another row has the same text"
        return ""

    def _near(self, rows: Sequence[Example]) -> str:
        if len(rows) > 1 or not _is_free_text(rows[0]):
            return ""
        grams = _grams(rows[0].content)
        marks = _bands(grams)
        for mark in marks:
            for other in self.bands.get(mark, ()):
                if _jaccard(grams, self.grams[other]) >= NEAR:
                    return "another row has nearly the same text"
        for mark in marks:
            self.bands.setdefault(mark, []).append(len(self.grams))
        self.grams.append(grams)
        return ""

    def _remember(self, rows: Iterable[Example]) -> None:
        for row in rows:
            for key in row.unique_values:
                self.values[key] = row.id
            self.texts[normalised(row.content)] = row.id


def _is_free_text(row: Example) -> bool:
    """Say whether a row is a sentence without a value, not a structure with fields."""
    return not row.values and "/" not in row.family


def normalised(content: str) -> str:
    """Return `content` in lower case with runs of white space as one space."""
    return _SPACE.sub(" ", content.lower()).strip()


def _grams(content: str) -> frozenset[str]:
    text = normalised(content)
    return frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))


def _bands(grams: frozenset[str]) -> list[bytes]:
    codes = np.array([crc32(gram.encode()) for gram in grams], dtype=np.uint64)
    table: NDArray[np.uint64] = (codes[:, None] * _A[None, :] + _B[None, :]) >> np.uint64(32)
    least = (table & _MASK).min(axis=0)
    return [
        bytes([band]) + least[band * _ROWS_A_BAND : (band + 1) * _ROWS_A_BAND].tobytes()
        for band in range(_BANDS)
    ]


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)
