"""Settings: the sites and journeys that lines come from (a clinic's intake, a checkout, a payroll).

A `Scenario` is one journey with its hosts, pages, calls and the harmless fields around them, read
from `banks/scenarios.yaml`. From it are drawn where a line was seen and what else stands in it. A
mixed-language setting has one language's title over another's path, as half-translated sites do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from piiforge.errors import BadRecipe, UnknownName
from piiforge.lines.noise import GENERATORS
from piiforge.lines.tables import pick
from piiforge.rng import child

LANGUAGES = ("en", "es", "fr", "zh")
_LOCALES: Mapping[str, tuple[str, ...]] = {
    "en": ("en-US", "en-US", "en-US", "en-us", "en_US", "en"),
    "es": ("es-MX", "es-ES", "es-US", "es-AR", "es_MX", "es"),
    "fr": ("fr-FR", "fr-FR", "fr-CA", "fr_FR", "fr"),
    "zh": ("zh-CN", "zh-CN", "zh_CN", "zh-TW", "zh-HK", "zh-Hans"),
}
_COUNTRIES = {"es": "es", "mx": "es", "ar": "es", "fr": "fr", "cn": "zh", "tw": "zh", "hk": "zh"}
_MIXED = tuple((shown, under) for shown in LANGUAGES for under in LANGUAGES if shown != under)
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
            for language in LANGUAGES
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
        for language in LANGUAGES
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
