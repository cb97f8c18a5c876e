"""What each split may draw on: families are dealt to train, val and test before composing.

A scenario or a phrase belongs to one split. A few formats and key names are kept for the test set
alone, so that it also asks what training never showed. The certificate (`dataset.split`) proves
afterwards that it came out so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from piiforge import lines
from piiforge.compose.frames import Frame
from piiforge.lines import Banks, Phrase, Scenario
from piiforge.rng import digest
from piiforge.types import Format

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
