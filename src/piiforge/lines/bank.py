"""The phrase and key banks as records: the YAML files of `banks/`, read once.

One file a category (`banks/ssn.yaml`: key names, words, sentences in four languages) and six shared
ones: nouns (what else a number may be called), neutral (names and sentences that say nothing), talk
(small talk, names, cities), injections, scenarios. Each file says at its head how to extend it.

A phrase's family is named from its text, so that adding one never renames another.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from types import MappingProxyType
from typing import cast

import yaml

from piiforge.lines.settings import Scenario, scenarios_from

LANGUAGES = ("en", "es", "fr", "zh", "mixed")
PURE_LANGUAGES = LANGUAGES[:4]
_SLOT = re.compile(r"\{([a-z]+)\}")

Tree = Mapping[str, object]
ByLanguage = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One frame. `pieces` alternate literal text and slot names, text first; `noun` for vetoes."""

    family: str
    pieces: tuple[str, ...]
    noun: str = ""

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of its slots, in order."""
        return self.pieces[1::2]


@dataclass(frozen=True, slots=True)
class CategoryBank:
    """What one category's file holds. Keys by (cue, language), phrases by (role, language)."""

    keys: Mapping[tuple[str, str], tuple[str, ...]]
    words: ByLanguage
    phrases: Mapping[tuple[str, str], tuple[Phrase, ...]]
    state_keys: ByLanguage
    issuers: ByLanguage
    facets: ByLanguage  # words by facet: what an entry with one of them may be said of

    def facet_of_kind(self, kind: str) -> str:
        """Return the facet that values of `kind` belong to, "" for most."""
        return next((facet for facet in self.facets if kind.startswith(facet)), "")

    def suit(self, entries: Iterable[str], kind: str) -> tuple[str, ...]:
        """Return the entries that suit values of `kind`; all where none was made for it."""
        known = tuple(entries)
        if not self.facets:
            return known
        wanted = self.facet_of_kind(kind)
        return tuple(entry for entry in known if self.facet_of(entry) == wanted) or known

    def facet_of(self, entry: str) -> str:
        """Return the facet that the words of an entry belong to, "" for most."""
        text = entry.casefold()
        for facet, words in self.facets.items():
            if any(word in text for word in words):
                return facet
        return ""


@dataclass(frozen=True, slots=True)
class NounBank:
    """How a noun is written: as a field's name and in a sentence."""

    keys: ByLanguage
    words: ByLanguage


@dataclass(frozen=True, slots=True)
class Banks:
    """All banks. Talk and neutral phrases by (role, language)."""

    categories: Mapping[str, CategoryBank]
    nouns: Mapping[str, NounBank]
    neutral_keys: ByLanguage
    neutral_pairs: ByLanguage
    free_text_keys: ByLanguage
    shared: Mapping[tuple[str, str], tuple[Phrase, ...]]
    names: Mapping[tuple[str, str], tuple[str, ...]]
    injections: Mapping[tuple[bool, str], tuple[str, ...]]
    scenarios: tuple[Scenario, ...]


@cache
def load() -> Banks:
    """Read every bank that the package ships."""
    neutral, talk, injections = _read("neutral"), _read("talk"), _read("injections")
    nouns = _read("nouns")
    shared = {
        (role, language): _phrases(f"neutral-{role}", language, _list(_at(neutral, role), language))
        for role in ("phrases", "replies")
        for language in LANGUAGES
    }
    for role in ("openers", "closers", "fillers", "agent_lines", "visitor_lines", "benign"):
        for language in LANGUAGES:
            shared[role, language] = _phrases(
                f"talk-{role}", language, _list(_at(talk, language), role)
            )
    return Banks(
        categories=MappingProxyType({n: _category(n, _read(n)) for n in _category_names()}),
        nouns=MappingProxyType(
            {
                name: NounBank(
                    _by_language(_at(nouns, name, "keys")), _by_language(_at(nouns, name, "words"))
                )
                for name in nouns
            }
        ),
        neutral_keys=_by_language(_at(neutral, "keys")),
        neutral_pairs=_by_language(_at(neutral, "pairs")),
        free_text_keys=_by_language(_at(neutral, "free_text_keys")),
        shared=MappingProxyType(shared),
        names=MappingProxyType(
            {
                (kind, language): _list(_at(talk, language), kind)
                for kind in ("first_names", "cities", "companies")
                for language in LANGUAGES
            }
        ),
        injections=MappingProxyType(
            {
                (push, language): _list(
                    _at(injections, language), "to_true" if push else "to_false"
                )
                for push in (True, False)
                for language in PURE_LANGUAGES
            }
        ),
        scenarios=scenarios_from(_read("scenarios")),
    )


def _category(name: str, tree: Tree) -> CategoryBank:
    keys = {
        (cue, language): _list(_at(tree, "keys", cue), language)
        for cue in ("confirm", "misleading")
        for language in PURE_LANGUAGES
    }
    phrases = {
        (role, language): _phrases(f"{name}-{role}", language, texts)
        for language, roles in cast("Mapping[str, Tree]", _at(tree, "phrases")).items()
        for role, texts in cast("Mapping[str, Sequence[str]]", roles).items()
    }
    return CategoryBank(
        MappingProxyType(keys),
        _by_language(_at(tree, "words", "confirm")),
        MappingProxyType(phrases),
        _by_language(_at(tree, "state_keys")),
        _by_language(_at(tree, "issuers")),
        MappingProxyType({name: _list(_at(tree, "facets"), name) for name in _at(tree, "facets")}),
    )


def _phrases(name: str, language: str, texts: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(_phrase(name, language, text) for text in texts)


def _phrase(name: str, language: str, text: str) -> Phrase:
    noun = ""
    if "-veto" in name:
        noun, text = (piece.strip() for piece in text.split("|", 1))
    mark = blake2b(text.encode(), digest_size=4).hexdigest()
    return Phrase(f"{name}-{language}-{mark}", tuple(_SLOT.split(text)), noun)


def _category_names() -> tuple[str, ...]:
    shared = {"neutral", "talk", "injections", "nouns", "scenarios"}
    names = (path.name.removesuffix(".yaml") for path in (files(__package__) / "banks").iterdir())
    return tuple(sorted(name for name in names if name not in shared))


def _read(name: str) -> Tree:
    text = (files(__package__) / "banks" / f"{name}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Tree", yaml.load(text, Loader=loader))


def _at(tree: Tree, *path: str) -> Tree:
    for step in path:
        tree = cast("Tree", tree.get(step) or {})
    return tree


def _list(tree: Tree, name: str) -> tuple[str, ...]:
    return tuple(str(item) for item in cast("Sequence[object]", tree.get(name) or ()))


def _by_language(tree: Tree) -> ByLanguage:
    return MappingProxyType({language: _list(tree, language) for language in PURE_LANGUAGES})
