"""Probes: could a model tell the label without reading what the line says of the value?

Each is fitted on the training rows and judged on the test rows, whose families (line structures and
phrase frames) it has never seen, by balanced accuracy pooled over the categories. It knows the
asked category. A probe near 0.5 learns nothing, one near 1.0 has found a way to cheat.

    keys, values, length, words   logistic regressions that see one side only: the key names, the
                                  value as it is written, the length, a bag of words
    facts                         a small decision tree over what a glance takes in (`FACTS`)
    masked                        2- to 4-grams of characters of a content without its values and
                                  without what names them
    content                       the same of the whole content: what is there to be learned. It
                                  is told, and there is no bound on it

What names a value is known for its keys (`Example.key_names`). Which word of a sentence does is
not recorded, so every phrase that the reader knows for a category, another noun or nothing is taken
out. A phrase that it lacks stays, so `masked` comes out too high rather than too low.

>>> sorted(set(BOUNDED) | UNBOUNDED) == sorted(NAMES)
True
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from piiforge import reader
from piiforge.types import Example, Progress, silent

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MAX_ROWS = 8000
MAX_READ = 2000  # of the probes that read every character
FEWEST = 200  # test rows under which what a probe reaches is a matter of luck: told, not bounded
_FEATURES = 2**16
_GRAMS = (2, 4)
_LENGTH_STEP, _LENGTH_BINS = 12, 60
_DEPTH, _LEAF = 6, 25  # of the tree: a larger one learns families by heart
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")
_MIXED = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d])\w+")
_MASK = re.compile(r"\*{2,}|[Xx]{3,}|[•#]{2,}")
_KEY = re.compile(r"\w[\"']?\s?[=:]")
_FIELD = re.compile(r"[=:]\s?[\"']?\w")
_GAP = r"[\W_]{0,3}"
_Row = TypeVar("_Row")
_Model = Callable[[Sequence[Example], Sequence[Example]], Sequence[bool]]

FACTS: Mapping[str, Callable[[Example], float]] = MappingProxyType(
    {
        "a word for the category": lambda row: reader.names(row.category, row.content),
        "a mask": lambda row: bool(_MASK.search(row.content)),
        "a key": lambda row: bool(_KEY.search(row.content)),
        "characters": lambda row: len(row.content),
        "lines": lambda row: row.content.count("\n") + 1,
        "fields": lambda row: len(_FIELD.findall(row.content)),
        "digits": lambda row: sum(map(len, _DIGITS.findall(row.content))),
        "longest run of digits": lambda row: max(map(len, _DIGITS.findall(row.content)), default=0),
        "words with digits and letters": lambda row: len(_MIXED.findall(row.content)),
        "percent signs": lambda row: row.content.count("%"),
        "at signs": lambda row: row.content.count("@"),
        "characters beyond ASCII": lambda row: len(row.content) - len(_ascii_of(row.content)),
        "ends in a digit": lambda row: row.content[-1:].isdigit(),
    }
)


@dataclass(frozen=True, slots=True)
class Probe:
    """Balanced accuracy, 0 to 1, pooled and by category. None where a category has one label."""

    name: str
    pooled: float
    by_category: Mapping[str, float | None]


def probe(
    train: Sequence[Example], test: Sequence[Example], progress: Progress = silent
) -> tuple[Probe, ...]:
    """Fit each probe on `train` and judge it on `test`.

    At most MAX_ROWS of each are taken, evenly, and MAX_READ by the probes that read all.
    """
    return told((fitted(train, test, name) for name in NAMES), progress)


def told(probes: Iterable[Probe], progress: Progress) -> tuple[Probe, ...]:
    """Return what the probes of NAMES reach, telling each as it comes."""
    found: list[Probe] = []
    progress("probe", 0, len(NAMES))
    for one in probes:
        found.append(one)
        progress("probe", len(found), len(NAMES))
    return tuple(found)


def fitted(train: Sequence[Example], test: Sequence[Example], name: str) -> Probe:
    """Fit the probe called `name`, one of NAMES, as `probe` does."""
    made = _READERS[name] if name in _READERS else _GLANCES[name]
    return _judged(name, made, taken(train, name), taken(test, name))


def load() -> None:
    """Import what probes are fitted with: that takes a second, once a process."""
    import sklearn.feature_extraction.text
    import sklearn.linear_model
    import sklearn.tree  # noqa: F401


def taken(rows: Sequence[_Row], name: str) -> Sequence[_Row]:
    """Return the rows that the probe called `name` takes of so many, evenly.

    >>> len(taken(range(7000), "keys")), len(taken(range(7000), "masked"))
    (7000, 1750)
    """
    return rows[:: max(1, -(-len(rows) // (MAX_READ if name in _READERS else MAX_ROWS)))]


def masked(row: Example) -> str:
    """Return the content, folded, without its values and without what names them."""
    spans = sorted((span.start, span.end) for mention in row.values for span in mention.spans)
    kept, at = list[str](), 0
    for start, end in spans:
        kept.append(row.content[at:start])
        at = end
    text = " ".join([*kept, row.content[at:]])
    for name in row.key_names:
        pieces = map(re.escape, re.findall(r"[^\W_]+", name))
        if pattern := _GAP.join(pieces):
            text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
    return reader.unnamed(text)


def _ascii_of(text: str) -> bytes:
    return text.encode("ascii", "ignore")


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


def _features(view: Callable[[Example], list[str]], row: Example) -> list[str]:
    """Return what the probe sees: each feature by itself and joined with the asked category."""
    seen = view(row)
    return [*seen, *(f"{row.category}|{feature}" for feature in seen), row.category]


def _one_side(view: Callable[[Example], list[str]]) -> _Model:
    """Return a logistic regression over the features that `view` gives."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        n_features=_FEATURES, alternate_sign=False, analyzer=partial(_features, view)
    )
    return _logistic(vectorizer.transform)


