"""How a phrase becomes a sentence: its slots filled, and written as people type.

Typing touches only the literal text between slots, never a value, a sentinel or a naming word, so
it can't change what the sentence says: capitals go, end marks go or double, apostrophes go.
"""

from collections.abc import Callable, Mapping
from random import Random

from piiforge.lines import noise
from piiforge.lines.bank import Banks, Phrase

_NOISE: Mapping[str, Callable[[Random], str]] = {
    "amount": noise.price,
    "date": noise.date,
    "order": noise.order_id,
    "time": noise.clock,
}
_NAMES = {"name": "first_names", "city": "cities", "company": "companies"}
_LOWER_SHARE, _NO_STOP_SHARE, _NO_APOSTROPHE_SHARE, _SHOUT_SHARE = 0.28, 0.3, 0.25, 0.02


def write(
    phrase: Phrase, fills: Mapping[str, str], banks: Banks, language: str, rng: Random
) -> str:
    """Return the sentence of `phrase` with `fills` in its slots; other slots get noise."""
    pieces = list(phrase.pieces)
    for at in range(1, len(pieces), 2):
        slot = pieces[at]
        pieces[at] = fills[slot] if slot in fills else draw_noise(slot, banks, language, rng)
    return "".join(pieces)


def draw_noise(slot: str, banks: Banks, language: str, rng: Random) -> str:
    """Draw what a noise slot (name, city, company, amount, date, order, time) may hold."""
    if slot in _NAMES:
        names = banks.names[_NAMES[slot], language] or banks.names[_NAMES[slot], "en"]
        return names[int(rng.random() * len(names))]
    return _NOISE[slot](rng)


def as_typed(phrase: Phrase, language: str, rng: Random) -> Phrase:
    """Return `phrase` as one person would type it: same slots, same words."""
    if language == "zh":
        return phrase
    dice = rng.random()
    pieces = phrase.pieces
    if dice < _LOWER_SHARE:
        pieces = _literals(pieces, str.lower)
    elif dice > 1 - _SHOUT_SHARE:
        pieces = _literals(pieces, str.upper)
    dice = rng.random()
    if dice < _NO_STOP_SHARE and pieces[-1].endswith((".", "!")):
        pieces = (*pieces[:-1], pieces[-1][:-1])
    if dice > 1 - _NO_APOSTROPHE_SHARE:
        pieces = _literals(pieces, _without_apostrophes)
    return phrase if pieces is phrase.pieces else Phrase(phrase.family, pieces, phrase.noun)


def _literals(pieces: tuple[str, ...], change: Callable[[str], str]) -> tuple[str, ...]:
    changed = list(pieces)
    changed[::2] = map(change, pieces[::2])
    return tuple(changed)


def _without_apostrophes(text: str) -> str:
    return text.replace("'", "").replace("’", "")
