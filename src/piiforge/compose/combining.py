"""Which two disguises stand one over the other in a row whose variant is "combined".

A third of all combinations is kept for the test set, by name, so that it asks what training never
showed. Among those a split may use, the one with the rarest disguise is taken: combinations even
out what languages and shapes made uneven.
"""

from collections import Counter
from functools import cache
from random import Random

from piiforge.compose import variants
from piiforge.rng import digest

_TEST_EVERY = 3


class Combiner:
    """Chooses combinations for one split of one category and keeps count of what was used."""

    def __init__(self, category: str, seed: int, *, for_test: bool) -> None:
        self._category, self._seed, self._for_test = category, seed, for_test
        self._used: Counter[str] = Counter()
        self._open: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def note(self, name: str, rows: int) -> None:
        """Count rows that wear a disguise by itself."""
        self._used[name] += rows

    def choose(self, worn: str, kind: str, language: str, rng: Random) -> tuple[str, ...]:
        """Return the disguises of a row: `worn` itself, or two for "combined"."""
        if worn != variants.COMBINED:
            return (worn,)
        pairs = self._pairs(kind, language)
        rarest = min(self._used[name] for pair in pairs for name in pair)
        rare = [pair for pair in pairs if min(map(self._used.__getitem__, pair)) == rarest]
        chosen = rare[int(rng.random() * len(rare))]
        self._used.update(chosen)
        return chosen

    def _pairs(self, kind: str, language: str) -> list[tuple[str, str]]:
        """Return the combinations that may be shown in `language`: all where none is dealt."""
        place = (kind, language)
        if place not in self._open:
            spoken = [
                pair
                for pair in variants.combinations(self._category, kind)
                if language in {variants.language_of(pair) or language, "mixed"}
            ]
            dealt = [p for p in spoken if is_held_back(p, self._seed) == self._for_test]
            self._open[place] = dealt or spoken
        return self._open[place]


@cache
def is_held_back(pair: tuple[str, str], seed: int) -> bool:
    """Say whether a combination is kept for the test set."""
    return digest(seed, "combination", *pair) % _TEST_EVERY == 0
