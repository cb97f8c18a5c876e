"""What no shard can know alone, proved from the lines of all: nothing twice, nothing leaks.

A reduce over 8-byte hashes. It goes through the lines in several passes, each over the hashes of
one remainder, so that what is held at once does not grow with the set. A hash that two units have
in common (a drawn value, a text) is the earlier shard's; what stands in two splits (a skeleton) is
that of the split where it stands more often. Whoever loses is drawn again (`shards.Mend`), after
which all is proved again.

Two things of eight bytes are one by chance once in 2 x 10^19 pairs: then a row is drawn again that
need not have been.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from piiforge.scale.shards import APART, ONCE, Hashes, Line, Mended
from piiforge.types import SPLITS

_AT_ONCE = 1_000_000  # rows whose hashes are held
_TOP = 10
REASONS = {**dict.fromkeys(ONCE, "duplicate"), **dict.fromkeys(APART, "leak")}
Lines = Callable[[], Iterator[Line]]
Rounds = Mapping[int, Sequence[Mended]]  # what was mended of each shard, round by round


@dataclass(slots=True)
class Proved:
    """What the lines say together.

    `losers` are the units to be drawn again, with the reason, by shard; `keys` and `apart` how many
    distinct things there are on each axis, and how many of them stand in two splits. `distinct` and
    `top` are as `checks.whole_set.diversity` has them.
    """

    losers: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    keys: Counter[str] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)
    distinct: float = 0.0
    top: float = 0.0


@dataclass(frozen=True, slots=True)
class _Held:
    """Hashes of one axis, each with its unit, the unit's split, and its rank: the lower one stays.

    `first` says which are of the first row of their unit.
    """

    hashes: Hashes
    units: Hashes
    splits: NDArray[np.int8]
    ranks: NDArray[np.int64]
    first: NDArray[np.bool_]


def prove(lines: Lines, rows: int, mended: Rounds) -> Proved:
    """Go through all lines, as they were mended, of so many rows."""
    found, passes = Proved(), 1 + rows // _AT_ONCE
    units, distinct, commonest = 0, 0, list[int]()
    for step in range(passes):
        held: dict[str, list[_Held]] = defaultdict(list)
        for line in lines():
            for axis in (*ONCE, *APART):
                held[axis] += _of(line, mended.get(line.number, ()), axis, step, passes)
        for axis, parts in held.items():
            whole = _Held(
                *(np.concatenate([getattr(one, name) for one in parts]) for name in _Held.__slots__)
            )
            _losers(whole, axis, found)
            if axis == "skeleton":
                _, counts = np.unique(whole.hashes[whole.first], return_counts=True)
                units, distinct = units + int(counts.sum()), distinct + len(counts)
                commonest = sorted([*commonest, *map(int, np.sort(counts)[-_TOP:])])[-_TOP:]
    found.distinct, found.top = distinct / max(1, units), sum(commonest) / max(1, units)
    return found


def _of(line: Line, mended: Sequence[Mended], axis: str, step: int, passes: int) -> Iterator[_Held]:
    """Yield the hashes of a line, then those of each round, without what a later round replaced."""
    rounds = [(line.units[axis], line.splits), *((one.units[axis], one.splits) for one in mended)]
    for at, ((hashes, units), by_split) in enumerate(rounds):
        later = [own for _, splits in rounds[at + 1 :] for own in splits.values()]
        first = np.zeros(len(units), dtype=np.bool_)
        first[np.unique(units, return_index=True)[1]] = True
        stays = hashes % np.uint64(passes) == step
        if later:
            stays &= ~np.isin(units, np.concatenate(later))
        splits = np.zeros(len(units), dtype=np.int8)
        for number, split in enumerate(SPLITS):
            splits[np.isin(units, by_split[split])] = number
        ranks = np.full(int(stays.sum()), (at << 40) + line.number, dtype=np.int64)
        yield _Held(hashes[stays], units[stays], splits[stays], ranks, first[stays])


def _losers(held: _Held, axis: str, found: Proved) -> None:
    """Note which units must give way, and count what there is."""
    order = np.lexsort((held.units, held.ranks, held.hashes))
    hashes, units, splits, ranks = (
        one[order] for one in (held.hashes, held.units, held.splits, held.ranks)
    )
    if not len(hashes):
        return
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    ends = np.r_[starts[1:], len(hashes)]
    found.keys[axis] += len(starts)
    leaks = np.minimum.reduceat(splits, starts) != np.maximum.reduceat(splits, starts)
    found.apart[axis] += int(leaks.sum())
    for at in np.flatnonzero((ends - starts > 1) if axis in ONCE else leaks):
        run = slice(starts[at], ends[at])
        if axis in ONCE:
            loses = units[run] != units[run][0]
        else:
            loses = splits[run] != np.bincount(splits[run]).argmax()
        for unit, rank in zip(units[run][loses], ranks[run][loses], strict=True):
            found.losers[int(rank) & (2**40 - 1)][int(unit)] = REASONS[axis]
