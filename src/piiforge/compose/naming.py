"""Naming: which key stands over a value and which word a sentence calls it by, for a cue."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from piiforge.compose.pools import Pool
from piiforge.lines import draw_halves, draw_key, pick, styled
from piiforge.types import Cue

PURE = ("en", "es", "fr", "zh")
_ROLES: Mapping[Cue, str] = {Cue.VETO: "noun", Cue.MISLEADING: "misleading"}
_ENGLISH_KEYS_SHARE = 0.3  # code is in English on many a site that is not


class Named(NamedTuple):
    """Key names as they stand in the line, one a part, and the bank's words they come from."""

    written: tuple[str, ...]
    words: tuple[str, ...]


class Namer:
    """Draws names from one split's pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._nouns = pool.banks.nouns
        self._suited: dict[tuple[tuple[str, str, str], str], list[tuple[str, ...]]] = {}

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
        role = _ROLES.get(cue, "confirm")
        if cue is Cue.NEUTRAL:
            owner, role = "", "pair" if pair else "neutral"
        names = pick(self._suiting((owner, role, spoken), kind), rng)
        if len(parts) == 1:
            chosen = names[-1] if parts[0] == "account" else names[0]
            return Named((draw_key(chosen, style, rng),), (chosen,))
        if pair and len(names) == 2:
            return Named(tuple([styled(name, style) for name in names]), names)
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

    def _suiting(self, place: tuple[str, str, str], kind: str) -> Sequence[tuple[str, ...]]:
        """Return the names of `place` that may stand over a value of `kind`, one a part."""
        found = self._suited.get((place, kind))
        if found is None:
            names = self._pool.keys[place]
            bank = self._pool.banks.categories.get(place[0])
            if bank and place[1] == "confirm":
                names = bank.suit(names, kind)
            found = [tuple(map(str.strip, words.split(" / ", 1))) for words in names]
            self._suited[place, kind] = found
        return found

    def language_of_keys(self, language: str, rng: Random) -> str:
        """Return the language that the keys of a line are in."""
        spoken = pure(language, rng)
        return "en" if spoken != "en" and rng.random() < _ENGLISH_KEYS_SHARE else spoken


def pure(language: str, rng: Random) -> str:
    """Return `language`, or one of the four where it is mixed."""
    return PURE[int(rng.random() * 4)] if language == "mixed" else language
