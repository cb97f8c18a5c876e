"""Sourcing: which of the planned rows a seed or a written line is to carry.

The plan's quotas stay as they are: a frame takes over a row that it suits. A source carries as many
positives as negatives in each split and category, so that it tells no label. What no frame suits is
left to the rules.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from piiforge.compose.frames import SHAPE, Frame, owner_of, suits
from piiforge.compose.pools import SPLITS, deal
from piiforge.compose.spec import Spec
from piiforge.rng import child
from piiforge.types import Cue

_LABELS = (False, True)
_LOOK = 24  # frames looked at for one row


def assign(
    specs: Sequence[Spec],
    frames: Iterable[Frame],
    shares: Mapping[str, float],
    *,
    reuse: int,
    seed: int,
) -> tuple[Spec, ...]:
    """Return `specs` with a frame named in as many rows as `shares` asks of each source.

    `shares` are of the rows of each split and category, by source; a frame serves at most `reuse`
    rows. Where too few frames suit the rows of one label, the share falls short.
    """
    by_family = {frame.family: frame for frame in frames}
    if not by_family:
        return tuple(specs)
    dealt = deal(by_family, seed)
    found = list(specs)
    for split in SPLITS:
        blocks: dict[str, list[int]] = defaultdict(list)
        for at, spec in enumerate(found):
            if spec.split == split:
                blocks[spec.category].append(at)
        for source, share in shares.items():
            mine = [by_family[name] for name in dealt[split] if by_family[name].source == source]
            shelf = _Shelf(mine, reuse, child(seed, "sourcing", split, source))
            for block in blocks.values():
                _place(found, block, share, shelf)
    return tuple(found)


class _Shelf:
    """The frames of one source and split, and how often each has been used."""

    def __init__(self, frames: Iterable[Frame], reuse: int, rng: Random) -> None:
        self.rng, self._reuse = rng, reuse
        self._used: Counter[str] = Counter()
        self._named: dict[tuple[str, Cue, str], list[Frame]] = defaultdict(list)
        self._shapes: dict[str, list[Frame]] = defaultdict(list)
        for frame in frames:
            if frame.kind == SHAPE:
                self._shapes[frame.category].append(frame)
            else:
                self._named[frame.category, frame.cue, frame.language].append(frame)

    def take(self, spec: Spec) -> Spec | None:
        """Return `spec` with the least used of some frames that suit it, None where none does."""
        owner, cue = owner_of(spec), Cue.CONFIRM if spec.cue is Cue.OTHER else spec.cue
        near = (*self._named.get((owner, cue, spec.language), ()), *self._shapes.get(owner, ()))
        free = [f for f in near if self._has_uses(f, spec.rows) and suits(f, spec)]
        if not free:
            return None
        some = self.rng.sample(free, min(_LOOK, len(free)))
        frame = min(some, key=lambda one: self._used[one.family])
        self._used[frame.family] += spec.rows
        return replace(spec, frame=frame.family)

    def put_back(self, spec: Spec) -> None:
        """Undo a `take`."""
        self._used[spec.frame] -= spec.rows

    def _has_uses(self, frame: Frame, rows: int) -> bool:
        return self._used[frame.family] + rows <= self._reuse


def _place(specs: list[Spec], block: Sequence[int], share: float, shelf: _Shelf) -> None:
    """Name frames in the specs of one split and category: a negative, then a positive, and on.

    Twins are both. It ends where the share is reached or one side has no row left that suits.
    """
    order = [at for at in block if not specs[at].frame]
    shelf.rng.shuffle(order)
    sides = {label: iter([at for at in order if specs[at].label is label]) for label in _LABELS}
    left = int(share * sum(specs[at].rows for at in block))
    while left > 1:
        negative = _next(specs, sides[False], shelf)
        if negative is None:
            return
        if not negative[1].twin:
            positive = _next(specs, sides[True], shelf)
            if positive is None:
                shelf.put_back(negative[1])
                return
            specs[positive[0]] = positive[1]
        specs[negative[0]] = negative[1]
        left -= 2


def _next(specs: Sequence[Spec], places: Iterator[int], shelf: _Shelf) -> tuple[int, Spec] | None:
    """Return the next place whose spec a frame suits, and the spec with it."""
    for at in places:
        taken = shelf.take(specs[at])
        if taken:
            return at, taken
    return None
