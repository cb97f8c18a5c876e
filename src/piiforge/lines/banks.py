"""Banks: the phrases, key names and settings of `banks/`, and what is drawn from them.

One file a category (`banks/ssn.yaml`: key names, words, sentences in four languages) and shared
ones: nouns (what else a number may be called), neutral (names and sentences that say nothing), talk
(small talk, names, cities), injections, and scenarios: the sites and journeys that lines come from
(a clinic's intake, a checkout, a payroll). Each file says at its head how to extend it.

A key name is written in the case styles that code uses; a sentence as people type. Typing touches
only the literal text between slots, never a value, a sentinel or a naming word, so it can't change
what the sentence says: capitals go, end marks go, apostrophes go.

>>> from random import Random
>>> styled("social security number", "camel"), styled("número de tarjeta", "snake")
('socialSecurityNumber', 'numero_de_tarjeta')
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from hashlib import blake2b
from importlib.resources import files as resources
from random import Random
from typing import Any, TypeAlias

from piiforge import files, plugins
from piiforge.errors import BadRecipe, UnknownName
from piiforge.lines import noise
from piiforge.rng import child, pick, words
from piiforge.types import LANGUAGES, PURE_LANGUAGES

_SLOT = re.compile(r"\{([a-z]+)\}")
_TALK = words("openers closers fillers agent_lines visitor_lines benign")
_COUNTRIES = {"es": "es", "mx": "es", "ar": "es", "fr": "fr", "cn": "zh", "tw": "zh", "hk": "zh"}
_ORDERS = 32
_FILE = "banks/scenarios.yaml"
_LOCALES: Mapping[str, tuple[str, ...]] = {
    "en": words("en-US en-US en-US en-us en_US en"),
    "es": words("es-MX es-ES es-US es-AR es_MX es"),
    "fr": words("fr-FR fr-FR fr-CA fr_FR fr"),
    "zh": words("zh-CN zh-CN zh_CN zh-TW zh-HK zh-Hans"),
}
_MIXED = tuple(
    (shown, under) for shown in PURE_LANGUAGES for under in PURE_LANGUAGES if shown != under
)
_TITLES_WITH_BRAND = 0.35
_BARE_HOST_SHARE = 0.2

# Styles by weight: snake and camel are what most code is written in
_STYLES = words(
    "snake " * 7 + "camel " * 6 + "kebab kebab pascal pascal flat flat constant dotted label spaced"
)
_JOINTS = {"snake": "_", "kebab": "-", "constant": "_", "flat": "", "dotted": "."}
_PREFIX_SHARE = 0.3
_NOISE: Mapping[str, Callable[[Random], str]] = {
    "amount": noise.price,
    "date": noise.date,
    "order": noise.order_id,
    "time": noise.clock,
}
_NAMES = {"name": "first_names", "city": "cities", "company": "companies"}
_LOWER_SHARE, _NO_STOP_SHARE, _NO_APOSTROPHE_SHARE, _SHOUT_SHARE = 0.28, 0.3, 0.25, 0.02

Tree: TypeAlias = Any  # what YAML gives
ByLanguage = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """One frame. `pieces` alternate literal text and slot names, text first; `noun` for vetoes.

    Compared by identity, so that what is known of a phrase is quickly found.
    """

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
        return next(
            (facet for facet, told in self.facets.items() if any(word in text for word in told)), ""
        )


@dataclass(frozen=True, slots=True)
class NounBank:
    """How a noun is written: as a field's name, in a sentence, and what is said with it."""

    keys: ByLanguage
    words: ByLanguage
    phrases: Mapping[str, tuple[Phrase, ...]]  # by language


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language names a journey: the paths of its pages, their titles, their buttons."""

    paths: tuple[str, ...]
    titles: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoiseField:
    """A harmless field: its name in lower-case words, and what draws its text."""

    key: str
    draw: Callable[[Random], str]


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
    """Read every bank that the package ships, and those of categories that plug-ins bring."""
    folder = resources(__package__) / "banks"
    names = {path.name.removesuffix(".yaml") for path in folder.iterdir()}
    shared = {"neutral", "talk", "injections", "nouns", "scenarios", "own"}
    banks: Mapping[str, Tree] = {
        name: files.shipped_yaml(__package__, f"banks/{name}.yaml") for name in names
    }
    neutral, talk = banks["neutral"], banks["talk"]
    return Banks(
        categories={
            **{name: _category(name, banks[name]) for name in sorted(names - shared)},
            **{
                own.category.id: _category(own.category.id, _own(own, banks["own"]))
                for own in plugins.found().categories
            },
        },
        nouns={
            noun: NounBank(
                _by_language(tree, "keys"),
                _by_language(tree, "words"),
                {
                    language: _phrases(f"{noun}-called", language, texts, noun)
                    for language, texts in tree.get("phrases", {}).items()
                },
            )
            for noun, tree in banks["nouns"].items()
        },
        neutral_keys=_by_language(neutral, "keys"),
        neutral_pairs=_by_language(neutral, "pairs"),
        free_text_keys=_by_language(neutral, "free_text_keys"),
        shared={
            **{
                (role, language): _phrases(
                    f"neutral-{role}", language, _at(neutral, role, language)
                )
                for role in ("phrases", "replies")
                for language in LANGUAGES
            },
            **{
                (role, language): _phrases(f"talk-{role}", language, _at(talk, language, role))
                for role in _TALK
                for language in LANGUAGES
            },
        },
        names={
            (kind, language): _list(talk, language, kind)
            for kind in _NAMES.values()
            for language in LANGUAGES
        },
        injections={
            (push, language): _list(banks["injections"], language, key)
            for push, key in ((True, "to_true"), (False, "to_false"))
            for language in PURE_LANGUAGES
        },
        scenarios=scenarios_from(banks["scenarios"]),
    )


def _own(own: plugins.OwnCategory, frames: Tree) -> Tree:
    """Return the bank of a category from outside; what it doesn't bring is made of its words."""
    told = plugins.told(own)
    said = {tongue: told["words"].get(tongue) or told["words"]["en"] for tongue in PURE_LANGUAGES}
    keys = {
        "confirm": {tongue: [word.lower() for word in said[tongue]] for tongue in said},
        "misleading": {
            tongue: [f"{word.lower()} {after}" for word in said[tongue] for after in afters]
            for tongue, afters in frames["misleading"].items()
        },
    }
    phrases = {
        language: {
            role: [
                text.replace("{word}", words[at % len(words)])
                for words in [said.get(language, said["en"])]
                for at, text in enumerate(texts)
            ]
            for role, texts in roles.items()
        }
        for language, roles in frames["phrases"].items()
    }
    made = {"keys": keys, "phrases": phrases, **told}
    return {**made, "words": {"confirm": said}}


