"""Write the seeds that ship with piiforge, from presidio-analyzer's own patterns and context words.

pip download --no-deps presidio-analyzer && unzip presidio_analyzer-*.whl -d presidio
python scripts/presidio_seeds.py presidio --out src/piiforge/seeds/shipped/presidio.jsonl

The package (MIT licence) is parsed, never imported. A context word becomes a key where our reader
takes it for the category's name; a pattern gives the shapes that it matches and that our reader
finds. Nothing else of the package is kept: its patterns hold no value, and its tests aren't read.
"""

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import yaml
from pattern_forms import forms

from piiforge.reader import find
from piiforge.seeds import Harvest, Seed, write
from piiforge.seeds.knife import FILLERS
from piiforge.seeds.reading import family_of, shape_seed
from piiforge.seeds.records import pair_shape, shape_of
from piiforge.seeds.words import language_of
from piiforge.types import Cue

ENTITIES: Mapping[str, str] = {
    "US_SSN": "ssn",
    "US_ITIN": "itin",
    "CREDIT_CARD": "credit_card",
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "US_PASSPORT": "passport",
    "US_DRIVER_LICENSE": "drivers_license",
    "US_MBI": "member_id",
    "US_HEALTH_INSURANCE_MEMBER_ID": "member_id",
    "ABA_ROUTING_NUMBER": "routing",
    "US_BANK_NUMBER": "account",
}
ABROAD = (("PASSPORT", "passport"), ("DRIVER_LICENSE", "drivers_license"))
"""Other languages' recognisers: their words for a document are kept, not their country's shapes."""
LANGUAGES = frozenset({"en", "es", "fr", "zh"})
TYPICAL = {"credit_card": 16, "account": 10, "member_id": 10}
"""How long a value mostly is, where it may be of many lengths."""
DOUBTFUL = frozenset({"call", "card", "discover", "license", "policy", "taxpayer", "visa"})
"""Words that alone name other things too (a software license, a travel visa): no key is made."""
MOST_OF_PATTERN, MOST_SHAPES, MOST_PAIRS = 6, 14, 6


@dataclass(frozen=True)
class Recogniser:
    """What a recogniser's class says: the entity, its patterns and the words around a value."""

    name: str
    entity: str
    language: str
    patterns: tuple[str, ...]
    context: tuple[str, ...]


def main() -> int:
    """Parse, make, write and tell the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path, help="the folder that the wheel was unpacked into")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    asked = parser.parse_args()
    harvest = harvested(asked.package)
    write(asked.out, harvest, force=True)
    print(f"{len(harvest.seeds)} seeds from {harvest.used} of {harvest.read} words and patterns")
    print(f"kept {harvest.kept}\nrejected {dict(harvest.rejected)}")
    return 0


def harvested(package: Path) -> Harvest:
    """Return the seeds of an unpacked wheel, in the order to be written."""
    source = f"presidio-analyzer {version(package)}"
    found = list(recognisers(package))
    rejected: Counter[str] = Counter()
    used, seeds = 0, dict[str, Seed]()
    offered = [*keys(found, source), *pairs(found, source), *shapes(found, source)]
    for seed in offered:
        reason = "no_value" if seed is None else "duplicate" if seed.family in seeds else ""
        if seed is None or reason:
            rejected[reason] += 1
            continue
        used += 1
        seeds[seed.family] = seed
    ordered = sorted(seeds.values(), key=lambda one: (one.kind, one.category, one.text, one.shape))
    return Harvest(tuple(ordered), len(offered), used, dict(sorted(rejected.items())))


def version(package: Path) -> str:
    """Return the version that the wheel's metadata gives."""
    folders = sorted(package.glob("presidio_analyzer-*.dist-info"))
    if len(folders) != 1:
        sys.exit(f"{package} is no unpacked presidio-analyzer: unzip the wheel there.")
    text = (folders[0] / "METADATA").read_text(encoding="utf-8")
    return str(re.findall(r"(?m)^Version: (\S+)$", text)[0])


def recognisers(package: Path) -> Iterator[Recogniser]:
    """Yield the recognisers of the package, by file name, and its configuration's words."""
    folder = package / "presidio_analyzer"
    classes = list(_classes(folder))
    yield from classes
    entities = {one.name: one.entity for one in classes}
    settings = yaml.safe_load((folder / "conf" / "default_recognizers.yaml").read_text("utf-8"))
    for entry in settings["recognizers"]:
        for language in entry.get("supported_languages") or ():
            if isinstance(language, dict) and language["language"] in LANGUAGES:
                words = tuple(map(str, language.get("context") or ()))
                yield Recogniser(entry["name"], entities.get(entry["name"], ""), "", (), words)


def _classes(folder: Path) -> Iterator[Recogniser]:
    for path in sorted((folder / "predefined_recognizers").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield _recogniser(node)


def _recogniser(node: ast.ClassDef) -> Recogniser:
    """Read the class's constants: PATTERNS, CONTEXT and the entity that its constructor gives."""
    texts: dict[str, str] = {}
    patterns: list[str] = []
    context: list[str] = []
    for line in node.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Name):
            continue
        name, value = line.targets[0].id, line.value
        if name == "PATTERNS" and isinstance(value, ast.List):
            calls = [part for part in value.elts if isinstance(part, ast.Call)]
            patterns += [_text(call.args[1], texts) for call in calls if len(call.args) > 1]
        elif name == "CONTEXT" and isinstance(value, ast.List):
            context += [_text(part, texts) for part in value.elts]
        else:
            texts[name] = _text(value, texts)
    entity, language = _default(node, "supported_entity"), _default(node, "supported_language")
    written = tuple(filter(None, patterns))
    return Recogniser(node.name, entity, language, written, tuple(context))


