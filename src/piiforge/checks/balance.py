"""Balance: are the shares of the finished set within the bounds it promises?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from piiforge.types import Example

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
