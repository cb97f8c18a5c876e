"""The rows that a person looks at, and how they are chosen.

Half and a little more go to rows where somebody disagrees with the label (the independent reading,
the model that wrote the line), as far as there are any; the rest is drawn from the others, so that
a fault that nobody noticed can be seen too. Both parts go round every category and label.

>>> rows = [Sample(f"{n:02}", "ssn", "ssn: none", n % 2 == 0, "No number.") for n in range(70)]
>>> picked = sample(rows, {"03": "the reader finds nothing"}, count=50, seed=1)
>>> len(picked), sum(row.label for row in picked), sum(bool(row.why) for row in picked)
(50, 24, 1)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest

from piiforge.errors import AskedWrongly
from piiforge.rng import digest
from piiforge.types import Cue, Example

LEAST, MOST = 50, 100  # rows of one review: enough to see a fault, few enough to be read
DISPUTED = 0.6  # share of the places that rows with a `why` have, where there are so many


class Decision(StrEnum):
    """What a person said of a row's label. OPEN until somebody has looked."""

    OPEN = ""
    RIGHT = "right"
    WRONG = "wrong"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Sample:
    """One row for a person to confirm.

    `label` and `explanation` are what the data set says of `content` for `category`. `why` says
    who disagrees and how, "" where nobody does. `note` is the person's own, free text.
    """

    id: str
    category: str
    content: str
    label: bool
    explanation: str
    language: str = ""
    event: str = ""
    cue: Cue = Cue.NONE
    why: str = ""
    decision: Decision = Decision.OPEN
    note: str = ""


Facet = Callable[[Sample], object]
_CELL: tuple[Facet, ...] = (lambda row: row.category, lambda row: row.label)
_DISPUTED: tuple[Facet, ...] = (*_CELL, lambda row: row.why)
_OTHERS: tuple[Facet, ...] = (*_CELL, lambda row: row.event, lambda row: row.language)


def from_example(example: Example, why: str = "") -> Sample:
    """Return a finished row as one to be looked at."""
    return Sample(
        id=example.id,
        category=example.category,
        content=example.content,
        label=example.verdict.is_sensitive,
        explanation=example.verdict.explanation,
        language=example.language,
        event=example.event,
        cue=example.cue,
        why=why,
    )


def sample(
    rows: Iterable[Sample], why: Mapping[str, str], *, count: int, seed: int
) -> list[Sample]:
    """Return `count` of `rows`, or all where there are fewer; the order of `rows` is no matter.

    `why` maps a row's id to who disagrees and how; it takes the place of the row's own. Any head
    of the result is mixed as well, so that a review broken off half-way is still a fair one.

    Raises:
        AskedWrongly: `count` is not LEAST to MOST.
        ValueError: two rows have one id.
    """
    if not LEAST <= count <= MOST:
        hint = f"A review has {LEAST} to {MOST}."
        raise AskedWrongly(f"a review of {count} rows was asked for.", hint)
    known = [replace(row, why=why.get(row.id, row.why)) for row in rows]
    if len({row.id for row in known}) < len(known):
        raise ValueError("two rows have one id")
    disputed = _mixed([row for row in known if row.why], seed, _DISPUTED)
    others = _mixed([row for row in known if not row.why], seed, _OTHERS)
    places = max(round(count * DISPUTED), count - len(others))
    chosen = disputed[:places] + others[: count - min(places, len(disputed))]
    return _mixed(chosen, seed, _CELL)


def _mixed(rows: Sequence[Sample], seed: int, facets: Sequence[Facet]) -> list[Sample]:
    """Go round the values of the first facet, within each round those of the next, and so on."""
    if not facets:
        return sorted(rows, key=lambda row: digest(seed, "review", row.id))
    groups: dict[object, list[Sample]] = {}
    for row in rows:
        groups.setdefault(facets[0](row), []).append(row)
    names = sorted(groups, key=lambda name: digest(seed, "review", name))
    return list(_round(_mixed(groups[name], seed, facets[1:]) for name in names))


def _round(lists: Iterable[Sequence[Sample]]) -> Iterator[Sample]:
    return (row for tier in zip_longest(*lists) for row in tier if row is not None)