def _default(node: ast.ClassDef, name: str) -> str:
    """Return the default of a parameter of the constructor."""
    for line in node.body:
        if isinstance(line, ast.FunctionDef) and line.name == "__init__":
            names = [arg.arg for arg in line.args.args]
            defaults = dict(zip(names[::-1], line.args.defaults[::-1], strict=False))
            return _text(defaults.get(name), {})
    return ""


def _text(node: ast.expr | None, known: Mapping[str, str]) -> str:
    """Return a string that is written out, joined or put together from the class's constants."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, known)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, known) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, known) + _text(node.right, known)
    return ""


def _category(one: Recogniser) -> str:
    abroad = [category for end, category in ABROAD if one.entity.endswith(end)]
    if one.entity in ENTITIES or one.language not in LANGUAGES - {"en"} or not abroad:
        return ENTITIES.get(one.entity, "")
    return abroad[0]


def keys(found: Sequence[Recogniser], source: str) -> Iterator[Seed | None]:
    """Yield a key for each context word that names its category, None for one that doesn't."""
    for one in found:
        category = _category(one)
        if category in FILLERS and category not in {"routing", "account", ""}:
            yield from (_key(category, _clean(word), source) for word in one.context)


def _clean(word: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", word)).lower()


def _key(category: str, words: str, source: str) -> Seed | None:
    findings = find(f"{words}: {FILLERS[category]}", category)
    if not words or words in DOUBTFUL or not findings or findings[0].cue is not Cue.CONFIRM:
        return None
    return _seed("key", category, words, tuple(words.split()), "", source)


def pairs(found: Sequence[Recogniser], source: str) -> Iterator[Seed | None]:
    """Yield the keys of a bank pair, as "first / second"."""
    words = {
        half: sorted({_clean(word) for one in found if _category(one) == half
                      for word in one.context})
        for half in ("routing", "account")
    }  # fmt: skip
    for routing, account in product(words["routing"], words["account"]):
        text = f"{routing}: {FILLERS['routing']}, {account}: {FILLERS['account']}"
        findings = find(text, "bank_account")
        if findings and findings[0].cue is Cue.CONFIRM:
            cue_words = (*routing.split(), *account.split())
            yield _seed("key", "bank_account", f"{routing} / {account}", cue_words, "", source)
        else:
            yield None


def _seed(
    kind: str, category: str, text: str, cue_words: tuple[str, ...], shape: str, source: str
) -> Seed:
    family = family_of(kind, category, text)
    language = language_of(text)
    return Seed(
        family, kind, category, Cue.CONFIRM, language, "", text, cue_words, shape, "raw", source
    )


def shapes(found: Sequence[Recogniser], source: str) -> Iterator[Seed | None]:
    """Yield the shapes that patterns match and our reader finds, the most usual first."""
    written: dict[str, list[str]] = {}
    for one in found:
        category = ENTITIES.get(one.entity, "")
        for pattern in one.patterns if category else ():
            fitting = [form for form in forms(pattern) if _fits(form, category)]
            fitting.sort(key=lambda form: _oddness(form, TYPICAL.get(category, 9)))
            written.setdefault(category, []).extend(fitting[:MOST_OF_PATTERN])
            if not fitting:
                yield None
    routings, accounts = written.pop("routing", []), written.pop("account", [])
    for category, listed in written.items():
        for form in list(dict.fromkeys(listed))[:MOST_SHAPES]:
            yield shape_seed(category, form, source)
    pairs_of = product(dict.fromkeys(accounts), dict.fromkeys(routings))
    for account, routing in list(pairs_of)[:MOST_PAIRS]:
        pair = pair_shape(routing.replace("#", "0"), account.replace("#", "0"))
        yield shape_seed("bank_account", pair, source)


def _fits(form: str, category: str) -> bool:
    """Whether a form has the category's count of digits, one separator, and the reader finds it."""
    if len(set(form) - {"#", "a"}) > 1:
        return False
    value = form.replace("#", "0").replace("a", "A")
    if shape_of(value, category) != form:
        return False
    if category in {"routing", "account"}:
        return True
    named = {"member_id": "insurance member id", "drivers_license": "driver license"}
    text = f"{named.get(category, category.replace('_', ' '))}: {value}"
    if "a" in form and category == "member_id":
        return "-" not in form or form.count("a") < 6
    return any(len(text) - len(value) >= one.snippet_start > 0 and one.snippet_end == len(text)
               for one in find(text, category))  # fmt: skip


def _oddness(form: str, typical: int) -> tuple[int, int, int, str]:
    """Order forms: the typical length first, then even groups, then few groups."""
    groups = re.findall("[#a]+", form)
    length = abs(sum(map(len, groups)) - typical)
    return length, len(set(map(len, groups))), len(groups), form


if __name__ == "__main__":
    sys.exit(main())
