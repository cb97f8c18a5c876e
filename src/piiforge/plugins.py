"""Plug-ins: categories, line formats and detectors from outside, found without touching our code.

They come in two ways: by an entry point of an installed package (groups `piiforge.categories`,
`piiforge.formats`, `piiforge.detectors`; each names a record or a sequence of records), or by the
path of a Python file (`piiforge --plugin FILE`, or the environment variable PIIFORGE_PLUGINS, which
worker processes inherit), which offers every record that stands in it. All are checked before they
are used; one that is off stops the command by its name. Their functions are called through a guard:
what one raises is told by its kind alone, since a message may hold a value.

This module knows no room: rooms ask it for what is theirs.
"""

import importlib.metadata
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

from piiforge import files
from piiforge.errors import AskedWrongly
from piiforge.rng import digest
from piiforge.types import EVENTS, Category, Format, Value

VARIABLE = "PIIFORGE_PLUGINS"  # paths, parted as those of PATH are
GAP = r"[\s+.,/_-]{0,3}"
"""For a pattern: what may stand between two signs of a value in decoded text."""
_ID = re.compile(r"[a-z][a-z0-9_]{1,31}")
_DRAWS = 200
_REPEATS = 0.03  # share of draws that may come twice
_LONGEST_DESCRIPTION = 12  # words
_LONGEST_VALUE = 200  # characters
_CARRIED = frozenset({"fields", "text", "turns"})
_ESCAPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)  # signs and sets of a pattern
_UNBOUNDED = re.compile(r"[*+]|\{[0-9]*,\}")