def _category(name: str, tree: Tree) -> CategoryBank:
    return CategoryBank(
        keys={
            (cue, language): _list(tree, "keys", cue, language)
            for cue in ("confirm", "misleading")
            for language in PURE_LANGUAGES
        },
        words=_by_language(tree, "words", "confirm"),
        phrases={
            (role, language): _phrases(f"{name}-{role}", language, texts)
            for language, roles in tree["phrases"].items()
            for role, texts in roles.items()
        },
        state_keys=_by_language(tree, "state_keys"),
        issuers=_by_language(tree, "issuers"),
        facets={facet: _list(tree, "facets", facet) for facet in tree.get("facets", ())},
    )


def _phrases(
    name: str, language: str, texts: Iterable[str] | None, noun: str = ""
) -> tuple[Phrase, ...]:
    """Make phrases. A family is named from its text, so that adding one never renames another."""
    found = []
    for text in texts or ():
        frame = text
        if "-veto" in name:
            noun, frame = map(str.strip, text.split("|", 1))
        mark = blake2b(frame.encode(), digest_size=4).hexdigest()
        found.append(Phrase(f"{name}-{language}-{mark}", tuple(_SLOT.split(frame)), noun))
    return tuple(found)


def _by_language(tree: Tree, *path: str) -> ByLanguage:
    return {language: _list(tree, *path, language) for language in PURE_LANGUAGES}


def _list(tree: Tree, *path: str) -> tuple[str, ...]:
    return tuple(map(str, _at(tree, *path) or ()))


def _at(tree: Tree, *path: str) -> Tree:
    """Return what stands at a place of a tree, None for nothing."""
    for step in path:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def scenarios_from(tree: Mapping[str, object]) -> tuple[Scenario, ...]:
    """Read scenarios from a loaded `scenarios.yaml`.

    Raises:
        BadRecipe: a part is missing or is not what it should be; names the place in the file.
        UnknownName: a field names a noise generator that does not exist.
    """
    return tuple(_scenario(name, body) for name, body in tree.items())


def _scenario(name: str, tree: Tree) -> Scenario:
    fields = _at(tree, "fields")
    if not isinstance(fields, Mapping) or not fields:
        raise BadRecipe(f"{_FILE}: {name}.fields", "is missing or is no mapping")
    drawn = [_field(str(key), entry, f"{name}.fields.{key}") for key, entry in fields.items()]
    # The shuffles belong to the scenario and not to a row, so a row pays one draw for its order.
    shuffler = child(0, "scenario-fields", name)

    def texts(*path: str) -> tuple[str, ...]:
        return _texts(_at(tree, *path), ".".join([name, *path]))

    return Scenario(
        name=name,
        hosts=texts("hosts"),
        brands=_brands(texts("brands"), f"{name}.brands"),
        operations=texts("operations"),
        api=texts("api"),
        wordings={
            spoken: Wording(
                texts(spoken, "paths"), texts(spoken, "titles"), texts(spoken, "actions")
            )
            for spoken in PURE_LANGUAGES
        },
        orders=tuple(tuple(shuffler.sample(drawn, len(drawn))) for _ in range(_ORDERS)),
    )


