"""How a phrase becomes a sentence: its slots filled, and written as people type.

Typing touches only the literal text between slots, never a value, a sentinel or a naming word, so
it can't change what the sentence says: capitals go, end marks go or double, apostrophes go.

>>> from random import Random
>>> styled("social security number", "camel"), styled("número de tarjeta", "snake")
('socialSecurityNumber', 'numero_de_tarjeta')
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from random import Random
from types import MappingProxyType
from typing import cast

import yaml

from piiforge.errors import BadRecipe, UnknownName
from piiforge.lines.noise import GENERATORS, clock, date, order_id, price
from piiforge.rng import child, pick

# Settings: the sites and journeys that lines come from (a clinic's intake, a checkout, a
# payroll).
#
# A `Scenario` is one journey with its hosts, pages, calls and the harmless fields around them,
# read from `banks/scenarios.yaml`. From it are drawn where a line was seen and what else stands
# in it. A mixed-language setting has one language's title over another's path, as half-translated
# sites do.


PURE = ("en", "es", "fr", "zh")
_LOCALES: Mapping[str, tuple[str, ...]] = {
    "en": ("en-US", "en-US", "en-US", "en-us", "en_US", "en"),
    "es": ("es-MX", "es-ES", "es-US", "es-AR", "es_MX", "es"),
    "fr": ("fr-FR", "fr-FR", "fr-CA", "fr_FR", "fr"),
    "zh": ("zh-CN", "zh-CN", "zh_CN", "zh-TW", "zh-HK", "zh-Hans"),
}
_COUNTRIES = {"es": "es", "mx": "es", "ar": "es", "fr": "fr", "cn": "zh", "tw": "zh", "hk": "zh"}
_MIXED = tuple((shown, under) for shown in PURE for under in PURE if shown != under)
_ORDERS = 32
_TITLES_WITH_BRAND = 0.35
_BARE_HOST_SHARE = 0.2
_FILE = "banks/scenarios.yaml"


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language names a journey: the paths of its pages, their titles, their buttons."""

    paths: tuple[str, ...]
    titles: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoiseField:
    """A harmless field: its name in lower-case words, and its choices or a noise generator."""

    key: str
    choices: tuple[str, ...] = ()
    generator: str = ""

    def draw(self, rng: Random) -> str:
        """Draw what the field holds."""
        return pick(self.choices, rng) if self.choices else GENERATORS[self.generator](rng)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One journey. `brands` are (domain, name) by language; `orders` are shuffles of its fields."""

    name: str
    hosts: tuple[str, ...]
    brands: Mapping[str, tuple[tuple[str, str], ...]]
    operations: tuple[str, ...]
    api: tuple[str, ...]
    wordings: Mapping[str, Wording]
    orders: tuple[tuple[NoiseField, ...], ...]

    @property
    def fields(self) -> tuple[NoiseField, ...]:
        """Its noise fields, in the first of their orders."""
        return self.orders[0]


def draw_setting(scenario: Scenario, event: str, language: str, rng: Random) -> Mapping[str, str]:
    """Draw where a line was seen: host, path, title, action, operation and locale.

    The path is a page's, for an xhr the call's. `language` is one of en, es, fr, zh, mixed.
    """
    shown, under = pick(_MIXED, rng) if language == "mixed" else (language, language)
    wording = scenario.wordings[shown]
    paths = scenario.api if event == "xhr" else scenario.wordings[under].paths
    domain, brand = pick(scenario.brands[under], rng)
    dice = rng.random()
    host = domain if dice < _BARE_HOST_SHARE else f"{pick(scenario.hosts, rng)}.{domain}"
    title = pick(wording.titles, rng)
    if dice > 1 - _TITLES_WITH_BRAND:
        title = f"{title} | {brand}"
    return {
        "host": host,
        "path": pick(paths, rng),
        "title": title,
        "action": pick(wording.actions, rng),
        "operation": pick(scenario.operations, rng),
        "locale": pick(_LOCALES[shown], rng),
    }


def draw_noise_fields(scenario: Scenario, rng: Random, n: int) -> tuple[tuple[str, str], ...]:
    """Draw `n` different (key, text) fields of the journey, or all if it has fewer.

    Keys are lower-case words: who writes the line chooses the case style.
    """
    return tuple([(field.key, field.draw(rng)) for field in pick(scenario.orders, rng)[:n]])


def scenarios_from(tree: Mapping[str, object]) -> tuple[Scenario, ...]:
    """Read scenarios from a loaded `scenarios.yaml`.

    Raises:
        BadRecipe: a part is missing or is not what it should be; names the place in the file.
        UnknownName: a field names a noise generator that does not exist.
    """
    return tuple(_scenario(name, _mapping(body, name)) for name, body in tree.items())


def _scenario(name: str, tree: Mapping[str, object]) -> Scenario:
    fields = tuple(
        _field(key, entry, f"{name}.fields")
        for key, entry in _mapping(tree.get("fields"), f"{name}.fields").items()
    )
    # The shuffles belong to the scenario and not to a row, so a row pays one draw for its order.
    shuffler = child(0, "scenario-fields", name)
    return Scenario(
        name=name,
        hosts=_texts(tree.get("hosts"), f"{name}.hosts"),
        brands=_brands(_texts(tree.get("brands"), f"{name}.brands"), f"{name}.brands"),
        operations=_texts(tree.get("operations"), f"{name}.operations"),
        api=_texts(tree.get("api"), f"{name}.api"),
        wordings={
            language: _wording(_mapping(tree.get(language), f"{name}.{language}"), name, language)
            for language in PURE
        },
        orders=tuple(tuple(shuffler.sample(fields, len(fields))) for _ in range(_ORDERS)),
    )


def _wording(tree: Mapping[str, object], name: str, language: str) -> Wording:
    where = f"{name}.{language}"
    return Wording(
        paths=_texts(tree.get("paths"), f"{where}.paths"),
        titles=_texts(tree.get("titles"), f"{where}.titles"),
        actions=_texts(tree.get("actions"), f"{where}.actions"),
    )


def _brands(domains: tuple[str, ...], where: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Group (domain, name) by language: a country's domain serves that country's language only."""
    named = [(d, d.split(".", 1)[0].replace("-", " ").title(), _country(d)) for d in domains]
    brands = {
        language: tuple((d, brand) for d, brand, spoken in named if spoken in ("", language))
        for language in PURE
    }
    for language, members in brands.items():
        if not members:
            raise BadRecipe(f"{_FILE}: {where}", f"no brand that serves {language}")
    return brands