def _characters(view: Callable[[Example], str]) -> _Model:
    """Return a logistic regression over the characters, within words, of what `view` gives."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    grams = HashingVectorizer(
        n_features=_FEATURES, alternate_sign=False, analyzer="char_wb", ngram_range=_GRAMS
    )
    category = HashingVectorizer(n_features=2**8, analyzer=lambda row: [row.category])
    return _logistic(
        lambda rows: hstack([grams.transform(map(view, rows)), category.transform(rows)]).tocsr()
    )


def _logistic(seen: "Callable[[Iterable[Example]], csr_matrix]") -> _Model:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    def said(train: Sequence[Example], test: Sequence[Example]) -> Sequence[bool]:
        model = LogisticRegression(C=3.0, solver="liblinear", random_state=0)
        labels = [row.verdict.is_sensitive for row in train]
        # Liblinear works on vectors that two threads take longer to share out than to add up, and
        # sums of one thread are the same on every machine
        with threadpool_limits(1, user_api="blas"):
            model.fit(seen(train), labels)
        return list(map(bool, model.predict(seen(test))))

    return said


def _tree(train: Sequence[Example], test: Sequence[Example]) -> Sequence[bool]:
    from sklearn.tree import DecisionTreeClassifier

    known = sorted({row.category for row in train})

    def seen(rows: Sequence[Example]) -> list[list[float]]:
        return [
            [*(fact(row) for fact in FACTS.values()), *(row.category == name for name in known)]
            for row in rows
        ]

    model = DecisionTreeClassifier(max_depth=_DEPTH, min_samples_leaf=_LEAF, random_state=0)
    model.fit(seen(train), [row.verdict.is_sensitive for row in train])
    return list(map(bool, model.predict(seen(test))))


_SIDES: Mapping[str, Callable[[Example], list[str]]] = MappingProxyType(
    {"keys": _keys, "values": _values, "length": _length, "words": _words}
)
_GLANCES: Mapping[str, Callable[[], _Model]] = MappingProxyType(
    {name: partial(_one_side, view) for name, view in _SIDES.items()} | {"facts": lambda: _tree}
)
_READERS: Mapping[str, Callable[[], _Model]] = MappingProxyType(
    {
        "masked": partial(_characters, masked),
        "content": partial(_characters, lambda row: row.content),
    }
)
NAMES = (*_GLANCES, *_READERS)
UNBOUNDED = frozenset({"content"})
BOUNDED: Mapping[str, str] = MappingProxyType(
    {**dict.fromkeys(_SIDES, "probe"), "facts": "facts_probe", "masked": "masked_probe"}
)
"""The bounded probes with the field of the recipe's gates that holds for each."""


def _judged(
    name: str, made: Callable[[], _Model], train: Sequence[Example], test: Sequence[Example]
) -> Probe:
    pairs: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, said in zip(test, made()(train, test), strict=True):
        pairs[row.category].append((row.verdict.is_sensitive, said))
    by_category = {
        category: _balanced(mine) if len({gold for gold, _ in mine}) == 2 else None
        for category, mine in pairs.items()
    }
    pooled = _balanced([pair for mine in pairs.values() for pair in mine])
    return Probe(name, pooled, by_category)


def _balanced(pairs: Sequence[tuple[bool, bool]]) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(*zip(*pairs, strict=True)))


def gate_of(name: str, asked: int) -> str:
    """Return the field of the gates that bounds the named probe over `asked` test rows, or "".

    What reads the content is bounded from FEWEST test rows on.
    """
    field = BOUNDED.get(name, "")
    return field if field == "probe" or asked >= FEWEST else ""


def over(probes: Iterable[Probe], bounds: Mapping[str, float], asked: int) -> Iterator[Probe]:
    """Yield the probes that reach more, over `asked` test rows, than their gate lets them."""
    for one in probes:
        field = gate_of(one.name, asked)
        if field and one.pooled > bounds[field]:
            yield one