def _brands(domains: tuple[str, ...], where: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Group (domain, name) by language: a country's domain serves that country's language only."""
    brands = {
        language: tuple(
            (domain, domain.split(".", 1)[0].replace("-", " ").title())
            for domain in domains
            if _COUNTRIES.get(domain.rsplit(".", 1)[1], language) == language
        )
        for language in PURE_LANGUAGES
    }
    for language, members in brands.items():
        if not members:
            raise BadRecipe(f"{_FILE}: {where}", f"no brand that serves {language}")
    return brands


def _field(key: str, entry: object, where: str) -> NoiseField:
    if not isinstance(entry, str):
        return NoiseField(key, partial(pick, _texts(entry, where)))
    if entry not in noise.GENERATORS:
        raise UnknownName("noise generator", entry, noise.GENERATORS, where=f"{_FILE}: {where}")
    return NoiseField(key, noise.GENERATORS[entry])


def _texts(entry: object, where: str) -> tuple[str, ...]:
    """Return a list's entries as text. Quote true, no, 007 in the file: YAML would read them."""
    if not isinstance(entry, Sequence) or isinstance(entry, str) or not entry:
        raise BadRecipe(f"{_FILE}: {where}", "is missing or is no list")
    if not all(isinstance(item, str | int | float) for item in entry):
        raise BadRecipe(f"{_FILE}: {where}", "holds something that is no text or number")
    if any(isinstance(item, bool) for item in entry):
        raise BadRecipe(f"{_FILE}: {where}", "holds a bare true, false, yes or no", "Quote it.")
    return tuple(str(item) for item in entry)


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


def draw_style(rng: Random) -> str:
    """Draw one case style: a line writes all its keys in one."""
    return pick(_STYLES, rng)


def draw_key(words: str, style: str, rng: Random) -> str:
    """Write `words` in `style`, now and then behind a word that names whose field it is."""
    if rng.random() < _PREFIX_SHARE:
        words = f"{noise.word('prefixes', rng)} {words}"
    return styled(words, style)


def draw_halves(words: str, style: str, rng: Random) -> tuple[str, str]:
    """Name the two adjacent fields that hold the halves of a value."""
    first, second = noise.word("halves", rng).split()
    return styled(f"{words} {first}", style), styled(f"{words} {second}", style)


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
    joined = _JOINTS[style].join(pieces)
    return joined.upper() if style == "constant" else joined


def write_sentence(
    phrase: Phrase, fills: Mapping[str, str], banks: Banks, language: str, rng: Random
) -> str:
    """Return the sentence of `phrase` with `fills` in its slots; other slots get noise."""
    if len(phrase.pieces) == 1:
        return phrase.pieces[0]
    pieces = list(phrase.pieces)
    for at in range(1, len(pieces), 2):
        slot = pieces[at]
        pieces[at] = fills[slot] if slot in fills else draw_noise(slot, banks, language, rng)
    return "".join(pieces)


def draw_noise(slot: str, banks: Banks, language: str, rng: Random) -> str:
    """Draw what a noise slot (name, city, company, amount, date, order, time) may hold."""
    if slot in _NAMES:
        names = banks.names[_NAMES[slot], language] or banks.names[_NAMES[slot], "en"]
        return pick(names, rng)
    return _NOISE[slot](rng)


def as_typed(phrase: Phrase, language: str, rng: Random) -> Phrase:
    """Return `phrase` as one person would type it: same slots, same words."""
    if language == "zh":
        return phrase
    case, marks = rng.random(), rng.random()
    return _typed(
        phrase,
        "lower" if case < _LOWER_SHARE else "upper" if case > 1 - _SHOUT_SHARE else "",
        "stop" if marks < _NO_STOP_SHARE else "'" if marks > 1 - _NO_APOSTROPHE_SHARE else "",
    )


@lru_cache(maxsize=65536)
def _typed(phrase: Phrase, case: str, missing: str) -> Phrase:
    """Return `phrase` in `case`, without its end mark ("stop") or its apostrophes ("'")."""
    pieces = phrase.pieces
    if case:
        pieces = _literals(pieces, str.lower if case == "lower" else str.upper)
    if missing == "stop" and pieces[-1].endswith((".", "!")):
        pieces = (*pieces[:-1], pieces[-1][:-1])
    if missing == "'":
        pieces = _literals(pieces, lambda text: text.replace("'", "").replace("’", ""))
    return phrase if pieces is phrase.pieces else Phrase(phrase.family, pieces, phrase.noun)


def _literals(pieces: tuple[str, ...], change: Callable[[str], str]) -> tuple[str, ...]:
    changed = list(pieces)
    changed[::2] = map(change, pieces[::2])
    return tuple(changed)