def _country(domain: str) -> str:
    return _COUNTRIES.get(domain.rsplit(".", 1)[1], "")


def _field(key: str, entry: object, where: str) -> NoiseField:
    if not isinstance(entry, str):
        return NoiseField(key, choices=_texts(entry, f"{where}.{key}"))
    if entry not in GENERATORS:
        raise UnknownName("noise generator", entry, GENERATORS, where=f"{_FILE}: {where}.{key}")
    return NoiseField(key, generator=entry)


def _mapping(tree: object, where: str) -> Mapping[str, object]:
    if not isinstance(tree, Mapping) or not tree:
        raise BadRecipe(f"{_FILE}: {where}", "is missing or is no mapping")
    return {str(key): entry for key, entry in tree.items()}


def _texts(entry: object, where: str) -> tuple[str, ...]:
    """Return a list's entries as text. Quote true, no, 007 in the file: YAML would read them."""
    if not isinstance(entry, Sequence) or isinstance(entry, str) or not entry:
        raise BadRecipe(f"{_FILE}: {where}", "is missing or is no list")
    if not all(isinstance(item, str | int | float) for item in entry):
        raise BadRecipe(f"{_FILE}: {where}", "holds something that is no text or number")
    if any(isinstance(item, bool) for item in entry):
        raise BadRecipe(f"{_FILE}: {where}", "holds a bare true, false, yes or no", "Quote it.")
    return tuple(str(item) for item in entry)


# The phrase and key banks as records: the YAML files of `banks/`, read once.
#
# One file a category (`banks/ssn.yaml`: key names, words, sentences in four languages) and six
# shared ones: nouns (what else a number may be called), neutral (names and sentences that say
# nothing), talk (small talk, names, cities), injections, scenarios. Each file says at its head
# how to extend it.
#
# A phrase's family is named from its text, so that adding one never renames another.


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


# How a field's name is written: the words of a bank in the case styles that code uses.


STYLES = ("snake", "camel", "kebab", "pascal", "constant", "flat", "dotted", "label", "spaced")
# Styles by weight: snake and camel are what most code is written in.
_WEIGHTED = (
    ("snake",) * 7
    + ("camel",) * 6
    + ("kebab",) * 2
    + ("pascal",) * 2
    + ("flat",) * 2
    + ("constant", "dotted", "label", "spaced")
)
_PREFIXES = (
    "applicant",
    "user",
    "customer",
    "billing",
    "primary",
    "contact",
    "form",
    "data",
    "input",
    "person",
    "client",
    "profile",
    "guest",
    "patient",
    "borrower",
    "employee",
    "owner",
    "f",
    "p1",
    "new",
    "main",
    "buyer",
    "traveler",
    "account holder",
    "fld",
    "txt",
    "ctl00",
    "step2",
    "q12",
)
_PREFIX_SHARE = 0.3
_TWINS = (
    (" 1", " 2"),
    (" a", " b"),
    (" part1", " part2"),
    (" first", " last"),
    (" prefix", " suffix"),
    (" head", " tail"),
    (" left", " right"),
    (" begin", " end"),
    (" p1", " p2"),
    (" seg1", " seg2"),
)


def draw_style(rng: Random) -> str:
    """Draw one case style: a line writes all its keys in one."""
    return _WEIGHTED[int(rng.random() * len(_WEIGHTED))]


def draw_key(words: str, style: str, rng: Random) -> str:
    """Write `words` in `style`, now and then behind a word that names whose field it is."""
    if rng.random() < _PREFIX_SHARE:
        words = f"{_PREFIXES[int(rng.random() * len(_PREFIXES))]} {words}"
    return styled(words, style)


def draw_halves(words: str, style: str, rng: Random) -> tuple[str, str]:
    """Name the two adjacent fields that hold the halves of a value."""
    first, second = _TWINS[int(rng.random() * len(_TWINS))]
    return styled(words + first, style), styled(words + second, style)


@lru_cache(maxsize=65536)
def styled(words: str, style: str) -> str:
    """Write lower-case `words` as one name. Labels keep their accents, code does not."""
    if style == "spaced":
        return words
    if style == "label":
        return words[:1].upper() + words[1:]
    plain = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    pieces = plain.replace("-", " ").replace("'", " ").replace("_", " ").split()
    if style == "camel":
        return pieces[0] + "".join(piece[:1].upper() + piece[1:] for piece in pieces[1:])
    if style == "pascal":
        return "".join(piece[:1].upper() + piece[1:] for piece in pieces)
    joint = {"snake": "_", "kebab": "-", "constant": "_", "flat": "", "dotted": "."}[style]
    joined = joint.join(pieces)
    return joined.upper() if style == "constant" else joined


_NOISE: Mapping[str, Callable[[Random], str]] = {
    "amount": price,
    "date": date,
    "order": order_id,
    "time": clock,
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
