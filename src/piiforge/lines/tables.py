"""Tables to draw from: written as words in one string, drawn from with one call.

>>> words("on off")
('on', 'off')
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`; one that stands twice is drawn twice as often."""
    return tuple(text.split())


def pick(table: Sequence[_Item], rng: Random) -> _Item:
    """Draw one item. Half the price of `Random.choice`, which rejects to be exactly even."""
    return table[int(rng.random() * len(table))]
