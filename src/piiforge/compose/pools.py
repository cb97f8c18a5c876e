"""What each split may draw on: families are dealt to train, val and test before composing.

A scenario or a phrase belongs to one split. A few formats and key names are kept for the test set
alone, so that it also asks what training never showed. The certificate (`build.certify`) proves
afterwards that it came out so. `assign` says which of the planned rows a seed or a written line is
to carry.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from piiforge import lines, prompt
from piiforge.compose.frames import SHAPE, Frame, owner_of, suits
from piiforge.compose.spec import FIELDS, WHOLE, Shard, Spec
from piiforge.lines import Banks, Phrase, Scenario, draw_halves, draw_key, styled
from piiforge.rng import child, digest, pick
from piiforge.types import PURE_LANGUAGES, SPLITS, TEST, TRAIN, VAL, Cue, Draft, Format, Scene

SHARES: Mapping[str, float] = MappingProxyType({TRAIN: 0.72, VAL: 0.10, TEST: 0.18})
_HELD_FORMATS = 8  # one format in eight is seen in the test set alone
_HELD_KEYS = 7
_ROLES: Mapping[Cue, str] = {Cue.VETO: "noun", Cue.MISLEADING: "misleading"}
_ENGLISH_KEYS_SHARE = 0.3  # code is in English on many a site that is not
PHRASE = 14.0  # tokens of a sentence that names a value
_SHORT_LINES = 9  # by which the length of a format is measured
_LOOK = 24  # frames looked at for one row

Place = tuple[str, str, str]  # owner, role or cue, language
Member = TypeVar("Member")


class Named(NamedTuple):
    """What stands for a value: its key names, one a part, and the word of a sentence.

    `written` as they stand in the line, `words` the bank's that they come from.
    """

    written: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """One split's families, and what is drawn from them. Phrases and keys by place."""

    split: str
    banks: Banks
    scenarios: tuple[Scenario, ...]
    formats: Mapping[tuple[str, str], tuple[Format, ...]]  # by (event, carrier)
    special: Mapping[str, tuple[Format, ...]]  # formats of one category alone, by category
    phrases: Mapping[Place, tuple[Phrase, ...]]
    keys: Mapping[Place, tuple[str, ...]]
    frames: Mapping[str, Frame] = field(default_factory=dict)  # by family
    _fitting: dict[Hashable, tuple[Phrase, ...]] = field(default_factory=dict, init=False)

    def key(
        self,
        cue: Cue,
        owner: str,
        roles: Sequence[str],
        kind: str,
        place: tuple[str, str],
        rng: Random,
    ) -> Named:
        """Name the fields of a value of `kind` whose parts have `roles`.

        `owner` is a category for CONFIRM, MISLEADING and OTHER, a noun for VETO, "" for NEUTRAL.
        `place` is the line's language and the style of its keys.
        """
        language, style = place
        spoken = _of_keys(language, rng)
        pair = len(roles) == 2 and roles[0] != "first"
        role = _ROLES.get(cue, "confirm")
        if cue is Cue.NEUTRAL:
            owner, role = "", "pair" if pair else "neutral"
        known, bank = self.keys[owner, role, spoken], self.banks.categories.get(owner)
        if bank and role == "confirm":
            known = bank.suit(known, kind)
        names = tuple([name.strip() for name in pick(known, rng).split(" / ", 1)])
        if len(roles) == 1:
            chosen = names[-1] if roles[0] == "account" else names[0]
            return Named((draw_key(chosen, style, rng),), (chosen,))
        if pair and len(names) == 2:
            return Named(tuple([styled(name, style) for name in names]), names)
        return Named(draw_halves(names[0], style, rng), (names[0],))

    def beside(self, owner: str, role: str, language: str, style: str, rng: Random) -> str:
        """Name a field beside: ("", "free_text") or ("drivers_license", "state")."""
        return styled(pick(self.keys[owner, role, _of_keys(language, rng)], rng), style)

    def word(self, cue: Cue, owner: str, language: str, kind: str, rng: Random) -> str:
        """Return what a sentence calls the value: the category's word, or the noun's for VETO."""
        spoken = pure(language, rng)
        if cue is Cue.VETO:
            return pick(self.banks.nouns[owner].words[spoken], rng)
        bank = self.banks.categories[owner]
        return pick(bank.suit(bank.words[spoken], kind), rng)

    def fitting(
        self, place: Place, asked: Hashable, fits: Callable[[Phrase], bool]
    ) -> tuple[Phrase, ...]:
        """Return the phrases of `place` that fit; `asked` is all that `fits` depends on."""
        found = self._fitting.get((place, asked))
        if found is None:
            found = tuple(filter(fits, self.phrases.get(place, ())))
            self._fitting[place, asked] = found
        return found


@cache
def _short_drafts(form: Format) -> tuple[Draft, ...]:
    """Write some lines of `form` that hold a value and little else."""
    rng, drafts = child(0, "least", form.name), []
    for _ in range(_SHORT_LINES):
        scenario = pick(lines.load().scenarios, rng)
        setting = lines.draw_setting(scenario, form.event, "en", rng)
        setting = {**setting, "account_width": "10"}
        fields = tuple(zip(lines.KEYS, lines.SLOTS, strict=False))[: 2 if form.only else 1]
        turns = (("visitor", lines.SLOTS[0]),)
        drafts.append(form.draft(Scene(form.event, "en", fields, turns, setting), rng))
    return tuple(drafts)


