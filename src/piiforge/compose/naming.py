"""Naming: which key stands over a value and which word a sentence calls it by, for a cue."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from piiforge.compose.pools import Pool
from piiforge.lines import draw_halves, draw_key, pick, styled
from piiforge.types import Cue

PURE = ("en", "es", "fr", "zh")
_ENGLISH_KEYS_SHARE = 0.3  # code is in English on many a site that is not


@dataclass(frozen=True, slots=True)
class Named:
    """Key names as they stand in the line, one a part, and the bank's words they come from."""

    written: tuple[str, ...]
    words: tuple[str, ...]


class Namer:
    """Draws names from one split's pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._nouns = pool.banks.nouns

    def key(
        self,
        cue: Cue,
        owner: str,
        parts: Sequence[str],
        language: str,
        style: str,
        rng: Random,
        kind: str = "valid",
    ) -> Named:
        """Name the fields of a value that has `parts` roles.

        `owner` is a category for CONFIRM, MISLEADING and OTHER, a noun for VETO, "" for NEUTRAL.
        """
        spoken = self.language_of_keys(language, rng)
        pair = len(parts) == 2 and parts[0] != "first"
        place = {
            Cue.VETO: (owner, "noun", spoken),
            Cue.NEUTRAL: ("", "pair" if pair else "neutral", spoken),
            Cue.MISLEADING: (owner, "misleading", spoken),
        }.get(cue, (owner, "confirm", spoken))
        words = pick(self._suiting(place, kind), rng)
        names = tuple(piece.strip() for piece in words.split(" / ", 1))
        if len(parts) == 1:
            chosen = names[-1] if parts[0] == "account" else names[0]
            return Named((draw_key(chosen, style, rng),), (chosen,))
        if pair and len(names) == 2:
            return Named(tuple(styled(name, style) for name in names), names)
        return Named(draw_halves(names[0], style, rng), (names[0],))

    def free_text(self, language: str, style: str, rng: Random) -> str:
        """Name a field that holds a sentence."""
        spoken = self.language_of_keys(language, rng)
        return styled(pick(self._pool.keys["", "free_text", spoken], rng), style)

    def state(self, language: str, style: str, rng: Random) -> str:
        """Name the field that says which state issued a licence."""
        spoken = self.language_of_keys(language, rng)
        names = self._pool.keys["drivers_license", "state", spoken]
        return styled(pick(names, rng), style)

    def word(self, cue: Cue, owner: str, language: str, rng: Random, kind: str = "valid") -> str:
        """Return what a sentence calls the value: the category's word, or the noun's for VETO."""
        spoken = pure(language, rng)
        if cue is Cue.VETO:
            return pick(self._nouns[owner].words[spoken], rng)
        bank = self._pool.banks.categories[owner]
        return pick(bank.suit(bank.words[spoken], kind), rng)

    def _suiting(self, place: tuple[str, str, str], kind: str) -> Sequence[str]:
        """Return the names of `place` that may stand over a value of `kind`."""
        names = self._pool.keys[place]
        bank = self._pool.banks.categories.get(place[0])
        return bank.suit(names, kind) if bank and bank.facets and place[1] == "confirm" else names

    def language_of_keys(self, language: str, rng: Random) -> str:
        """Return the language that the keys of a line are in."""
        spoken = pure(language, rng)
        return "en" if spoken != "en" and rng.random() < _ENGLISH_KEYS_SHARE else spoken


def pure(language: str, rng: Random) -> str:
    """Return `language`, or one of the four where it is mixed."""
    return PURE[int(rng.random() * 4)] if language == "mixed" else language
