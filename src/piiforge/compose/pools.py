"""What each split may draw on: families are dealt to train, val and test before composing.

A scenario or a phrase belongs to one split. A few formats and key names are kept for the test set
alone, so that it also asks what training never showed. The certificate (`dataset.split`) proves
afterwards that it came out so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from piiforge import lines
from piiforge.compose.frames import SHAPE, Frame, owner_of, suits
from piiforge.compose.spec import Spec
from piiforge.lines import Banks, Phrase, Scenario, draw_halves, draw_key, styled
from piiforge.rng import child, digest, pick
from piiforge.types import Cue, Format

SPLITS = ("train", "val", "test")
SHARES: Mapping[str, float] = MappingProxyType({"train": 0.72, "val": 0.10, "test": 0.18})
_HELD_FORMATS = 8  # one format in eight is seen in the test set alone
_HELD_KEYS = 7

Member = TypeVar("Member")
Phrases = Mapping[tuple[str, str, str], tuple[Phrase, ...]]
Keys = Mapping[tuple[str, str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pool:
    """One split's families. Phrases and keys by (owner, role or cue, language)."""

    split: str
    banks: Banks
    scenarios: tuple[Scenario, ...]
    formats: Mapping[tuple[str, str], tuple[Format, ...]]  # by (event, carrier)
    special: Mapping[str, tuple[Format, ...]]  # formats of one category alone, by category
    phrases: Phrases
    keys: Keys
    frames: Mapping[str, Frame] = field(default_factory=dict)  # by family


def make(split: str, seed: int, frames: Iterable[Frame] = ()) -> Pool:
    """Return what `split` may draw on under `seed`, its share of `frames` included."""
    banks = lines.load()
    scenarios = _dealt({s.name: s for s in banks.scenarios}, split, seed)
    open_formats = [f for f in lines.FORMATS if not f.only and _format_is_open(f, split, seed)]
    special: dict[str, list[Format]] = {}
    for found in lines.FORMATS:
        if found.only:
            special.setdefault(found.only, []).append(found)
    carriers = {carrier for found in open_formats for carrier in found.carries}
    return Pool(
        split=split,
        banks=banks,
        scenarios=tuple(scenarios.values()),
        formats=MappingProxyType(
            {
                (event, carrier): tuple(
                    f for f in open_formats if f.event == event and carrier in f.carries
                )
                for event in {f.event for f in open_formats}
                for carrier in sorted(carriers)
            }
        ),
        special=MappingProxyType({name: tuple(found) for name, found in special.items()}),
        phrases=_phrases(banks, split, seed),
        keys=_keys(banks, split, seed),
        frames=MappingProxyType(_dealt({f.family: f for f in frames}, split, seed)),
    )


def deal(names: Iterable[str], seed: int) -> dict[str, tuple[str, ...]]:
    """Deal `names` to the splits by SHARES: at least one each where there are three or more.

    The order comes from a digest of each name, so a name added later moves few others.
    """
    ordered = sorted(names, key=lambda name: (digest(seed, "deal", name), name))
    total = len(ordered)
    val = max(1, round(total * SHARES["val"])) if total > 2 else 0
    test = max(1, round(total * SHARES["test"])) if total > 1 else 0
    return {
        "test": tuple(ordered[:test]),
        "val": tuple(ordered[test : test + val]),
        "train": tuple(ordered[test + val :]),
    }


def _dealt(members: Mapping[str, Member], split: str, seed: int) -> dict[str, Member]:
    mine = frozenset(deal(members, seed)[split])
    return {name: member for name, member in members.items() if name in mine}


def _format_is_open(found: Format, split: str, seed: int) -> bool:
    return split == "test" or not is_held_back(found, seed)


def is_held_back(found: Format, seed: int) -> bool:
    """Say whether a format is kept for the test set alone."""
    same = sorted(
        (f.name for f in lines.FORMATS if f.event == found.event and not f.only),
        key=lambda name: digest(seed, "format", name),
    )
    return found.name in same[: max(1, len(same) // _HELD_FORMATS)]


def _phrases(banks: Banks, split: str, seed: int) -> Phrases:
    found: dict[tuple[str, str, str], tuple[Phrase, ...]] = {}
    for owner, bank in banks.categories.items():
        for (role, language), phrases in bank.phrases.items():
            found[owner, role, language] = _deal_phrases(phrases, split, seed)
    for (role, language), phrases in banks.shared.items():
        found["", role, language] = _deal_phrases(phrases, split, seed)
    return MappingProxyType(found)


def _deal_phrases(phrases: Sequence[Phrase], split: str, seed: int) -> tuple[Phrase, ...]:
    """Deal phrases with a {state} apart from those without, so that each split has both."""
    found: list[Phrase] = []
    for has_state in (False, True):
        same = {p.family: p for p in phrases if ("state" in p.slots) is has_state}
        found.extend(_dealt(same, split, seed).values())
    return tuple(found)


def _keys(banks: Banks, split: str, seed: int) -> Keys:
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for owner, bank in banks.categories.items():
        for (cue, language), names in bank.keys.items():
            found[owner, cue, language] = _shown(names, split, seed)
        for language, names in bank.state_keys.items():
            found[owner, "state", language] = names
    for noun, entry in banks.nouns.items():
        for language, names in entry.keys.items():
            found[noun, "noun", language] = _shown(names, split, seed)
    for kind, by_language in (
        ("neutral", banks.neutral_keys),
        ("pair", banks.neutral_pairs),
        ("free_text", banks.free_text_keys),
    ):
        for language, names in by_language.items():
            found["", kind, language] = _shown(names, split, seed)
    return MappingProxyType(found)


def _shown(names: Sequence[str], split: str, seed: int) -> tuple[str, ...]:
    """Keep one name in _HELD_KEYS from training; the test set asks them half of the time."""
    ordered = sorted(names, key=lambda name: digest(seed, "key", name))
    held = len(ordered) // _HELD_KEYS
    if split != "test":
        return tuple(ordered[held:])
    return tuple(ordered[:held] * max(1, (len(ordered) - held) // max(1, held)) + ordered[held:])


# Sourcing: which of the planned rows a seed or a written line is to carry.
#
# The plan's quotas stay as they are: a frame takes over a row that it suits. A source carries as
# many positives as negatives in each split and category, so that it tells no label. What no frame
# suits is left to the rules.


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


# Naming: which key stands over a value and which word a sentence calls it by, for a cue.


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