@cache
def least(form: Format) -> float:
    """Return the tokens that `form` itself takes, as a rule: the median of some short lines."""
    return sorted(prompt.tokens(draft.text) for draft in _short_drafts(form))[_SHORT_LINES // 2]


@cache
def escapes(form: Format) -> bool:
    """Say whether `form` escapes what it carries, as a rule: JSON, markup, addresses."""
    return sum(bool(draft.value_chain) for draft in _short_drafts(form)) > _SHORT_LINES // 2


@cache
def holds_talk(form: Format) -> bool:
    """Say whether `form` always shows what was said before the last turn."""
    rng = child(0, "talk", form.name)
    setting = lines.draw_setting(lines.load().scenarios[0], form.event, "en", rng)
    turns = (("agent", lines.SLOTS[1]), ("visitor", lines.SLOTS[0]))
    scene = Scene(form.event, "en", (), turns, setting)
    drafts = (form.draft(scene, rng).text for _ in range(_SHORT_LINES))
    return all(lines.SLOTS[1] in text for text in drafts)


def shortest() -> Format:
    """Return the format that takes the fewest tokens by itself, of those for any category."""
    return min((form for form in lines.FORMATS if not form.only), key=least)


@cache
def least_around(event: str, carrier: str) -> float:
    """Return the tokens that a line of `event` needs around a value, by its shorter formats."""
    sizes = sorted(
        least(form) for form in lines.FORMATS
        if form.event == event and carrier in form.carries and not form.only
    )  # fmt: skip
    return sizes[min(2, len(sizes) - 1)] + (0.0 if carrier == FIELDS else PHRASE)


def pure(language: str, rng: Random) -> str:
    """Return `language`, or one of the four where it is mixed."""
    return pick(PURE_LANGUAGES, rng) if language == "mixed" else language


def _of_keys(language: str, rng: Random) -> str:
    """Return the language that the keys of a line are in."""
    spoken = pure(language, rng)
    return "en" if spoken != "en" and rng.random() < _ENGLISH_KEYS_SHARE else spoken


def make(split: str, seed: int, frames: Iterable[Frame] = ()) -> Pool:
    """Return what `split` may draw on under `seed`, its share of `frames` included."""
    banks = lines.load()
    formats: dict[tuple[str, str], list[Format]] = defaultdict(list)
    special: dict[str, list[Format]] = defaultdict(list)
    for found in lines.FORMATS:
        if found.only:
            special[found.only].append(found)
        elif split == TEST or not is_held_back(found, seed):
            for carrier in found.carries:
                formats[found.event, carrier].append(found)
    return Pool(
        split=split,
        banks=banks,
        scenarios=tuple(_dealt({s.name: s for s in banks.scenarios}, split, seed).values()),
        formats={place: tuple(found) for place, found in formats.items()},
        special={name: tuple(found) for name, found in special.items()},
        phrases=_phrases(banks, split, seed),
        keys=_keys(banks, split, seed),
        frames=_dealt({f.family: f for f in frames}, split, seed),
    )


def deal(names: Iterable[str], seed: int) -> dict[str, tuple[str, ...]]:
    """Deal `names` to the splits by SHARES: at least one each where there are three or more.

    The order comes from a digest of each name, so a name added later moves few others.
    """
    ordered = sorted(names, key=lambda name: (digest(seed, "deal", name), name))
    total = len(ordered)
    val = max(1, round(total * SHARES[VAL])) if total > 2 else 0
    test = max(1, round(total * SHARES[TEST])) if total > 1 else 0
    return {
        TEST: tuple(ordered[:test]),
        VAL: tuple(ordered[test : test + val]),
        TRAIN: tuple(ordered[test + val :]),
    }


def _dealt(members: Mapping[str, Member], split: str, seed: int) -> dict[str, Member]:
    mine = frozenset(deal(members, seed)[split])
    return {name: member for name, member in members.items() if name in mine}


def is_held_back(found: Format, seed: int) -> bool:
    """Say whether a format is kept for the test set alone."""
    same = sorted(
        (f.name for f in lines.FORMATS if f.event == found.event and not f.only),
        key=lambda name: digest(seed, "format", name),
    )
    return found.name in same[: max(1, len(same) // _HELD_FORMATS)]


def _phrases(banks: Banks, split: str, seed: int) -> Mapping[Place, tuple[Phrase, ...]]:
    """Deal phrases with a {state} apart from those without, so that each split has both."""
    every = [(owner, bank.phrases) for owner, bank in banks.categories.items()]
    for noun, named in banks.nouns.items():
        every.append((noun, {("veto", spoken): said for spoken, said in named.phrases.items()}))
    found: dict[Place, tuple[Phrase, ...]] = {}
    for owner, by_place in (*every, ("", banks.shared)):
        for (role, language), phrases in by_place.items():
            mine: list[Phrase] = []
            for has_state in (False, True):
                same = {p.family: p for p in phrases if ("state" in p.slots) is has_state}
                mine.extend(_dealt(same, split, seed).values())
            found[owner, role, language] = tuple(mine)
    return found


def _keys(banks: Banks, split: str, seed: int) -> Mapping[Place, tuple[str, ...]]:
    every: dict[Place, tuple[str, ...]] = {}
    for owner, bank in banks.categories.items():
        every |= {(owner, *place): names for place, names in bank.keys.items()}
    by_language = {(noun, "noun"): bank.keys for noun, bank in banks.nouns.items()}
    by_language["", "neutral"] = banks.neutral_keys
    by_language["", "pair"] = banks.neutral_pairs
    by_language["", "free_text"] = banks.free_text_keys
    for place, named in by_language.items():
        every |= {(*place, language): names for language, names in named.items()}
    found = {place: _shown(names, split, seed) for place, names in every.items()}
    for owner, bank in banks.categories.items():
        found |= {(owner, "state", spoken): names for spoken, names in bank.state_keys.items()}
    return found


def _shown(names: Sequence[str], split: str, seed: int) -> tuple[str, ...]:
    """Keep one name in _HELD_KEYS from training; the test set asks them half of the time."""
    ordered = sorted(names, key=lambda name: digest(seed, "key", name))
    held = len(ordered) // _HELD_KEYS
    if split != TEST:
        return tuple(ordered[held:])
    return tuple(ordered[:held] * max(1, (len(ordered) - held) // max(1, held)) + ordered[held:])


def assign(
    specs: Sequence[Spec],
    frames: Iterable[Frame],
    shares: Mapping[str, float],
    *,
    reuse: int,
    seed: int,
    shard: Shard = WHOLE,
) -> tuple[Spec, ...]:
    """Return `specs` with a frame named in as many rows as `shares` asks of each source.

    The plan's quotas stay as they are: a frame takes over a row that it suits. A source carries as
    many positives as negatives in each split and category, so that it tells no label. `shares` are
    of the rows of each split and category, by source; a frame serves at most `reuse` rows. Where
    too few frames suit the rows of one label, the share falls short and the rules have the rest.
    """
    by_family = {frame.family: frame for frame in frames}
    dealt = deal(by_family, seed)
    found = list(specs)
    for split in SPLITS if by_family else ():
        blocks: dict[str, list[int]] = defaultdict(list)
        for at, spec in enumerate(found):
            if spec.split == split:
                blocks[spec.category].append(at)
        for source, share in shares.items():
            held = (by_family[name] for name in dealt[split] if shard.holds(name))
            mine = [frame for frame in held if frame.source == source]
            shelf = _Shelf(mine, reuse, child(seed, "sourcing", split, f"{source}{shard}"))
            for block in blocks.values():
                shelf.serve(found, block, share)
    return tuple(found)


class _Shelf:
    """The frames of one source and split, and how often each has been used."""

    def __init__(self, frames: Iterable[Frame], reuse: int, rng: Random) -> None:
        self._rng, self._reuse = rng, reuse
        self._used: Counter[str] = Counter()
        self._named: dict[tuple[str, Cue, str], list[Frame]] = defaultdict(list)
        self._shapes: dict[str, list[Frame]] = defaultdict(list)
        for frame in frames:
            if frame.kind == SHAPE:
                self._shapes[frame.category].append(frame)
            else:
                self._named[frame.category, frame.cue, frame.language].append(frame)

    def serve(self, specs: list[Spec], block: Sequence[int], share: float) -> None:
        """Name frames in the specs of one split and category: a negative, a positive, and on.

        Twins are both. It ends where the share is reached or one side has no row left that suits.
        """
        order = [at for at in block if not specs[at].frame]
        self._rng.shuffle(order)
        negatives = self._taken(specs, [at for at in order if not specs[at].label])
        positives = self._taken(specs, [at for at in order if specs[at].label])
        for _ in range(int(share * sum(specs[at].rows for at in block)) // 2):
            negative = next(negatives, None)
            if negative is None:
                return
            pair = [negative]
            if not negative[1].twin:
                positive = next(positives, None)
                if positive is None:
                    self._used[negative[1].frame] -= 1
                    return
                pair.append(positive)
            for at, spec in pair:
                specs[at] = spec

    def _taken(self, specs: Sequence[Spec], places: Iterable[int]) -> Iterator[tuple[int, Spec]]:
        """Yield the places whose specs a frame suits, each spec with the least used of some."""
        for at in places:
            spec = specs[at]
            owner, cue = owner_of(spec), Cue.CONFIRM if spec.cue is Cue.OTHER else spec.cue
            near = (*self._named.get((owner, cue, spec.language), ()), *self._shapes.get(owner, ()))
            most = self._reuse - spec.rows
            free = [f for f in near if self._used[f.family] <= most and suits(f, spec)]
            if free:
                some = self._rng.sample(free, min(_LOOK, len(free)))
                frame = min(some, key=lambda one: self._used[one.family])
                self._used[frame.family] += spec.rows
                yield at, replace(spec, frame=frame.family)
