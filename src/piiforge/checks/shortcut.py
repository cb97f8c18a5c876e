"""Shortcuts: could a model tell the label without reading the line?

Each probe sees one side only: the key names, the value as it is written, the length, or a bag of
words. It is a logistic regression fitted on the training rows and judged on the test rows, whose
families (line structures and phrase frames) it has never seen, by balanced accuracy pooled over the
categories. It knows the asked category and may weigh each feature by it. A probe near 0.5 learns
nothing, one near 1.0 has found a way to cheat.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from piiforge.types import Example

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
