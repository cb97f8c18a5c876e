"""Reading the manifest's content, which may lack what an older or partial build didn't measure.

>>> number({"gates": {"families": 412}}, "gates", "families")
412.0
>>> number({"gates": {}}, "gates", "families") is None
True
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast


def find(facts: Mapping[str, object], *path: str) -> object:
    """Return what stands at `path`, None where nothing does."""
    here: object = facts
    for name in path:
        if not isinstance(here, Mapping):
            return None
        here = here.get(name)
    return here


def mapping(facts: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """Return the mapping at `path`, empty where there is none."""
    found = find(facts, *path)
    if not isinstance(found, Mapping):
        return MappingProxyType({})
    return cast("Mapping[str, object]", found)


def number(facts: Mapping[str, object], *path: str) -> float | None:
    """Return the number at `path`, None where there is none; a truth value is no number."""
    found = find(facts, *path)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def text(facts: Mapping[str, object], *path: str) -> str:
    """Return what stands at `path` as text, "" where nothing does."""
    found = find(facts, *path)
    return "" if found is None else str(found)


def items(facts: Mapping[str, object], *path: str) -> Sequence[object]:
    """Return the list at `path`, empty where there is none."""
    found = find(facts, *path)
    return found if isinstance(found, list | tuple) else ()


def plain(found: object) -> object:
    """Return mappings as dicts and sequences as lists, all the way down, as YAML wants them."""
    if isinstance(found, Mapping):
        return {str(key): plain(value) for key, value in found.items()}
    return [plain(item) for item in found] if isinstance(found, list | tuple) else found
