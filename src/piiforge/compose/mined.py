"""Mined cells into specs: more training rows of the kind that a model still gets wrong.

Specs are taken from the plan itself, from its training rows of the same cell, and given new
numbers: so every row is new, with its own value, and no quota has to be solved again. For each row
asked for comes one of the other label from the same category, and where possible the same language
and event: the model is to learn the difference, not a new prior.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from piiforge.compose.spec import NO_TWIN, Spec
from piiforge.rng import child
from piiforge.types import Cue

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the coverage matrix and how many rows of it are asked for. "" fixes nothing."""

    category: str
    rows: int
    label: bool | None = None
    variant: str = ""
    disguise: str = ""
    cue: Cue | None = None
    language: str = ""
    event: str = ""

    def holds(self, spec: Spec) -> bool:
        """Say whether `spec` plans a row of this cell."""
        asked = (
            (self.category, spec.category),
            (self.variant, spec.variant),
            (self.language, spec.language),
            (self.event, spec.event),
        )
        if any(wanted not in {"", found} for wanted, found in asked):
            return False
        if self.label not in {None, spec.label} or self.cue not in {None, spec.cue}:
            return False
        return not self.disguise or self.disguise in spec.disguises


def additions(specs: Sequence[Spec], cells: Iterable[Cell], seed: int) -> tuple[Spec, ...]:
    """Return specs for the rows that `cells` ask for and as many of the other label.

    A cell that no training row of the plan stands in adds nothing. Numbers go on from the last.
    """
    pool = [spec for spec in specs if spec.split == TRAIN]
    by_category: dict[str, list[Spec]] = defaultdict(list)
    for spec in pool:
        by_category[spec.category].append(spec)
    found: list[Spec] = []
    first = 1 + max((spec.number for spec in specs), default=-1)
    for place, cell in enumerate(cells):
        rng = child(seed, "mined", place, cell.category)
        near = [spec for spec in by_category[cell.category] if cell.holds(spec)]
        for _ in range(cell.rows if near else 0):
            chosen = near[int(rng.random() * len(near))]
            for spec in (chosen, _other_side(by_category[cell.category], chosen, rng)):
                found.append(replace(spec, number=first + len(found), twin=NO_TWIN, frame=""))
    return tuple(found)


def _other_side(specs: Sequence[Spec], chosen: Spec, rng: Random) -> Spec:
    """Return a spec of the other label, of the same language and event where there is one."""
    others = [spec for spec in specs if spec.label is not chosen.label]
    alike = [s for s in others if (s.language, s.event) == (chosen.language, chosen.event)]
    fitting = alike or others
    return fitting[int(rng.random() * len(fitting))]
