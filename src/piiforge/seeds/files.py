"""Seeds on file: one JSON object a line, written whole or not at all, read back strictly."""

import itertools
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from importlib.resources import files
from pathlib import Path

from piiforge import jsonl
from piiforge.errors import BadRecord, near
from piiforge.seeds.records import (
    BRACED,
    CATEGORIES,
    EVENTS,
    KINDS,
    LANGUAGES,
    NOTATIONS,
    SLOT,
    Harvest,
    Seed,
)  # fmt: skip
from piiforge.types import Cue

_FIELDS = tuple(field.name for field in fields(Seed))
_FAMILY = re.compile(r"seed-[0-9a-f]{8}")
_SHAPE = re.compile(r"[#a +\-./()_·|]*")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "category": CATEGORIES,
    "cue": tuple(Cue),
    "language": LANGUAGES,
    "event": ("", *EVENTS),
    "notation": NOTATIONS,
}
_FIX = "Read the file again with `piiforge seeds`."


def write(path: Path, harvest: Harvest, *, force: bool = False) -> None:
    """Write the seeds of a harvest to `path`, whole or not at all.

    Raises:
        FolderExists: `path` is there and `force` is not set.
    """
    jsonl.refuse_existing(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        jsonl.write(draft, (asdict(seed) for seed in harvest.seeds))
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(path: Path) -> tuple[Seed, ...]:
    """Read a file of seeds.

    Raises:
        AskedWrongly: the file is not there.
        BadRecord: a line is no seed; names the line and the field.
    """
    return tuple(_seed(path, number, record) for number, record in _numbered(path))


def shipped() -> Path:
    """Return the file of seeds that comes with the package, from presidio-analyzer's patterns."""
    return Path(str(files("piiforge.seeds") / "shipped" / "presidio.jsonl"))


def _numbered(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the records with the numbers of their lines: blank ones count."""
    records = jsonl.read(path)
    first = next(records, None)  # raises where there is no file
    if first is None:
        return
    with path.open("rb") as lines:
        numbers = (number for number, line in enumerate(lines, 1) if line.strip())
        yield from zip(numbers, itertools.chain([first], records), strict=True)


def _seed(path: Path, number: int, record: Mapping[str, object]) -> Seed:
    missing = [name for name in _FIELDS if name not in record]
    strange = [name for name in record if name not in _FIELDS]
    if missing:
        raise BadRecord(path, number, f"{missing[0]} is missing.", _FIX)
    if strange:
        raise BadRecord(path, number, "a field that no seed has.", f"Known: {', '.join(_FIELDS)}.")
    words = record["cue_words"]
    texts = {name: record[name] for name in _FIELDS if name != "cue_words"}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise BadRecord(path, number, f"{name} is no string.", _FIX)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadRecord(path, number, "cue_words is no list of strings.", _FIX)
    made = {name: str(text) for name, text in texts.items()}
    _check(path, number, made)
    cue = Cue(made.pop("cue"))
    return Seed(**made, cue=cue, cue_words=tuple(map(str, words)))


def _check(path: Path, number: int, made: Mapping[str, str]) -> None:
    for name, known in _CHOICES.items():
        if made[name] not in known:
            raise BadRecord(
                path, number, f"an unknown {name}.", near(made[name], filter(None, known))
            )
    if not _FAMILY.fullmatch(made["family"]):
        raise BadRecord(path, number, "family is not seed- and 8 hex digits.", _FIX)
    if not _SHAPE.fullmatch(made["shape"]):
        raise BadRecord(path, number, "shape has other signs than #, a and separators.", _FIX)
    if any(not SLOT.fullmatch(match[0]) for match in BRACED.finditer(made["text"])):
        raise BadRecord(
            path, number, "an unknown slot in text.", "See docs: {{value}}, {{name}}, ..."
        )
    if made["kind"] in {"sentence", "line"} and "{{value" not in made["text"]:
        raise BadRecord(path, number, "text has no {{value}}.", _FIX)
    if made["kind"] == "key" and not made["text"]:
        raise BadRecord(path, number, "a key without words.", _FIX)
    if made["kind"] == "shape" and not made["shape"]:
        raise BadRecord(path, number, "a shape seed without a shape.", _FIX)
