"""Sourcing: which of the planned rows a seed or a written line is to carry.

The plan's quotas stay as they are: a frame takes over a row that it suits, whatever its label, so
that neither source nor style tells the label. What no frame suits is left to the rules.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from piiforge.compose.frames import SHAPE, Frame, owner_of, suits
from piiforge.compose.pools import SPLITS, deal
from piiforge.compose.spec import Spec
from piiforge.rng import child
from piiforge.types import Cue

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
    rows. Where too few frames suit, the share falls short.
    """
    by_family = {frame.family: frame for frame in frames}
    if not by_family:
        return tuple(specs)
    dealt = deal(by_family, seed)
    found = list(specs)
    for split in SPLITS:
        for source, share in shares.items():
            mine = [by_family[name] for name in dealt[split] if by_family[name].source == source]
            rng = child(seed, "sourcing", split, source)
            _place(found, split, mine, share, reuse, rng)
    return tuple(found)


def _place(
    specs: list[Spec], split: str, frames: Sequence[Frame], share: float, reuse: int, rng: Random
) -> None:
    """Name frames in the specs of one split, in random order, until each category has its share."""
    cells: dict[tuple[str, Cue, str], list[Frame]] = defaultdict(list)
    shapes: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        if frame.kind == SHAPE:
            shapes[frame.category].append(frame)
        else:
            cells[frame.category, frame.cue, frame.language].append(frame)
    rows: Counter[str] = Counter()
    for spec in specs:
        if spec.split == split:
            rows[spec.category] += spec.rows
    left = {name: round(share * count) for name, count in rows.items()}
    used: Counter[str] = Counter()
    order = [at for at, spec in enumerate(specs) if spec.split == split and not spec.frame]
    rng.shuffle(order)
    for at in order:
        spec = specs[at]
        if left[spec.category] < spec.rows:
            continue
        owner, cue = owner_of(spec), Cue.CONFIRM if spec.cue is Cue.OTHER else spec.cue
        near = [*cells[owner, cue, spec.language], *shapes[owner]]
        chosen = _choose(near, spec, used, reuse, rng)
        if chosen:
            used[chosen.family] += spec.rows
            left[spec.category] -= spec.rows
            specs[at] = replace(spec, frame=chosen.family)


def _choose(
    frames: Sequence[Frame], spec: Spec, used: Counter[str], reuse: int, rng: Random
) -> Frame | None:
    """Return the least used of some frames that suit, None where none does."""
    free = [f for f in frames if used[f.family] + spec.rows <= reuse and suits(f, spec)]
    if not free:
        return None
    some = rng.sample(free, min(_LOOK, len(free)))
    return min(some, key=lambda frame: used[frame.family])