@dataclass(frozen=True, slots=True)
class OwnCategory:
    """A category of one's own: how it is drawn, and how the reader knows it.

    `category` draws values, draws lookalikes and validates what was drawn. `words` are the cue
    words by language (en, es, fr, zh; a language without has the English ones): what keys and
    sentences call the value; Spanish and French ones masculine, a French one with a consonant in
    front ("numéro IBAN"). A mapping, or the path of a YAML file with `words`, and `keys` and
    `phrases` where it likes, as in `lines/banks`. `pattern` finds candidates in decoded text,
    separators (GAP) included; `reason` is the reader's own validation of a candidate's letters and
    digits in upper case: "valid", or a word for why not. Both meet untrusted text: no repeat in it
    is without bound.
    """

    category: Category
    words: Mapping[str, Sequence[str]] | Path
    pattern: str
    reason: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class OwnDetector:
    """A detector of one's own, asked as `--with NAME`.

    `judge` is given (category, content) pairs and says of each how probable it is that the content
    holds such a value, 0 to 1, or None where it has no answer. `categories` are those it knows.
    """

    name: str
    judge: Callable[[Sequence[tuple[str, str]]], Sequence[float | None]]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plugins:
    """All that came in from outside.

    `origins` says of each "category NAME", "format NAME" and "detector NAME" where it came from: a
    package and its version, or a file's name and its SHA-256.
    """

    categories: tuple[OwnCategory, ...] = ()
    formats: tuple[Format, ...] = ()
    detectors: tuple[OwnDetector, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


_KINDS: Mapping[str, type] = {
    "categories": OwnCategory,
    "formats": Format,
    "detectors": OwnDetector,
}


@cache
def found() -> Plugins:
    """Return what entry points and the named files offer, checked; the same all the time.

    Raises:
        AskedWrongly: a plug-in can't be loaded, offers nothing, takes a name that is taken, or
            breaks a law; says which and how.
    """
    offered: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    origins: dict[str, str] = {}
    for where, origin, one in (*_from_packages(), *_from_files()):
        kind = next(kind for kind, record in _KINDS.items() if isinstance(one, record))
        name = str(one.category.id if kind == "categories" else one.name)
        if name in offered[kind]:
            raise AskedWrongly(f"{where}: {name} is there already.", "Rename one of the two.")
        if broken := _LAWS[kind](one):
            hint = "`piiforge categories check FILE` says all." if kind == "categories" else ""
            raise AskedWrongly(f"{where}: {name} {broken[0]}.", hint)
        offered[kind][name] = _GUARDED[kind](one) if kind in _GUARDED else one
        origins[f"{_CALLED[kind]} {name}"] = origin
    return Plugins(
        **{kind: tuple(each.values()) for kind, each in offered.items()}, origins=origins
    )


def names() -> tuple[str, ...]:
    """Return the names of the categories that came in."""
    return tuple(own.category.id for own in found().categories)


def refuse_taken(kind: str, shipped: Iterable[str], brought: Iterable[str]) -> None:
    """Raise AskedWrongly where a plug-in takes a name of ours; `kind` as in `Plugins.origins`."""
    for name in sorted(set(shipped) & set(brought)):
        where = found().origins.get(f"{kind} {name}", "a plug-in").partition(" sha256:")[0]
        raise AskedWrongly(f"{where}: there is a {kind} {name} already.", "Choose another name.")


def _from_packages() -> Iterator[tuple[str, str, Any]]:
    for kind, record in _KINDS.items():
        for point in importlib.metadata.entry_points(group=f"piiforge.{kind}"):
            where = f"plug-in {point.name} ({point.value})"
            loaded = _attempt(where, point.load)
            many = loaded if isinstance(loaded, list | tuple) else [loaded]
            if not many or not all(isinstance(one, record) for one in many):
                hint = f"An entry point of piiforge.{kind} names one, or a list of them."
                raise AskedWrongly(f"{where} is no {record.__name__}.", hint)
            package = point.dist
            origin = f"{package.name} {package.version}" if package else point.value
            yield from ((where, origin, one) for one in many)


def _from_files() -> Iterator[tuple[str, str, Any]]:
    named = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    for path in dict.fromkeys(Path(name).expanduser().absolute() for name in named):
        held = records_of(path)
        origin = f"{path.name} sha256:{files.sha256(path)}"
        yield from ((f"plug-in {path}", origin, one) for one in held)


def records_of(path: Path) -> list[Any]:
    """Return the records that stand in a Python file, which is run.

    Raises:
        AskedWrongly: it is not there, raises, or holds none.
    """
    where = f"plug-in {path}"
    if not path.is_file():
        raise AskedWrongly(f"{where} is not there.", "--plugin names a Python file.")
    name = f"piiforge_plugin_{path.stem}_{digest(str(path.absolute()))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise AskedWrongly(f"{where} is no Python file.", "Its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its own dataclasses look there for their module
    _attempt(where, partial(spec.loader.exec_module, module))
    kinds = tuple(_KINDS.values())
    held = {id(one): one for one in vars(module).values() if isinstance(one, kinds)}
    if not held:
        names = ", ".join(record.__name__ for record in kinds)
        raise AskedWrongly(f"{where} offers nothing.", f"It must hold one of: {names}.")
    return list(held.values())


def _attempt(where: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it offers)
    try:
        return work()
    except AskedWrongly:
        raise
    except (Exception, SystemExit) as error:
        kind = type(error).__name__
        raise AskedWrongly(f"{where} raised {kind}.", "Run it by itself to see where.") from error


def _guard(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return `work`, whose error stops the command and says which plug-in it was."""

    def guarded(*given: Any) -> Any:  # noqa: ANN401 (whatever it takes and gives)
        return _attempt(what, partial(work, *given))

    return guarded


def _guarded_category(own: OwnCategory) -> OwnCategory:
    asked, name = own.category, f"The category {own.category.id}"
    guarded = replace(
        asked,
        draw=_guard(f"{name}, drawing,", asked.draw),
        is_valid=_guard(f"{name}, validating,", asked.is_valid),
        lookalikes=tuple(
            replace(look, draw=_guard(f"{name}, drawing {look.kind},", look.draw))
            for look in asked.lookalikes
        ),
    )
    return replace(own, category=guarded, reason=_guard(f"{name}, judging,", own.reason))


def _guarded_format(own: Format) -> Format:
    return replace(own, draft=_guard(f"The format {own.name}, drafting,", own.draft))


def _off_format(own: Format) -> list[str]:
    laws = {
        "has a name that is not lower-case letters, digits and _": _ID.fullmatch(own.name),
        f"has an event that is none of {', '.join(EVENTS)}": own.event in EVENTS,
        f"carries nothing of {', '.join(sorted(_CARRIED))}": own.carries
        and set(own.carries) <= _CARRIED,
        "has no weight above 0": own.weight > 0,
    }
    return [law for law, kept in laws.items() if not kept]


def _off_detector(own: OwnDetector) -> list[str]:
    laws = {
        "has a name that is not lower-case letters, digits and _": _ID.fullmatch(own.name),
        "knows no category": own.categories,
    }
    return [law for law, kept in laws.items() if not kept]


def problems(own: OwnCategory) -> list[str]:
    """Return the laws that a category of one's own breaks, in words; none for a good one.

    They are those that every category keeps: a name, a short description, draws that its own
    validator and the reader's take, that seldom repeat and that come again for a seed; lookalikes
    that neither takes unless a noun names them.
    """
    told: list[str] = []
    try:
        told.extend(_broken(own))
    except Exception as error:  # its own code; a message may hold a value
        told.append(f"raised {type(error).__name__} while it was tried")
    return told


def _broken(own: OwnCategory) -> Iterator[str]:
    asked = own.category
    if not _ID.fullmatch(asked.id):
        yield "has an id that is not lower-case letters, digits and _"
    if not 1 <= len(asked.description.split()) <= _LONGEST_DESCRIPTION or not asked.title:
        yield f"needs a title, and a description of 1 to {_LONGEST_DESCRIPTION} words"
    if not told(own).get("words", {}).get("en"):
        yield "has no English words that name it"
    try:
        pattern = re.compile(own.pattern)
    except re.error:
        yield "has a pattern that is no regular expression"
        return
    if _UNBOUNDED.search(_ESCAPED.sub("", own.pattern)):
        yield "has a pattern with a repeat without bound: write {1,9} for +, {0,9} for *"
    if pattern.search(""):
        yield "has a pattern that finds nothing at all: it takes an empty text"
    yield from _badly_drawn(own, pattern)
    yield from _badly_imitated(own, pattern)


def _badly_drawn(own: OwnCategory, pattern: re.Pattern[str]) -> Iterator[str]:
    asked = own.category
    drawn = _drawn(asked.draw)
    if any(value.category != asked.id or not value.parts for value in drawn):
        yield "draws values that don't name it as their category"
    if drawn != _drawn(asked.draw):
        yield "draws differently for the same seed"
    if len({value.key for value in drawn}) < (1 - _REPEATS) * _DRAWS:
        yield "draws the same values again and again"
    if not all(map(asked.is_valid, drawn)):
        yield "draws a value that its own is_valid refuses"
    if not all(_is_read(own, pattern, value) for value in drawn):
        yield "draws a value that its pattern doesn't find or its reason refuses"
    if any(len(part.text) > _LONGEST_VALUE for value in drawn for part in value.parts):
        yield f"draws a value of over {_LONGEST_VALUE} characters"


def _badly_imitated(own: OwnCategory, pattern: re.Pattern[str]) -> Iterator[str]:
    asked = own.category
    if all(look.nouns for look in asked.lookalikes):
        yield "has no impossible lookalike: add one, such as a wrong check digit"
    for look in asked.lookalikes:
        likes = _drawn(look.draw)
        if any((value.category, value.kind) != (asked.id, look.kind) for value in likes):
            yield f"has a lookalike {look.kind} that doesn't say whom it imitates, or its kind"
        if not look.nouns and any(map(asked.is_valid, likes)):
            yield f"has a lookalike {look.kind} that is_valid takes"
        if not look.nouns and any(_is_read(own, pattern, value) for value in likes):
            yield f"has a lookalike {look.kind} that its pattern finds and its reason takes"


def _drawn(draw: Callable[[Random], Value]) -> list[Value]:
    rng = Random(1)
    return [draw(rng) for _ in range(_DRAWS)]


def _is_read(own: OwnCategory, pattern: re.Pattern[str], value: Value) -> bool:
    """Say whether the reader would take a value, as it is drawn."""
    text = " ".join(part.text for part in value.parts)
    matched = pattern.search(text)
    return matched is not None and own.reason(letters_and_digits(matched[0])) == "valid"


def told(own: OwnCategory) -> Mapping[str, Any]:
    """Return what a category says of its words: a tree with `words`, and more from a file."""
    if isinstance(own.words, Path):
        read: Mapping[str, Any] = yaml.safe_load(own.words.read_text(encoding="utf-8"))
        return read
    return {"words": own.words}


def cue_words(own: OwnCategory) -> tuple[str, ...]:
    """Return every word and key name that says it is this category, in lower case."""
    tree = told(own)
    named = [*tree["words"].values(), *tree.get("keys", {}).get("confirm", {}).values()]
    return tuple(dict.fromkeys(str(word).lower() for said in named for word in said))


@dataclass(frozen=True, slots=True)
class Form:
    """What drawn values look like: some as written, how many letters and digits; any letters?"""

    texts: tuple[str, ...]
    signs: range
    letters: bool


@cache
def form_of(name: str) -> Form:
    """Return the form of the values of a category that came in, as they are drawn."""
    (own,) = (each for each in found().categories if each.category.id == name)
    texts = [" ".join(part.text for part in each.parts) for each in _drawn(own.category.draw)]
    lengths = [len(letters_and_digits(text)) for text in texts]
    letters = any(any(map(str.isalpha, text)) for text in texts)
    return Form(tuple(texts), range(min(lengths), max(lengths) + 1), letters)


def letters_and_digits(text: str) -> str:
    """Return what a reader's validation is asked about: no separators, in upper case.

    >>> letters_and_digits("de89 3704-00")
    'DE89370400'
    """
    return "".join(filter(str.isalnum, text)).upper()


_CALLED = {"categories": "category", "formats": "format", "detectors": "detector"}
_LAWS: Mapping[str, Callable[[Any], list[str]]] = {
    "categories": problems,
    "formats": _off_format,
    "detectors": _off_detector,
}
_GUARDED: Mapping[str, Callable[[Any], Any]] = {
    "categories": _guarded_category,
    "formats": _guarded_format,
}
