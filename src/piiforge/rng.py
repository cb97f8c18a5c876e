"""Randomness by name: the same seed and names always give the same generator.

No generator is shared between places: what one place draws can't shift what another draws, so a
build is the same for any number of workers and any order of shards.

>>> child(1, "ssn", "train").random() == child(1, "ssn", "train").random()
True
>>> child(1, "ssn", "train").random() == child(1, "ssn", "test").random()
False

>>> words("on off")
('on', 'off')
"""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar


def digest(*names: object) -> int:
    """Return 64 bits that depend on `names` alone: stable over runs, machines and versions."""
    text = "\x1f".join(map(str, names))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def child(seed: int, *names: object) -> Random:
    """Return a new generator for the place called `names` under `seed`."""
    return Random(digest(seed, *names))


# Tables to draw from: written as words in one string, drawn from with one call.


_Item = TypeVar("_Item")


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`; one that stands twice is drawn twice as often."""
    return tuple(text.split())


def pick(table: Sequence[_Item], rng: Random) -> _Item:
    """Draw one item. Half the price of `Random.choice`, which rejects to be exactly even."""
    return table[int(rng.random() * len(table))]
